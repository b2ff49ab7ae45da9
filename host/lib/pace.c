/* SPDX-License-Identifier: Apache-2.0 */
#include "pace.h"

#include <string.h>

#define LOST_UNIT 16u
/* Before anything is known: one loss in so many bytes, which means frames of 1 KiB. */
#define PRIOR_BYTES 24576u
#define MEMORY_BYTES (512u * 1024u)

#define WINDOW_FIRST 4096u
#define WINDOW_LEAST 512u
#define WINDOW_MOST (1024u * 1024u)

#define FRAME_FIRST 256u
#define FRAME_MS_MOST 4000u

#define TIMEOUT_MS_FIRST 3500u /* the first frame takes 2.4 s at 1,200 baud */
#define TIMEOUT_MS_LEAST 200u
#define TIMEOUT_MS_MOST 5000u

void gsh_pace_init(struct gsh_pace *p, bool line) {
  memset(p, 0, sizeof *p);
  p->line = line;
  p->window = line ? WINDOW_FIRST : UINT32_MAX;
  p->timeout_ms = TIMEOUT_MS_FIRST;
}

/* Would frames of half the length cost less? Theirs is overhead / len more, and saves half of the
 * len * p that losses cost. */
static bool too_long(const struct gsh_pace *p, uint32_t len) {
  uint64_t lost = (uint64_t)p->lost + LOST_UNIT;
  uint64_t sent = p->sent + PRIOR_BYTES;
  return lost * len * len > sent * (2u * GSH_PACE_OVERHEAD * LOST_UNIT);
}

/* The longest of the halves of len that the line carries in time. */
static uint32_t in_time(const struct gsh_pace *p, uint32_t len) {
  if (p->kib_ms == 0) {
    while (len > FRAME_FIRST) {
      len = (len + 1) / 2;
    }
    return len;
  }
  while (len / 2 >= GSH_PACE_FRAME_LEAST &&
         (uint64_t)(len + GSH_PACE_OVERHEAD) * p->kib_ms > FRAME_MS_MOST * 1024u) {
    len /= 2;
  }
  return len;
}

uint32_t gsh_pace_frame(const struct gsh_pace *p, uint32_t most, uint32_t credit) {
  uint32_t len = most;
  if (!p->line) {
    return len;
  }
  while (len / 2 >= GSH_PACE_FRAME_LEAST && too_long(p, len)) {
    len /= 2;
  }
  for (int i = 0; i < 2 && len * 2 <= most && (uint64_t)len * credit < p->window; i++) {
    len *= 2;
  }
  return in_time(p, len);
}

void gsh_pace_sent(struct gsh_pace *p, uint32_t len) {
  p->sent += len + GSH_PACE_OVERHEAD;
  if (p->sent > MEMORY_BYTES) {
    p->sent /= 2;
    p->lost /= 2;
  }
}

void gsh_pace_lost(struct gsh_pace *p) {
  if (p->lost < UINT32_MAX - LOST_UNIT) {
    p->lost += LOST_UNIT;
  }
}

static uint32_t within(uint64_t value, uint32_t least, uint32_t most) {
  return value < least ? least : value > most ? most : (uint32_t)value;
}

static void widen(struct gsh_pace *p, uint32_t len, uint32_t under_way, uint64_t ms) {
  uint64_t aim = (uint64_t)p->least_ms + GSH_PACE_SPARE_MS;
  uint64_t want = under_way * aim / ms + 2u * (uint64_t)len;
  uint64_t now = p->window;
  /* Where acknowledgements come faster than the window would let them, it was the window. */
  now = want >= 2 * now ? 2 * now : (3 * now + want) / 4;
  p->window = within(now, WINDOW_LEAST, WINDOW_MOST);
}

/* The least of some: what waited for something else than the line says little. */
static void measure(struct gsh_pace *p, uint32_t kib_ms) {
  p->kib_ms_of[p->samples++ % GSH_PACE_SAMPLES] = kib_ms;
  p->kib_ms = kib_ms;
  for (size_t i = 0; i < GSH_PACE_SAMPLES; i++) {
    if (p->kib_ms_of[i] > 0 && p->kib_ms_of[i] < p->kib_ms) {
      p->kib_ms = p->kib_ms_of[i];
    }
  }
}

void gsh_pace_heard(struct gsh_pace *p, uint32_t len, uint32_t under_way, uint64_t ms) {
  ms = ms > 0 ? ms : 1;
  ms = ms < UINT16_MAX ? ms : UINT16_MAX;
  if (p->least_ms == 0 || ms < p->least_ms) {
    p->least_ms = (uint32_t)ms;
  }
  /* The slowest acknowledgement counts: the device says one word for many frames. */
  uint64_t slow = 2 * ms;
  if (slow < p->timeout_ms) {
    slow = ((uint64_t)p->timeout_ms * 7 + slow) / 8;
  }
  p->timeout_ms = within(slow, TIMEOUT_MS_LEAST, TIMEOUT_MS_MOST);
  if (p->line) {
    measure(p, within(ms * 1024u / (under_way > 0 ? under_way : 1), 1, UINT32_MAX));
    widen(p, len + GSH_PACE_OVERHEAD, under_way, ms);
  }
}
