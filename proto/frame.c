/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include "bytes.h"
#include "crc32.h"

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

void gs_block_header_encode(const struct gs_block_header *h, uint8_t out[GS_BLOCK_HEADER_BYTES]) {
  struct gs_writer w = gs_writer_init(out, GS_BLOCK_HEADER_BYTES);
  gs_write_u8(&w, GS_FRAME_BLOCK);
  gs_write_u8(&w, h->round);
  gs_write_u16(&w, 0);
  gs_write_u32(&w, h->sequence);
  gs_write_u32(&w, h->index);
  gs_write_u32(&w, h->offset);
}

enum gs_status gs_block_header_decode(const uint8_t *content, size_t len,
                                      struct gs_block_header *h) {
  struct gs_reader r = gs_reader_init(content, len);
  uint8_t type = gs_read_u8(&r);
  struct gs_block_header got = {.round = gs_read_u8(&r)};
  uint16_t zero = gs_read_u16(&r);
  got.sequence = gs_read_u32(&r);
  got.index = gs_read_u32(&r);
  got.offset = gs_read_u32(&r);
  if (r.failed || type != GS_FRAME_BLOCK || zero != 0) {
    return GS_E_REQUEST_BAD;
  }
  *h = got;
  return GS_OK;
}

void gs_ack_encode(const struct gs_ack *a, uint8_t out[GS_ACK_BYTES]) {
  struct gs_writer w = gs_writer_init(out, GS_ACK_BYTES);
  gs_write_u8(&w, GS_FRAME_ACK);
  gs_write_u8(&w, a->round);
  gs_write_u8(&w, a->flags);
  gs_write_u8(&w, 0);
  gs_write_u32(&w, a->next_sequence);
  gs_write_u32(&w, a->limit_sequence);
  gs_write_u32(&w, a->index);
  gs_write_u32(&w, a->offset);
  gs_write_u32(&w, a->status);
  gs_write_u32(&w, a->held);
}

enum gs_status gs_ack_decode(const uint8_t *content, size_t len, struct gs_ack *a) {
  struct gs_reader r = gs_reader_init(content, len);
  uint8_t type = gs_read_u8(&r);
  struct gs_ack got = {.round = gs_read_u8(&r)};
  got.flags = gs_read_u8(&r);
  uint8_t zero = gs_read_u8(&r);
  got.next_sequence = gs_read_u32(&r);
  got.limit_sequence = gs_read_u32(&r);
  got.index = gs_read_u32(&r);
  got.offset = gs_read_u32(&r);
  got.status = gs_read_u32(&r);
  got.held = gs_read_u32(&r);
  if (r.failed || r.left != 0 || type != GS_FRAME_ACK || zero != 0) {
    return GS_E_REQUEST_BAD;
  }
  *a = got;
  return GS_OK;
}

void gs_busy_encode(const struct gs_busy *b, uint8_t out[GS_BUSY_BYTES]) {
  struct gs_writer w = gs_writer_init(out, GS_BUSY_BYTES);
  gs_write_u8(&w, GS_FRAME_BUSY);
  gs_write_u8(&w, b->what);
  gs_write_u16(&w, 0);
  gs_write_u32(&w, b->max_ms);
  gs_write_u32(&w, b->done);
  gs_write_u32(&w, b->total);
}

enum gs_status gs_busy_decode(const uint8_t *content, size_t len, struct gs_busy *b) {
  struct gs_reader r = gs_reader_init(content, len);
  uint8_t type = gs_read_u8(&r);
  struct gs_busy got = {.what = gs_read_u8(&r)};
  uint16_t zero = gs_read_u16(&r);
  got.max_ms = gs_read_u32(&r);
  got.done = gs_read_u32(&r);
  got.total = gs_read_u32(&r);
  if (r.failed || r.left != 0 || type != GS_FRAME_BUSY || zero != 0) {
    return GS_E_REQUEST_BAD;
  }
  *b = got;
  return GS_OK;
}
