/* SPDX-License-Identifier: Apache-2.0
 * Building the about document. Its members stand in the order of docs/spec/package.md, so that
 * the same input gives the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "attachments.h"
#include "json_out.h"
#include "text.h"

/* Lines and tabs may be in a changelog, nothing else that steers a terminal. */
static bool changelog_ok(const char *text, size_t len) {
  for (size_t i = 0; i < len;) {
    size_t n = gsh_utf8_next(text + i, len - i, NULL);
    if (n == 0 || (text[i] != '\n' && text[i] != '\t' && !gs_text_ok(text + i, n))) {
      return false;
    }
    i += n;
  }
  return true;
}

/* CR LF becomes LF, so that where a file was checked out makes no difference. */
static size_t unify_lines(char *text, size_t len) {
  size_t kept = 0;
  for (size_t i = 0; i < len; i++) {
    if (text[i] != '\r' || i + 1 >= len || text[i + 1] != '\n') {
      text[kept++] = text[i];
    }
  }
  text[kept] = '\0';
  return kept;
}

static enum gs_status add_changelog(cJSON *root, const char *path, struct gsh_error *err) {
  uint8_t *data = NULL;
  size_t len = 0;
  enum gs_status status = gsh_file_read_all(path, GS_PACKAGE_ABOUT_MAX, &data, &len, err);
  if (status != GS_OK) {
    return status;
  }
  char *text = (char *)data;
  len = unify_lines(text, len);
  if (changelog_ok(text, len)) {
    cJSON_AddStringToObject(root, "changelog", text);
  } else {
    char shown[GSS_SHOWN];
    status = gsh_fail(err, GS_E_BAD_TEXT, "%s: not plain UTF-8 text", gss_shown(path, shown));
    gsh_next_step(err, "save it as UTF-8 without control characters");
  }
  free(text);
  return status;
}

static void add_attachments(cJSON *root, const struct attachments *a) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  cJSON *list = cJSON_AddArrayToObject(root, "attachments");
  for (size_t i = 0; i < a->count; i++) {
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", a->items[i].name);
    cJSON_AddStringToObject(item, "type", a->items[i].type);
    cJSON_AddNumberToObject(item, "size", (double)a->items[i].size);
    cJSON_AddStringToObject(item, "sha256", gsh_hex(a->items[i].sha256, GS_DIGEST_BYTES, hex));
    gss_json_push(list, item);
  }
}

static void add_list(cJSON *root, const char *name, const cJSON *list) {
  if (list != NULL && cJSON_GetArraySize(list) > 0) {
    gss_json_put(root, name, cJSON_Duplicate(list, 1));
  }
}

static enum gs_status fill(cJSON *root, const struct facts *f, const struct attachments *a,
                           const char *changelog, struct gsh_error *err) {
  cJSON_AddNumberToObject(root, "format", 1);
  cJSON_AddStringToObject(root, "name", f->name);
  cJSON_AddStringToObject(root, "version", f->version);
  cJSON_AddStringToObject(root, "product", f->product);
  cJSON *hardware = cJSON_AddArrayToObject(root, "hardware");
  for (size_t i = 0; i < f->hardware_count; i++) {
    gss_json_push(hardware, cJSON_CreateString(f->hardware[i].name));
  }
  if (changelog != NULL) {
    enum gs_status status = add_changelog(root, changelog, err);
    if (status != GS_OK) {
      return status;
    }
  }
  if (f->severity != NULL) {
    cJSON_AddStringToObject(root, "severity", f->severity);
  }
  add_list(root, "fixes", f->fixes);
  add_list(root, "advisories", f->advisories);
  if (f->support_until != NULL) {
    cJSON_AddStringToObject(root, "support_until", f->support_until);
  }
  if (a->count > 0) {
    add_attachments(root, a);
  }
  return GS_OK;
}

enum gs_status about_build(const struct facts *f, const struct attachments *a,
                           const char *changelog, char **text, struct gsh_error *err) {
  *text = NULL;
  cJSON *root = cJSON_CreateObject();
  if (root == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for the about document");
  }
  enum gs_status status = fill(root, f, a, changelog, err);
  if (status != GS_OK) {
    cJSON_Delete(root);
    return status;
  }
  status = gss_json_text(root, text, err);
  if (status != GS_OK) {
    return status;
  }
  if (strlen(*text) > GS_PACKAGE_ABOUT_MAX) {
    cJSON_free(*text);
    *text = NULL;
    return gsh_fail(err, GS_E_RANGE,
                    "the about document is larger than %u bytes; shorten the "
                    "changelog or attach it",
                    GS_PACKAGE_ABOUT_MAX);
  }
  return GS_OK;
}
