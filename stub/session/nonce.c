/* SPDX-License-Identifier: Apache-2.0
 * The device's nonce, and the waiting that refused signatures earn.
 *
 * The nonce is a hash of everything that differs between two of them: randomness, the number
 * of the start, the number of the call, the nonce before. A random source that is stuck at
 * one value therefore repeats no nonce; one that says it failed makes the device refuse what
 * needs a nonce.
 */
#include <string.h>

#include "bytes.h"
#include "session_internal.h"

#define ENTROPY_BYTES 32u
static const char nonce_context[] = "gapseal:nonce:v1";

static uint32_t boot_count(struct gs_session *s) {
  gapseal_v1_DeviceState state;
  gs_engine_state(s->engine, &state);
  return state.boot_count;
}

static enum gs_status hash_nonce(struct gs_session *s, const uint8_t entropy[ENTROPY_BYTES],
                                 uint8_t out[GS_DIGEST_BYTES]) {
  uint8_t input[sizeof nonce_context + ENTROPY_BYTES + GS_NONCE_BYTES + GS_PUBLIC_KEY_BYTES + 12u];
  struct gs_writer w = gs_writer_init(input, sizeof input);
  gs_write_bytes(&w, nonce_context, sizeof nonce_context);
  gs_write_bytes(&w, entropy, ENTROPY_BYTES);
  gs_write_bytes(&w, s->nonce, GS_NONCE_BYTES);
  gs_write_bytes(&w, gs_session_facts(s)->device_key, GS_PUBLIC_KEY_BYTES);
  gs_write_u32(&w, boot_count(s));
  gs_write_u32(&w, ++s->nonce_calls);
  gs_write_u32(&w, s->now_ms);
  enum gs_status status = w.failed ? GS_E_INTERNAL : gs_sha256(input, w.used, out);
  gs_wipe(input, sizeof input);
  return status;
}

void gs_nonce_renew(struct gs_session *s) {
  const struct gs_port *port = gs_engine_port(s->engine);
  uint8_t entropy[ENTROPY_BYTES];
  uint8_t digest[GS_DIGEST_BYTES];
  s->nonce_valid = false;
  if (port->entropy(port->ctx, entropy, sizeof entropy) != GS_OK) {
    return;
  }
  enum gs_status status = hash_nonce(s, entropy, digest);
  gs_wipe(entropy, sizeof entropy);
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
