/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <string.h>

#include "near.h"
#include "package_fixture.h"
#include "row.h"
#include "unit.h"

static void numbers_are_read_whole_or_not_at_all(void **state) {
  (void)state;
  uint64_t v = 0;
  assert_true(gss_number("0", false, 10, &v));
  assert_true(gss_number("4096", false, 65536, &v));
  assert_int_equal(v, 4096);
  assert_true(gss_number("0x100010C0", false, UINT32_MAX, &v));
  assert_int_equal(v, 0x100010C0);
  assert_true(gss_number("240k", true, UINT32_MAX, &v));
  assert_int_equal(v, 240 * 1024);
  assert_true(gss_number("0x1M", true, UINT32_MAX, &v));
  assert_int_equal(v, 1024 * 1024);
  assert_true(gss_number("18446744073709551615", false, UINT64_MAX, &v));
  assert_true(v == UINT64_MAX);
  static const char *const bad[] = {"",   "0x",  "x",    "-1", "+1", " 1",
                                    "1 ", "1.0", "0x1g", "1k", "k",  "18446744073709551616"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_false(gss_number(bad[i], false, UINT64_MAX, &v));
  }
  assert_false(gss_number("11", false, 10, &v));
  assert_false(gss_number("4194304k", true, UINT32_MAX, &v));
  assert_false(gss_number("1kk", true, UINT32_MAX, &v));
}

static void usage_errors_are_usage_errors(void **state) {
  (void)state;
  struct gsh_error err;
  assert_int_equal(fixture_run(&gss_pack, &err, NULL), GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_pack, &err, "f", "--nonsense", NULL), GS_E_USAGE);
  assert_non_null(strstr(err.what, "--nonsense"));
  assert_int_equal(fixture_run(&gss_pack, &err, "f", "--image", NULL), GS_E_USAGE);
  assert_non_null(strstr(err.what, "needs a value"));
  assert_int_equal(fixture_run(&gss_pack, &err, "f", "g", "-o", "x", NULL), GS_E_USAGE);
  assert_int_equal(
      fixture_run(&gss_pack, &err, "f", "-i", "a", "-o", "x", "--block-size", "4095", NULL),
      GS_E_USAGE);
  assert_int_equal(
      fixture_run(&gss_pack, &err, "f", "-i", "a", "-o", "x", "--block-size", "128", NULL),
      GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_pack, &err, "f", "-i", "a", "-o", "x", "--drop-outside", NULL),
                   GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_pack, &err, "f", "-i", "a", "-o", "x", "--region", "12", NULL),
                   GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_pack, &err, "f", "-i", "a", "-o", "x", "--format", "zip", NULL),
                   GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_sign, &err, "p", NULL), GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_keyring_new, &err, "-o", "x", NULL), GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_keyring_next, &err, "-o", "x", NULL), GS_E_USAGE);
}

static void options_may_follow_operands_and_repeat(void **state) {
  (void)state;
  static const struct gss_option options[] = {
      {"root", 'r', "PEM", ""}, {"flag", 0, NULL, ""}, {NULL, 0, NULL, NULL}};
  const struct gss_command command = {
      .name = "x", .operands = "A", .options = options, .operands_min = 1, .operands_max = 1};
  char words[6][16] = {"x", "a", "--root=1", "-r", "2", "--flag"};
  char *argv[7] = {words[0], words[1], words[2], words[3], words[4], words[5], NULL};
  struct gss_args args;
  struct gsh_error err;
  bool help;
  assert_int_equal(gss_parse(&command, 6, argv, &args, &help, &err), GS_OK);
  assert_false(help);
  assert_int_equal(gss_count(&args, "root"), 2);
  assert_string_equal(gss_nth(&args, "root", 0), "1");
  assert_string_equal(gss_option(&args, "root"), "2");
  assert_true(gss_has(&args, "flag"));
  assert_string_equal(gss_nth(&args, NULL, 0), "a");
  assert_null(gss_nth(&args, NULL, 1));
}

static const char *nearest(const char *word) {
  static const char *const names[] = {"keyring new", "keyring next", "keyring show",
                                      "pack",        "sign",         "cosign"};
  struct gsw_near near = gsw_near(word);
  for (size_t i = 0; i < COUNT(names); i++) {
    gsw_near_try(&near, names[i]);
  }
  return near.best;
}

static void a_near_miss_is_recognised(void **state) {
  (void)state;
  assert_string_equal(nearest("keyring nex"), "keyring next");
  assert_string_equal(nearest("keyring nwe"), "keyring new");
  assert_string_equal(nearest("pakc"), "pack");
  assert_string_equal(nearest("sing"), "sign");
  assert_null(nearest(""));
  assert_null(nearest("x"));
  assert_null(nearest("frobnicate"));
  assert_null(nearest("a word that is far longer than any name of a command"));
}

/* All lines of a row, with "/" between. */
static const char *lines_of(const char *left, size_t column, const char *text) {
  static char all[1024];
  char line[GSW_LINE];
  struct gsw_row row = {.left = left, .text = text, .column = column};
  all[0] = '\0';
  while (gsw_row_next(&row, line)) {
    assert_true(strlen(line) <= GSW_WIDTH);
    strcat(strcat(all, line), "/");
  }
  return all;
}

static void rows_of_a_help_fit_the_terminal(void **state) {
  (void)state;
  char word[200];
  assert_string_equal(lines_of("", 4, ""), "");
  assert_string_equal(lines_of("-x", 4, "does"), "-x  does/");
  assert_string_equal(lines_of("-x", 4, ""), "-x  /");
  assert_string_equal(lines_of("-xxx", 4, "does"), "-xxx/    does/");
  assert_string_equal(lines_of("", 0, "does"), "does/");
  const char *two = lines_of("-x", 70, "01234567 9 more");
  assert_memory_equal(two + 70, "01234567 9/", 11);
  assert_string_equal(two + 81 + 70, "more/");
  struct gsw_row row = {.left = "", .text = "a 0123456789 b", .column = 70, .join = " \\"};
  char line[GSW_LINE];
  assert_true(gsw_row_next(&row, line));
  assert_string_equal(line + 70, "a \\");
  assert_true(gsw_row_next(&row, line));
  assert_string_equal(line + 70, "01234567 \\");
  memset(word, 'w', sizeof word - 1);
  word[sizeof word - 1] = '\0';
  assert_int_equal(strlen(lines_of("-x", 30, word)), 199 + 4 * 30 + 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
      cmocka_unit_test(usage_errors_are_usage_errors),
      cmocka_unit_test(options_may_follow_operands_and_repeat),
      cmocka_unit_test(a_near_miss_is_recognised),
      cmocka_unit_test(rows_of_a_help_fit_the_terminal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
