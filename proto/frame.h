/* SPDX-License-Identifier: Apache-2.0
 * Frames on a byte stream: content, then its CRC-32 little endian, COBS encoded, ended by
 * one 0x00. Any damage loses whole frames and nothing else: the next 0x00 resynchronises.
 * Layouts of the contents: docs/spec/wire.md.
 */
#ifndef GAPSEAL_FRAME_H
#define GAPSEAL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* First byte of a frame's content. */
enum gs_frame_type {
  GS_FRAME_REQUEST = 0x01, /* host to device: u8 type, u8 0, u16 message length, Request, tail */
  GS_FRAME_REPLY = 0x02,   /* device to host: the same with Reply */
  GS_FRAME_BLOCK = 0x10,   /* host to device: struct gs_block_header, data */
  GS_FRAME_ACK = 0x11,     /* device to host: struct gs_ack */
  GS_FRAME_BUSY = 0x12,    /* device to host: struct gs_busy */
};

#define GS_MESSAGE_HEADER_BYTES 4u
#define GS_BLOCK_HEADER_BYTES 16u
#define GS_ACK_BYTES 28u
#define GS_BUSY_BYTES 16u

/* Bytes on the line for content_len bytes of content, at most: CRC, COBS and the 0x00. */
#define GS_FRAME_ENCODED_MAX(content_len) ((content_len) + 4u + ((content_len) + 4u) / 254u + 2u)

/* index of a table page carries this bit; that of an image block does not. */
#define GS_ITEM_PAGE 0x80000000u

/* u8 type, u8 round, u16 0, u32 sequence, u32 index, u32 offset; then data. */
struct gs_block_header {
  uint8_t round;     /* raised by the host, modulo 256, with each frame it sends again */
  uint32_t sequence; /* of this frame, from 0 since the last needs reply */
  uint32_t index;    /* block, or table page | GS_ITEM_PAGE */
  uint32_t offset;   /* bytes from the start of the block or page */
};

enum gs_ack_flag {
  GS_ACK_GAP = 1,    /* a frame above the expected one was dropped: all of them are */
  GS_ACK_ALL = 2,    /* every needed item of this phase arrived */
  GS_ACK_FAILED = 4, /* the transfer ended; status says why */
  GS_ACK_DAMAGED = 8 /* one frame or more came damaged, and no whole one since */
};

#define GS_ACK_HELD_MAX 32u /* frames that an acknowledgement can name as held */

/* u8 type, u8 round, u8 flags, u8 0, then six u32 in this order. */
struct gs_ack {
  uint8_t round; /* of the newest block frame seen */
  uint8_t flags;
  uint32_t next_sequence;  /* every frame below it arrived */
  uint32_t limit_sequence; /* frames below it may be sent; never goes down */
  uint32_t index;          /* what is expected next */
  uint32_t offset;
  uint32_t status;
  uint32_t held; /* bit i: the frame next_sequence + i arrived and is kept */
};

/* u8 type, u8 what, u16 0, u32 max_ms, u32 done, u32 total. */
enum gs_busy_what {
  GS_BUSY_ERASE = 1,
  GS_BUSY_SCAN = 2,  /* comparing what the slots hold */
  GS_BUSY_CHECK = 3, /* re-reading the whole image */
  GS_BUSY_SIGN = 4,  /* verifying or making a signature */
};
struct gs_busy {
  uint8_t what;
  uint32_t max_ms; /* nothing will be said for at most this long */
  uint32_t done;   /* bytes, of total; both 0 where unknown */
  uint32_t total;
};

/*
 * Encode one frame.
 *
 * content  len bytes; may not overlap out.
 * out      GS_FRAME_ENCODED_MAX(len) bytes at least.
 *
 * Returns the bytes written, the final 0x00 included, or 0 when cap is too small.
 */
size_t gs_frame_encode(const uint8_t *content, size_t len, uint8_t *out, size_t cap);

/* The same from two pieces laid end to end (a header and data that is elsewhere). */
size_t gs_frame_encode2(const uint8_t *head, size_t head_len, const uint8_t *data, size_t data_len,
                        uint8_t *out, size_t cap);

/*
 * Takes bytes one by one and gives whole frames. The caller owns the memory; nothing in here
 * points into the struct itself.
 */
struct gs_deframer {
  uint8_t *buf; /* content and CRC are built here */
  size_t cap;
  size_t used;
  uint8_t code_left; /* bytes left in the current COBS group */
  bool group_full;   /* the group had 254 bytes: no zero follows it */
  bool skipping;     /* too long or malformed: ignore up to the next 0x00 */
  bool mends;        /* one flipped bit in a block frame is turned back; false after init */
  uint32_t dropped;  /* frames lost to damage since init */
  uint32_t stray;    /* bytes thrown away with them */
};

void gs_deframer_init(struct gs_deframer *d, uint8_t *buf, size_t cap);

/*
 * Take bytes until a frame is complete or the input ends.
 *
 * data, len  input.
 * taken      how many bytes of it were used; always written.
 * content_len  written when true is returned.
 *
 * True: d->buf holds content_len (>= 1) bytes of content, its CRC checked, until the next
 * call. Where mends is set, that of a block frame may have had one flipped bit, which is mended
 * (gs_crc32_mend): the data of a block is verified before it is used, and its header against what
 * is expected. Empty frames (0x00 0x00) are skipped silently. Never reads past len, never waits.
 */
bool gs_deframer_push(struct gs_deframer *d, const uint8_t *data, size_t len, size_t *taken,
                      size_t *content_len);

/* Fixed layouts. The decoders demand the exact length (the block header: at least), the right
 * type, and zeros where the layout says zero; otherwise GS_E_REQUEST_BAD. */
void gs_block_header_encode(const struct gs_block_header *h, uint8_t out[GS_BLOCK_HEADER_BYTES]);
GS_MUST_USE enum gs_status gs_block_header_decode(const uint8_t *content, size_t len,
                                                  struct gs_block_header *h);
void gs_ack_encode(const struct gs_ack *a, uint8_t out[GS_ACK_BYTES]);
GS_MUST_USE enum gs_status gs_ack_decode(const uint8_t *content, size_t len, struct gs_ack *a);
void gs_busy_encode(const struct gs_busy *b, uint8_t out[GS_BUSY_BYTES]);
GS_MUST_USE enum gs_status gs_busy_decode(const uint8_t *content, size_t len, struct gs_busy *b);

#endif
