/* SPDX-License-Identifier: Apache-2.0
 * The flow of blocks as the host sees it: what may be sent next, what an acknowledgement means,
 * what is sent again. Pure: no I/O, no clock, no frames. docs/spec/wire.md, "Flow of blocks".
 *
 * Each sequence number stands for one piece of one item for as long as the flow lasts. Those from
 * acked to next_sequence are under way, and remembered in frames[]; what an acknowledgement says of
 * them is a hint for what to send again, and nothing more: a frame is done once the device expects
 * a higher one.
 *
 * Invariants, whatever the device says:
 *   acked <= next_sequence <= acked + GSH_TRANSFER_AHEAD
 *   next_sequence was below limit whenever a new frame was given out
 *   (index, offset) lies inside a needed item, or index == total
 *   the device is where the frame acked is, or the next new one where none is under way
 */
#ifndef GSH_TRANSFER_H
#define GSH_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "pace.h"
#include "status.h"

#define GSH_TRANSFER_TIMER_MS_MAX 5000u
#define GSH_TRANSFER_STUCK_MS 20000u   /* heard, and nothing more arrived */
#define GSH_TRANSFER_QUIET_MS 120000u  /* announced stalls meanwhile add this at most */
#define GSH_TRANSFER_TRIES_MAX 64u     /* of one frame that the device says it lost */
#define GSH_TRANSFER_SAME_PAGES_MAX 3u /* times that no fewer pages are missing */
#define GSH_TRANSFER_AHEAD 64u         /* frames under way */
/* On a slow line no more than an acknowledgement can speak of. */
#define GSH_TRANSFER_AHEAD_SLOW GS_ACK_HELD_MAX

struct gsh_transfer_plan {
  bool pages;
  uint32_t total;        /* items there are */
  const uint8_t *needed; /* bit i: item i; (total + 7) / 8 bytes, the caller's */
  uint32_t item_size;    /* bytes of each item but the last */
  uint32_t last_size;    /* bytes of the last item */
  uint32_t frame_data;   /* data bytes a frame at most, as told in needs */
  uint32_t limit;        /* credit of the needs reply */
  uint64_t given_before; /* the place up to which flows before this one gave out; 0: nothing */
  struct gsh_pace pace;  /* what is known of the line */
};

struct gsh_transfer_counts {
  uint64_t bytes;        /* data bytes given out, repeats included */
  uint64_t resent_bytes; /* of these, given out before */
  uint32_t frames;
  uint32_t lost;     /* frames that the device did not get, by its word */
  uint32_t timeouts; /* losses the timer found */
};

/* A frame under way. */
struct gsh_transfer_frame {
  uint32_t index, offset, len;
  uint32_t round;     /* when it was sent last */
  uint32_t under_way; /* bytes that were, when it was sent first */
  uint64_t sent_ms;   /* first */
  bool again;         /* it was sent again, and began a round each time */
  bool lost;          /* and waits for being sent again */
  bool held;          /* by the word of the newest acknowledgement */
};

struct gsh_transfer {
  struct gsh_transfer_plan plan;
  struct gsh_pace pace;
  struct gsh_transfer_frame frames[GSH_TRANSFER_AHEAD]; /* by sequence number, modulo */
  uint32_t next_sequence;                               /* of the next new frame */
  uint32_t acked;                                       /* frames below it arrived */
  uint32_t limit;                                       /* frames below it may be sent */
  uint32_t round;         /* frames sent again; the wire carries it modulo 256 */
  uint32_t backs;         /* times that everything under way was lost at once */
  uint32_t index, offset; /* what the next new frame carries */
  uint64_t given;         /* the place after the furthest given out, over all flows: for counting */
  bool all, failed;       /* how it ended */
  uint32_t status;        /* why it failed */
  uint64_t moved_ms;      /* where the timer counts from */
  uint64_t arrived_ms;    /* when the device last had more than before */
  uint32_t tries;         /* times since that frame acked was lost by the device's word */
  uint64_t quiet_until_ms; /* the device announced a stall */
  bool stalled;            /* and nothing more arrived since */
  uint32_t timeouts_in_row;
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
/* Send again what the timer says is lost. GS_E_LINK_NOISE: it is stuck. */
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
