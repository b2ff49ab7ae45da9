/* SPDX-License-Identifier: Apache-2.0
 * Key files: a public key that was taken is a point of the curve, a private one has a public half;
 * each, written and read again, is the same.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "fuzz.h"
#include "gapseal/crypto.h"
#include "pem.h"

#define WHY 128u

static char again_path[128];

void fuzz_start(void) {
  FUZZ_MUST(gs_crypto_init() == GS_OK);
  (void)snprintf(again_path, sizeof again_path, "%s/again.pem", fuzz_dir());
}

static void check_public(const char *path) {
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  uint8_t again[GS_PUBLIC_KEY_BYTES];
  char why[WHY] = "";
  enum gs_status status = gsh_pem_read_public(path, key, why, sizeof why);
  if (status != GS_OK) {
    FUZZ_MUST(why[0] != '\0' && fuzz_text_safe(why));
    return;
  }
  FUZZ_MUST(gs_ecdsa_check_public(key) == GS_OK);
  FUZZ_MUST(gsh_pem_write_public(again_path, key, why, sizeof why) == GS_OK);
  FUZZ_MUST(gsh_pem_read_public(again_path, again, why, sizeof why) == GS_OK);
  FUZZ_MUST(memcmp(key, again, sizeof key) == 0 && unlink(again_path) == 0);
}

static void check_private(const char *path) {
  uint8_t key[GS_PRIVATE_KEY_BYTES];
  uint8_t again[GS_PRIVATE_KEY_BYTES];
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  char why[WHY] = "";
  enum gs_status status = gsh_pem_read_private(path, key, why, sizeof why);
  if (status != GS_OK) {
    FUZZ_MUST(why[0] != '\0' && fuzz_text_safe(why));
    return;
  }
  FUZZ_MUST(gs_ecdsa_public(key, public_key) == GS_OK);
  FUZZ_MUST(gsh_pem_write_private(again_path, key, why, sizeof why) == GS_OK);
  FUZZ_MUST(gsh_pem_read_private(again_path, again, why, sizeof why) == GS_OK);
  FUZZ_MUST(memcmp(key, again, sizeof key) == 0 && unlink(again_path) == 0);
}

void fuzz_one(const uint8_t *data, size_t len) {
  const char *path = fuzz_file(0, data, len);
  check_public(path);
  check_private(path);
}

static void seed_file(const char *name) {
  char text[2048];
  FILE *f = fopen(again_path, "rb");
  FUZZ_MUST(f != NULL);
  size_t n = fread(text, 1, sizeof text, f);
  FUZZ_MUST(fclose(f) == 0 && unlink(again_path) == 0);
  fuzz_seed(name, text, n);
}

void fuzz_seeds(void) {
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  char why[WHY];
  fixture_public_key(TEST_KEY_MAKER, key);
  FUZZ_MUST(gsh_pem_write_public(again_path, key, why, sizeof why) == GS_OK);
  seed_file("public");
  FUZZ_MUST(gsh_pem_write_private(again_path, test_keys[TEST_KEY_MAKER].scalar, why, sizeof why) ==
            GS_OK);
  seed_file("private");
}
