/* SPDX-License-Identifier: Apache-2.0
 * One state record's bytes: docs/spec/flash.md, section "State record".
 */
#include "bytes.h"
#include "engine_internal.h"
#include "layout.h"

#include <string.h>

#define RECORD_TYPE_STATE 1u
#define RECORD_VERSION 1u
#define SEQUENCE_OFF 4u
#define ERASES_OFF 20u
#define FLAGS_OFF 63u
#define ZEROS_OFF 81u
#define ZEROS_LEN 3u
#define CRC_OFF (GS_STATE_RECORD_BYTES - 4u)

enum flag {
  FLAG_HEALTHY = 1,
  FLAG_STARTED = 2,
  FLAG_ROLLBACK = 4,
  FLAG_SELF_CONFIRM = 8,
  FLAG_HAS_RUNNING = 16,
  FLAG_RUNNING_B = 32,
  FLAG_PROMISED = 64,
  FLAGS_ALL = 127,
};

#define FIELD(off, name) GS_LAYOUT_FIELD(off, struct gs_state, name)

_Static_assert(sizeof(struct gs_state) <= 256u, "a member's offset fits a byte");

static const struct gs_layout_field fields[] = {
    FIELD(8, floor),
    FIELD(12, keyring_version),
    FIELD(16, boot_count),
    FIELD(24, log_sequence),
    FIELD(28, log_chain),
    FIELD(60, state),
    FIELD(61, slot),
    FIELD(62, door),
    FIELD(64, attempts_left),
    FIELD(65, power_losses),
    FIELD(66, crashes),
    FIELD(67, subject),
    FIELD(68, reason),
    FIELD(70, event),
    FIELD(72, event_status),
    FIELD(74, outcome),
    FIELD(76, event_extra),
    FIELD(80, operation),
    FIELD(84, update_floor),
    FIELD(88, update.digest),
    FIELD(120, update.release),
    FIELD(124, update.security_version),
    FIELD(128, running.digest),
    FIELD(160, running.release),
    FIELD(164, running.security_version),
    FIELD(168, last_good.digest),
    FIELD(200, last_good.release),
    FIELD(204, last_good.security_version),
    FIELD(208, outcome_package.digest),
    FIELD(240, outcome_package.release),
    FIELD(244, outcome_package.security_version),
    FIELD(248, update_id),
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static uint32_t flag(bool set, enum flag bit) {
  return set ? (uint32_t)bit : 0u;
}

static uint8_t flags_of(const struct gs_state *s) {
  return (uint8_t)(flag(s->healthy, FLAG_HEALTHY) | flag(s->started, FLAG_STARTED) |
                   flag(s->rollback, FLAG_ROLLBACK) |
                   flag(s->update_self_confirm, FLAG_SELF_CONFIRM) |
                   flag(s->has_running, FLAG_HAS_RUNNING) |
                   flag(s->running_slot != 0, FLAG_RUNNING_B) | flag(s->promised, FLAG_PROMISED));
}

static void write_word(uint8_t *record, uint32_t off, uint32_t value) {
  struct gs_writer w = gs_writer_init(record + off, 4);
  gs_write_u32(&w, value);
}

static uint32_t read_word(const uint8_t *record, uint32_t off) {
  struct gs_reader r = gs_reader_init(record + off, 4);
  return gs_read_u32(&r);
}

void gs_record_encode(const struct gs_state *state, const struct gs_record_place *place,
                      const uint8_t device_id[GS_DIGEST_BYTES],
                      uint8_t out[GS_STATE_RECORD_BYTES]) {
  memset(out, 0, GS_STATE_RECORD_BYTES);
  out[0] = RECORD_TYPE_STATE;
  out[1] = RECORD_VERSION;
  out[3] = GS_STATE_RECORD_BYTES >> 8;
  write_word(out, SEQUENCE_OFF, place->sequence);
  write_word(out, ERASES_OFF, place->erases);
  out[FLAGS_OFF] = flags_of(state);
  gs_layout_write(fields, FIELD_COUNT, state, out);
  write_word(out, CRC_OFF, gs_device_crc(device_id, out, CRC_OFF));
}

static bool values_ok(const struct gs_state *s, uint8_t flags) {
  return s->state >= gapseal_v1_State_STATE_READY && s->state <= gapseal_v1_State_STATE_FAILED &&
         s->slot <= 1 && s->door <= GS_DOOR_BOOT && s->subject <= GS_SUBJECT_OUTCOME &&
         flags <= FLAGS_ALL;
}

static void read_flags(struct gs_state *s, uint8_t flags) {
  s->healthy = (flags & FLAG_HEALTHY) != 0;
  s->started = (flags & FLAG_STARTED) != 0;
  s->rollback = (flags & FLAG_ROLLBACK) != 0;
  s->update_self_confirm = (flags & FLAG_SELF_CONFIRM) != 0;
  s->has_running = (flags & FLAG_HAS_RUNNING) != 0;
  s->running_slot = (flags & FLAG_RUNNING_B) != 0 ? 1 : 0;
  s->promised = (flags & FLAG_PROMISED) != 0;
}

bool gs_record_decode(const uint8_t in[GS_STATE_RECORD_BYTES],
                      const uint8_t device_id[GS_DIGEST_BYTES], struct gs_state *state,
                      struct gs_record_place *place) {
  static const uint8_t head[4] = {RECORD_TYPE_STATE, RECORD_VERSION, 0, GS_STATE_RECORD_BYTES >> 8};
  static const uint8_t zeros[ZEROS_LEN];
  if (read_word(in, CRC_OFF) != gs_device_crc(device_id, in, CRC_OFF) ||
      memcmp(in, head, sizeof(head)) != 0 || memcmp(in + ZEROS_OFF, zeros, ZEROS_LEN) != 0) {
    return false;
  }
  memset(state, 0, sizeof(*state));
  place->sequence = read_word(in, SEQUENCE_OFF);
  place->erases = read_word(in, ERASES_OFF);
  read_flags(state, in[FLAGS_OFF]);
  gs_layout_read(fields, FIELD_COUNT, in, state);
  return values_ok(state, in[FLAGS_OFF]);
}
