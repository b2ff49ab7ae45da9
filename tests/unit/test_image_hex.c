/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "package_fixture.h"
#include "unit.h"

#define END ":00000001FF\n"

static enum gs_status open_text(struct image *im, const char *text, struct gsh_error *err) {
  fixture_write("a.hex", text, strlen(text));
  return image_open(im, "a.hex", IMAGE_HEX, err);
}

static void assert_refused(const char *text, const char *says) {
  struct image im;
  struct gsh_error err;
  assert_int_equal(open_text(&im, text, &err), GS_E_IMAGE_FILE);
  if (strstr(err.what, says) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", err.what, says);
  }
  image_close(&im);
}

static void data_lies_at_its_address(void **state) {
  (void)state;
  struct image im;
  struct gsh_error err;
  uint8_t buf[4];
  assert_int_equal(open_text(&im, ":020000040001F9\r\n:0400100001020304E2\r\n:00000001FF", &err),
                   GS_OK);
  assert_int_equal(image_base(&im), 0x10010);
  assert_int_equal(image_size(&im), 4);
  assert_int_equal(image_read(&im, 0, buf, 4, &err), GS_OK);
  assert_memory_equal(buf, "\x01\x02\x03\x04", 4);
  image_close(&im);
}

static void records_in_any_order_and_gaps_read_as_erased(void **state) {
  (void)state;
  struct image im;
  struct gsh_error err;
  uint8_t buf[6];
  assert_int_equal(open_text(&im, ":010004000BF0\n:020000000102FB\n" END, &err), GS_OK);
  assert_int_equal(image_size(&im), 5);
  assert_int_equal(image_read(&im, 0, buf, 5, &err), GS_OK);
  assert_memory_equal(buf, "\x01\x02\xff\xff\x0b", 5);
  assert_int_equal(image_read(&im, 1, buf, 3, &err), GS_OK);
  assert_memory_equal(buf, "\x02\xff\xff", 3);
  image_close(&im);
}

static void segment_and_start_records_are_understood(void **state) {
  (void)state;
  struct image im;
  struct gsh_error err;
  assert_int_equal(open_text(&im,
                             ":020000021000EC\n:0100000055AA\n:0400000300003800C1\n"
                             ":0400000500000131C5\n" END,
                             &err),
                   GS_OK);
  assert_int_equal(image_base(&im), 0x10000);
  image_close(&im);
}

static void errors_name_the_line(void **state) {
  (void)state;
  assert_refused(":020000000102FB\n:020002000102FA\n" END, "line 2: wrong checksum");
  assert_refused("\n:02000000010\n" END, "line 2: no Intel HEX record");
  assert_refused(":020000000102FB\nhello\n" END, "line 2: no Intel HEX record");
  assert_refused(":0200000001G2FB\n" END, "line 1: no hexadecimal digit in column 12");
  assert_refused(":030000000102FA\n" END, "line 1: says 3 data bytes and holds 2");
  assert_refused(":0000000AF6\n" END, "line 1: record type 10 is not Intel HEX");
  assert_refused(":0100000400FB\n" END, "line 1: this record type has 2 data bytes");
  assert_refused(":0100000101FD\n", "line 1: this record type has 0 data bytes");
}

static void a_file_cut_off_is_noticed(void **state) {
  (void)state;
  assert_refused(":020000000102FB\n", "without an end record");
  assert_refused(":020000000102FB\n:000000", "no Intel HEX record");
}

static void nothing_may_follow_the_end(void **state) {
  (void)state;
  assert_refused(":020000000102FB\n" END ":020000000102FB\n", "line 3: comes after the end");
}

static void overlaps_are_refused(void **state) {
  (void)state;
  assert_refused(":020000000102FB\n:010001000BF3\n" END, "lines 1 and 2 overlap at 0x1");
  assert_refused(":020000000102FB\n:020000000102FB\n" END, "overlap at 0x0");
}

static void nothing_wraps_around(void **state) {
  (void)state;
  assert_refused(":020000021000EC\n:02FFFF000102FD\n" END, "64 KiB segment");
  assert_refused(":02000004FFFFFC\n:02FFFF000102FD\n" END, "4 GiB");
}

static void an_empty_file_is_refused(void **state) {
  (void)state;
  assert_refused(END, "nothing to load");
  assert_refused("", "empty");
}

static void a_line_too_long_is_refused(void **state) {
  (void)state;
  char text[2000];
  memset(text, '0', sizeof text);
  text[0] = ':';
  text[sizeof text - 1] = '\0';
  assert_refused(text, "line 1: too long");
}

static void every_damaged_character_is_noticed_or_harmless(void **state) {
  (void)state;
  char text[] = ":10010000214601360121470136007EFE09D2190140\n:00000001FF\n";
  for (size_t i = 0; i + 1 < sizeof text; i++) {
    for (int c = 1; c < 256; c += 6) {
      char saved = text[i];
      struct image im;
      struct gsh_error err;
      text[i] = (char)c;
      if (open_text(&im, text, &err) == GS_OK) {
        uint8_t buf[16];
        assert_int_equal(image_base(&im), 0x100);
        assert_int_equal(image_size(&im), 16);
        assert_int_equal(image_read(&im, 0, buf, 16, &err), GS_OK);
        assert_memory_equal(buf, "\x21\x46\x01\x36\x01\x21\x47\x01\x36\x00\x7e\xfe\x09\xd2\x19\x01",
                            16);
      }
      image_close(&im);
      text[i] = saved;
    }
  }
}

static void a_window_cuts_and_names_what_is_outside(void **state) {
  (void)state;
  struct image im;
  struct gsh_error err;
  struct image_window w = {.given = true, .start = 1, .len = 3};
  assert_int_equal(open_text(&im, ":0400000001020304F2\n:010010000BE4\n" END, &err), GS_OK);
  assert_int_equal(image_cut(&im, &w, &err), GS_E_IMAGE_FILE);
  assert_non_null(strstr(err.what, "1 bytes at 0x0, 1 bytes at 0x10"));
  image_close(&im);
  w.drop_outside = true;
  assert_int_equal(open_text(&im, ":0400000001020304F2\n:010010000BE4\n" END, &err), GS_OK);
  assert_int_equal(image_cut(&im, &w, &err), GS_OK);
  uint8_t buf[3];
  assert_int_equal(image_base(&im), 1);
  assert_int_equal(image_size(&im), 3);
  assert_int_equal(image_read(&im, 0, buf, 3, &err), GS_OK);
  assert_memory_equal(buf, "\x02\x03\x04", 3);
  image_close(&im);
}

static void a_window_without_data_is_refused(void **state) {
  (void)state;
  struct image im;
  struct gsh_error err;
  const struct image_window w = {.given = true, .start = 100, .len = 3, .drop_outside = true};
  assert_int_equal(open_text(&im, ":0400000001020304F2\n" END, &err), GS_OK);
  assert_int_equal(image_cut(&im, &w, &err), GS_E_IMAGE_FILE);
  image_close(&im);
}

static void a_span_of_holes_is_refused_with_a_suggestion(void **state) {
  (void)state;
  struct image im;
  struct gsh_error err;
  const struct image_window none = {0};
  assert_int_equal(
      open_text(&im, ":0400000001020304F2\n:020000041000EA\n:0110C0000B24\n" END, &err), GS_OK);
  assert_int_equal(image_cut(&im, &none, &err), GS_E_IMAGE_FILE);
  assert_non_null(strstr(err.what, "4 bytes at 0x0, 1 bytes at 0x100010C0"));
  assert_non_null(strstr(err.next_step, "--region 0x0:0x4"));
  image_close(&im);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(data_lies_at_its_address),
      cmocka_unit_test(records_in_any_order_and_gaps_read_as_erased),
      cmocka_unit_test(segment_and_start_records_are_understood),
      cmocka_unit_test(errors_name_the_line),
      cmocka_unit_test(a_file_cut_off_is_noticed),
      cmocka_unit_test(nothing_may_follow_the_end),
      cmocka_unit_test(overlaps_are_refused),
      cmocka_unit_test(nothing_wraps_around),
      cmocka_unit_test(an_empty_file_is_refused),
      cmocka_unit_test(a_line_too_long_is_refused),
      cmocka_unit_test(every_damaged_character_is_noticed_or_harmless),
      cmocka_unit_test(a_window_cuts_and_names_what_is_outside),
      cmocka_unit_test(a_window_without_data_is_refused),
      cmocka_unit_test(a_span_of_holes_is_refused_with_a_suggestion),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
