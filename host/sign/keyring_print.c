/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "json_out.h"
#include "keyring_edit.h"
#include "text.h"

static const char *role_name(gapseal_v1_Role role) {
  static const char *const names[] = {"?", "root", "release", "recovery", "catalogue"};
  size_t i = (size_t)role;
  return i < sizeof names / sizeof names[0] ? names[i] : "?";
}

void gss_keyring_print(const struct gss_told_keyring *t) {
  const struct gs_keyring *k = &t->keyring;
  const gapseal_v1_Keyring *f = &k->fields;
  char hex[2 * GS_KEY_ID_BYTES + 1];
  (void)printf("keyring %lu: root threshold %lu, signatures %zu\n", (unsigned long)f->version,
               (unsigned long)f->root_threshold, t->signatures);
  (void)printf("  %-9s  %s\n", "id", t->id);
  for (pb_size_t i = 0; i < f->keys_count; i++) {
    char scope[2 * GS_ID_BYTES + 1];
    (void)printf("  %-9s  %s%s%s\n", role_name(f->keys[i].role),
                 gsh_hex(t->key_ids[i], GS_KEY_ID_BYTES, hex),
                 f->keys[i].has_product ? " product " : "",
                 f->keys[i].has_product ? gsh_hex(f->keys[i].product, GS_ID_BYTES, scope) : "");
  }
  for (size_t i = 0; i < k->revoked_keys_count; i++) {
    (void)printf("  revoked key      %s\n",
                 gsh_hex(k->revoked_keys + i * GS_KEY_ID_BYTES, GS_KEY_ID_BYTES, hex));
  }
  for (size_t i = 0; i < k->revoked_packages_count; i++) {
    (void)printf("  revoked package  %s\n",
                 gsh_hex(k->revoked_packages + i * GS_DIGEST_BYTES, GS_DIGEST_BYTES, hex));
  }
  for (pb_size_t i = 0; i < f->minimums_count; i++) {
    (void)printf("  minimum security version %lu of product %s\n",
                 (unsigned long)f->minimums[i].security_version,
                 gsh_hex(f->minimums[i].product, GS_ID_BYTES, hex));
  }
}

static void add_digests(cJSON *to, const char *name, const uint8_t *list, size_t count) {
  cJSON *array = cJSON_AddArrayToObject(to, name);
  for (size_t i = 0; i < count; i++) {
    char hex[2 * GS_DIGEST_BYTES + 1];
    gss_json_push(array,
                  cJSON_CreateString(gsh_hex(list + i * GS_DIGEST_BYTES, GS_DIGEST_BYTES, hex)));
  }
}

cJSON *gss_keyring_json(const struct gss_told_keyring *t) {
  const struct gs_keyring *k = &t->keyring;
  const gapseal_v1_Keyring *f = &k->fields;
  char hex[2 * GS_KEY_ID_BYTES + 1];
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "id", t->id);
  cJSON_AddNumberToObject(root, "version", f->version);
  cJSON_AddNumberToObject(root, "root_threshold", f->root_threshold);
  cJSON_AddNumberToObject(root, "signatures", (double)t->signatures);
  cJSON *keys = cJSON_AddArrayToObject(root, "keys");
  for (pb_size_t i = 0; i < f->keys_count; i++) {
    cJSON *key = cJSON_CreateObject();
    cJSON_AddStringToObject(key, "role", role_name(f->keys[i].role));
    cJSON_AddStringToObject(key, "key_id", gsh_hex(t->key_ids[i], GS_KEY_ID_BYTES, hex));
    if (f->keys[i].has_product) {
      cJSON_AddStringToObject(key, "product", gsh_hex(f->keys[i].product, GS_ID_BYTES, hex));
    }
    gss_json_push(keys, key);
  }
  add_digests(root, "revoked_keys", k->revoked_keys, k->revoked_keys_count);
  add_digests(root, "revoked_packages", k->revoked_packages, k->revoked_packages_count);
  cJSON *minimums = cJSON_AddArrayToObject(root, "minimums");
  for (pb_size_t i = 0; i < f->minimums_count; i++) {
    cJSON *minimum = cJSON_CreateObject();
    cJSON_AddStringToObject(minimum, "product", gsh_hex(f->minimums[i].product, GS_ID_BYTES, hex));
    cJSON_AddNumberToObject(minimum, "security_version", f->minimums[i].security_version);
    gss_json_push(minimums, minimum);
  }
  return root;
}
