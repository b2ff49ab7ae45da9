/* SPDX-License-Identifier: Apache-2.0 */
#include "session_host.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"

#define STEPS_MAX 100000

static enum gs_status entropy(void *ctx, void *out, size_t len) {
  struct session_host *h = ctx;
  memset(out, h->entropy_byte, len);
  h->entropy_byte = (uint8_t)(h->entropy_byte + h->entropy_counts);
  return h->entropy_status;
}

static enum gs_status sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                           uint8_t sig[GS_SIGNATURE_BYTES]) {
  struct session_host *h = ctx;
  h->signatures++;
  return gs_ecdsa_sign(h->private_key, hash, sig);
}

static uint8_t *place(struct session_host *h, size_t *used, size_t len) {
  uint8_t *at = h->buffers + *used;
  *used += len;
  assert_true(*used <= sizeof h->buffers);
  return at;
}

static void lay_out(struct session_host *h) {
  size_t used = 0;
  h->engine_memory =
      (struct gs_engine_memory){.manifest_cap = 1024, .keyring_cap = 768, .block_max = HOST_BLOCK};
  struct gs_session_memory *m = &h->memory;
  m->rx_cap = HOST_RX;
  m->frame_cap = HOST_FRAME_MAX + 4;
  m->reply_cap = 1100;
  m->tx_cap = GS_TX_MIN;
  m->object_cap = 1024;
  m->assembly_cap = HOST_BLOCK;
  m->rx = place(h, &used, m->rx_cap);
  m->frame = place(h, &used, m->frame_cap);
  m->reply = place(h, &used, m->reply_cap);
  m->tx = place(h, &used, m->tx_cap);
  m->object = place(h, &used, m->object_cap);
  m->assembly = m->object; /* as in the small profile */
}

void host_init(struct session_host *h) {
  memset(h, 0, sizeof *h);
  assert_int_equal(gs_crypto_init(), GS_OK);
  memset(h->private_key, 0x11, sizeof h->private_key);
  assert_int_equal(gs_ecdsa_public(h->private_key, h->facts.device_key), GS_OK);
  memcpy(h->facts.serial, "0042-1187", 10);
  memset(h->facts.product, 0xAA, sizeof h->facts.product);
  memset(h->facts.hardware, 0xBB, sizeof h->facts.hardware);
  memset(h->statement, 0xCC, sizeof h->statement);
  h->facts.statement = h->statement;
  h->facts.statement_len = sizeof h->statement;
  h->facts.erase_ms_max = 1;
  h->facts.program_ms_max = 1;
  h->facts.signature_ms_max = 1;
  h->port = (struct gs_port){.ctx = h, .facts = &h->facts, .entropy = entropy, .sign = sign};
  h->port.geometry[GS_AREA_SLOT_A] = (struct gs_geometry){65536, 1024, 4};
  h->port.geometry[GS_AREA_SLOT_B] = h->port.geometry[GS_AREA_SLOT_A];
  h->entropy_counts = true;
  h->now_ms = 0xFFFFF000u; /* the clock wraps while a test runs */
  lay_out(h);
  fake_engine_reset(&h->engine, &h->port, &h->engine_memory);
  gs_deframer_init(&h->deframer, h->frame, sizeof h->frame);
  assert_int_equal(gs_session_init(&h->session, &h->engine, &h->memory, h->now_ms), GS_OK);
}

void host_bytes(struct session_host *h, const void *data, size_t len) {
  const uint8_t *at = data;
  while (len > 0) {
    size_t taken = gs_session_input(&h->session, at, len);
    at += taken;
    len -= taken;
    if (len > 0) {
      host_step(h);
    }
  }
}

static void on_reply(struct session_host *h, const uint8_t *content, size_t len) {
  struct gs_reader r = gs_reader_init(content, len);
  assert_int_equal(gs_read_u8(&r), GS_FRAME_REPLY);
  assert_int_equal(gs_read_u8(&r), 0);
  size_t message_len = gs_read_u16(&r);
  const uint8_t *message = gs_read_view(&r, message_len);
  assert_non_null(message);
  pb_istream_t stream = pb_istream_from_buffer(message, message_len);
  memset(&h->reply, 0, sizeof h->reply);
  assert_true(pb_decode(&stream, gapseal_v1_Reply_fields, &h->reply));
  h->replies++;
  h->content_len = len;
  memcpy(h->content, content, len);
  h->tail_len = r.left;
  memcpy(h->tail, r.at, r.left);
}

static void on_frame(struct session_host *h, const uint8_t *content, size_t len) {
  if (content[0] == GS_FRAME_REPLY) {
    on_reply(h, content, len);
  } else if (content[0] == GS_FRAME_ACK) {
    assert_int_equal(gs_ack_decode(content, len, &h->ack[h->acks++ % HOST_ACKS]), GS_OK);
  } else if (content[0] == GS_FRAME_BUSY) {
    assert_int_equal(gs_busy_decode(content, len, &h->busy), GS_OK);
    h->busies++;
    h->busy_steps = h->steps;
    h->busy_acks = h->acks;
  } else {
    h->others++;
  }
}

static void take_output(struct session_host *h) {
  uint8_t out[7]; /* small, so that frames are cut anywhere */
  size_t n;
  while ((n = gs_session_output(&h->session, out, sizeof out)) > 0) {
    size_t at = 0;
    while (at < n) {
      size_t taken, len;
      if (gs_deframer_push(&h->deframer, out + at, n - at, &taken, &len)) {
        on_frame(h, h->deframer.buf, len);
      }
      at += taken;
    }
  }
  assert_int_equal(h->deframer.dropped, 0);
}

void host_step(struct session_host *h) {
  h->steps++;
  gs_session_step(&h->session, h->now_ms);
  take_output(h);
}

void host_run(struct session_host *h) {
  for (int i = 0; i < STEPS_MAX; i++) {
    host_step(h);
    if (gs_session_idle_ms(&h->session, h->now_ms) > 0 || h->session.reset) {
      return;
    }
  }
  fail_msg("the session does not come to rest");
}

void host_pass(struct session_host *h, uint32_t ms) {
  for (uint32_t gone = 0; gone < ms; gone += 10) {
    h->now_ms += 10;
    host_step(h);
  }
}

size_t host_encode(const gapseal_v1_Request *r, uint8_t *content, size_t cap) {
  pb_ostream_t stream = pb_ostream_from_buffer(content + 4, cap - 4);
  assert_true(pb_encode(&stream, gapseal_v1_Request_fields, r));
  content[0] = GS_FRAME_REQUEST;
  content[1] = 0;
  content[2] = (uint8_t)stream.bytes_written;
  content[3] = (uint8_t)(stream.bytes_written >> 8);
  return 4 + stream.bytes_written;
}

void host_send(struct session_host *h, gapseal_v1_Request *r, const void *tail, size_t tail_len) {
  uint8_t content[4096];
  uint8_t wire[GS_FRAME_ENCODED_MAX(sizeof content)];
  if (r->id == 0) {
    r->id = ++h->id;
  }
  size_t n = host_encode(r, content, sizeof content);
  assert_true(tail_len <= sizeof content - n);
  if (tail_len > 0) {
    memcpy(content + n, tail, tail_len);
  }
  if (r->which_body == gapseal_v1_Request_hello_tag) {
    h->hello_len = n;
    memcpy(h->hello_content, content, n);
  }
  size_t len = gs_frame_encode(content, n + tail_len, wire, sizeof wire);
  assert_true(len > 0);
  host_bytes(h, wire, len);
}

uint32_t host_ask_tail(struct session_host *h, gapseal_v1_Request *r, const void *tail,
                       size_t tail_len) {
  uint32_t before = h->replies;
  host_send(h, r, tail, tail_len);
  host_run(h);
  assert_int_equal(h->replies, before + 1);
  assert_int_equal(h->reply.id, r->id);
  return h->reply.status;
}

uint32_t host_ask(struct session_host *h, gapseal_v1_Request *r) {
  return host_ask_tail(h, r, NULL, 0);
}

void host_hello(struct session_host *h) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_hello_tag};
  r.body.hello = (gapseal_v1_HelloRequest){
      .version_min = 1, .version_max = 1, .frame_max = 4096, .host_software = "test"};
  assert_int_equal(host_ask(h, &r), GS_OK);
  assert_int_equal(h->reply.which_body, gapseal_v1_Reply_hello_tag);
}

uint32_t host_load(struct session_host *h, gapseal_v1_ObjectKind kind, const void *data,
                   size_t len) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_load_tag};
  r.body.load = (gapseal_v1_LoadRequest){.kind = kind, .total = (uint32_t)len};
  return host_ask_tail(h, &r, data, len);
}

void host_begin(struct session_host *h, uint32_t size) {
  uint8_t envelope[100] = {1};
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_begin_tag};
  host_hello(h);
  assert_int_equal(
      host_load(h, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST, envelope, sizeof envelope), GS_OK);
  fake_engine_writing(&h->engine, HOST_BLOCK, size);
  assert_int_equal(host_ask(h, &r), GS_OK);
}

void host_needs(struct session_host *h, uint32_t frame_data) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_needs_tag};
  r.body.needs.frame_data = frame_data;
  assert_int_equal(host_ask(h, &r), GS_OK);
  assert_int_equal(h->reply.which_body, gapseal_v1_Reply_needs_tag);
}

void host_block(struct session_host *h, uint8_t round, uint32_t sequence, uint32_t index,
                uint32_t offset, uint32_t len) {
  const struct gs_block_header header = {
      .round = round, .sequence = sequence, .index = index, .offset = offset};
  uint8_t head[GS_BLOCK_HEADER_BYTES];
  uint8_t data[4096];
  uint8_t wire[GS_FRAME_ENCODED_MAX(sizeof head + sizeof data)];
  assert_true(len <= sizeof data);
  gs_block_header_encode(&header, head);
  memset(data, (int)(index & 0xFFu), len);
  size_t n = gs_frame_encode2(head, sizeof head, data, len, wire, sizeof wire);
  assert_true(n > 0);
  host_bytes(h, wire, n);
}

const struct gs_ack *host_last_ack(const struct session_host *h) {
  assert_true(h->acks > 0);
  return &h->ack[(h->acks - 1) % HOST_ACKS];
}

void host_nonce(const struct session_host *h, uint8_t out[GS_NONCE_BYTES]) {
  memcpy(out, h->session.nonce, GS_NONCE_BYTES);
}
