/* SPDX-License-Identifier: Apache-2.0
 * Hashes over mbedTLS's SHA-256 itself, without PSA Crypto: for chips where 5 KiB of flash count.
 * Needs MBEDTLS_SHA256_C of mbedTLS 3.6. Its functions have no fault but a wrong argument.
 */
#include <mbedtls/build_info.h>
#include <mbedtls/sha256.h>
#include <string.h>

#include "crypto_internal.h"

_Static_assert(sizeof(mbedtls_sha256_context) <= GS_SHA256_STATE_BYTES,
               "struct gs_sha256 has no room for the library's hash state");
_Static_assert(_Alignof(mbedtls_sha256_context) <= _Alignof(struct gs_sha256),
               "struct gs_sha256 is not aligned for the library's hash state");

const char *gs_crypto_library(void) {
  return MBEDTLS_VERSION_STRING_FULL;
}

bool gs_crypto_library_ready(void) {
  return true;
}

/* The caller's memory is raw storage that only this file looks into. */
static mbedtls_sha256_context *context(struct gs_sha256 *h) {
  void *storage = h->state;
  return storage;
}

static enum gs_status crypto_status(int got) {
  return got == 0 ? GS_OK : GS_E_CRYPTO;
}

enum gs_status gs_sha256_start(struct gs_sha256 *h) {
  memset(h, 0, sizeof *h);
  return crypto_status(mbedtls_sha256_starts(context(h), 0));
}

enum gs_status gs_sha256_add(struct gs_sha256 *h, const void *data, size_t len) {
  return crypto_status(mbedtls_sha256_update(context(h), data, len));
}

enum gs_status gs_sha256_finish(struct gs_sha256 *h, uint8_t out[GS_DIGEST_BYTES]) {
  return crypto_status(mbedtls_sha256_finish(context(h), out));
}

void gs_sha256_abort(struct gs_sha256 *h) {
  gs_wipe(h, sizeof *h);
}
