/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "pem.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

static char dir[] = "/tmp/gapseal-pem-XXXXXX";
static char path[128];
static char why[160];

static const char *file(const char *name) {
  (void)snprintf(path, sizeof path, "%s/%s", dir, name);
  return path;
}

static void put(const char *name, const char *text) {
  FILE *f = fopen(file(name), "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
  assert_int_equal(fclose(f), 0);
}

static int prepare(void **state) {
  (void)state;
  return mkdtemp(dir) != NULL && gs_crypto_init() == GS_OK ? 0 : -1;
}

static int clean(void **state) {
  (void)state;
  const char *names[] = {"a.pem", "a.pub", "text", "other"};
  for (size_t i = 0; i < COUNT(names); i++) {
    (void)unlink(file(names[i]));
  }
  return rmdir(dir);
}

static void private_key_comes_back(void **state) {
  (void)state;
  uint8_t again[GS_PRIVATE_KEY_BYTES];
  const uint8_t *scalar = test_keys[TEST_KEY_RELEASE_1].scalar;
  struct stat s;
  (void)umask(0);
  assert_int_equal(gsh_pem_write_private(file("a.pem"), scalar, why, sizeof why), GS_OK);
  assert_int_equal(stat(path, &s), 0);
  assert_int_equal(s.st_mode & 0777, 0600);
  assert_int_equal(gsh_pem_read_private(path, again, why, sizeof why), GS_OK);
  assert_memory_equal(again, scalar, sizeof again);
  assert_int_equal(gsh_pem_write_private(path, scalar, why, sizeof why), GS_E_KEY_FILE);
  assert_int_equal(unlink(path), 0);
}

static void public_key_comes_back(void **state) {
  (void)state;
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  uint8_t again[GS_PUBLIC_KEY_BYTES];
  fixture_public_key(TEST_KEY_RELEASE_1, key);
  assert_int_equal(gsh_pem_write_public(file("a.pub"), key, why, sizeof why), GS_OK);
  assert_int_equal(gsh_pem_read_public(path, again, why, sizeof why), GS_OK);
  assert_memory_equal(again, key, sizeof again);
  assert_int_equal(gsh_pem_write_public(path, key, why, sizeof why), GS_E_KEY_FILE);
  assert_int_equal(gsh_pem_read_private(path, again, why, sizeof why), GS_E_KEY_FILE);
  assert_int_equal(unlink(path), 0);
}

/* The stranger's key as OpenSSL writes it: PKCS#8, and SPKI. */
static const char pkcs8[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCAVzsmsgM+jPJZel6gt\n"
    "H/GqLj1S5U2U8wD8AzaINSeCOw==\n"
    "-----END PRIVATE KEY-----\n";
static const char spki[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDEyJzQGKg2dfMukIwrtTgSJtVZBS\n"
    "TBfHB9pOBAJE1hzfVaPqgZaIJZO1XmVtStRoW+BEsl8a32S7rkcxgbmBkw==\n"
    "-----END PUBLIC KEY-----\n";
static const char encrypted[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,B841A276A21EB8343329015832B3555C\n"
    "\n"
    "MoIS6PzOUNQ9+VoXkEp1ZkODQ+E/umyKSi8eK1D3eu7Q6eiHchIasGPhzMVh6aL2\n"
    "YZP0nD2B6ssiqtF65r9mcAMIrldIVpOCni36fNzoSSwvSvbh1T2+qq5kOqkkEpgc\n"
    "QmJvLPwnnKBv+ryAN65yIXU/5WCzQv3Futx2ypjEpLw=\n"
    "-----END EC PRIVATE KEY-----\n";
static const char p384[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MIGkAgEBBDAi1cnqxOBBr0RgnEffwhV/eYVjJTiAgC+8ERj/niqXTxBm2arn4svX\n"
    "vg8PvhNm1iGgBwYFK4EEACKhZANiAAQOOu/AxbHnOjhRRastq83dxd0mCPLs7W+1\n"
    "bsUWczVXsDoOU9d0NYKX7fLko0hW2OYNjO5e9MznQUPKLBAMtBBqR/cuno5jtuzg\n"
    "iDL5wTbF/oJna4jB5726HvgJlcNOqCk=\n"
    "-----END EC PRIVATE KEY-----\n";
static const char p384_public[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEDjrvwMWx5zo4UUWrLavN3cXdJgjy7O1v\n"
    "tW7FFnM1V7A6DlPXdDWCl+3y5KNIVtjmDYzuXvTM50FDyiwQDLQQakf3Lp6OY7bs\n"
    "4Igy+cE2xf6CZ2uIwee9uh74CZXDTqgp\n"
    "-----END PUBLIC KEY-----\n";

static void other_tools_files_are_read(void **state) {
  (void)state;
  uint8_t scalar[GS_PRIVATE_KEY_BYTES];
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  uint8_t want[GS_PUBLIC_KEY_BYTES];
  put("text", pkcs8);
  assert_int_equal(gsh_pem_read_private(path, scalar, why, sizeof why), GS_OK);
  assert_memory_equal(scalar, test_keys[TEST_KEY_STRANGER].scalar, sizeof scalar);
  put("text", spki);
  assert_int_equal(gsh_pem_read_public(path, key, why, sizeof why), GS_OK);
  fixture_public_key(TEST_KEY_STRANGER, want);
  assert_memory_equal(key, want, sizeof want);
}

static void refused(const char *text) {
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  put("text", text);
  why[0] = '\0';
  assert_int_equal(gsh_pem_read_private(path, key, why, sizeof why), GS_E_KEY_FILE);
  assert_true(strlen(why) > 0);
  why[0] = '\0';
  assert_int_equal(gsh_pem_read_public(path, key, why, sizeof why), GS_E_KEY_FILE);
  assert_true(strlen(why) > 0);
}

static void files_of_another_kind_are_refused(void **state) {
  (void)state;
  static char large[40000];
  memset(large, 'A', sizeof large - 1);
  refused("");
  refused("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n");
  refused("-----BEGIN PUBLIC KEY-----\n");
  refused(large);
  refused(encrypted);
  refused(p384);
  refused(p384_public);
  uint8_t key[GS_PRIVATE_KEY_BYTES];
  put("text", encrypted);
  assert_int_equal(gsh_pem_read_private(path, key, why, sizeof why), GS_E_KEY_FILE);
  assert_non_null(strstr(why, "encrypted"));
}

static void file_that_cannot_be_read_is_told_apart(void **state) {
  (void)state;
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  assert_int_equal(gsh_pem_read_private(file("absent"), key, why, sizeof why), GS_E_FILE_READ);
  assert_int_equal(gsh_pem_read_public(file("absent"), key, why, sizeof why), GS_E_FILE_READ);
  assert_int_equal(gsh_pem_read_private(dir, key, why, sizeof why), GS_E_FILE_READ);
}

static void a_named_pipe_is_refused_and_not_waited_for(void **state) {
  (void)state;
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  assert_int_equal(mkfifo(file("other"), 0600), 0);
  (void)alarm(10);
  assert_int_equal(gsh_pem_read_private(path, key, why, sizeof why), GS_E_FILE_READ);
  assert_int_equal(gsh_pem_read_public(path, key, why, sizeof why), GS_E_FILE_READ);
  (void)alarm(0);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(gsh_pem_read_private("/dev/zero", key, why, sizeof why), GS_E_FILE_READ);
}

static void failed_write_leaves_no_file(void **state) {
  (void)state;
  struct rlimit was;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
  struct rlimit now = {.rlim_cur = 10, .rlim_max = was.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
  enum gs_status st =
      gsh_pem_write_private(file("a.pem"), test_keys[TEST_KEY_ROOT_1].scalar, why, sizeof why);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
  assert_int_equal(st, GS_E_DISK);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(
      gsh_pem_write_private("/nowhere/a.pem", test_keys[TEST_KEY_ROOT_1].scalar, why, sizeof why),
      GS_E_DISK);
}

static void bytes_that_are_no_key_are_not_written(void **state) {
  (void)state;
  uint8_t key[GS_PUBLIC_KEY_BYTES] = {0};
  assert_int_equal(gsh_pem_write_private(file("other"), key, why, sizeof why), GS_E_KEY_FILE);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(gsh_pem_write_public(file("other"), key, why, sizeof why), GS_E_KEY_FILE);
  assert_int_equal(access(path, F_OK), -1);
}

int main(void) {
  (void)signal(SIGXFSZ, SIG_IGN);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(private_key_comes_back),
      cmocka_unit_test(public_key_comes_back),
      cmocka_unit_test(other_tools_files_are_read),
      cmocka_unit_test(files_of_another_kind_are_refused),
      cmocka_unit_test(a_named_pipe_is_refused_and_not_waited_for),
      cmocka_unit_test(file_that_cannot_be_read_is_told_apart),
      cmocka_unit_test(failed_write_leaves_no_file),
      cmocka_unit_test(bytes_that_are_no_key_are_not_written),
  };
  return cmocka_run_group_tests(tests, prepare, clean);
}
