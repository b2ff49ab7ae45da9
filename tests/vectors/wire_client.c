/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_client.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <string.h>

#include "bytes.h"
#include "fixture.h"
#include "gapseal/crypto.h"

#define STEPS_MAX 10000
#define ODD_PIECE 61u /* bytes handed to the session at once, so that frames are cut anywhere */

void wire_open(struct wire_client *c, struct vector_device *d) {
  memset(c, 0, sizeof *c);
  c->d = d;
  gs_deframer_init(&c->deframer, c->frame, sizeof c->frame);
}

/* Takes a reply apart; false for what is not one. */
static bool take_reply(struct wire_client *c, size_t len) {
  struct gs_reader r = gs_reader_init(c->frame, len);
  uint8_t type = gs_read_u8(&r);
  if (type == GS_FRAME_ACK) {
    fixture_must(gs_ack_decode(c->frame, len, &c->ack) == GS_OK, "acknowledgement");
  }
  if (type != GS_FRAME_REPLY) {
    return false;
  }
  fixture_must(gs_read_u8(&r) == 0, "reply header");
  size_t message_len = gs_read_u16(&r);
  const uint8_t *message = gs_read_view(&r, message_len);
  fixture_must(message != NULL, "reply length");
  pb_istream_t stream = pb_istream_from_buffer(message, message_len);
  memset(&c->reply, 0, sizeof c->reply);
  fixture_must(pb_decode(&stream, gapseal_v1_Reply_fields, &c->reply), "reply");
  c->tail_len = r.left;
  memcpy(c->tail, r.at, r.left);
  c->received_len = len;
  memcpy(c->received, c->frame, len);
  return true;
}

/* What the session has to say; true when a reply was among it. */
static bool take_output(struct wire_client *c) {
  uint8_t out[ODD_PIECE];
  bool replied = false;
  for (size_t n; (n = gs_session_output(&c->d->session, out, sizeof out)) > 0;) {
    for (size_t at = 0, taken = 0, len = 0; at < n; at += taken) {
      if (gs_deframer_push(&c->deframer, out + at, n - at, &taken, &len)) {
        replied |= take_reply(c, len);
      }
    }
  }
  fixture_must(c->deframer.dropped == 0, "the session writes whole frames");
  return replied;
}

void wire_step(struct wire_client *c) {
  gs_session_step(&c->d->session, ++c->d->now_ms);
  (void)take_output(c);
}

void wire_put(struct wire_client *c, const uint8_t *data, size_t len) {
  while (len > 0) {
    size_t piece = len < ODD_PIECE ? len : ODD_PIECE;
    size_t taken = gs_session_input(&c->d->session, data, piece);
    fixture_must(taken == piece, "the session's buffer takes what it asked for");
    data += taken;
    len -= taken;
  }
}

static void send(struct wire_client *c, const gapseal_v1_Request *request, const uint8_t *tail,
                 size_t tail_len) {
  uint8_t wire[GS_FRAME_ENCODED_MAX(WIRE_CONTENT_MAX)];
  uint8_t *message = c->sent + GS_MESSAGE_HEADER_BYTES;
  pb_ostream_t stream =
      pb_ostream_from_buffer(message, sizeof c->sent - GS_MESSAGE_HEADER_BYTES - tail_len);
  fixture_must(pb_encode(&stream, gapseal_v1_Request_fields, request), "request");
  struct gs_writer head = gs_writer_init(c->sent, GS_MESSAGE_HEADER_BYTES);
  gs_write_u8(&head, GS_FRAME_REQUEST);
  gs_write_u8(&head, 0);
  gs_write_u16(&head, (uint16_t)stream.bytes_written);
  if (tail_len > 0) {
    memcpy(message + stream.bytes_written, tail, tail_len);
  }
  c->sent_len = GS_MESSAGE_HEADER_BYTES + stream.bytes_written + tail_len;
  size_t len = gs_frame_encode(c->sent, c->sent_len, wire, sizeof wire);
  fixture_must(len > 0, "frame");
  wire_put(c, wire, len);
}

enum gs_status wire_ask(struct wire_client *c, gapseal_v1_Request *request, const uint8_t *tail,
                        size_t tail_len) {
  bool replied = false;
  request->id = ++c->id;
  send(c, request, tail, tail_len);
  for (int i = 0; i < STEPS_MAX && !replied; i++) {
    gs_session_step(&c->d->session, ++c->d->now_ms);
    replied = take_output(c);
  }
  fixture_must(replied && c->reply.id == request->id, "the device answers each request");
  return (enum gs_status)c->reply.status;
}

enum gs_status wire_hello(struct wire_client *c) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_hello_tag};
  struct gs_sha256 h;
  r.body.hello = (gapseal_v1_HelloRequest){.version_min = GS_WIRE_VERSION,
                                           .version_max = GS_WIRE_VERSION,
                                           .frame_max = WIRE_CONTENT_MAX,
                                           .host_software = "vectors"};
  enum gs_status status = wire_ask(c, &r, NULL, 0);
  fixture_must(gs_sha256_start(&h) == GS_OK && gs_sha256_add(&h, c->sent, c->sent_len) == GS_OK &&
                   gs_sha256_add(&h, c->received, c->received_len) == GS_OK &&
                   gs_sha256_finish(&h, c->hello_sha256) == GS_OK,
               "hash");
  return status;
}

enum gs_status wire_load(struct wire_client *c, gapseal_v1_ObjectKind kind, const uint8_t *data,
                         size_t len, size_t piece) {
  enum gs_status status = GS_OK;
  size_t at = 0;
  do {
    size_t n = len - at < piece ? len - at : piece;
    gapseal_v1_Request r = {.which_body = gapseal_v1_Request_load_tag};
    r.body.load =
        (gapseal_v1_LoadRequest){.kind = kind, .total = (uint32_t)len, .offset = (uint32_t)at};
    status = wire_ask(c, &r, data + at, n);
    at += n;
  } while (status == GS_OK && at < len);
  return status;
}

enum gs_status wire_link(struct wire_client *c) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_link_tag};
  return wire_ask(c, &r, NULL, 0);
}

enum gs_status wire_check(struct wire_client *c, bool older, bool reinstall) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_check_tag};
  r.body.check.older = older;
  r.body.check.reinstall = reinstall;
  return wire_ask(c, &r, NULL, 0);
}

enum gs_status wire_ident(struct wire_client *c, const uint8_t nonce[GS_HOST_NONCE_BYTES]) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_ident_tag};
  r.body.ident.host_nonce.size = GS_HOST_NONCE_BYTES;
  memcpy(r.body.ident.host_nonce.bytes, nonce, GS_HOST_NONCE_BYTES);
  return wire_ask(c, &r, NULL, 0);
}

/* The nonce that the device tells in its ident. */
static void ask_nonce(struct wire_client *c, uint8_t out[GS_NONCE_BYTES]) {
  static const uint8_t mine[GS_HOST_NONCE_BYTES] = {0x4e};
  struct gs_signed envelope;
  gapseal_v1_Ident ident;
  fixture_must(wire_ident(c, mine) == GS_OK && c->reply.body.ident.ident_len <= c->tail_len &&
                   gs_signed_parse(c->tail, c->reply.body.ident.ident_len, &envelope) == GS_OK &&
                   gs_ident_decode(envelope.body, envelope.body_len, &ident) == GS_OK,
               "ident");
  memcpy(out, ident.device_nonce, GS_NONCE_BYTES);
}

enum gs_status wire_begin(struct wire_client *c, bool older, bool reinstall) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_begin_tag};
  r.body.begin.older = older;
  r.body.begin.reinstall = reinstall;
  if (older) {
    r.body.begin.nonce.size = GS_NONCE_BYTES;
    ask_nonce(c, r.body.begin.nonce.bytes);
  }
  return wire_ask(c, &r, NULL, 0);
}

enum gs_status wire_keyring(struct wire_client *c) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_keyring_tag};
  r.body.keyring.nonce.size = GS_NONCE_BYTES;
  ask_nonce(c, r.body.keyring.nonce.bytes);
  return wire_ask(c, &r, NULL, 0);
}
