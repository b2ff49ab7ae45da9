/* SPDX-License-Identifier: Apache-2.0
 * Keyrings: one encoding for each meaning; and the device's judgement, alone and as a successor,
 * is that of gapseal-verify, which shares no rule with it. The mutator signs again.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "fuzz_sign.h"
#include "gapseal/policy.h"
#include "strict.h"
#include "verify.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

static struct gsv_keyring before; /* version 1, as the verifier holds it */
static struct gs_keyring current; /* the same, as a device does */

void fuzz_start(void) {
  struct gsv_error e;
  fuzz_sign_start();
  size_t len = fixture_keyring_envelope(1, before.envelope, sizeof before.envelope);
  FUZZ_MUST(gsv_keyring_verify(&before, len, NULL, &e) == GS_OK);
  FUZZ_MUST(gs_verify_keyring(before.envelope, len, &current) == GS_OK);
}

static bool ascending(const uint8_t *list, size_t count) {
  for (size_t i = 0; i + 1 < count; i++) {
    if (memcmp(list + i * GS_DIGEST_BYTES, list + (i + 1) * GS_DIGEST_BYTES, GS_DIGEST_BYTES) >=
        0) {
      return false;
    }
  }
  return true;
}

static void check_body(const uint8_t *data, size_t len) {
  static uint8_t out[65536];
  struct gs_keyring k;
  struct gs_keyring again;
  enum gs_status status = gs_keyring_decode(data, len, &k);
  FUZZ_MUST(gs_keyring_decode(data, len, &again) == status);
  if (status != GS_OK) {
    return;
  }
  uint32_t roots = 0;
  FUZZ_MUST(k.fields.format == 1 && k.fields.version >= 1);
  FUZZ_MUST(k.fields.keys_count >= 1 && k.fields.keys_count <= 8 && k.fields.minimums_count <= 4);
  for (size_t i = 0; i < k.fields.keys_count; i++) {
    FUZZ_MUST(k.fields.keys[i].role >= 1 && k.fields.keys[i].role <= 4);
    FUZZ_MUST(k.fields.keys[i].algorithm == 1);
    roots += k.fields.keys[i].role == gapseal_v1_Role_ROLE_ROOT;
  }
  FUZZ_MUST(k.fields.root_threshold >= 1 && k.fields.root_threshold <= roots);
  FUZZ_MUST(ascending(k.revoked_keys, k.revoked_keys_count));
  FUZZ_MUST(ascending(k.revoked_packages, k.revoked_packages_count));
  FUZZ_MUST(len <= sizeof out && gs_keyring_encode(&k, out, len) == len);
  FUZZ_MUST(memcmp(out, data, len) == 0);
}

/* ok: what the device says, host: what the verifier says. */
static void same(enum gs_status device, enum gs_status verifier, const char *what) {
  if ((device == GS_OK) != (verifier == GS_OK)) {
    (void)fprintf(stderr, "%s: device %s, gapseal-verify %s\n", what, gs_status_info(device)->name,
                  gs_status_info(verifier)->name);
  }
  FUZZ_MUST((device == GS_OK) == (verifier == GS_OK));
}

void fuzz_one(const uint8_t *data, size_t len) {
  static struct gsv_keyring k;
  struct gs_keyring alone;
  struct gs_keyring next;
  struct gs_signed s;
  struct gsv_error e;
  if (gs_signed_parse(data, len, &s) == GS_OK) {
    check_body(s.body, s.body_len);
  } else {
    check_body(data, len);
  }
  if (len > sizeof k.envelope) {
    return;
  }
  memcpy(k.envelope, data, len);
  enum gs_status verifier = gsv_keyring_verify(&k, len, NULL, &e);
  same(gs_verify_keyring(data, len, &alone), verifier, "alone");
  enum gs_status device = gs_verify_keyring_link(&current, before.object.body,
                                                 before.object.body_len, data, len, &next);
  if (device != GS_E_ALREADY) { /* the same body again is no link to a verifier */
    memcpy(k.envelope, data, len);
    same(device, gsv_keyring_verify(&k, len, &before, &e), "as a successor");
    FUZZ_MUST(device != GS_OK || next.fields.version == 2);
  }
}

/* The body is changed and signed again by whoever signed it; or the envelope is. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed) {
  static uint8_t body[8192];
  static uint8_t out[16384];
  struct gs_signed s;
  if (seed % 4u == 0 || gs_signed_parse(data, size, &s) != GS_OK || s.body_len > sizeof body / 2u) {
    return LLVMFuzzerMutate(data, size, max);
  }
  memcpy(body, s.body, s.body_len);
  size_t n = LLVMFuzzerMutate(body, s.body_len, sizeof body / 2u);
  n = fuzz_sign_body(GS_OBJECT_KEYRING, data, size, body, n, out, sizeof out);
  if (n == 0 || n > max) {
    return LLVMFuzzerMutate(data, size, max);
  }
  memcpy(data, out, n);
  return n;
}

void fuzz_seeds(void) {
  static const enum test_key all[] = {TEST_KEY_ROOT_1, TEST_KEY_ROOT_2, TEST_KEY_ROOT_3,
                                      TEST_KEY_STRANGER};
  uint8_t envelope[4096];
  uint8_t body[FIXTURE_BODY_MAX];
  struct fixture_keyring f;
  fuzz_seed("one", envelope, fixture_keyring_envelope(1, envelope, sizeof envelope));
  fuzz_seed("two", envelope, fixture_keyring_envelope(2, envelope, sizeof envelope));
  fixture_keyring(&f, 1);
  f.k.fields.version = 2;
  size_t len = fixture_keyring_body(&f, body);
  len = fixture_sign(GS_OBJECT_KEYRING, body, len, all, 1, envelope, sizeof envelope);
  fuzz_seed("next", envelope, len);
  len = fixture_keyring_body(&f, body);
  len = fixture_sign(GS_OBJECT_KEYRING, body, len, all, 4, envelope, sizeof envelope);
  fuzz_seed("stranger", envelope, len);
  f.k.fields.version = 3;
  len = fixture_keyring_body(&f, body);
  len = fixture_sign(GS_OBJECT_KEYRING, body, len, all, 1, envelope, sizeof envelope);
  fuzz_seed("gap", envelope, len);
}
