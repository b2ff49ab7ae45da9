/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bytes.h"
#include "unit.h"

static const uint8_t counting[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void reader_takes_integers_little_endian(void **state) {
  (void)state;
  struct gs_reader r = gs_reader_init(counting, sizeof counting);
  assert_int_equal(gs_read_u8(&r), 0x01);
  assert_int_equal(gs_read_u16(&r), 0x0302);
  assert_int_equal(gs_read_u32(&r), 0x07060504);
  assert_true(gs_read_u64(&r) == UINT64_C(0x0f0e0d0c0b0a0908));
  assert_int_equal(r.left, 0);
  assert_false(r.failed);
}

static void reader_that_ran_out_stays_failed(void **state) {
  (void)state;
  struct gs_reader r = gs_reader_init(counting, 3);
  assert_int_equal(gs_read_u32(&r), 0);
  assert_true(r.failed);
  assert_int_equal(gs_read_u8(&r), 0); /* although three bytes are left */
  assert_null(gs_read_view(&r, 0));
}

static void reader_of_seven_bytes_holds_no_eight(void **state) {
  (void)state;
  const uint8_t data[7] = {1, 2, 3, 4, 5, 6, 7};
  struct gs_reader r = gs_reader_init(data, sizeof data);
  assert_true(gs_read_u64(&r) == 0);
  assert_true(r.failed);
}

static void reader_compares_lengths_without_wrapping(void **state) {
  (void)state;
  struct gs_reader r = gs_reader_init(counting, 4);
  assert_null(gs_read_view(&r, SIZE_MAX));
  r = gs_reader_init(counting, 4);
  assert_ptr_equal(gs_read_view(&r, 4), counting);
  assert_non_null(gs_read_view(&r, 0));
  assert_false(r.failed);
  assert_null(gs_read_view(&r, 1));
}

static void writer_writes_what_reader_reads(void **state) {
  (void)state;
  uint8_t out[15];
  struct gs_writer w = gs_writer_init(out, sizeof out);
  gs_write_u8(&w, 0x01);
  gs_write_u16(&w, 0x0302);
  gs_write_u32(&w, 0x07060504);
  gs_write_u64(&w, UINT64_C(0x0f0e0d0c0b0a0908));
  assert_false(w.failed);
  assert_int_equal(w.used, sizeof out);
  assert_memory_equal(out, counting, sizeof out);
}

static void writer_that_is_full_stays_failed_and_writes_nothing(void **state) {
  (void)state;
  uint8_t out[4] = {0};
  struct gs_writer w = gs_writer_init(out, 3);
  gs_write_u32(&w, 0xFFFFFFFFu);
  assert_true(w.failed);
  gs_write_u8(&w, 0xFF);
  assert_int_equal(w.used, 0);
  const uint8_t nothing[4] = {0};
  assert_memory_equal(out, nothing, sizeof out);
}

static void writer_takes_no_bytes_from_nowhere(void **state) {
  (void)state;
  uint8_t out[1];
  struct gs_writer w = gs_writer_init(out, sizeof out);
  gs_write_bytes(&w, NULL, 0);
  assert_false(w.failed);
  gs_write_bytes(&w, counting, SIZE_MAX);
  assert_true(w.failed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reader_takes_integers_little_endian),
      cmocka_unit_test(reader_that_ran_out_stays_failed),
      cmocka_unit_test(reader_of_seven_bytes_holds_no_eight),
      cmocka_unit_test(reader_compares_lengths_without_wrapping),
      cmocka_unit_test(writer_writes_what_reader_reads),
      cmocka_unit_test(writer_that_is_full_stays_failed_and_writes_nothing),
      cmocka_unit_test(writer_takes_no_bytes_from_nowhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
