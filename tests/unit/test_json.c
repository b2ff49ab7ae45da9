/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static bool parses(const char *text) {
  struct gsh_error err;
  cJSON *root = gsh_json_parse(text, strlen(text), GS_E_FACTS, &err);
  bool ok = root != NULL;
  assert_true(ok || err.status == GS_E_FACTS);
  cJSON_Delete(root);
  return ok;
}

static void one_object_is_taken(void **state) {
  (void)state;
  assert_true(parses("{}"));
  assert_true(parses(" {\"a\": [1, {\"b\": null}], \"c\": \"\\u00e9\"}\n"));
}

static void anything_else_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "[]",
                                    "1",
                                    "{",
                                    "{} x",
                                    "{}{}",
                                    "{\"a\":1,}",
                                    "{\"a\":\xff}",
                                    "{}\x15",
                                    "{\x1b\"a\":1}",
                                    "{\"a\":\"\x07\"}",
                                    "{\"a\":\"\\u0000\"}",
                                    "{\"\\u0000\":1}"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_false(parses(bad[i]));
  }
}

static void a_member_named_twice_is_refused_at_any_depth(void **state) {
  (void)state;
  assert_false(parses("{\"a\":1,\"b\":2,\"a\":1}"));
  assert_false(parses("{\"x\":[{\"a\":1,\"\\u0061\":2}]}"));
  assert_true(parses("{\"a\":{\"a\":1},\"A\":2}"));
}

static void depth_and_members_are_bounded(void **state) {
  (void)state;
  char text[8192] = "{\"a\":";
  for (size_t i = 0; i < GSH_JSON_DEPTH_MAX; i++) {
    strcat(text, "[");
  }
  assert_false(parses(text));
  strcpy(text, "{");
  for (unsigned i = 0; i <= GSH_JSON_MEMBERS_MAX; i++) {
    char member[24];
    (void)snprintf(member, sizeof member, "%s\"m%u\":0", i > 0 ? "," : "", i);
    strcat(text, member);
  }
  strcat(text, "}");
  assert_false(parses(text));
}

static bool number(const char *text, uint64_t max, uint64_t *out) {
  cJSON *item = cJSON_Parse(text);
  bool ok = gsh_json_number(item, max, out);
  cJSON_Delete(item);
  return ok;
}

static void only_whole_numbers_in_range_are_numbers(void **state) {
  (void)state;
  uint64_t value = 9;
  assert_true(number("0", UINT32_MAX, &value));
  assert_int_equal(value, 0);
  assert_true(number("4294967295", UINT32_MAX, &value));
  assert_int_equal(value, UINT32_MAX);
  assert_false(number("4294967296", UINT32_MAX, &value));
  assert_false(number("-1", UINT32_MAX, &value));
  assert_false(number("1.5", UINT32_MAX, &value));
  assert_false(number("1e300", UINT64_MAX, &value));
  assert_false(number("\"1\"", UINT32_MAX, &value));
  assert_false(number("true", UINT32_MAX, &value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_object_is_taken),
      cmocka_unit_test(anything_else_is_refused),
      cmocka_unit_test(a_member_named_twice_is_refused_at_any_depth),
      cmocka_unit_test(depth_and_members_are_bounded),
      cmocka_unit_test(only_whole_numbers_in_range_are_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
