/* SPDX-License-Identifier: Apache-2.0
 * What was found is collected while it is read, and said once everything held: half a verdict
 * must not look like one.
 */
#include <stdarg.h>
#include <string.h>

#include "verify.h"

#define TAG_COLUMN 75

static void keep(struct gsv_report *r, const void *added) {
  r->incomplete = r->incomplete || added == NULL;
}

static cJSON *list_of(struct gsv_report *r, const char *name) {
  cJSON *list = cJSON_GetObjectItemCaseSensitive(r->json, name);
  list = list != NULL ? list : cJSON_AddArrayToObject(r->json, name);
  keep(r, list);
  return list;
}

void gsv_append(struct gsv_report *r, const char *name, cJSON *item) {
  keep(r, item);
  if (!cJSON_AddItemToArray(list_of(r, name), item)) {
    cJSON_Delete(item);
  }
}

void gsv_say(struct gsv_report *r, const char *what, ...) {
  char text[2 * GSV_TEXT_MAX];
  va_list args;
  va_start(args, what);
  (void)vsnprintf(text, sizeof text, what, args);
  va_end(args);
  gsv_append(r, GSV_VERIFIED, cJSON_CreateString(text));
}

void gsv_text(struct gsv_report *r, const char *name, const char *text) {
  char shown[GSV_TEXT_MAX];
  keep(r, cJSON_AddStringToObject(r->json, name, gsv_escape(text, shown, sizeof shown)));
}

void gsv_number(struct gsv_report *r, const char *name, uint32_t value) {
  keep(r, cJSON_AddNumberToObject(r->json, name, value));
}

void gsv_digest(struct gsv_report *r, const char *name, const uint8_t digest[GS_DIGEST_BYTES]) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  gsv_text(r, name, gsv_hex(digest, GS_DIGEST_BYTES, hex));
}

static const char *text_of(const cJSON *entry, const char *name) {
  const char *text = gsv_member(entry, name);
  return text != NULL ? text : "";
}

static double number_of(const cJSON *entry, const char *name) {
  const cJSON *number = cJSON_GetObjectItemCaseSensitive(entry, name);
  return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

static void print_entry(const cJSON *entry) {
  (void)printf("%6.0f  start %-5.0f %-18s %-18s release %-6.0f floor %-6.0f %.8s\n",
               number_of(entry, "sequence"), number_of(entry, "boot_count"),
               text_of(entry, "event"), text_of(entry, "status"), number_of(entry, "release"),
               number_of(entry, "floor"), text_of(entry, "package"));
}

static void print_findings(FILE *to, const cJSON *json, const char *heading, const char *indent) {
  const cJSON *item = NULL;
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, GSV_VERIFIED);
  if (list != NULL) {
    (void)fprintf(to, "%s\n", heading);
  }
  cJSON_ArrayForEach(item, list) {
    (void)fprintf(to, "%s%s\n", indent, item->valuestring);
  }
}

static void print_for_people(const cJSON *json) {
  const cJSON *item = NULL;
  print_findings(stdout, json, "verified:", "  ");
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, GSV_ENTRIES)) {
    print_entry(item);
  }
  cJSON_ArrayForEach(item, json) {
    if (cJSON_IsString(item)) {
      (void)printf("%-17s %s\n", item->string, item->valuestring);
    } else if (cJSON_IsNumber(item)) {
      (void)printf("%-17s %.0f\n", item->string, item->valuedouble);
    }
  }
}

static bool add_text(cJSON *to, const char *name, const char *text) {
  return cJSON_AddStringToObject(to, name, text) != NULL;
}

/* item is taken over, or deleted. */
static bool add_item(cJSON *to, const char *name, cJSON *item) {
  bool taken = cJSON_AddItemToObject(to, name, item) != 0;
  if (!taken) {
    cJSON_Delete(item);
  }
  return taken;
}

/* Move every member. */
static bool move_members(cJSON *to, cJSON *from) {
  bool whole = true;
  while (whole && from->child != NULL) {
    cJSON *item = cJSON_DetachItemViaPointer(from, from->child);
    whole = add_item(to, item->string, item);
  }
  return whole;
}

static bool add_failure(cJSON *to, cJSON *found, const char *what, const char *next_step) {
  cJSON *checked = cJSON_DetachItemFromObjectCaseSensitive(found, GSV_VERIFIED);
  bool texts = add_text(to, "what", what) && add_text(to, "do", next_step);
  return (checked == NULL || add_item(to, "checked_before_refusal", checked)) && texts;
}

/* What was found is said of a file that held, not of one that was refused. False: there was no
 * memory for all of it, and nothing was printed. */
static bool print_json(const struct gsv_report *r, const char *command,
                       const struct gs_status_info *info, const char *what, const char *next_step) {
  bool held = info->exit_code == 0;
  char schema[64];
  cJSON *root = cJSON_CreateObject();
  (void)snprintf(schema, sizeof schema, "gapseal-verify.%s.1", held ? command : "failure");
  bool whole = root != NULL && add_text(root, "schema", schema) &&
               cJSON_AddNumberToObject(root, "exit", info->exit_code) != NULL &&
               add_text(root, "code", info->name);
  if (whole) {
    whole = held ? move_members(root, r->json) : add_failure(root, r->json, what, next_step);
  }
  char *text = whole ? cJSON_PrintUnformatted(root) : NULL;
  if (text != NULL) {
    (void)printf("%s\n", text);
  }
  cJSON_free(text);
  cJSON_Delete(root);
  return text != NULL;
}

static const char *next_step_of(const struct gsv_error *e, const struct gs_status_info *info) {
  if (e->next_step != NULL) {
    return e->next_step;
  }
  if (e->status == GS_E_INTERNAL) {
    return "report this with the command that led to it";
  }
  return e->status == GS_E_USAGE ? "see gapseal-verify --help" : info->next_step;
}

int gsv_finish(struct gsv_report *r, const char *command, struct gsv_error *e) {
  char shown[2 * GSV_TEXT_MAX];
  if (e->status == GS_OK && r->incomplete) {
    (void)gsv_fail(e, GS_E_NO_MEMORY, "no memory for what was found");
  }
  const struct gs_status_info *info = gs_status_info(e->status);
  const char *next_step = next_step_of(e, info);
  const char *what = gsv_escape(e->status == GS_OK ? "" : e->what, shown, sizeof shown);
  if (r->as_json && !print_json(r, command, info, what, next_step) && e->status == GS_OK) {
    (void)gsv_fail(e, GS_E_NO_MEMORY, "no memory for what was found");
    info = gs_status_info(e->status);
    next_step = next_step_of(e, info);
    what = e->what;
  } else if (!r->as_json && e->status == GS_OK) {
    print_for_people(r->json);
  }
  if (fflush(stdout) != 0 || ferror(stdout)) {
    (void)fprintf(stderr,
                  "failed: the output cannot be written%*s[1 disk]\n  do: see where the "
                  "output goes\n",
                  TAG_COLUMN - 36, "");
    return 1;
  }
  if (e->status == GS_OK) {
    return 0;
  }
  int n = fprintf(stderr, "%s: %s", info->exit_code == 1 ? "failed" : "refused", what);
  (void)fprintf(stderr, "%*s[%d %s]\n", n >= 0 && n < TAG_COLUMN ? TAG_COLUMN - n : 1, "",
                info->exit_code, info->name);
  if (!r->as_json) {
    print_findings(stderr, r->json, "  checked before the refusal:", "    ");
  }
  (void)fprintf(stderr, "  do: %s\n", next_step);
  return info->exit_code;
}
