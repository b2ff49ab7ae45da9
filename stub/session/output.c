/* SPDX-License-Identifier: Apache-2.0
 * What leaves the session. Frames are encoded as they leave; acknowledgements and announcements
 * are made at the moment there is room for them, so that they say what is so now and never
 * queue up.
 */
#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "session_internal.h"

#define CRC_BYTES 4u
#define COBS_GROUP_MAX 254u

static const uint8_t *content(const struct gs_session *s) {
  return s->out.small ? s->memory.tx : s->memory.reply;
}

/* Opens the next COBS group; false when there is none. */
static bool open_group(struct gs_session *s, uint8_t *code) {
  struct gs_session_out *o = &s->out;
  const uint8_t *at = content(s) + o->at;
  size_t left = o->end - o->at;
  size_t run = 0;
  if (left == 0 && !o->group_zero) {
    return false;
  }
  while (run < COBS_GROUP_MAX && run < left && at[run] != 0) {
    run++;
  }
  o->group_left = (uint8_t)run;
  o->group_zero = run < COBS_GROUP_MAX && run < left;
  *code = (uint8_t)(run + 1u);
  return true;
}

static size_t put(struct gs_session *s, uint8_t *out, size_t cap) {
  struct gs_session_out *o = &s->out;
  size_t n = 0;
  while (n < cap && o->under_way) {
    if (o->group_left > 0) {
      size_t part = o->group_left < cap - n ? o->group_left : cap - n;
      memcpy(out + n, content(s) + o->at, part);
      n += part;
      o->at += part;
      o->group_left = (uint8_t)(o->group_left - part);
      continue;
    }
    uint8_t code = 0;
    o->at += o->group_zero;
    o->under_way = open_group(s, &code);
    o->sending = o->sending && (o->under_way || o->small);
    out[n++] = code;
  }
  return n;
}

/* Content of the next small frame, in memory.tx; 0 when there is nothing to say. An acknowledgement
 * goes before an announcement, so that one which comes later says that what was announced is over.
 */
static size_t make_small(struct gs_session *s) {
  uint8_t *tx = s->memory.tx;
  if (s->flow.ack_due) {
    struct gs_ack ack;
    gs_flow_ack(s, &ack);
    gs_ack_encode(&ack, tx);
    return GS_ACK_BYTES;
  }
  if (s->out.busy_due) {
    s->out.busy_due = false;
    gs_busy_encode(&s->out.busy, tx);
    return GS_BUSY_BYTES;
  }
  return 0;
}

/* The next frame, where there is one. */
static bool start_frame(struct gs_session *s) {
  struct gs_session_out *o = &s->out;
  size_t len = o->reply_len; /* with its CRC behind it */
  o->small = !o->sending;
  if (o->small) {
    len = make_small(s);
    if (len == 0) {
      return false;
    }
    gs_crc32_append(s->memory.tx, len);
  }
  o->at = 0;
  o->end = len + CRC_BYTES;
  o->group_left = 0;
  o->group_zero = false;
  o->under_way = true;
  return true;
}

size_t gs_session_output(struct gs_session *s, uint8_t *out, size_t cap) {
  size_t n = 0;
  while (n < cap && (s->out.under_way || start_frame(s))) {
    n += put(s, out + n, cap - n);
  }
  return n;
}

bool gs_output_waits(const struct gs_session *s) {
  return s->out.under_way || s->out.sending || s->out.busy_due || s->flow.ack_due;
}

bool gs_output_told(const struct gs_session *s) {
  return !s->out.busy_due && !(s->out.under_way && s->out.small);
}

void gs_announce(struct gs_session *s, enum gs_busy_what what, uint32_t max_ms, uint32_t done,
                 uint32_t total) {
  s->out.busy =
      (struct gs_busy){.what = (uint8_t)what, .max_ms = max_ms, .done = done, .total = total};
  s->out.busy_due = true;
  s->out.busy_ms = s->now_ms;
}
