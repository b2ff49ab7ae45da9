/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <stdio.h>
#include <string.h>

#include "package_fixture.h"
#include "unit.h"

#define BASE                                                               \
  "\"name\":\"ctrl\",\"version\":\"1.0.0\",\"product\":\"com.acme.ctrl\"," \
  "\"hardware\":[\"com.acme.ctrl.board-a\"],\"release\":7,\"security_version\":3"

static enum gs_status open_text(struct facts *f, const char *text, struct gsh_error *err) {
  fixture_write("facts.json", text, strlen(text));
  return facts_open("facts.json", f, err);
}

static void assert_refused(const char *text, const char *what, const char *next_step) {
  struct facts f;
  struct gsh_error err;
  assert_int_equal(open_text(&f, text, &err), GS_E_FACTS);
  if (strstr(err.what, what) == NULL || strstr(err.next_step, next_step) == NULL) {
    fail_msg("\"%s\", \"%s\": expected \"%s\", \"%s\"", err.what, err.next_step, what, next_step);
  }
  facts_close(&f);
}

static void defaults_are_the_cautious_ones(void **state) {
  (void)state;
  struct facts f;
  struct gsh_error err;
  assert_int_equal(open_text(&f, "{" BASE "}", &err), GS_OK);
  assert_int_equal(f.release, 7);
  assert_int_equal(f.security_version, 3);
  assert_int_equal(f.raises_floor_to, 0);
  assert_int_equal(f.requires_release, 0);
  assert_int_equal(f.min_stub, 1);
  assert_int_equal(f.confirm, gapseal_v1_Confirm_CONFIRM_BY_HOST);
  assert_int_equal(f.hardware_count, 1);
  assert_int_equal(f.hardware[0].first_revision, 0);
  assert_int_equal(f.hardware[0].last_revision, UINT32_MAX);
  facts_close(&f);
}

static void everything_can_be_said(void **state) {
  (void)state;
  struct facts f;
  struct gsh_error err;
  assert_int_equal(
      open_text(
          &f,
          "{\"name\":\"ctrl\",\"version\":\"1\",\"product\":\"p\",\"hardware\":[{\"id\":\"h\","
          "\"revisions\":[1,4]},\"k\"],\"release\":4294967295,\"security_version\":9,"
          "\"raises_floor_to\":9,\"requires_release\":2,\"min_stub\":2,\"confirm\":\"device\","
          "\"severity\":\"critical\",\"fixes\":[\"CVE-2026-0001\"],\"advisories\":[],"
          "\"support_until\":\"2032-02-29\"}",
          &err),
      GS_OK);
  assert_int_equal(f.hardware[0].first_revision, 1);
  assert_int_equal(f.hardware[0].last_revision, 4);
  assert_int_equal(f.confirm, gapseal_v1_Confirm_CONFIRM_BY_DEVICE);
  assert_int_equal(f.release, UINT32_MAX);
  facts_close(&f);
}

static void an_unknown_member_is_refused_with_the_near_miss(void **state) {
  (void)state;
  assert_refused("{" BASE ",\"raise_floor_to\":1}", "\"raise_floor_to\" is not known",
                 "did you mean \"raises_floor_to\"");
  assert_refused("{" BASE ",\"Severity\":\"low\"}", "not known", "did you mean \"severity\"");
  assert_refused("{" BASE ",\"zzzzzzzz\":1}", "not known", "facts.md");
  assert_refused("{" BASE ",\"\\u001b[2J\":1}", "\\x1b[2J", "facts.md");
}

static void a_missing_member_is_named(void **state) {
  (void)state;
  static const char *const required[] = {"name",     "version", "product",
                                         "hardware", "release", "security_version"};
  for (size_t i = 0; i < COUNT(required); i++) {
    char text[512] = "{" BASE "}";
    cJSON *root = cJSON_Parse(text);
    cJSON_DeleteItemFromObjectCaseSensitive(root, required[i]);
    assert_true(cJSON_PrintPreallocated(root, text, sizeof text, 0));
    cJSON_Delete(root);
    char says[64];
    (void)snprintf(says, sizeof says, "\"%s\" is missing", required[i]);
    assert_refused(text, says, required[i]);
  }
}

static void each_value_out_of_range_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "\"raises_floor_to\":4",
      "\"min_stub\":-1",
      "\"requires_release\":4294967296",
      "\"requires_release\":1.5",
      "\"confirm\":\"later\"",
      "\"severity\":\"bad\"",
      "\"support_until\":\"2031-02-29\"",
      "\"support_until\":\"2031-13-01\"",
      "\"support_until\":\"31.12.2031\"",
      "\"fixes\":\"CVE-2026-0001\"",
      "\"fixes\":[1]",
      "\"advisories\":[\"\"]",
  };
  for (size_t i = 0; i < COUNT(bad); i++) {
    char text[512];
    (void)snprintf(text, sizeof text, "{" BASE ",%s}", bad[i]);
    assert_refused(text, " takes ", "mend");
  }
}

static void required_values_are_checked(void **state) {
  (void)state;
  static const struct {
    const char *member, *value;
  } bad[] = {{"release", "0"},
             {"name", "\"\""},
             {"name", "\"a\\u001b\""},
             {"name", "\"\\u202e\""},
             {"version", "1"},
             {"product", "\"Com.Acme\""},
             {"hardware", "[]"},
             {"hardware", "\"x\""},
             {"hardware", "[\"a\",\"b\",\"c\",\"d\",\"e\"]"},
             {"hardware", "[{\"id\":\"a\",\"revisions\":[4,1]}]"},
             {"hardware", "[{\"id\":\"a\",\"revision\":[1,4]}]"},
             {"hardware", "[{\"revisions\":[1,4]}]"}};
  for (size_t i = 0; i < COUNT(bad); i++) {
    char text[512] = "{" BASE "}";
    cJSON *root = cJSON_Parse(text);
    cJSON_ReplaceItemInObjectCaseSensitive(root, bad[i].member, cJSON_Parse(bad[i].value));
    assert_true(cJSON_PrintPreallocated(root, text, sizeof text, 0));
    cJSON_Delete(root);
    assert_refused(text, bad[i].member, bad[i].member);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_are_the_cautious_ones),
      cmocka_unit_test(everything_can_be_said),
      cmocka_unit_test(an_unknown_member_is_refused_with_the_near_miss),
      cmocka_unit_test(a_missing_member_is_named),
      cmocka_unit_test(each_value_out_of_range_is_refused),
      cmocka_unit_test(required_values_are_checked),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
