/* SPDX-License-Identifier: Apache-2.0
 * What a line with a baud rate bears: how long frames should be, and how much may be under way.
 * Learnt from what was sent, lost and acknowledged, never from what a device says of itself. Pure:
 * no I/O, no clock. Outlives a flow: the line stays the same.
 *
 * Length. A frame costs its header, CRC and framing, and all of it when a bit of it is lost. With p
 * losses a byte the cost is least near sqrt(overhead / p); lengths are halves of the longest. None
 * takes longer than a timer waits, and the first ones are short, as the line may be slow.
 *
 * Window. What waits in this computer's buffers cannot be called back and is in the way of what
 * must go again, so no more should be under way than keeps the line busy: what it carries within a
 * round trip, another one as the acknowledgements come in steps, and GSH_PACE_SPARE_MS for the
 * computer's own delays. The least round trip seen is that of a line that did nothing else.
 */
#ifndef GSH_PACE_H
#define GSH_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define GSH_PACE_OVERHEAD 24u /* bytes of a block frame besides its data, about */
#define GSH_PACE_FRAME_LEAST 64u
#define GSH_PACE_SPARE_MS 100u
#define GSH_PACE_SAMPLES 16u /* a line that got slower is known to be after so many frames */

struct gsh_pace {
  bool line;           /* false: a fast link; the longest frames, no window */
  uint64_t sent;       /* bytes that the losses were among; old ones count less and less */
  uint32_t lost;       /* losses, in sixteenths */
  uint32_t window;     /* bytes that may be under way */
  uint32_t least_ms;   /* shortest round trip; 0: none measured */
  uint32_t kib_ms;     /* least time that 1 KiB took lately; 0: none measured */
  uint32_t timeout_ms; /* after which silence is a loss */
  uint32_t samples;    /* taken of kib_ms; the newest ones, 0 where there is none yet: */
  uint32_t kib_ms_of[GSH_PACE_SAMPLES];
};

void gsh_pace_init(struct gsh_pace *p, bool line);

/*
 * Data bytes the next frame should have.
 *
 * most    the longest that both ends take.
 * credit  frames that may be under way. Where they are few, short ones would leave the line idle.
 */
uint32_t gsh_pace_frame(const struct gsh_pace *p, uint32_t most, uint32_t credit);

void gsh_pace_sent(struct gsh_pace *p, uint32_t len);
/* One or more frames in a row were lost. */
void gsh_pace_lost(struct gsh_pace *p);

/* A frame of len data bytes that was sent once was acknowledged after ms; under_way: bytes
 * unacknowledged when it was sent, its own among them. */
void gsh_pace_heard(struct gsh_pace *p, uint32_t len, uint32_t under_way, uint64_t ms);

#endif
