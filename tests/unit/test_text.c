/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "objects.h"
#include "unit.h"

static void text_of_all_planes_is_taken(void **state) {
  (void)state;
  const char *good[] = {"",
                        "0042-1187",
                        "~",
                        "\xc2\xa0",
                        "Stra\xc3\x9f",
                        "\xe2\x82\xac",
                        "\xf0\x9f\x94\x92",
                        "\xf4\x8f\xbf\xbd",
                        "\xed\x9f\xbf",
                        "\xee\x80\x80",
                        "\xef\xb7\x8f",
                        "\xef\xbf\xbd"};
  for (size_t i = 0; i < COUNT(good); i++) {
    assert_true(gs_text_ok(good[i], strlen(good[i])));
  }
}

static void controls_are_refused(void **state) {
  (void)state;
  for (int c = 0; c < 0xA0; c++) {
    char utf8[2] = {(char)c, 0};
    size_t len = 1;
    if (c >= 0x80) {
      utf8[0] = (char)0xc2;
      utf8[1] = (char)c;
      len = 2;
    }
    assert_int_equal(gs_text_ok(utf8, len), c >= 0x20 && c < 0x7F);
  }
}

static void directions_separators_and_noncharacters_are_refused(void **state) {
  (void)state;
  const char *bad[] = {"\xd8\x9c",     "\xe2\x80\x8e", "\xe2\x80\x8f",     "\xe2\x80\xa8",
                       "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xab",     "\xe2\x80\xac",
                       "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6",     "\xe2\x81\xa7",
                       "\xe2\x81\xa8", "\xe2\x81\xa9", "\xef\xb7\x90",     "\xef\xb7\xaf",
                       "\xef\xbf\xbe", "\xef\xbf\xbf", "\xf0\x9f\xbf\xbe", "\xf4\x8f\xbf\xbf"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_false(gs_text_ok(bad[i], strlen(bad[i])));
  }
}

static void malformed_utf8_is_refused(void **state) {
  (void)state;
  const char *bad[] = {"\x80",             /* a continuation alone */
                       "\xc3",             /* cut */
                       "\xc3(",            /* no continuation */
                       "\xe2\x82",         /* cut */
                       "\xf0\x9f\x94",     /* cut */
                       "\xc0\xaf",         /* overlong */
                       "\xc1\xbf",         /* overlong */
                       "\xe0\x9f\xbf",     /* overlong */
                       "\xf0\x8f\xbf\xbf", /* overlong */
                       "\xed\xa0\x80",     /* surrogate */
                       "\xed\xbf\xbf",     /* surrogate */
                       "\xf4\x90\x80\x80", /* above U+10FFFF */
                       "\xf8\x88\x80\x80\x80",
                       "\xfe",
                       "\xff"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_false(gs_text_ok(bad[i], strlen(bad[i])));
  }
  assert_false(gs_text_ok("a\0b", 3));
  assert_true(gs_text_ok("\xc3\x9f", 2));
  assert_false(gs_text_ok("\xc3\x9f", 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_of_all_planes_is_taken),
      cmocka_unit_test(controls_are_refused),
      cmocka_unit_test(directions_separators_and_noncharacters_are_refused),
      cmocka_unit_test(malformed_utf8_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
