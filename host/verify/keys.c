/* SPDX-License-Identifier: Apache-2.0
 * Who may sign what: keyrings, their chain, and the signatures of a manifest. Written from
 * docs/spec/keyring.md and policy.md.
 */
#include <stdlib.h>
#include <string.h>

#include "verify.h"

static bool listed(const uint8_t *list, size_t count, const uint8_t digest[GS_DIGEST_BYTES]) {
  for (size_t i = 0; i < count; i++) {
    if (memcmp(list + i * GS_DIGEST_BYTES, digest, GS_DIGEST_BYTES) == 0) {
      return true;
    }
  }
  return false;
}

/* The entry of a key id in a role; NULL: none. */
static const gapseal_v1_Key *find(const struct gsv_keyring *k, const uint8_t id[GS_KEY_ID_BYTES],
                                  gapseal_v1_Role role) {
  const gapseal_v1_Keyring *f = &k->keyring.fields;
  for (pb_size_t i = 0; i < f->keys_count; i++) {
    if (f->keys[i].role == role && memcmp(k->ids[i], id, GS_KEY_ID_BYTES) == 0) {
      return &f->keys[i];
    }
  }
  return NULL;
}

/* Is the key listed, whatever its role? */
static bool holds(const struct gsv_keyring *k, const uint8_t id[GS_KEY_ID_BYTES]) {
  for (int role = gapseal_v1_Role_ROLE_ROOT; role <= gapseal_v1_Role_ROLE_CATALOGUE; role++) {
    if (find(k, id, (gapseal_v1_Role)role) != NULL) {
      return true;
    }
  }
  return false;
}

/* Did enough different root keys of by sign the object, and none of its keys wrongly? */
static enum gs_status roots_signed(const struct gs_signed *object, const struct gsv_keyring *by) {
  uint8_t hash[GS_DIGEST_BYTES];
  uint32_t held = 0;
  if (gs_signed_hash(GS_OBJECT_KEYRING, object->body, object->body_len, hash) != GS_OK) {
    return GS_E_CRYPTO;
  }
  for (size_t i = 0; i < object->signature_count; i++) {
    const struct gs_signature *s = &object->signatures[i];
    const gapseal_v1_Key *key = find(by, s->key_id, gapseal_v1_Role_ROLE_ROOT);
    if (!holds(by, s->key_id)) {
      continue; /* its predecessor's business */
    }
    if (listed(by->keyring.revoked_keys, by->keyring.revoked_keys_count, s->key_id)) {
      return GS_E_KEY_REVOKED;
    }
    if (key == NULL) {
      return GS_E_KEY_ROLE;
    }
    for (size_t k = 0; k < i; k++) {
      if (memcmp(object->signatures[k].key_id, s->key_id, GS_KEY_ID_BYTES) == 0) {
        return GS_E_NONCANONICAL;
      }
    }
    enum gs_status status = gs_ecdsa_verify(key->key, hash, s->sig, s->sig_len);
    if (status != GS_OK) {
      return status;
    }
    held++;
  }
  if (held == 0) {
    return object->signature_count == 0 ? GS_E_SIG_MISSING : GS_E_KEY_UNKNOWN;
  }
  return held >= by->keyring.fields.root_threshold ? GS_OK : GS_E_THRESHOLD;
}

static enum gs_status read_keyring(struct gsv_keyring *k, size_t len) {
  enum gs_status status = gs_signed_parse(k->envelope, len, &k->object);
  return status == GS_OK ? gs_keyring_decode(k->object.body, k->object.body_len, &k->keyring)
                         : status;
}

static enum gs_status name_keys(struct gsv_keyring *k) {
  _Static_assert(sizeof k->keyring.fields.keys / sizeof k->keyring.fields.keys[0] == GSV_KEYS_MAX,
                 "as many ids as a keyring has keys");
  enum gs_status status = GS_OK;
  for (pb_size_t i = 0; status == GS_OK && i < k->keyring.fields.keys_count; i++) {
    status = gs_key_id(k->keyring.fields.keys[i].key, k->ids[i]);
  }
  return status;
}

/* The successor of k is known to be signed by itself already. */
static enum gs_status judge_link(const struct gsv_keyring *k, const struct gsv_keyring *next) {
  const uint32_t version = k->keyring.fields.version;
  if (version == UINT32_MAX || next->keyring.fields.version != version + 1) {
    return next->keyring.fields.version <= version ? GS_E_KEYRING_OLD : GS_E_KEYRING_GAP;
  }
  for (size_t i = 0; i < next->object.signature_count; i++) {
    const uint8_t *id = next->object.signatures[i].key_id;
    if (find(k, id, gapseal_v1_Role_ROLE_ROOT) == NULL &&
        find(next, id, gapseal_v1_Role_ROLE_ROOT) == NULL) {
      return GS_E_KEY_UNKNOWN;
    }
  }
  return roots_signed(&next->object, k);
}

enum gs_status gsv_keyring_follows(const struct gsv_keyring *k, const struct gsv_keyring *next,
                                   bool *follows, struct gsv_error *e) {
  enum gs_status status = judge_link(k, next);
  *follows = status == GS_OK;
  return status == GS_E_CRYPTO ? gsv_fail_as(e, status, "keyring") : GS_OK;
}

static enum gs_status check_points(const struct gs_keyring *k) {
  enum gs_status status = GS_OK;
  for (pb_size_t i = 0; status == GS_OK && i < k->fields.keys_count; i++) {
    status = gs_ecdsa_check_public(k->fields.keys[i].key);
  }
  return status;
}

enum gs_status gsv_keyring_verify(struct gsv_keyring *k, size_t len,
                                  const struct gsv_keyring *before, struct gsv_error *e) {
  enum gs_status status = read_keyring(k, len);
  if (status == GS_OK) {
    status = check_points(&k->keyring);
  }
  if (status == GS_OK) {
    status = name_keys(k);
  }
  if (status == GS_OK) {
    status = roots_signed(&k->object, k);
  }
  if (status == GS_OK && before != NULL) {
    status = judge_link(before, k);
  }
  return status == GS_OK ? GS_OK : gsv_fail_as(e, status, "keyring");
}

void gsv_keyring_copy(struct gsv_keyring *to, const struct gsv_keyring *from, size_t len) {
  memcpy(to->envelope, from->envelope, len);
  memcpy(to->ids, from->ids, sizeof to->ids);
  /* These bytes were read once with this same result. */
  if (read_keyring(to, len) != GS_OK) {
    memset(to, 0, sizeof *to);
  }
}

static enum gs_status read_chain(struct gsv_file *f, struct gsv_keyring *out, size_t *out_len,
                                 struct gsv_keyring *next, struct gsv_error *e) {
  size_t len = 0;
  for (size_t i = 0; i < GSV_KEYRINGS_MAX; i++) {
    enum gs_status status = gsv_read_item(f, next->envelope, sizeof next->envelope, &len, e);
    if (status == GS_OK) {
      status = gsv_keyring_verify(next, len, i > 0 ? out : NULL, e);
    }
    if (status != GS_OK) {
      return status;
    }
    gsv_keyring_copy(out, next, len);
    *out_len = len;
    bool end = false;
    status = gsv_at_end(f, &end, e);
    if (status != GS_OK || end) {
      return status;
    }
  }
  return gsv_fail(e, GS_E_FILE_MALFORMED, "more than %u keyrings", GSV_KEYRINGS_MAX);
}

enum gs_status gsv_keyring_file(const char *path, struct gsv_keyring *out, size_t *len,
                                struct gsv_error *e) {
  struct gsv_file f;
  enum gs_status status = gsv_open(&f, path, e);
  if (status != GS_OK) {
    return status;
  }
  struct gsv_keyring *next = malloc(sizeof *next);
  status = next == NULL ? gsv_fail(e, GS_E_NO_MEMORY, "no memory for a keyring")
                        : gsv_expect_magic(&f, "gapkeys\x01", "keyring", e);
  if (status == GS_OK) {
    status = read_chain(&f, out, len, next, e);
  }
  free(next);
  gsv_close(&f);
  return status;
}

static enum gs_status judge_signature(const struct gs_signature *s,
                                      const uint8_t hash[GS_DIGEST_BYTES],
                                      const struct gsv_keyring *k, const gapseal_v1_Key **signer) {
  if (listed(k->keyring.revoked_keys, k->keyring.revoked_keys_count, s->key_id)) {
    return GS_E_KEY_REVOKED;
  }
  const gapseal_v1_Key *key = find(k, s->key_id, gapseal_v1_Role_ROLE_RELEASE);
  if (key == NULL) {
    key = find(k, s->key_id, gapseal_v1_Role_ROLE_RECOVERY);
  }
  if (key == NULL) {
    bool known = find(k, s->key_id, gapseal_v1_Role_ROLE_ROOT) != NULL ||
                 find(k, s->key_id, gapseal_v1_Role_ROLE_CATALOGUE) != NULL;
    return known ? GS_E_KEY_ROLE : GS_E_KEY_UNKNOWN;
  }
  *signer = key;
  return gs_ecdsa_verify(key->key, hash, s->sig, s->sig_len);
}

enum gs_status gsv_manifest_signatures(const struct gs_signed *object, const struct gsv_keyring *k,
                                       const gapseal_v1_Key **signers, struct gsv_error *e) {
  uint8_t hash[GS_DIGEST_BYTES];
  if (object->signature_count == 0) {
    return gsv_fail_as(e, GS_E_SIG_MISSING, "manifest");
  }
  if (gs_signed_hash(GS_OBJECT_MANIFEST, object->body, object->body_len, hash) != GS_OK) {
    return gsv_fail_as(e, GS_E_CRYPTO, "manifest");
  }
  for (size_t i = 0; i < object->signature_count; i++) {
    enum gs_status status = judge_signature(&object->signatures[i], hash, k, &signers[i]);
    if (status != GS_OK) {
      char hex[2 * GS_KEY_ID_BYTES + 1];
      char what[sizeof hex + 32];
      (void)snprintf(what, sizeof what, "manifest, key %s",
                     gsv_hex(object->signatures[i].key_id, GS_KEY_ID_BYTES, hex));
      return gsv_fail_as(e, status, what);
    }
  }
  return GS_OK;
}

enum gs_status gsv_manifest_allowed(const struct gs_manifest *m,
                                    const uint8_t digest[GS_DIGEST_BYTES],
                                    const struct gs_keyring *k,
                                    const gapseal_v1_Key *const *signers, size_t count,
                                    struct gsv_error *e) {
  for (size_t i = 0; i < count; i++) {
    if (signers[i]->has_product &&
        memcmp(signers[i]->product, m->fields.product, GS_ID_BYTES) != 0) {
      return gsv_fail_as(e, GS_E_KEY_SCOPE, "manifest");
    }
  }
  if (listed(k->revoked_packages, k->revoked_packages_count, digest)) {
    return gsv_fail_as(e, GS_E_REVOKED, "manifest");
  }
  for (pb_size_t i = 0; i < k->fields.minimums_count; i++) {
    const gapseal_v1_ProductMinimum *minimum = &k->fields.minimums[i];
    if (memcmp(minimum->product, m->fields.product, GS_ID_BYTES) == 0 &&
        m->fields.security_version < minimum->security_version) {
      return gsv_fail_as(e, GS_E_BELOW_MINIMUM, "manifest");
    }
  }
  return GS_OK;
}
