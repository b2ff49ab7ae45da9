/* SPDX-License-Identifier: Apache-2.0 */
#include "package_layout.h"

#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "unit.h"

static void header_is_read_as_it_was_written(void **state) {
  (void)state;
  uint8_t header[GS_PACKAGE_HEADER_BYTES];
  for (int i = 0; i < GS_PACKAGE_SECTIONS; i++) {
    struct gs_writer w = gs_writer_init(header, sizeof header);
    uint64_t len = 0;
    gs_package_header_write(&w, (enum gs_package_section)i, UINT64_C(0x0102030405060708));
    assert_false(w.failed);
    assert_int_equal(w.used, sizeof header);
    for (int j = 0; j < GS_PACKAGE_SECTIONS; j++) {
      assert_int_equal(gs_package_header_read(header, (enum gs_package_section)j, &len), i == j);
    }
    assert_true(len == UINT64_C(0x0102030405060708));
    assert_memory_equal(header, gs_package_section_name((enum gs_package_section)i), 4);
  }
}

static void sections_before_the_pages_have_limits(void **state) {
  (void)state;
  assert_true(gs_package_section_max(GS_PACKAGE_MANIFEST) == 4096);
  assert_true(gs_package_section_max(GS_PACKAGE_KEYRINGS) == UINT64_C(64) * (8192 + 4));
  assert_true(gs_package_section_max(GS_PACKAGE_ABOUT) == 256 * 1024);
  assert_true(gs_package_section_max(GS_PACKAGE_ATTACHMENTS) == 64 * 1024 * 1024);
  assert_true(gs_package_section_max(GS_PACKAGE_DATA) == UINT64_MAX);
}

static void manifest_gives_the_last_two_lengths(void **state) {
  (void)state;
  struct fixture_manifest f;
  for (uint32_t variants = 1; variants <= 2; variants++) {
    fixture_manifest(&f, variants);
    assert_true(gs_package_pages_len(&f.m) == (uint64_t)variants * 20u * 32u);
    assert_true(gs_package_data_len(&f.m) == (uint64_t)variants * 20000u);
  }
  f.m.fields.variants[0].size = f.m.fields.variants[1].size = UINT32_MAX;
  assert_true(gs_package_data_len(&f.m) == 2u * (uint64_t)UINT32_MAX);
}

static void keyrings_are_split_and_bound(void **state) {
  (void)state;
  static uint8_t bytes[GS_KEYRING_ENVELOPE_MAX + 8u];
  struct gs_writer w = gs_writer_init(bytes, sizeof bytes);
  const uint8_t *item = NULL;
  size_t len = 0;
  gs_write_u32(&w, 3);
  gs_write_bytes(&w, "abc", 3);
  gs_write_u32(&w, 1);
  gs_write_bytes(&w, "d", 1);
  struct gs_reader r = gs_reader_init(bytes, w.used);
  assert_int_equal(gs_keyring_item_read(&r, &item, &len), GS_OK);
  assert_int_equal(len, 3);
  assert_memory_equal(item, "abc", 3);
  assert_int_equal(gs_keyring_item_read(&r, &item, &len), GS_OK);
  assert_memory_equal(item, "d", 1);
  assert_int_equal(r.left, 0);
  static const struct {
    uint32_t says;
    size_t has, len;
    enum gs_status status;
  } rows[] = {
      {GS_KEYRING_ENVELOPE_MAX, GS_KEYRING_ENVELOPE_MAX, GS_KEYRING_ENVELOPE_MAX, GS_OK},
      {GS_KEYRING_ENVELOPE_MAX + 1u, GS_KEYRING_ENVELOPE_MAX + 1u, GS_KEYRING_ENVELOPE_MAX + 1u,
       GS_E_FILE_MALFORMED},
      {UINT32_MAX, 8, UINT32_MAX, GS_E_FILE_MALFORMED},
      {0, 8, 0, GS_E_FILE_MALFORMED},
      {9, 8, 0, GS_E_FILE_MALFORMED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    w = gs_writer_init(bytes, sizeof bytes);
    gs_write_u32(&w, rows[i].says);
    r = gs_reader_init(bytes, 4u + rows[i].has);
    assert_int_equal(gs_keyring_item_read(&r, &item, &len), rows[i].status);
    assert_int_equal(len, rows[i].len);
  }
  r = gs_reader_init(bytes, 3);
  assert_int_equal(gs_keyring_item_read(&r, &item, &len), GS_E_FILE_MALFORMED);
}

static void version_is_told_before_anything_is_verified(void **state) {
  (void)state;
  uint8_t envelope[2048];
  for (uint32_t version = 1; version <= 2; version++) {
    uint32_t told = 0;
    size_t len = fixture_keyring_envelope(version, envelope, sizeof envelope);
    assert_true(gs_keyring_peek(envelope, len, &told));
    assert_int_equal(told, version);
    told = 0;
    assert_true(gs_keyring_peek(envelope, GS_KEYRING_PEEK_BYTES, &told));
    assert_int_equal(told, version);
    for (size_t cut = 0; cut < 7; cut++) { /* header 3, format 2, version 2 */
      assert_false(gs_keyring_peek(envelope, cut, &told));
    }
  }
  /* The longest: a body of 2^32 - 1 bytes, version 2^32 - 1. */
  static const uint8_t longest[] = {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x08,
                                    0x01, 0x10, 0xff, 0xff, 0xff, 0xff, 0x0f};
  uint32_t told = 0;
  _Static_assert(sizeof longest <= GS_KEYRING_PEEK_BYTES, "the longest head is looked at");
  assert_true(gs_keyring_peek(longest, sizeof longest, &told));
  assert_true(told == UINT32_MAX);
}

static void what_does_not_begin_as_a_keyring_tells_nothing(void **state) {
  (void)state;
  uint8_t good[] = {0x0a, 0x7f, 0x08, 0x01, 0x10, 0x05, 0x18, 0x01};
  uint32_t told = 0;
  assert_true(gs_keyring_peek(good, sizeof good, &told));
  assert_int_equal(told, 5);
  static const struct {
    size_t at;
    uint8_t byte;
  } rows[] = {{0, 0x12}, {0, 0x08}, {1, 0x80}, {2, 0x10},
              {2, 0x0a}, {3, 0x02}, {4, 0x18}, {4, 0x15}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t bad[sizeof good];
    memcpy(bad, good, sizeof bad);
    bad[rows[i].at] = rows[i].byte;
    told = 77;
    assert_false(gs_keyring_peek(bad, sizeof bad, &told));
    assert_int_equal(told, 77);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(header_is_read_as_it_was_written),
      cmocka_unit_test(sections_before_the_pages_have_limits),
      cmocka_unit_test(manifest_gives_the_last_two_lengths),
      cmocka_unit_test(keyrings_are_split_and_bound),
      cmocka_unit_test(version_is_told_before_anything_is_verified),
      cmocka_unit_test(what_does_not_begin_as_a_keyring_tells_nothing),
  };
  return gs_crypto_init() != GS_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
