/* SPDX-License-Identifier: Apache-2.0
 * The kept reply: header, message and tail, with its CRC behind it. It is encoded on its way
 * out (output.c), so that it can be sent again and needs no second buffer.
 */
#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "session_internal.h"
#include "strict.h"

#define CRC_BYTES 4u
#define TAIL_AT (GS_MESSAGE_HEADER_BYTES + GS_REPLY_HEAD_MAX)

/* Id and status, 6 bytes each, and a body of which the log's is the longest with a tail. */
_Static_assert(2u * 6u + 2u + gapseal_v1_LogReply_size <= GS_REPLY_HEAD_MAX,
               "a message that a tail follows fits before it");

/* Longest content that fits the buffer and that the host takes. */
static size_t content_max(const struct gs_session *s) {
  size_t max = s->memory.reply_cap - CRC_BYTES;
  return s->host_frame_max != 0 && s->host_frame_max < max ? s->host_frame_max : max;
}

uint8_t *gs_reply_tail(struct gs_session *s, size_t *cap) {
  size_t max = content_max(s);
  s->out.reply_len = 0;
  *cap = max > TAIL_AT ? max - TAIL_AT : 0;
  return s->memory.reply + TAIL_AT;
}

static size_t encode_message(struct gs_session *s, const gapseal_v1_Reply *reply, size_t cap) {
  return gs_strict_encode(&gapseal_v1_Reply_msg, reply, s->memory.reply + GS_MESSAGE_HEADER_BYTES,
                          cap);
}

/* A status alone: it fits whatever a host takes. */
static size_t encode_bare(struct gs_session *s, uint32_t id, enum gs_status status) {
  const gapseal_v1_Reply bare = {.id = id, .status = (uint32_t)status};
  return encode_message(s, &bare, GS_REPLY_HEAD_MAX);
}

/* The message stands in its place, the tail in its own: close up and send. */
static void seal(struct gs_session *s, uint32_t id, size_t message, size_t tail_len) {
  uint8_t *content = s->memory.reply;
  size_t len = GS_MESSAGE_HEADER_BYTES + message;
  memmove(content + len, content + TAIL_AT, tail_len);
  len += tail_len;
  content[0] = GS_FRAME_REPLY;
  content[1] = 0;
  content[2] = (uint8_t)message;
  content[3] = (uint8_t)(message >> 8);
  gs_crc32_append(content, len);
  s->out.reply_len = len;
  s->last_id = id;
  gs_reply_again(s);
}

void gs_reply_send(struct gs_session *s, const gapseal_v1_Reply *reply, size_t tail_len) {
  size_t cap = tail_len > 0 ? GS_REPLY_HEAD_MAX : content_max(s) - GS_MESSAGE_HEADER_BYTES;
  size_t message = encode_message(s, reply, cap);
  if (message == 0) { /* the host takes only shorter frames */
    message = encode_bare(s, reply->id, GS_E_RANGE);
    tail_len = 0;
  }
  seal(s, reply->id, message, tail_len);
}

void gs_reply_bare(struct gs_session *s, uint32_t id, enum gs_status status) {
  seal(s, id, encode_bare(s, id, status), 0);
}

void gs_reply_again(struct gs_session *s) {
  s->out.sending = true;
  s->out.busy_due = false; /* what it announced has ended */
}
