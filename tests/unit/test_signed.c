/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "signed.h"
#include "unit.h"

#define RAW(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static uint8_t envelope[1024];
static const uint8_t body[] = {1, 2, 3, 4, 5};

static size_t make(size_t signers) {
  const enum test_key keys[] = {TEST_KEY_ROOT_1, TEST_KEY_ROOT_2, TEST_KEY_ROOT_3,
                                TEST_KEY_RELEASE_1, TEST_KEY_RELEASE_2};
  return fixture_sign(GS_OBJECT_MANIFEST, body, sizeof body, keys, signers, envelope,
                      sizeof envelope);
}

static void envelope_round_trip(void **state) {
  (void)state;
  for (size_t signers = 0; signers <= GS_SIGNATURES_MAX; signers++) {
    struct gs_signed s;
    size_t len = make(signers);
    assert_int_equal(len, 2 + sizeof body + 102 * signers);
    assert_int_equal(gs_signed_parse(envelope, len, &s), GS_OK);
    assert_ptr_equal(s.body, envelope + 2);
    assert_int_equal(s.body_len, sizeof body);
    assert_memory_equal(s.body, body, sizeof body);
    assert_int_equal(s.signature_count, signers);
    for (size_t i = 0; i < signers; i++) {
      assert_int_equal(s.signatures[i].sig_len, GS_SIGNATURE_BYTES);
    }
  }
}

static void fifth_signature_is_malformed(void **state) {
  (void)state;
  struct gs_signed s;
  assert_int_equal(gs_signed_parse(envelope, make(5), &s), GS_E_MALFORMED);
}

static void every_cut_is_told(void **state) {
  (void)state;
  size_t len = make(2);
  for (size_t cut = 0; cut < len; cut++) {
    struct gs_signed s;
    enum gs_status st = gs_signed_parse(envelope, cut, &s);
    if (cut == 0) {
      assert_int_equal(st, GS_E_EMPTY);
    } else if (cut == 2 + sizeof body || cut == 2 + sizeof body + 102) {
      assert_int_equal(st, GS_OK); /* whole, with fewer signatures */
    } else {
      assert_int_equal(st, GS_E_TRUNCATED);
    }
  }
}

static enum gs_status parse(const uint8_t *data, size_t len) {
  struct gs_signed s;
  return gs_signed_parse(data, len, &s);
}

static void forms_that_are_not_the_one_are_refused(void **state) {
  (void)state;
  assert_int_equal(parse(RAW(0x0a, 0x00)), GS_E_EMPTY);
  assert_int_equal(parse(RAW(0x12, 0x00)), GS_E_EMPTY);
  assert_int_equal(parse(RAW(0x08, 0x01)), GS_E_MALFORMED);       /* wire type */
  assert_int_equal(parse(RAW(0x0b, 0x01)), GS_E_MALFORMED);       /* group */
  assert_int_equal(parse(RAW(0x0f, 0x01)), GS_E_MALFORMED);       /* wire type 7 */
  assert_int_equal(parse(RAW(0x00, 0x01)), GS_E_MALFORMED);       /* field 0, nothing before */
  assert_int_equal(parse(RAW(0x0a, 1, 1, 0x00)), GS_E_TRAILING);  /* field 0 */
  assert_int_equal(parse(RAW(0x0a, 1, 1, 0x07)), GS_E_MALFORMED); /* field 0, wire type 7 */
  assert_int_equal(parse(RAW(0x0a, 1, 1, 0x18, 1)), GS_E_UNKNOWN_FIELD);
  assert_int_equal(parse(RAW(0x0a, 1, 1, 0xfa, 0xff, 0xff, 0x7f, 0)), GS_E_MALFORMED);
  assert_int_equal(parse(RAW(0x8a, 0x00, 1, 1)), GS_E_NONCANONICAL);
  assert_int_equal(parse(RAW(0x0a, 0x81, 0x00, 1)), GS_E_NONCANONICAL);
  assert_int_equal(parse(RAW(0x0a, 1, 1, 0x0a, 1, 1)), GS_E_NONCANONICAL);
  assert_int_equal(parse(RAW(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)), GS_E_TRUNCATED);
  assert_int_equal(parse(RAW(0x0a, 0x80, 0x80, 0x80, 0x80, 0x10)), GS_E_MALFORMED);
}

/* An envelope around one signature whose bytes are given. */
static enum gs_status parse_signature(const uint8_t *inner, size_t len) {
  uint8_t out[256] = {0x0a, 1, 1, 0x12, (uint8_t)len};
  memcpy(out + 5, inner, len);
  return parse(out, len + 5);
}

static void signatures_in_another_form_are_refused(void **state) {
  (void)state;
  uint8_t good[36] = {0x0a, 32, [34] = 0x12, [35] = 0};
  assert_int_equal(parse_signature(good, 34), GS_OK); /* judged later: of no length */
  assert_int_equal(parse_signature(good, 36), GS_E_NONCANONICAL);
  assert_int_equal(parse_signature(good, 0), GS_E_MALFORMED);
  assert_int_equal(parse_signature(good, 33), GS_E_MALFORMED);
  assert_int_equal(parse_signature(RAW(0x12, 1, 1)), GS_E_MALFORMED);
  assert_int_equal(parse_signature(RAW(0x0a, 1, 1)), GS_E_MALFORMED);
  assert_int_equal(parse_signature(RAW(0x0a, 0)), GS_E_NONCANONICAL);
  assert_int_equal(parse_signature(RAW(0x00)), GS_E_MALFORMED);
  assert_int_equal(parse_signature(RAW(0x1a, 1, 1)), GS_E_UNKNOWN_FIELD);
  uint8_t twice[68] = {0x0a, 32, [34] = 0x0a, [35] = 32};
  assert_int_equal(parse_signature(twice, sizeof twice), GS_E_NONCANONICAL);
  uint8_t swapped[37] = {0x12, 1, 1, 0x0a, 32};
  assert_int_equal(parse_signature(swapped, sizeof swapped), GS_E_NONCANONICAL);
}

static void key_that_signs_twice_is_refused(void **state) {
  (void)state;
  const enum test_key keys[] = {TEST_KEY_ROOT_1, TEST_KEY_ROOT_2, TEST_KEY_ROOT_1};
  size_t len =
      fixture_sign(GS_OBJECT_MANIFEST, body, sizeof body, keys, 3, envelope, sizeof envelope);
  assert_int_equal(parse(envelope, len), GS_E_NONCANONICAL);
}

static void writing_needs_room(void **state) {
  (void)state;
  uint8_t id[GS_KEY_ID_BYTES] = {1};
  uint8_t sig[GS_SIGNATURE_BYTES] = {2};
  struct gs_signature s = {.key_id = id, .sig = sig, .sig_len = sizeof sig};
  uint8_t out[2 + sizeof body + 102];
  for (size_t cap = 0; cap < sizeof out; cap++) {
    assert_int_equal(gs_signed_write(body, sizeof body, &s, 1, out, cap), 0);
  }
  assert_int_equal(gs_signed_write(body, sizeof body, &s, 1, out, sizeof out), sizeof out);
  /* A length that no envelope can say, whatever the room: the body is not even looked at. */
  assert_int_equal(gs_signed_write(body, SIZE_MAX, &s, 1, out, SIZE_MAX), 0);
}

static void body_may_be_built_in_place(void **state) {
  (void)state;
  static uint8_t out[70000];
  struct gs_signed s;
  const size_t lengths[] = {1, 127, 128, 16383, 16384, 65536};
  for (size_t i = 0; i < COUNT(lengths); i++) {
    uint8_t *in_place = out + GS_SIGNED_BODY_OFFSET_MAX;
    for (size_t j = 0; j < lengths[i]; j++) {
      in_place[j] = (uint8_t)(j * 3 + 1);
    }
    size_t len = gs_signed_write(in_place, lengths[i], NULL, 0, out, sizeof out);
    assert_in_range(len, lengths[i] + 2, lengths[i] + GS_SIGNED_BODY_OFFSET_MAX);
    assert_int_equal(gs_signed_parse(out, len, &s), GS_OK);
    assert_int_equal(s.body_len, lengths[i]);
    assert_int_equal(s.body[lengths[i] - 1], (uint8_t)((lengths[i] - 1) * 3 + 1));
  }
}

int main(void) {
  if (gs_crypto_init() != GS_OK) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(envelope_round_trip),
      cmocka_unit_test(fifth_signature_is_malformed),
      cmocka_unit_test(every_cut_is_told),
      cmocka_unit_test(forms_that_are_not_the_one_are_refused),
      cmocka_unit_test(signatures_in_another_form_are_refused),
      cmocka_unit_test(key_that_signs_twice_is_refused),
      cmocka_unit_test(writing_needs_room),
      cmocka_unit_test(body_may_be_built_in_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
