/* SPDX-License-Identifier: Apache-2.0
 * The about document: bound to the manifest by its digest, read by people only.
 */
#include <string.h>

#include "package_internal.h"
#include "text.h"

static enum gs_status bad(struct gsh_error *err, const char *what) {
  return gsh_fail(err, GS_E_FILE_MALFORMED, "about document: %s", what);
}

static enum gs_status check_digest(const struct gsh_package *p, struct gsh_error *err) {
  uint8_t digest[GS_DIGEST_BYTES];
  if (gs_sha256(p->about_text, p->about_len, digest) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  if (!gs_equal(digest, p->manifest.fields.about, sizeof digest)) {
    return bad(err, "it does not match the manifest");
  }
  return GS_OK;
}

/* "" where the member is absent; NULL where it is there and no string. */
static const char *optional_text(const cJSON *tree, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(tree, name);
  if (item == NULL) {
    return "";
  }
  return cJSON_IsString(item) ? item->valuestring : NULL;
}

static bool one_line(const char *text) {
  return text != NULL && text[0] != '\0' && gs_text_ok(text, strlen(text));
}

static enum gs_status read_texts(struct gsh_package *p, struct gsh_error *err) {
  const cJSON *tree = p->about_tree;
  struct gsh_about *a = &p->about;
  uint64_t format;
  if (!gsh_json_number(cJSON_GetObjectItemCaseSensitive(tree, "format"), UINT32_MAX, &format)) {
    return bad(err, "member \"format\" is missing");
  }
  if (format != 1) {
    return gsh_fail(err, GS_E_FORMAT_VERSION, "about document: format %llu is not understood",
                    (unsigned long long)format);
  }
  a->name = gsh_json_string(tree, "name");
  a->version = gsh_json_string(tree, "version");
  a->product = gsh_json_string(tree, "product");
  if (!one_line(a->name) || !one_line(a->version) || !one_line(a->product)) {
    return bad(err, "\"name\", \"version\" and \"product\" must be there, each one clean line");
  }
  a->changelog = optional_text(tree, "changelog");
  a->severity = optional_text(tree, "severity");
  a->support_until = optional_text(tree, "support_until");
  if (a->changelog == NULL || a->severity == NULL || a->support_until == NULL) {
    return bad(err, "\"changelog\", \"severity\" and \"support_until\" are texts");
  }
  return GS_OK;
}

static enum gs_status check_ids(const struct gsh_package *p, struct gsh_error *err) {
  uint8_t id[GS_ID_BYTES];
  if (gsh_id_from_name(p->about.product, id) != GS_OK ||
      memcmp(id, p->manifest.fields.product, sizeof id) != 0) {
    return bad(err, "\"product\" is not the manifest's product");
  }
  const cJSON *names = cJSON_GetObjectItemCaseSensitive(p->about_tree, "hardware");
  if (names == NULL) {
    return GS_OK;
  }
  pb_size_t count = 0;
  const cJSON *name = NULL;
  cJSON_ArrayForEach(name, names) {
    if (!cJSON_IsArray(names) || !cJSON_IsString(name) ||
        count == p->manifest.fields.hardware_count ||
        gsh_id_from_name(name->valuestring, id) != GS_OK ||
        memcmp(id, p->manifest.fields.hardware[count].id, sizeof id) != 0) {
      return bad(err, "\"hardware\" is not the manifest's hardware");
    }
    count++;
  }
  if (count != p->manifest.fields.hardware_count) {
    return bad(err, "\"hardware\" is not the manifest's hardware");
  }
  return GS_OK;
}

static enum gs_status read_attachment(struct gsh_package *p, const cJSON *item, uint64_t *off,
                                      struct gsh_error *err) {
  if (p->attachment_count == GSH_ATTACHMENTS_MAX) {
    return bad(err, "too many attachments");
  }
  struct gsh_attachment a = {.off = *off};
  a.name = gsh_json_string(item, "name");
  a.type = gsh_json_string(item, "type");
  const char *sha256 = gsh_json_string(item, "sha256");
  char again[2 * GS_DIGEST_BYTES + 1];
  if (a.name == NULL || !gsh_attachment_name_ok(a.name)) {
    return bad(err, "an attachment's name is missing or not allowed");
  }
  if (!one_line(a.type) || strlen(a.type) > GSH_ATTACHMENT_TYPE_MAX) {
    return bad(err, "an attachment's type is missing or not allowed");
  }
  for (size_t i = 0; i < p->attachment_count; i++) {
    if (strcmp(p->attachments[i].name, a.name) == 0) {
      return bad(err, "two attachments have the same name");
    }
  }
  if (!gsh_json_number(cJSON_GetObjectItemCaseSensitive(item, "size"), GS_PACKAGE_ATTACHMENTS_MAX,
                       &a.size) ||
      sha256 == NULL || strlen(sha256) != 2 * (size_t)GS_DIGEST_BYTES ||
      !gsh_unhex(sha256, a.sha256, GS_DIGEST_BYTES) ||
      strcmp(gsh_hex(a.sha256, GS_DIGEST_BYTES, again), sha256) != 0) {
    return bad(err, "an attachment's size or digest is missing or not allowed");
  }
  p->attachments[p->attachment_count++] = a;
  *off += a.size;
  return GS_OK;
}

static enum gs_status read_attachments(struct gsh_package *p, struct gsh_error *err) {
  const struct gsh_section *section = &p->sections[GS_PACKAGE_ATTACHMENTS];
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(p->about_tree, "attachments");
  if (list != NULL && !cJSON_IsArray(list)) {
    return bad(err, "\"attachments\" is not a list");
  }
  uint64_t off = section->off;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, list) {
    enum gs_status status = read_attachment(p, item, &off, err);
    if (status != GS_OK) {
      return status;
    }
  }
  if (off - section->off != section->len) {
    return bad(err, "the attachments have another length than it says");
  }
  return GS_OK;
}

enum gs_status gsh_package_read_about(struct gsh_package *p, struct gsh_error *err) {
  enum gs_status status = check_digest(p, err);
  if (status != GS_OK) {
    return status;
  }
  p->about_tree = gsh_json_parse(p->about_text, p->about_len, GS_E_FILE_MALFORMED, err);
  if (p->about_tree == NULL) {
    return gsh_context(err, "about document");
  }
  status = read_texts(p, err);
  if (status == GS_OK) {
    status = check_ids(p, err);
  }
  return status == GS_OK ? read_attachments(p, err) : status;
}
