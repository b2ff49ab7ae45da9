/* SPDX-License-Identifier: Apache-2.0
 * For transfer.c and transfer_losses.c only.
 */
#ifndef GSH_TRANSFER_INTERNAL_H
#define GSH_TRANSFER_INTERNAL_H

#include "transfer.h"

/* A frame under way: acked <= sequence < next_sequence. */
static inline struct gsh_transfer_frame *gsh_transfer_frame_at(struct gsh_transfer *t,
                                                               uint32_t sequence) {
  return &t->frames[sequence % GSH_TRANSFER_AHEAD];
}

static inline const struct gsh_transfer_frame *gsh_transfer_frame_of(const struct gsh_transfer *t,
                                                                     uint32_t sequence) {
  return &t->frames[sequence % GSH_TRANSFER_AHEAD];
}

/* The newest round that the device saw, by an acknowledgement. */
static inline uint32_t gsh_transfer_round(const struct gsh_transfer *t, const struct gs_ack *a) {
  uint8_t behind = (uint8_t)(t->round - a->round);
  return behind <= t->round ? t->round - behind : 0;
}

/* Mark what must be sent again, after an acknowledgement's progress was taken. */
void gsh_transfer_losses(struct gsh_transfer *t, const struct gs_ack *a);

#endif
