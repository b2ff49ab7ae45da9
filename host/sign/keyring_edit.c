/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "package.h"
#include "text.h"

#define MINIMUMS_MAX 4u
#define PREFIX_DIGITS_MIN 8u

void gss_keyring_start(struct gss_keyring_edit *e, const struct gs_keyring *from) {
  memset(e, 0, sizeof *e);
  if (from == NULL) {
    e->keyring.fields.has_format = true;
    e->keyring.fields.format = 1;
    e->keyring.fields.has_version = true;
    e->keyring.fields.version = 1;
    e->keyring.fields.has_root_threshold = true;
    e->keyring.fields.root_threshold = 1;
    return;
  }
  e->keyring = *from;
  e->keyring.fields.version++;
  e->revoked_keys_count = from->revoked_keys_count;
  e->revoked_packages_count = from->revoked_packages_count;
  for (size_t i = 0; i < from->revoked_keys_count && i < GSS_REVOKED_MAX; i++) {
    memcpy(e->revoked_keys[i], from->revoked_keys + i * GS_KEY_ID_BYTES, GS_KEY_ID_BYTES);
  }
  for (size_t i = 0; i < from->revoked_packages_count && i < GSS_REVOKED_MAX; i++) {
    memcpy(e->revoked_packages[i], from->revoked_packages + i * GS_DIGEST_BYTES, GS_DIGEST_BYTES);
  }
}

static gapseal_v1_Key *find_key(struct gss_keyring_edit *e, gapseal_v1_Role role,
                                const uint8_t public_key[GS_PUBLIC_KEY_BYTES]) {
  for (pb_size_t i = 0; i < e->keyring.fields.keys_count; i++) {
    gapseal_v1_Key *k = &e->keyring.fields.keys[i];
    if (k->role == role && memcmp(k->key, public_key, GS_PUBLIC_KEY_BYTES) == 0) {
      return k;
    }
  }
  return NULL;
}

/* product: scope, or NULL for every product. A key that is there already gets the scope. */
static enum gs_status add_key(struct gss_keyring_edit *e, gapseal_v1_Role role,
                              const uint8_t public_key[GS_PUBLIC_KEY_BYTES], const uint8_t *product,
                              struct gsh_error *err) {
  gapseal_v1_Key *k = find_key(e, role, public_key);
  if (k == NULL) {
    if (e->keyring.fields.keys_count == GSS_KEYS_MAX) {
      return gss_usage(err, "a keyring holds at most %u keys", GSS_KEYS_MAX);
    }
    k = &e->keyring.fields.keys[e->keyring.fields.keys_count++];
  }
  memset(k, 0, sizeof *k);
  k->has_key = k->has_role = k->has_algorithm = true;
  memcpy(k->key, public_key, GS_PUBLIC_KEY_BYTES);
  k->role = role;
  k->algorithm = gapseal_v1_Algorithm_ALGORITHM_ECDSA_P256;
  if (product != NULL) {
    k->has_product = true;
    memcpy(k->product, product, GS_ID_BYTES);
  }
  return GS_OK;
}

static enum gs_status product_id(const char *name, uint8_t id[GS_ID_BYTES], struct gsh_error *err) {
  char shown[GSS_SHOWN];
  return gsh_id_from_name(name, id) == GS_OK
             ? GS_OK
             : gss_usage(err, "\"%s\" is no product name: 1 to 64 of a-z 0-9 . -",
                         gss_shown(name, shown));
}

static enum gs_status apply_roots(struct gss_keyring_edit *e, const struct gss_args *args,
                                  struct gsh_error *err) {
  for (size_t i = 0; i < gss_count(args, "root"); i++) {
    if (e->root_count == GSS_KEYS_MAX) {
      return gss_usage(err, "at most %u root keys", GSS_KEYS_MAX);
    }
    struct gss_key *key = &e->roots[e->root_count];
    enum gs_status status = gss_key_read(gss_nth(args, "root", i), false, key, err);
    if (status == GS_OK) {
      e->root_count++;
      status = add_key(e, gapseal_v1_Role_ROLE_ROOT, key->public_key, NULL, err);
    }
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

static enum gs_status apply_role(struct gss_keyring_edit *e, const struct gss_args *args,
                                 const char *option, gapseal_v1_Role role, const uint8_t *product,
                                 struct gsh_error *err) {
  for (size_t i = 0; i < gss_count(args, option); i++) {
    struct gss_key key;
    enum gs_status status = gss_key_read(gss_nth(args, option, i), false, &key, err);
    if (status == GS_OK) {
      status = add_key(e, role, key.public_key, product, err);
    }
    gss_keys_wipe(&key, 1);
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

static enum gs_status apply_roles(struct gss_keyring_edit *e, const struct gss_args *args,
                                  const char *prefix, struct gsh_error *err) {
  static const struct {
    const char *name;
    gapseal_v1_Role role;
  } roles[] = {{"release", gapseal_v1_Role_ROLE_RELEASE},
               {"recovery", gapseal_v1_Role_ROLE_RECOVERY},
               {"catalogue", gapseal_v1_Role_ROLE_CATALOGUE}};
  uint8_t product[GS_ID_BYTES];
  const char *product_name = gss_option(args, "product");
  enum gs_status status = product_name != NULL ? product_id(product_name, product, err) : GS_OK;
  for (size_t i = 0; status == GS_OK && i < sizeof roles / sizeof roles[0]; i++) {
    char option[32];
    (void)snprintf(option, sizeof option, "%s%s", prefix, roles[i].name);
    status = apply_role(e, args, option, roles[i].role, product_name != NULL ? product : NULL, err);
  }
  return status;
}

enum gs_status gss_key_ids(const struct gs_keyring *k, uint8_t ids[GSS_KEYS_MAX][GS_KEY_ID_BYTES],
                           struct gsh_error *err) {
  for (pb_size_t i = 0; i < k->fields.keys_count; i++) {
    if (gs_key_id(k->fields.keys[i].key, ids[i]) != GS_OK) {
      return gsh_fail_crypto(err);
    }
  }
  return GS_OK;
}

/* A whole key id, or the start of exactly one in the keyring. */
static enum gs_status resolve_key(const struct gss_keyring_edit *e, const char *text,
                                  uint8_t id[GS_KEY_ID_BYTES], struct gsh_error *err) {
  char shown[GSS_SHOWN];
  size_t len = strlen(text);
  if (len == 2 * (size_t)GS_KEY_ID_BYTES && gsh_unhex(text, id, GS_KEY_ID_BYTES)) {
    return GS_OK;
  }
  uint8_t ids[GSS_KEYS_MAX][GS_KEY_ID_BYTES];
  enum gs_status status = gss_key_ids(&e->keyring, ids, err);
  if (status != GS_OK) {
    return status;
  }
  size_t found = 0;
  for (pb_size_t i = 0; i < e->keyring.fields.keys_count && len >= PREFIX_DIGITS_MIN; i++) {
    char hex[2 * GS_KEY_ID_BYTES + 1];
    if (strncmp(gsh_hex(ids[i], GS_KEY_ID_BYTES, hex), text, len) == 0 &&
        (found == 0 || memcmp(id, ids[i], GS_KEY_ID_BYTES) != 0)) {
      memcpy(id, ids[i], GS_KEY_ID_BYTES);
      found++;
    }
  }
  return found == 1 ? GS_OK
                    : gss_usage(err,
                                "\"%s\" names no key of the keyring (a whole key id, or at least "
                                "its first %u digits)",
                                gss_shown(text, shown), PREFIX_DIGITS_MIN);
}

static enum gs_status add_digest(uint8_t list[][GS_DIGEST_BYTES], size_t *count,
                                 const uint8_t digest[GS_DIGEST_BYTES], struct gsh_error *err) {
  for (size_t i = 0; i < *count; i++) {
    if (memcmp(list[i], digest, GS_DIGEST_BYTES) == 0) {
      return GS_OK;
    }
  }
  if (*count >= GSS_REVOKED_MAX) {
    return gss_usage(err, "at most %u revocations of a kind; raise a --minimum instead",
                     GSS_REVOKED_MAX);
  }
  memcpy(list[(*count)++], digest, GS_DIGEST_BYTES);
  return GS_OK;
}

/* Every entry of a key. *found: there was one. */
static enum gs_status take_out(struct gss_keyring_edit *e, const uint8_t id[GS_KEY_ID_BYTES],
                               bool *found, struct gsh_error *err) {
  gapseal_v1_Keyring *f = &e->keyring.fields;
  uint8_t ids[GSS_KEYS_MAX][GS_KEY_ID_BYTES];
  enum gs_status status = gss_key_ids(&e->keyring, ids, err);
  if (status != GS_OK) {
    return status;
  }
  pb_size_t kept = 0;
  for (pb_size_t k = 0; k < f->keys_count; k++) {
    if (memcmp(ids[k], id, GS_KEY_ID_BYTES) != 0) {
      f->keys[kept++] = f->keys[k];
    }
  }
  *found = kept < f->keys_count;
  f->keys_count = kept;
  return GS_OK;
}

static enum gs_status apply_revocations(struct gss_keyring_edit *e, const struct gss_args *args,
                                        struct gsh_error *err) {
  enum gs_status status = GS_OK;
  uint8_t digest[GS_DIGEST_BYTES];
  for (size_t i = 0; status == GS_OK && i < gss_count(args, "revoke-key"); i++) {
    status = resolve_key(e, gss_nth(args, "revoke-key", i), digest, err);
    bool listed = false; /* its id among the revoked ones says enough */
    if (status == GS_OK) {
      status = take_out(e, digest, &listed, err);
    }
    if (status == GS_OK) {
      status = add_digest(e->revoked_keys, &e->revoked_keys_count, digest, err);
    }
  }
  for (size_t i = 0; status == GS_OK && i < gss_count(args, "revoke-package"); i++) {
    const char *text = gss_nth(args, "revoke-package", i);
    char shown[GSS_SHOWN];
    if (strlen(text) != 2 * (size_t)GS_DIGEST_BYTES || !gsh_unhex(text, digest, sizeof digest)) {
      return gss_usage(err, "\"%s\" is no package digest: 64 hex digits", gss_shown(text, shown));
    }
    status = add_digest(e->revoked_packages, &e->revoked_packages_count, digest, err);
  }
  return status;
}

static enum gs_status apply_removals(struct gss_keyring_edit *e, const struct gss_args *args,
                                     struct gsh_error *err) {
  for (size_t i = 0; i < gss_count(args, "remove"); i++) {
    uint8_t id[GS_KEY_ID_BYTES];
    bool found = false;
    enum gs_status status = resolve_key(e, gss_nth(args, "remove", i), id, err);
    if (status == GS_OK) {
      status = take_out(e, id, &found, err);
    }
    if (status != GS_OK) {
      return status;
    }
    if (!found) {
      return gss_usage(err, "the keyring does not hold the key that --remove names");
    }
  }
  return GS_OK;
}

static enum gs_status apply_minimum(struct gss_keyring_edit *e, const char *text,
                                    struct gsh_error *err) {
  char name[72];
  char shown[GSS_SHOWN];
  uint64_t value;
  uint8_t id[GS_ID_BYTES];
  const char *equals = strchr(text, '=');
  size_t len = equals != NULL ? (size_t)(equals - text) : 0;
  if (equals == NULL || len >= sizeof name || !gss_number(equals + 1, false, UINT32_MAX, &value)) {
    return gss_usage(err, "--minimum takes PRODUCT=SECURITY_VERSION, not \"%s\"",
                     gss_shown(text, shown));
  }
  memcpy(name, text, len);
  name[len] = '\0';
  enum gs_status status = product_id(name, id, err);
  if (status != GS_OK) {
    return status;
  }
  gapseal_v1_Keyring *f = &e->keyring.fields;
  pb_size_t i = 0;
  while (i < f->minimums_count && memcmp(f->minimums[i].product, id, sizeof id) != 0) {
    i++;
  }
  if (i == MINIMUMS_MAX) {
    return gss_usage(err, "a keyring holds at most %u minimums", MINIMUMS_MAX);
  }
  if (i == f->minimums_count) {
    f->minimums_count++;
  } else if (f->minimums[i].security_version > value) {
    return gss_usage(err, "the minimum of %s is %lu already; it can only be raised", name,
                     (unsigned long)f->minimums[i].security_version);
  }
  f->minimums[i].has_product = f->minimums[i].has_security_version = true;
  memcpy(f->minimums[i].product, id, sizeof id);
  f->minimums[i].security_version = (uint32_t)value;
  return GS_OK;
}

static enum gs_status apply_numbers(struct gss_keyring_edit *e, const struct gss_args *args,
                                    struct gsh_error *err) {
  const char *threshold = gss_option(args, "threshold");
  uint64_t value;
  if (threshold != NULL) {
    if (!gss_number(threshold, false, GSS_KEYS_MAX, &value) || value == 0) {
      return gss_usage(err, "--threshold takes a number from 1 to %u", GSS_KEYS_MAX);
    }
    e->keyring.fields.root_threshold = (uint32_t)value;
  }
  for (size_t i = 0; i < gss_count(args, "minimum"); i++) {
    enum gs_status status = apply_minimum(e, gss_nth(args, "minimum", i), err);
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

enum gs_status gss_keyring_apply(struct gss_keyring_edit *e, const struct gss_args *args,
                                 const char *prefix, struct gsh_error *err) {
  enum gs_status status = apply_roots(e, args, err);
  if (status == GS_OK) {
    status = apply_roles(e, args, prefix, err);
  }
  if (status == GS_OK) {
    status = apply_removals(e, args, err);
  }
  if (status == GS_OK) {
    status = apply_revocations(e, args, err);
  }
  return status == GS_OK ? apply_numbers(e, args, err) : status;
}

static int compare_keys(const void *a, const void *b) {
  const gapseal_v1_Key *x = a;
  const gapseal_v1_Key *y = b;
  if (x->role != y->role) {
    return x->role < y->role ? -1 : 1;
  }
  return memcmp(x->key, y->key, GS_PUBLIC_KEY_BYTES);
}

static int compare_minimums(const void *a, const void *b) {
  const gapseal_v1_ProductMinimum *x = a;
  const gapseal_v1_ProductMinimum *y = b;
  return memcmp(x->product, y->product, GS_ID_BYTES);
}

static int compare_digests(const void *a, const void *b) {
  return memcmp(a, b, GS_DIGEST_BYTES);
}

static enum gs_status check_threshold(const struct gss_keyring_edit *e, struct gsh_error *err) {
  const gapseal_v1_Keyring *f = &e->keyring.fields;
  uint32_t roots = 0;
  for (pb_size_t i = 0; i < f->keys_count; i++) {
    roots += f->keys[i].role == gapseal_v1_Role_ROLE_ROOT;
  }
  if (f->root_threshold > roots) {
    return gss_usage(err, "the threshold is %lu, and the keyring would hold %lu root keys",
                     (unsigned long)f->root_threshold, (unsigned long)roots);
  }
  return GS_OK;
}

enum gs_status gss_keyring_seal(struct gss_keyring_edit *e, uint8_t *out, size_t *len,
                                struct gsh_error *err) {
  uint8_t body[GS_KEYRING_ENVELOPE_MAX];
  gapseal_v1_Keyring *f = &e->keyring.fields;
  enum gs_status status = check_threshold(e, err);
  if (status != GS_OK) {
    return status;
  }
  qsort(f->keys, f->keys_count, sizeof f->keys[0], compare_keys);
  qsort(f->minimums, f->minimums_count, sizeof f->minimums[0], compare_minimums);
  qsort(e->revoked_keys, e->revoked_keys_count, GS_KEY_ID_BYTES, compare_digests);
  qsort(e->revoked_packages, e->revoked_packages_count, GS_DIGEST_BYTES, compare_digests);
  e->keyring.revoked_keys = e->revoked_keys[0];
  e->keyring.revoked_keys_count = e->revoked_keys_count;
  e->keyring.revoked_packages = e->revoked_packages[0];
  e->keyring.revoked_packages_count = e->revoked_packages_count;
  size_t body_len = gs_keyring_encode(&e->keyring, body, sizeof body);
  if (body_len == 0) {
    return gsh_fail(err, GS_E_RANGE, "the keyring is too large");
  }
  const struct gss_to_sign what = {.type = GS_OBJECT_KEYRING,
                                   .body = body,
                                   .body_len = body_len,
                                   .keys = e->roots,
                                   .key_count = e->root_count};
  return gss_sign_envelope(&what, out, GS_KEYRING_ENVELOPE_MAX, len, err);
}
