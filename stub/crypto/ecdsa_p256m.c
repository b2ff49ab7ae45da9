/* SPDX-License-Identifier: Apache-2.0
 * ECDSA P-256 over p256-m, as mbedTLS 3.6 carries it, without PSA Crypto. It has no state and no
 * key store. The firmware brings gs_random: signing draws its secret number from it.
 */
#include <p256-m.h>
#include <psa/crypto.h>

#include "gapseal/crypto.h"

/* mbedTLS's copy of p256-m asks for this function of PSA Crypto, and for no other. */
psa_status_t psa_generate_random(uint8_t *output, size_t output_size) {
  return gs_random(output, output_size) == GS_OK ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

enum gs_status gs_ecdsa_verify(const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                               const uint8_t hash[GS_DIGEST_BYTES], const uint8_t *sig,
                               size_t sig_len) {
  if (sig_len != GS_SIGNATURE_BYTES) {
    return GS_E_SIG_FORMAT;
  }
  enum gs_status st = GS_E_SIG_BAD;
  int got = p256_ecdsa_verify(sig, public_key, hash, GS_DIGEST_BYTES);
  if (got == P256_INVALID_PUBKEY) {
    st = GS_E_KEYRING_BAD;
  } else if (got == P256_SUCCESS) {
    st = GS_OK;
  }
  return st;
}

enum gs_status gs_ecdsa_check_public(const uint8_t public_key[GS_PUBLIC_KEY_BYTES]) {
  return p256_validate_pubkey(public_key) == P256_SUCCESS ? GS_OK : GS_E_KEYRING_BAD;
}

enum gs_status gs_ecdsa_sign(const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                             const uint8_t hash[GS_DIGEST_BYTES], uint8_t sig[GS_SIGNATURE_BYTES]) {
  if (p256_ecdsa_sign(sig, private_key, hash, GS_DIGEST_BYTES) != P256_SUCCESS) {
    gs_wipe(sig, GS_SIGNATURE_BYTES);
    return GS_E_CRYPTO;
  }
  return GS_OK;
}

enum gs_status gs_ecdsa_generate(uint8_t private_key[GS_PRIVATE_KEY_BYTES]) {
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  int got = p256_gen_keypair(private_key, public_key);
  if (got == P256_RANDOM_FAILED) {
    return GS_E_NO_RANDOM;
  }
  return got == P256_SUCCESS ? GS_OK : GS_E_CRYPTO;
}

enum gs_status gs_ecdsa_public(const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                               uint8_t public_key[GS_PUBLIC_KEY_BYTES]) {
  return p256_public_from_private(public_key, private_key) == P256_SUCCESS ? GS_OK : GS_E_CRYPTO;
}
