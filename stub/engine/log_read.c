/* SPDX-License-Identifier: Apache-2.0
 * Reading the log out: by sequence number, past damage and past entries that are void.
 */
#include "bytes.h"
#include "engine_internal.h"

#include <string.h>

/* The last cell, from the newest backwards, whose entry is not above sequence. */
static uint32_t cell_of(struct gs_engine *e, uint32_t sequence) {
  uint32_t cell = e->log.ring.newest;
  for (uint32_t i = 0; i < e->log.ring.cells; i++) {
    struct gs_log_entry entry;
    if (gs_log_read_cell(e, cell, &entry) && entry.sequence <= sequence) {
      return cell;
    }
    cell = (cell == 0 ? e->log.ring.cells : cell) - 1u;
  }
  return gs_ring_after(&e->log.ring, cell);
}

static uint32_t sequence_at(const uint8_t *entries, uint32_t i) {
  struct gs_reader r = gs_reader_init(entries + (size_t)i * GS_LOG_ENTRY_BYTES, 4);
  return gs_read_u32(&r);
}

/* Copy entries from cell on; those that turn out to be void are taken back. What a later cell makes
 * void is known at the newest one alone, so that all are looked at, also once max are copied. */
static uint32_t collect(struct gs_engine *e, uint32_t cell, uint32_t from, uint8_t *out,
                        uint32_t max) {
  uint32_t count = 0;
  for (bool last = false; !last; cell = gs_ring_after(&e->log.ring, cell)) {
    struct gs_log_entry entry;
    last = cell == e->log.ring.newest;
    if (gs_log_read_cell(e, cell, &entry)) {
      while (count != 0 && sequence_at(out, count - 1u) >= entry.sequence) {
        count--;
      }
      if (count < max && entry.sequence >= from) {
        memcpy(out + (size_t)count * GS_LOG_ENTRY_BYTES, e->cell, GS_LOG_ENTRY_BYTES);
        count++;
      }
    }
  }
  return count;
}

enum gs_status gs_engine_log_read(struct gs_engine *e, uint32_t from_sequence, uint8_t *out,
                                  uint32_t max, uint32_t *count, uint32_t *oldest,
                                  uint32_t *newest) {
  *count = 0;
  *oldest = e->log.oldest;
  *newest = e->log.newest;
  if (!e->mounted) {
    return GS_E_STATE;
  }
  if (e->log.ring.newest >= e->log.ring.cells || from_sequence > e->log.newest || max == 0) {
    return GS_OK;
  }
  uint32_t from = from_sequence < e->log.oldest ? e->log.oldest : from_sequence;
  *count = collect(e, cell_of(e, from), from, out, max);
  return GS_OK;
}
