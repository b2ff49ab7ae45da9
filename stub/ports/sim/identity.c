/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objects.h"
#include "pem.h"
#include "say.h"
#include "signed.h"

#define CONF_MAX 1024u
#define WHY_MAX 256u
#define IDENTITY_FORMAT 1u

bool sim_path(const struct sim_options *o, const char *name, char out[SIM_PATH_MAX]) {
  int n = snprintf(out, SIM_PATH_MAX, "%s/%s", o->dir, name);
  return (n > 0 && (unsigned)n < SIM_PATH_MAX) || sim_fault(o->dir, "path too long");
}

bool sim_read_file(const char *path, uint8_t *out, size_t cap, size_t *len) {
  struct stat st;
  /* O_NONBLOCK: opening a named pipe must not wait for a writer. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    return sim_fault(path, strerror(errno));
  }
  bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
  FILE *f = regular ? fdopen(fd, "rb") : NULL;
  if (f == NULL) {
    (void)close(fd);
    return sim_fault(path, regular ? strerror(errno) : "not a regular file");
  }
  *len = fread(out, 1, cap, f);
  bool ok = ferror(f) == 0 && (feof(f) != 0 || fgetc(f) == EOF);
  (void)fclose(f);
  return ok || sim_fault(path, "cannot be read, or is too long");
}

/* Written aside and renamed: the file is there whole, or not at all. */
static bool write_file(const struct sim_options *o, const char *name, const void *data,
                       size_t len) {
  char path[SIM_PATH_MAX], aside[SIM_PATH_MAX];
  if (!sim_path(o, name, path) || !sim_path(o, "new", aside)) {
    return false;
  }
  FILE *f = fopen(aside, "wb");
  if (f == NULL) {
    return sim_fault(aside, strerror(errno));
  }
  bool ok = fwrite(data, 1, len, f) == len;
  ok = fclose(f) == 0 && ok;
  return (ok && rename(aside, path) == 0) || sim_fault(path, strerror(errno));
}

static size_t print_conf(const struct sim_identity *id, char *out, size_t cap) {
  int n =
      snprintf(out, cap,
               "profile=%s\nserial=%s\nproduct=%s\nhardware=%s\nrevision=%" PRIu32
               "\nslot-bytes=%" PRIu32 "\nlifecycle=%s\ncounter=%s\n",
               id->profile == SIM_PROFILE_MCU ? "mcu" : "linux", id->serial, id->product,
               id->hardware, id->revision, id->slot_bytes,
               id->production ? "production" : "development", id->hw_counter ? "hardware" : "none");
  return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

/* One format, one reader: the lines stand in the order print_conf writes them. */
static bool scan_conf(const char *text, struct sim_identity *id) {
  char profile[8], lifecycle[16], counter[16];
  int n = sscanf(text,
                 "profile=%7[^\n]\nserial=%32[^\n]\nproduct=%127[^\n]\nhardware=%127[^\n]\n"
                 "revision=%" SCNu32 "\nslot-bytes=%" SCNu32
                 "\nlifecycle=%15[^\n]\n"
                 "counter=%15[^\n]\n",
                 profile, id->serial, id->product, id->hardware, &id->revision, &id->slot_bytes,
                 lifecycle, counter);
  if (n != 8) {
    return false;
  }
  id->profile = strcmp(profile, "mcu") == 0 ? SIM_PROFILE_MCU : SIM_PROFILE_LINUX;
  id->production = strcmp(lifecycle, "production") == 0;
  id->hw_counter = strcmp(counter, "hardware") == 0;
  return true;
}

static bool same_identity(const struct sim_options *o, const struct sim_identity *is) {
  const struct sim_identity *want = &o->identity;
  const struct {
    unsigned given;
    const char *option;
    bool same;
  } parts[] = {
      {SIM_GIVEN_PROFILE, "--profile", is->profile == want->profile},
      {SIM_GIVEN_SERIAL, "--serial", strcmp(is->serial, want->serial) == 0},
      {SIM_GIVEN_PRODUCT, "--product", strcmp(is->product, want->product) == 0},
      {SIM_GIVEN_HARDWARE, "--hardware", strcmp(is->hardware, want->hardware) == 0},
      {SIM_GIVEN_REVISION, "--revision", is->revision == want->revision},
      {SIM_GIVEN_SLOT_BYTES, "--slot-bytes", is->slot_bytes == want->slot_bytes},
      {SIM_GIVEN_LIFECYCLE, "--lifecycle", is->production == want->production},
      {SIM_GIVEN_HW_COUNTER, "--hw-counter", is->hw_counter},
  };
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if ((o->given & parts[i].given) != 0 && !parts[i].same) {
      sim_say("%s: the device there was made with another %s", o->dir, parts[i].option);
      return false;
    }
  }
  return true;
}

bool sim_identity_load(const struct sim_options *o, struct sim_identity *identity, bool *exists) {
  char path[SIM_PATH_MAX];
  char text[CONF_MAX];
  size_t len = 0;
  if (!sim_path(o, "device.conf", path)) {
    return false;
  }
  *exists = access(path, F_OK) == 0;
  if (!*exists) {
    *identity = o->identity;
    return true;
  }
  if (!sim_read_file(path, (uint8_t *)text, sizeof text - 1, &len)) {
    return false;
  }
  text[len] = '\0';
  if (!scan_conf(text, identity)) {
    return sim_fault(path, "is not what a simulator wrote");
  }
  return same_identity(o, identity);
}

bool sim_identity_store(const struct sim_options *o) {
  char text[CONF_MAX];
  size_t len = print_conf(&o->identity, text, sizeof text);
  return len > 0 && write_file(o, "device.conf", text, len);
}

static bool load_private(const char *path, struct sim_keys *k) {
  char why[WHY_MAX];
  if (gsh_pem_read_private(path, k->private_key, why, sizeof why) != GS_OK) {
    return sim_fault(path, why);
  }
  return gs_ecdsa_public(k->private_key, k->public_key) == GS_OK ||
         sim_fault(path, "key not usable");
}

bool sim_keys_load(const struct sim_options *o, struct sim_keys *out) {
  char key[SIM_PATH_MAX], statement[SIM_PATH_MAX];
  return sim_path(o, "device.key", key) && sim_path(o, "identity", statement) &&
         load_private(key, out) &&
         sim_read_file(statement, out->statement, sizeof out->statement, &out->statement_len);
}

static size_t identity_body(const struct sim_identity *id, const struct sim_keys *k, uint8_t *out,
                            size_t cap) {
  gapseal_v1_Identity v = gapseal_v1_Identity_init_zero;
  v.has_format = v.has_device_key = v.has_serial = true;
  v.has_product = v.has_hardware = v.has_revision = true;
  v.format = IDENTITY_FORMAT;
  v.revision = id->revision;
  memcpy(v.device_key, k->public_key, sizeof v.device_key);
  memcpy(v.serial, id->serial, sizeof id->serial);
  if (gs_id_from_name(id->product, v.product) != GS_OK ||
      gs_id_from_name(id->hardware, v.hardware) != GS_OK) {
    return 0;
  }
  return gs_identity_encode(&v, out, cap);
}

static bool sign_statement(const struct sim_options *o, struct sim_keys *k) {
  struct sim_keys maker;
  uint8_t body[SIM_STATEMENT_MAX], hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES], key_id[GS_KEY_ID_BYTES];
  if (!load_private(o->maker_key, &maker)) {
    return false;
  }
  size_t len = identity_body(&o->identity, k, body, sizeof body);
  bool ok = len > 0 && gs_signed_hash(GS_OBJECT_IDENTITY, body, len, hash) == GS_OK &&
            gs_ecdsa_sign(maker.private_key, hash, sig) == GS_OK &&
            gs_key_id(maker.public_key, key_id) == GS_OK;
  gs_wipe(&maker, sizeof maker);
  if (!ok) {
    return sim_fault(o->maker_key, "the device's identity cannot be signed");
  }
  const struct gs_signature signature = {.key_id = key_id, .sig = sig, .sig_len = sizeof sig};
  k->statement_len = gs_signed_write(body, len, &signature, 1, k->statement, sizeof k->statement);
  return k->statement_len > 0 && write_file(o, "identity", k->statement, k->statement_len);
}

bool sim_keys_make(const struct sim_options *o, struct sim_keys *out) {
  char path[SIM_PATH_MAX];
  char why[WHY_MAX];
  if (!sim_path(o, "device.key", path)) {
    return false;
  }
  if (access(path, F_OK) != 0) { /* else: from a first start that did not come to its end */
    if (gs_ecdsa_generate(out->private_key) != GS_OK) {
      return sim_fault(path, "no key could be made");
    }
    if (gsh_pem_write_private(path, out->private_key, why, sizeof why) != GS_OK) {
      return sim_fault(path, why);
    }
  }
  return load_private(path, out) && sign_statement(o, out);
}
