/* SPDX-License-Identifier: Apache-2.0
 * Hashes by mbedTLS 3.6 without PSA Crypto above them: for microcontrollers.
 */
#include <mbedtls/sha256.h>
#include <mbedtls/version.h>
#include <string.h>

#include "crypto_internal.h"

/* The library's context, and whether it may be used. */
struct state {
  mbedtls_sha256_context context;
  bool live;
};

_Static_assert(sizeof(struct state) <= GS_SHA256_STATE_BYTES,
               "struct gs_sha256 has no room for the library's hash state");

enum gs_status gs_crypto_library_init(void) {
  return GS_OK;
}

const char *gs_crypto_library(void) {
  return MBEDTLS_VERSION_STRING_FULL;
}

/* The caller's memory is raw storage that only this file looks into. */
static struct state *state_of(struct gs_sha256 *h) {
  void *storage = h->state;
  return storage;
}

static enum gs_status step(struct state *s, int got) {
  s->live = s->live && got == 0;
  return s->live ? GS_OK : GS_E_CRYPTO;
}

enum gs_status gs_sha256_start(struct gs_sha256 *h) {
  struct state *s = state_of(h);
  mbedtls_sha256_init(&s->context);
  s->live = true;
  return step(s, mbedtls_sha256_starts(&s->context, 0));
}

enum gs_status gs_sha256_add(struct gs_sha256 *h, const void *data, size_t len) {
  struct state *s = state_of(h);
  return step(s, s->live && len > 0 ? mbedtls_sha256_update(&s->context, data, len) : 0);
}

enum gs_status gs_sha256_finish(struct gs_sha256 *h, uint8_t out[GS_DIGEST_BYTES]) {
  struct state *s = state_of(h);
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = step(s, s->live ? mbedtls_sha256_finish(&s->context, digest) : 0);
  if (status == GS_OK) {
    memcpy(out, digest, sizeof digest);
  }
  gs_sha256_abort(h);
  return status;
}

void gs_sha256_abort(struct gs_sha256 *h) {
  gs_wipe(h->state, sizeof(struct state));
}
