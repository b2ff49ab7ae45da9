/* SPDX-License-Identifier: Apache-2.0
 * Tying, starting and provisioning an engine, and the one way its state changes.
 *
 * Invariants:
 *   - state in RAM is what the newest record says: it changes after the record was written;
 *   - a record names the log entry that follows it, so that a power cut between the two is
 *     made good at the next start.
 */
#include "engine_internal.h"

#include <string.h>

static bool power_of_two(uint32_t v, uint32_t min, uint32_t max) {
  return v >= min && v <= max && (v & (v - 1u)) == 0;
}

static bool geometry_ok(const struct gs_geometry *g) {
  return power_of_two(g->erase_size, 256, 1u << 20) && power_of_two(g->write_size, 1, 512) &&
         g->write_size <= GS_CELL_MAX && g->write_size <= g->erase_size &&
         g->size / GS_AREA_UNITS_MIN >= g->erase_size && (g->size & (g->erase_size - 1u)) == 0;
}

static bool port_ok(const struct gs_port *port) {
  for (unsigned i = 0; i < GS_AREA_COUNT; i++) {
    if (!geometry_ok(&port->geometry[i])) {
      return false;
    }
  }
  const struct gs_geometry *a = &port->geometry[GS_AREA_SLOT_A];
  const struct gs_geometry *b = &port->geometry[GS_AREA_SLOT_B];
  return a->size == b->size && a->erase_size == b->erase_size && a->write_size == b->write_size &&
         port->facts != NULL && port->read != NULL && port->program != NULL &&
         port->erase != NULL && (port->counter_read == NULL) == (port->counter_raise == NULL);
}

static bool memory_ok(const struct gs_engine_memory *m) {
  return m->manifest != NULL && m->keyring != NULL && m->candidate != NULL && m->block != NULL &&
         m->page != NULL && m->ring != NULL && m->successor != NULL && m->bitmap != NULL &&
         m->block_max >= GS_BLOCK_SIZE_MIN && m->block_max <= GS_BLOCK_SIZE_MAX &&
         (m->block_max & (m->block_max - 1u)) == 0 && m->manifest_cap != 0 &&
         m->manifest_cap <= UINT16_MAX && m->keyring_cap != 0 && m->keyring_cap <= UINT16_MAX;
}

enum gs_status gs_engine_init(struct gs_engine *e, const struct gs_port *port,
                              const struct gs_engine_memory *memory) {
  if (!port_ok(port) || !memory_ok(memory)) {
    return GS_E_RANGE;
  }
  const struct gs_geometry *g = &port->geometry[GS_AREA_SLOT_A];
  struct gs_trailer trailer;
  if (gs_trailer_layout(g->size, g->erase_size, g->write_size, (uint32_t)memory->manifest_cap, 0, 0,
                        &trailer) != GS_OK) {
    return GS_E_RANGE;
  }
  memset(e, 0, sizeof(*e));
  e->port = port;
  e->memory = *memory;
  e->lost = true;
  e->page_loaded = GS_PAGES_MAX;
  return GS_OK;
}

void gs_close_update(struct gs_engine *e) {
  e->open = false;
  e->step = GS_STEP_IDLE;
  e->page_loaded = GS_PAGES_MAX;
  e->pages_needed = 0;
  memset(&e->progress, 0, sizeof(e->progress));
}

enum gs_status gs_engine_may_change(const struct gs_engine *e) {
  if (!e->mounted) {
    return GS_E_STATE;
  }
  return e->lost ? GS_E_STORE_LOST : GS_OK;
}

struct gs_state *gs_next_state(struct gs_engine *e) {
  e->next = e->state;
  return &e->next;
}

static enum gs_status write_state(struct gs_engine *e) {
  struct gs_state *next = &e->next;
  next->log_sequence = e->log.newest;
  memcpy(next->log_chain, e->log.head, sizeof(next->log_chain));
  enum gs_status status = gs_store_append(&e->store, e->port, e->device_id, e->cell, next);
  if (status == GS_OK) {
    e->state = *next;
  }
  return status;
}

/* The record names the log entry that follows it; event 0: none. */
static enum gs_status write_with(struct gs_engine *e, uint32_t event, enum gs_status status,
                                 uint32_t extra, enum gs_subject subject) {
  struct gs_state *next = &e->next;
  next->event = (uint16_t)event;
  next->event_status = (uint16_t)status;
  next->event_extra = extra;
  next->subject = (uint8_t)subject;
  return write_state(e);
}

enum gs_status gs_commit_quiet(struct gs_engine *e) {
  return write_with(e, 0, GS_OK, 0, GS_SUBJECT_NONE);
}

enum gs_status gs_commit(struct gs_engine *e, enum gs_log_event event, enum gs_status status,
                         uint32_t extra, enum gs_subject subject) {
  enum gs_status written = write_with(e, event, status, extra, subject);
  if (written == GS_OK) {
    /* The record holds; what the log cannot take now, the next start tries again. */
    (void)gs_log_append(e, event, status, extra, subject);
  }
  return written;
}

enum gs_status gs_write_twice(struct gs_engine *e) {
  enum gs_status first = write_state(e);
  if (first != GS_OK) {
    return first;
  }
  /* One damaged cell must not take a raised floor away. The record holds without its copy. */
  enum gs_status copy = gs_store_append(&e->store, e->port, e->device_id, e->cell, &e->next);
  (void)copy;
  return GS_OK;
}

void gs_tell_refusals(struct gs_engine *e) {
  uint32_t count = e->refusals - e->refusals_told;
  if (count != 0 && gs_log_append(e, GS_LOG_REFUSALS, GS_OK, count, GS_SUBJECT_NONE) == GS_OK) {
    e->refusals_told = e->refusals;
  }
}

void gs_engine_count_refusal(struct gs_engine *e) {
  if (e->refusals != UINT32_MAX) {
    e->refusals++;
  }
}

static enum gs_status mount_records(struct gs_engine *e) {
  uint32_t counter;
  memset(&e->state, 0, sizeof(e->state));
  enum gs_status status = gs_store_mount(&e->store, e->port, e->device_id, e->cell, &e->state);
  if (status == GS_OK) {
    status = gs_floor_counter(e->port, &counter);
  }
  if (status != GS_OK) {
    return status;
  }
  (void)gs_floor_raise(&e->state, counter);
  e->lost = false;
  return GS_OK;
}

/* Both copies of a confirm may lie in one erase unit, and be lost with it. The log lies in
 * another area and tells the floor as well. Returns how many records must be missing. */
static uint32_t heed_log(struct gs_engine *e) {
  return gs_floor_raise(&e->state, e->log.floor) ? 1 : 0;
}

/* A power cut came between a record and its log entry, or between a keyring and its record. */
static void finish_log(struct gs_engine *e) {
  if (e->state.event != 0 && !gs_log_has(e, e->state.log_sequence, e->state.event)) {
    (void)gs_log_append(e, (enum gs_log_event)e->state.event, (enum gs_status)e->state.event_status,
                        e->state.event_extra, (enum gs_subject)e->state.subject);
  }
  if (e->keyring_len != 0 && e->keyring_stored > e->state.keyring_version) {
    (void)gs_log_append(e, GS_LOG_KEYRING, GS_OK, e->keyring_stored, GS_SUBJECT_NONE);
  }
}

/* The records remember a newer entry than the log holds: go on from there, and say so. */
static void bridge_log(struct gs_engine *e, uint32_t damaged) {
  if (e->log.newest < e->state.log_sequence) {
    damaged += e->state.log_sequence - e->log.newest;
    e->log.newest = e->state.log_sequence;
    memcpy(e->log.head, e->state.log_chain, sizeof(e->log.head));
  }
  if (damaged != 0) {
    (void)gs_log_append(e, GS_LOG_REPAIRED, GS_OK, damaged, GS_SUBJECT_NONE);
  }
}

static enum gs_status count_start(struct gs_engine *e) {
  struct gs_state *next = gs_next_state(e);
  next->boot_count++;
  if (e->keyring_len != 0 && e->keyring_stored > next->keyring_version) {
    next->keyring_version = e->keyring_stored;
  }
  return gs_commit_quiet(e);
}

enum gs_status gs_engine_start(struct gs_engine *e) {
  enum gs_status status = gs_crypto_init();
  if (status == GS_OK) {
    status = gs_key_id(e->port->facts->device_key, e->device_id);
  }
  if (status != GS_OK) {
    return status;
  }
  status = mount_records(e);
  enum gs_status log_status = gs_log_mount(e);
  if (status == GS_E_RANGE || log_status != GS_OK) {
    return GS_E_RANGE;
  }
  e->mounted = true;
  if (status != GS_OK) {
    return status;
  }
  /* Without a keyring nothing new is accepted; what was accepted may still start. */
  enum gs_status keyring = gs_keyring_mount(e);
  finish_log(e);
  bridge_log(e, e->store.damaged + heed_log(e));
  gs_floor_to_counter(e->port, e->state.floor);
  status = count_start(e);
  if (status != GS_OK) {
    return status;
  }
  return keyring == GS_E_CRYPTO ? keyring : GS_OK;
}

enum gs_status gs_engine_provision(struct gs_engine *e, const uint8_t *keyring, size_t len,
                                   uint32_t floor) {
  uint32_t counter;
  if (!e->mounted || !e->lost || e->store.ring.newest != e->store.ring.cells) {
    return GS_E_STATE;
  }
  enum gs_status status = gs_floor_counter(e->port, &counter);
  if (status == GS_OK) {
    status = gs_verify_keyring(keyring, len, e->memory.ring);
  }
  if (status == GS_OK) {
    status = gs_keyring_write(e, keyring, len, e->memory.ring->fields.version);
  }
  if (status == GS_OK) {
    status = gs_store_format(&e->store, e->port);
  }
  if (status != GS_OK) {
    return status;
  }
  struct gs_state *next = &e->next;
  *next = (struct gs_state){.state = gapseal_v1_State_STATE_READY,
                            .floor = floor,
                            .keyring_version = e->keyring_stored,
                            .boot_count = 1};
  (void)gs_floor_raise(next, counter);
  status = gs_commit(e, GS_LOG_PROVISIONED, GS_OK, 0, GS_SUBJECT_NONE);
  e->lost = status != GS_OK;
  if (status == GS_OK) {
    gs_floor_to_counter(e->port, e->state.floor);
  }
  return status;
}
