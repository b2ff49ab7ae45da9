/* SPDX-License-Identifier: Apache-2.0
 * What the device says of itself under its own signature: ident and receipts. It signs
 * nothing but these two objects, both built here from its own state; of the host they hold a
 * nonce and nothing else, so that the signature cannot be borrowed.
 *
 * Source: docs/spec/evidence.md.
 */
#include <string.h>

#include "session_internal.h"

#define EVIDENCE_FORMAT 1u

void gs_evidence_keep_hello(struct gs_session *s) {
  struct gs_sha256 h;
  memset(s->hello, 0, sizeof s->hello);
  if (gs_sha256_start(&h) != GS_OK) {
    return;
  }
  if (gs_sha256_add(&h, s->memory.frame, s->in.frame_len) != GS_OK ||
      gs_sha256_add(&h, s->memory.reply, s->out.reply_len) != GS_OK ||
      gs_sha256_finish(&h, s->hello) != GS_OK) {
    gs_sha256_abort(&h);
    memset(s->hello, 0, sizeof s->hello);
  }
}

/* The body stands in the tail behind room for the envelope's head; sign it and close up. */
static enum gs_status sign_tail(struct gs_session *s, enum gs_object_type type, size_t body_len,
                                size_t *len) {
  const struct gs_port *port = gs_engine_port(s->engine);
  size_t cap;
  uint8_t *tail = gs_reply_tail(s, &cap);
  const uint8_t *body = tail + GS_SIGNED_BODY_OFFSET_MAX;
  uint8_t hash[GS_DIGEST_BYTES], sig[GS_SIGNATURE_BYTES], key_id[GS_KEY_ID_BYTES];
  enum gs_status status = gs_signed_hash(type, body, body_len, hash);
  if (status == GS_OK) {
    status = gs_key_id(gs_session_facts(s)->device_key, key_id);
  }
  if (status == GS_OK) {
    status = port->sign(port->ctx, hash, sig);
  }
  if (status != GS_OK) {
    return status;
  }
  const struct gs_signature signature = {.key_id = key_id, .sig = sig, .sig_len = sizeof sig};
  *len = gs_signed_write(body, body_len, &signature, 1, tail, cap);
  return *len > 0 ? GS_OK : GS_E_RANGE;
}

/* Where the body goes; NULL when the reply that the host takes has no room for one. */
static uint8_t *body_room(struct gs_session *s, size_t *cap) {
  uint8_t *tail = gs_reply_tail(s, cap);
  if (*cap <= GS_SIGNED_BODY_OFFSET_MAX + GS_SIGNED_PER_SIGNATURE) {
    return NULL;
  }
  *cap -= GS_SIGNED_BODY_OFFSET_MAX + GS_SIGNED_PER_SIGNATURE;
  return tail + GS_SIGNED_BODY_OFFSET_MAX;
}

static enum gs_status build_ident(struct gs_session *s, const uint8_t *host_nonce, size_t *len) {
  gapseal_v1_Ident v = gapseal_v1_Ident_init_zero;
  gs_fields_all_present(&gapseal_v1_Ident_msg, &v);
  v.format = EVIDENCE_FORMAT;
  enum gs_status status = gs_key_id(gs_session_facts(s)->device_key, v.device_id);
  if (status != GS_OK) {
    return status;
  }
  memcpy(v.hello_sha256, s->hello, sizeof v.hello_sha256);
  memcpy(v.host_nonce, host_nonce, sizeof v.host_nonce);
  memcpy(v.device_nonce, s->nonce, sizeof v.device_nonce);
  gs_engine_facts(s->engine, &v.facts);
  gs_engine_state(s->engine, &v.state);
  size_t cap;
  uint8_t *body = body_room(s, &cap);
  *len = body != NULL ? gs_ident_encode(&v, body, cap) : 0;
  return *len > 0 ? GS_OK : GS_E_RANGE;
}

enum gs_status gs_evidence_ident(struct gs_session *s, const uint8_t *host_nonce, size_t *len) {
  size_t body_len;
  enum gs_status status = build_ident(s, host_nonce, &body_len);
  return status == GS_OK ? sign_tail(s, GS_OBJECT_IDENT, body_len, len) : status;
}

static void from_staged(gapseal_v1_Receipt *v) {
  const gapseal_v1_DeviceState *state = &v->state;
  v->operation = gapseal_v1_Operation_OPERATION_INSTALL;
  memcpy(v->package, state->staged_package, sizeof v->package);
  const gapseal_v1_SlotInfo *slots[2] = {&state->slot_a, &state->slot_b};
  for (size_t i = 0; i < 2; i++) {
    if (slots[i]->present && gs_equal(slots[i]->package, v->package, sizeof v->package)) {
      v->release = slots[i]->release;
      v->security_version = slots[i]->security_version;
    }
  }
}

static enum gs_status fill_delivered(gapseal_v1_Receipt *v) {
  if (v->state.state != gapseal_v1_State_STATE_CANDIDATE &&
      v->state.state != gapseal_v1_State_STATE_STAGED &&
      v->state.state != gapseal_v1_State_STATE_TRIAL) {
    return GS_E_STATE;
  }
  from_staged(v);
  return GS_OK;
}

/* How an operation ended, or was refused. */
static enum gs_status fill_outcome(const struct gs_outcome *outcome, gapseal_v1_Receipt *v) {
  if (outcome->operation == 0) {
    return GS_E_NOT_FOUND;
  }
  v->operation = (gapseal_v1_Operation)outcome->operation;
  v->status = (uint32_t)outcome->status;
  v->release = outcome->release;
  v->security_version = outcome->security_version;
  memcpy(v->package, outcome->package, sizeof v->package);
  return GS_OK;
}

static enum gs_status fill_kind(struct gs_session *s, gapseal_v1_ReceiptKind kind,
                                gapseal_v1_Receipt *v) {
  struct gs_outcome ended;
  switch (kind) {
    case gapseal_v1_ReceiptKind_RECEIPT_KIND_DELIVERED:
      return fill_delivered(v);
    case gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME:
      gs_engine_outcome(s->engine, &ended);
      return fill_outcome(&ended, v);
    case gapseal_v1_ReceiptKind_RECEIPT_KIND_REFUSED:
      return fill_outcome(&s->refusal, v);
    case gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE:
      return GS_OK;
    case gapseal_v1_ReceiptKind_RECEIPT_KIND_UNSPECIFIED:
      break;
  }
  return GS_E_UNSUPPORTED;
}

static enum gs_status build_receipt(struct gs_session *s, const uint8_t *host_nonce,
                                    gapseal_v1_ReceiptKind kind, size_t *len) {
  gapseal_v1_Receipt v = gapseal_v1_Receipt_init_zero;
  gs_fields_all_present(&gapseal_v1_Receipt_msg, &v);
  v.format = EVIDENCE_FORMAT;
  v.kind = kind;
  memcpy(v.host_nonce, host_nonce, sizeof v.host_nonce);
  gs_engine_facts(s->engine, &v.facts);
  gs_engine_state(s->engine, &v.state);
  enum gs_status status = gs_key_id(gs_session_facts(s)->device_key, v.device_id);
  if (status == GS_OK) {
    status = fill_kind(s, kind, &v);
  }
  if (status != GS_OK) {
    return status;
  }
  size_t cap;
  uint8_t *body = body_room(s, &cap);
  *len = body != NULL ? gs_receipt_encode(&v, body, cap) : 0;
  return *len > 0 ? GS_OK : GS_E_RANGE;
}

enum gs_status gs_evidence_receipt(struct gs_session *s, const uint8_t *host_nonce,
                                   gapseal_v1_ReceiptKind kind, size_t *len) {
  size_t body_len;
  enum gs_status status = build_receipt(s, host_nonce, kind, &body_len);
  return status == GS_OK ? sign_tail(s, GS_OBJECT_RECEIPT, body_len, len) : status;
}
