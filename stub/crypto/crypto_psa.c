/* SPDX-License-Identifier: Apache-2.0
 * Hashes and random bytes, over PSA Crypto as mbedTLS 2.28 and 3.6 offer it.
 */
#include <mbedtls/version.h>
#include <psa/crypto.h>
#include <string.h>

#include "crypto_internal.h"

_Static_assert(sizeof(psa_hash_operation_t) <= GS_SHA256_STATE_BYTES,
               "struct gs_sha256 has no room for the library's hash state");
_Static_assert(_Alignof(psa_hash_operation_t) <= _Alignof(struct gs_sha256),
               "struct gs_sha256 is not aligned for the library's hash state");

const char *gs_crypto_library(void) {
  return MBEDTLS_VERSION_STRING_FULL;
}

bool gs_crypto_library_ready(void) {
  return psa_crypto_init() == PSA_SUCCESS;
}

/* The caller's memory is raw storage that only this file looks into. */
static psa_hash_operation_t *operation(struct gs_sha256 *h) {
  void *storage = h->state;
  return storage;
}

static enum gs_status crypto_status(psa_status_t got) {
  return got == PSA_SUCCESS ? GS_OK : GS_E_CRYPTO;
}

enum gs_status gs_sha256_start(struct gs_sha256 *h) {
  memset(h, 0, sizeof *h); /* as PSA_HASH_OPERATION_INIT */
  return crypto_status(psa_hash_setup(operation(h), PSA_ALG_SHA_256));
}

enum gs_status gs_sha256_add(struct gs_sha256 *h, const void *data, size_t len) {
  if (len == 0) {
    data = ""; /* the library may not be given NULL */
  }
  return crypto_status(psa_hash_update(operation(h), data, len));
}

enum gs_status gs_sha256_finish(struct gs_sha256 *h, uint8_t out[GS_DIGEST_BYTES]) {
  uint8_t digest[GS_DIGEST_BYTES];
  size_t len = 0;
  psa_status_t got = psa_hash_finish(operation(h), digest, sizeof digest, &len);
  if (got != PSA_SUCCESS || len != sizeof digest) {
    gs_sha256_abort(h);
    return GS_E_CRYPTO;
  }
  memcpy(out, digest, sizeof digest);
  return GS_OK;
}

void gs_sha256_abort(struct gs_sha256 *h) {
  (void)psa_hash_abort(operation(h));
}

enum gs_status gs_random(void *out, size_t len) {
  return psa_generate_random(out, len) == PSA_SUCCESS ? GS_OK : GS_E_NO_RANDOM;
}
