/* SPDX-License-Identifier: Apache-2.0
 * Frames: whatever comes, in whatever pieces, gives the same frames and the same counts; what was
 * read as a frame or as a header is what writing it gives.
 */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "frame.h"
#include "fuzz.h"

#define CAP 600u /* of the deframer: longer frames are in the input */
#define FRAMES_MAX 4096u

struct seen {
  size_t count;
  size_t content_bytes;
  uint32_t hash; /* of lengths and contents, in order */
  uint32_t dropped, stray;
};

static void hash_bytes(uint32_t *hash, const void *data, size_t len) {
  const uint8_t *at = data;
  for (size_t i = 0; i < len; i++) {
    *hash = (*hash ^ at[i]) * 16777619u;
  }
}

static void check_headers(const uint8_t *content, size_t len) {
  uint8_t again[GS_ACK_BYTES];
  struct gs_block_header block;
  struct gs_ack ack;
  struct gs_busy busy;
  if (gs_block_header_decode(content, len, &block) == GS_OK) {
    FUZZ_MUST(len >= GS_BLOCK_HEADER_BYTES);
    gs_block_header_encode(&block, again);
    FUZZ_MUST(memcmp(again, content, GS_BLOCK_HEADER_BYTES) == 0);
  }
  if (gs_ack_decode(content, len, &ack) == GS_OK) {
    FUZZ_MUST(len == GS_ACK_BYTES);
    gs_ack_encode(&ack, again);
    FUZZ_MUST(memcmp(again, content, GS_ACK_BYTES) == 0);
  }
  if (gs_busy_decode(content, len, &busy) == GS_OK) {
    FUZZ_MUST(len == GS_BUSY_BYTES);
    gs_busy_encode(&busy, again);
    FUZZ_MUST(memcmp(again, content, GS_BUSY_BYTES) == 0);
  }
}

/* Encode, read back, and encode in two pieces. */
static void check_round_trip(const uint8_t *content, size_t len) {
  uint8_t *wire = malloc(GS_FRAME_ENCODED_MAX(len));
  uint8_t *wire2 = malloc(GS_FRAME_ENCODED_MAX(len));
  uint8_t *back = malloc(len + 4u);
  FUZZ_MUST(wire != NULL && wire2 != NULL && back != NULL);
  size_t n = gs_frame_encode(content, len, wire, GS_FRAME_ENCODED_MAX(len));
  FUZZ_MUST(n > 0 && n <= GS_FRAME_ENCODED_MAX(len) && wire[n - 1] == 0);
  FUZZ_MUST(memchr(wire, 0, n - 1) == NULL);
  FUZZ_MUST(gs_frame_encode(content, len, wire2, n - 1) == 0);
  size_t cut = len / 3u;
  FUZZ_MUST(gs_frame_encode2(content, cut, content + cut, len - cut, wire2,
                             GS_FRAME_ENCODED_MAX(len)) == n);
  FUZZ_MUST(memcmp(wire, wire2, n) == 0);
  struct gs_deframer d;
  size_t taken = 0;
  size_t got = 0;
  gs_deframer_init(&d, back, len + 4u);
  FUZZ_MUST(gs_deframer_push(&d, wire, n, &taken, &got) == (len > 0));
  FUZZ_MUST(len == 0 || (taken == n && got == len && memcmp(back, content, len) == 0));
  free(back);
  free(wire2);
  free(wire);
}

/* What was read, written again, is what came: COBS has one spare form, an empty last group. */
static void check_encoding(const uint8_t *from, const uint8_t *end, const uint8_t *content,
                           size_t len) {
  uint8_t wire[GS_FRAME_ENCODED_MAX(CAP)];
  size_t n = gs_frame_encode(content, len, wire, sizeof wire);
  while (from < end && *from == 0) {
    from++;
  }
  size_t came = (size_t)(end - from);
  bool spare = came == n + 1u && from[n - 1u] == 1u && memcmp(from, wire, n - 1u) == 0;
  FUZZ_MUST(spare || (came == n && memcmp(from, wire, n) == 0));
}

/* COBS of any bytes, CRC and all: gs_frame_encode puts a CRC of its own behind them. */
static size_t cobs(const uint8_t *data, size_t len, uint8_t *out) {
  size_t code_at = 0;
  size_t n = 1;
  for (size_t i = 0; i < len; i++) {
    if (data[i] != 0) {
      out[n++] = data[i];
    }
    if (data[i] == 0 || n - code_at == 255u) {
      out[code_at] = (uint8_t)(n - code_at);
      code_at = n++;
      if (data[i] != 0 && i + 1 == len) { /* a full last group needs no other behind it */
        out[--n] = 0;
        return n + 1;
      }
    }
  }
  out[code_at] = (uint8_t)(n - code_at);
  out[n++] = 0;
  return n;
}

/* A block frame with one bit of its content or CRC flipped is what it was; any other is lost. */
static void check_mending(const uint8_t *content, size_t len, uint8_t where) {
  uint8_t flipped[CAP + 4u];
  uint8_t back[CAP + 4u];
  uint8_t wire[GS_FRAME_ENCODED_MAX(CAP + 4u)];
  struct gs_deframer d;
  size_t taken = 0;
  size_t got = 0;
  if (len == 0 || len > CAP) {
    return;
  }
  memcpy(flipped, content, len);
  struct gs_writer w = gs_writer_init(flipped + len, 4);
  gs_write_u32(&w, gs_crc32(0, content, len));
  size_t bit = where * 31u % (8u * (len + 4u));
  flipped[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
  size_t n = cobs(flipped, len + 4u, wire);
  gs_deframer_init(&d, back, sizeof back);
  d.mends = true;
  bool frame = gs_deframer_push(&d, wire, n, &taken, &got);
  bool type_hit = bit < 8u; /* only what still says that it is a block frame is mended */
  if (content[0] == GS_FRAME_BLOCK && !type_hit) {
    FUZZ_MUST(frame && got == len && memcmp(back, content, len) == 0);
  } else {
    FUZZ_MUST(!frame);
  }
}

static void read_all(const uint8_t *data, size_t len, uint32_t pieces, bool mends,
                     struct seen *out) {
  uint8_t buf[CAP + 4u];
  struct gs_deframer d;
  memset(out, 0, sizeof *out);
  out->hash = 2166136261u;
  gs_deframer_init(&d, buf, sizeof buf);
  d.mends = mends;
  for (size_t at = 0; at < len;) {
    size_t taken = 0;
    size_t content_len = 0;
    size_t want = pieces == 0 ? len - at : pieces == 1 ? 1 : 1u + pieces % 97u;
    pieces = pieces < 2 ? pieces : pieces * 1664525u + 1013904223u;
    want = want < len - at ? want : len - at;
    bool frame = gs_deframer_push(&d, data + at, want, &taken, &content_len);
    FUZZ_MUST(taken <= want && (frame || taken == want) && taken > 0);
    at += taken;
    if (!frame) {
      continue;
    }
    FUZZ_MUST(content_len >= 1 && content_len <= CAP);
    out->count++;
    out->content_bytes += content_len;
    hash_bytes(&out->hash, &content_len, sizeof content_len);
    hash_bytes(&out->hash, buf, content_len);
    check_headers(buf, content_len);
    if (pieces == 0 && !mends) {
      const uint8_t *end = data + at;
      const uint8_t *from = end - 1;
      while (from > data && from[-1] != 0) {
        from--;
      }
      check_encoding(from, end, buf, content_len);
    }
  }
  out->dropped = d.dropped;
  out->stray = d.stray;
  FUZZ_MUST(out->content_bytes <= len);
}

void fuzz_start(void) {
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct seen whole;
  struct seen single;
  struct seen mixed;
  struct fuzz_script s = {data, len};
  uint8_t mode = fuzz_u8(&s);
  if (mode % 2u == 1u) {
    check_headers(s.at, s.left);
    check_round_trip(s.at, s.left);
    check_mending(s.at, s.left, mode);
    return;
  }
  bool mends = (mode & 2u) != 0;
  read_all(s.at, s.left, 0, mends, &whole);
  read_all(s.at, s.left, 1, mends, &single);
  read_all(s.at, s.left, 2u + mode, mends, &mixed);
  FUZZ_MUST(memcmp(&whole, &single, sizeof whole) == 0);
  FUZZ_MUST(memcmp(&whole, &mixed, sizeof whole) == 0);
}

static size_t put(uint8_t *out, size_t at, const uint8_t *content, size_t len) {
  return at + gs_frame_encode(content, len, out + at, 2048u - at);
}

void fuzz_seeds(void) {
  uint8_t seed[2048] = {0};
  uint8_t content[300];
  uint8_t header[GS_ACK_BYTES];
  size_t n = 1;
  for (size_t i = 0; i < sizeof content; i++) {
    content[i] = (uint8_t)(i * 7u);
  }
  gs_block_header_encode(&(struct gs_block_header){.round = 1, .sequence = 2, .index = 3}, content);
  n = put(seed, n, content, sizeof content);
  gs_ack_encode(&(struct gs_ack){.next_sequence = 4, .limit_sequence = 9, .status = 7}, header);
  n = put(seed, n, header, GS_ACK_BYTES);
  gs_busy_encode(&(struct gs_busy){.what = GS_BUSY_ERASE, .max_ms = 500, .total = 8}, header);
  n = put(seed, n, header, GS_BUSY_BYTES);
  memset(content, 0x11, sizeof content); /* groups of 254 */
  n = put(seed, n, content, 254);
  n = put(seed, n, content, 250);
  seed[n++] = 0;
  fuzz_seed("stream", seed, n);
  seed[0] = 2;
  fuzz_seed("mended", seed, n);
  seed[0] = 1;
  memcpy(seed + 1, content, sizeof content);
  fuzz_seed("content", seed, sizeof content + 1u);
  gs_ack_encode(&(struct gs_ack){.flags = GS_ACK_GAP}, seed + 1);
  fuzz_seed("ack", seed, 1u + GS_ACK_BYTES);
  gs_busy_encode(&(struct gs_busy){.what = GS_BUSY_SIGN}, seed + 1);
  fuzz_seed("busy", seed, 1u + GS_BUSY_BYTES);
}
