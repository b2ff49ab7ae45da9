/* SPDX-License-Identifier: Apache-2.0
 * What an acknowledgement says of frames that did not arrive. No timer is needed: the line keeps
 * order. docs/spec/wire.md, "Flow of blocks", 4.
 */
#include "transfer_internal.h"

static bool note_loss(struct gsh_transfer *t, uint32_t sequence) {
  struct gsh_transfer_frame *f = gsh_transfer_frame_at(t, sequence);
  if (f->held || f->lost) {
    return false;
  }
  f->lost = true;
  t->counts.lost++;
  t->tries += sequence == t->acked;
  return true;
}

/* The line keeps order: what was sent before a frame that arrived, and did not arrive, is lost.
 * round: the newest one that the device saw. */
static bool find_losses(struct gsh_transfer *t, uint32_t round) {
  uint32_t last_held = t->acked;
  bool found = false;
  for (uint32_t i = t->acked; i != t->next_sequence; i++) {
    last_held = gsh_transfer_frame_of(t, i)->held ? i : last_held;
  }
  for (uint32_t i = t->acked; i != t->next_sequence; i++) {
    const struct gsh_transfer_frame *f = gsh_transfer_frame_of(t, i);
    bool passed = f->round < round || (f->round == round && i < last_held);
    found = (passed && note_loss(t, i)) || found;
  }
  return found;
}

/* A frame came damaged: the one sent next after those that came. */
static bool take_damage(struct gsh_transfer *t) {
  const struct gsh_transfer_frame *first = NULL;
  uint32_t sequence = t->next_sequence;
  for (uint32_t i = t->acked; i != t->next_sequence; i++) {
    const struct gsh_transfer_frame *f = gsh_transfer_frame_of(t, i);
    bool before = first == NULL || f->round < first->round ||
                  (f->round == first->round && f->again && !first->again);
    if (!f->held && !f->lost && before) {
      first = f;
      sequence = i;
    }
  }
  return sequence != t->next_sequence && note_loss(t, sequence);
}

/* The device dropped what was sent after the frame it expects, and will until that comes. */
static bool take_gap(struct gsh_transfer *t, uint32_t round) {
  if (t->acked == t->next_sequence || gsh_transfer_frame_of(t, t->acked)->round > round) {
    return false; /* it is sent again already */
  }
  uint32_t lost = t->counts.lost;
  for (uint32_t i = t->acked; i != t->next_sequence; i++) {
    (void)note_loss(t, i);
  }
  bool found = t->counts.lost > lost;
  t->counts.lost = lost + found; /* the others are dropped, and no loss of the line */
  t->backs++;
  return found;
}

void gsh_transfer_losses(struct gsh_transfer *t, const struct gs_ack *a) {
  uint32_t round = gsh_transfer_round(t, a);
  bool gap = (a->flags & GS_ACK_GAP) != 0;
  bool found = gap ? take_gap(t, round) : find_losses(t, round);
  if (!found && (a->flags & GS_ACK_DAMAGED) != 0) {
    found = take_damage(t);
  }
  if (found) {
    gsh_pace_lost(&t->pace);
  }
}
