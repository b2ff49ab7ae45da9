/* SPDX-License-Identifier: Apache-2.0
 * A ring of bytes between an interrupt and the thread: one side puts, the other takes, and
 * neither has to lock.
 */
#ifndef GAPSEAL_MCU_RING_H
#define GAPSEAL_MCU_RING_H

#include <stdbool.h>
#include <stdint.h>

#define GS_RING_BYTES 128u /* a power of two */

/* Zeroed: empty. Each index is written by one side only. */
struct gs_ring {
  volatile uint32_t put;   /* bytes ever put */
  volatile uint32_t taken; /* bytes ever taken */
  volatile uint8_t bytes[GS_RING_BYTES];
};

static inline uint32_t gs_ring_used(const struct gs_ring *r) {
  return r->put - r->taken;
}
static inline bool gs_ring_full(const struct gs_ring *r) {
  return gs_ring_used(r) == GS_RING_BYTES;
}
/* Only where it is not full. */
static inline void gs_ring_put(struct gs_ring *r, uint8_t byte) {
  r->bytes[r->put % GS_RING_BYTES] = byte;
  r->put++;
}
/* Only where it is not empty. */
static inline uint8_t gs_ring_take(struct gs_ring *r) {
  uint8_t byte = r->bytes[r->taken % GS_RING_BYTES];
  r->taken++;
  return byte;
}

#endif
