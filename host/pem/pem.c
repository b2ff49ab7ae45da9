/* SPDX-License-Identifier: Apache-2.0
 * PEM through mbedTLS's pk module, the same source for 2.28 and 3.6. A key is checked here and
 * leaves as plain bytes; everything else is done through PSA.
 */
#define _POSIX_C_SOURCE 200809L
#include "pem.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/asn1.h>
#include <mbedtls/ecp.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 3.x renamed the members of its structs; 2.28 knows no such macro. */
#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

#define FILE_MAX 16384u /* bytes of a PEM file; a P-256 key takes about 250 */

static enum gs_status fail(char *why, size_t cap, enum gs_status status, const char *what,
                           int error) {
  if (error != 0) {
    (void)snprintf(why, cap, "%s: %s", what, strerror(error));
  } else {
    (void)snprintf(why, cap, "%s", what);
  }
  return status;
}

#if MBEDTLS_VERSION_MAJOR >= 3
/* The library blinds the computation of the public key with this. */
static int library_random(void *ctx, unsigned char *out, size_t len) {
  (void)ctx;
  return gs_random(out, len) == GS_OK ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

static int parse_private(mbedtls_pk_context *pk, const uint8_t *text, size_t size) {
  return mbedtls_pk_parse_key(pk, text, size, NULL, 0, library_random, NULL);
}
#else
static int parse_private(mbedtls_pk_context *pk, const uint8_t *text, size_t size) {
  return mbedtls_pk_parse_key(pk, text, size, NULL, 0);
}
#endif

/* Is memory what a function of the library wanted? It adds the module's own number to that of the
 * one below: bits 7 to 14 and 0 to 6. */
static bool wanted_memory(int error) {
  int high = (-error) & 0x7F80;
  int low = (-error) & 0x7F;
  return high == -MBEDTLS_ERR_PK_ALLOC_FAILED || high == -MBEDTLS_ERR_PEM_ALLOC_FAILED ||
         high == -MBEDTLS_ERR_ECP_ALLOC_FAILED || low == -MBEDTLS_ERR_MPI_ALLOC_FAILED ||
         low == -MBEDTLS_ERR_ASN1_ALLOC_FAILED;
}

/* Some ways to run out of memory come out of the library as a bad key. Tried again, it says so, or
 * reads the key. */
static int again(mbedtls_pk_context *pk,
                 int (*parse)(mbedtls_pk_context *, const unsigned char *, size_t),
                 const uint8_t *text, size_t size) {
  mbedtls_pk_free(pk);
  mbedtls_pk_init(pk);
  return parse(pk, text, size);
}

static enum gs_status no_memory(char *why, size_t cap) {
  return fail(why, cap, GS_E_NO_MEMORY, "no memory to read the key", 0);
}

static ssize_t read_all(int fd, uint8_t *out, size_t cap) {
  size_t used = 0;
  while (used < cap) {
    ssize_t n = read(fd, out + used, cap - used);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return n < 0 ? -1 : (ssize_t)used;
    }
    used += (size_t)n;
  }
  return (ssize_t)used;
}

/* The file's text, with a zero after it, as mbedTLS wants PEM. *size counts the zero. */
static enum gs_status read_file(const char *path, uint8_t out[FILE_MAX], size_t *size, char *why,
                                size_t why_cap) {
  /* O_NONBLOCK: opening a named pipe must not wait for a writer. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    return fail(why, why_cap, GS_E_FILE_READ, "the key file cannot be opened", errno);
  }
  struct stat st;
  if (fstat(fd, &st) != 0) {
    int error = errno;
    (void)close(fd);
    return fail(why, why_cap, GS_E_FILE_READ, "the key file cannot be read", error);
  }
  if (!S_ISREG(st.st_mode)) {
    (void)close(fd);
    return fail(why, why_cap, GS_E_FILE_READ, "the key file is not a regular file", 0);
  }
  ssize_t n = read_all(fd, out, FILE_MAX);
  int error = errno;
  (void)close(fd);
  if (n < 0) {
    return fail(why, why_cap, GS_E_FILE_READ, "the key file cannot be read", error);
  }
  if ((size_t)n == FILE_MAX) {
    return fail(why, why_cap, GS_E_KEY_FILE, "the file is too long for a key", 0);
  }
  out[n] = 0;
  *size = (size_t)n + 1;
  return GS_OK;
}

/* The P-256 key in pk, or NULL. */
static mbedtls_ecp_keypair *p256_of(mbedtls_pk_context *pk) {
  if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_ECKEY)) {
    return NULL;
  }
  mbedtls_ecp_keypair *key = mbedtls_pk_ec(*pk);
  return key->MBEDTLS_PRIVATE(grp).id == MBEDTLS_ECP_DP_SECP256R1 ? key : NULL;
}

/* GS_E_KEY_FILE, or GS_E_NO_MEMORY: what failed, other than the key itself. */
static enum gs_status key_status(int error) {
  return wanted_memory(error) ? GS_E_NO_MEMORY : GS_E_KEY_FILE;
}

static enum gs_status private_of(mbedtls_pk_context *pk, uint8_t out[GS_PRIVATE_KEY_BYTES]) {
  mbedtls_ecp_keypair *key = p256_of(pk);
  if (key == NULL) {
    return GS_E_KEY_FILE;
  }
  int error = mbedtls_ecp_check_privkey(&key->MBEDTLS_PRIVATE(grp), &key->MBEDTLS_PRIVATE(d));
  if (error == 0) {
    error = mbedtls_mpi_write_binary(&key->MBEDTLS_PRIVATE(d), out, GS_PRIVATE_KEY_BYTES);
  }
  return error == 0 ? GS_OK : key_status(error);
}

static enum gs_status public_of(mbedtls_pk_context *pk, uint8_t out[GS_PUBLIC_KEY_BYTES]) {
  mbedtls_ecp_keypair *key = p256_of(pk);
  uint8_t point[1 + GS_PUBLIC_KEY_BYTES];
  size_t len = 0;
  if (key == NULL) {
    return GS_E_KEY_FILE;
  }
  int error = mbedtls_ecp_check_pubkey(&key->MBEDTLS_PRIVATE(grp), &key->MBEDTLS_PRIVATE(Q));
  if (error == 0) {
    error = mbedtls_ecp_point_write_binary(&key->MBEDTLS_PRIVATE(grp), &key->MBEDTLS_PRIVATE(Q),
                                           MBEDTLS_ECP_PF_UNCOMPRESSED, &len, point, sizeof point);
  }
  if (error != 0 || len != sizeof point) {
    return key_status(error);
  }
  memcpy(out, point + 1, GS_PUBLIC_KEY_BYTES);
  return GS_OK;
}

/* Say which of the two it was. */
static enum gs_status not_p256(enum gs_status status, char *why, size_t cap) {
  return status == GS_E_NO_MEMORY ? no_memory(why, cap)
                                  : fail(why, cap, status, "the key is not an ECDSA P-256 key", 0);
}

enum gs_status gsh_pem_read_private(const char *path, uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                                    char *why, size_t why_cap) {
  uint8_t text[FILE_MAX];
  size_t size = 0;
  enum gs_status st = read_file(path, text, &size, why, why_cap);
  if (st == GS_OK) {
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int error = parse_private(&pk, text, size);
    if (error != 0 && error != MBEDTLS_ERR_PK_PASSWORD_REQUIRED && !wanted_memory(error)) {
      error = again(&pk, parse_private, text, size);
    }
    if (error == MBEDTLS_ERR_PK_PASSWORD_REQUIRED) {
      st = fail(why, why_cap, GS_E_KEY_FILE, "the key is encrypted; only plain keys are read", 0);
    } else if (wanted_memory(error)) {
      st = no_memory(why, why_cap);
    } else if (error != 0) {
      st = fail(why, why_cap, GS_E_KEY_FILE, "the file holds no private key in PEM form", 0);
    } else {
      st = private_of(&pk, private_key);
      st = st == GS_OK ? GS_OK : not_p256(st, why, why_cap);
    }
    mbedtls_pk_free(&pk);
  }
  gs_wipe(text, sizeof text);
  return st;
}

enum gs_status gsh_pem_read_public(const char *path, uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                                   char *why, size_t why_cap) {
  uint8_t text[FILE_MAX];
  size_t size = 0;
  enum gs_status st = read_file(path, text, &size, why, why_cap);
  if (st == GS_OK) {
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int error = mbedtls_pk_parse_public_key(&pk, text, size);
    if (error != 0 && !wanted_memory(error)) {
      error = again(&pk, mbedtls_pk_parse_public_key, text, size);
    }
    if (wanted_memory(error)) {
      st = no_memory(why, why_cap);
    } else if (error != 0) {
      st = fail(why, why_cap, GS_E_KEY_FILE, "the file holds no public key in PEM form", 0);
    } else {
      st = public_of(&pk, public_key);
      st = st == GS_OK ? GS_OK : not_p256(st, why, why_cap);
    }
    mbedtls_pk_free(&pk);
  }
  gs_wipe(text, sizeof text); /* it may have been a private one, given by mistake */
  return st;
}

static int write_all(int fd, const char *text, size_t len) {
  while (len > 0) {
    ssize_t n = write(fd, text, len);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return n < 0 ? errno : ENOSPC;
    }
    text += n;
    len -= (size_t)n;
  }
  return fsync(fd) == 0 ? 0 : errno;
}

static enum gs_status write_file(const char *path, mode_t mode, const char *text, char *why,
                                 size_t why_cap) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0 && errno == EEXIST) {
    return fail(why, why_cap, GS_E_KEY_FILE, "the file exists, and keys are never written over", 0);
  }
  if (fd < 0) {
    return fail(why, why_cap, GS_E_DISK, "the key file cannot be created", errno);
  }
  int error = write_all(fd, text, strlen(text));
  if (close(fd) != 0 && error == 0) {
    error = errno;
  }
  if (error != 0) {
    (void)unlink(path);
    return fail(why, why_cap, GS_E_DISK, "the key file cannot be written", error);
  }
  return GS_OK;
}

/* A pk context with an empty P-256 key; NULL when out of memory. */
static mbedtls_ecp_keypair *new_key(mbedtls_pk_context *pk) {
  mbedtls_pk_init(pk);
  if (mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) != 0) {
    return NULL;
  }
  mbedtls_ecp_keypair *key = mbedtls_pk_ec(*pk);
  if (mbedtls_ecp_group_load(&key->MBEDTLS_PRIVATE(grp), MBEDTLS_ECP_DP_SECP256R1) != 0) {
    return NULL;
  }
  return key;
}

static bool set_public(mbedtls_ecp_keypair *key, const uint8_t public_key[GS_PUBLIC_KEY_BYTES]) {
  uint8_t point[1 + GS_PUBLIC_KEY_BYTES] = {0x04};
  memcpy(point + 1, public_key, GS_PUBLIC_KEY_BYTES);
  return mbedtls_ecp_point_read_binary(&key->MBEDTLS_PRIVATE(grp), &key->MBEDTLS_PRIVATE(Q), point,
                                       sizeof point) == 0;
}

/* Both halves into key. */
static enum gs_status set_private(mbedtls_ecp_keypair *key,
                                  const uint8_t private_key[GS_PRIVATE_KEY_BYTES]) {
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  if (key == NULL ||
      mbedtls_mpi_read_binary(&key->MBEDTLS_PRIVATE(d), private_key, GS_PRIVATE_KEY_BYTES) != 0) {
    return GS_E_NO_MEMORY;
  }
  int error = mbedtls_ecp_check_privkey(&key->MBEDTLS_PRIVATE(grp), &key->MBEDTLS_PRIVATE(d));
  if (error != 0) {
    return key_status(error);
  }
  bool made = gs_ecdsa_public(private_key, public_key) == GS_OK && set_public(key, public_key);
  return made ? GS_OK : GS_E_NO_MEMORY;
}

enum gs_status gsh_pem_write_private(const char *path,
                                     const uint8_t private_key[GS_PRIVATE_KEY_BYTES], char *why,
                                     size_t why_cap) {
  mbedtls_pk_context pk;
  unsigned char text[1024] = {0};
  enum gs_status st = set_private(new_key(&pk), private_key);
  if (st == GS_E_KEY_FILE) {
    st = fail(why, why_cap, st, "the bytes are not a private key of P-256", 0);
  } else if (st == GS_OK && mbedtls_pk_write_key_pem(&pk, text, sizeof text) == 0) {
    st = write_file(path, S_IRUSR | S_IWUSR, (const char *)text, why, why_cap);
  } else {
    st = fail(why, why_cap, GS_E_NO_MEMORY, "no memory to put the key into PEM form", 0);
  }
  mbedtls_pk_free(&pk);
  gs_wipe(text, sizeof text);
  return st;
}

enum gs_status gsh_pem_write_public(const char *path, const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                                    char *why, size_t why_cap) {
  enum gs_status checked = gs_ecdsa_check_public(public_key);
  if (checked == GS_E_KEYRING_BAD) {
    return fail(why, why_cap, GS_E_KEY_FILE, "the bytes are not a public key of P-256", 0);
  }
  if (checked != GS_OK) {
    return fail(why, why_cap, GS_E_NO_MEMORY, "cryptography failed on this computer", 0);
  }
  mbedtls_pk_context pk;
  unsigned char text[1024] = {0};
  mbedtls_ecp_keypair *key = new_key(&pk);
  enum gs_status st = GS_E_NO_MEMORY;
  if (key != NULL && set_public(key, public_key) &&
      mbedtls_pk_write_pubkey_pem(&pk, text, sizeof text) == 0) {
    st = write_file(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, (const char *)text, why, why_cap);
  } else {
    st = fail(why, why_cap, st, "no memory to put the key into PEM form", 0);
  }
  mbedtls_pk_free(&pk);
  return st;
}
