/* SPDX-License-Identifier: Apache-2.0
 * A ring of cells over an area's erase units: what the record store and the log share.
 *
 * Invariants:
 *   - the unit that holds the newest entry is never erased;
 *   - a cell is programmed only in a unit that was erased when the ring entered it, and once.
 */
#include "engine_internal.h"

enum gs_status gs_ring_measure(struct gs_ring *r, const struct gs_geometry *g, uint32_t cell_min,
                               uint32_t unit_min) {
  uint32_t cell = g->write_size > cell_min ? g->write_size : cell_min;
  if (cell > GS_CELL_MAX || g->erase_size < unit_min * cell) {
    return GS_E_RANGE;
  }
  r->cell_size = cell;
  r->unit = g->erase_size / cell;
  r->cells = g->size / cell;
  r->newest = r->cells; /* none */
  r->next = 0;
  return GS_OK;
}

uint32_t gs_ring_after(const struct gs_ring *r, uint32_t cell) {
  return cell + 1u < r->cells ? cell + 1u : 0;
}

bool gs_ring_at_unit(const struct gs_ring *r) {
  return (r->next & (r->unit - 1u)) == 0;
}

uint32_t gs_ring_find_next(struct gs_ring *r, const struct gs_port *port, enum gs_area area) {
  uint32_t passed = 0;
  r->next = gs_ring_after(r, r->newest);
  while (!gs_ring_at_unit(r) && !gs_flash_blank(port, area, r->next * r->cell_size, r->cell_size)) {
    passed++;
    r->next = gs_ring_after(r, r->next);
  }
  return passed;
}

enum gs_status gs_ring_enter(const struct gs_ring *r, const struct gs_port *port,
                             enum gs_area area) {
  if (((r->next ^ r->newest) & ~(r->unit - 1u)) == 0) {
    return GS_E_RANGE;
  }
  return port->erase(port->ctx, area, r->next * r->cell_size);
}

void gs_ring_pass_unit(struct gs_ring *r) {
  r->next = gs_ring_after(r, r->next | (r->unit - 1u));
}

enum gs_status gs_ring_program(const struct gs_ring *r, const struct gs_port *port,
                               enum gs_area area, const uint8_t *cell) {
  uint32_t off = r->next * r->cell_size;
  enum gs_status status = port->program(port->ctx, area, off, cell, r->cell_size);
  return status == GS_OK ? gs_flash_same(port, area, off, cell, r->cell_size) : status;
}

void gs_ring_advance(struct gs_ring *r) {
  r->newest = r->next;
  r->next = gs_ring_after(r, r->next);
}
