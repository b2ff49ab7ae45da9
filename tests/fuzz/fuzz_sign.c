/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_sign.h"

#include <string.h>

#include "gapseal/crypto.h"

enum gs_status __real_gs_crypto_init(void);
enum gs_status __wrap_gs_crypto_init(void);
enum gs_status __real_gs_ecdsa_public(const uint8_t *private_key, uint8_t *public_key);
enum gs_status __wrap_gs_ecdsa_public(const uint8_t *private_key, uint8_t *public_key);
enum gs_status __real_gs_ecdsa_verify(const uint8_t *public_key, const uint8_t *hash,
                                      const uint8_t *sig, size_t sig_len);
enum gs_status __wrap_gs_ecdsa_verify(const uint8_t *public_key, const uint8_t *hash,
                                      const uint8_t *sig, size_t sig_len);
enum gs_status __wrap_gs_ecdsa_sign(const uint8_t *private_key, const uint8_t *hash, uint8_t *sig);

struct key {
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
};

static bool ready;
static bool refuse_all;
static uint32_t held_manifests;
static struct key keys[TEST_KEY_COUNT];

/* The library tests itself with the real thing, once. */
enum gs_status __wrap_gs_crypto_init(void) {
  return ready ? GS_OK : __real_gs_crypto_init();
}

enum gs_status __wrap_gs_ecdsa_public(const uint8_t *private_key, uint8_t *public_key) {
  for (size_t i = 0; ready && i < TEST_KEY_COUNT; i++) {
    if (memcmp(private_key, test_keys[i].scalar, GS_PRIVATE_KEY_BYTES) == 0) {
      memcpy(public_key, keys[i].public_key, GS_PUBLIC_KEY_BYTES);
      return GS_OK;
    }
  }
  return __real_gs_ecdsa_public(private_key, public_key);
}

static void make(const uint8_t *public_key, const uint8_t *hash, uint8_t sig[GS_SIGNATURE_BYTES]) {
  uint8_t input[GS_PUBLIC_KEY_BYTES + GS_DIGEST_BYTES];
  memcpy(input, public_key, GS_PUBLIC_KEY_BYTES);
  memcpy(input + GS_PUBLIC_KEY_BYTES, hash, GS_DIGEST_BYTES);
  FUZZ_MUST(gs_sha256(input, sizeof input, sig) == GS_OK);
  FUZZ_MUST(gs_sha256(sig, GS_DIGEST_BYTES, sig + GS_DIGEST_BYTES) == GS_OK);
}

static bool signs_manifests(const uint8_t *public_key) {
  static const enum test_key list[] = {TEST_KEY_RELEASE_1, TEST_KEY_RELEASE_2, TEST_KEY_RECOVERY_1};
  bool found = false;
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    found = found || memcmp(keys[list[i]].public_key, public_key, GS_PUBLIC_KEY_BYTES) == 0;
  }
  return found;
}

enum gs_status __wrap_gs_ecdsa_verify(const uint8_t *public_key, const uint8_t *hash,
                                      const uint8_t *sig, size_t sig_len) {
  uint8_t good[GS_SIGNATURE_BYTES];
  if (!ready) {
    return __real_gs_ecdsa_verify(public_key, hash, sig, sig_len);
  }
  if (sig_len != GS_SIGNATURE_BYTES) {
    return GS_E_SIG_FORMAT;
  }
  make(public_key, hash, good);
  /* gs_equal tells the fuzzer nothing of how near it came, as no real signature would. */
  if (refuse_all || !gs_equal(good, sig, sizeof good)) {
    return GS_E_SIG_BAD;
  }
  held_manifests += signs_manifests(public_key);
  return GS_OK;
}

enum gs_status __wrap_gs_ecdsa_sign(const uint8_t *private_key, const uint8_t *hash, uint8_t *sig) {
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  FUZZ_MUST(gs_ecdsa_public(private_key, public_key) == GS_OK);
  make(public_key, hash, sig);
  return GS_OK;
}

void fuzz_sign_start(void) {
  FUZZ_MUST(gs_crypto_init() == GS_OK);
  for (size_t i = 0; i < TEST_KEY_COUNT; i++) {
    FUZZ_MUST(__real_gs_ecdsa_public(test_keys[i].scalar, keys[i].public_key) == GS_OK);
    FUZZ_MUST(gs_key_id(keys[i].public_key, keys[i].id) == GS_OK);
  }
  ready = true;
}

void fuzz_sign_refuse_all(void) {
  refuse_all = true;
}

uint32_t fuzz_sign_held_manifests(void) {
  return held_manifests;
}

/* The signature that a key of the tests makes; false for any other key. */
static bool sign_as(const uint8_t *key_id, const uint8_t *hash, uint8_t *sig) {
  for (size_t i = 0; i < TEST_KEY_COUNT; i++) {
    if (memcmp(keys[i].id, key_id, GS_KEY_ID_BYTES) == 0) {
      make(keys[i].public_key, hash, sig);
      return true;
    }
  }
  return false;
}

bool fuzz_sign_again(enum gs_object_type type, uint8_t *envelope, size_t len) {
  struct gs_signed s;
  uint8_t hash[GS_DIGEST_BYTES];
  if (gs_signed_parse(envelope, len, &s) != GS_OK ||
      gs_signed_hash(type, s.body, s.body_len, hash) != GS_OK) {
    return false;
  }
  for (size_t i = 0; i < s.signature_count; i++) {
    uint8_t sig[GS_SIGNATURE_BYTES];
    const struct gs_signature *at = &s.signatures[i];
    if (at->sig_len == sizeof sig && sign_as(at->key_id, hash, sig)) {
      memcpy(envelope + (at->sig - envelope), sig, sizeof sig);
    }
  }
  return true;
}

size_t fuzz_sign_body(enum gs_object_type type, const uint8_t *envelope, size_t len,
                      const uint8_t *body, size_t body_len, uint8_t *out, size_t cap) {
  struct gs_signed s;
  if (gs_signed_parse(envelope, len, &s) != GS_OK) {
    return 0;
  }
  for (size_t i = 0; i < s.signature_count; i++) {
    if (s.signatures[i].sig_len != GS_SIGNATURE_BYTES) {
      return 0;
    }
  }
  size_t n = gs_signed_write(body, body_len, s.signatures, s.signature_count, out, cap);
  return n > 0 && fuzz_sign_again(type, out, n) ? n : 0;
}
