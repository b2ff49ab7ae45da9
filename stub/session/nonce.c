/* SPDX-License-Identifier: Apache-2.0
 * The device's nonce, and the waiting that refused signatures earn.
 *
 * The nonce is a hash of everything that differs between two of them: randomness, the number
 * of the start, the number of the call, the nonce before. A random source that is stuck at
 * one value therefore repeats no nonce; one that says it failed makes the device refuse what
 * needs a nonce.
 */
#include <string.h>

#include "session_internal.h"

#define ENTROPY_BYTES 32u
static const char nonce_context[] = "gapseal:nonce:v1";

/* Hashed as it lies in memory: nobody else computes it. */
struct ingredients {
  char context[sizeof nonce_context];
  uint8_t entropy[ENTROPY_BYTES];
  uint8_t before[GS_NONCE_BYTES];
  uint8_t device_key[GS_PUBLIC_KEY_BYTES];
  uint32_t start, call, now_ms;
};

void gs_nonce_renew(struct gs_session *s) {
  const struct gs_port *port = gs_engine_port(s->engine);
  struct ingredients in;
  uint8_t digest[GS_DIGEST_BYTES];
  memset(&in, 0, sizeof in);
  s->nonce_valid = false;
  if (port->entropy(port->ctx, in.entropy, sizeof in.entropy) != GS_OK) {
    return;
  }
  memcpy(in.context, nonce_context, sizeof in.context);
  memcpy(in.before, s->nonce, sizeof in.before);
  memcpy(in.device_key, port->facts->device_key, sizeof in.device_key);
  in.start = gs_engine_boot_count(s->engine);
  in.call = ++s->nonce_calls;
  in.now_ms = s->now_ms;
  enum gs_status status = gs_sha256(&in, sizeof in, digest);
  gs_wipe(&in, sizeof in);
  if (status != GS_OK) {
    return;
  }
  memcpy(s->nonce, digest, GS_NONCE_BYTES);
  s->nonce_valid = true;
}

enum gs_status gs_nonce_check(struct gs_session *s, struct gs_call *c, const uint8_t *nonce,
                              size_t len) {
  if (!s->nonce_valid) {
    return GS_E_NO_RANDOM;
  }
  if (len != GS_NONCE_BYTES || !gs_equal(nonce, s->nonce, GS_NONCE_BYTES)) {
    return GS_E_NONCE;
  }
  c->nonce_used = true;
  return GS_OK;
}

bool gs_rate_waits(const struct gs_session *s) {
  return s->wait_ms != 0 && s->now_ms - s->wait_from_ms < s->wait_ms;
}

static bool is_bad_signature(enum gs_status status) {
  return status >= GS_E_SIG_MISSING && status <= GS_E_KEYRING_BAD;
}

/* Only a verdict that comes after the signatures says that they held. Requests that fail
 * before any signature is looked at must not wash a row of bad ones away. */
static bool signatures_held(enum gs_status status) {
  return status == GS_OK || status == GS_E_ALREADY ||
         (status >= GS_E_PRODUCT && status <= GS_E_BELOW_MINIMUM) ||
         (status >= GS_E_BUSY_OTHER && status <= GS_E_IN_TRIAL);
}

void gs_rate_note(struct gs_session *s, enum gs_status status) {
  if (signatures_held(status)) {
    s->bad_signatures = 0;
    s->wait_ms = 0;
  }
  if (!is_bad_signature(status)) {
    return;
  }
  s->bad_signatures += s->bad_signatures < UINT32_MAX;
  if (s->bad_signatures < GS_RATE_AFTER) {
    return;
  }
  s->wait_from_ms = s->now_ms;
  s->wait_ms = s->wait_ms == 0 ? GS_RATE_FIRST_MS : s->wait_ms * 2u;
  if (s->wait_ms > GS_RATE_MAX_MS) {
    s->wait_ms = GS_RATE_MAX_MS;
  }
}
