/* SPDX-License-Identifier: Apache-2.0
 * What a package is once its head was read: views, and the ids of products and boards.
 */
#include "package.h"

#include <stdlib.h>
#include <string.h>

#include "package_internal.h"
#include "platform.h"

#define ID_NAME_MAX 64u

void gsh_package_close(struct gsh_package *p) {
  if (p == NULL) {
    return;
  }
  if (p->fd >= 0) {
    gsh_file_close(p->fd);
  }
  cJSON_Delete(p->about_tree);
  free(p->page);
  free(p->about_text);
  free(p->keys);
  free(p->envelope);
  free(p->path);
  free(p);
}

const char *gsh_package_path(const struct gsh_package *p) {
  return p->path;
}

const struct gs_manifest *gsh_package_manifest(const struct gsh_package *p) {
  return &p->manifest;
}

const uint8_t *gsh_package_digest(const struct gsh_package *p) {
  return p->digest;
}

const uint8_t *gsh_package_envelope(const struct gsh_package *p, size_t *len) {
  *len = p->envelope_len;
  return p->envelope;
}

size_t gsh_package_keyring_count(const struct gsh_package *p) {
  return p->chain.count;
}

const uint8_t *gsh_package_keyring(const struct gsh_package *p, size_t i, size_t *len) {
  *len = p->chain.lens[i];
  return p->chain.items[i];
}

const char *gsh_package_about_json(const struct gsh_package *p, size_t *len) {
  *len = p->about_len;
  return p->about_text;
}

const struct gsh_about *gsh_package_about(const struct gsh_package *p) {
  return &p->about;
}

const char *gsh_package_board(const struct gsh_package *p, size_t i) {
  const cJSON *names = cJSON_GetObjectItemCaseSensitive(p->about_tree, "hardware");
  const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(names, (int)i));
  return name != NULL ? name : "";
}

size_t gsh_package_attachment_count(const struct gsh_package *p) {
  return p->attachment_count;
}

void gsh_package_attachment(const struct gsh_package *p, size_t i, const char **name,
                            const char **type, uint64_t *size) {
  *name = p->attachments[i].name;
  *type = p->attachments[i].type;
  *size = p->attachments[i].size;
}

enum gs_status gsh_id_from_name(const char *name, uint8_t out[GS_ID_BYTES]) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
  size_t len = strlen(name);
  if (len == 0 || len > ID_NAME_MAX || strspn(name, allowed) != len) {
    return GS_E_RANGE;
  }
  return gs_id_from_name(name, out);
}

bool gsh_attachment_name_ok(const char *name) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  size_t len = strlen(name);
  return len >= 1 && len <= GSH_ATTACHMENT_NAME_MAX && name[0] != '.' &&
         strspn(name, allowed) == len;
}
