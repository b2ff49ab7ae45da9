/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

/* cJSON would end a text at \u0000, and two names could then look alike. */
static bool has_zero_escape(const char *text, size_t len) {
  for (size_t i = 0; i + 1 < len; i++) {
    if (text[i] != '\\') {
      continue;
    }
    if (len - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0) {
      return true;
    }
    i++; /* the escaped character */
  }
  return false;
}

/* cJSON takes any control character for a blank. */
static bool has_control(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if ((unsigned char)text[i] < 0x20 && strchr("\t\r\n", text[i]) == NULL) {
      return true;
    }
  }
  return false;
}

static bool deeper_than(const char *text, size_t len, size_t limit) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') {
        i++;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limit) {
        return true;
      }
    } else if ((c == '}' || c == ']') && depth > 0) {
      depth--;
    }
  }
  return false;
}

/* The recursion is bounded by GSH_JSON_DEPTH_MAX. */
static enum gs_status check_members(const cJSON *item, enum gs_status status,
                                    struct gsh_error *err) {
  size_t count = 0;
  for (const cJSON *child = item->child; child != NULL; child = child->next) {
    if (cJSON_IsObject(item)) {
      if (++count > GSH_JSON_MEMBERS_MAX) {
        return gsh_fail(err, status, "an object has more than %u members", GSH_JSON_MEMBERS_MAX);
      }
      for (const cJSON *other = item->child; other != child; other = other->next) {
        if (strcmp(other->string, child->string) == 0) {
          char name[64];
          gsh_text_escape(child->string, strlen(child->string), 0, name, sizeof name);
          return gsh_fail(err, status, "member \"%s\" is there twice", name);
        }
      }
    }
    enum gs_status inner = check_members(child, status, err);
    if (inner != GS_OK) {
      return inner;
    }
  }
  return GS_OK;
}

static size_t line_of(const char *text, size_t at) {
  size_t line = 1;
  for (size_t i = 0; i < at; i++) {
    line += text[i] == '\n';
  }
  return line;
}

static bool only_space(const char *text, const char *end) {
  for (; text < end; text++) {
    if (strchr(" \t\r\n", *text) == NULL || *text == '\0') {
      return false;
    }
  }
  return true;
}

/* cJSON says NULL for a bad text and for want of memory alike. Whether there is room for all that
 * it may ask for, and a second try, tell them apart. */
static cJSON *parse(const char *text, size_t len, const char **end, bool *no_memory) {
  *no_memory = false;
  cJSON *root = cJSON_ParseWithLengthOpts(text, len, end, 0);
  if (root == NULL) {
    void *room = malloc(sizeof(cJSON) * (len / 2 + 2));
    *no_memory = room == NULL;
    free(room);
    root = *no_memory ? NULL : cJSON_ParseWithLengthOpts(text, len, end, 0);
  }
  return root;
}

cJSON *gsh_json_parse(const char *text, size_t len, enum gs_status status, struct gsh_error *err) {
  if (!gsh_utf8_ok(text, len) || memchr(text, '\0', len) != NULL || has_control(text, len) ||
      has_zero_escape(text, len)) {
    (void)gsh_fail(err, status, "not clean UTF-8 text");
    return NULL;
  }
  if (deeper_than(text, len, GSH_JSON_DEPTH_MAX)) {
    (void)gsh_fail(err, status, "nested deeper than %u", GSH_JSON_DEPTH_MAX);
    return NULL;
  }
  const char *end = text;
  bool no_memory;
  cJSON *root = parse(text, len, &end, &no_memory);
  if (no_memory) {
    (void)gsh_fail(err, GS_E_NO_MEMORY, "no memory to read it");
  } else if (root == NULL || !cJSON_IsObject(root) || !only_space(end, text + len)) {
    size_t at = end >= text && end <= text + len ? (size_t)(end - text) : 0;
    (void)gsh_fail(err, status, "not one JSON object, near line %zu", line_of(text, at));
  } else if (check_members(root, status, err) == GS_OK) {
    return root;
  }
  cJSON_Delete(root);
  return NULL;
}

const char *gsh_json_string(const cJSON *object, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
  return cJSON_IsString(item) ? item->valuestring : NULL;
}

bool gsh_json_number(const cJSON *item, uint64_t max, uint64_t *out) {
  /* 2^53: a double holds every whole number up to it. */
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
      !(item->valuedouble <= 9007199254740992.0)) {
    return false;
  }
  uint64_t value = (uint64_t)item->valuedouble;
  if ((double)value < item->valuedouble || value > max) {
    return false;
  }
  *out = value;
  return true;
}
