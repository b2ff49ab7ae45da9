/* SPDX-License-Identifier: Apache-2.0
 * The host's end of the wire by itself, told anything: it believes replies to the request it made,
 * its views lie in its buffer, what it sends are whole frames, and a request ends.
 *
 * Input: operations, each a byte and its arguments; frames are made here, their bytes are not.
 */
#include <pb_encode.h>
#include <string.h>

#include "bytes.h"
#include "client.h"
#include "fuzz.h"

#define IN_CAP (GSH_CLIENT_FRAME_MAX + 4u)
#define OUT_CAP 8192u
#define REQUEST_CAP 2048u
#define TIMEOUT_MS 1000u
#define CONTENT_MAX 1024u
/* Whatever is announced: the timeout, and silence that counts from the last work done. */
#define REQUEST_MS_MAX (TIMEOUT_MS + GSH_CLIENT_STALLS_MS_MAX)

static uint8_t in[IN_CAP], out[OUT_CAP], request_bytes[REQUEST_CAP];
static struct gsh_client c;
static struct gs_deframer sent;
static uint8_t sent_frame[OUT_CAP];
static uint64_t now;
static bool hello_known;

void fuzz_start(void) {
}

/* What goes out is a whole request or block. */
static void drain(void) {
  size_t len = 0;
  const uint8_t *data = gsh_client_output(&c, &len);
  FUZZ_MUST(data >= out && data + len <= out + OUT_CAP);
  for (size_t at = 0, taken = 0, n = 0; at < len; at += taken) {
    if (gs_deframer_push(&sent, data + at, len - at, &taken, &n)) {
      FUZZ_MUST(sent_frame[0] == GS_FRAME_REQUEST || sent_frame[0] == GS_FRAME_BLOCK);
    }
  }
  FUZZ_MUST(sent.dropped == 0);
  gsh_client_sent(&c, len);
}

static void hear(const uint8_t *content, size_t content_len) {
  uint8_t wire[GS_FRAME_ENCODED_MAX(CONTENT_MAX)];
  size_t len = gs_frame_encode(content, content_len, wire, sizeof wire);
  for (size_t at = 0, taken = 0; at < len; at += taken) {
    bool waiting = c.waiting;
    uint32_t id = c.id;
    enum gsh_client_event event = gsh_client_input(&c, wire + at, len - at, &taken, now);
    FUZZ_MUST(taken > 0 && taken <= len - at);
    if (event == GSH_CLIENT_REPLY) {
      FUZZ_MUST(waiting && !c.waiting && c.reply.id == id && id != 0);
      FUZZ_MUST(c.tail_len == 0 || (c.tail >= in && c.tail + c.tail_len <= in + IN_CAP));
      hello_known = hello_known ||
                    (c.reply.status == GS_OK && c.reply.which_body == gapseal_v1_Reply_hello_tag);
    }
    FUZZ_MUST(event == GSH_CLIENT_NOTHING || (c.content == in && c.content_len <= IN_CAP - 4u));
  }
}

static void ask(struct fuzz_script *s) {
  static uint8_t tail[1500];
  gapseal_v1_Request r = gapseal_v1_Request_init_zero;
  r.which_body = (pb_size_t)(gapseal_v1_Request_hello_tag + fuzz_u8(s) % 8u);
  size_t tail_len = 4u * fuzz_u8(s);
  drain();
  FUZZ_MUST(gsh_client_ask(&c, &r, tail, tail_len, now) == GS_OK);
  FUZZ_MUST(c.waiting && r.id == c.id && r.id != 0);
  drain();
}

/* A reply to the outstanding request, of any status and body. */
static void reply(struct fuzz_script *s) {
  uint8_t content[CONTENT_MAX];
  gapseal_v1_Reply r = gapseal_v1_Reply_init_zero;
  size_t n;
  uint8_t flags = fuzz_u8(s);
  r.id = (flags & 1u) != 0 ? c.id + 1u : (flags & 2u) != 0 ? 0 : c.id;
  r.status = fuzz_u8(s);
  r.which_body = (pb_size_t)(gapseal_v1_Reply_hello_tag + (flags >> 2) % 16u);
  if (r.which_body == gapseal_v1_Reply_hello_tag) {
    r.body.hello.has_port = true;
    r.body.hello.port.erase_ms_max = fuzz_u32(s);
    r.body.hello.port.program_ms_max = fuzz_u32(s);
    r.body.hello.port.signature_ms_max = fuzz_u16(s);
  }
  pb_ostream_t stream = pb_ostream_from_buffer(content + GS_MESSAGE_HEADER_BYTES, 512);
  FUZZ_MUST(pb_encode(&stream, gapseal_v1_Reply_fields, &r));
  struct gs_writer w = gs_writer_init(content, sizeof content);
  gs_write_u8(&w, GS_FRAME_REPLY);
  gs_write_u8(&w, 0);
  gs_write_u16(&w, (uint16_t)stream.bytes_written);
  w.used += stream.bytes_written;
  const uint8_t *tail = fuzz_bytes(s, flags >> 4, &n);
  gs_write_bytes(&w, tail, n);
  hear(content, w.used);
}

static void busy(struct fuzz_script *s) {
  uint8_t content[GS_BUSY_BYTES];
  gs_busy_encode(
      &(struct gs_busy){
          .what = fuzz_u8(s), .max_ms = fuzz_u32(s), .done = fuzz_u16(s), .total = fuzz_u16(s)},
      content);
  hear(content, sizeof content);
}

static void block(struct fuzz_script *s) {
  size_t n;
  const struct gs_block_header h = {.sequence = fuzz_u8(s)};
  const uint8_t *data = fuzz_bytes(s, fuzz_u8(s), &n);
  if (c.waiting) {
    return;
  }
  if (n > 0 && !gsh_client_block(&c, &h, data, n)) {
    drain();
    FUZZ_MUST(gsh_client_block(&c, &h, data, n));
  }
}

static void one_op(struct fuzz_script *s) {
  size_t n;
  const uint8_t *bytes;
  uint8_t want;
  switch (fuzz_u8(s) % 10u) {
    case 0:
      ask(s);
      break;
    case 1:
      reply(s);
      break;
    case 2:
      want = fuzz_u8(s);
      bytes = fuzz_bytes(s, want, &n);
      hear(bytes, n);
      break;
    case 3:
      busy(s);
      break;
    case 4:
      now += fuzz_u16(s);
      (void)!gsh_client_step(&c, now);
      drain();
      break;
    case 5:
      want = fuzz_u8(s);
      bytes = fuzz_bytes(s, want, &n);
      for (size_t at = 0, taken = 0; at < n; at += taken) {
        (void)gsh_client_input(&c, bytes + at, n - at, &taken, now);
      }
      break;
    case 6:
      block(s);
      break;
    case 7:
      gsh_client_flow(&c, now);
      break;
    case 8:
      if (!c.waiting) {
        gsh_client_unqueue(&c, (fuzz_u8(s) & 1u) != 0);
        drain();
      }
      break;
    default:
      gsh_client_resync(&c);
      drain();
      break;
  }
}

/* From now on the device is silent: the request ends, and is repeated only so often. */
static void end(void) {
  uint64_t start = now;
  uint32_t repeats = c.repeats;
  while (c.waiting) {
    (void)!gsh_client_step(&c, now);
    drain();
    uint32_t idle = gsh_client_idle_ms(&c, now);
    FUZZ_MUST(idle >= 1);
    now += idle;
    FUZZ_MUST(now - start <= REQUEST_MS_MAX + 2000u);
  }
  FUZZ_MUST(c.repeats - repeats <= REQUEST_MS_MAX / GSH_CLIENT_REPEAT_MS + 2u);
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct fuzz_script s = {data, len};
  const struct gsh_client_memory memory = {.in = in,
                                           .in_cap = IN_CAP,
                                           .out = out,
                                           .out_cap = OUT_CAP,
                                           .request = request_bytes,
                                           .request_cap = REQUEST_CAP};
  now = 1000;
  hello_known = false;
  gs_deframer_init(&sent, sent_frame, sizeof sent_frame);
  gsh_client_init(&c, &memory, TIMEOUT_MS, fuzz_u32(&s), now);
  while (s.left > 0) {
    one_op(&s);
    FUZZ_MUST(c.out_from <= c.out_to && c.out_to <= OUT_CAP);
    FUZZ_MUST(hello_known || c.stall_ms_max == 0);
    FUZZ_MUST(c.stall_ms_max <= GSH_CLIENT_STALL_MS_MAX);
    FUZZ_MUST(c.busy_ms <= GSH_CLIENT_STALLS_MS_MAX);
  }
  end();
}

void fuzz_seeds(void) {
  static const uint8_t talk[] = {0, 0,  0, 0, 0, 0, 0, 1,   0, 0, 9, 0, 0, 0, 9, 0,   0,  0,
                                 1, 0,  0, 1, 4, 3, 1, 232, 3, 0, 0, 1, 0, 9, 0, 4,   0,  9,
                                 1, 16, 0, 7, 6, 1, 4, 1,   2, 3, 4, 8, 0, 9, 4, 255, 255};
  static const uint8_t other[] = {255, 255, 255, 255, 0, 3, 1, 2, 3, 17, 1, 2,   2,
                                  4,   2,   0,   3,   0, 5, 3, 0, 9, 0,  4, 200, 0};
  fuzz_seed("talk", talk, sizeof talk);
  fuzz_seed("other", other, sizeof other);
}
