/* SPDX-License-Identifier: Apache-2.0
 * A queue of bytes between an interrupt and the thread: one side puts, the other takes, and
 * neither has to lock.
 */
#ifndef GAPSEAL_MCU_FIFO_H
#define GAPSEAL_MCU_FIFO_H

#include <stdbool.h>
#include <stdint.h>

#define GS_FIFO_BYTES 128u /* a power of two */

/* Zeroed: empty. Each index is written by one side only. */
struct gs_fifo {
  volatile uint32_t put;   /* bytes ever put */
  volatile uint32_t taken; /* bytes ever taken */
  volatile uint8_t bytes[GS_FIFO_BYTES];
};

static inline uint32_t gs_fifo_used(const struct gs_fifo *r) {
  return r->put - r->taken;
}
static inline bool gs_fifo_full(const struct gs_fifo *r) {
  return gs_fifo_used(r) == GS_FIFO_BYTES;
}
/* Only where it is not full. */
static inline void gs_fifo_put(struct gs_fifo *r, uint8_t byte) {
  r->bytes[r->put % GS_FIFO_BYTES] = byte;
  r->put++;
}
/* Only where it is not empty. */
static inline uint8_t gs_fifo_take(struct gs_fifo *r) {
  uint8_t byte = r->bytes[r->taken % GS_FIFO_BYTES];
  r->taken++;
  return byte;
}

#endif
