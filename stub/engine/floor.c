/* SPDX-License-Identifier: Apache-2.0
 * The floor: no image with a lower security version is taken or started.
 *
 * Told by the records, by the log, and by the chip's counter where there is one; the highest of
 * them holds. Only confirming an image raises it further.
 *
 * Invariants:
 *   - the floor never goes down;
 *   - nothing below the floor is promised;
 *   - the record is the commit: the counter follows it, at the next start where a power cut came
 *     between.
 */
#include "engine_internal.h"

bool gs_floor_raise(struct gs_state *s, uint32_t told) {
  bool higher = told > s->floor;
  if (higher) {
    s->floor = told;
  }
  if (s->last_good.security_version < s->floor) {
    s->promised = false;
  }
  return higher;
}

enum gs_status gs_floor_counter(const struct gs_port *port, uint32_t *value) {
  uint32_t once = 0;
  uint32_t again = 0;
  if (port->counter_read == NULL) {
    *value = 0;
    return GS_OK;
  }
  if (port->counter_read(port->ctx, &once) != GS_OK ||
      port->counter_read(port->ctx, &again) != GS_OK || once != again) {
    return GS_E_STORE_LOST;
  }
  *value = once;
  return GS_OK;
}

void gs_floor_to_counter(const struct gs_port *port, uint32_t floor) {
  uint32_t counter = 0;
  if (port->counter_raise != NULL && gs_floor_counter(port, &counter) == GS_OK && counter < floor) {
    /* Left for the next start when it fails: the record holds the floor meanwhile. */
    (void)port->counter_raise(port->ctx, floor);
  }
}

uint32_t gs_floor_max(const struct gs_port *port) {
  return port->counter_raise != NULL ? port->counter_max : UINT32_MAX;
}
