/* SPDX-License-Identifier: Apache-2.0
 * The end of a run that did not succeed: what, the numbers behind it, what to do.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "json_out.h"
#include "text.h"

#define TAG_COLUMN 75

/* Everything in an error was escaped where it came in; this is the second line of defence, and
 * keeps JSON valid where a text was cut. */
static const char *clean(const char *text, char *out, size_t cap) {
  return gsh_text_escape(text, strlen(text), 0, out, cap);
}

/* The status' own words where they name things that this program lacks. */
static const char *next_step_of(const struct gsh_error *err, const struct gs_status_info *info) {
  if (err->next_step[0] != '\0') {
    return err->next_step;
  }
  if (err->status == GS_E_DISK) {
    return "check the path and the space";
  }
  return err->status == GS_E_INTERNAL || err->status == GS_E_RANGE
             ? "report this with the command that led to it"
             : info->next_step;
}

static void report_json(const struct gsh_error *err, const struct gs_status_info *info,
                        const char *next_step) {
  char text[2 * GSH_ERROR_TEXT_MAX];
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "schema", "gapseal-sign.failure.1");
  cJSON_AddNumberToObject(root, "exit", info->exit_code);
  cJSON_AddStringToObject(root, "code", info->name);
  cJSON_AddStringToObject(root, "what", clean(err->what, text, sizeof text));
  cJSON_AddStringToObject(root, "do", clean(next_step, text, sizeof text));
  cJSON_AddStringToObject(root, "expected", clean(err->expected, text, sizeof text));
  cJSON_AddStringToObject(root, "got", clean(err->got, text, sizeof text));
  struct gsh_error ignored; /* the same is said in words */
  (void)gss_json_print(root, &ignored);
}

int gss_report(const struct gsh_error *err, bool json) {
  const struct gs_status_info *info = gs_status_info(err->status);
  const char *next_step = next_step_of(err, info);
  char text[2 * GSH_ERROR_TEXT_MAX];
  if (json) {
    report_json(err, info, next_step);
  }
  int n = fprintf(stderr, "%s: %s", info->exit_code == 1 ? "failed" : "refused",
                  clean(err->what[0] != '\0' ? err->what : info->sentence, text, sizeof text));
  (void)fprintf(stderr, "%*s[%d %s]\n", n >= 0 && n < TAG_COLUMN ? TAG_COLUMN - n : 1, "",
                info->exit_code, info->name);
  if (err->got[0] != '\0') {
    (void)fprintf(stderr, "  got      %s\n", clean(err->got, text, sizeof text));
  }
  if (err->expected[0] != '\0') {
    (void)fprintf(stderr, "  expected %s\n", clean(err->expected, text, sizeof text));
  }
  (void)fprintf(stderr, "  do: %s\n", clean(next_step, text, sizeof text));
  return info->exit_code;
}
