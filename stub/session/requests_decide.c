/* SPDX-License-Identifier: Apache-2.0
 * Requests that decide: confirm, reject, rollback, cancel, reboot. Each needs the device's
 * nonce, so that none can be replayed; under an open policy the package digest as well, so
 * that none hits another image than the one meant.
 */
#include <string.h>

#include "session_internal.h"

typedef enum gs_status (*gs_decision)(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]);

static enum gs_status decide(struct gs_session *s, struct gs_call *c,
                             const gapseal_v1_DecideRequest *r, gs_decision decision) {
  if (r->package.size != GS_DIGEST_BYTES) {
    return GS_E_REQUEST_BAD;
  }
  memcpy(c->about.package, r->package.bytes, sizeof c->about.package);
  enum gs_status status = gs_nonce_check(s, c, r->nonce.bytes, r->nonce.size);
  return status == GS_OK ? decision(s->engine, r->package.bytes) : status;
}

enum gs_status gs_on_confirm(struct gs_session *s, struct gs_call *c) {
  return decide(s, c, &c->request->body.confirm, gs_engine_confirm);
}

enum gs_status gs_on_reject(struct gs_session *s, struct gs_call *c) {
  enum gs_status status = decide(s, c, &c->request->body.reject, gs_engine_reject);
  s->reset_owed = s->reset_owed || status == GS_OK;
  return status;
}

enum gs_status gs_on_rollback(struct gs_session *s, struct gs_call *c) {
  enum gs_status status = decide(s, c, &c->request->body.rollback, gs_engine_rollback);
  s->reset_owed = s->reset_owed || status == GS_OK;
  return status;
}

enum gs_status gs_on_cancel(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_NonceRequest *r = &c->request->body.cancel;
  enum gs_status status = gs_nonce_check(s, c, r->nonce.bytes, r->nonce.size);
  if (status == GS_OK) {
    status = gs_engine_cancel(s->engine);
  }
  if (status == GS_OK) {
    gs_flow_close(s);
    s->begun = s->scanned = s->reset_owed = false;
  }
  return status;
}

/* A reboot that an accepted request leads to is part of it; any other one has to wait until
 * the device has run for a while, so that nobody can keep it from running by asking. */
enum gs_status gs_on_reboot(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_NonceRequest *r = &c->request->body.reboot;
  enum gs_status status = gs_nonce_check(s, c, r->nonce.bytes, r->nonce.size);
  bool owed = s->reset_owed || gs_session_state(s) == gapseal_v1_State_STATE_STAGED;
  if (status == GS_OK && !owed && s->now_ms - s->start_ms < GS_REBOOT_HOLDOFF_MS) {
    c->nonce_used = false; /* the host may ask again with it */
    status = GS_E_RATE;
  }
  s->reset = status == GS_OK;
  return status;
}
