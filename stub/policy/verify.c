/* SPDX-License-Identifier: Apache-2.0
 * Whose signatures does a manifest carry, and do they hold? Rules 1 to 5 of
 * docs/spec/policy.md, in that order. Nothing of the body is interpreted before every
 * signature over it was verified. Each success is a value that is set last.
 */
#include <string.h>

#include "gapseal/policy.h"
#include "judge.h"

enum gs_status gs_judge_find(const struct gs_keyring *keyring,
                             const uint8_t key_id[GS_KEY_ID_BYTES], uint32_t roles, bool *known,
                             const gapseal_v1_Key **entry) {
  *known = false;
  *entry = NULL;
  for (size_t i = 0; i < keyring->fields.keys_count; i++) {
    const gapseal_v1_Key *key = &keyring->fields.keys[i];
    uint8_t id[GS_KEY_ID_BYTES];
    enum gs_status st = gs_key_id(key->key, id);
    if (st != GS_OK) {
      return st;
    }
    if (!gs_equal(id, key_id, sizeof id)) {
      continue;
    }
    *known = true;
    if (*entry == NULL && (GS_ROLE_BIT(key->role) & roles) != 0) {
      *entry = key;
    }
  }
  return GS_OK;
}

bool gs_judge_revoked(const struct gs_keyring *keyring, const uint8_t key_id[GS_KEY_ID_BYTES]) {
  for (size_t i = 0; i < keyring->revoked_keys_count; i++) {
    if (memcmp(keyring->revoked_keys + i * GS_KEY_ID_BYTES, key_id, GS_KEY_ID_BYTES) == 0) {
      return true;
    }
  }
  return false;
}

/* One signature, its faults in the order of rule 2. */
static enum gs_status verify_one(const struct gs_signature *signature,
                                 const uint8_t hash[GS_DIGEST_BYTES],
                                 const struct gs_keyring *keyring, uint32_t roles, bool production,
                                 const gapseal_v1_Key **signer) {
  bool known = false;
  const gapseal_v1_Key *key = NULL;
  enum gs_status st = gs_judge_find(keyring, signature->key_id, roles, &known, &key);
  if (st != GS_OK) {
    return st;
  }
  if (gs_judge_revoked(keyring, signature->key_id)) {
    return GS_E_KEY_REVOKED; /* such a key is known, whether or not it is still listed */
  }
  if (!known) {
    return GS_E_KEY_UNKNOWN;
  }
  if (key == NULL) {
    return GS_E_KEY_ROLE;
  }
  if (production && gs_is_test_key(signature->key_id)) {
    return GS_E_KEY_TEST;
  }
  *signer = key;
  return gs_ecdsa_verify(key->key, hash, signature->sig, signature->sig_len);
}

/*
 * All signatures of an envelope; each must hold.
 *
 * signers  written on GS_OK: the keyring's entry for each signature.
 */
static enum gs_status verify_all(const struct gs_signed *envelope, enum gs_object_type type,
                                 const struct gs_keyring *keyring, uint32_t roles, bool production,
                                 const gapseal_v1_Key *signers[GS_SIGNATURES_MAX]) {
  uint8_t hash[GS_DIGEST_BYTES];
  enum gs_status st = gs_signed_hash(type, envelope->body, envelope->body_len, hash);
  if (st != GS_OK) {
    return st;
  }
  enum gs_status verdict = GS_E_SIG_MISSING;
  for (size_t i = 0; i < envelope->signature_count; i++) {
    verdict = verify_one(&envelope->signatures[i], hash, keyring, roles, production, &signers[i]);
    if (verdict != GS_OK) {
      return verdict;
    }
  }
  return verdict;
}

/* Rule 4: every signer may sign for the product. */
static enum gs_status check_scope(const gapseal_v1_Key *const *signers, size_t count,
                                  const uint8_t product[GS_ID_BYTES]) {
  for (size_t i = 0; i < count; i++) {
    if (signers[i]->has_product && memcmp(signers[i]->product, product, GS_ID_BYTES) != 0) {
      return GS_E_KEY_SCOPE;
    }
  }
  return GS_OK;
}

enum gs_status gs_verify_signatures(const struct gs_signed *envelope, enum gs_object_type type,
                                    const struct gs_keyring *keyring, int role,
                                    const uint8_t *product, bool production) {
  if (role <= gapseal_v1_Role_ROLE_UNSPECIFIED || role > gapseal_v1_Role_ROLE_CATALOGUE) {
    return GS_E_RANGE;
  }
  const gapseal_v1_Key *signers[GS_SIGNATURES_MAX] = {NULL};
  enum gs_status st = verify_all(envelope, type, keyring, GS_ROLE_BIT(role), production, signers);
  if (st == GS_OK && product != NULL) {
    st = check_scope(signers, envelope->signature_count, product);
  }
  return st;
}

/* Rule 5. */
static enum gs_status check_revoked(const struct gs_keyring *keyring, const gapseal_v1_Manifest *m,
                                    const uint8_t digest[GS_DIGEST_BYTES]) {
  for (size_t i = 0; i < keyring->revoked_packages_count; i++) {
    if (memcmp(keyring->revoked_packages + i * GS_DIGEST_BYTES, digest, GS_DIGEST_BYTES) == 0) {
      return GS_E_REVOKED;
    }
  }
  for (size_t i = 0; i < keyring->fields.minimums_count; i++) {
    const gapseal_v1_ProductMinimum *minimum = &keyring->fields.minimums[i];
    if (memcmp(minimum->product, m->product, GS_ID_BYTES) == 0 &&
        m->security_version < minimum->security_version) {
      return GS_E_BELOW_MINIMUM;
    }
  }
  return GS_OK;
}

enum gs_status gs_verify_manifest(const uint8_t *envelope, size_t len,
                                  const struct gs_keyring *keyring, bool production,
                                  struct gs_manifest *out, uint8_t digest[GS_DIGEST_BYTES],
                                  bool *recovery) {
  struct gs_signed object;
  enum gs_status st = gs_signed_parse(envelope, len, &object);
  if (st != GS_OK) {
    return st;
  }
  st = gs_sha256(object.body, object.body_len, digest);
  if (st != GS_OK) {
    return st;
  }
  const gapseal_v1_Key *signers[GS_SIGNATURES_MAX] = {NULL};
  st = verify_all(
      &object, GS_OBJECT_MANIFEST, keyring,
      GS_ROLE_BIT(gapseal_v1_Role_ROLE_RELEASE) | GS_ROLE_BIT(gapseal_v1_Role_ROLE_RECOVERY),
      production, signers);
  if (st != GS_OK) {
    return st;
  }
  st = gs_manifest_decode(object.body, object.body_len, out);
  if (st != GS_OK) {
    return st;
  }
  st = check_scope(signers, object.signature_count, out->fields.product);
  if (st != GS_OK) {
    return st;
  }
  st = check_revoked(keyring, &out->fields, digest);
  if (st != GS_OK) {
    return st;
  }
  bool by_recovery = false;
  for (size_t i = 0; i < object.signature_count; i++) {
    by_recovery = by_recovery || signers[i]->role == gapseal_v1_Role_ROLE_RECOVERY;
  }
  *recovery = by_recovery;
  return GS_OK;
}
