/* SPDX-License-Identifier: Apache-2.0
 * The host's flow of blocks, told anything by acknowledgements and announcements: what it sends
 * lies in needed items, below the limit and within what may be under way, and it ends by itself.
 *
 * Input: the plan, then operations, each a byte and its arguments.
 */
#include <string.h>

#include "fuzz.h"
#include "transfer.h"

#define ITEMS_MAX 64u
#define END_MS (GSH_TRANSFER_STUCK_MS + GSH_TRANSFER_QUIET_MS + GSH_TRANSFER_TIMER_MS_MAX)

static struct gsh_transfer t;
static uint8_t needed[ITEMS_MAX / 8u];
static uint64_t now;

void fuzz_start(void) {
}

static uint32_t item_len(uint32_t i) {
  return i + 1u == t.plan.total ? t.plan.last_size : t.plan.item_size;
}

static bool is_needed(uint32_t i) {
  return i < t.plan.total && (needed[i / 8u] >> (i % 8u) & 1u) != 0;
}

static void check_state(void) {
  FUZZ_MUST(t.acked <= t.next_sequence && t.next_sequence - t.acked <= GSH_TRANSFER_AHEAD);
  FUZZ_MUST(t.index == t.plan.total ? t.offset == 0
                                    : is_needed(t.index) && t.offset < item_len(t.index));
  FUZZ_MUST(t.done_bytes <= t.all_bytes);
}

/* One frame, as far as it may go. */
static bool send_one(void) {
  struct gs_block_header h;
  uint32_t len = 0;
  uint32_t before = t.next_sequence;
  if (!gsh_transfer_next(&t, &h, &len)) {
    return false;
  }
  uint32_t index = h.index & ~GS_ITEM_PAGE;
  FUZZ_MUST(!t.failed && !t.all);
  FUZZ_MUST(((h.index & GS_ITEM_PAGE) != 0) == t.plan.pages);
  FUZZ_MUST(is_needed(index) && len >= 1 && len <= t.plan.frame_data);
  FUZZ_MUST(h.offset < item_len(index) && len <= item_len(index) - h.offset);
  FUZZ_MUST(h.sequence >= t.acked && h.sequence <= t.next_sequence);
  FUZZ_MUST(h.sequence < t.next_sequence || h.sequence < t.limit);
  gsh_transfer_sent(&t, now);
  FUZZ_MUST(t.next_sequence == before + (h.sequence == before));
  check_state();
  return true;
}

/* What the device would say next, with everything in it a little off. */
static void take_ack(struct fuzz_script *s) {
  const struct gsh_transfer before = t;
  uint8_t how = fuzz_u8(s);
  struct gs_ack a = {.round = (uint8_t)(t.round + (how & 1u)),
                     .next_sequence = t.acked + fuzz_u8(s) % 8u,
                     .limit_sequence = t.limit + fuzz_u8(s) % 16u,
                     .flags = (how & 2u) != 0 ? fuzz_u8(s) : 0,
                     .held = (how & 4u) != 0 ? fuzz_u32(s) : 0,
                     .status = (how & 8u) != 0 ? fuzz_u16(s) : 0};
  if (a.next_sequence < t.next_sequence) {
    const struct gsh_transfer_frame *f = &t.frames[a.next_sequence % GSH_TRANSFER_AHEAD];
    a.index = f->index;
    a.offset = f->offset;
  } else {
    a.next_sequence = t.next_sequence;
    a.index = t.index;
    a.offset = t.offset;
  }
  a.index |= t.plan.pages ? GS_ITEM_PAGE : 0;
  if ((how & 16u) != 0) {
    a.index ^= fuzz_u32(s);
    a.offset ^= fuzz_u16(s);
  }
  if ((how & 32u) != 0) {
    a.next_sequence ^= fuzz_u32(s);
    a.limit_sequence ^= fuzz_u32(s);
  }
  enum gs_status status = gsh_transfer_ack(&t, &a, now);
  FUZZ_MUST(status == GS_OK || status == GS_E_PROTOCOL);
  if (status != GS_OK) {
    FUZZ_MUST(memcmp(&before, &t, sizeof t) == 0);
  }
  FUZZ_MUST(t.acked >= before.acked && t.limit >= before.limit);
  FUZZ_MUST(t.done_bytes >= before.done_bytes);
  check_state();
}

static bool start(struct fuzz_script *s) {
  struct gsh_transfer_plan plan;
  memset(&plan, 0, sizeof plan);
  memset(&t, 0, sizeof t);
  uint8_t flags = fuzz_u8(s);
  plan.pages = (flags & 1u) != 0;
  plan.total = fuzz_u8(s) % (ITEMS_MAX + 1u);
  plan.item_size = 1u + fuzz_u16(s);
  plan.last_size = 1u + fuzz_u16(s) % plan.item_size;
  plan.frame_data = fuzz_u16(s);
  plan.limit = fuzz_u8(s);
  plan.given_before = (flags & 2u) != 0 ? fuzz_u32(s) : 0;
  plan.needed = needed;
  gsh_pace_init(&plan.pace, (flags & 4u) != 0);
  for (size_t i = 0; i < sizeof needed; i++) {
    needed[i] = fuzz_u8(s);
  }
  now = 1000;
  return gsh_transfer_start(&t, &plan, now) == GS_OK;
}

/* With nothing more heard it says so in the end, and sends little meanwhile. */
static void end(void) {
  uint64_t until = now + END_MS;
  uint32_t frames = 0;
  while (!t.all && !t.failed && gsh_transfer_timer(&t, now) == GS_OK) {
    FUZZ_MUST(now < until);
    for (unsigned i = 0; i <= GSH_TRANSFER_AHEAD && send_one(); i++) {
      frames++;
    }
    uint32_t idle = gsh_transfer_idle_ms(&t, now);
    now += idle > 0 ? idle : 1;
  }
  FUZZ_MUST(frames <= 20000u);
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct fuzz_script s = {data, len};
  if (!start(&s)) {
    return;
  }
  check_state();
  while (s.left > 0 && !t.all && !t.failed) {
    uint8_t op = fuzz_u8(&s);
    switch (op % 5u) {
      case 0:
        for (unsigned i = 0; i <= op / 5u && send_one(); i++) {
        }
        break;
      case 1:
      case 2:
        take_ack(&s);
        break;
      case 3:
        now += fuzz_u16(&s);
        if (gsh_transfer_timer(&t, now) != GS_OK) {
          FUZZ_MUST(gsh_transfer_stuck(&t, now));
          return;
        }
        check_state();
        break;
      default:
        gsh_transfer_busy(&t, now + (uint64_t)fuzz_u16(&s) * 1000u);
        break;
    }
  }
  end();
  if (t.failed) {
    enum gs_status verdict = gsh_transfer_verdict(t.status);
    FUZZ_MUST(verdict != GS_OK && gs_status_info(verdict)->exit_code != 0);
  }
  FUZZ_MUST(!t.all || t.done_bytes == t.all_bytes);
}

void fuzz_seeds(void) {
  static const uint8_t plain[] = {4,  40, 0, 16, 99,  0, 0, 4, 8, 255, 255, 255, 255, 255, 255, 255,
                                  15, 50, 1, 0,  3,   9, 0, 1, 0, 4,   9,   3,   100, 0,   0,   1,
                                  6,  2,  9, 4,  255, 3, 0, 0, 0, 4,   1,   0,   3,   0,   9};
  static const uint8_t pages[] = {3, 9, 0, 1,  0, 0,  64, 0, 5, 1, 2, 3, 4, 255, 170, 0,  0, 0, 0,
                                  0, 0, 0, 10, 1, 18, 1,  1, 1, 0, 0, 0, 0, 0,   1,   10, 2, 1, 2};
  fuzz_seed("plain", plain, sizeof plain);
  fuzz_seed("pages", pages, sizeof pages);
}
