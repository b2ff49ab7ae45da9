/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "vector_file.h"

static enum gs_status judge_manifest(const struct vector *v, const struct gs_keyring *trusted) {
  struct gs_manifest manifest;
  struct gs_policy_result result;
  uint8_t digest[GS_DIGEST_BYTES];
  bool recovery = false;
  if (v->len > v->device.manifest_max) {
    return GS_E_TOO_BIG;
  }
  enum gs_status st = gs_verify_manifest(v->bytes, v->len, trusted, v->device.production, &manifest,
                                         digest, &recovery);
  return st == GS_OK ? gs_policy_judge(&manifest, digest, &v->device, &result) : st;
}

static enum gs_status judge_link(const struct vector *v, const struct gs_keyring *trusted) {
  struct gs_signed envelope;
  struct gs_keyring next;
  enum gs_status st = gs_signed_parse(v->keyring, v->keyring_len, &envelope);
  return st != GS_OK ? GS_E_INTERNAL
                     : gs_verify_keyring_link(trusted, envelope.body, envelope.body_len, v->bytes,
                                              v->len, &next);
}

/* A trust store that holds the maker's key alone. */
static enum gs_status judge_identity(const struct vector *v) {
  struct gs_signed envelope;
  gapseal_v1_Identity identity;
  uint8_t maker[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
  uint8_t hash[GS_DIGEST_BYTES];
  fixture_public_key(TEST_KEY_MAKER, maker);
  fixture_key_id(TEST_KEY_MAKER, id);
  enum gs_status st = gs_signed_parse(v->bytes, v->len, &envelope);
  if (st != GS_OK) {
    return st;
  }
  if (envelope.signature_count == 0) {
    return GS_E_SIG_MISSING;
  }
  if (memcmp(envelope.signatures[0].key_id, id, sizeof id) != 0) {
    return GS_E_KEY_UNKNOWN;
  }
  st = gs_signed_hash(GS_OBJECT_IDENTITY, envelope.body, envelope.body_len, hash);
  if (st == GS_OK) {
    st = gs_ecdsa_verify(maker, hash, envelope.signatures[0].sig, envelope.signatures[0].sig_len);
  }
  return st == GS_OK ? gs_identity_decode(envelope.body, envelope.body_len, &identity) : st;
}

enum gs_status vector_judge(const struct vector *v) {
  struct gs_keyring trusted;
  if (v->object == VECTOR_KEYRING) {
    return gs_verify_keyring(v->bytes, v->len, &trusted);
  }
  if (v->object == VECTOR_IDENTITY) {
    return judge_identity(v);
  }
  if (gs_verify_keyring(v->keyring, v->keyring_len, &trusted) != GS_OK) {
    return GS_E_INTERNAL;
  }
  return v->object == VECTOR_MANIFEST ? judge_manifest(v, &trusted) : judge_link(v, &trusted);
}
