/* SPDX-License-Identifier: Apache-2.0
 * A test aid: bytes on their way out, from which whole receipt replies are taken away.
 */
#ifndef GAPSEAL_SIM_RECEIPTS_H
#define GAPSEAL_SIM_RECEIPTS_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

#define SIM_FRAME_MAX 16384u
#define SIM_DROP_ALL UINT32_MAX

struct sim_receipts {
  uint32_t to_drop; /* SIM_DROP_ALL never becomes less */
  size_t used;      /* bytes of a frame that is not whole yet */
  uint8_t frame[SIM_FRAME_MAX];
};

/*
 * Take len bytes and give what may leave.
 *
 * out  len + SIM_FRAME_MAX bytes at least.
 *
 * Returns the bytes given. With nothing left to drop all bytes pass at once.
 */
size_t sim_receipts_pass(struct sim_receipts *r, const uint8_t *data, size_t len, uint8_t *out);

#endif
