/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include "bytes.h"
#include "crc32.h"
#include "layout.h"

#define CRC_BYTES 4u
#define COBS_GROUP_MAX 254u

/* A COBS group that is being filled: its code byte's place, and what was written so far. */
struct cobs {
  uint8_t *out;
  size_t used;
  size_t code_at;
};

static void cobs_open(struct cobs *c) {
  c->code_at = c->used++;
}

static void cobs_close(struct cobs *c) {
  c->out[c->code_at] = (uint8_t)(c->used - c->code_at);
}

static void cobs_put(struct cobs *c, const uint8_t *data, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (c->used - c->code_at == COBS_GROUP_MAX + 1u) {
      cobs_close(c);
      cobs_open(c);
    }
    if (data[i] == 0) {
      cobs_close(c);
      cobs_open(c);
    } else {
      c->out[c->used++] = data[i];
    }
  }
}

size_t gs_frame_encode2(const uint8_t *head, size_t head_len, const uint8_t *data, size_t data_len,
                        uint8_t *out, size_t cap) {
  if (data_len > SIZE_MAX / 2 || head_len > SIZE_MAX / 4 ||
      GS_FRAME_ENCODED_MAX(head_len + data_len) > cap) {
    return 0;
  }
  uint32_t crc = gs_crc32(gs_crc32(0, head, head_len), data, data_len);
  uint8_t tail[CRC_BYTES] = {(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16),
                             (uint8_t)(crc >> 24)};
  struct cobs c = {.out = out, .used = 0, .code_at = 0};
  cobs_open(&c);
  cobs_put(&c, head, head_len);
  cobs_put(&c, data, data_len);
  cobs_put(&c, tail, sizeof tail);
  cobs_close(&c);
  out[c.used++] = 0;
  return c.used;
}

size_t gs_frame_encode(const uint8_t *content, size_t len, uint8_t *out, size_t cap) {
  return gs_frame_encode2(content, len, NULL, 0, out, cap);
}

/* Between two frames no group has ended yet, so no zero may be put before the first one:
 * group_full says that, and together with nothing used it marks the state between frames. */
static void deframer_restart(struct gs_deframer *d) {
  d->used = 0;
  d->code_left = 0;
  d->group_full = true;
  d->skipping = false;
}

void gs_deframer_init(struct gs_deframer *d, uint8_t *buf, size_t cap) {
  d->buf = buf;
  d->cap = cap;
  d->mends = false;
  d->dropped = 0;
  d->stray = 0;
  deframer_restart(d);
}

static void count(uint32_t *counter, size_t by) {
  *counter = by > UINT32_MAX - *counter ? UINT32_MAX : *counter + (uint32_t)by;
}

static void deframer_skip(struct gs_deframer *d) {
  count(&d->dropped, 1);
  count(&d->stray, d->used);
  d->skipping = true;
}

static void deframer_store(struct gs_deframer *d, uint8_t byte) {
  if (d->used == d->cap) {
    deframer_skip(d);
    return;
  }
  d->buf[d->used++] = byte;
}

/* Any byte but 0x00. */
static void deframer_byte(struct gs_deframer *d, uint8_t byte) {
  if (d->skipping) {
    count(&d->stray, 1);
    return;
  }
  if (d->code_left > 0) {
    d->code_left--;
    deframer_store(d, byte);
    return;
  }
  if (!d->group_full) {
    deframer_store(d, 0);
  }
  d->code_left = (uint8_t)(byte - 1u);
  d->group_full = byte == 0xFFu;
}

/* Does the CRC fit what came, or can it be made to? */
static bool deframer_check(struct gs_deframer *d, size_t len) {
  struct gs_reader r = gs_reader_init(d->buf + len, CRC_BYTES);
  if (gs_read_u32(&r) == gs_crc32(0, d->buf, len)) {
    return true;
  }
  return d->mends && d->buf[0] == GS_FRAME_BLOCK && gs_crc32_mend(d->buf, d->used) &&
         d->buf[0] == GS_FRAME_BLOCK;
}

/* 0x00: true when what came before it is a whole frame with the right CRC. */
static bool deframer_end(struct gs_deframer *d, size_t *content_len) {
  bool nothing = d->used == 0 && d->code_left == 0 && d->group_full;
  if (d->skipping || nothing) {
    deframer_restart(d);
    return false;
  }
  bool whole = d->code_left == 0 && d->used > CRC_BYTES;
  if (whole) {
    size_t len = d->used - CRC_BYTES;
    whole = deframer_check(d, len);
    *content_len = whole ? len : *content_len;
  }
  if (!whole) {
    deframer_skip(d);
  }
  deframer_restart(d);
  return whole;
}

bool gs_deframer_push(struct gs_deframer *d, const uint8_t *data, size_t len, size_t *taken,
                      size_t *content_len) {
  for (size_t i = 0; i < len; i++) {
    if (data[i] != 0) {
      deframer_byte(d, data[i]);
    } else if (deframer_end(d, content_len)) {
      *taken = i + 1;
      return true;
    }
  }
  *taken = len;
  return false;
}

/* The first four bytes hold the type, then small members, then zeros. */
struct fixed {
  uint8_t type;
  uint8_t zeros_at;
  uint8_t count;
  struct gs_layout_field fields[8];
};

#define FIELD(off, name) GS_LAYOUT_FIELD(off, struct gs_block_header, name)
static const struct fixed block_header = {
    GS_FRAME_BLOCK,
    2,
    4,
    {FIELD(1, round), FIELD(4, sequence), FIELD(8, index), FIELD(12, offset)}};
#undef FIELD
#define FIELD(off, name) GS_LAYOUT_FIELD(off, struct gs_ack, name)
static const struct fixed ack = {
    GS_FRAME_ACK,
    3,
    8,
    {FIELD(1, round), FIELD(2, flags), FIELD(4, next_sequence), FIELD(8, limit_sequence),
     FIELD(12, index), FIELD(16, offset), FIELD(20, status), FIELD(24, held)}};
#undef FIELD
#define FIELD(off, name) GS_LAYOUT_FIELD(off, struct gs_busy, name)
static const struct fixed busy = {
    GS_FRAME_BUSY, 2, 4, {FIELD(1, what), FIELD(4, max_ms), FIELD(8, done), FIELD(12, total)}};
#undef FIELD

static void fixed_encode(const struct fixed *layout, const void *from, uint8_t *out) {
  out[0] = layout->type;
  out[2] = 0;
  out[3] = 0;
  gs_layout_write(layout->fields, layout->count, from, out);
}

/* The caller has compared the length. */
static enum gs_status fixed_decode(const struct fixed *layout, const uint8_t *content, void *to) {
  uint8_t zeros = content[3] | (layout->zeros_at == 2 ? content[2] : 0);
  if (content[0] != layout->type || zeros != 0) {
    return GS_E_REQUEST_BAD;
  }
  gs_layout_read(layout->fields, layout->count, content, to);
  return GS_OK;
}

void gs_block_header_encode(const struct gs_block_header *h, uint8_t out[GS_BLOCK_HEADER_BYTES]) {
  fixed_encode(&block_header, h, out);
}

enum gs_status gs_block_header_decode(const uint8_t *content, size_t len,
                                      struct gs_block_header *h) {
  return len < GS_BLOCK_HEADER_BYTES ? GS_E_REQUEST_BAD : fixed_decode(&block_header, content, h);
}

void gs_ack_encode(const struct gs_ack *a, uint8_t out[GS_ACK_BYTES]) {
  fixed_encode(&ack, a, out);
}

enum gs_status gs_ack_decode(const uint8_t *content, size_t len, struct gs_ack *a) {
  return len != GS_ACK_BYTES ? GS_E_REQUEST_BAD : fixed_decode(&ack, content, a);
}

void gs_busy_encode(const struct gs_busy *b, uint8_t out[GS_BUSY_BYTES]) {
  fixed_encode(&busy, b, out);
}

enum gs_status gs_busy_decode(const uint8_t *content, size_t len, struct gs_busy *b) {
  return len != GS_BUSY_BYTES ? GS_E_REQUEST_BAD : fixed_decode(&busy, content, b);
}
