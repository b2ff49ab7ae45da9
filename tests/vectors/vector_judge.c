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
  if (envelope.signature_count != 1) {
    return GS_E_MALFORMED;
  }
  if (memcmp(envelope.signatures[0].key_id, id, sizeof id) != 0) {
    return GS_E_NOT_GENUINE;
  }
  st = gs_signed_hash(GS_OBJECT_IDENTITY, envelope.body, envelope.body_len, hash);
  if (st == GS_OK) {
    st = gs_ecdsa_verify(maker, hash, envelope.signatures[0].sig, envelope.signatures[0].sig_len);
  }
  return st == GS_OK ? gs_identity_decode(envelope.body, envelope.body_len, &identity) : st;
}

/* One signature, by the key that the maker's statement names. */
static enum gs_status judge_device_signed(const struct vector *v, enum gs_object_type type,
                                          gapseal_v1_Identity *identity, struct gs_signed *s) {
  struct gs_signed statement;
  uint8_t id[GS_KEY_ID_BYTES];
  uint8_t hash[GS_DIGEST_BYTES];
  if (gs_signed_parse(v->identity, v->identity_len, &statement) != GS_OK ||
      gs_identity_decode(statement.body, statement.body_len, identity) != GS_OK ||
      gs_key_id(identity->device_key, id) != GS_OK) {
    return GS_E_INTERNAL;
  }
  enum gs_status st = gs_signed_parse(v->bytes, v->len, s);
  if (st != GS_OK) {
    return st;
  }
  if (s->signature_count != 1) {
    return s->signature_count == 0 ? GS_E_SIG_MISSING : GS_E_MALFORMED;
  }
  if (memcmp(s->signatures[0].key_id, id, sizeof id) != 0) {
    return GS_E_KEY_UNKNOWN;
  }
  st = gs_signed_hash(type, s->body, s->body_len, hash);
  return st == GS_OK ? gs_ecdsa_verify(identity->device_key, hash, s->signatures[0].sig,
                                       s->signatures[0].sig_len)
                     : st;
}

/* Is it about the device that signed it? */
static enum gs_status judge_subject(const gapseal_v1_Identity *identity,
                                    const uint8_t device_id[GS_KEY_ID_BYTES],
                                    const gapseal_v1_DeviceFacts *facts) {
  uint8_t id[GS_KEY_ID_BYTES];
  bool same = gs_key_id(identity->device_key, id) == GS_OK &&
              memcmp(id, device_id, sizeof id) == 0 &&
              strcmp(facts->serial, identity->serial) == 0 &&
              memcmp(facts->product, identity->product, GS_ID_BYTES) == 0 &&
              memcmp(facts->hardware, identity->hardware, GS_ID_BYTES) == 0 &&
              facts->revision == identity->revision;
  return same ? GS_OK : GS_E_NOT_GENUINE;
}

static enum gs_status judge_ident(const struct vector *v) {
  gapseal_v1_Identity identity;
  gapseal_v1_Ident ident;
  struct gs_signed s;
  enum gs_status st = judge_device_signed(v, GS_OBJECT_IDENT, &identity, &s);
  if (st == GS_OK) {
    st = gs_ident_decode(s.body, s.body_len, &ident);
  }
  if (st != GS_OK) {
    return st;
  }
  if (memcmp(ident.host_nonce, v->nonce, sizeof v->nonce) != 0 ||
      memcmp(ident.hello_sha256, v->hello, sizeof v->hello) != 0) {
    return GS_E_NONCE;
  }
  return judge_subject(&identity, ident.device_id, &ident.facts);
}

static enum gs_status judge_receipt(const struct vector *v) {
  gapseal_v1_Identity identity;
  gapseal_v1_Receipt receipt;
  struct gs_signed s;
  enum gs_status st = judge_device_signed(v, GS_OBJECT_RECEIPT, &identity, &s);
  if (st == GS_OK) {
    st = gs_receipt_decode(s.body, s.body_len, &receipt);
  }
  if (st != GS_OK) {
    return st;
  }
  if (memcmp(receipt.host_nonce, v->nonce, sizeof v->nonce) != 0) {
    return GS_E_NONCE;
  }
  return judge_subject(&identity, receipt.device_id, &receipt.facts);
}

bool vector_needs_no_device(enum gs_status status) {
  bool form = status >= GS_E_EMPTY && status <= GS_E_BAD_VALUE && status != GS_E_TOO_BIG;
  bool keys = status >= GS_E_SIG_MISSING && status <= GS_E_KEYRING_BAD && status != GS_E_KEY_TEST;
  return form || keys || status == GS_E_REVOKED || status == GS_E_BELOW_MINIMUM;
}

enum gs_status vector_judge(const struct vector *v) {
  struct gs_keyring trusted;
  if (v->object == VECTOR_KEYRING) {
    return gs_verify_keyring(v->bytes, v->len, &trusted);
  }
  if (v->object == VECTOR_IDENTITY) {
    return judge_identity(v);
  }
  if (v->object == VECTOR_IDENT) {
    return judge_ident(v);
  }
  if (v->object == VECTOR_RECEIPT) {
    return judge_receipt(v);
  }
  if (gs_verify_keyring(v->keyring, v->keyring_len, &trusted) != GS_OK) {
    return GS_E_INTERNAL;
  }
  return v->object == VECTOR_MANIFEST ? judge_manifest(v, &trusted) : judge_link(v, &trusted);
}
