/* SPDX-License-Identifier: Apache-2.0
 * The ring of state records.
 *
 * Invariants:
 *   - the unit that holds the newest valid record is never erased;
 *   - a cell is programmed only in a unit that this ring erased when it entered it, and once;
 *   - sequence numbers leave room for what one append may have tried before a power cut, so that
 *     a torn cell can never be taken for the newest record, however it reads later.
 */
#include "gapseal/store.h"

#include <string.h>

#include "engine_internal.h"

#define UNITS_TRIED 8u

static const struct gs_geometry *geometry(const struct gs_port *port) {
  return &port->geometry[GS_AREA_STATE];
}

static enum gs_status measure(struct gs_store *s, const struct gs_port *port) {
  memset(s, 0, sizeof(*s));
  return gs_ring_measure(&s->ring, geometry(port), GS_STATE_RECORD_BYTES, 1);
}

/* A cell that cannot be read holds no valid record. */
static bool read_record(const struct gs_store *s, const struct gs_port *port, uint32_t cell_index,
                        const uint8_t *device_id, uint8_t *cell, struct gs_state *state,
                        struct gs_record_place *place) {
  return port->read(port->ctx, GS_AREA_STATE, cell_index * s->ring.cell_size, cell,
                    GS_STATE_RECORD_BYTES) == GS_OK &&
         gs_record_decode(cell, device_id, state, place);
}

enum gs_status gs_store_mount(struct gs_store *s, const struct gs_port *port,
                              const uint8_t device_id[GS_DIGEST_BYTES], uint8_t *cell,
                              struct gs_state *out) {
  enum gs_status status = measure(s, port);
  if (status != GS_OK) {
    return status;
  }
  uint32_t floor = 0;
  uint32_t keyring_version = 0;
  for (uint32_t i = 0; i < s->ring.cells; i++) {
    struct gs_state state;
    struct gs_record_place place;
    if (!read_record(s, port, i, device_id, cell, &state, &place)) {
      continue;
    }
    floor = state.floor > floor ? state.floor : floor;
    keyring_version =
        state.keyring_version > keyring_version ? state.keyring_version : keyring_version;
    if (s->ring.newest == s->ring.cells || place.sequence > s->sequence) {
      s->ring.newest = i;
      s->sequence = place.sequence;
      s->erases = place.erases;
      *out = state;
    }
  }
  if (s->ring.newest == s->ring.cells) {
    return GS_E_STORE_LOST;
  }
  out->floor = floor;
  out->keyring_version = keyring_version;
  s->damaged = gs_ring_find_next(&s->ring, port, GS_AREA_STATE);
  s->sequence += UNITS_TRIED + s->damaged;
  return GS_OK;
}

static enum gs_status write_cell(struct gs_store *s, const struct gs_port *port,
                                 const uint8_t *device_id, uint8_t *cell,
                                 const struct gs_state *state) {
  struct gs_record_place place = {.sequence = s->sequence, .erases = s->erases};
  memset(cell, 0xFF, s->ring.cell_size);
  gs_record_encode(state, &place, device_id, cell);
  return gs_ring_program(&s->ring, port, GS_AREA_STATE, cell);
}

enum gs_status gs_store_append(struct gs_store *s, const struct gs_port *port,
                               const uint8_t device_id[GS_DIGEST_BYTES], uint8_t *cell,
                               const struct gs_state *state) {
  enum gs_status last = GS_E_FLASH_PROGRAM;
  for (uint32_t tries = 0; tries < UNITS_TRIED; tries++) {
    enum gs_status status = GS_OK;
    if (gs_ring_at_unit(&s->ring)) {
      status = gs_ring_enter(&s->ring, port, GS_AREA_STATE);
      if (status == GS_E_RANGE) {
        return last;
      }
      s->erases += status == GS_OK;
    }
    if (status == GS_OK) {
      s->sequence++;
      status = write_cell(s, port, device_id, cell, state);
    }
    if (status == GS_OK) {
      gs_ring_advance(&s->ring);
      return GS_OK;
    }
    last = status;
    gs_ring_pass_unit(&s->ring); /* a worn unit: pass over the rest of it */
  }
  return last;
}

enum gs_status gs_store_format(struct gs_store *s, const struct gs_port *port) {
  return measure(s, port);
}

uint32_t gs_store_wear(const struct gs_store *s, const struct gs_port *port) {
  uint32_t units = geometry(port)->size / geometry(port)->erase_size;
  return (s->erases + units - 1u) / units;
}
