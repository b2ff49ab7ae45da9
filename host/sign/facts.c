/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "near.h"
#include "package.h"
#include "platform.h"

static const char *const members[] = {"name",
                                      "version",
                                      "product",
                                      "hardware",
                                      "release",
                                      "min_stub",
                                      "security_version",
                                      "confirm",
                                      "raises_floor_to",
                                      "requires_release",
                                      "severity",
                                      "fixes",
                                      "advisories",
                                      "support_until"};
#define MEMBERS (sizeof members / sizeof members[0])

static enum gs_status bad(struct gsh_error *err, const char *member, const char *takes) {
  (void)gsh_fail(err, GS_E_FACTS, "\"%s\" %s", member, takes);
  gsh_next_step(err, "mend \"%s\" in the facts file", member);
  return GS_E_FACTS;
}

static enum gs_status check_known(const struct facts *f, struct gsh_error *err) {
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, f->tree) {
    size_t i = 0;
    while (i < MEMBERS && strcmp(item->string, members[i]) != 0) {
      i++;
    }
    if (i == MEMBERS) {
      char shown[GSS_SHOWN];
      struct gsw_near near = gsw_near(item->string);
      for (size_t k = 0; k < MEMBERS; k++) {
        gsw_near_try(&near, members[k]);
      }
      (void)gsh_fail(err, GS_E_FACTS, "\"%s\" is not known", gss_shown(item->string, shown));
      if (near.best != NULL) {
        gsh_next_step(err, "did you mean \"%s\"?", near.best);
      } else {
        gsh_next_step(err, "take it out; docs/spec/facts.md lists what may be there");
      }
      return GS_E_FACTS;
    }
  }
  return GS_OK;
}

static enum gs_status read_text(const struct facts *f, const char *member, bool required,
                                const char **out, struct gsh_error *err) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(f->tree, member);
  if (item == NULL) {
    return required ? bad(err, member, "is missing") : GS_OK;
  }
  if (!cJSON_IsString(item) || item->valuestring[0] == '\0' ||
      strlen(item->valuestring) > FACTS_TEXT_MAX ||
      !gs_text_ok(item->valuestring, strlen(item->valuestring))) {
    return bad(err, member, "takes a text of 1 to 64 bytes without control characters");
  }
  *out = item->valuestring;
  return GS_OK;
}

static enum gs_status read_number(const struct facts *f, const char *member, bool required,
                                  uint32_t least, uint32_t *out, struct gsh_error *err) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(f->tree, member);
  uint64_t value;
  if (item == NULL) {
    return required ? bad(err, member, "is missing") : GS_OK;
  }
  if (!gsh_json_number(item, UINT32_MAX, &value) || value < least) {
    return bad(err, member,
               least == 0 ? "takes a whole number from 0 to 4294967295"
                          : "takes a whole number from 1 to 4294967295");
  }
  *out = (uint32_t)value;
  return GS_OK;
}

static enum gs_status read_list(const struct facts *f, const char *member, const cJSON **out,
                                struct gsh_error *err) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(f->tree, member);
  const cJSON *item = NULL;
  if (list != NULL && (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > (int)FACTS_LIST_MAX)) {
    return bad(err, member, "takes a list of at most 64 texts");
  }
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0' || strlen(item->valuestring) > 200 ||
        !gs_text_ok(item->valuestring, strlen(item->valuestring))) {
      return bad(err, member, "takes texts of 1 to 200 bytes without control characters");
    }
  }
  *out = list;
  return GS_OK;
}

static bool read_revisions(const cJSON *range, struct facts_hardware *h) {
  uint64_t first;
  uint64_t last;
  if (range == NULL) {
    h->first_revision = 0;
    h->last_revision = UINT32_MAX;
    return true;
  }
  if (!cJSON_IsArray(range) || cJSON_GetArraySize(range) != 2 ||
      !gsh_json_number(cJSON_GetArrayItem(range, 0), UINT32_MAX, &first) ||
      !gsh_json_number(cJSON_GetArrayItem(range, 1), UINT32_MAX, &last) || first > last) {
    return false;
  }
  h->first_revision = (uint32_t)first;
  h->last_revision = (uint32_t)last;
  return true;
}

static enum gs_status read_board(struct facts *f, const cJSON *item, struct gsh_error *err) {
  struct facts_hardware *h = &f->hardware[f->hardware_count];
  const cJSON *revisions = NULL;
  if (cJSON_IsObject(item)) {
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, item) {
      if (strcmp(member->string, "id") != 0 && strcmp(member->string, "revisions") != 0) {
        return bad(err, "hardware", "takes objects of \"id\" and \"revisions\" only");
      }
    }
    h->name = gsh_json_string(item, "id");
    revisions = cJSON_GetObjectItemCaseSensitive(item, "revisions");
  } else if (cJSON_IsString(item)) {
    h->name = item->valuestring;
  }
  if (h->name == NULL || gsh_id_from_name(h->name, h->id) != GS_OK) {
    return bad(err, "hardware",
               "takes board names of 1 to 64 of a-z 0-9 . -, as texts or as "
               "{\"id\": NAME, \"revisions\": [FIRST, LAST]}");
  }
  if (!read_revisions(revisions, h)) {
    return bad(err, "hardware",
               "takes \"revisions\" as [FIRST, LAST], whole numbers, FIRST not "
               "above LAST");
  }
  f->hardware_count++;
  return GS_OK;
}

static enum gs_status read_hardware(struct facts *f, struct gsh_error *err) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(f->tree, "hardware");
  const cJSON *item = NULL;
  if (list == NULL) {
    return bad(err, "hardware", "is missing");
  }
  if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) < 1 ||
      cJSON_GetArraySize(list) > (int)FACTS_HARDWARE_MAX) {
    return bad(err, "hardware", "takes a list of 1 to 4 boards");
  }
  cJSON_ArrayForEach(item, list) {
    enum gs_status status = read_board(f, item, err);
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

static enum gs_status read_choices(struct facts *f, struct gsh_error *err) {
  static const char *const severities[] = {"none", "low", "medium", "high", "critical"};
  const char *confirm = "host";
  enum gs_status status = read_text(f, "confirm", false, &confirm, err);
  if (status != GS_OK) {
    return status;
  }
  if (strcmp(confirm, "host") != 0 && strcmp(confirm, "device") != 0) {
    return bad(err, "confirm", "takes \"host\" or \"device\"");
  }
  f->confirm =
      confirm[0] == 'h' ? gapseal_v1_Confirm_CONFIRM_BY_HOST : gapseal_v1_Confirm_CONFIRM_BY_DEVICE;
  status = read_text(f, "severity", false, &f->severity, err);
  if (status != GS_OK || f->severity == NULL) {
    return status;
  }
  for (size_t i = 0; i < sizeof severities / sizeof severities[0]; i++) {
    if (strcmp(f->severity, severities[i]) == 0) {
      return GS_OK;
    }
  }
  return bad(err, "severity", "takes \"none\", \"low\", \"medium\", \"high\" or \"critical\"");
}

static bool is_date(const char *text) {
  static const char form[] = "dddd-dd-dd";
  if (strlen(text) != sizeof form - 1) {
    return false;
  }
  for (size_t i = 0; i < sizeof form - 1; i++) {
    if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != '-') {
      return false;
    }
  }
  int year = atoi(text);
  int month = atoi(text + 5);
  int day = atoi(text + 8);
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month >= 1 && month <= 12 && day >= 1 &&
         day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static enum gs_status read_texts(struct facts *f, struct gsh_error *err) {
  enum gs_status status = read_text(f, "name", true, &f->name, err);
  if (status == GS_OK) {
    status = read_text(f, "version", true, &f->version, err);
  }
  if (status == GS_OK) {
    status = read_text(f, "product", true, &f->product, err);
  }
  if (status == GS_OK && gsh_id_from_name(f->product, f->product_id) != GS_OK) {
    status = bad(err, "product", "takes a name of 1 to 64 of a-z 0-9 . -");
  }
  if (status == GS_OK) {
    status = read_text(f, "support_until", false, &f->support_until, err);
  }
  if (status == GS_OK && f->support_until != NULL && !is_date(f->support_until)) {
    status = bad(err, "support_until", "takes a date, YYYY-MM-DD");
  }
  return status;
}

static enum gs_status read_numbers(struct facts *f, struct gsh_error *err) {
  f->min_stub = 1;
  enum gs_status status = read_number(f, "release", true, 1, &f->release, err);
  if (status == GS_OK) {
    status = read_number(f, "security_version", true, 0, &f->security_version, err);
  }
  if (status == GS_OK) {
    status = read_number(f, "raises_floor_to", false, 0, &f->raises_floor_to, err);
  }
  if (status == GS_OK) {
    status = read_number(f, "requires_release", false, 0, &f->requires_release, err);
  }
  if (status == GS_OK) {
    status = read_number(f, "min_stub", false, 0, &f->min_stub, err);
  }
  if (status == GS_OK && f->raises_floor_to > f->security_version) {
    status = bad(err, "raises_floor_to", "takes a number not above \"security_version\"");
  }
  return status;
}

static enum gs_status read_members(struct facts *f, struct gsh_error *err) {
  enum gs_status status = check_known(f, err);
  if (status == GS_OK) {
    status = read_texts(f, err);
  }
  if (status == GS_OK) {
    status = read_hardware(f, err);
  }
  if (status == GS_OK) {
    status = read_numbers(f, err);
  }
  if (status == GS_OK) {
    status = read_choices(f, err);
  }
  if (status == GS_OK) {
    status = read_list(f, "fixes", &f->fixes, err);
  }
  return status == GS_OK ? read_list(f, "advisories", &f->advisories, err) : status;
}

enum gs_status facts_open(const char *path, struct facts *out, struct gsh_error *err) {
  uint8_t *text = NULL;
  size_t len = 0;
  memset(out, 0, sizeof *out);
  enum gs_status status = gsh_file_read_all(path, FACTS_BYTES_MAX, &text, &len, err);
  if (status != GS_OK) {
    return status;
  }
  out->tree = gsh_json_parse((const char *)text, len, GS_E_FACTS, err);
  free(text);
  status = out->tree == NULL ? err->status : read_members(out, err);
  if (status != GS_OK) {
    char shown[GSS_SHOWN];
    return gsh_context(err, "%s", gss_shown(path, shown));
  }
  return GS_OK;
}

void facts_close(struct facts *f) {
  cJSON_Delete(f->tree);
  memset(f, 0, sizeof *f);
}
