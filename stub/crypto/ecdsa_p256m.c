/* SPDX-License-Identifier: Apache-2.0
 * ECDSA P-256 by p256-m, the small implementation that comes with mbedTLS 3.6, without PSA Crypto
 * above it. It takes and gives the same bytes as gapseal does.
 */
#include <p256-m.h>
#include <psa/crypto.h>
#include <string.h>

#include "gapseal/crypto.h"

/* p256-m asks for random bytes by this name; gs_random is the port's. */
psa_status_t psa_generate_random(uint8_t *output, size_t output_size) {
  return gs_random(output, output_size) == GS_OK ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

enum gs_status gs_ecdsa_verify(const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                               const uint8_t hash[GS_DIGEST_BYTES], const uint8_t *sig,
                               size_t sig_len) {
  enum gs_status status = GS_E_CRYPTO;
  if (sig_len != GS_SIGNATURE_BYTES) {
    return GS_E_SIG_FORMAT;
  }
  /* A key that is none is told before the signature is looked at, as PSA Crypto has it. */
  if (p256_validate_pubkey(public_key) != P256_SUCCESS) {
    return GS_E_KEYRING_BAD;
  }
  switch (p256_ecdsa_verify(sig, public_key, hash, GS_DIGEST_BYTES)) {
    case P256_SUCCESS:
      status = GS_OK;
      break;
    case P256_INVALID_SIGNATURE:
      status = GS_E_SIG_BAD;
      break;
    default:
      break;
  }
  return status;
}

enum gs_status gs_ecdsa_check_public(const uint8_t public_key[GS_PUBLIC_KEY_BYTES]) {
  return p256_validate_pubkey(public_key) == P256_SUCCESS ? GS_OK : GS_E_KEYRING_BAD;
}

enum gs_status gs_ecdsa_sign(const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                             const uint8_t hash[GS_DIGEST_BYTES], uint8_t sig[GS_SIGNATURE_BYTES]) {
  if (p256_ecdsa_sign(sig, private_key, hash, GS_DIGEST_BYTES) != P256_SUCCESS) {
    memset(sig, 0, GS_SIGNATURE_BYTES);
    return GS_E_CRYPTO;
  }
  return GS_OK;
}

enum gs_status gs_ecdsa_generate(uint8_t private_key[GS_PRIVATE_KEY_BYTES]) {
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  switch (p256_gen_keypair(private_key, public_key)) {
    case P256_SUCCESS:
      return GS_OK;
    case P256_RANDOM_FAILED:
      return GS_E_NO_RANDOM;
    default:
      return GS_E_CRYPTO;
  }
}

enum gs_status gs_ecdsa_public(const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                               uint8_t public_key[GS_PUBLIC_KEY_BYTES]) {
  return p256_public_from_private(public_key, private_key) == P256_SUCCESS ? GS_OK : GS_E_CRYPTO;
}
