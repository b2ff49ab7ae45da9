/* SPDX-License-Identifier: Apache-2.0
 * WIRE for OTA and OTA for WIRE, in every record and log entry of a flash. docs/spec/flash.md and
 * log.md say where a door is named, and what is computed over it.
 */
#include <string.h>

#include "bench.h"
#include "bytes.h"
#include "engine_internal.h"
#include "log_entry.h"

#define LOG_CELL 128u
#define LOG_MAX 128u /* entries */

static const char chain_context[] = "gapseal:log:v1";

struct log_copy {
  uint32_t newest;
  uint8_t chain[LOG_MAX][GS_DIGEST_BYTES]; /* by sequence */
};

static uint8_t other_door(uint8_t door) {
  if (door == GS_DOOR_WIRE) {
    return GS_DOOR_OTA;
  }
  return door == GS_DOOR_OTA ? GS_DOOR_WIRE : door;
}

/* The entry in a cell; false: there is none that counts. */
static bool read_entry(const uint8_t *cell, const uint8_t *device_id, struct gs_log_entry *entry) {
  struct gs_reader crc = gs_reader_init(cell + GS_LOG_ENTRY_BYTES, 4);
  return gs_read_u32(&crc) == gs_device_crc(device_id, cell, GS_LOG_ENTRY_BYTES) &&
         gs_log_entry_decode(cell, entry) && entry->sequence > 0;
}

static void chain_after(const uint8_t *before, const struct gs_log_entry *entry, uint8_t *out) {
  uint8_t bytes[GS_LOG_ENTRY_BYTES];
  struct gs_sha256 h;
  gs_log_entry_encode(entry, bytes);
  fixture_must(gs_sha256_start(&h) == GS_OK &&
                   gs_sha256_add(&h, chain_context, sizeof chain_context) == GS_OK &&
                   gs_sha256_add(&h, before, GS_DIGEST_BYTES) == GS_OK &&
                   gs_sha256_add(&h, bytes, GS_LOG_CHAINED_BYTES) == GS_OK &&
                   gs_sha256_finish(&h, out) == GS_OK,
               "chain");
}

/* All entries with this number: an entry may stand twice. False: there is none. */
static bool trade_entry(uint8_t *log, uint32_t size, const uint8_t *device_id, uint32_t sequence,
                        struct log_copy *copy) {
  bool found = false;
  for (uint32_t at = 0; at + LOG_CELL <= size; at += LOG_CELL) {
    struct gs_log_entry entry;
    if (!read_entry(log + at, device_id, &entry) || entry.sequence != sequence) {
      continue;
    }
    entry.door = other_door(entry.door);
    chain_after(sequence == 1 ? device_id : copy->chain[sequence - 1u], &entry,
                copy->chain[sequence]);
    memcpy(entry.chain, copy->chain[sequence], sizeof entry.chain);
    gs_log_entry_encode(&entry, log + at);
    struct gs_writer crc = gs_writer_init(log + at + GS_LOG_ENTRY_BYTES, 4);
    gs_write_u32(&crc, gs_device_crc(device_id, log + at, GS_LOG_ENTRY_BYTES));
    found = true;
  }
  return found;
}

static uint32_t newest_in(const uint8_t *log, uint32_t size, const uint8_t *device_id) {
  uint32_t newest = 0;
  for (uint32_t at = 0; at + LOG_CELL <= size; at += LOG_CELL) {
    struct gs_log_entry entry;
    if (read_entry(log + at, device_id, &entry) && entry.sequence > newest) {
      newest = entry.sequence;
    }
  }
  return newest;
}

static void trade_record(uint8_t *cell, const uint8_t *device_id, const struct log_copy *copy) {
  struct gs_state state;
  struct gs_record_place place;
  if (!gs_record_decode(cell, device_id, &state, &place)) {
    return;
  }
  state.door = other_door(state.door);
  if (state.log_sequence > 0) {
    fixture_must(state.log_sequence <= copy->newest, "a record names an entry that is not there");
    memcpy(state.log_chain, copy->chain[state.log_sequence], sizeof state.log_chain);
  }
  gs_record_encode(&state, &place, device_id, cell);
}

void bench_trade_doors(struct gs_flash_model *flash, const struct gs_geometry *geometry,
                       const uint8_t device_id[GS_DIGEST_BYTES]) {
  static struct log_copy copy;
  uint8_t *log = gs_flash_model_bytes(flash, GS_AREA_LOG);
  uint8_t *state = gs_flash_model_bytes(flash, GS_AREA_STATE);
  uint32_t size = geometry[GS_AREA_LOG].size;
  copy.newest = newest_in(log, size, device_id);
  fixture_must(copy.newest < LOG_MAX, "a log that is too long for this test");
  for (uint32_t n = 1; n <= copy.newest; n++) {
    fixture_must(trade_entry(log, size, device_id, n, &copy), "a log that has lost entries");
  }
  for (uint32_t at = 0; at < geometry[GS_AREA_STATE].size; at += GS_STATE_RECORD_BYTES) {
    trade_record(state + at, device_id, &copy);
  }
}
