/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "frame.h"
#include "unit.h"

#define CONTENT_MAX 1200u

static uint8_t content[CONTENT_MAX];
static uint8_t line[GS_FRAME_ENCODED_MAX(CONTENT_MAX)];
static uint8_t buffer[CONTENT_MAX + 4];

/* Contents that stress COBS: no zeros, all zeros, zeros at group ends. */
static void fill(size_t len, unsigned pattern) {
  for (size_t i = 0; i < len; i++) {
    uint8_t patterns[] = {0, 0xFF, (uint8_t)(i % 255 + 1), (uint8_t)(i % 254 == 253 ? 0 : 1),
                          (uint8_t)(i * 7)};
    content[i] = patterns[pattern % COUNT(patterns)];
  }
}

static void every_length_goes_through(void **state) {
  (void)state;
  for (size_t len = 1; len <= CONTENT_MAX; len += len < 300 ? 1 : 97) {
    for (unsigned pattern = 0; pattern < 5; pattern++) {
      fill(len, pattern);
      size_t n = gs_frame_encode(content, len, line, sizeof line);
      assert_in_range(n, len + 6, GS_FRAME_ENCODED_MAX(len));
      assert_ptr_equal(memchr(line, 0, n), line + n - 1);
      struct gs_deframer d;
      gs_deframer_init(&d, buffer, sizeof buffer);
      size_t taken = 0;
      size_t got = 0;
      assert_true(gs_deframer_push(&d, line, n, &taken, &got));
      assert_int_equal(taken, n);
      assert_int_equal(got, len);
      assert_memory_equal(buffer, content, len);
      assert_int_equal(d.dropped, 0);
    }
  }
}

static void two_pieces_encode_as_one(void **state) {
  (void)state;
  uint8_t other[GS_FRAME_ENCODED_MAX(300)];
  fill(300, 4);
  size_t n = gs_frame_encode(content, 300, line, sizeof line);
  for (size_t cut = 0; cut <= 300; cut += 50) {
    size_t m = gs_frame_encode2(content, cut, content + cut, 300 - cut, other, sizeof other);
    assert_int_equal(m, n);
    assert_memory_equal(other, line, n);
  }
}

static void encoding_into_too_little_room_is_refused(void **state) {
  (void)state;
  fill(10, 2);
  assert_int_equal(gs_frame_encode(content, 10, line, GS_FRAME_ENCODED_MAX(10) - 1), 0);
  assert_int_equal(gs_frame_encode(content, SIZE_MAX, line, sizeof line), 0);
  assert_int_equal(gs_frame_encode2(content, SIZE_MAX, content, 1, line, sizeof line), 0);
  assert_int_equal(gs_frame_encode2(content, 1, content, SIZE_MAX, line, sizeof line), 0);
  assert_true(gs_frame_encode(content, 10, line, GS_FRAME_ENCODED_MAX(10)) > 0);
}

/* Push one byte at a time; returns the frames that came out. */
static unsigned push_bytes(struct gs_deframer *d, const uint8_t *data, size_t len, size_t *got) {
  unsigned frames = 0;
  for (size_t i = 0; i < len; i++) {
    size_t taken = 0;
    if (gs_deframer_push(d, data + i, 1, &taken, got)) {
      frames++;
    }
    assert_int_equal(taken, 1);
  }
  return frames;
}

static void any_flipped_bit_loses_the_frame_and_no_more(void **state) {
  (void)state;
  fill(20, 4);
  size_t n = gs_frame_encode(content, 20, line, sizeof line);
  for (size_t bit = 0; bit < 8 * (n - 1); bit++) {
    uint8_t noisy[64];
    size_t got = 0;
    memcpy(noisy, line, n);
    noisy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    struct gs_deframer d;
    gs_deframer_init(&d, buffer, sizeof buffer);
    assert_int_equal(push_bytes(&d, noisy, n, &got), 0);
    assert_in_range(d.dropped, 1, 2);
    assert_int_equal(push_bytes(&d, line, n, &got), 1);
    assert_int_equal(got, 20);
  }
}

/* Where block frames are mended: never another content than the one that was sent. */
static void a_flipped_bit_of_a_block_frame_is_mended_or_loses_it(void **state) {
  (void)state;
  for (unsigned pattern = 0; pattern < 5; pattern++) {
    fill(300, pattern);
    for (unsigned type = 0; type < 3; type++) {
      /* The type of the last is one bit from that of a block. */
      content[0] = type == 0 ? GS_FRAME_BLOCK : type == 1 ? GS_FRAME_REQUEST : GS_FRAME_ACK;
      size_t n = gs_frame_encode(content, 300, line, sizeof line);
      unsigned mended = 0;
      for (size_t bit = 0; bit < 8 * (n - 1); bit++) {
        struct gs_deframer d;
        size_t got = 0;
        gs_deframer_init(&d, buffer, sizeof buffer);
        d.mends = true;
        line[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (push_bytes(&d, line, n, &got) > 0) {
          mended++;
          assert_int_equal(got, 300);
          assert_memory_equal(buffer, content, 300);
          assert_int_equal(d.dropped, 0);
        }
        line[bit / 8] ^= (uint8_t)(1u << bit % 8);
      }
      assert_true(type == 0 ? pattern == 0 || mended > 2000 : mended == 0);
    }
  }
}

static void any_lost_byte_loses_at_most_the_frame(void **state) {
  (void)state;
  fill(20, 2);
  size_t n = gs_frame_encode(content, 20, line, sizeof line);
  for (size_t gap = 0; gap + 1 < n; gap++) {
    size_t got = 0;
    struct gs_deframer d;
    gs_deframer_init(&d, buffer, sizeof buffer);
    assert_int_equal(push_bytes(&d, line, gap, &got), 0);
    assert_int_equal(push_bytes(&d, line + gap + 1, n - gap - 1, &got), 0);
    assert_int_equal(push_bytes(&d, line, n, &got), 1);
  }
}

static void frame_that_is_too_long_is_dropped_within_its_buffer(void **state) {
  (void)state;
  size_t got = 0;
  fill(100, 2);
  size_t n = gs_frame_encode(content, 100, line, sizeof line);
  struct gs_deframer d;
  gs_deframer_init(&d, buffer, 103); /* one byte too few */
  buffer[103] = 0x5a;
  assert_int_equal(push_bytes(&d, line, n, &got), 0);
  assert_int_equal(buffer[103], 0x5a);
  assert_int_equal(d.dropped, 1);
  gs_deframer_init(&d, buffer, 104);
  assert_int_equal(push_bytes(&d, line, n, &got), 1);
}

static void silence_and_garbage_are_skipped(void **state) {
  (void)state;
  size_t got = 0;
  uint8_t zeros[32] = {0};
  uint8_t ones[2000];
  memset(ones, 0xFF, sizeof ones);
  struct gs_deframer d;
  gs_deframer_init(&d, buffer, sizeof buffer);
  assert_int_equal(push_bytes(&d, zeros, sizeof zeros, &got), 0);
  assert_int_equal(d.dropped, 0);
  assert_int_equal(push_bytes(&d, ones, sizeof ones, &got), 0);
  assert_int_equal(push_bytes(&d, zeros, 1, &got), 0);
  assert_true(d.dropped >= 1);
  assert_true(d.stray > 500);
  fill(5, 4);
  size_t n = gs_frame_encode(content, 5, line, sizeof line);
  assert_int_equal(push_bytes(&d, line, n, &got), 1);
}

static void frame_without_content_is_dropped(void **state) {
  (void)state;
  size_t got = 0;
  size_t n = gs_frame_encode(content, 0, line, sizeof line); /* a CRC alone */
  struct gs_deframer d;
  gs_deframer_init(&d, buffer, sizeof buffer);
  assert_int_equal(push_bytes(&d, line, n, &got), 0);
  assert_int_equal(d.dropped, 1);
}

static void two_frames_in_one_read_come_one_by_one(void **state) {
  (void)state;
  fill(30, 4);
  size_t n = gs_frame_encode(content, 30, line, sizeof line);
  size_t m = gs_frame_encode(content + 1, 29, line + n, sizeof line - n);
  struct gs_deframer d;
  gs_deframer_init(&d, buffer, sizeof buffer);
  size_t taken = 0;
  size_t got = 0;
  assert_true(gs_deframer_push(&d, line, n + m, &taken, &got));
  assert_int_equal(taken, n);
  assert_true(gs_deframer_push(&d, line + n, m, &taken, &got));
  assert_int_equal(got, 29);
  assert_memory_equal(buffer, content + 1, 29);
}

static void counters_do_not_wrap(void **state) {
  (void)state;
  size_t got = 0;
  struct gs_deframer d;
  gs_deframer_init(&d, buffer, sizeof buffer);
  d.dropped = UINT32_MAX;
  d.stray = UINT32_MAX - 1;
  const uint8_t bad[] = {5, 1, 2, 0};
  assert_int_equal(push_bytes(&d, bad, sizeof bad, &got), 0);
  assert_int_equal(d.dropped, UINT32_MAX);
  assert_int_equal(d.stray, UINT32_MAX);
}

/* Change one byte at a time and read again. */
#define EACH_BYTE_MATTERS(decode, encoded, must_be_fixed)                           \
  for (size_t i = 0; i < sizeof(encoded); i++) {                                    \
    if (strchr(must_be_fixed, (int)('a' + i)) != NULL) {                            \
      (encoded)[i] ^= 1u;                                                           \
      assert_int_equal(decode(encoded, sizeof(encoded), &again), GS_E_REQUEST_BAD); \
      (encoded)[i] ^= 1u;                                                           \
    }                                                                               \
  }

static void block_header_round_trip(void **state) {
  (void)state;
  const struct gs_block_header h = {
      .round = 200, .sequence = 0xFFFFFFFFu, .index = GS_ITEM_PAGE | 3, .offset = 7};
  struct gs_block_header again;
  uint8_t out[GS_BLOCK_HEADER_BYTES + 3] = {0};
  gs_block_header_encode(&h, out);
  assert_int_equal(gs_block_header_decode(out, sizeof out, &again), GS_OK);
  uint8_t same[GS_BLOCK_HEADER_BYTES];
  gs_block_header_encode(&again, same);
  assert_memory_equal(same, out, sizeof same);
  assert_int_equal(again.round, 200);
  assert_int_equal(again.index, GS_ITEM_PAGE | 3);
  assert_int_equal(gs_block_header_decode(out, 15, &again), GS_E_REQUEST_BAD);
  EACH_BYTE_MATTERS(gs_block_header_decode, out, "acd")
}

static void ack_round_trip(void **state) {
  (void)state;
  const struct gs_ack a = {.round = 9,
                           .flags = GS_ACK_GAP | GS_ACK_FAILED,
                           .next_sequence = 1,
                           .limit_sequence = 0x80000000u,
                           .index = 2,
                           .offset = 3,
                           .status = GS_E_BLOCK_BAD,
                           .held = 0x80000005u};
  struct gs_ack again;
  uint8_t out[GS_ACK_BYTES];
  gs_ack_encode(&a, out);
  assert_int_equal(gs_ack_decode(out, sizeof out, &again), GS_OK);
  uint8_t same[GS_ACK_BYTES];
  gs_ack_encode(&again, same);
  assert_memory_equal(same, out, sizeof same);
  assert_int_equal(again.limit_sequence, 0x80000000u);
  assert_int_equal(again.status, GS_E_BLOCK_BAD);
  assert_int_equal(again.held, 0x80000005u);
  assert_int_equal(out[24], 5);
  assert_int_equal(out[27], 0x80);
  assert_int_equal(gs_ack_decode(out, sizeof out - 1, &again), GS_E_REQUEST_BAD);
  EACH_BYTE_MATTERS(gs_ack_decode, out, "ad")
}

static void busy_round_trip(void **state) {
  (void)state;
  const struct gs_busy b = {.what = GS_BUSY_SCAN, .max_ms = 400, .done = 5, .total = 10};
  struct gs_busy again;
  uint8_t out[GS_BUSY_BYTES + 1] = {0};
  gs_busy_encode(&b, out);
  assert_int_equal(gs_busy_decode(out, GS_BUSY_BYTES, &again), GS_OK);
  assert_int_equal(again.what, GS_BUSY_SCAN);
  assert_int_equal(again.max_ms, 400);
  assert_int_equal(again.done, 5);
  assert_int_equal(again.total, 10);
  assert_int_equal(gs_busy_decode(out, sizeof out, &again), GS_E_REQUEST_BAD);
  assert_int_equal(gs_busy_decode(out, GS_BUSY_BYTES - 1, &again), GS_E_REQUEST_BAD);
  out[3] = 1;
  assert_int_equal(gs_busy_decode(out, GS_BUSY_BYTES, &again), GS_E_REQUEST_BAD);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_length_goes_through),
      cmocka_unit_test(two_pieces_encode_as_one),
      cmocka_unit_test(encoding_into_too_little_room_is_refused),
      cmocka_unit_test(any_flipped_bit_loses_the_frame_and_no_more),
      cmocka_unit_test(a_flipped_bit_of_a_block_frame_is_mended_or_loses_it),
      cmocka_unit_test(any_lost_byte_loses_at_most_the_frame),
      cmocka_unit_test(frame_that_is_too_long_is_dropped_within_its_buffer),
      cmocka_unit_test(silence_and_garbage_are_skipped),
      cmocka_unit_test(frame_without_content_is_dropped),
      cmocka_unit_test(two_frames_in_one_read_come_one_by_one),
      cmocka_unit_test(counters_do_not_wrap),
      cmocka_unit_test(block_header_round_trip),
      cmocka_unit_test(ack_round_trip),
      cmocka_unit_test(busy_round_trip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
