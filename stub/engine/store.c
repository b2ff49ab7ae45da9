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

static uint32_t cells_a_unit(const struct gs_store *s, const struct gs_port *port) {
  return geometry(port)->erase_size / s->cell_size;
}

static enum gs_status measure(struct gs_store *s, const struct gs_port *port) {
  const struct gs_geometry *g = geometry(port);
  memset(s, 0, sizeof(*s));
  s->cell_size = g->write_size > GS_STATE_RECORD_BYTES ? g->write_size : GS_STATE_RECORD_BYTES;
  if (s->cell_size > GS_CELL_MAX || g->erase_size < s->cell_size) {
    return GS_E_RANGE;
  }
  s->cells = g->size / s->cell_size;
  s->newest = s->cells; /* none */
  return GS_OK;
}

/* A cell that cannot be read holds no valid record. */
static bool read_record(const struct gs_store *s, const struct gs_port *port, uint32_t cell_index,
                        const uint8_t *device_id, uint8_t *cell, struct gs_state *state,
                        struct gs_record_place *place) {
  return port->read(port->ctx, GS_AREA_STATE, cell_index * s->cell_size, cell,
                    GS_STATE_RECORD_BYTES) == GS_OK &&
         gs_record_decode(cell, device_id, state, place);
}

/* After the newest record: pass over what a power cut tore. */
static void find_next(struct gs_store *s, const struct gs_port *port) {
  uint32_t unit = cells_a_unit(s, port);
  uint32_t at = s->newest + 1u;
  s->sequence += UNITS_TRIED;
  while (at % unit != 0 && !gs_flash_blank(port, GS_AREA_STATE, at * s->cell_size, s->cell_size)) {
    s->damaged++;
    s->sequence++;
    at++;
  }
  s->next = at % s->cells;
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
  for (uint32_t i = 0; i < s->cells; i++) {
    struct gs_state state;
    struct gs_record_place place;
    if (!read_record(s, port, i, device_id, cell, &state, &place)) {
      continue;
    }
    floor = state.floor > floor ? state.floor : floor;
    keyring_version =
        state.keyring_version > keyring_version ? state.keyring_version : keyring_version;
    if (s->newest == s->cells || place.sequence > s->sequence) {
      s->newest = i;
      s->sequence = place.sequence;
      s->erases = place.erases;
      *out = state;
    }
  }
  if (s->newest == s->cells) {
    return GS_E_STORE_LOST;
  }
  out->floor = floor;
  out->keyring_version = keyring_version;
  find_next(s, port);
  return GS_OK;
}

static enum gs_status write_cell(struct gs_store *s, const struct gs_port *port,
                                 const uint8_t *device_id, uint8_t *cell,
                                 const struct gs_state *state) {
  struct gs_record_place place = {.sequence = s->sequence, .erases = s->erases};
  uint32_t off = s->next * s->cell_size;
  memset(cell, 0xFF, s->cell_size);
  gs_record_encode(state, &place, device_id, cell);
  enum gs_status status = port->program(port->ctx, GS_AREA_STATE, off, cell, s->cell_size);
  if (status != GS_OK) {
    return status;
  }
  return gs_flash_same(port, GS_AREA_STATE, off, cell, s->cell_size);
}

/* Erase the unit at s->next. GS_E_RANGE: it holds the newest record. */
static enum gs_status enter_unit(struct gs_store *s, const struct gs_port *port) {
  uint32_t unit = cells_a_unit(s, port);
  if (s->next / unit == s->newest / unit) {
    return GS_E_RANGE;
  }
  enum gs_status status = port->erase(port->ctx, GS_AREA_STATE, s->next * s->cell_size);
  if (status == GS_OK) {
    s->erases++;
  }
  return status;
}

enum gs_status gs_store_append(struct gs_store *s, const struct gs_port *port,
                               const uint8_t device_id[GS_DIGEST_BYTES], uint8_t *cell,
                               const struct gs_state *state) {
  uint32_t unit = cells_a_unit(s, port);
  enum gs_status last = GS_E_FLASH_PROGRAM;
  for (uint32_t tries = 0; tries < UNITS_TRIED; tries++) {
    enum gs_status status = GS_OK;
    if (s->next % unit == 0) {
      status = enter_unit(s, port);
      if (status == GS_E_RANGE) {
        return last;
      }
    }
    if (status == GS_OK) {
      s->sequence++;
      status = write_cell(s, port, device_id, cell, state);
    }
    if (status == GS_OK) {
      s->newest = s->next;
      s->next = (s->next + 1u) % s->cells;
      return GS_OK;
    }
    last = status;
    s->next = (s->next / unit + 1u) * unit % s->cells; /* a worn unit: pass over the rest of it */
  }
  return last;
}

enum gs_status gs_store_format(struct gs_store *s, const struct gs_port *port) {
  return measure(s, port);
}

uint32_t gs_store_wear(const struct gs_store *s, const struct gs_port *port) {
  uint32_t units = geometry(port)->size / geometry(port)->erase_size;
  return s->erases / units + (s->erases % units != 0 ? 1u : 0u);
}
