/* SPDX-License-Identifier: Apache-2.0
 * The log: a ring of erase units, one entry a cell, each chained to the one before.
 *
 * Invariants:
 *   - sequence and chain go on from the newest entry, or from what the newest state record
 *     remembers of it, whichever is newer;
 *   - an entry is void where a later cell of the ring holds its sequence number or one below:
 *     a power cut tore it, it did not read at the next start, and the log went on without it,
 *     however it reads now;
 *   - nothing here stops the caller: a log that cannot be written is counted.
 */
#include "bytes.h"
#include "engine_internal.h"

#include <string.h>

#define CELL_BYTES 128u
#define CRC_OFF GS_LOG_ENTRY_BYTES
#define USED_BYTES (GS_LOG_ENTRY_BYTES + 4u)
#define UNITS_TRIED 3u
#define SLOT_NONE 0xFFu

static const char chain_context[] = "gapseal:log:v1";

bool gs_log_read_cell(struct gs_engine *e, uint32_t cell, struct gs_log_entry *entry) {
  if (e->port->read(e->port->ctx, GS_AREA_LOG, cell * e->log.ring.cell_size, e->cell, USED_BYTES) !=
      GS_OK) {
    return false;
  }
  struct gs_reader crc = gs_reader_init(e->cell + CRC_OFF, 4);
  return gs_read_u32(&crc) == gs_device_crc(e->device_id, e->cell, GS_LOG_ENTRY_BYTES) &&
         gs_log_entry_decode(e->cell, entry) && entry->sequence != 0;
}

/* Is cell a later in the ring than b, by the shorter way round? */
static bool later(const struct gs_engine *e, uint32_t a, uint32_t b) {
  uint32_t ahead = a >= b ? a - b : a + e->log.ring.cells - b;
  return ahead < e->log.ring.cells / 2u;
}

/* What comes after an entry that is void is a copy of the entry before it. */
static void pass_void(struct gs_engine *e) {
  struct gs_log *log = &e->log;
  for (uint32_t i = 0; i < log->ring.cells && log->newest > 1u; i++) {
    struct gs_log_entry entry;
    if (gs_log_read_cell(e, i, &entry) && entry.sequence + 1u == log->newest &&
        later(e, i, log->ring.newest)) {
      log->newest = entry.sequence;
      log->ring.newest = i;
      memcpy(log->head, entry.chain, sizeof(log->head));
    }
  }
}

/* skip: a cell that does not count; cells: none. */
static void find_ends(struct gs_engine *e, uint32_t skip) {
  struct gs_log *log = &e->log;
  log->oldest = 0;
  log->newest = 0;
  for (uint32_t i = 0; i < log->ring.cells; i++) {
    struct gs_log_entry entry;
    if (i == skip || !gs_log_read_cell(e, i, &entry)) {
      continue;
    }
    if (log->oldest == 0 || entry.sequence < log->oldest) {
      log->oldest = entry.sequence;
    }
    if (entry.floor > log->floor) {
      log->floor = entry.floor;
    }
    if (entry.sequence > log->newest ||
        (entry.sequence == log->newest && later(e, i, log->ring.newest))) {
      log->newest = entry.sequence;
      log->ring.newest = i;
      memcpy(log->head, entry.chain, sizeof(log->head));
    }
  }
  pass_void(e);
}

static enum gs_status chain(const uint8_t before[GS_DIGEST_BYTES], const uint8_t *entry,
                            uint8_t out[GS_DIGEST_BYTES]) {
  struct gs_sha256 hash;
  enum gs_status status = gs_sha256_start(&hash);
  if (status == GS_OK) {
    status = gs_sha256_add(&hash, chain_context, sizeof(chain_context));
  }
  if (status == GS_OK) {
    status = gs_sha256_add(&hash, before, GS_DIGEST_BYTES);
  }
  if (status == GS_OK) {
    status = gs_sha256_add(&hash, entry, GS_LOG_CHAINED_BYTES);
  }
  if (status != GS_OK) {
    gs_sha256_abort(&hash);
    return status;
  }
  return gs_sha256_finish(&hash, out);
}

/* GS_E_RANGE: the unit holds the newest entry. */
static enum gs_status enter_unit(const struct gs_engine *e) {
  return gs_ring_enter(&e->log.ring, e->port, GS_AREA_LOG);
}

/* Program the 96 bytes in e->cell and their CRC at the next cell. */
static enum gs_status program_cell(struct gs_engine *e) {
  struct gs_writer crc = gs_writer_init(e->cell + CRC_OFF, 4);
  gs_write_u32(&crc, gs_device_crc(e->device_id, e->cell, GS_LOG_ENTRY_BYTES));
  memset(e->cell + USED_BYTES, 0xFF, e->log.ring.cell_size - USED_BYTES);
  enum gs_status status = gs_ring_program(&e->log.ring, e->port, GS_AREA_LOG, e->cell);
  if (status == GS_OK) {
    gs_ring_advance(&e->log.ring);
  } else {
    gs_ring_pass_unit(&e->log.ring);
  }
  return status;
}

static void fill(struct gs_engine *e, struct gs_log_entry *entry) {
  entry->sequence = e->log.newest + 1u;
  entry->boot_count = e->state.boot_count;
  entry->floor = e->state.floor;
}

/* Number, chain, program. */
static enum gs_status put_entry(struct gs_engine *e, struct gs_log_entry *entry) {
  struct gs_log *log = &e->log;
  fill(e, entry);
  gs_log_entry_encode(entry, e->cell);
  enum gs_status status = chain(log->head, e->cell, entry->chain);
  if (status != GS_OK) {
    return status;
  }
  gs_log_entry_encode(entry, e->cell);
  status = program_cell(e);
  if (status != GS_OK) {
    return status;
  }
  log->newest = entry->sequence;
  memcpy(log->head, entry->chain, sizeof(log->head));
  return GS_OK;
}

static uint32_t oldest_left(struct gs_engine *e) {
  uint32_t oldest = e->log.newest + 1u;
  for (uint32_t i = 0; i < e->log.ring.cells; i++) {
    struct gs_log_entry entry;
    if (gs_log_read_cell(e, i, &entry) && entry.sequence < oldest) {
      oldest = entry.sequence;
    }
  }
  return oldest;
}

static bool wrapped_told(struct gs_engine *e) {
  for (uint32_t i = 0; i < e->log.ring.cells; i++) {
    struct gs_log_entry entry;
    if (gs_log_read_cell(e, i, &entry) && entry.event == GS_LOG_WRAPPED &&
        entry.extra == e->log.oldest - 1u) {
      return true;
    }
  }
  return false;
}

/* Say how many entries are gone, unless an entry says so already. */
static enum gs_status tell_wrapped(struct gs_engine *e) {
  if (e->log.oldest <= 1u || wrapped_told(e)) {
    return GS_OK;
  }
  struct gs_log_entry wrapped = {
      .event = GS_LOG_WRAPPED, .extra = e->log.oldest - 1u, .slot = SLOT_NONE};
  return put_entry(e, &wrapped);
}

/* Make room in a new unit, and say what that dropped. */
static enum gs_status turn_page(struct gs_engine *e) {
  enum gs_status status = enter_unit(e);
  if (status != GS_OK) {
    if (status != GS_E_RANGE) {
      gs_ring_pass_unit(&e->log.ring);
    }
    return status;
  }
  e->log.oldest = oldest_left(e);
  return tell_wrapped(e);
}

/*
 * Program the newest entry, which is in e->cell, once more: a power cut may have left it so
 * that it reads now and not later. Needed only while no later record was written.
 */
static void copy_newest(struct gs_engine *e) {
  struct gs_log *log = &e->log;
  bool new_unit = gs_ring_at_unit(&log->ring);
  if (e->lost || log->newest <= e->state.log_sequence || (new_unit && enter_unit(e) != GS_OK)) {
    return;
  }
  if (program_cell(e) == GS_OK && new_unit) {
    log->oldest = oldest_left(e);
  }
}

enum gs_status gs_log_mount(struct gs_engine *e) {
  struct gs_log *log = &e->log;
  struct gs_log_entry entry;
  memset(log, 0, sizeof(*log));
  enum gs_status status =
      gs_ring_measure(&log->ring, &e->port->geometry[GS_AREA_LOG], CELL_BYTES, 2);
  if (status != GS_OK) {
    return status;
  }
  find_ends(e, log->ring.cells);
  bool whole = log->newest != 0 && gs_log_read_cell(e, log->ring.newest, &entry);
  if (log->newest != 0 && !whole) {
    find_ends(e, log->ring.newest); /* it reads now and then: as good as torn */
    whole = log->newest != 0 && gs_log_read_cell(e, log->ring.newest, &entry);
  }
  if (log->newest == 0) {
    memcpy(log->head, e->device_id, sizeof(log->head));
    log->ring.newest = log->ring.cells;
    return GS_OK;
  }
  (void)gs_ring_find_next(&log->ring, e->port, GS_AREA_LOG);
  if (whole) {
    copy_newest(e);
  }
  if (!e->lost && !gs_ring_at_unit(&log->ring) && tell_wrapped(e) != GS_OK) {
    log->failures++;
  }
  return GS_OK;
}

static enum gs_status append(struct gs_engine *e, struct gs_log_entry *entry) {
  enum gs_status status = GS_E_FLASH_PROGRAM;
  for (uint32_t tries = 0; tries < UNITS_TRIED && status != GS_OK; tries++) {
    status = GS_OK;
    if (gs_ring_at_unit(&e->log.ring)) {
      status = turn_page(e);
    }
    if (status == GS_OK) {
      status = put_entry(e, entry);
    }
    if (status == GS_E_RANGE) {
      break;
    }
  }
  if (status != GS_OK) {
    e->log.failures++;
  }
  return status;
}

static void about_package(struct gs_log_entry *entry, const struct gs_package_id *id) {
  memcpy(entry->package, id->digest, sizeof(entry->package));
  entry->release = id->release;
  entry->security_version = id->security_version;
}

enum gs_status gs_log_append(struct gs_engine *e, enum gs_log_event event, enum gs_status status,
                             uint32_t extra, enum gs_subject subject) {
  const struct gs_state *s = &e->state;
  struct gs_log_entry entry = {.event = (uint16_t)event,
                               .status = (uint16_t)status,
                               .extra = extra,
                               .door = s->door,
                               .slot = SLOT_NONE};
  switch (subject) {
    case GS_SUBJECT_UPDATE:
      about_package(&entry, &s->update);
      entry.slot = s->slot;
      break;
    case GS_SUBJECT_RUNNING:
      about_package(&entry, &s->running);
      entry.slot = s->running_slot;
      break;
    case GS_SUBJECT_OUTCOME:
      about_package(&entry, &s->outcome_package);
      break;
    case GS_SUBJECT_NONE:
    default:
      entry.door = GS_DOOR_NONE;
      break;
  }
  return append(e, &entry);
}

enum gs_status gs_log_append_about(struct gs_engine *e, enum gs_log_event event, uint32_t extra,
                                   const struct gs_package_id *about, enum gs_door door,
                                   uint8_t slot) {
  struct gs_log_entry entry = {
      .event = (uint16_t)event, .extra = extra, .door = (uint8_t)door, .slot = slot};
  about_package(&entry, about);
  return append(e, &entry);
}

bool gs_log_newest_says(struct gs_engine *e, enum gs_log_event event, enum gs_status status) {
  struct gs_log_entry entry;
  return e->log.ring.newest < e->log.ring.cells &&
         gs_log_read_cell(e, e->log.ring.newest, &entry) && entry.event == (uint16_t)event &&
         entry.status == (uint16_t)status;
}

bool gs_log_has(struct gs_engine *e, uint32_t after, uint16_t event) {
  for (uint32_t i = 0; i < e->log.ring.cells; i++) {
    struct gs_log_entry entry;
    if (gs_log_read_cell(e, i, &entry) && entry.sequence > after &&
        entry.sequence <= e->log.newest && entry.event == event) {
      return true;
    }
  }
  return false;
}
