/* SPDX-License-Identifier: Apache-2.0
 * Requests that ask: hello, ident, status, log, receipt. Only status with acknowledge changes
 * anything, and needs the nonce for it.
 */
#include <string.h>

#include "session_internal.h"
#include "wire_schema.h"

static uint32_t smaller(size_t a, size_t b) {
  return (uint32_t)(a < b ? a : b);
}

static void fill_limits(const struct gs_session *s, gapseal_v1_Limits *out) {
  const struct gs_engine_memory *m = gs_engine_memory(s->engine);
  out->manifest_max = smaller(m->manifest_cap, s->memory.object_cap);
  out->keyring_max = smaller(m->keyring_cap, s->memory.object_cap);
  out->order_max = 0;
  out->block_max = (uint32_t)m->block_max;
  out->signatures_max = GS_SIGNATURES_MAX;
}

static void fill_port(const struct gs_session *s, gapseal_v1_PortFacts *out) {
  const struct gs_device_facts *facts = gs_session_facts(s);
  out->erase_ms_max = facts->erase_ms_max;
  out->program_ms_max = facts->program_ms_max;
  out->signature_ms_max = facts->signature_ms_max;
  out->erase_stops_reception = facts->erase_stops_reception;
  out->has_stub_window_ms = true;
  out->stub_window_ms = facts->stub_window_ms;
}

static void fill_hello(struct gs_session *s, gapseal_v1_HelloReply *out) {
  const struct gs_device_facts *facts = gs_session_facts(s);
  gapseal_v1_DeviceState state;
  gs_engine_state(s->engine, &state);
  out->version = GS_WIRE_VERSION;
  out->frame_max = (uint32_t)s->memory.frame_cap - 4u;
  out->window_bytes = (uint32_t)s->memory.rx_cap;
  out->has_limits = out->has_port = true;
  fill_limits(s, &out->limits);
  fill_port(s, &out->port);
  out->schema = GS_WIRE_SCHEMA;
  memcpy(out->serial, facts->serial, sizeof out->serial);
  out->serial[sizeof out->serial - 1u] = '\0';
  out->product.size = sizeof facts->product;
  memcpy(out->product.bytes, facts->product, sizeof facts->product);
  out->running = state.running;
  out->state = state.state;
}

enum gs_status gs_on_hello(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_HelloRequest *h = &c->request->body.hello;
  gs_session_start_over(s);
  s->host_frame_max = h->frame_max < GS_FRAME_MAX_MIN ? GS_FRAME_MAX_MIN : h->frame_max;
  c->reply->which_body = gapseal_v1_Reply_hello_tag;
  fill_hello(s, &c->reply->body.hello);
  if (h->version_min > GS_WIRE_VERSION || h->version_max < GS_WIRE_VERSION) {
    return GS_E_WIRE_VERSION;
  }
  s->opened = true;
  return GS_OK;
}

enum gs_status gs_on_ident(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_IdentRequest *r = &c->request->body.ident;
  const struct gs_device_facts *facts = gs_session_facts(s);
  size_t cap, len;
  if (r->host_nonce.size != GS_HOST_NONCE_BYTES) {
    return GS_E_REQUEST_BAD;
  }
  if (!s->nonce_valid) {
    return GS_E_NO_RANDOM;
  }
  enum gs_status status = gs_evidence_ident(s, r->host_nonce.bytes, &len);
  if (status != GS_OK) {
    return status;
  }
  uint8_t *tail = gs_reply_tail(s, &cap);
  if (facts->statement_len > cap - len) {
    return GS_E_RANGE;
  }
  if (facts->statement_len > 0) {
    memcpy(tail + len, facts->statement, facts->statement_len);
  }
  c->reply->which_body = gapseal_v1_Reply_ident_tag;
  c->reply->body.ident.ident_len = (uint32_t)len;
  c->reply->body.ident.statement_len = (uint32_t)facts->statement_len;
  c->reply_tail = len + facts->statement_len;
  return GS_OK;
}

/* Image bytes that are in flash and verified; known while an accepted begin is. */
static void fill_progress(const struct gs_session *s, gapseal_v1_StatusReply *out) {
  const struct gs_table_shape *t = gs_engine_table(s->engine);
  const struct gs_engine_progress *p = gs_engine_progress(s->engine);
  if (t == NULL) {
    return;
  }
  uint32_t block = t->digests_a_page * GS_DIGEST_BYTES;
  out->image_bytes = (t->blocks - 1u) * block + t->last_block_len;
  uint32_t missing = p->blocks_needed * block;
  if (p->blocks_needed > 0 && gs_engine_block_needed(s->engine, t->blocks - 1u)) {
    missing -= block - t->last_block_len;
  }
  out->verified_bytes = missing < out->image_bytes ? out->image_bytes - missing : 0;
}

enum gs_status gs_on_status(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_StatusRequest *r = &c->request->body.status;
  gapseal_v1_StatusReply *out = &c->reply->body.device;
  enum gs_status status = GS_OK;
  if (r->acknowledge) {
    status = gs_nonce_check(s, c, r->nonce.bytes, r->nonce.size);
    if (status == GS_OK) {
      status = gs_engine_acknowledge(s->engine);
    }
  }
  c->reply->which_body = gapseal_v1_Reply_device_tag;
  out->has_state = true;
  gs_engine_state(s->engine, &out->state);
  fill_progress(s, out);
  return status;
}

enum gs_status gs_on_log(struct gs_session *s, struct gs_call *c) {
  gapseal_v1_LogReply *out = &c->reply->body.log;
  size_t cap;
  uint8_t *tail = gs_reply_tail(s, &cap);
  uint32_t count = 0, oldest = 0, newest = 0;
  uint32_t from = c->request->body.log.from_sequence;
  enum gs_status status = gs_engine_log_read(
      s->engine, from, tail, (uint32_t)(cap / GS_LOG_ENTRY_BYTES), &count, &oldest, &newest);
  if (status != GS_OK) {
    return status;
  }
  c->reply->which_body = gapseal_v1_Reply_log_tag;
  out->first_sequence = from > oldest ? from : oldest;
  out->count = count;
  out->oldest_sequence = oldest;
  out->newest_sequence = newest;
  c->reply_tail = (size_t)count * GS_LOG_ENTRY_BYTES;
  return GS_OK;
}

enum gs_status gs_on_receipt(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_ReceiptRequest *r = &c->request->body.receipt;
  size_t len;
  if (r->host_nonce.size != GS_HOST_NONCE_BYTES) {
    return GS_E_REQUEST_BAD;
  }
  enum gs_status status = gs_evidence_receipt(s, r->host_nonce.bytes, r->kind, &len);
  if (status != GS_OK) {
    return status;
  }
  c->reply->which_body = gapseal_v1_Reply_receipt_tag;
  c->reply->body.receipt.receipt_len = (uint32_t)len;
  c->reply_tail = len;
  return GS_OK;
}
