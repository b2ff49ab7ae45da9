/* SPDX-License-Identifier: Apache-2.0 */
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crc_of_the_check_text_is_known),
      cmocka_unit_test(crc_continues_over_pieces),
      cmocka_unit_test(crc_sees_every_single_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
