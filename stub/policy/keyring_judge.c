/* SPDX-License-Identifier: Apache-2.0
 * Keyrings: by themselves, and as successors. A keyring brings its own keys along, so its body
 * has to be decoded before its signatures can be verified; nothing of it is used for anything
 * else until they were. docs/spec/keyring.md.
 */
#include <string.h>

#include "gapseal/policy.h"
#include "judge.h"

#define ROOTS GS_ROLE_BIT(gapseal_v1_Role_ROLE_ROOT)

/*
 * How many root keys of a keyring signed the envelope?
 *
 * A signature of a key that the keyring does not hold is left to the keyring that does. One
 * that is there in a root key's name must hold. An envelope names each key id once
 * (gs_signed_parse), so that signatures may be counted.
 */
static enum gs_status count_roots(const struct gs_signed *envelope,
                                  const uint8_t hash[GS_DIGEST_BYTES],
                                  const struct gs_keyring *keyring, uint32_t *roots) {
  uint32_t held = 0;
  for (size_t i = 0; i < envelope->signature_count; i++) {
    const struct gs_signature *s = &envelope->signatures[i];
    bool known = false;
    const gapseal_v1_Key *key = NULL;
    enum gs_status st = gs_judge_find(keyring, s->key_id, ROOTS, &known, &key);
    if (st != GS_OK) {
      return st;
    }
    if (!known) {
      continue;
    }
    if (gs_judge_revoked(keyring, s->key_id)) {
      return GS_E_KEY_REVOKED;
    }
    if (key == NULL) {
      return GS_E_KEY_ROLE;
    }
    st = gs_ecdsa_verify(key->key, hash, s->sig, s->sig_len);
    if (st != GS_OK) {
      return st;
    }
    held++;
  }
  *roots = held;
  return GS_OK;
}

static enum gs_status check_threshold(const struct gs_signed *envelope,
                                      const uint8_t hash[GS_DIGEST_BYTES],
                                      const struct gs_keyring *keyring) {
  if (envelope->signature_count == 0) {
    return GS_E_SIG_MISSING;
  }
  uint32_t roots = 0;
  enum gs_status st = count_roots(envelope, hash, keyring, &roots);
  if (st != GS_OK) {
    return st;
  }
  if (roots == 0) {
    return GS_E_KEY_UNKNOWN;
  }
  st = GS_E_THRESHOLD;
  if (keyring->fields.root_threshold >= 1 && roots >= keyring->fields.root_threshold) {
    st = GS_OK;
  }
  return st;
}

/* Every key is a point of the curve: a device must not meet a bad one in an emergency. */
static enum gs_status check_points(const struct gs_keyring *keyring) {
  for (size_t i = 0; i < keyring->fields.keys_count; i++) {
    enum gs_status st = gs_ecdsa_check_public(keyring->fields.keys[i].key);
    if (st != GS_OK) {
      return st;
    }
  }
  return GS_OK;
}

/* The keyring by itself; object and hash are for further questions. */
static enum gs_status verify_self(const uint8_t *envelope, size_t len, struct gs_signed *object,
                                  uint8_t hash[GS_DIGEST_BYTES], struct gs_keyring *out) {
  enum gs_status st = gs_signed_parse(envelope, len, object);
  if (st != GS_OK) {
    return st;
  }
  st = gs_signed_hash(GS_OBJECT_KEYRING, object->body, object->body_len, hash);
  if (st != GS_OK) {
    return st;
  }
  st = gs_keyring_decode(object->body, object->body_len, out);
  if (st != GS_OK) {
    return st;
  }
  st = check_points(out);
  return st == GS_OK ? check_threshold(object, hash, out) : st;
}

enum gs_status gs_verify_keyring(const uint8_t *envelope, size_t len, struct gs_keyring *out) {
  struct gs_signed object;
  uint8_t hash[GS_DIGEST_BYTES];
  return verify_self(envelope, len, &object, hash, out);
}

/* No signature is left that neither keyring vouches for. */
static enum gs_status check_all_known(const struct gs_signed *object,
                                      const struct gs_keyring *current,
                                      const struct gs_keyring *next) {
  for (size_t i = 0; i < object->signature_count; i++) {
    bool in_current = false;
    bool in_next = false;
    const gapseal_v1_Key *unused = NULL;
    const uint8_t *id = object->signatures[i].key_id;
    enum gs_status st = gs_judge_find(current, id, ROOTS, &in_current, &unused);
    if (st == GS_OK) {
      st = gs_judge_find(next, id, ROOTS, &in_next, &unused);
    }
    if (st != GS_OK) {
      return st;
    }
    if (!in_current && !in_next) {
      return GS_E_KEY_UNKNOWN;
    }
  }
  return GS_OK;
}

enum gs_status gs_verify_keyring_link(const struct gs_keyring *current, const uint8_t *current_body,
                                      size_t current_body_len, const uint8_t *envelope, size_t len,
                                      struct gs_keyring *out) {
  struct gs_signed object;
  uint8_t hash[GS_DIGEST_BYTES];
  enum gs_status st = gs_signed_parse(envelope, len, &object);
  if (st != GS_OK) {
    return st;
  }
  if (object.body_len == current_body_len &&
      memcmp(object.body, current_body, current_body_len) == 0) {
    return GS_E_ALREADY; /* nothing new is in it, so nothing has to be believed */
  }
  st = verify_self(envelope, len, &object, hash, out);
  if (st != GS_OK) {
    return st;
  }
  if (out->fields.version <= current->fields.version) {
    return GS_E_KEYRING_OLD;
  }
  if (out->fields.version - current->fields.version > 1) {
    return GS_E_KEYRING_GAP;
  }
  st = check_all_known(&object, current, out);
  return st == GS_OK ? check_threshold(&object, hash, current) : st;
}
