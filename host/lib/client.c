/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <string.h>

#include "bytes.h"

#define UNREADABLE_MAX 3u
/* Of a port's facts in one announcement: storing an item erases up to 65 units, and a link of
 * keyrings takes 4 signatures. */
#define ERASES_AT_ONCE 72u
#define SIGNATURES_AT_ONCE 8u

void gsh_client_init(struct gsh_client *c, const struct gsh_client_memory *memory,
                     uint32_t timeout_ms, uint32_t first_id, uint64_t now_ms) {
  memset(c, 0, sizeof *c);
  c->memory = *memory;
  c->timeout_ms = timeout_ms;
  c->repeat_ms = GSH_CLIENT_REPEAT_MS;
  c->id = first_id;
  c->heard_ms = now_ms;
  gs_deframer_init(&c->deframer, memory->in, memory->in_cap);
}

static void make_room(struct gsh_client *c) {
  if (c->out_from > 0) {
    memmove(c->memory.out, c->memory.out + c->out_from, c->out_to - c->out_from);
    c->out_to -= c->out_from;
    c->out_from = 0;
  }
}

void gsh_client_resync(struct gsh_client *c) {
  make_room(c);
  if (c->out_to < c->memory.out_cap) {
    c->memory.out[c->out_to++] = 0;
  }
}

static enum gs_status queue_request(struct gsh_client *c) {
  make_room(c);
  size_t n = gs_frame_encode(c->memory.request, c->request_len, c->memory.out + c->out_to,
                             c->memory.out_cap - c->out_to);
  c->out_to += n;
  return n > 0 ? GS_OK : GS_E_RANGE;
}

/* Something of use came: what was announced before it is used up. */
static void hear(struct gsh_client *c, uint64_t now_ms) {
  c->heard_ms = now_ms;
  c->busy_ms = c->busy_until_ms > now_ms ? (uint32_t)(c->busy_until_ms - now_ms) : 0;
}

static void begin_hearing(struct gsh_client *c, uint64_t now_ms) {
  c->busy_until_ms = 0;
  c->worked = false;
  c->unasked_before = c->unasked;
  hear(c, now_ms);
}

enum gs_status gsh_client_ask(struct gsh_client *c, gapseal_v1_Request *request,
                              const uint8_t *tail, size_t tail_len, uint64_t now_ms) {
  /* 0 is the id of replies to requests that could not be read. */
  c->id = c->id == UINT32_MAX ? 1 : c->id + 1;
  request->id = c->id;
  if (c->memory.request_cap < GS_MESSAGE_HEADER_BYTES) {
    return GS_E_RANGE;
  }
  pb_ostream_t stream = pb_ostream_from_buffer(c->memory.request + GS_MESSAGE_HEADER_BYTES,
                                               c->memory.request_cap - GS_MESSAGE_HEADER_BYTES);
  if (!pb_encode(&stream, gapseal_v1_Request_fields, request) ||
      stream.bytes_written > UINT16_MAX) {
    return GS_E_RANGE;
  }
  struct gs_writer w = gs_writer_init(c->memory.request, c->memory.request_cap);
  gs_write_u8(&w, GS_FRAME_REQUEST);
  gs_write_u8(&w, 0);
  gs_write_u16(&w, (uint16_t)stream.bytes_written);
  size_t used = GS_MESSAGE_HEADER_BYTES + stream.bytes_written;
  if (w.failed || tail_len > c->memory.request_cap - used) {
    return GS_E_RANGE;
  }
  if (tail_len > 0) {
    memcpy(c->memory.request + used, tail, tail_len);
  }
  c->request_len = used + tail_len;
  c->waiting = true;
  c->repeated = false;
  c->unreadable = 0;
  c->flowing = false;
  c->works = request->which_body == gapseal_v1_Request_needs_tag ||
             request->which_body == gapseal_v1_Request_finish_tag;
  c->began_ms = c->asked_ms = now_ms;
  begin_hearing(c, now_ms);
  return queue_request(c);
}

void gsh_client_flow(struct gsh_client *c, uint64_t now_ms) {
  c->flowing = true;
  begin_hearing(c, now_ms);
}

static void measure(struct gsh_client *c, uint64_t now_ms) {
  if (c->repeated) {
    return;
  }
  uint32_t sample = (uint32_t)(now_ms - c->asked_ms) + 1;
  c->rtt_ms = c->rtt_ms == 0 ? sample : (c->rtt_ms * 7 + sample) / 8;
}

/* What one announcement of this device may ask for. */
static void learn_stalls(struct gsh_client *c, const gapseal_v1_HelloReply *hello) {
  const gapseal_v1_PortFacts *p = &hello->port;
  uint64_t ms = 0;
  if (hello->has_port) {
    ms = ((uint64_t)p->erase_ms_max + p->program_ms_max) * ERASES_AT_ONCE +
         (uint64_t)p->signature_ms_max * SIGNATURES_AT_ONCE;
  }
  ms = ms > GSH_CLIENT_STALL_MS_MIN ? ms : GSH_CLIENT_STALL_MS_MIN;
  c->stall_ms_max = ms < GSH_CLIENT_STALL_MS_MAX ? (uint32_t)ms : GSH_CLIENT_STALL_MS_MAX;
}

static enum gsh_client_event take_reply(struct gsh_client *c, uint64_t now_ms) {
  struct gs_reader r = gs_reader_init(c->content, c->content_len);
  (void)gs_read_u8(&r);
  uint8_t zero = gs_read_u8(&r);
  uint16_t n = gs_read_u16(&r);
  const uint8_t *message = gs_read_view(&r, n);
  if (r.failed || zero != 0) {
    c->unasked++;
    return GSH_CLIENT_NOTHING;
  }
  pb_istream_t stream = pb_istream_from_buffer(message, n);
  gapseal_v1_Reply reply = gapseal_v1_Reply_init_zero;
  if (!pb_decode(&stream, gapseal_v1_Reply_fields, &reply)) {
    c->unasked++;
    return GSH_CLIENT_NOTHING;
  }
  if (c->waiting && reply.id == 0 && reply.status == GS_E_REQUEST_BAD) {
    /* Damage that the CRC missed, or a device that cannot read us: the repeat tells. */
    c->unreadable++;
    return GSH_CLIENT_NOTHING;
  }
  if (!c->waiting || reply.id != c->id) {
    c->unasked++;
    return GSH_CLIENT_NOTHING;
  }
  c->waiting = false;
  c->busy_until_ms = 0;
  hear(c, now_ms);
  measure(c, now_ms);
  c->reply = reply;
  if (reply.status == GS_OK && reply.which_body == gapseal_v1_Reply_hello_tag) {
    learn_stalls(c, &reply.body.hello);
  }
  c->tail_len = r.left;
  c->tail = r.left > 0 ? gs_read_view(&r, r.left) : NULL;
  return GSH_CLIENT_REPLY;
}

/* Is the work further than it was? Only then may it take long in all. */
static bool work_rose(struct gsh_client *c) {
  const struct gs_busy *b = &c->busy;
  if (!c->works || c->stall_ms_max == 0 || b->total == 0 || b->done > b->total) {
    return false;
  }
  if (!c->worked) {
    c->worked = true;
    c->work_done = b->done;
    c->work_total = b->total;
    return false;
  }
  uint32_t part = c->work_total / GSH_CLIENT_WORK_PARTS;
  if (b->total != c->work_total || b->done <= c->work_done || b->done - c->work_done < part) {
    return false;
  }
  c->work_done = b->done;
  return true;
}

/* Believe an announcement as far as it is plausible; what two of them cover counts once. */
static void believe(struct gsh_client *c, uint64_t now_ms) {
  bool known = c->stall_ms_max > 0;
  uint32_t most = known ? c->stall_ms_max : GSH_CLIENT_STALL_MS_HELLO;
  uint32_t all = known ? GSH_CLIENT_STALLS_MS_MAX : GSH_CLIENT_STALLS_MS_HELLO;
  uint64_t from = c->busy_until_ms > now_ms ? c->busy_until_ms : now_ms;
  uint64_t to = now_ms + (c->busy.max_ms < most ? c->busy.max_ms : most);
  uint32_t left = all > c->busy_ms ? all - c->busy_ms : 0;
  if (to > from) {
    uint32_t more = to - from < left ? (uint32_t)(to - from) : left;
    c->busy_ms += more;
    c->busy_until_ms = from + more;
  }
}

static enum gsh_client_event take_busy(struct gsh_client *c, uint64_t now_ms) {
  if (gs_busy_decode(c->content, c->content_len, &c->busy) != GS_OK) {
    c->unasked++;
    return GSH_CLIENT_NOTHING;
  }
  if (work_rose(c)) {
    hear(c, now_ms);
  }
  believe(c, now_ms);
  return GSH_CLIENT_BUSY;
}

static enum gsh_client_event take_ack(struct gsh_client *c, uint64_t now_ms) {
  if (gs_ack_decode(c->content, c->content_len, &c->ack) != GS_OK) {
    c->unasked++;
    return GSH_CLIENT_NOTHING;
  }
  if (c->flowing) {
    hear(c, now_ms);
  } else {
    c->unasked++; /* a flow's last words */
  }
  return GSH_CLIENT_ACK;
}

/* Is what came since the last 0x00 the beginning of a reply? What a console says never is: its
 * text has no byte 0x02. */
static bool reply_grows(const struct gs_deframer *d) {
  return !d->skipping && d->used >= 2 && d->buf[0] == GS_FRAME_REPLY && d->buf[1] == 0;
}

static void note_growth(struct gsh_client *c, uint64_t now_ms) {
  size_t used = reply_grows(&c->deframer) ? c->deframer.used : 0;
  if (used > 0 && (c->grown == 0 || used < c->grown)) {
    c->grows_from_ms = now_ms;
  }
  if (used != c->grown) {
    c->grows_ms = now_ms;
  }
  c->grown = used;
}

enum gsh_client_event gsh_client_input(struct gsh_client *c, const uint8_t *data, size_t len,
                                       size_t *taken, uint64_t now_ms) {
  size_t content_len = 0;
  bool whole = gs_deframer_push(&c->deframer, data, len, taken, &content_len);
  note_growth(c, now_ms);
  if (!whole) {
    return GSH_CLIENT_NOTHING;
  }
  c->content = c->memory.in;
  c->content_len = content_len;
  switch (c->content[0]) {
    case GS_FRAME_REPLY:
      return take_reply(c, now_ms);
    case GS_FRAME_ACK:
      return take_ack(c, now_ms);
    case GS_FRAME_BUSY:
      return take_busy(c, now_ms);
    case GS_FRAME_REQUEST:
    case GS_FRAME_BLOCK:
      c->unasked_before++; /* a line that echoes our own frames is no flood */
      break;
    default:
      break;
  }
  c->unasked++;
  return GSH_CLIENT_NOTHING;
}

static uint64_t later(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

bool gsh_client_silent(const struct gsh_client *c, uint64_t now_ms) {
  bool arriving = c->waiting && c->stall_ms_max > 0 && c->grown > 0 &&
                  now_ms < c->grows_ms + GSH_CLIENT_REPEAT_MS;
  uint32_t more = arriving ? GSH_CLIENT_ARRIVING_MS_MAX : 0;
  return now_ms >= c->heard_ms + c->busy_ms + c->timeout_ms + more;
}

bool gsh_client_flooded(const struct gsh_client *c) {
  return c->unasked - c->unasked_before > GSH_CLIENT_UNASKED_MAX;
}

static uint64_t repeat_at(const struct gsh_client *c) {
  uint32_t wait = c->repeat_ms;
  if (c->rtt_ms * 2 > wait) {
    wait = c->rtt_ms * 2;
  }
  uint64_t from = later(c->asked_ms, c->busy_until_ms);
  if (c->stall_ms_max > 0 && c->grown > 0) {
    /* While a reply arrives slowly, its repeat would only come after it. */
    uint64_t most = c->grows_from_ms + GSH_CLIENT_GROWS_MS_MAX;
    from = later(from, c->grows_ms < most ? c->grows_ms : most);
  }
  return from + wait;
}

enum gs_status gsh_client_step(struct gsh_client *c, uint64_t now_ms) {
  if (!c->waiting) {
    return GS_OK;
  }
  if (c->unreadable >= UNREADABLE_MAX) {
    c->waiting = false;
    return GS_E_REQUEST_BAD;
  }
  if (gsh_client_flooded(c)) {
    c->waiting = false;
    return GS_E_PROTOCOL;
  }
  if (now_ms - c->began_ms >= GSH_CLIENT_WORK_MS_MAX) {
    c->waiting = false;
    return GS_E_PROTOCOL; /* it was heard, and its link is fine: no reason to try again */
  }
  if (gsh_client_silent(c, now_ms)) {
    c->waiting = false;
    return GS_E_LINK_TIMEOUT;
  }
  /* While bytes wait to go out, a repeat would only queue behind the first. */
  if (now_ms < repeat_at(c) || c->out_to > c->out_from) {
    return GS_OK;
  }
  c->asked_ms = now_ms;
  c->repeated = true;
  c->repeats++;
  return queue_request(c);
}

uint32_t gsh_client_idle_ms(const struct gsh_client *c, uint64_t now_ms) {
  uint64_t at = repeat_at(c);
  if (!c->waiting || at > now_ms + 1000) {
    return 1000;
  }
  return at > now_ms ? (uint32_t)(at - now_ms) : 1;
}

const uint8_t *gsh_client_output(const struct gsh_client *c, size_t *len) {
  *len = c->out_to - c->out_from;
  return c->memory.out + c->out_from;
}

void gsh_client_sent(struct gsh_client *c, size_t len) {
  c->out_from += len;
  if (c->out_from == c->out_to) {
    c->out_from = 0;
    c->out_to = 0;
  }
}

void gsh_client_unqueue(struct gsh_client *c, bool all) {
  if (all) {
    c->out_to = c->out_from;
    gsh_client_resync(c);
    return;
  }
  if (c->out_from > 0 && c->memory.out[c->out_from - 1] == 0) {
    c->out_to = c->out_from;
  } else {
    const uint8_t *end = memchr(c->memory.out + c->out_from, 0, c->out_to - c->out_from);
    c->out_to = end != NULL ? (size_t)(end - c->memory.out) + 1 : c->out_to;
  }
  gsh_client_sent(c, 0);
}

bool gsh_client_block(struct gsh_client *c, const struct gs_block_header *h, const uint8_t *data,
                      size_t len) {
  size_t need = GS_FRAME_ENCODED_MAX(GS_BLOCK_HEADER_BYTES + len);
  if (c->memory.out_cap - c->out_to < need) {
    make_room(c);
  }
  uint8_t head[GS_BLOCK_HEADER_BYTES];
  gs_block_header_encode(h, head);
  size_t n = gs_frame_encode2(head, sizeof head, data, len, c->memory.out + c->out_to,
                              c->memory.out_cap - c->out_to);
  c->out_to += n;
  return n > 0;
}
