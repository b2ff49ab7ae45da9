/* SPDX-License-Identifier: Apache-2.0
 * The library's calls are wrapped (-Wl,--wrap), so that each can be made to fail.
 */
#include <psa/crypto.h>
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "unit.h"

/* Which call fails, and with what; 0: none. */
static struct {
  psa_status_t init, hash_setup, hash_update, hash_finish, import, verify, sign, destroy, random,
      generate, export;
} fault;

#define WRAP(call, member, parameters, arguments)   \
  psa_status_t __real_##call parameters;            \
  psa_status_t __wrap_##call parameters;            \
  psa_status_t __wrap_##call parameters {           \
    psa_status_t real = __real_##call arguments;    \
    return fault.member != 0 ? fault.member : real; \
  }
WRAP(psa_crypto_init, init, (void), ())
WRAP(psa_hash_setup, hash_setup, (psa_hash_operation_t * o, psa_algorithm_t a), (o, a))
WRAP(psa_hash_update, hash_update, (psa_hash_operation_t * o, const uint8_t *d, size_t n),
     (o, d, n))
WRAP(psa_hash_finish, hash_finish, (psa_hash_operation_t * o, uint8_t *d, size_t c, size_t *n),
     (o, d, c, n))
WRAP(psa_import_key, import,
     (const psa_key_attributes_t *a, const uint8_t *d, size_t n, psa_key_id_t *k), (a, d, n, k))
WRAP(psa_verify_hash, verify,
     (psa_key_id_t k, psa_algorithm_t a, const uint8_t *h, size_t hn, const uint8_t *s, size_t sn),
     (k, a, h, hn, s, sn))
WRAP(psa_sign_hash, sign,
     (psa_key_id_t k, psa_algorithm_t a, const uint8_t *h, size_t hn, uint8_t *s, size_t c,
      size_t *sn),
     (k, a, h, hn, s, c, sn))
WRAP(psa_destroy_key, destroy, (psa_key_id_t k), (k))
WRAP(psa_generate_random, random, (uint8_t * d, size_t n), (d, n))
WRAP(psa_generate_key, generate, (const psa_key_attributes_t *a, psa_key_id_t *k), (a, k))
WRAP(psa_export_public_key, export, (psa_key_id_t k, uint8_t *d, size_t c, size_t *n), (k, d, c, n))

static int no_fault(void **state) {
  (void)state;
  memset(&fault, 0, sizeof fault);
  return gs_crypto_init() == GS_OK ? 0 : -1;
}

static void hash_of_abc_is_known_in_any_pieces(void **state) {
  (void)state;
  const uint8_t want[4] = {0xba, 0x78, 0x16, 0xbf};
  uint8_t got[GS_DIGEST_BYTES];
  assert_int_equal(gs_sha256("abc", 3, got), GS_OK);
  assert_memory_equal(got, want, sizeof want);
  struct gs_sha256 h;
  assert_int_equal(gs_sha256_start(&h), GS_OK);
  assert_int_equal(gs_sha256_add(&h, NULL, 0), GS_OK);
  assert_int_equal(gs_sha256_add(&h, "a", 1), GS_OK);
  assert_int_equal(gs_sha256_add(&h, "bc", 2), GS_OK);
  uint8_t again[GS_DIGEST_BYTES];
  assert_int_equal(gs_sha256_finish(&h, again), GS_OK);
  assert_memory_equal(again, got, sizeof got);
  assert_int_equal(gs_sha256_add(&h, "a", 1), GS_E_CRYPTO);
  assert_int_equal(gs_sha256(NULL, 0, got), GS_OK);
  assert_int_equal(got[0], 0xe3);
}

static void hash_that_failed_or_was_aborted_stays_failed(void **state) {
  (void)state;
  uint8_t got[GS_DIGEST_BYTES] = {0};
  const uint8_t untouched[GS_DIGEST_BYTES] = {0};
  struct gs_sha256 h;
  assert_int_equal(gs_sha256_start(&h), GS_OK);
  gs_sha256_abort(&h);
  assert_int_equal(gs_sha256_add(&h, "a", 1), GS_E_CRYPTO);
  assert_int_equal(gs_sha256_finish(&h, got), GS_E_CRYPTO);
  psa_status_t *calls[] = {&fault.hash_setup, &fault.hash_update, &fault.hash_finish};
  for (size_t i = 0; i < COUNT(calls); i++) {
    *calls[i] = PSA_ERROR_HARDWARE_FAILURE;
    assert_int_equal(gs_sha256("abc", 3, got), GS_E_CRYPTO);
    assert_int_equal(gs_signed_hash(GS_OBJECT_MANIFEST, untouched, 1, got), GS_E_CRYPTO);
    assert_int_equal(gs_crypto_init(), GS_E_CRYPTO);
    *calls[i] = 0;
  }
  assert_memory_equal(got, untouched, sizeof got);
}

static void signature_fits_only_what_was_signed(void **state) {
  (void)state;
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES];
  uint8_t again[GS_SIGNATURE_BYTES];
  fixture_public_key(TEST_KEY_RELEASE_1, public_key);
  assert_int_equal(gs_sha256("x", 1, hash), GS_OK);
  assert_int_equal(gs_ecdsa_sign(test_keys[TEST_KEY_RELEASE_1].scalar, hash, sig), GS_OK);
  assert_int_equal(gs_ecdsa_sign(test_keys[TEST_KEY_RELEASE_1].scalar, hash, again), GS_OK);
  assert_memory_equal(again, sig, sizeof sig); /* deterministic */
  assert_int_equal(gs_ecdsa_verify(public_key, hash, sig, sizeof sig), GS_OK);
  for (size_t i = 0; i < sizeof sig; i++) {
    sig[i] ^= 0x10u;
    assert_int_equal(gs_ecdsa_verify(public_key, hash, sig, sizeof sig), GS_E_SIG_BAD);
    sig[i] ^= 0x10u;
  }
  hash[31] ^= 1u;
  assert_int_equal(gs_ecdsa_verify(public_key, hash, sig, sizeof sig), GS_E_SIG_BAD);
  hash[31] ^= 1u;
  assert_int_equal(gs_ecdsa_verify(public_key, hash, sig, 63), GS_E_SIG_FORMAT);
  assert_int_equal(gs_ecdsa_verify(public_key, hash, sig, 0), GS_E_SIG_FORMAT);
  assert_int_equal(gs_ecdsa_verify(public_key, hash, sig, 65), GS_E_SIG_FORMAT);
}

static void key_that_is_no_point_is_refused(void **state) {
  (void)state;
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  uint8_t hash[GS_DIGEST_BYTES] = {1};
  uint8_t sig[GS_SIGNATURE_BYTES] = {1};
  fixture_public_key(TEST_KEY_RELEASE_1, key);
  assert_int_equal(gs_ecdsa_check_public(key), GS_OK);
  key[63] ^= 1u;
  assert_int_equal(gs_ecdsa_check_public(key), GS_E_KEYRING_BAD);
  assert_int_equal(gs_ecdsa_verify(key, hash, sig, sizeof sig), GS_E_KEYRING_BAD);
  memset(key, 0, sizeof key);
  assert_int_equal(gs_ecdsa_check_public(key), GS_E_KEYRING_BAD);
}

static void private_key_outside_the_group_is_refused(void **state) {
  (void)state;
  uint8_t key[GS_PRIVATE_KEY_BYTES] = {0};
  uint8_t hash[GS_DIGEST_BYTES] = {1};
  uint8_t out[GS_PUBLIC_KEY_BYTES];
  assert_int_equal(gs_ecdsa_public(key, out), GS_E_CRYPTO);
  memset(key, 0xFF, sizeof key);
  assert_int_equal(gs_ecdsa_public(key, out), GS_E_CRYPTO);
  assert_int_equal(gs_ecdsa_sign(key, hash, out), GS_E_CRYPTO);
}

static void library_fault_never_passes_for_a_yes(void **state) {
  (void)state;
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES];
  fixture_public_key(TEST_KEY_RELEASE_1, key);
  assert_int_equal(gs_sha256("x", 1, hash), GS_OK);
  assert_int_equal(gs_ecdsa_sign(test_keys[TEST_KEY_RELEASE_1].scalar, hash, sig), GS_OK);
  psa_status_t *calls[] = {&fault.import, &fault.verify, &fault.destroy};
  for (size_t i = 0; i < COUNT(calls); i++) {
    *calls[i] = PSA_ERROR_CORRUPTION_DETECTED;
    assert_int_equal(gs_ecdsa_verify(key, hash, sig, sizeof sig), GS_E_CRYPTO);
    assert_int_equal(gs_crypto_init(), GS_E_CRYPTO);
    *calls[i] = 0;
  }
  fault.init = PSA_ERROR_INSUFFICIENT_ENTROPY;
  assert_int_equal(gs_crypto_init(), GS_E_CRYPTO);
  fault.init = 0;
  fault.sign = PSA_ERROR_INSUFFICIENT_ENTROPY;
  assert_int_equal(gs_ecdsa_sign(test_keys[TEST_KEY_RELEASE_1].scalar, hash, sig), GS_E_CRYPTO);
  const uint8_t zeros[GS_SIGNATURE_BYTES] = {0};
  assert_memory_equal(sig, zeros, sizeof sig);
  fault.sign = 0;
}

static void generated_keys_are_keys(void **state) {
  (void)state;
  uint8_t a[GS_PRIVATE_KEY_BYTES];
  uint8_t b[GS_PRIVATE_KEY_BYTES];
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  assert_int_equal(gs_ecdsa_generate(a), GS_OK);
  assert_int_equal(gs_ecdsa_generate(b), GS_OK);
  assert_memory_not_equal(a, b, sizeof a);
  assert_int_equal(gs_ecdsa_public(a, key), GS_OK);
  assert_int_equal(gs_ecdsa_check_public(key), GS_OK);
  fault.generate = PSA_ERROR_INSUFFICIENT_ENTROPY;
  assert_int_equal(gs_ecdsa_generate(a), GS_E_NO_RANDOM);
  fault.generate = PSA_ERROR_HARDWARE_FAILURE;
  assert_int_equal(gs_ecdsa_generate(a), GS_E_CRYPTO);
  fault.generate = 0;
  fault.export = PSA_ERROR_HARDWARE_FAILURE;
  assert_int_equal(gs_ecdsa_public(b, key), GS_E_CRYPTO);
  fault.export = 0;
}

static void random_bytes_differ_or_are_refused(void **state) {
  (void)state;
  uint8_t a[16];
  uint8_t b[16];
  assert_int_equal(gs_random(a, sizeof a), GS_OK);
  assert_int_equal(gs_random(b, sizeof b), GS_OK);
  assert_memory_not_equal(a, b, sizeof a);
  fault.random = PSA_ERROR_INSUFFICIENT_ENTROPY;
  assert_int_equal(gs_random(a, sizeof a), GS_E_NO_RANDOM);
  fault.random = 0;
}

static void types_are_hashed_apart(void **state) {
  (void)state;
  const uint8_t body[] = {1, 2, 3};
  uint8_t hashes[GS_OBJECT_CATALOGUE + 1][GS_DIGEST_BYTES];
  for (size_t i = 0; i < COUNT(hashes); i++) {
    assert_int_equal(gs_signed_hash((enum gs_object_type)i, body, sizeof body, hashes[i]), GS_OK);
    for (size_t j = 0; j < i; j++) {
      assert_memory_not_equal(hashes[i], hashes[j], GS_DIGEST_BYTES);
    }
  }
  uint8_t whole[23] = "gapseal:manifest:v1";
  memcpy(whole + 20, body, sizeof body);
  uint8_t want[GS_DIGEST_BYTES];
  assert_int_equal(gs_sha256(whole, sizeof whole, want), GS_OK);
  assert_memory_equal(hashes[GS_OBJECT_MANIFEST], want, sizeof want);
  assert_int_equal(gs_signed_hash((enum gs_object_type)99, body, sizeof body, want), GS_E_RANGE);
}

static void comparing_looks_at_every_byte(void **state) {
  (void)state;
  uint8_t a[32] = {0};
  uint8_t b[32] = {0};
  assert_true(gs_equal(a, b, sizeof a));
  assert_true(gs_equal(a, b, 0));
  for (size_t i = 0; i < sizeof a; i++) {
    b[i] = 0x80;
    assert_false(gs_equal(a, b, sizeof a));
    b[i] = 0;
  }
}

static void wiping_leaves_zeros(void **state) {
  (void)state;
  uint8_t secret[33];
  memset(secret, 0x5a, sizeof secret);
  gs_wipe(secret, 32);
  const uint8_t zeros[32] = {0};
  assert_memory_equal(secret, zeros, sizeof zeros);
  assert_int_equal(secret[32], 0x5a);
}

/* printf 'gapseal:id:v1\0com.example.ctrl' | sha256sum */
static void a_name_has_one_id(void **state) {
  (void)state;
  uint8_t id[GS_ID_BYTES], again[GS_ID_BYTES], digest[GS_DIGEST_BYTES];
  static const char input[] = "gapseal:id:v1\0com.example.ctrl";
  assert_int_equal(gs_crypto_init(), GS_OK);
  assert_int_equal(gs_id_from_name("com.example.ctrl", id), GS_OK);
  assert_int_equal(gs_sha256(input, sizeof input - 1, digest), GS_OK);
  assert_memory_equal(id, digest, sizeof id);
  assert_int_equal(gs_id_from_name("com.example.ctrl2", again), GS_OK);
  assert_memory_not_equal(id, again, sizeof id);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hash_of_abc_is_known_in_any_pieces),
      cmocka_unit_test(hash_that_failed_or_was_aborted_stays_failed),
      cmocka_unit_test(signature_fits_only_what_was_signed),
      cmocka_unit_test(key_that_is_no_point_is_refused),
      cmocka_unit_test(private_key_outside_the_group_is_refused),
      cmocka_unit_test(library_fault_never_passes_for_a_yes),
      cmocka_unit_test(generated_keys_are_keys),
      cmocka_unit_test(random_bytes_differ_or_are_refused),
      cmocka_unit_test(types_are_hashed_apart),
      cmocka_unit_test(a_name_has_one_id),
      cmocka_unit_test(comparing_looks_at_every_byte),
      cmocka_unit_test(wiping_leaves_zeros),
  };
  return cmocka_run_group_tests(tests, no_fault, NULL);
}
