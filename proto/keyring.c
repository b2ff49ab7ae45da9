/* SPDX-License-Identifier: Apache-2.0
 * The keyring's body. Rules: docs/spec/keyring.md.
 */
#include <string.h>

#include "objects.h"
#include "strict.h"

static const struct gs_strict_field field_rules[] = {
    {&gapseal_v1_Key_msg, gapseal_v1_Key_role_tag, gapseal_v1_Role_ROLE_ROOT,
     gapseal_v1_Role_ROLE_CATALOGUE},
    {&gapseal_v1_Key_msg, gapseal_v1_Key_algorithm_tag, gapseal_v1_Algorithm_ALGORITHM_ECDSA_P256,
     gapseal_v1_Algorithm_ALGORITHM_ECDSA_P256},
    {&gapseal_v1_Key_msg, gapseal_v1_Key_product_tag, GS_STRICT_MAY_BE_ABSENT},
    {&gapseal_v1_Keyring_msg, gapseal_v1_Keyring_revoked_keys_tag, GS_STRICT_MAY_BE_ABSENT},
    {&gapseal_v1_Keyring_msg, gapseal_v1_Keyring_revoked_packages_tag, GS_STRICT_MAY_BE_ABSENT},
};

static const struct gs_strict_scheme scheme = {
    .message = &gapseal_v1_Keyring_msg,
    .fields = field_rules,
    .field_count = sizeof field_rules / sizeof field_rules[0],
};

/* Ascending, so that a set has one encoding and nothing in it twice. */
static enum gs_status check_list(const uint8_t *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t *digest = list + i * GS_DIGEST_BYTES;
    if (gs_strict_blank(digest, GS_DIGEST_BYTES)) {
      return GS_E_INCOMPLETE;
    }
    if (i > 0 && memcmp(digest - GS_DIGEST_BYTES, digest, GS_DIGEST_BYTES) >= 0) {
      return GS_E_NONCANONICAL;
    }
  }
  return GS_OK;
}

static bool keys_ascend(const gapseal_v1_Key *a, const gapseal_v1_Key *b) {
  return a->role < b->role || (a->role == b->role && memcmp(a->key, b->key, sizeof a->key) < 0);
}

static enum gs_status check_keys(const gapseal_v1_Keyring *f) {
  uint32_t roots = 0;
  if (f->keys_count == 0) {
    return GS_E_INCOMPLETE;
  }
  for (size_t i = 0; i < f->keys_count; i++) {
    const gapseal_v1_Key *k = &f->keys[i];
    if (k->has_product && gs_strict_blank(k->product, GS_ID_BYTES)) {
      return GS_E_INCOMPLETE;
    }
    if (i > 0 && !keys_ascend(k - 1, k)) {
      return GS_E_NONCANONICAL;
    }
    roots += k->role == gapseal_v1_Role_ROLE_ROOT ? 1u : 0u;
  }
  bool threshold_ok = f->root_threshold >= 1 && f->root_threshold <= roots;
  return threshold_ok && f->version >= 1 ? GS_OK : GS_E_BAD_VALUE;
}

static enum gs_status check_minimums(const gapseal_v1_Keyring *f) {
  for (size_t i = 0; i < f->minimums_count; i++) {
    const gapseal_v1_ProductMinimum *m = &f->minimums[i];
    if (gs_strict_blank(m->product, GS_ID_BYTES)) {
      return GS_E_INCOMPLETE;
    }
    if (i > 0 && memcmp(m[-1].product, m->product, GS_ID_BYTES) >= 0) {
      return GS_E_NONCANONICAL;
    }
  }
  return GS_OK;
}

static enum gs_status check(const struct gs_keyring *k) {
  enum gs_status st = check_keys(&k->fields);
  if (st == GS_OK) {
    st = check_list(k->revoked_keys, k->revoked_keys_count);
  }
  if (st == GS_OK) {
    st = check_list(k->revoked_packages, k->revoked_packages_count);
  }
  return st == GS_OK ? check_minimums(&k->fields) : st;
}

enum gs_status gs_keyring_decode(const uint8_t *body, size_t len, struct gs_keyring *out) {
  memset(out, 0, sizeof *out);
  struct gs_strict_view lists[2] = {{.number = gapseal_v1_Keyring_revoked_keys_tag},
                                    {.number = gapseal_v1_Keyring_revoked_packages_tag}};
  enum gs_status st = gs_strict_decode(&scheme, body, len, &out->fields, lists, 2);
  if (st != GS_OK) {
    return st;
  }
  if (lists[0].len % GS_KEY_ID_BYTES != 0 || lists[1].len % GS_DIGEST_BYTES != 0) {
    return GS_E_MALFORMED;
  }
  out->revoked_keys = lists[0].at;
  out->revoked_keys_count = lists[0].len / GS_KEY_ID_BYTES;
  out->revoked_packages = lists[1].at;
  out->revoked_packages_count = lists[1].len / GS_DIGEST_BYTES;
  const struct gs_strict_source again = {scheme.message, &out->fields, lists, 2};
  st = gs_strict_compare(&again, body, len);
  return st == GS_OK ? check(out) : st;
}

size_t gs_keyring_encode(const struct gs_keyring *k, uint8_t *out, size_t cap) {
  const struct gs_strict_view lists[2] = {
      {gapseal_v1_Keyring_revoked_keys_tag, k->revoked_keys,
       k->revoked_keys_count * GS_KEY_ID_BYTES},
      {gapseal_v1_Keyring_revoked_packages_tag, k->revoked_packages,
       k->revoked_packages_count * GS_DIGEST_BYTES}};
  const struct gs_strict_source source = {scheme.message, &k->fields, lists, 2};
  size_t len = gs_strict_encode_back(&source, out, cap);
  memmove(out, out + cap - len, len);
  return len;
}
