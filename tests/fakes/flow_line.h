/* SPDX-License-Identifier: Apache-2.0
 * A whole flow in virtual time: the host's gsh_transfer and a real session over a fake engine,
 * joined by a serial line with an adapter at the host's end that damages, drops and goes dead by a
 * seed. Nothing here waits: what a run says of goodput depends on the code and the seed alone.
 */
#ifndef FLOW_LINE_H
#define FLOW_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer.h"

struct flow_line {
  uint32_t baud;       /* 8N1 */
  uint32_t timer_us;   /* latency timer of the adapter at the host's end; 0: none */
  uint32_t latency_us; /* each way */
  double bit_errors;   /* probability of each bit, both ways */
  double drops;        /* of each byte */
  uint64_t dead_from,
      dead_us; /* bytes to the device after which the line is dead, and for how long */
  uint32_t seed;
  uint32_t erase_us; /* every sixteenth block: the device does nothing else for so long */
  bool small;        /* the device keeps no frames, and has room for little more than one */
  uint32_t image;    /* bytes */
  bool zeros;        /* the image is zeros, otherwise random */
};

struct flow_result {
  enum gs_status status; /* GS_OK: everything arrived, once, and as it was */
  double goodput;        /* image bytes over the time, as a fraction of baud / 10 */
  uint64_t us;
  size_t waiting_most; /* bytes that waited before the line */
  struct gsh_transfer_counts counts;
  uint32_t flips;
};

void flow_line_run(const struct flow_line *line, struct flow_result *out);

#endif
