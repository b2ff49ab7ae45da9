/* SPDX-License-Identifier: Apache-2.0
 * What leaves the session. Replies are encoded as they leave; acknowledgements and
 * announcements are made at the moment there is room for them, so that they say what is so
 * now and never queue up.
 */
#include <string.h>

#include "session_internal.h"

#define CRC_BYTES 4u
#define COBS_GROUP_MAX 254u

/* Opens the next COBS group of the reply; false when there is none. */
static bool open_group(struct gs_session *s, uint8_t *code) {
  struct gs_session_out *o = &s->out;
  const uint8_t *content = s->memory.reply;
  size_t total = o->reply_len + CRC_BYTES;
  if (o->reply_at == total && !o->group_zero) {
    return false;
  }
  size_t run = 0;
  while (run < COBS_GROUP_MAX && o->reply_at + run < total && content[o->reply_at + run] != 0) {
    run++;
  }
  o->group_left = (uint8_t)run;
  o->group_zero = run < COBS_GROUP_MAX && o->reply_at + run < total;
  *code = (uint8_t)(run + 1u);
  return true;
}

static size_t put_reply(struct gs_session *s, uint8_t *out, size_t cap) {
  struct gs_session_out *o = &s->out;
  size_t n = 0;
  while (n < cap && o->sending) {
    if (o->group_left > 0) {
      size_t part = o->group_left < cap - n ? o->group_left : cap - n;
      memcpy(out + n, s->memory.reply + o->reply_at, part);
      n += part;
      o->reply_at += part;
      o->group_left = (uint8_t)(o->group_left - part);
      continue;
    }
    o->reply_at += o->group_zero;
    uint8_t code = 0;
    o->sending = open_group(s, &code);
    out[n++] = code;
  }
  return n;
}

/* Makes the next small frame; false when there is nothing to say. An acknowledgement goes before an
 * announcement, so that one which comes later says that what was announced is over. */
static bool make_frame(struct gs_session *s) {
  uint8_t content[GS_ACK_BYTES];
  size_t len;
  if (s->flow.ack_due) {
    struct gs_ack ack;
    gs_flow_ack(s, &ack);
    gs_ack_encode(&ack, content);
    len = GS_ACK_BYTES;
  } else if (s->out.busy_due) {
    s->out.busy_due = false;
    gs_busy_encode(&s->out.busy, content);
    len = GS_BUSY_BYTES;
  } else {
    return false;
  }
  s->out.tx_at = 0;
  s->out.tx_used = gs_frame_encode(content, len, s->memory.tx, s->memory.tx_cap);
  return true;
}

size_t gs_session_output(struct gs_session *s, uint8_t *out, size_t cap) {
  struct gs_session_out *o = &s->out;
  size_t n = 0;
  while (n < cap) {
    if (o->tx_at < o->tx_used) {
      size_t part = o->tx_used - o->tx_at;
      part = part < cap - n ? part : cap - n;
      memcpy(out + n, s->memory.tx + o->tx_at, part);
      o->tx_at += part;
      n += part;
    } else if (o->sending) {
      n += put_reply(s, out + n, cap - n);
    } else if (!make_frame(s)) {
      break;
    }
  }
  return n;
}

bool gs_output_waits(const struct gs_session *s) {
  return s->out.tx_at < s->out.tx_used || s->out.sending || s->out.busy_due || s->flow.ack_due;
}

void gs_announce(struct gs_session *s, enum gs_busy_what what, uint32_t max_ms, uint32_t done,
                 uint32_t total) {
  s->out.busy =
      (struct gs_busy){.what = (uint8_t)what, .max_ms = max_ms, .done = done, .total = total};
  s->out.busy_due = true;
  s->out.busy_ms = s->now_ms;
}
