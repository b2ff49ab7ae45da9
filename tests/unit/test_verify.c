/* SPDX-License-Identifier: Apache-2.0
 * Signatures over whole envelopes: everything that differs from what was signed is refused.
 * Single damages with a story are vectors (proto/vectors).
 */
#include <psa/crypto.h>
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "gapseal/policy.h"
#include "unit.h"

static uint8_t keyring_bytes[3][FIXTURE_BODY_MAX];
static size_t keyring_len[3];
static struct gs_keyring keyring[3]; /* by version */
static uint8_t envelope[2048];
static size_t envelope_len;

/* The library's calls are wrapped (-Wl,--wrap): the one that counts this down to 0 fails. */
static unsigned countdown;

static psa_status_t counted(psa_status_t real) {
  bool fails = countdown > 0 && --countdown == 0;
  return fails ? PSA_ERROR_HARDWARE_FAILURE : real;
}

#define WRAP(call, parameters, arguments)    \
  psa_status_t __real_##call parameters;     \
  psa_status_t __wrap_##call parameters;     \
  psa_status_t __wrap_##call parameters {    \
    return counted(__real_##call arguments); \
  }
WRAP(psa_hash_setup, (psa_hash_operation_t * o, psa_algorithm_t a), (o, a))
WRAP(psa_hash_update, (psa_hash_operation_t * o, const uint8_t *d, size_t n), (o, d, n))
WRAP(psa_hash_finish, (psa_hash_operation_t * o, uint8_t *d, size_t c, size_t *n), (o, d, c, n))
WRAP(psa_verify_hash,
     (psa_key_id_t k, psa_algorithm_t a, const uint8_t *h, size_t hn, const uint8_t *s, size_t sn),
     (k, a, h, hn, s, sn))
WRAP(psa_destroy_key, (psa_key_id_t k), (k))

static enum gs_status verify(const uint8_t *data, size_t len) {
  struct gs_manifest m;
  uint8_t digest[GS_DIGEST_BYTES];
  bool recovery = false;
  return gs_verify_manifest(data, len, &keyring[1], false, &m, digest, &recovery);
}

static int prepare(void **state) {
  (void)state;
  if (gs_crypto_init() != GS_OK) {
    return -1;
  }
  for (uint32_t version = 1; version <= 2; version++) {
    keyring_len[version] =
        fixture_keyring_envelope(version, keyring_bytes[version], sizeof keyring_bytes[version]);
    if (gs_verify_keyring(keyring_bytes[version], keyring_len[version], &keyring[version]) !=
        GS_OK) {
      return -1;
    }
  }
  struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX];
  const enum test_key key = TEST_KEY_RELEASE_1;
  fixture_manifest(&f, 1);
  size_t len = fixture_manifest_body(&f, body);
  envelope_len = fixture_sign(GS_OBJECT_MANIFEST, body, len, &key, 1, envelope, sizeof envelope);
  return 0;
}

static void good_manifest_gives_its_digest(void **state) {
  (void)state;
  struct gs_manifest m;
  struct gs_signed s;
  uint8_t digest[GS_DIGEST_BYTES];
  uint8_t want[GS_DIGEST_BYTES];
  bool recovery = true;
  assert_int_equal(
      gs_verify_manifest(envelope, envelope_len, &keyring[1], false, &m, digest, &recovery), GS_OK);
  assert_false(recovery);
  assert_int_equal(m.fields.release, 8);
  assert_int_equal(gs_signed_parse(envelope, envelope_len, &s), GS_OK);
  assert_int_equal(gs_sha256(s.body, s.body_len, want), GS_OK);
  assert_memory_equal(digest, want, sizeof want);
}

static void no_flipped_bit_is_accepted(void **state) {
  (void)state;
  unsigned accepted = 0;
  for (size_t bit = 0; bit < 8 * envelope_len; bit++) {
    envelope[bit / 8] ^= (uint8_t)(1u << bit % 8);
    accepted += verify(envelope, envelope_len) == GS_OK ? 1u : 0u;
    envelope[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  assert_int_equal(accepted, 0);
  assert_int_equal(verify(envelope, envelope_len), GS_OK);
}

static void no_cut_is_accepted(void **state) {
  (void)state;
  unsigned accepted = 0;
  for (size_t len = 0; len < envelope_len; len++) {
    accepted += verify(envelope, len) == GS_OK ? 1u : 0u;
  }
  assert_int_equal(accepted, 0);
}

static void no_byte_may_follow(void **state) {
  (void)state;
  for (unsigned value = 0; value < 256; value++) {
    envelope[envelope_len] = (uint8_t)value;
    assert_int_not_equal(verify(envelope, envelope_len + 1), GS_OK);
  }
}

static void every_flipped_bit_of_a_keyring_is_refused(void **state) {
  (void)state;
  struct gs_keyring out;
  uint8_t copy[FIXTURE_BODY_MAX];
  memcpy(copy, keyring_bytes[1], keyring_len[1]);
  for (size_t bit = 0; bit < 8 * keyring_len[1]; bit += 3) {
    copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_int_not_equal(gs_verify_keyring(copy, keyring_len[1], &out), GS_OK);
    copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
}

static void recovery_key_among_the_signers_is_told(void **state) {
  (void)state;
  const enum test_key keys[] = {TEST_KEY_RECOVERY_1, TEST_KEY_RELEASE_1};
  struct gs_signed s;
  struct gs_manifest m;
  uint8_t out[2048];
  uint8_t digest[GS_DIGEST_BYTES];
  assert_int_equal(gs_signed_parse(envelope, envelope_len, &s), GS_OK);
  for (size_t count = 1; count <= 2; count++) {
    bool recovery = false;
    size_t len = fixture_sign(GS_OBJECT_MANIFEST, s.body, s.body_len, keys, count, out, sizeof out);
    assert_int_equal(gs_verify_manifest(out, len, &keyring[1], false, &m, digest, &recovery),
                     GS_OK);
    assert_true(recovery);
  }
}

static void signatures_are_judged_for_a_role_and_a_product(void **state) {
  (void)state;
  struct gs_signed s;
  assert_int_equal(gs_signed_parse(envelope, envelope_len, &s), GS_OK);
  const int release = gapseal_v1_Role_ROLE_RELEASE;
  const struct gs_keyring *k = &keyring[1];
  const enum gs_object_type type = GS_OBJECT_MANIFEST;
  assert_int_equal(gs_verify_signatures(&s, type, k, release, NULL, false), GS_OK);
  assert_int_equal(gs_verify_signatures(&s, type, k, release, fixture_product, false), GS_OK);
  assert_int_equal(gs_verify_signatures(&s, type, k, release, NULL, true), GS_E_KEY_TEST);
  assert_int_equal(gs_verify_signatures(&s, GS_OBJECT_CATALOGUE, k, release, NULL, false),
                   GS_E_SIG_BAD);
  for (int role = gapseal_v1_Role_ROLE_ROOT; role <= gapseal_v1_Role_ROLE_CATALOGUE; role++) {
    assert_int_equal(gs_verify_signatures(&s, type, k, role, NULL, false),
                     role == release ? GS_OK : GS_E_KEY_ROLE);
  }
  assert_int_equal(gs_verify_signatures(&s, type, k, 0, NULL, false), GS_E_RANGE);
  assert_int_equal(gs_verify_signatures(&s, type, k, 5, NULL, false), GS_E_RANGE);
  s.signature_count = 0;
  assert_int_equal(gs_verify_signatures(&s, type, k, release, NULL, false), GS_E_SIG_MISSING);
}

static void key_of_another_product_has_no_say(void **state) {
  (void)state;
  const enum test_key key = TEST_KEY_RELEASE_2;
  const int release = gapseal_v1_Role_ROLE_RELEASE;
  const uint8_t body[] = {1};
  uint8_t out[256];
  struct gs_signed s;
  size_t len = fixture_sign(GS_OBJECT_MANIFEST, body, 1, &key, 1, out, sizeof out);
  assert_int_equal(gs_signed_parse(out, len, &s), GS_OK);
  assert_int_equal(
      gs_verify_signatures(&s, GS_OBJECT_MANIFEST, &keyring[1], release, fixture_product, false),
      GS_E_KEY_SCOPE);
  assert_int_equal(gs_verify_signatures(&s, GS_OBJECT_MANIFEST, &keyring[1], release,
                                        fixture_other_product, false),
                   GS_OK);
}

static void body_is_not_read_before_its_signature_holds(void **state) {
  (void)state;
  const enum test_key key = TEST_KEY_STRANGER;
  const uint8_t nonsense[] = {0xFF, 0xFF, 0xFF};
  uint8_t out[256];
  size_t len = fixture_sign(GS_OBJECT_MANIFEST, nonsense, 3, &key, 1, out, sizeof out);
  assert_int_equal(verify(out, len), GS_E_KEY_UNKNOWN);
}

static enum gs_status link_from_1(const uint8_t *data, size_t len, struct gs_keyring *out) {
  struct gs_signed s;
  assert_int_equal(gs_signed_parse(keyring_bytes[1], keyring_len[1], &s), GS_OK);
  return gs_verify_keyring_link(&keyring[1], s.body, s.body_len, data, len, out);
}

/* Fail each call of the library in turn. Returns how many calls there were. */
static unsigned fail_each_call(enum gs_status (*work)(void)) {
  for (unsigned n = 1;; n++) {
    countdown = n;
    enum gs_status st = work();
    if (countdown > 0) {
      countdown = 0;
      assert_int_equal(st, GS_OK);
      return n - 1;
    }
    assert_int_equal(st, GS_E_CRYPTO);
  }
}

static enum gs_status work_manifest(void) {
  return verify(envelope, envelope_len);
}

static enum gs_status work_link(void) {
  struct gs_keyring out;
  return link_from_1(keyring_bytes[2], keyring_len[2], &out);
}

static void fault_of_any_library_call_is_no_yes(void **state) {
  (void)state;
  assert_true(fail_each_call(work_manifest) > 10);
  assert_true(fail_each_call(work_link) > 50);
}

static void keyrings_follow_one_by_one(void **state) {
  (void)state;
  struct gs_keyring out;
  memset(&out, 0, sizeof out);
  assert_int_equal(link_from_1(keyring_bytes[2], keyring_len[2], &out), GS_OK);
  assert_int_equal(out.fields.version, 2);
  assert_int_equal(link_from_1(keyring_bytes[1], keyring_len[1], &out), GS_E_ALREADY);
}

static void last_version_has_no_successor(void **state) {
  (void)state;
  static struct fixture_keyring f;
  static struct gs_keyring last;
  struct gs_keyring out;
  uint8_t body[FIXTURE_BODY_MAX];
  fixture_keyring(&f, 2);
  f.k.fields.version = 0xFFFFFFFFu;
  size_t body_len = fixture_keyring_body(&f, body);
  assert_int_equal(gs_keyring_decode(body, body_len, &last), GS_OK);
  assert_int_equal(
      gs_verify_keyring_link(&last, body, body_len, keyring_bytes[1], keyring_len[1], &out),
      GS_E_KEYRING_OLD);
}

/* Signed by root-1; what it says is the caller's. */
static size_t sign_keyring(const struct fixture_keyring *f, size_t signers, uint8_t *out,
                           size_t cap) {
  const enum test_key root = TEST_KEY_ROOT_1;
  uint8_t body[FIXTURE_BODY_MAX];
  size_t len = fixture_keyring_body(f, body);
  return fixture_sign(GS_OBJECT_KEYRING, body, len, &root, signers, out, cap);
}

static void keyring_that_nobody_signed_is_refused(void **state) {
  (void)state;
  static struct fixture_keyring f;
  struct gs_keyring out;
  uint8_t bytes[FIXTURE_BODY_MAX];
  fixture_keyring(&f, 1);
  assert_int_equal(gs_verify_keyring(bytes, sign_keyring(&f, 1, bytes, sizeof bytes), &out), GS_OK);
  assert_int_equal(gs_verify_keyring(bytes, sign_keyring(&f, 0, bytes, sizeof bytes), &out),
                   GS_E_SIG_MISSING);
}

/* No keyring that decodes says so: a damaged one in memory must not open the door. */
static void threshold_of_none_is_no_threshold(void **state) {
  (void)state;
  struct gs_keyring damaged = keyring[1];
  struct gs_keyring out;
  struct gs_signed s;
  assert_int_equal(gs_signed_parse(keyring_bytes[1], keyring_len[1], &s), GS_OK);
  damaged.fields.root_threshold = 0;
  assert_int_equal(
      gs_verify_keyring_link(&damaged, s.body, s.body_len, keyring_bytes[2], keyring_len[2], &out),
      GS_E_THRESHOLD);
}

static void minimum_binds_its_own_product_only(void **state) {
  (void)state;
  static struct fixture_keyring f;
  struct gs_keyring ring;
  struct gs_manifest m;
  uint8_t bytes[FIXTURE_BODY_MAX];
  uint8_t digest[GS_DIGEST_BYTES];
  bool recovery;
  static const struct {
    const uint8_t *product;
    uint32_t minimum;
    enum gs_status want;
  } rows[] = {{fixture_product, 4, GS_OK}, /* the manifest's version */
              {fixture_product, 5, GS_E_BELOW_MINIMUM},
              {fixture_other_product, 5, GS_OK}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    fixture_keyring(&f, 1);
    f.k.fields.minimums_count = 1;
    f.k.fields.minimums[0].has_product = true;
    memcpy(f.k.fields.minimums[0].product, rows[i].product, GS_ID_BYTES);
    f.k.fields.minimums[0].has_security_version = true;
    f.k.fields.minimums[0].security_version = rows[i].minimum;
    assert_int_equal(gs_verify_keyring(bytes, sign_keyring(&f, 1, bytes, sizeof bytes), &ring),
                     GS_OK);
    assert_int_equal(
        gs_verify_manifest(envelope, envelope_len, &ring, false, &m, digest, &recovery),
        rows[i].want);
  }
}

static void published_keys_are_listed(void **state) {
  (void)state;
  uint8_t id[GS_KEY_ID_BYTES];
  for (int key = 0; key < TEST_KEY_COUNT; key++) {
    fixture_key_id((enum test_key)key, id);
    assert_true(gs_is_test_key(id));
    id[0] ^= 1u;
    assert_false(gs_is_test_key(id));
    id[0] ^= 1u;
    id[7] ^= 1u;
    assert_false(gs_is_test_key(id));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_manifest_gives_its_digest),
      cmocka_unit_test(no_flipped_bit_is_accepted),
      cmocka_unit_test(no_cut_is_accepted),
      cmocka_unit_test(no_byte_may_follow),
      cmocka_unit_test(every_flipped_bit_of_a_keyring_is_refused),
      cmocka_unit_test(recovery_key_among_the_signers_is_told),
      cmocka_unit_test(signatures_are_judged_for_a_role_and_a_product),
      cmocka_unit_test(key_of_another_product_has_no_say),
      cmocka_unit_test(body_is_not_read_before_its_signature_holds),
      cmocka_unit_test(fault_of_any_library_call_is_no_yes),
      cmocka_unit_test(keyrings_follow_one_by_one),
      cmocka_unit_test(last_version_has_no_successor),
      cmocka_unit_test(keyring_that_nobody_signed_is_refused),
      cmocka_unit_test(threshold_of_none_is_no_threshold),
      cmocka_unit_test(minimum_binds_its_own_product_only),
      cmocka_unit_test(published_keys_are_listed),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
