/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "status.h"
#include "unit.h"

static const uint32_t numbers[] = {
#define GS_STATUS(number, NAME, name, class_, exit_, sentence, next_step) number,
#include "status.def"
#undef GS_STATUS
};

static void rows_ascend_and_are_found(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(numbers); i++) {
    const struct gs_status_info *row = gs_status_info(numbers[i]);
    assert_int_equal(row->number, numbers[i]);
    assert_true(i == 0 || numbers[i - 1] < numbers[i]);
    assert_true(strlen(row->sentence) > 0 && strlen(row->next_step) > 0);
    assert_null(strpbrk(row->name, " _"));
    for (size_t j = 0; j < i; j++) {
      assert_string_not_equal(row->name, gs_status_info(numbers[j])->name);
    }
  }
}

static void device_and_host_numbers_keep_apart(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(numbers); i++) {
    bool host = gs_status_info(numbers[i])->class_ == GS_CLASS_HOST;
    assert_true(!host || numbers[i] >= 256);
  }
}

static void unknown_number_gives_a_row_that_says_so(void **state) {
  (void)state;
  assert_string_equal(gs_status_info(9)->name, "status-<unknown>");
  assert_string_equal(gs_status_info(0xFFFFFFFFu)->name, "status-<unknown>");
  assert_int_equal(gs_status_info(0xFFFFFFFFu)->exit_code, 1);
  assert_int_equal(gs_status_info(0)->exit_code, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_ascend_and_are_found),
      cmocka_unit_test(device_and_host_numbers_keep_apart),
      cmocka_unit_test(unknown_number_gives_a_row_that_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
