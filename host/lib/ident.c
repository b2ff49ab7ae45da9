/* SPDX-License-Identifier: Apache-2.0 */
#include "ident.h"

#include <string.h>

#include "gapseal/crypto.h"
#include "signed.h"
#include "text.h"

static const struct gsh_maker *find_maker(const struct gsh_makers *makers, const uint8_t *id) {
  for (size_t i = 0; i < makers->count; i++) {
    if (gs_equal(makers->list[i].id, id, GS_KEY_ID_BYTES)) {
      return &makers->list[i];
    }
  }
  return NULL;
}

static enum gs_status unknown_maker(const struct gsh_makers *makers, const uint8_t *id,
                                    struct gsh_error *err) {
  char hex[2 * GS_KEY_ID_BYTES + 1];
  gsh_hex(id, GS_KEY_ID_BYTES, hex);
  gsh_fail(err, GS_E_NOT_GENUINE, "its maker's key %.16s is not trusted here", hex);
  if (makers->count == 0) {
    gsh_next_step(err, "run: gapseal trust add maker.pub.pem, with the key of the device's maker");
  } else {
    gsh_next_step(
        err, "if it is the right device: gapseal trust add FILE.pub.pem, with its maker's key");
  }
  return GS_E_NOT_GENUINE;
}

/* Every signature must be a trusted maker's and hold; one at least is there. */
static enum gs_status judge_makers(const struct gs_signed *s, const struct gsh_makers *makers,
                                   struct gsh_error *err) {
  uint8_t hash[GS_DIGEST_BYTES];
  if (gs_signed_hash(GS_OBJECT_IDENTITY, s->body, s->body_len, hash) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  for (size_t i = 0; i < s->signature_count; i++) {
    const struct gsh_maker *maker = find_maker(makers, s->signatures[i].key_id);
    if (maker == NULL) {
      return unknown_maker(makers, s->signatures[i].key_id, err);
    }
    enum gs_status status =
        gs_ecdsa_verify(maker->key, hash, s->signatures[i].sig, s->signatures[i].sig_len);
    if (status == GS_E_CRYPTO) {
      return gsh_fail_crypto(err);
    }
    if (status != GS_OK) {
      return gsh_fail(err, GS_E_NOT_GENUINE, "its maker's statement does not fit the signature");
    }
  }
  return GS_OK;
}

/* *fits: one of the makers signed it, whatever name it bears. */
static enum gs_status fits_a_maker(const struct gs_signature *sig, const uint8_t *hash,
                                   const struct gsh_makers *makers, bool *fits) {
  *fits = false;
  for (size_t i = 0; i < makers->count && !*fits; i++) {
    enum gs_status status = gs_ecdsa_verify(makers->list[i].key, hash, sig->sig, sig->sig_len);
    if (status == GS_E_CRYPTO) {
      return status;
    }
    *fits = status == GS_OK;
  }
  return GS_OK;
}

enum gs_status gsh_identity_altered(const uint8_t *envelope, size_t len,
                                    const struct gsh_makers *makers, bool *altered) {
  struct gs_signed s;
  uint8_t hash[GS_DIGEST_BYTES];
  *altered = true;
  if (len > GSH_ENVELOPE_MAX || gs_signed_parse(envelope, len, &s) != GS_OK) {
    return GS_OK;
  }
  enum gs_status status = gs_signed_hash(GS_OBJECT_IDENTITY, s.body, s.body_len, hash);
  bool found = s.signature_count == 0;
  for (size_t i = 0; status == GS_OK && i < s.signature_count; i++) {
    bool fits = false;
    bool named = find_maker(makers, s.signatures[i].key_id) != NULL;
    status = fits_a_maker(&s.signatures[i], hash, makers, &fits);
    /* A trusted maker's key under another name, or its name over what it did not sign. */
    found = found || fits != named;
  }
  *altered = found;
  return status;
}

enum gs_status gsh_identity_verify(const uint8_t *envelope, size_t len,
                                   const struct gsh_makers *makers, struct gsh_identity *out,
                                   struct gsh_error *err) {
  struct gs_signed s;
  if (len == 0) {
    gsh_fail(err, GS_E_NOT_GENUINE, "it has no statement of a maker");
    gsh_next_step(err,
                  "have its maker put an identity statement on it, as for each device that is "
                  "made; no key that is trusted here can stand for that");
    return GS_E_NOT_GENUINE;
  }
  if (len > GSH_ENVELOPE_MAX || gs_signed_parse(envelope, len, &s) != GS_OK ||
      s.signature_count == 0) {
    return gsh_fail(err, GS_E_NOT_GENUINE, "its maker's statement cannot be read");
  }
  enum gs_status status = makers == NULL ? GS_OK : judge_makers(&s, makers, err);
  if (status != GS_OK) {
    return status;
  }
  struct gsh_identity found;
  memset(&found, 0, sizeof found);
  if (gs_identity_decode(s.body, s.body_len, &found.fields) != GS_OK) {
    return gsh_fail(err, GS_E_NOT_GENUINE, "its maker's statement cannot be read");
  }
  if (gs_key_id(found.fields.device_key, found.device_id) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  memcpy(found.maker_id, s.signatures[0].key_id, GS_KEY_ID_BYTES);
  *out = found;
  return GS_OK;
}

/* An object that the device signed, by its one key. GS_E_SIG_BAD: it did not. */
static enum gs_status device_signed(const uint8_t *envelope, size_t len, enum gs_object_type type,
                                    const struct gsh_identity *identity, struct gs_signed *s) {
  uint8_t hash[GS_DIGEST_BYTES];
  if (len > GSH_ENVELOPE_MAX || gs_signed_parse(envelope, len, s) != GS_OK ||
      s->signature_count != 1 ||
      !gs_equal(s->signatures[0].key_id, identity->device_id, GS_KEY_ID_BYTES)) {
    return GS_E_SIG_BAD;
  }
  enum gs_status status = gs_signed_hash(type, s->body, s->body_len, hash);
  if (status == GS_OK) {
    status = gs_ecdsa_verify(identity->fields.device_key, hash, s->signatures[0].sig,
                             s->signatures[0].sig_len);
  }
  return status == GS_OK || status == GS_E_CRYPTO ? status : GS_E_SIG_BAD;
}

/* Facts of the device against the maker's statement. */
static bool facts_fit(const gapseal_v1_DeviceFacts *facts, const gapseal_v1_Identity *identity) {
  return strcmp(facts->serial, identity->serial) == 0 &&
         memcmp(facts->product, identity->product, GS_ID_BYTES) == 0 &&
         memcmp(facts->hardware, identity->hardware, GS_ID_BYTES) == 0 &&
         facts->revision == identity->revision;
}

static bool hello_fits(const gapseal_v1_HelloReply *hello, const gapseal_v1_Identity *identity) {
  return strcmp(hello->serial, identity->serial) == 0 && hello->product.size == GS_ID_BYTES &&
         memcmp(hello->product.bytes, identity->product, GS_ID_BYTES) == 0;
}

enum gs_status gsh_ident_verify(const uint8_t *envelope, size_t len,
                                const struct gsh_ident_expectation *expected, gapseal_v1_Ident *out,
                                struct gsh_error *err) {
  struct gs_signed s;
  gapseal_v1_Ident found;
  const struct gsh_identity *identity = expected->identity;
  enum gs_status status = device_signed(envelope, len, GS_OBJECT_IDENT, identity, &s);
  if (status == GS_E_CRYPTO) {
    return gsh_fail_crypto(err);
  }
  if (status != GS_OK) {
    return gsh_fail(err, GS_E_NOT_GENUINE, "it does not hold the key that its maker vouches for");
  }
  if (gs_ident_decode(s.body, s.body_len, &found) != GS_OK) {
    return gsh_fail(err, GS_E_NOT_GENUINE, "what it says of itself cannot be read");
  }
  if (!gs_equal(found.host_nonce, expected->host_nonce, GS_HOST_NONCE_BYTES)) {
    return gsh_fail(err, GS_E_NOT_GENUINE, "its answer was made for another question");
  }
  if (!gs_equal(found.hello_sha256, expected->hello_sha256, GS_DIGEST_BYTES)) {
    return gsh_fail(err, GS_E_NOT_GENUINE, "the opening of the session was altered on the way");
  }
  if (!gs_equal(found.device_id, identity->device_id, GS_KEY_ID_BYTES) ||
      !facts_fit(&found.facts, &identity->fields) ||
      !hello_fits(expected->hello, &identity->fields)) {
    return gsh_fail(err, GS_E_NOT_GENUINE, "what it says of itself is not what its maker says");
  }
  *out = found;
  return GS_OK;
}

enum gs_status gsh_receipt_verify(const uint8_t *envelope, size_t len,
                                  const struct gsh_identity *identity, const uint8_t *host_nonce,
                                  gapseal_v1_Receipt *out, struct gsh_error *err) {
  struct gs_signed s;
  gapseal_v1_Receipt found;
  enum gs_status status = device_signed(envelope, len, GS_OBJECT_RECEIPT, identity, &s);
  if (status == GS_E_CRYPTO) {
    return gsh_fail_crypto(err);
  }
  if (status != GS_OK) {
    return gsh_fail(err, GS_E_RECEIPT_BAD, "the receipt is not signed by this device");
  }
  if (gs_receipt_decode(s.body, s.body_len, &found) != GS_OK) {
    return gsh_fail(err, GS_E_RECEIPT_BAD, "the receipt cannot be read");
  }
  if (host_nonce != NULL && !gs_equal(found.host_nonce, host_nonce, GS_HOST_NONCE_BYTES)) {
    return gsh_fail(err, GS_E_RECEIPT_BAD, "the receipt was made for another question");
  }
  if (!gs_equal(found.device_id, identity->device_id, GS_KEY_ID_BYTES) ||
      !facts_fit(&found.facts, &identity->fields)) {
    return gsh_fail(err, GS_E_RECEIPT_BAD, "the receipt names another device than its key");
  }
  *out = found;
  return GS_OK;
}
