/* SPDX-License-Identifier: Apache-2.0
 * The about document, written from docs/spec/package.md. Its digest was compared with the
 * manifest's before anything here runs.
 */
#include <stdlib.h>
#include <string.h>

#include "verify.h"

#define MEMBERS_MAX 256u
#define DEPTH_MAX 16u
#define NAME_MAX_BYTES 64u
#define TYPE_MAX_BYTES 32u

static enum gs_status bad(struct gsv_error *e, const char *what) {
  return gsv_fail(e, GS_E_FILE_MALFORMED, "%s", what);
}

const char *gsv_member(const cJSON *object, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
  return cJSON_IsString(item) && item->valuestring[0] != '\0' ? item->valuestring : NULL;
}

/* Is it a name, and its id this one? */
static bool id_is(const char *name, const uint8_t id[GS_ID_BYTES]) {
  uint8_t named[GS_ID_BYTES];
  if (name == NULL) {
    return false;
  }
  size_t len = strlen(name);
  return len <= NAME_MAX_BYTES && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len &&
         gs_id_from_name(name, named) == GS_OK && memcmp(named, id, GS_ID_BYTES) == 0;
}

static enum gs_status check_names(const cJSON *about, const gapseal_v1_Manifest *m,
                                  struct gsv_error *e) {
  static const char *const required[] = {"name", "version", "product"};
  static const char *const texts[] = {"changelog", "severity", "support_until"};
  const cJSON *format = cJSON_GetObjectItemCaseSensitive(about, "format");
  const cJSON *boards = cJSON_GetObjectItemCaseSensitive(about, "hardware");
  if (!cJSON_IsNumber(format) || format->valuedouble < 1 || format->valuedouble > 1) {
    return bad(e, "the about document is of an unknown format");
  }
  for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
    const char *text = gsv_member(about, required[i]);
    if (text == NULL || !gs_text_ok(text, strlen(text))) {
      return bad(e, "the about document lacks its name, version or product");
    }
  }
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(about, texts[i]);
    if (item != NULL && !cJSON_IsString(item)) {
      return bad(e, "the about document's changelog, severity or support_until is no text");
    }
  }
  if (!id_is(gsv_member(about, "product"), m->product)) {
    return bad(e, "the about document names another product than the manifest");
  }
  if (boards != NULL && cJSON_GetArraySize(boards) != (int)m->hardware_count) {
    return bad(e, "the about document names other boards than the manifest");
  }
  for (int i = 0; boards != NULL && i < (int)m->hardware_count; i++) {
    const cJSON *board = cJSON_GetArrayItem(boards, i);
    if (!cJSON_IsString(board) || !id_is(board->valuestring, m->hardware[i].id)) {
      return bad(e, "the about document names other boards than the manifest");
    }
  }
  return GS_OK;
}

/* Whole characters of UTF-8 only, and no controls but JSON's blanks: cJSON takes all for blanks. */
static bool utf8_ok(const char *text) {
  const uint8_t *at = (const uint8_t *)text;
  for (size_t left = strlen(text); left > 0;) {
    uint32_t code = 0;
    size_t n = gs_utf8_next(at, left, &code);
    bool control = code < 0x20 && code != '\t' && code != '\n' && code != '\r';
    if (n == 0 || control) {
      return false;
    }
    at += n;
    left -= n;
  }
  return true;
}

/* cJSON ends a text at \\u0000. */
static bool has_zero(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '\\' && strncmp(text, "\\u0000", 6) == 0) {
      return true;
    }
    text += *text == '\\' && text[1] != '\0'; /* the escaped character */
  }
  return false;
}

/* No object names a member twice or holds too many; nothing is nested too deep. */
static bool tree_ok(const cJSON *item, unsigned depth) {
  size_t members = 0;
  for (const cJSON *c = item->child; c != NULL; c = c->next) {
    for (const cJSON *other = item->child; cJSON_IsObject(item) && other != c;
         other = other->next) {
      if (strcmp(other->string, c->string) == 0) {
        return false;
      }
    }
    bool too_many = cJSON_IsObject(item) && ++members > MEMBERS_MAX;
    bool too_deep = (cJSON_IsObject(c) || cJSON_IsArray(c)) && depth == DEPTH_MAX;
    if (too_many || too_deep || !tree_ok(c, depth + 1)) {
      return false;
    }
  }
  return true;
}

static bool name_ok(const char *name) {
  if (name == NULL) {
    return false;
  }
  size_t len = strlen(name);
  return len >= 1 && len <= NAME_MAX_BYTES && name[0] != '.' &&
         strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

bool gsv_attachment_ok(const cJSON *list, int i) {
  const cJSON *item = cJSON_GetArrayItem(list, i);
  const cJSON *size = cJSON_GetObjectItemCaseSensitive(item, "size");
  const char *name = gsv_member(item, "name");
  const char *type = gsv_member(item, "type");
  if (!name_ok(name) || type == NULL || strlen(type) > TYPE_MAX_BYTES ||
      !gs_text_ok(type, strlen(type))) {
    return false;
  }
  for (int k = 0; k < i; k++) {
    const char *other = gsv_member(cJSON_GetArrayItem(list, k), "name");
    if (other == NULL || strcmp(other, name) == 0) {
      return false;
    }
  }
  return cJSON_IsNumber(size) && size->valuedouble >= 0 &&
         size->valuedouble <= GSV_ATTACHMENTS_BYTES_MAX &&
         !((double)(uint32_t)size->valuedouble < size->valuedouble);
}

enum gs_status gsv_about_parse(const char *text, size_t len, const gapseal_v1_Manifest *m,
                               cJSON **out, struct gsv_error *e) {
  const char *end = NULL;
  *out = NULL;
  if (strlen(text) != len || !utf8_ok(text) || has_zero(text)) {
    return bad(e, "the about document is not clean UTF-8");
  }
  *out = cJSON_ParseWithLengthOpts(text, len + 1, &end, 1);
  if (*out == NULL) {
    /* For want of memory, or of JSON? With room for all it may ask for, a second try tells. */
    void *room = malloc(sizeof(cJSON) * (len / 2 + 2));
    if (room == NULL) {
      return gsv_fail(e, GS_E_NO_MEMORY, "no memory to read the about document");
    }
    free(room);
    *out = cJSON_ParseWithLengthOpts(text, len + 1, &end, 1);
  }
  if (!cJSON_IsObject(*out) || !tree_ok(*out, 1)) {
    return bad(e, "the about document is not one JSON object");
  }
  return check_names(*out, m, e);
}
