/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "text.h"
#include "unit.h"

static void assert_escaped(const char *text, size_t len, int ascii, const char *expected) {
  char out[128];
  assert_string_equal(gsh_text_escape(text, len, ascii, out, sizeof out), expected);
}

static void plain_text_stays(void **state) {
  (void)state;
  assert_escaped("press-7 \xC3\xA9", 10, 0, "press-7 \xC3\xA9");
  assert_escaped("press-7 \xC3\xA9", 10, 1, "press-7 \\xc3\\xa9");
  assert_escaped("", 0, 0, "");
}

static void what_steers_a_terminal_is_escaped(void **state) {
  (void)state;
  assert_escaped("\x1b[2J", 4, 0, "\\x1b[2J");
  assert_escaped("a\rb\n\t\x7f", 6, 0, "a\\x0db\\x0a\\x09\\x7f");
  assert_escaped(
      "\xC2\x9B"
      "31m",
      5, 0, "\\xc2\\x9b31m");
  assert_escaped("a\0b", 3, 0, "a\\x00b");
  assert_escaped("\xE2\x80\xAE", 3, 0, "\\xe2\\x80\\xae");
  assert_escaped("\xE2\x81\xA6", 3, 0, "\\xe2\\x81\\xa6");
  assert_escaped("\xE2\x80\x8B", 3, 0, "\\xe2\\x80\\x8b");
  assert_escaped("\xEF\xBB\xBF", 3, 0, "\\xef\\xbb\\xbf");
}

static void broken_utf8_is_escaped_byte_by_byte(void **state) {
  (void)state;
  assert_escaped("\xC0\xAF", 2, 0, "\\xc0\\xaf");
  assert_escaped("\xED\xA0\x80", 3, 0, "\\xed\\xa0\\x80");
  assert_escaped("\xF5\x80\x80\x80", 4, 0, "\\xf5\\x80\\x80\\x80");
  assert_escaped("\xE2\x82", 2, 0, "\\xe2\\x82");
  assert_escaped("\x80x", 2, 0, "\\x80x");
}

static void every_capacity_ends_in_zero_and_at_a_whole_character(void **state) {
  (void)state;
  const char text[] =
      "ab\xC3\xA9\x1b\xE2\x82\xAC"
      "cdef";
  for (size_t cap = 1; cap < 32; cap++) {
    char out[40];
    memset(out, 'Z', sizeof out);
    gsh_text_escape(text, sizeof text - 1, 0, out, cap);
    assert_true(strlen(out) < cap);
    assert_int_equal(out[cap], 'Z');
    assert_true(gsh_utf8_ok(out, strlen(out)));
  }
}

static void a_cut_text_says_so(void **state) {
  (void)state;
  char out[8];
  assert_string_equal(gsh_text_escape("abcdefghij", 10, 0, out, sizeof out), "abcd...");
  assert_string_equal(gsh_text_escape("abcdefg", 7, 0, out, sizeof out), "abcdefg");
}

static void hex_goes_both_ways(void **state) {
  (void)state;
  const uint8_t data[5] = {0x00, 0x9c, 0x1f, 0xff, 0x02};
  char text[11];
  uint8_t back[5];
  assert_string_equal(gsh_hex(data, 5, text), "009c1fff02");
  assert_true(gsh_unhex("009C1fFF02", back, 5));
  assert_memory_equal(back, data, 5);
  assert_false(gsh_unhex("009C1fFF0", back, 5));
  assert_false(gsh_unhex("009C1fFF020", back, 5));
  assert_false(gsh_unhex("009C1fFF0g", back, 5));
  assert_string_equal(gsh_hex_short(data, 5, text), "009c..02");
}

static void utf8_takes_the_edges_and_nothing_past_them(void **state) {
  (void)state;
  uint32_t code = 0;
  assert_int_equal(gsh_utf8_next("\x7f", 1, &code), 1);
  assert_int_equal(gsh_utf8_next("\xC2\x80", 2, &code), 2);
  assert_int_equal(code, 0x80);
  assert_int_equal(gsh_utf8_next("\xE0\xA0\x80", 3, &code), 3);
  assert_int_equal(code, 0x800);
  assert_int_equal(gsh_utf8_next("\xF4\x8F\xBF\xBF", 4, &code), 4);
  assert_int_equal(code, 0x10FFFF);
  assert_int_equal(gsh_utf8_next("\xC1\xBF", 2, NULL), 0);
  assert_int_equal(gsh_utf8_next("\xE0\x9F\xBF", 3, NULL), 0);
  assert_int_equal(gsh_utf8_next("\xF0\x8F\xBF\xBF", 4, NULL), 0);
  assert_int_equal(gsh_utf8_next("\xF4\x90\x80\x80", 4, NULL), 0);
  assert_int_equal(gsh_utf8_next("\xED\xBF\xBF", 3, NULL), 0);
  assert_int_equal(gsh_utf8_next("", 0, NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_text_stays),
      cmocka_unit_test(what_steers_a_terminal_is_escaped),
      cmocka_unit_test(broken_utf8_is_escaped_byte_by_byte),
      cmocka_unit_test(every_capacity_ends_in_zero_and_at_a_whole_character),
      cmocka_unit_test(a_cut_text_says_so),
      cmocka_unit_test(hex_goes_both_ways),
      cmocka_unit_test(utf8_takes_the_edges_and_nothing_past_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
