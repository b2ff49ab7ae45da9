/* SPDX-License-Identifier: Apache-2.0
 * The flow of blocks as the host sees it: what may be sent next, what an acknowledgement means,
 * when to go back. Pure: no I/O, no clock, no frames. docs/spec/wire.md, "Flow of blocks".
 *
 * Invariants, whatever the device says:
 *   acked <= next_sequence <= sent_end        (sequence numbers)
 *   next_sequence is below limit whenever gsh_transfer_next returns true
 *   (index, offset) lies inside a needed item, or index == total
 */
#ifndef GSH_TRANSFER_H
#define GSH_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "status.h"

#define GSH_TRANSFER_TIMER_MS_MIN 200u
#define GSH_TRANSFER_TIMER_MS_MAX 5000u
#define GSH_TRANSFER_TIMER_MS_FIRST 1000u
#define GSH_TRANSFER_STUCK_MS 20000u   /* heard, and nothing more arrived */
#define GSH_TRANSFER_QUIET_MS 120000u  /* announced stalls meanwhile add this at most */
#define GSH_TRANSFER_GAPS_MAX 64u      /* told, and nothing more arrived */
#define GSH_TRANSFER_SAME_PAGES_MAX 3u /* times that no fewer pages are missing */

struct gsh_transfer_plan {
  bool pages;
  uint32_t total;            /* items there are */
  const uint8_t *needed;     /* bit i: item i; (total + 7) / 8 bytes, the caller's */
  uint32_t item_size;        /* bytes of each item but the last */
  uint32_t last_size;        /* bytes of the last item */
  uint32_t frame_data;       /* data bytes a frame, as told in needs */
  uint32_t frame_data_lossy; /* the same once the line proves lossy; 0: never change */
  uint32_t limit;            /* credit of the needs reply */
  uint64_t given_before;     /* the place up to which flows before this one gave out; 0: nothing */
};

struct gsh_transfer_counts {
  uint64_t bytes;        /* data bytes given out, repeats included */
  uint64_t resent_bytes; /* of these, given out before */
  uint32_t frames;
  uint32_t gaps;     /* losses the device told */
  uint32_t timeouts; /* losses the timer found */
};

struct gsh_transfer {
  struct gsh_transfer_plan plan;
  uint32_t next_sequence; /* of the next frame to send */
  uint32_t sent_end;      /* one above the highest ever sent */
  uint32_t acked;         /* frames below it arrived */
  uint32_t limit;         /* frames below it may be sent */
  uint8_t round;
  uint32_t index, offset;           /* what the next frame carries */
  uint32_t peer_index, peer_offset; /* what the device expects */
  uint64_t high;                    /* the place after the furthest given out: index, offset */
  uint64_t given;                   /* the same over all flows; only for counting */
  bool single;                      /* send one frame, then wait for a word */
  bool all, failed;                 /* how it ended */
  uint32_t status;                  /* why it failed */
  uint64_t moved_ms;                /* where the timer counts from */
  uint64_t arrived_ms;              /* when the device last had more than before */
  uint64_t arrived_bytes;           /* of done_bytes, then */
  uint32_t gaps_since;              /* losses told since */
  uint64_t quiet_until_ms;          /* the device announced a stall */
  uint32_t timer_ms;
  uint32_t timeouts_in_row;
  bool probing; /* the round trip of frame probe is being measured */
  uint32_t probe;
  uint64_t probe_ms;
  uint32_t rtt_ms;     /* from a frame's sending to its acknowledgement; 0: not measured */
  uint64_t done_bytes; /* bytes of needed items the device has acknowledged */
  uint64_t all_bytes;  /* bytes of needed items */
  struct gsh_transfer_counts counts;
};

/* GS_E_RANGE: nothing is needed, or a size is 0. */
GS_MUST_USE enum gs_status gsh_transfer_start(struct gsh_transfer *t,
                                              const struct gsh_transfer_plan *plan,
                                              uint64_t now_ms);

/* What to send next. False: nothing may be sent now. h->index carries GS_ITEM_PAGE for pages. */
bool gsh_transfer_next(const struct gsh_transfer *t, struct gs_block_header *h, uint32_t *len);
/* What gsh_transfer_next said was sent. */
void gsh_transfer_sent(struct gsh_transfer *t, uint64_t now_ms);

/* Take an acknowledgement. GS_E_PROTOCOL: it contradicts what was sent; nothing changed. */
GS_MUST_USE enum gs_status gsh_transfer_ack(struct gsh_transfer *t, const struct gs_ack *ack,
                                            uint64_t now_ms);
/* The device announced that it will be silent. */
void gsh_transfer_busy(struct gsh_transfer *t, uint64_t until_ms);

/* Does nothing arrive any more, whatever the device says of it? To be asked at any time; the
 * timer rests while bytes wait for the line. */
bool gsh_transfer_stuck(const struct gsh_transfer *t, uint64_t now_ms);
/* Go back where the timer says so. GS_E_LINK_NOISE: it is stuck. */
GS_MUST_USE enum gs_status gsh_transfer_timer(struct gsh_transfer *t, uint64_t now_ms);
/* Milliseconds until the timer has something to do. */
uint32_t gsh_transfer_idle_ms(const struct gsh_transfer *t, uint64_t now_ms);

/* What the host ends with when a flow failed with a status that the device named: never GS_OK,
 * nor anything a command would end well with. GS_E_LINK_LOST: it lost the flow. GS_E_PROTOCOL: no
 * such reason exists. */
enum gs_status gsh_transfer_verdict(uint32_t status);

/* One needs reply after another. Zeros to begin with. */
struct gsh_transfer_phases {
  bool pages;           /* a reply asked for pages */
  uint32_t least_pages; /* that were needed */
  uint32_t same;        /* replies since that asked for no fewer */
};
/* False: the device asks for pages again and again, and has no more of them. */
bool gsh_transfer_phase(struct gsh_transfer_phases *p, bool pages, uint32_t needed);

#endif
