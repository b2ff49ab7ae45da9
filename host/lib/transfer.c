/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include <string.h>

/* Short frames pay once a loss comes more often than every so many bytes. */
#define LOSSY_BYTES 65536u
#define LOSSES_MIN 3u

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
  t->limit = plan->limit;
  t->index = next_needed(plan, 0);
  t->peer_index = t->index;
  t->high = place(t->index, 0);
  t->given = plan->given_before > t->high ? plan->given_before : t->high;
  t->moved_ms = now_ms;
  t->arrived_ms = now_ms;
  t->timer_ms = GSH_TRANSFER_TIMER_MS_FIRST;
  for (uint32_t i = t->index; i < plan->total; i = next_needed(plan, i + 1)) {
    t->all_bytes += item_len(plan, i);
  }
  return t->index < plan->total ? GS_OK : GS_E_RANGE;
}

bool gsh_transfer_next(const struct gsh_transfer *t, struct gs_block_header *h, uint32_t *len) {
  if (t->all || t->failed || t->index >= t->plan.total || t->next_sequence >= t->limit ||
      (t->single && t->next_sequence != t->acked)) {
    return false;
  }
  uint32_t left = item_len(&t->plan, t->index) - t->offset;
  *len = left < t->plan.frame_data ? left : t->plan.frame_data;
  h->round = t->round;
  h->sequence = t->next_sequence;
  h->index = t->plan.pages ? t->index | GS_ITEM_PAGE : t->index;
  h->offset = t->offset;
  return true;
}

static void count(struct gsh_transfer *t, uint32_t len) {
  t->counts.frames++;
  t->counts.bytes += len;
  uint64_t from = place(t->index, t->offset);
  if (from + len <= t->given) {
    t->counts.resent_bytes += len;
  } else if (from < t->given) {
    t->counts.resent_bytes += t->given - from;
  }
}

void gsh_transfer_sent(struct gsh_transfer *t, uint64_t now_ms) {
  struct gs_block_header h;
  uint32_t len = 0;
  if (!gsh_transfer_next(t, &h, &len)) {
    return;
  }
  count(t, len);
  if (t->acked == t->next_sequence) {
    /* The line was idle: the timer starts with this frame. */
    t->moved_ms = now_ms;
  }
  if (!t->probing && t->next_sequence == t->sent_end) {
    t->probing = true;
    t->probe = t->next_sequence;
    t->probe_ms = now_ms;
  }
  t->next_sequence++;
  if (t->next_sequence > t->sent_end) {
    t->sent_end = t->next_sequence;
  }
  t->offset += len;
  if (t->offset >= item_len(&t->plan, t->index)) {
    t->index = next_needed(&t->plan, t->index + 1);
    t->offset = 0;
  }
  if (place(t->index, t->offset) > t->high) {
    t->high = place(t->index, t->offset);
    t->given = t->high > t->given ? t->high : t->given;
  }
}

/* The place an acknowledgement names, without the page bit. False: it is no place of this flow. */
static bool named_place(const struct gsh_transfer *t, const struct gs_ack *a, uint32_t *index) {
  if (t->plan.pages != ((a->index & GS_ITEM_PAGE) != 0)) {
    return false;
  }
  *index = a->index & ~GS_ITEM_PAGE;
  return *index < t->plan.total && is_needed(&t->plan, *index) &&
         a->offset < item_len(&t->plan, *index) && place(*index, a->offset) <= t->high;
}

static void go_back(struct gsh_transfer *t) {
  t->next_sequence = t->acked;
  t->index = t->peer_index;
  t->offset = t->peer_offset;
  t->round++;
  t->probing = false;
}

static void maybe_shorten(struct gsh_transfer *t) {
  uint64_t losses = (uint64_t)t->counts.gaps + t->counts.timeouts;
  if (t->plan.frame_data_lossy != 0 && t->plan.frame_data_lossy < t->plan.frame_data &&
      losses >= LOSSES_MIN && losses * LOSSY_BYTES > t->counts.bytes) {
    t->plan.frame_data = t->plan.frame_data_lossy;
  }
}

static uint32_t clamp_timer(uint32_t ms) {
  if (ms < GSH_TRANSFER_TIMER_MS_MIN) {
    return GSH_TRANSFER_TIMER_MS_MIN;
  }
  return ms > GSH_TRANSFER_TIMER_MS_MAX ? GSH_TRANSFER_TIMER_MS_MAX : ms;
}

static void measure(struct gsh_transfer *t, uint64_t now_ms) {
  if (t->probing && t->acked > t->probe) {
    uint32_t sample = (uint32_t)(now_ms - t->probe_ms) + 1;
    /* The slowest acknowledgement counts: the device says one word for many frames. */
    t->rtt_ms = sample > t->rtt_ms ? sample : (t->rtt_ms * 7 + sample) / 8;
    t->probing = false;
  }
}

/* The device has everything before a place of the flow. */
static void advance_peer(struct gsh_transfer *t, uint32_t index, uint32_t offset) {
  for (uint32_t i = t->peer_index; i < index; i = next_needed(&t->plan, i + 1)) {
    t->done_bytes += item_len(&t->plan, i);
  }
  t->done_bytes = t->done_bytes + offset - t->peer_offset;
  t->peer_index = index;
  t->peer_offset = offset;
}

/* The device has more. What keeps the flow alive is a frame's worth, or the end of an item. */
static void note_arrival(struct gsh_transfer *t, uint32_t index, uint32_t offset, uint64_t now_ms) {
  bool ended = index != t->peer_index;
  advance_peer(t, index, offset);
  if (ended || t->done_bytes - t->arrived_bytes >= t->plan.frame_data) {
    t->arrived_ms = now_ms;
    t->arrived_bytes = t->done_bytes;
    t->gaps_since = 0;
  }
}

static void take_progress(struct gsh_transfer *t, const struct gs_ack *a, uint32_t index,
                          uint64_t now_ms) {
  bool moved = a->next_sequence > t->acked;
  if (a->limit_sequence > t->limit) {
    moved = moved || t->next_sequence >= t->limit; /* credit was waited for */
    t->limit = a->limit_sequence;
  }
  t->acked = a->next_sequence;
  if (place(index, a->offset) > place(t->peer_index, t->peer_offset)) {
    note_arrival(t, index, a->offset, now_ms);
  }
  if (t->next_sequence < t->acked) {
    /* The timer was too early: the device has more than was thought. */
    t->next_sequence = t->acked;
    t->index = t->peer_index;
    t->offset = t->peer_offset;
  }
  if (!moved) {
    return;
  }
  t->moved_ms = now_ms;
  t->timeouts_in_row = 0;
  measure(t, now_ms);
  t->timer_ms = t->rtt_ms == 0 ? GSH_TRANSFER_TIMER_MS_FIRST : clamp_timer(t->rtt_ms * 2);
}

enum gs_status gsh_transfer_ack(struct gsh_transfer *t, const struct gs_ack *a, uint64_t now_ms) {
  if (t->all || t->failed || a->next_sequence < t->acked) {
    return GS_OK; /* of an earlier moment */
  }
  if (a->next_sequence > t->sent_end) {
    return GS_E_PROTOCOL;
  }
  if ((a->flags & GS_ACK_FAILED) != 0) {
    t->failed = true;
    t->status = a->status;
    return GS_OK;
  }
  if ((a->flags & GS_ACK_ALL) != 0) {
    /* Only what was sent to its end can have arrived. */
    if (t->high < place(t->plan.total, 0)) {
      return GS_E_PROTOCOL;
    }
    t->all = true;
    t->done_bytes = t->all_bytes;
    t->acked = a->next_sequence;
    return GS_OK;
  }
  uint32_t index = 0;
  if (!named_place(t, a, &index)) {
    return GS_E_PROTOCOL;
  }
  take_progress(t, a, index, now_ms);
  bool lost_after_timer = t->single && a->round == t->round && t->acked < t->sent_end;
  if (a->round == t->round) {
    t->single = false;
  }
  if (((a->flags & GS_ACK_GAP) != 0 && a->round == t->round) || lost_after_timer) {
    t->counts.gaps += (a->flags & GS_ACK_GAP) != 0;
    t->gaps_since++;
    go_back(t);
    maybe_shorten(t);
  }
  return GS_OK;
}

void gsh_transfer_busy(struct gsh_transfer *t, uint64_t until_ms) {
  /* A device that announces stalls without end is not waited for without end. */
  if (until_ms > t->arrived_ms + GSH_TRANSFER_QUIET_MS) {
    until_ms = t->arrived_ms + GSH_TRANSFER_QUIET_MS;
  }
  if (until_ms > t->quiet_until_ms) {
    t->quiet_until_ms = until_ms;
  }
}

static uint64_t still_since(const struct gsh_transfer *t) {
  return t->moved_ms > t->quiet_until_ms ? t->moved_ms : t->quiet_until_ms;
}

static uint64_t timer_at(const struct gsh_transfer *t) {
  uint64_t from = still_since(t);
  uint32_t shift = t->timeouts_in_row < 4 ? t->timeouts_in_row : 4;
  uint64_t wait = (uint64_t)t->timer_ms << shift;
  return from + (wait < GSH_TRANSFER_TIMER_MS_MAX ? wait : GSH_TRANSFER_TIMER_MS_MAX);
}

bool gsh_transfer_stuck(const struct gsh_transfer *t, uint64_t now_ms) {
  if (t->all || t->failed) {
    return false;
  }
  uint64_t from = t->arrived_ms > t->quiet_until_ms ? t->arrived_ms : t->quiet_until_ms;
  return now_ms >= from + GSH_TRANSFER_STUCK_MS || t->gaps_since > GSH_TRANSFER_GAPS_MAX;
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
  t->counts.timeouts++;
  t->timeouts_in_row++;
  t->single = t->timeouts_in_row > 1;
  t->moved_ms = now_ms;
  go_back(t);
  maybe_shorten(t);
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
