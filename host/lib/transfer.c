/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "transfer_internal.h"

#define PATIENT_TIMEOUTS 3u /* in a row, before they come more and more slowly */

static bool is_needed(const struct gsh_transfer_plan *p, uint32_t i) {
  return (p->needed[i / 8] >> (i % 8) & 1u) != 0;
}

static uint32_t next_needed(const struct gsh_transfer_plan *p, uint32_t from) {
  while (from < p->total && !is_needed(p, from)) {
    from++;
  }
  return from;
}

static uint32_t item_len(const struct gsh_transfer_plan *p, uint32_t i) {
  return i + 1 == p->total ? p->last_size : p->item_size;
}

static uint64_t place(uint32_t index, uint32_t offset) {
  return (uint64_t)index << 32 | offset;
}

enum gs_status gsh_transfer_start(struct gsh_transfer *t, const struct gsh_transfer_plan *plan,
                                  uint64_t now_ms) {
  if (plan->total == 0 || plan->item_size == 0 || plan->last_size == 0 || plan->frame_data == 0) {
    return GS_E_RANGE;
  }
  memset(t, 0, sizeof *t);
  t->plan = *plan;
  t->pace = plan->pace;
  t->limit = plan->limit;
  t->index = next_needed(plan, 0);
  t->given = place(t->index, 0);
  t->given = plan->given_before > t->given ? plan->given_before : t->given;
  t->moved_ms = now_ms;
  t->arrived_ms = now_ms;
  for (uint32_t i = t->index; i < plan->total; i = next_needed(plan, i + 1)) {
    t->all_bytes += item_len(plan, i);
  }
  return t->index < plan->total ? GS_OK : GS_E_RANGE;
}

/* Bytes that may be in the line or before it. */
static uint32_t under_way(const struct gsh_transfer *t) {
  uint32_t bytes = 0;
  for (uint32_t i = t->acked; i != t->next_sequence; i++) {
    const struct gsh_transfer_frame *f = gsh_transfer_frame_of(t, i);
    bytes += f->held || f->lost ? 0 : f->len + GSH_PACE_OVERHEAD;
  }
  return bytes;
}

/* The first frame that waits for being sent again; next_sequence where there is none. */
static uint32_t first_lost(const struct gsh_transfer *t) {
  uint32_t i = t->acked;
  while (i != t->next_sequence && !gsh_transfer_frame_of(t, i)->lost) {
    i++;
  }
  return i;
}

static uint32_t new_len(const struct gsh_transfer *t) {
  uint32_t left = item_len(&t->plan, t->index) - t->offset;
  uint32_t most = gsh_pace_frame(&t->pace, t->plan.frame_data, t->limit - t->acked);
  return left < most ? left : most;
}

static bool new_may_go(const struct gsh_transfer *t) {
  uint32_t ahead = t->pace.line ? GSH_TRANSFER_AHEAD_SLOW : GSH_TRANSFER_AHEAD;
  if (t->index >= t->plan.total || t->next_sequence >= t->limit ||
      t->next_sequence - t->acked >= ahead) {
    return false;
  }
  /* A device that announced a stall takes bytes meanwhile, as far as its credit goes: they wait
   * there. */
  uint32_t bytes = under_way(t);
  return bytes == 0 || t->stalled || bytes + new_len(t) + GSH_PACE_OVERHEAD <= t->pace.window;
}

bool gsh_transfer_next(const struct gsh_transfer *t, struct gs_block_header *h, uint32_t *len) {
  if (t->all || t->failed) {
    return false;
  }
  uint32_t again = first_lost(t);
  struct gsh_transfer_frame f = {.index = t->index, .offset = t->offset};
  if (again != t->next_sequence) {
    f = *gsh_transfer_frame_of(t, again);
    f.round = t->round + 1;
  } else if (new_may_go(t)) {
    f.len = new_len(t);
    f.round = t->round;
  } else {
    return false;
  }
  *len = f.len;
  h->round = (uint8_t)f.round;
  h->sequence = again;
  h->index = t->plan.pages ? f.index | GS_ITEM_PAGE : f.index;
  h->offset = f.offset;
  return true;
}

static void sent_again(struct gsh_transfer *t, struct gsh_transfer_frame *f) {
  f->round = ++t->round;
  f->again = true;
  f->lost = false;
  t->counts.resent_bytes += f->len;
}

static void sent_new(struct gsh_transfer *t, uint32_t len, uint64_t now_ms) {
  *gsh_transfer_frame_at(t, t->next_sequence) =
      (struct gsh_transfer_frame){.index = t->index,
                                  .offset = t->offset,
                                  .len = len,
                                  .round = t->round,
                                  .under_way = under_way(t) + len + GSH_PACE_OVERHEAD,
                                  .sent_ms = now_ms};
  uint64_t from = place(t->index, t->offset);
  t->next_sequence++;
  t->offset += len;
  if (t->offset >= item_len(&t->plan, t->index)) {
    t->index = next_needed(&t->plan, t->index + 1);
    t->offset = 0;
  }
  if (from + len <= t->given) {
    t->counts.resent_bytes += len;
  } else if (from < t->given) {
    t->counts.resent_bytes += t->given - from;
  }
  uint64_t to = place(t->index, t->offset);
  t->given = to > t->given ? to : t->given;
}

void gsh_transfer_sent(struct gsh_transfer *t, uint64_t now_ms) {
  struct gs_block_header h;
  uint32_t len = 0;
  if (!gsh_transfer_next(t, &h, &len)) {
    return;
  }
  if (t->acked == t->next_sequence) {
    t->moved_ms = now_ms; /* the line was idle: the timer starts with this frame */
  }
  t->counts.frames++;
  t->counts.bytes += len;
  gsh_pace_sent(&t->pace, len);
  if (h.sequence != t->next_sequence) {
    sent_again(t, gsh_transfer_frame_at(t, h.sequence));
  } else {
    sent_new(t, len, now_ms);
  }
}

/* Does an acknowledgement name the place where the frame it expects begins? */
static bool place_fits(const struct gsh_transfer *t, const struct gs_ack *a) {
  uint32_t index = t->index;
  uint32_t offset = t->offset;
  if (a->next_sequence != t->next_sequence) {
    index = gsh_transfer_frame_of(t, a->next_sequence)->index;
    offset = gsh_transfer_frame_of(t, a->next_sequence)->offset;
  }
  index = t->plan.pages ? index | GS_ITEM_PAGE : index;
  return a->index == index && a->offset == offset;
}

/* round: the newest one that the device saw. What was sent again in a later one was sent too early,
 * and counts: or a timer that is too short for the line would never learn it. */
static void measure(struct gsh_transfer *t, const struct gsh_transfer_frame *f, uint32_t round,
                    uint64_t now_ms) {
  if (f != NULL && (!f->again || f->round > round) && f->sent_ms >= t->quiet_until_ms) {
    gsh_pace_heard(&t->pace, f->len, f->under_way, now_ms - f->sent_ms + 1);
  }
}

/* What the device has in order, and what it holds beyond. True when that is more than before. */
static bool take_progress(struct gsh_transfer *t, const struct gs_ack *a, uint64_t now_ms) {
  const struct gsh_transfer_frame *newest = NULL;
  bool moved = a->next_sequence != t->acked;
  while (t->acked != a->next_sequence) {
    const struct gsh_transfer_frame *f = gsh_transfer_frame_of(t, t->acked++);
    newest = f->held ? newest : f;
    t->done_bytes += f->len;
    t->arrived_ms = now_ms;
    t->tries = 0;
  }
  for (uint32_t i = t->acked; i != t->next_sequence; i++) {
    struct gsh_transfer_frame *f = gsh_transfer_frame_at(t, i);
    uint32_t above = i - t->acked;
    bool held = above < GS_ACK_HELD_MAX && (a->held >> above & 1u) != 0;
    if (held && !f->held) {
      newest = f;
      moved = true;
    }
    f->held = held;
    f->lost = f->lost && !held;
  }
  measure(t, newest, gsh_transfer_round(t, a), now_ms);
  if (a->limit_sequence > t->limit) {
    moved = moved || t->next_sequence >= t->limit; /* credit was waited for */
    t->limit = a->limit_sequence;
  }
  return moved;
}

static enum gs_status take_all(struct gsh_transfer *t) {
  /* Only what was sent to its end can have arrived. */
  if (t->index < t->plan.total) {
    return GS_E_PROTOCOL;
  }
  t->all = true;
  t->done_bytes = t->all_bytes;
  t->acked = t->next_sequence;
  return GS_OK;
}

/* Acknowledgements go before announcements: one that comes after it says that it is over. */
static void end_stall(struct gsh_transfer *t, uint64_t now_ms) {
  t->stalled = false;
  t->quiet_until_ms = t->quiet_until_ms < now_ms ? t->quiet_until_ms : now_ms;
}

enum gs_status gsh_transfer_ack(struct gsh_transfer *t, const struct gs_ack *a, uint64_t now_ms) {
  if (t->all || t->failed || a->next_sequence < t->acked) {
    return GS_OK; /* of an earlier moment */
  }
  if (a->next_sequence > t->next_sequence) {
    return GS_E_PROTOCOL;
  }
  if ((a->flags & GS_ACK_FAILED) != 0) {
    t->failed = true;
    t->status = a->status;
    return GS_OK;
  }
  if ((a->flags & GS_ACK_ALL) != 0) {
    return take_all(t);
  }
  if (!place_fits(t, a)) {
    return GS_E_PROTOCOL;
  }
  if (take_progress(t, a, now_ms)) {
    t->moved_ms = now_ms;
    t->timeouts_in_row = 0;
    end_stall(t, now_ms);
  }
  gsh_transfer_losses(t, a);
  return GS_OK;
}

void gsh_transfer_busy(struct gsh_transfer *t, uint64_t until_ms) {
  /* A device that announces stalls without end is not waited for without end. */
  if (until_ms > t->arrived_ms + GSH_TRANSFER_QUIET_MS) {
    until_ms = t->arrived_ms + GSH_TRANSFER_QUIET_MS;
  }
  if (until_ms > t->quiet_until_ms) {
    t->quiet_until_ms = until_ms;
    t->stalled = true;
  }
}

static uint64_t still_since(const struct gsh_transfer *t) {
  return t->moved_ms > t->quiet_until_ms ? t->moved_ms : t->quiet_until_ms;
}

/* A line that was dead for a moment is noticed soon; one that stays dead is asked less and less. */
static uint64_t timer_at(const struct gsh_transfer *t) {
  uint32_t shift =
      t->timeouts_in_row > PATIENT_TIMEOUTS ? t->timeouts_in_row - PATIENT_TIMEOUTS : 0;
  uint64_t wait = (uint64_t)t->pace.timeout_ms << (shift < 5 ? shift : 5);
  return still_since(t) + (wait < GSH_TRANSFER_TIMER_MS_MAX ? wait : GSH_TRANSFER_TIMER_MS_MAX);
}

bool gsh_transfer_stuck(const struct gsh_transfer *t, uint64_t now_ms) {
  if (t->all || t->failed) {
    return false;
  }
  uint64_t from = t->arrived_ms > t->quiet_until_ms ? t->arrived_ms : t->quiet_until_ms;
  return now_ms >= from + GSH_TRANSFER_STUCK_MS || t->tries > GSH_TRANSFER_TRIES_MAX;
}

enum gs_status gsh_transfer_timer(struct gsh_transfer *t, uint64_t now_ms) {
  if (t->all || t->failed) {
    return GS_OK;
  }
  if (gsh_transfer_stuck(t, now_ms)) {
    return GS_E_LINK_NOISE;
  }
  /* While nothing is under way, the device must grant credit, or say that it has everything. */
  if (t->acked == t->next_sequence || now_ms < timer_at(t)) {
    return GS_OK;
  }
  /* One frame asks; the answer says what became of the others. */
  t->counts.timeouts++;
  t->timeouts_in_row++;
  t->moved_ms = now_ms;
  gsh_transfer_frame_at(t, t->acked)->lost = true;
  return GS_OK;
}

uint32_t gsh_transfer_idle_ms(const struct gsh_transfer *t, uint64_t now_ms) {
  if (t->acked == t->next_sequence) {
    return 1000;
  }
  uint64_t at = timer_at(t);
  return at > now_ms ? (uint32_t)(at - now_ms) : 1;
}

enum gs_status gsh_transfer_verdict(uint32_t status) {
  if (status == GS_E_NO_HELLO || status == GS_E_STATE) {
    return GS_E_LINK_LOST;
  }
  const struct gs_status_info *info = gs_status_info(status);
  bool known = info->number == status && status < GS_E_USAGE;
  return known && info->exit_code != 0 ? info->number : GS_E_PROTOCOL;
}

bool gsh_transfer_phase(struct gsh_transfer_phases *p, bool pages, uint32_t needed) {
  if (!pages) {
    return true;
  }
  p->same = p->pages && needed >= p->least_pages ? p->same + 1 : 0;
  if (p->same == 0) {
    p->least_pages = needed;
  }
  p->pages = true;
  return p->same < GSH_TRANSFER_SAME_PAGES_MAX;
}
