/* SPDX-License-Identifier: Apache-2.0
 * ECDSA P-256 over PSA Crypto. Keys live in the library's volatile store only for the length
 * of one call.
 */
#include <psa/crypto.h>
#include <string.h>

#include "gapseal/crypto.h"

#define KEY_BITS 256u
/* PSA's form of a public key: 0x04 (uncompressed), X, Y. */
#define POINT_BYTES (1u + GS_PUBLIC_KEY_BYTES)
#define POINT_UNCOMPRESSED 0x04u

static psa_key_attributes_t attributes(psa_key_type_t type, psa_key_usage_t usage,
                                       psa_algorithm_t algorithm) {
  psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&a, type);
  psa_set_key_bits(&a, KEY_BITS);
  psa_set_key_usage_flags(&a, usage);
  psa_set_key_algorithm(&a, algorithm);
  return a;
}

static enum gs_status import_public(const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                                    psa_key_id_t *key) {
  uint8_t point[POINT_BYTES];
  point[0] = POINT_UNCOMPRESSED;
  memcpy(point + 1, public_key, GS_PUBLIC_KEY_BYTES);
  psa_key_attributes_t a = attributes(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1),
                                      PSA_KEY_USAGE_VERIFY_HASH, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
  switch (psa_import_key(&a, point, sizeof point, key)) {
    case PSA_SUCCESS:
      return GS_OK;
    case PSA_ERROR_INVALID_ARGUMENT: /* the library checks that the point is on the curve */
    case PSA_ERROR_NOT_SUPPORTED:
      return GS_E_KEYRING_BAD;
    default:
      return GS_E_CRYPTO;
  }
}

enum gs_status gs_ecdsa_verify(const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                               const uint8_t hash[GS_DIGEST_BYTES], const uint8_t *sig,
                               size_t sig_len) {
  if (sig_len != GS_SIGNATURE_BYTES) {
    return GS_E_SIG_FORMAT;
  }
  psa_key_id_t key = 0;
  enum gs_status st = import_public(public_key, &key);
  if (st != GS_OK) {
    return st;
  }
  psa_status_t got =
      psa_verify_hash(key, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, GS_DIGEST_BYTES, sig, sig_len);
  psa_status_t gone = psa_destroy_key(key);
  if (got == PSA_ERROR_INVALID_SIGNATURE) {
    return GS_E_SIG_BAD;
  }
  st = GS_E_CRYPTO;
  if (got == PSA_SUCCESS && gone == PSA_SUCCESS) {
    st = GS_OK;
  }
  return st;
}

enum gs_status gs_ecdsa_check_public(const uint8_t public_key[GS_PUBLIC_KEY_BYTES]) {
  psa_key_id_t key = 0;
  enum gs_status st = import_public(public_key, &key);
  if (st != GS_OK) {
    return st;
  }
  return psa_destroy_key(key) == PSA_SUCCESS ? GS_OK : GS_E_CRYPTO;
}

static psa_status_t sign_with(psa_algorithm_t algorithm,
                              const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                              const uint8_t hash[GS_DIGEST_BYTES],
                              uint8_t sig[GS_SIGNATURE_BYTES]) {
  psa_key_attributes_t a = attributes(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1),
                                      PSA_KEY_USAGE_SIGN_HASH, algorithm);
  psa_key_id_t key = 0;
  psa_status_t got = psa_import_key(&a, private_key, GS_PRIVATE_KEY_BYTES, &key);
  if (got != PSA_SUCCESS) {
    return got;
  }
  size_t len = 0;
  got = psa_sign_hash(key, algorithm, hash, GS_DIGEST_BYTES, sig, GS_SIGNATURE_BYTES, &len);
  if (got == PSA_SUCCESS && len != GS_SIGNATURE_BYTES) {
    got = PSA_ERROR_GENERIC_ERROR;
  }
  psa_status_t gone = psa_destroy_key(key);
  return got == PSA_SUCCESS ? gone : got;
}

enum gs_status gs_ecdsa_sign(const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                             const uint8_t hash[GS_DIGEST_BYTES], uint8_t sig[GS_SIGNATURE_BYTES]) {
  psa_status_t got =
      sign_with(PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256), private_key, hash, sig);
  if (got == PSA_ERROR_NOT_SUPPORTED) {
    got = sign_with(PSA_ALG_ECDSA(PSA_ALG_SHA_256), private_key, hash, sig);
  }
  if (got != PSA_SUCCESS) {
    memset(sig, 0, GS_SIGNATURE_BYTES);
    return GS_E_CRYPTO;
  }
  return GS_OK;
}

enum gs_status gs_ecdsa_generate(uint8_t private_key[GS_PRIVATE_KEY_BYTES]) {
  psa_key_attributes_t a = attributes(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1),
                                      PSA_KEY_USAGE_EXPORT, PSA_ALG_NONE);
  psa_key_id_t key = 0;
  psa_status_t got = psa_generate_key(&a, &key);
  if (got == PSA_ERROR_INSUFFICIENT_ENTROPY) {
    return GS_E_NO_RANDOM;
  }
  if (got != PSA_SUCCESS) {
    return GS_E_CRYPTO;
  }
  size_t len = 0;
  got = psa_export_key(key, private_key, GS_PRIVATE_KEY_BYTES, &len);
  psa_status_t gone = psa_destroy_key(key);
  bool whole = got == PSA_SUCCESS && gone == PSA_SUCCESS && len == GS_PRIVATE_KEY_BYTES;
  return whole ? GS_OK : GS_E_CRYPTO;
}

enum gs_status gs_ecdsa_public(const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                               uint8_t public_key[GS_PUBLIC_KEY_BYTES]) {
  psa_key_attributes_t a =
      attributes(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), 0, PSA_ALG_NONE);
  psa_key_id_t key = 0;
  if (psa_import_key(&a, private_key, GS_PRIVATE_KEY_BYTES, &key) != PSA_SUCCESS) {
    return GS_E_CRYPTO;
  }
  uint8_t point[POINT_BYTES];
  size_t len = 0;
  psa_status_t got = psa_export_public_key(key, point, sizeof point, &len);
  psa_status_t gone = psa_destroy_key(key);
  if (got != PSA_SUCCESS || gone != PSA_SUCCESS || len != sizeof point ||
      point[0] != POINT_UNCOMPRESSED) {
    return GS_E_CRYPTO;
  }
  memcpy(public_key, point + 1, GS_PUBLIC_KEY_BYTES);
  return GS_OK;
}
