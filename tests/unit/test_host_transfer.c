/* SPDX-License-Identifier: Apache-2.0
 * The flow of blocks against a device in memory that follows docs/spec/wire.md, over a line that
 * loses, delays and repeats.
 */
#include <stdlib.h>
#include <string.h>

#include "transfer.h"
#include "unit.h"

#define ITEMS 40u
#define ITEM 4096u
#define LAST 100u
#define LINE_MAX 4096u
#define WINDOW 16u

struct frame {
  uint64_t at_ms;
  struct gs_block_header h;
  uint32_t len;
  bool damaged;
};

/* The device: docs/spec/wire.md, "Flow of blocks", 3 to 5. */
struct device {
  uint32_t keeps; /* frames, from the expected one on */
  uint32_t expected, index, offset;
  struct frame kept[GS_ACK_HELD_MAX];
  uint32_t held;
  uint8_t round;
  bool gap_said, all, liar;
  uint64_t acked_ms;
  uint32_t stored[ITEMS]; /* bytes of each item that arrived, in order */
};

struct answer {
  uint64_t at_ms;
  struct gs_ack a;
};

/* Both directions of the line. */
struct line {
  struct frame down[LINE_MAX];
  struct answer up[LINE_MAX];
  size_t down_from, down_to, up_from, up_to;
  uint64_t free_ms;            /* when the next frame may start, in eighths of a ms */
  unsigned loss_down, loss_up; /* of 1,000 */
  unsigned damage;             /* of 1,000 losses: the device notices */
  uint32_t delay_ms;
  uint32_t random;
};

static struct line line;
static struct device device;
static struct gsh_transfer flow;
static uint8_t needed[(ITEMS + 7) / 8];

static bool lost(unsigned of_1000) {
  line.random = line.random * 1664525u + 1013904223u;
  return (line.random >> 8) % 1000u < of_1000;
}

static uint32_t item_len(uint32_t i) {
  return i + 1 == ITEMS ? LAST : ITEM;
}

static uint32_t next_needed(uint32_t i) {
  while (i < ITEMS && (needed[i / 8] >> (i % 8) & 1u) == 0) {
    i++;
  }
  return i;
}

static void answer(uint64_t now, uint8_t flags) {
  struct gs_ack a = {.round = device.round,
                     .flags = flags | (device.all ? GS_ACK_ALL : 0),
                     .next_sequence = device.expected,
                     .limit_sequence = device.expected + WINDOW,
                     .index = device.index,
                     .offset = device.offset,
                     .held = device.liar ? UINT32_MAX : device.held};
  device.acked_ms = now;
  if (!lost(line.loss_up) && line.up_to < LINE_MAX) {
    line.up[line.up_to++] = (struct answer){now + line.delay_ms, a};
  }
}

static void device_stores(const struct frame *f) {
  assert_true(f->len > 0 && f->len <= item_len(f->h.index) - f->h.offset);
  assert_true(f->h.index == device.index && f->h.offset == device.offset);
  device.gap_said = false;
  device.expected++;
  device.held >>= 1;
  device.stored[device.index] += f->len;
  device.offset += f->len;
  if (device.offset == item_len(device.index)) {
    device.index = next_needed(device.index + 1);
    device.offset = 0;
    device.all = device.index == ITEMS;
  }
}

static void device_says_gap(uint64_t now) {
  if (!device.gap_said) {
    device.gap_said = true;
    answer(now, GS_ACK_GAP);
  }
}

static void device_takes(uint64_t now, const struct frame *f) {
  if (f->damaged) {
    if (device.keeps > 0) {
      answer(now, GS_ACK_DAMAGED);
    } else {
      device_says_gap(now);
    }
    return;
  }
  bool raised = f->h.round != device.round;
  device.round = f->h.round;
  device.gap_said = device.gap_said && !raised;
  if (device.all || f->h.sequence < device.expected) {
    if (raised) {
      answer(now, 0);
    }
    return;
  }
  uint32_t above = f->h.sequence - device.expected;
  if (above > 0 && above < device.keeps) {
    device.kept[f->h.sequence % GS_ACK_HELD_MAX] = *f;
    device.held |= 1u << above;
    answer(now, 0);
    return;
  }
  if (above > 0) {
    device_says_gap(now);
    return;
  }
  device_stores(f);
  while ((device.held & 1u) != 0) {
    device_stores(&device.kept[device.expected % GS_ACK_HELD_MAX]);
  }
  answer(now, 0);
}

/* One millisecond of the world. */
static void tick(uint64_t now) {
  struct gs_block_header h;
  uint32_t len = 0;
  while (line.free_ms <= now * 8 && gsh_transfer_next(&flow, &h, &len)) {
    bool gone = lost(line.loss_down);
    if ((!gone || lost(line.damage)) && line.down_to < LINE_MAX) {
      line.down[line.down_to++] = (struct frame){now + line.delay_ms, h, len, gone};
    }
    gsh_transfer_sent(&flow, now);
    line.free_ms = (line.free_ms > now * 8 ? line.free_ms : now * 8) + len / 16;
  }
  while (line.down_from < line.down_to && line.down[line.down_from].at_ms <= now) {
    device_takes(now, &line.down[line.down_from++]);
  }
  if (now - device.acked_ms >= 500) {
    answer(now, 0);
  }
  while (line.up_from < line.up_to && line.up[line.up_from].at_ms <= now) {
    assert_int_equal(gsh_transfer_ack(&flow, &line.up[line.up_from++].a, now), GS_OK);
  }
}

static void begin(unsigned loss_down, unsigned loss_up, uint32_t frame_data, uint32_t keeps,
                  uint32_t seed) {
  memset(&line, 0, sizeof line);
  memset(&device, 0, sizeof device);
  line.loss_down = loss_down;
  line.loss_up = loss_up;
  line.damage = 900;
  line.delay_ms = 16;
  line.random = seed;
  device.keeps = keeps;
  device.index = next_needed(0);
  struct gsh_transfer_plan plan = {.total = ITEMS,
                                   .needed = needed,
                                   .item_size = ITEM,
                                   .last_size = LAST,
                                   .frame_data = frame_data,
                                   .limit = WINDOW};
  gsh_pace_init(&plan.pace, frame_data < ITEM);
  assert_int_equal(gsh_transfer_start(&flow, &plan, 0), GS_OK);
}

static uint64_t finish(uint64_t most_ms) {
  uint64_t now = 0;
  for (; now < most_ms && !flow.all; now++) {
    tick(now);
    assert_int_equal(gsh_transfer_timer(&flow, now), GS_OK);
  }
  assert_true(flow.all);
  for (uint32_t i = 0; i < ITEMS; i++) {
    bool asked = (needed[i / 8] >> (i % 8) & 1u) != 0;
    assert_int_equal(device.stored[i], asked ? item_len(i) : 0);
  }
  assert_int_equal(flow.done_bytes, flow.all_bytes);
  return now;
}

static void a_clean_line_sends_each_byte_once(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  for (uint32_t keeps = 0; keeps <= GS_ACK_HELD_MAX; keeps += GS_ACK_HELD_MAX) {
    begin(0, 0, 1024, keeps, 1);
    uint64_t took = finish(60000);
    assert_int_equal(flow.counts.resent_bytes, 0);
    assert_int_equal(flow.counts.bytes, (ITEMS - 1) * ITEM + LAST);
    assert_int_equal(flow.counts.lost + flow.counts.timeouts, 0);
    /* 128 bytes a ms and two delays: the window keeps the line full. */
    assert_in_range(took, 1200, (ITEMS * ITEM) / 128 + 150);
  }
}

static void only_needed_items_are_sent(void **state) {
  (void)state;
  memset(needed, 0, sizeof needed);
  needed[0] = 0x81;
  needed[2] = 0x10;
  needed[4] = 0x80;
  begin(0, 0, 1000, 0, 1);
  (void)finish(60000);
  assert_int_equal(flow.counts.bytes, 3 * ITEM + LAST);
}

static void losses_in_both_directions_are_mended(void **state) {
  (void)state;
  static const uint32_t keeps[] = {0, 3, 16, 32};
  memset(needed, 0xFF, sizeof needed);
  for (uint32_t seed = 1; seed <= 120; seed++) {
    begin(seed % 100, seed * 3 % 200, seed % 2 != 0 ? 1024 : 700, keeps[seed % 4], seed);
    (void)finish(240000);
    if (seed % 100 != 0) {
      assert_true(flow.counts.lost + flow.counts.timeouts > 0 || flow.counts.resent_bytes == 0);
    }
  }
}

/* Every loss is told, also that of a frame that was sent again: the timer, which waits 200 ms and
 * more, has nothing to find as long as the device hears something of each frame. */
static void losses_cost_what_was_lost_where_frames_are_kept(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  for (uint32_t seed = 1; seed <= 40; seed++) {
    begin(150, 0, 1024, GS_ACK_HELD_MAX, seed);
    line.damage = 1000;
    (void)finish(60000);
    assert_int_equal(flow.counts.timeouts, 0);
    assert_int_equal(flow.backs, 0);
    assert_true(flow.counts.lost > 0);
    assert_int_equal(flow.counts.frames, flow.next_sequence + flow.counts.lost);
  }
}

/* However many were damaged: the first is sent again, and its arrival tells of the others. */
static void damage_told_once_finds_all_that_was_lost(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  for (uint32_t lost = 1; lost <= 3; lost++) {
    begin(0, 0, 1024, GS_ACK_HELD_MAX, 1);
    flow.limit = 3;
    flow.pace.kib_ms = 10; /* known not to be slow: frames of 1 KiB */
    for (uint32_t i = 0; i < 3; i++) {
      gsh_transfer_sent(&flow, 0);
    }
    struct gs_ack a = {.next_sequence = 3 - lost,
                       .limit_sequence = 3,
                       .offset = (3 - lost) * 1024,
                       .flags = GS_ACK_DAMAGED};
    struct gs_block_header h;
    uint32_t len = 0;
    assert_int_equal(gsh_transfer_ack(&flow, &a, 20), GS_OK);
    for (uint32_t i = 0; i < lost; i++) {
      assert_true(gsh_transfer_next(&flow, &h, &len));
      assert_int_equal(h.sequence, 3 - lost + i);
      gsh_transfer_sent(&flow, 20);
      a.flags = 0;
      a.round = 1;
      a.next_sequence = 4 - lost;
      a.offset = (4 - lost) * 1024;
      assert_int_equal(gsh_transfer_ack(&flow, &a, 40), GS_OK);
    }
    assert_false(gsh_transfer_next(&flow, &h, &len));
    assert_int_equal(flow.counts.lost, lost);
    assert_int_equal(flow.counts.timeouts, 0);
  }
}

static void one_loss_costs_at_most_a_window_where_they_are_not(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, 1024, 0, 1);
  for (uint64_t now = 0; now < 60000 && !flow.all; now++) {
    line.loss_down = now >= 300 && now < 309 ? 1000 : 0; /* as long as a frame */
    tick(now);
    assert_int_equal(gsh_transfer_timer(&flow, now), GS_OK);
  }
  assert_true(flow.all);
  assert_int_equal(flow.counts.lost, 1);
  assert_int_equal(flow.backs, 1);
  assert_int_equal(flow.counts.timeouts, 0);
  assert_true(flow.counts.resent_bytes <= (uint64_t)WINDOW * 1024);
}

static void losses_of_acknowledgements_alone_send_nothing_again(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  for (uint32_t seed = 1; seed <= 20; seed++) {
    begin(0, 100, 1024, GS_ACK_HELD_MAX, seed);
    (void)finish(60000);
    assert_int_equal(flow.counts.lost, 0);
  }
}

/* A device that says it holds what it does not: nothing is skipped for good. */
static void a_lying_device_is_sent_everything(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  for (uint32_t seed = 1; seed <= 20; seed++) {
    begin(20, 0, 1024, 0, seed);
    device.liar = true;
    (void)finish(3600000);
  }
}

static void a_dead_line_ends_as_noise(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(1000, 1000, 1024, 0, 1);
  enum gs_status status = GS_OK;
  uint64_t now = 0;
  for (; now < 300000 && status == GS_OK; now++) {
    tick(now);
    status = gsh_transfer_timer(&flow, now);
  }
  assert_int_equal(status, GS_E_LINK_NOISE);
  assert_in_range(now, 10000, 25000);
}

static void a_device_that_grants_nothing_ends_as_noise(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, 1024, 0, 1);
  flow.limit = 0;
  struct gs_block_header h;
  uint32_t len = 0;
  struct gs_ack a = {.index = 0};
  enum gs_status status = GS_OK;
  uint64_t now = 0;
  for (; now < 300000 && status == GS_OK; now += 500) {
    assert_false(gsh_transfer_next(&flow, &h, &len));
    assert_int_equal(gsh_transfer_ack(&flow, &a, now), GS_OK);
    status = gsh_transfer_timer(&flow, now);
  }
  assert_int_equal(status, GS_E_LINK_NOISE);
}

static void an_announced_stall_holds_the_timer(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, 1024, 0, 1);
  line.loss_up = 1000;
  for (uint64_t now = 0; now < 3000; now++) {
    gsh_transfer_busy(&flow, 4000);
    tick(now);
    assert_int_equal(gsh_transfer_timer(&flow, now), GS_OK);
  }
  assert_int_equal(flow.counts.timeouts, 0);
}

/* An acknowledgement of the flow that is under way, without flags: which frame is sent next? */
static uint32_t after(uint32_t round, uint32_t next, uint32_t held) {
  struct gs_block_header h = {.sequence = UINT32_MAX};
  uint32_t len = 0;
  struct gs_ack a = {.round = (uint8_t)round,
                     .next_sequence = next,
                     .limit_sequence = WINDOW,
                     .offset = next * 512,
                     .held = held};
  assert_int_equal(gsh_transfer_ack(&flow, &a, 50), GS_OK);
  return gsh_transfer_next(&flow, &h, &len) ? h.sequence : UINT32_MAX;
}

static void send_some(int frames) {
  for (int i = 0; i < frames; i++) {
    gsh_transfer_sent(&flow, 40);
  }
}

/* docs/spec/wire.md, "Flow of blocks", 4: each rule by itself. */
static void what_was_sent_before_something_that_came_is_lost(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, ITEM, 32, 1);
  flow.plan.frame_data = 512;
  send_some(5);
  assert_int_equal(after(0, 0, 0), 5);
  assert_int_equal(after(0, 0, 4), 0); /* 2 is held: 0 and 1 are lost */
  send_some(1);
  assert_int_equal(after(0, 0, 4), 1);
  send_some(1);
  assert_int_equal(after(0, 0, 4), 5); /* not again: rounds 1 and 2 are under way */
  assert_int_equal(flow.round, 2);
  assert_int_equal(after(0, 0, 0x1C), 5);
  /* Round 2 came, with 1, and 0 did not, which opened round 1. */
  assert_int_equal(after(2, 0, 0x1E), 0);
  send_some(1);
  assert_int_equal(after(2, 0, 0x1E), 5);
  send_some(2); /* 5 and 6, in round 3 */
  /* 5 came in the round that 0 opened: that one is lost for the third time. */
  assert_int_equal(after(3, 0, 0x3E), 0);
  send_some(1);
  assert_int_equal(after(4, 6, 0), 6); /* sent before it, and not here */
  assert_int_equal(flow.counts.lost, 5);
  assert_int_equal(flow.counts.frames, 7 + 4);
}

static void what_is_no_longer_held_is_sent_again(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, ITEM, 32, 1);
  flow.plan.frame_data = 512;
  send_some(4);
  assert_int_equal(after(0, 0, 0xE), 0);
  send_some(1);
  assert_int_equal(after(1, 1, 2), 1); /* 1 and 3 were held */
  send_some(1);
  assert_int_equal(after(1, 1, 2), 3);
}

/* What an announced stall lasted is not the line's: the window stays. */
static void a_stall_is_no_round_trip(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, ITEM, 32, 1);
  flow.plan.frame_data = 512;
  send_some(4);
  uint32_t window = flow.pace.window;
  gsh_transfer_busy(&flow, 2000);
  struct gs_ack a = {.next_sequence = 3, .limit_sequence = WINDOW, .offset = 1536};
  assert_int_equal(gsh_transfer_ack(&flow, &a, 1500), GS_OK);
  assert_int_equal(flow.pace.window, window);
  assert_int_equal(flow.pace.least_ms, 0);
}

/* Meanwhile the credit may be used up: what is sent waits in the device, and not before the line.
 */
static void an_announced_stall_lifts_the_window_until_it_is_over(void **state) {
  (void)state;
  struct gs_block_header h;
  uint32_t len = 0;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, 1024, 0, 1);
  flow.pace.kib_ms = 10; /* known not to be slow: frames of 1 KiB */
  while (gsh_transfer_next(&flow, &h, &len)) {
    gsh_transfer_sent(&flow, 0);
  }
  uint32_t sent = flow.next_sequence;
  assert_true(sent < WINDOW);
  gsh_transfer_busy(&flow, 4000);
  while (gsh_transfer_next(&flow, &h, &len)) {
    gsh_transfer_sent(&flow, 0);
  }
  assert_int_equal(flow.next_sequence, WINDOW);
  struct gs_ack a = {.next_sequence = 1, .limit_sequence = 2 * WINDOW, .offset = 1024};
  assert_int_equal(gsh_transfer_ack(&flow, &a, 100), GS_OK);
  assert_false(gsh_transfer_next(&flow, &h, &len));
  assert_int_equal(flow.quiet_until_ms, 100);
}

static void hostile_acknowledgements_are_refused(void **state) {
  (void)state;
  memset(needed, 0, sizeof needed);
  needed[0] = 0x05;
  begin(0, 0, 4096, 0, 1);
  flow.plan.frame_data = 1024;
  gsh_transfer_sent(&flow, 0);
  const struct gs_ack bad[] = {
      {.next_sequence = 2, .index = 0, .offset = 1024},       /* never sent */
      {.next_sequence = 1, .index = 0, .offset = 0},          /* not where that frame begins */
      {.next_sequence = 1, .index = 1, .offset = 0},          /* not needed */
      {.next_sequence = 1, .index = ITEMS, .offset = 0},      /* no such item */
      {.next_sequence = 1, .index = 0xFFFFFFFF, .offset = 0}, /* a page */
      {.next_sequence = 1, .index = 0, .offset = ITEM},       /* past the item */
      {.next_sequence = 1, .index = 0, .offset = 2048},       /* further than was sent */
      {.next_sequence = 1, .index = 2, .offset = 0},          /* the same */
      {.next_sequence = 1, .flags = GS_ACK_ALL},              /* all of what was not sent */
      {.next_sequence = 0xFFFFFFFF, .flags = GS_ACK_FAILED, .status = 140},
  };
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct gsh_transfer before = flow;
    assert_int_equal(gsh_transfer_ack(&flow, &bad[i], 10), GS_E_PROTOCOL);
    assert_memory_equal(&before, &flow, sizeof flow);
  }
}

static void limits_never_go_down_and_old_words_change_nothing(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, ITEM, 0, 1);
  flow.plan.frame_data = 1024;
  for (int i = 0; i < 4; i++) {
    gsh_transfer_sent(&flow, 0);
  }
  struct gs_ack a = {.next_sequence = 2, .limit_sequence = 30, .offset = 2048};
  assert_int_equal(gsh_transfer_ack(&flow, &a, 5), GS_OK);
  a.limit_sequence = 3;
  assert_int_equal(gsh_transfer_ack(&flow, &a, 6), GS_OK);
  assert_int_equal(flow.limit, 30);
  struct gsh_transfer before = flow;
  struct gs_ack old = {.next_sequence = 1, .flags = GS_ACK_GAP, .offset = 1024};
  assert_int_equal(gsh_transfer_ack(&flow, &old, 7), GS_OK);
  assert_memory_equal(&before, &flow, sizeof flow);
  /* A gap is answered once. */
  struct gs_ack gap = {.next_sequence = 2, .flags = GS_ACK_GAP, .offset = 2048};
  assert_int_equal(gsh_transfer_ack(&flow, &gap, 8), GS_OK);
  assert_int_equal(flow.backs, 1);
  gsh_transfer_sent(&flow, 8);
  gsh_transfer_sent(&flow, 8);
  assert_int_equal(flow.round, 2);
  assert_int_equal(gsh_transfer_ack(&flow, &gap, 9), GS_OK);
  assert_int_equal(flow.backs, 1);
  assert_int_equal(flow.counts.lost, 1);
}

static void an_empty_or_senseless_plan_is_refused(void **state) {
  (void)state;
  memset(needed, 0, sizeof needed);
  struct gsh_transfer_plan plan = {.total = ITEMS,
                                   .needed = needed,
                                   .item_size = ITEM,
                                   .last_size = LAST,
                                   .frame_data = 1,
                                   .limit = 1};
  assert_int_equal(gsh_transfer_start(&flow, &plan, 0), GS_E_RANGE);
  needed[0] = 1;
  assert_int_equal(gsh_transfer_start(&flow, &plan, 0), GS_OK);
  plan.frame_data = 0;
  assert_int_equal(gsh_transfer_start(&flow, &plan, 0), GS_E_RANGE);
  plan.frame_data = 1;
  plan.total = 0;
  assert_int_equal(gsh_transfer_start(&flow, &plan, 0), GS_E_RANGE);
}

static void bytes_given_out_before_count_as_sent_again(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, ITEM, 0, 1);
  flow.plan.frame_data = 1024;
  for (int i = 0; i < 6; i++) {
    gsh_transfer_sent(&flow, 0);
  }
  struct gsh_transfer_plan plan = flow.plan;
  plan.given_before = flow.given;
  needed[0] = 0xFE; /* the first item had arrived */
  assert_int_equal(gsh_transfer_start(&flow, &plan, 0), GS_OK);
  for (int i = 0; i < 4; i++) {
    gsh_transfer_sent(&flow, 0);
  }
  assert_int_equal(flow.counts.bytes, 4096);
  assert_int_equal(flow.counts.resent_bytes, 2048);
}

/* A device that talks for ever and takes nothing, from the millisecond it has the first frame. */
static enum gs_status talk(struct gs_ack a, uint32_t every, bool running_rounds,
                           uint32_t limit_step, uint64_t *took) {
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, ITEM, 0, 1);
  struct gs_block_header h;
  uint32_t len = 0;
  enum gs_status status = GS_OK;
  uint64_t now = 0;
  for (; status == GS_OK && now < 3600000; now++) {
    while (gsh_transfer_next(&flow, &h, &len)) {
      gsh_transfer_sent(&flow, now);
    }
    if (now % every == 0) {
      a.round = running_rounds ? (uint8_t)flow.round : a.round;
      a.limit_sequence += limit_step;
      assert_int_equal(gsh_transfer_ack(&flow, &a, now), GS_OK);
    }
    status = gsh_transfer_timer(&flow, now);
    assert_int_equal(gsh_transfer_stuck(&flow, now), status != GS_OK);
  }
  *took = now;
  return status;
}

static void a_device_that_only_talks_is_given_up(void **state) {
  (void)state;
  uint64_t took = 0;
  const struct gs_ack nothing = {.limit_sequence = WINDOW};
  const struct gs_ack gap = {.limit_sequence = WINDOW, .flags = GS_ACK_GAP};
  assert_int_equal(talk(nothing, 500, false, 0, &took), GS_E_LINK_NOISE);
  assert_in_range(took, GSH_TRANSFER_STUCK_MS, GSH_TRANSFER_STUCK_MS + 10);
  assert_int_equal(talk(nothing, 2000, false, 1, &took), GS_E_LINK_NOISE);
  assert_in_range(took, GSH_TRANSFER_STUCK_MS, GSH_TRANSFER_STUCK_MS + 10);
  assert_int_equal(talk(gap, 1000, true, 0, &took), GS_E_LINK_NOISE);
  assert_in_range(took, GSH_TRANSFER_STUCK_MS, GSH_TRANSFER_STUCK_MS + 10);
}

static void a_storm_of_losses_sends_little_again(void **state) {
  (void)state;
  uint64_t took = 0;
  for (uint32_t flags = 0; flags < 16; flags++) {
    if ((flags & (GS_ACK_ALL | GS_ACK_FAILED)) != 0) {
      continue;
    }
    const uint32_t held[] = {0, 0xAAAAAAAA, 2, 0x80000000};
    for (size_t i = 0; i < COUNT(held); i++) {
      const struct gs_ack a = {.limit_sequence = WINDOW, .flags = (uint8_t)flags, .held = held[i]};
      assert_int_equal(talk(a, 1, true, 0, &took), GS_E_LINK_NOISE);
      assert_true(flow.counts.frames <= (GSH_TRANSFER_TRIES_MAX + 2) * WINDOW);
    }
  }
}

/* A device that says anything: what is remembered stays within what was sent, and it ends. */
static void nonsense_ends_and_keeps_its_bounds(void **state) {
  (void)state;
  for (uint32_t seed = 1; seed <= 300; seed++) {
    memset(needed, 0xFF, sizeof needed);
    begin(0, 0, seed % 2 != 0 ? 1024 : ITEM, 0, seed);
    struct gs_block_header h;
    uint32_t len = 0;
    enum gs_status status = GS_OK;
    uint64_t now = 0;
    for (; status == GS_OK && !flow.all && now < 3600000; now += 7) {
      for (int i = 0; i < 100 && gsh_transfer_next(&flow, &h, &len); i++) {
        assert_true(h.index < ITEMS && len > 0 && len <= item_len(h.index) - h.offset);
        assert_true(h.sequence >= flow.acked && h.sequence <= flow.next_sequence);
        gsh_transfer_sent(&flow, now);
      }
      struct gs_ack a = {.round = (uint8_t)(flow.round - line.random % 5),
                         .flags = lost(500) ? (uint8_t)(line.random >> 20 & 9u) : 0,
                         .next_sequence = flow.acked + (line.random >> 13) % 4,
                         .limit_sequence = flow.next_sequence + (line.random >> 16) % 9,
                         .held = line.random * 2654435761u};
      const struct gsh_transfer_frame *f = &flow.frames[a.next_sequence % GSH_TRANSFER_AHEAD];
      bool sent = a.next_sequence < flow.next_sequence;
      a.index = sent ? f->index : flow.index;
      a.offset = sent ? f->offset : flow.offset;
      enum gs_status said = gsh_transfer_ack(&flow, &a, now);
      assert_true(said == (a.next_sequence > flow.next_sequence ? GS_E_PROTOCOL : GS_OK));
      assert_true(flow.acked <= flow.next_sequence);
      assert_true(flow.next_sequence - flow.acked <= GSH_TRANSFER_AHEAD);
      assert_true(flow.done_bytes <= flow.all_bytes);
      status = gsh_transfer_timer(&flow, now);
    }
    assert_true(status == GS_E_LINK_NOISE || flow.all || flow.done_bytes == flow.all_bytes);
  }
}

static void stalls_in_a_flow_end(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, 1024, 0, 1);
  enum gs_status status = GS_OK;
  uint64_t now = 0;
  gsh_transfer_sent(&flow, 0);
  for (; status == GS_OK && now < 3600000; now += 100) {
    gsh_transfer_busy(&flow, now + 100000);
    status = gsh_transfer_timer(&flow, now);
  }
  assert_int_equal(status, GS_E_LINK_NOISE);
  assert_in_range(now, 100000, GSH_TRANSFER_QUIET_MS + GSH_TRANSFER_STUCK_MS + 200);
}

/* An item a minute, each announced, is slow and no more. */
static void a_slow_device_is_waited_for(void **state) {
  (void)state;
  memset(needed, 0xFF, sizeof needed);
  begin(0, 0, ITEM, 0, 1);
  for (uint32_t i = 0; i + 1 < ITEMS; i++) {
    uint64_t now = (uint64_t)i * 60000;
    gsh_transfer_sent(&flow, now);
    gsh_transfer_busy(&flow, now + 59000);
    for (uint64_t at = now; at < now + 59900; at += 100) {
      assert_int_equal(gsh_transfer_timer(&flow, at), GS_OK);
    }
    struct gs_ack a = {.next_sequence = i + 1, .limit_sequence = i + 2, .index = i + 1};
    assert_int_equal(gsh_transfer_ack(&flow, &a, now + 59900), GS_OK);
  }
  assert_int_equal(flow.counts.timeouts, 0);
}

static void no_word_of_the_device_makes_a_failed_flow_end_well(void **state) {
  (void)state;
  const uint32_t nonsense[] = {GS_OK,        GS_E_ALREADY, GS_E_ROLLED_BACK, GS_E_CANCELLED,
                               GS_E_WAITING, GS_E_USAGE,   GS_E_INTERRUPTED, 99,
                               255,          1000,         UINT32_MAX};
  for (size_t i = 0; i < COUNT(nonsense); i++) {
    assert_int_equal(gsh_transfer_verdict(nonsense[i]), GS_E_PROTOCOL);
  }
  for (uint32_t status = 0; status < 2000; status++) {
    enum gs_status said = gsh_transfer_verdict(status);
    assert_true(gs_status_info(said)->exit_code != 0);
    assert_true(said == GS_E_PROTOCOL || said == GS_E_LINK_LOST || (uint32_t)said == status);
  }
  assert_int_equal(gsh_transfer_verdict(GS_E_BLOCK_BAD), GS_E_BLOCK_BAD);
  assert_int_equal(gsh_transfer_verdict(GS_E_FLASH_PROGRAM), GS_E_FLASH_PROGRAM);
  assert_int_equal(gsh_transfer_verdict(GS_E_STATE), GS_E_LINK_LOST);
  assert_int_equal(gsh_transfer_verdict(GS_E_NO_HELLO), GS_E_LINK_LOST);
}

static void the_same_pages_are_sent_three_times_at_most(void **state) {
  (void)state;
  struct gsh_transfer_phases p = {0};
  for (uint32_t left = 9; left > 0; left--) {
    assert_true(gsh_transfer_phase(&p, true, left));
  }
  assert_true(gsh_transfer_phase(&p, true, 1));
  assert_true(gsh_transfer_phase(&p, true, 9));
  assert_true(gsh_transfer_phase(&p, false, 9));
  assert_false(gsh_transfer_phase(&p, true, 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_clean_line_sends_each_byte_once),
      cmocka_unit_test(only_needed_items_are_sent),
      cmocka_unit_test(losses_in_both_directions_are_mended),
      cmocka_unit_test(damage_told_once_finds_all_that_was_lost),
      cmocka_unit_test(losses_cost_what_was_lost_where_frames_are_kept),
      cmocka_unit_test(one_loss_costs_at_most_a_window_where_they_are_not),
      cmocka_unit_test(losses_of_acknowledgements_alone_send_nothing_again),
      cmocka_unit_test(a_lying_device_is_sent_everything),
      cmocka_unit_test(a_dead_line_ends_as_noise),
      cmocka_unit_test(a_device_that_grants_nothing_ends_as_noise),
      cmocka_unit_test(an_announced_stall_holds_the_timer),
      cmocka_unit_test(what_was_sent_before_something_that_came_is_lost),
      cmocka_unit_test(what_is_no_longer_held_is_sent_again),
      cmocka_unit_test(a_stall_is_no_round_trip),
      cmocka_unit_test(an_announced_stall_lifts_the_window_until_it_is_over),
      cmocka_unit_test(a_device_that_only_talks_is_given_up),
      cmocka_unit_test(a_storm_of_losses_sends_little_again),
      cmocka_unit_test(nonsense_ends_and_keeps_its_bounds),
      cmocka_unit_test(stalls_in_a_flow_end),
      cmocka_unit_test(a_slow_device_is_waited_for),
      cmocka_unit_test(no_word_of_the_device_makes_a_failed_flow_end_well),
      cmocka_unit_test(the_same_pages_are_sent_three_times_at_most),
      cmocka_unit_test(hostile_acknowledgements_are_refused),
      cmocka_unit_test(limits_never_go_down_and_old_words_change_nothing),
      cmocka_unit_test(an_empty_or_senseless_plan_is_refused),
      cmocka_unit_test(bytes_given_out_before_count_as_sent_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
