/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "crc32.h"
#include "unit.h"

static void crc_of_the_check_text_is_known(void **state) {
  (void)state;
  assert_int_equal(gs_crc32(0, "123456789", 9), 0xCBF43926u);
  assert_int_equal(gs_crc32(0, "", 0), 0);
  assert_int_equal(gs_crc32(0, "a", 1), 0xE8B7BE43u);
}

static void crc_continues_over_pieces(void **state) {
  (void)state;
  for (size_t cut = 0; cut <= 9; cut++) {
    uint32_t first = gs_crc32(0, "123456789", cut);
    assert_int_equal(gs_crc32(first, &"123456789"[cut], 9 - cut), 0xCBF43926u);
  }
}

static void crc_sees_every_single_bit(void **state) {
  (void)state;
  uint8_t data[64] = {0};
  uint32_t good = gs_crc32(0, data, sizeof data);
  for (size_t bit = 0; bit < 8 * sizeof data; bit++) {
    data[bit / 8] = (uint8_t)(1u << bit % 8);
    assert_int_not_equal(gs_crc32(0, data, sizeof data), good);
    data[bit / 8] = 0;
  }
}

static void one_flipped_bit_is_mended(void **state) {
  (void)state;
  static const size_t lengths[] = {1, 2, 40, 528, 2064};
  static uint8_t good[2068];
  static uint8_t bad[2068];
  for (size_t l = 0; l < COUNT(lengths); l++) {
    size_t len = lengths[l];
    for (size_t i = 0; i < len; i++) {
      good[i] = (uint8_t)(i * 37 + 11);
    }
    uint32_t crc = gs_crc32(0, good, len);
    for (unsigned i = 0; i < 4; i++) {
      good[len + i] = (uint8_t)(crc >> 8 * i);
    }
    for (size_t bit = 0; bit < 8 * (len + 4); bit++) {
      memcpy(bad, good, len + 4);
      bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
      assert_true(gs_crc32_mend(bad, len + 4));
      assert_memory_equal(bad, good, len);
    }
  }
}

static void two_flipped_bits_are_never_mended(void **state) {
  (void)state;
  uint8_t data[36] = {0};
  uint32_t crc = gs_crc32(0, data, 32);
  for (unsigned i = 0; i < 4; i++) {
    data[32 + i] = (uint8_t)(crc >> 8 * i);
  }
  for (size_t one = 0; one < 8 * sizeof data; one++) {
    for (size_t two = one + 1; two < 8 * sizeof data; two++) {
      uint8_t bad[sizeof data];
      memcpy(bad, data, sizeof data);
      bad[one / 8] ^= (uint8_t)(1u << one % 8);
      bad[two / 8] ^= (uint8_t)(1u << two % 8);
      assert_false(gs_crc32_mend(bad, sizeof bad));
    }
  }
}

static void only_what_the_distance_allows_is_mended(void **state) {
  (void)state;
  static uint8_t data[GS_CRC32_MEND_MAX + 1];
  uint32_t crc = gs_crc32(0, data, GS_CRC32_MEND_MAX - 4);
  for (unsigned i = 0; i < 4; i++) {
    data[GS_CRC32_MEND_MAX - 4 + i] = (uint8_t)(crc >> 8 * i);
  }
  data[0] ^= 1;
  assert_true(gs_crc32_mend(data, GS_CRC32_MEND_MAX));
  assert_int_equal(data[0], 0);
  assert_false(gs_crc32_mend(data, GS_CRC32_MEND_MAX + 1));
  assert_false(gs_crc32_mend(data, 4));
  assert_false(gs_crc32_mend(data, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crc_of_the_check_text_is_known),
      cmocka_unit_test(crc_continues_over_pieces),
      cmocka_unit_test(crc_sees_every_single_bit),
      cmocka_unit_test(one_flipped_bit_is_mended),
      cmocka_unit_test(two_flipped_bits_are_never_mended),
      cmocka_unit_test(only_what_the_distance_allows_is_mended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
