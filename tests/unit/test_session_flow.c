/* SPDX-License-Identifier: Apache-2.0
 * The flow of blocks: sequence, gaps, rounds, credit, erases that stop reception.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "session_host.h"

static struct session_host h;

static int fresh(void **state) {
  (void)state;
  host_init(&h);
  return 0;
}

/* A flow of blocks is open: pages are there, nothing is to be compared. */
static void open_blocks(uint32_t size, uint32_t frame_data) {
  host_begin(&h, size);
  memset(fake.page_needed, 0, sizeof fake.page_needed);
  fake_engine_count_needed(&h.engine);
  host_needs(&h, frame_data);
  fake.calls = 0;
  h.acks = h.busies = 0;
}

/* The device has memory for so many frames of frame_data bytes. */
static void keep(uint32_t frames, uint32_t frame_data) {
  host_init(&h);
  h.memory.reorder = h.buffers + 40000;
  h.memory.reorder_cap = frames * (GS_REORDER_OVERHEAD + (size_t)frame_data);
  assert_true(40000 + h.memory.reorder_cap <= sizeof h.buffers);
  assert_int_equal(gs_session_init(&h.session, &h.engine, &h.memory, h.now_ms), GS_OK);
}

static void blocks_in_order_are_stored_and_acknowledged(void **state) {
  (void)state;
  open_blocks(3 * HOST_BLOCK + 5, 1024);
  for (uint32_t i = 0; i < 4; i++) {
    uint32_t len = i < 3 ? HOST_BLOCK : 5;
    host_block(&h, 0, i, i, 0, len);
    host_run(&h);
    assert_int_equal(h.acks, i + 1);
    const struct gs_ack *a = host_last_ack(&h);
    assert_int_equal(a->next_sequence, i + 1);
    assert_int_equal(a->flags, i < 3 ? 0 : GS_ACK_ALL);
    assert_int_equal(fake.last_item, i);
    assert_int_equal(fake.last_len, len);
    assert_int_equal(fake.last_data[len - 1], i);
  }
  assert_int_equal(fake.calls, 4);
}

static void only_needed_items_are_expected(void **state) {
  (void)state;
  open_blocks(6 * HOST_BLOCK, 1024);
  fake.block_needed[1] = fake.block_needed[2] = fake.block_needed[5] = false;
  fake_engine_count_needed(&h.engine);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->index, 3);
  host_block(&h, 0, 1, 3, 0, 1024);
  host_block(&h, 0, 2, 4, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_ALL);
}

static void pages_carry_their_mark(void **state) {
  (void)state;
  host_begin(&h, 40 * HOST_BLOCK); /* 40 digests: a whole page and one of 8 */
  host_needs(&h, 1024);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_GAP);
  host_block(&h, 1, 0, GS_ITEM_PAGE | 0, 0, 1024);
  host_block(&h, 1, 1, GS_ITEM_PAGE | 1, 0, 8 * 32);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_ALL);
  assert_int_equal(host_last_ack(&h)->round, 1);
  assert_int_equal(fake.last_len, 256);
}

static void pieces_of_an_item_are_put_together(void **state) {
  (void)state;
  open_blocks(HOST_BLOCK + 100, 300);
  uint32_t sequence = 0;
  for (uint32_t i = 0; i < 2; i++) {
    uint32_t len = i == 0 ? HOST_BLOCK : 100;
    for (uint32_t off = 0; off < len; off += 300) {
      uint32_t part = len - off < 300 ? len - off : 300;
      host_block(&h, 0, sequence++, i, off, part);
      host_run(&h);
    }
    assert_int_equal(fake.last_item, i);
    assert_int_equal(fake.last_len, len);
    for (uint32_t k = 0; k < len; k++) {
      assert_int_equal(fake.last_data[k], i);
    }
  }
  assert_int_equal(fake.calls, 2);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_ALL);
}

static void a_loss_is_said_once_a_round(void **state) {
  (void)state;
  open_blocks(10 * HOST_BLOCK, 1024);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  h.acks = 0;
  for (uint32_t i = 2; i < 5; i++) { /* 1 is lost */
    host_block(&h, 0, i, i, 0, 1024);
    host_run(&h);
  }
  assert_int_equal(h.acks, 1);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_GAP);
  assert_int_equal(host_last_ack(&h)->next_sequence, 1);
  assert_int_equal(host_last_ack(&h)->index, 1);
  assert_int_equal(fake.calls, 1);
  host_block(&h, 1, 2, 2, 0, 1024); /* lost again in the next round */
  host_run(&h);
  assert_int_equal(h.acks, 2);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_GAP);
  assert_int_equal(host_last_ack(&h)->round, 1);
  host_block(&h, 0, 1, 1, 0, 1024); /* of an old round, and yet what is expected */
  host_run(&h);
  assert_int_equal(fake.calls, 2);
  for (uint32_t i = 2; i < 10; i++) {
    host_block(&h, 2, i, i, 0, 1024);
    host_run(&h);
  }
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_ALL);
  assert_int_equal(fake.calls, 10);
}

static void a_loss_inside_an_item_goes_back_to_its_place(void **state) {
  (void)state;
  open_blocks(HOST_BLOCK, 256);
  host_block(&h, 0, 0, 0, 0, 256);
  host_block(&h, 0, 2, 0, 512, 256);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_GAP);
  assert_int_equal(host_last_ack(&h)->next_sequence, 1);
  assert_int_equal(host_last_ack(&h)->offset, 256);
  for (uint32_t i = 1; i < 4; i++) {
    host_block(&h, 1, i, 0, i * 256, 256);
  }
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_ALL);
}

static void a_damaged_frame_is_a_loss_at_once(void **state) {
  (void)state;
  const uint8_t noise[] = {5, 1, 2, 3, 4, 5, 0};
  open_blocks(10 * HOST_BLOCK, 1024);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  h.acks = 0;
  host_bytes(&h, noise, sizeof noise);
  host_run(&h);
  assert_int_equal(h.acks, 1);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_GAP);
  assert_int_equal(host_last_ack(&h)->next_sequence, 1);
  host_bytes(&h, noise, sizeof noise);
  host_block(&h, 0, 2, 2, 0, 1024);
  host_run(&h);
  assert_int_equal(h.acks, 1);
  host_block(&h, 1, 1, 1, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, 0);
  assert_int_equal(fake.calls, 2);
}

static void noise_before_the_expected_frame_is_no_loss(void **state) {
  (void)state;
  const uint8_t noise[] = {5, 1, 2, 3, 4, 5, 0};
  open_blocks(10 * HOST_BLOCK, 1024);
  host_bytes(&h, noise, sizeof noise);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, 0);
  assert_int_equal(fake.calls, 1);
}

static void a_duplicate_is_acknowledged_and_not_stored_again(void **state) {
  (void)state;
  open_blocks(4 * HOST_BLOCK, 1024);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  host_block(&h, 0, 0, 0, 0, 1024); /* the same round: ignored */
  host_run(&h);
  assert_int_equal(h.acks, 1);
  host_block(&h, 1, 0, 0, 0, 1024); /* raised: the host did not hear */
  host_run(&h);
  assert_int_equal(h.acks, 2);
  assert_int_equal(host_last_ack(&h)->flags, 0);
  assert_int_equal(host_last_ack(&h)->next_sequence, 1);
  assert_int_equal(fake.calls, 1);
}

static void the_end_is_said_again_to_a_host_that_missed_it(void **state) {
  (void)state;
  open_blocks(HOST_BLOCK, 1024);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  host_block(&h, 1, 0, 0, 0, 1024);
  host_run(&h);
  assert_int_equal(h.acks, 2);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_ALL);
  assert_int_equal(fake.calls, 1);
}

static void rounds_wrap(void **state) {
  (void)state;
  open_blocks(300 * HOST_BLOCK, 1024);
  for (uint32_t i = 0; i < 300; i++) {
    host_block(&h, (uint8_t)i, i, i, 0, 1024);
    host_run(&h);
    assert_int_equal(host_last_ack(&h)->round, (uint8_t)i);
  }
  assert_int_equal(fake.calls, 300);
}

static void an_item_that_does_not_match_ends_the_flow(void **state) {
  (void)state;
  open_blocks(4 * HOST_BLOCK, 1024);
  fake.block = GS_E_BLOCK_BAD;
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_FAILED);
  assert_int_equal(host_last_ack(&h)->status, GS_E_BLOCK_BAD);
  host_block(&h, 0, 1, 1, 0, 1024);
  host_run(&h);
  assert_int_equal(fake.calls, 1);
  fake.block = GS_OK;
  host_needs(&h, 1024);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, 0);
  assert_int_equal(fake.calls, 2);
}

static void data_outside_the_item_is_refused(void **state) {
  (void)state;
  const struct {
    uint32_t offset, len, status_or_gap;
  } cases[] = {
      {0, 1025, GS_E_BLOCK_RANGE}, /* more than the item */
      {0, 0, GS_E_BLOCK_RANGE},    /* nothing */
      {1, 1024, 0},                /* not the place that is expected */
      {0xFFFFFFFFu, 16, 0},
      {1024, 16, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    host_init(&h);
    h.memory.frame_cap = 2048;
    h.memory.frame = h.buffers + 50000;
    assert_int_equal(gs_session_init(&h.session, &h.engine, &h.memory, h.now_ms), GS_OK);
    open_blocks(2 * HOST_BLOCK, 1024);
    host_block(&h, 0, 0, 0, cases[i].offset, cases[i].len);
    host_run(&h);
    assert_int_equal(fake.calls, 0);
    assert_int_equal(host_last_ack(&h)->status, cases[i].status_or_gap);
    assert_int_equal(host_last_ack(&h)->flags, cases[i].status_or_gap ? GS_ACK_FAILED : GS_ACK_GAP);
  }
}

static void blocks_without_a_flow_change_nothing_and_are_told_so(void **state) {
  (void)state;
  for (uint32_t i = 0; i < 100; i++) {
    host_block(&h, 0, i, i, 0, 1024);
    host_run(&h);
  }
  assert_int_equal(h.acks, 1);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_FAILED);
  assert_int_equal(host_last_ack(&h)->status, GS_E_NO_HELLO);
  host_hello(&h);
  host_pass(&h, 500);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->status, GS_E_STATE);
  assert_int_equal(fake.calls, 0);
}

/* A host that sends all it may at once, before the device does anything, overflows nothing. */
static void credit_never_exceeds_what_can_be_held(void **state) {
  (void)state;
  const uint32_t sizes[] = {1024, 1000, 512, 257, 256, 64, 13, 1};
  for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
    host_init(&h);
    open_blocks(20 * HOST_BLOCK, sizes[k]);
    uint32_t limit = h.reply.body.needs.limit;
    uint32_t sequence = 0, index = 0, offset = 0;
    assert_true(limit >= 2);
    while (h.session.flow.state == GS_FLOW_OPEN) {
      uint32_t before = sequence;
      while (sequence < limit && index < 20) {
        uint32_t len = HOST_BLOCK - offset < sizes[k] ? HOST_BLOCK - offset : sizes[k];
        uint8_t wire[2048];
        uint8_t head[GS_BLOCK_HEADER_BYTES];
        uint8_t data[HOST_BLOCK];
        const struct gs_block_header header = {
            .sequence = sequence++, .index = index, .offset = offset};
        gs_block_header_encode(&header, head);
        memset(data, 0xA5, sizeof data); /* no zeros: COBS at its longest */
        size_t n = gs_frame_encode2(head, sizeof head, data, len, wire, sizeof wire);
        assert_int_equal(gs_session_input(&h.session, wire, n), n);
        offset += len;
        if (offset == HOST_BLOCK) {
          offset = 0;
          index++;
        }
      }
      assert_true(sequence > before); /* there is always credit in the end */
      host_run(&h);
      if (h.acks > 0) {
        assert_true(host_last_ack(&h)->limit_sequence >= limit);
        limit = host_last_ack(&h)->limit_sequence;
      }
    }
    assert_int_equal(h.session.flow.state, GS_FLOW_ALL);
  }
}

static void acknowledgements_come_every_500_ms_and_end_when_the_host_is_gone(void **state) {
  (void)state;
  open_blocks(4 * HOST_BLOCK, 256);
  host_block(&h, 0, 0, 0, 0, 256);
  host_run(&h);
  h.acks = 0;
  host_pass(&h, 5000);
  assert_in_range(h.acks, 10, 14);
  host_pass(&h, 10000);
  h.acks = 0;
  host_pass(&h, 5000);
  assert_int_equal(h.acks, 0);
  host_block(&h, 0, 1, 0, 256, 256); /* it is still there */
  host_run(&h);
  assert_int_equal(h.session.flow.next_sequence, 2);
}

static void nothing_may_be_in_flight_when_an_erase_stops_reception(void **state) {
  (void)state;
  h.facts.erase_stops_reception = true;
  h.facts.erase_ms_max = 20;
  fake_engine_reset(&h.engine, &h.port, &h.engine_memory);
  host_begin(&h, 8 * HOST_BLOCK);
  memset(fake.page_needed, 0, sizeof fake.page_needed);
  fake_engine_count_needed(&h.engine);
  fake.erases[0] = fake.erases[4] = true;
  host_needs(&h, 256);
  assert_int_equal(h.reply.body.needs.limit, 4); /* the four frames of block 0 */
  fake.calls = 0;
  uint32_t limit = 4;
  uint32_t sequence = 0;
  for (uint32_t i = 0; i < 8; i++) {
    for (uint32_t off = 0; off < HOST_BLOCK; off += 256) {
      assert_true(sequence < limit);
      host_block(&h, 0, sequence++, i, off, 256);
      uint32_t busies = h.busies;
      uint32_t calls = fake.calls;
      host_step(&h);
      bool last = off + 256 == HOST_BLOCK;
      if (last && fake.erases[i]) {
        assert_int_equal(limit, sequence); /* nobody may send now */
        assert_int_equal(h.busies, busies + 1);
        assert_int_equal(h.busy.what, GS_BUSY_ERASE);
        assert_true(h.busy.max_ms >= 20);
        assert_int_equal(fake.calls, calls); /* announced, not done */
        host_step(&h);
        assert_int_equal(fake.calls, calls + 1);
        fake.erases[i] = false;
      }
      host_run(&h);
      host_pass(&h, 500);
      limit = host_last_ack(&h)->limit_sequence;
    }
  }
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_ALL);
}

static void a_request_among_blocks_is_answered(void **state) {
  (void)state;
  open_blocks(4 * HOST_BLOCK, 1024);
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_status_tag};
  host_block(&h, 0, 0, 0, 0, 1024);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  host_block(&h, 0, 1, 1, 0, 1024);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->next_sequence, 2);
}

static void a_lost_link_ends_the_flow_and_keeps_what_is_stored(void **state) {
  (void)state;
  open_blocks(4 * HOST_BLOCK, 1024);
  host_block(&h, 0, 0, 0, 0, 1024);
  host_run(&h);
  uint8_t half[10] = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
  host_bytes(&h, half, sizeof half);
  gs_session_link_reset(&h.session);
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_status_tag};
  assert_int_equal(host_ask(&h, &r), GS_E_NO_HELLO);
  host_begin(&h, 4 * HOST_BLOCK);
  assert_int_equal(fake.unlinks > 0, 1);
}

static void frames_before_their_turn_are_kept(void **state) {
  (void)state;
  keep(8, 256);
  open_blocks(3 * HOST_BLOCK, 256);
  host_block(&h, 0, 0, 0, 0, 256);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->held, 0);
  h.acks = 0;
  for (uint32_t i = 2; i < 8; i++) { /* 1 is lost, and 5 */
    if (i != 5) {
      host_block(&h, 0, i, i / 4, i % 4 * 256, 256);
      host_run(&h);
    }
  }
  assert_int_equal(h.acks, 5); /* each is told */
  assert_int_equal(host_last_ack(&h)->flags, 0);
  assert_int_equal(host_last_ack(&h)->next_sequence, 1);
  assert_int_equal(host_last_ack(&h)->held, 0x6E); /* 2, 3, 4, 6, 7 */
  assert_int_equal(fake.calls, 0);
  host_block(&h, 1, 1, 0, 256, 256);
  host_run(&h);
  assert_int_equal(fake.calls, 1);
  assert_int_equal(host_last_ack(&h)->next_sequence, 5);
  assert_int_equal(host_last_ack(&h)->index, 1);
  assert_int_equal(host_last_ack(&h)->offset, 256);
  assert_int_equal(host_last_ack(&h)->held, 6);
  host_block(&h, 2, 5, 1, 256, 256);
  host_run(&h);
  assert_int_equal(fake.calls, 2);
  assert_int_equal(fake.last_item, 1);
  for (uint32_t k = 0; k < HOST_BLOCK; k++) {
    assert_int_equal(fake.last_data[k], 1);
  }
  assert_int_equal(host_last_ack(&h)->next_sequence, 8);
  assert_int_equal(host_last_ack(&h)->held, 0);
}

/* Any order within what is kept gives the same image, acknowledged to the end. */
static void any_order_will_do(void **state) {
  (void)state;
  for (uint32_t seed = 1; seed <= 200; seed++) {
    uint32_t random = seed;
    uint32_t frames = 1 + seed % GS_ACK_HELD_MAX;
    keep(frames, 200);
    open_blocks(6 * HOST_BLOCK + 77, 200);
    while (h.session.flow.state == GS_FLOW_OPEN) {
      random = random * 1664525u + 1013904223u;
      uint32_t sequence = h.session.flow.next_sequence + (random >> 8) % (frames + 2);
      if ((random >> 20) % 8 == 0) {
        sequence = sequence > 3 ? sequence - 3 : 0;
      }
      uint32_t index = sequence / 6;
      uint32_t offset = sequence % 6 * 200;
      uint32_t left = (index < 6 ? HOST_BLOCK : 77) - offset;
      if (index <= 6 && (index < 6 || offset == 0)) {
        host_block(&h, (uint8_t)(random >> 28), sequence, index, offset, left < 200 ? left : 200);
        host_run(&h);
        assert_int_equal(fake.last_item, fake.calls > 0 ? fake.calls - 1 : 0);
        for (size_t k = 0; k < fake.last_len; k++) {
          assert_int_equal(fake.last_data[k], fake.last_item);
        }
      }
    }
    assert_int_equal(fake.calls, 7);
    assert_int_equal(h.session.flow.state, GS_FLOW_ALL);
  }
}

static void what_cannot_be_kept_is_a_gap(void **state) {
  (void)state;
  keep(4, 256);
  open_blocks(4 * HOST_BLOCK, 256);
  const struct {
    uint32_t sequence, len;
    bool kept;
  } rows[] = {{1, 256, true},
              {3, 256, true},
              {4, 256, false},
              {UINT32_MAX, 256, false},
              {0x80000000u, 256, false},
              {2, 257, false},
              {2, 0, false},
              {2, 256, true}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    h.acks = 0;
    host_block(&h, (uint8_t)(i + 1), rows[i].sequence, 0, 0, rows[i].len);
    host_run(&h);
    assert_int_equal(h.acks, 1);
    assert_int_equal(host_last_ack(&h)->flags, rows[i].kept ? 0 : GS_ACK_GAP);
  }
  assert_int_equal(host_last_ack(&h)->held, 0xE);
  assert_int_equal(fake.calls, 0);
}

/* What was kept and turns out to be of another place is dropped when its turn comes. */
static void a_kept_frame_of_another_place_is_dropped(void **state) {
  (void)state;
  keep(8, 256);
  open_blocks(4 * HOST_BLOCK, 256);
  host_block(&h, 0, 1, 3, 512, 256);
  host_block(&h, 0, 2, 0, 512, 256);
  host_run(&h);
  host_block(&h, 1, 0, 0, 0, 256);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_GAP);
  assert_int_equal(host_last_ack(&h)->next_sequence, 1);
  assert_int_equal(host_last_ack(&h)->held, 2);
  host_block(&h, 2, 1, 0, 256, 256);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->next_sequence, 3);
  host_block(&h, 2, 3, 0, 768, 256);
  host_run(&h);
  assert_int_equal(fake.calls, 1);
}

static void damage_is_told_at_once_and_each_time(void **state) {
  (void)state;
  const uint8_t noise[] = {5, 1, 2, 3, 4, 5, 0};
  keep(8, 256);
  open_blocks(4 * HOST_BLOCK, 256);
  for (uint32_t i = 1; i <= 3; i++) {
    host_bytes(&h, noise, sizeof noise);
    host_run(&h);
    assert_int_equal(h.acks, i);
    assert_int_equal(host_last_ack(&h)->flags, GS_ACK_DAMAGED);
  }
  host_pass(&h, 500); /* once told, it is not repeated */
  assert_int_equal(host_last_ack(&h)->flags, 0);
  /* What comes whole after it says more. */
  host_bytes(&h, noise, sizeof noise);
  host_block(&h, 0, 1, 0, 256, 256);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->flags, 0);
  assert_int_equal(host_last_ack(&h)->held, 2);
}

/* A flipped bit that makes a zero cuts one frame in two. */
static void damage_is_told_once_for_all_that_came_before(void **state) {
  (void)state;
  const uint8_t noise[] = {5, 1, 2, 3, 4, 5, 0, 9, 1, 2, 0};
  keep(8, 256);
  open_blocks(4 * HOST_BLOCK, 256);
  host_bytes(&h, noise, sizeof noise);
  host_bytes(&h, noise, sizeof noise);
  host_run(&h);
  assert_int_equal(h.session.deframer.dropped, 4);
  assert_int_equal(h.acks, 1);
  assert_int_equal(host_last_ack(&h)->flags, GS_ACK_DAMAGED);
  host_pass(&h, 500);
  assert_int_equal(host_last_ack(&h)->flags, 0);
}

/* An item whose storing is announced is held until it is stored, whatever it came from. */
static void kept_frames_wait_for_an_announced_erase(void **state) {
  (void)state;
  for (uint32_t frame_data = 256; frame_data <= HOST_BLOCK; frame_data *= 4) {
    uint32_t frames = HOST_BLOCK / frame_data; /* of an item */
    keep(16, frame_data);
    h.facts.erase_ms_max = 200;
    open_blocks(3 * HOST_BLOCK, frame_data);
    fake.erases[0] = fake.erases[1] = true;
    for (uint32_t i = 1; i < 3 * frames; i++) {
      host_block(&h, 0, i, i / frames, i % frames * frame_data, frame_data);
      host_run(&h);
    }
    assert_int_equal(fake.calls, 0);
    host_block(&h, 1, 0, 0, 0, frame_data);
    for (int i = 0; i < 100 && fake.calls < 3; i++) {
      uint32_t calls = fake.calls;
      uint32_t busies = h.busies;
      host_step(&h);
      if (h.busies > busies) {
        assert_int_equal(fake.calls, calls); /* announced, not done */
        assert_int_equal(h.session.flow.held & 1u, 1);
      }
      if (fake.calls > calls) {
        assert_int_equal(fake.last_item, calls);
        assert_int_equal(fake.last_data[HOST_BLOCK - 1], calls);
        fake.erases[calls] = false;
      }
    }
    assert_int_equal(h.busies, 2);
    host_run(&h);
    assert_int_equal(host_last_ack(&h)->flags, GS_ACK_ALL);
  }
}

/* So that one which comes after an announcement says that it is over. */
static void an_acknowledgement_goes_before_an_announcement(void **state) {
  (void)state;
  h.facts.erase_ms_max = 200;
  open_blocks(2 * HOST_BLOCK, 512);
  fake.erases[0] = true;
  host_block(&h, 0, 0, 0, 0, 512);
  gs_session_step(&h.session, h.now_ms); /* its acknowledgement is not fetched yet */
  host_block(&h, 0, 1, 0, 512, 512);
  host_step(&h);
  assert_int_equal(h.busies, 1);
  assert_int_equal(h.busy_acks, 1);
  assert_int_equal(fake.calls, 0);
  host_run(&h);
  assert_int_equal(fake.calls, 1);
  assert_int_equal(h.acks, 2);
}

static void hello_forgets_what_was_kept(void **state) {
  (void)state;
  keep(8, 256);
  open_blocks(2 * HOST_BLOCK, 256);
  for (uint32_t i = 1; i < 8; i++) {
    host_block(&h, 0, i, i / 4, i % 4 * 256, 256);
  }
  host_run(&h);
  open_blocks(2 * HOST_BLOCK, 256);
  host_block(&h, 0, 0, 0, 0, 256);
  host_run(&h);
  assert_int_equal(host_last_ack(&h)->next_sequence, 1);
  assert_int_equal(host_last_ack(&h)->held, 0);
  assert_int_equal(fake.calls, 0);
}

static size_t encode_block(uint32_t sequence, uint8_t *wire, size_t cap) {
  uint8_t content[GS_BLOCK_HEADER_BYTES + 256];
  const struct gs_block_header header = {.sequence = sequence, .offset = sequence * 256};
  gs_block_header_encode(&header, content);
  memset(content + GS_BLOCK_HEADER_BYTES, 0x51, 256);
  return gs_frame_encode(content, sizeof content, wire, cap);
}

/* One bit of a block frame, wherever it is: mended or lost, never anything else. */
static void one_flipped_bit_of_a_block_is_mended(void **state) {
  (void)state;
  uint8_t wire[400];
  uint32_t mended = 0;
  size_t n = encode_block(0, wire, sizeof wire);
  for (size_t bit = 0; bit < 8 * (n - 1); bit += 7) { /* test_frame.c turns each */
    host_init(&h);
    open_blocks(HOST_BLOCK, 256);
    wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
    host_bytes(&h, wire, n);
    wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
    host_run(&h);
    if (h.session.flow.next_sequence == 1) {
      mended++;
      assert_int_equal(h.session.memory.assembly[0], 0x51);
      assert_int_equal(h.session.memory.assembly[255], 0x51);
      assert_int_equal(h.session.memory.assembly[bit / 8 % 256], 0x51);
    }
  }
  assert_true(mended > 256);
}

static void a_request_is_never_mended(void **state) {
  (void)state;
  uint8_t content[64];
  uint8_t wire[100];
  gapseal_v1_Request r = {.id = 7, .which_body = gapseal_v1_Request_status_tag};
  host_hello(&h);
  size_t len = host_encode(&r, content, sizeof content);
  size_t n = gs_frame_encode(content, len, wire, sizeof wire);
  for (size_t bit = 0; bit < 8 * (n - 1); bit++) {
    uint32_t replies = h.replies;
    wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
    host_bytes(&h, wire, n);
    wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
    host_run(&h);
    assert_int_equal(h.replies, replies);
    host_bytes(&h, "", 1);
  }
}

int main(void) {
#define T(name) cmocka_unit_test_setup(name, fresh)
  const struct CMUnitTest tests[] = {
      T(blocks_in_order_are_stored_and_acknowledged),
      T(only_needed_items_are_expected),
      T(pages_carry_their_mark),
      T(pieces_of_an_item_are_put_together),
      T(a_loss_is_said_once_a_round),
      T(a_loss_inside_an_item_goes_back_to_its_place),
      T(a_damaged_frame_is_a_loss_at_once),
      T(noise_before_the_expected_frame_is_no_loss),
      T(a_duplicate_is_acknowledged_and_not_stored_again),
      T(the_end_is_said_again_to_a_host_that_missed_it),
      T(rounds_wrap),
      T(an_item_that_does_not_match_ends_the_flow),
      T(data_outside_the_item_is_refused),
      T(blocks_without_a_flow_change_nothing_and_are_told_so),
      T(credit_never_exceeds_what_can_be_held),
      T(acknowledgements_come_every_500_ms_and_end_when_the_host_is_gone),
      T(nothing_may_be_in_flight_when_an_erase_stops_reception),
      T(a_request_among_blocks_is_answered),
      T(a_lost_link_ends_the_flow_and_keeps_what_is_stored),
      T(frames_before_their_turn_are_kept),
      T(any_order_will_do),
      T(what_cannot_be_kept_is_a_gap),
      T(a_kept_frame_of_another_place_is_dropped),
      T(damage_is_told_at_once_and_each_time),
      T(damage_is_told_once_for_all_that_came_before),
      T(kept_frames_wait_for_an_announced_erase),
      T(an_acknowledgement_goes_before_an_announcement),
      T(hello_forgets_what_was_kept),
      T(one_flipped_bit_of_a_block_is_mended),
      T(a_request_is_never_mended),
  };
#undef T
  return cmocka_run_group_tests(tests, NULL, NULL);
}
