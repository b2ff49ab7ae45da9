/* SPDX-License-Identifier: Apache-2.0
 * One state record's bytes: docs/spec/flash.md, section "State record".
 */
#include "bytes.h"
#include "engine_internal.h"

#include <string.h>

#define RECORD_TYPE_STATE 1u
#define RECORD_VERSION 1u
#define CRC_OFF (GS_STATE_RECORD_BYTES - 4u)

enum flag {
  FLAG_HEALTHY = 1,
  FLAG_STARTED = 2,
  FLAG_ROLLBACK = 4,
  FLAG_SELF_CONFIRM = 8,
  FLAG_HAS_RUNNING = 16,
  FLAG_RUNNING_B = 32,
  FLAG_PROMISED = 64,
};

static void write_package(struct gs_writer *w, const struct gs_package_id *p) {
  gs_write_bytes(w, p->digest, sizeof(p->digest));
  gs_write_u32(w, p->release);
  gs_write_u32(w, p->security_version);
}

static void read_package(struct gs_reader *r, struct gs_package_id *p) {
  const uint8_t *digest = gs_read_view(r, sizeof(p->digest));
  if (digest != NULL) {
    memcpy(p->digest, digest, sizeof(p->digest));
  }
  p->release = gs_read_u32(r);
  p->security_version = gs_read_u32(r);
}

static uint8_t flags_of(const struct gs_state *s) {
  unsigned flags =
      (s->healthy ? FLAG_HEALTHY : 0u) | (s->started ? FLAG_STARTED : 0u) |
      (s->rollback ? FLAG_ROLLBACK : 0u) | (s->update_self_confirm ? FLAG_SELF_CONFIRM : 0u) |
      (s->has_running ? FLAG_HAS_RUNNING : 0u) | (s->running_slot != 0 ? FLAG_RUNNING_B : 0u) |
      (s->promised ? FLAG_PROMISED : 0u);
  return (uint8_t)flags;
}

void gs_record_encode(const struct gs_state *state, const struct gs_record_place *place,
                      const uint8_t device_id[GS_DIGEST_BYTES],
                      uint8_t out[GS_STATE_RECORD_BYTES]) {
  memset(out, 0, GS_STATE_RECORD_BYTES);
  struct gs_writer w = gs_writer_init(out, GS_STATE_RECORD_BYTES);
  gs_write_u8(&w, RECORD_TYPE_STATE);
  gs_write_u8(&w, RECORD_VERSION);
  gs_write_u16(&w, GS_STATE_RECORD_BYTES);
  gs_write_u32(&w, place->sequence);
  gs_write_u32(&w, state->floor);
  gs_write_u32(&w, state->keyring_version);
  gs_write_u32(&w, state->boot_count);
  gs_write_u32(&w, place->erases);
  gs_write_u32(&w, state->log_sequence);
  gs_write_bytes(&w, state->log_chain, sizeof(state->log_chain));
  gs_write_u8(&w, state->state);
  gs_write_u8(&w, state->slot);
  gs_write_u8(&w, state->door);
  gs_write_u8(&w, flags_of(state));
  gs_write_u8(&w, state->attempts_left);
  gs_write_u8(&w, state->power_losses);
  gs_write_u8(&w, state->crashes);
  gs_write_u8(&w, state->subject);
  gs_write_u16(&w, state->reason);
  gs_write_u16(&w, state->event);
  gs_write_u16(&w, state->event_status);
  gs_write_u16(&w, state->outcome);
  gs_write_u32(&w, state->event_extra);
  gs_write_u8(&w, state->operation);
  gs_write_u8(&w, 0);
  gs_write_u16(&w, 0);
  gs_write_u32(&w, state->update_floor);
  write_package(&w, &state->update);
  write_package(&w, &state->running);
  write_package(&w, &state->last_good);
  write_package(&w, &state->outcome_package);
  gs_write_u32(&w, state->update_id);
  w = gs_writer_init(out + CRC_OFF, 4);
  gs_write_u32(&w, gs_device_crc(device_id, out, CRC_OFF));
}

static bool values_ok(const struct gs_state *s, uint8_t flags) {
  return s->state >= gapseal_v1_State_STATE_READY && s->state <= gapseal_v1_State_STATE_FAILED &&
         s->slot <= 1 && s->door <= GS_DOOR_BOOT && s->subject <= GS_SUBJECT_OUTCOME &&
         (flags & 0x80u) == 0;
}

static bool zeros(struct gs_reader *r, size_t len) {
  const uint8_t *at = gs_read_view(r, len);
  if (at == NULL) {
    return false;
  }
  for (size_t i = 0; i < len; i++) {
    if (at[i] != 0) {
      return false;
    }
  }
  return true;
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

static bool read_fields(struct gs_reader *r, struct gs_state *s, struct gs_record_place *place) {
  place->sequence = gs_read_u32(r);
  s->floor = gs_read_u32(r);
  s->keyring_version = gs_read_u32(r);
  s->boot_count = gs_read_u32(r);
  place->erases = gs_read_u32(r);
  s->log_sequence = gs_read_u32(r);
  const uint8_t *chain = gs_read_view(r, sizeof(s->log_chain));
  if (chain == NULL) {
    return false;
  }
  memcpy(s->log_chain, chain, sizeof(s->log_chain));
  s->state = gs_read_u8(r);
  s->slot = gs_read_u8(r);
  s->door = gs_read_u8(r);
  uint8_t flags = gs_read_u8(r);
  read_flags(s, flags);
  s->attempts_left = gs_read_u8(r);
  s->power_losses = gs_read_u8(r);
  s->crashes = gs_read_u8(r);
  s->subject = gs_read_u8(r);
  s->reason = gs_read_u16(r);
  s->event = gs_read_u16(r);
  s->event_status = gs_read_u16(r);
  s->outcome = gs_read_u16(r);
  s->event_extra = gs_read_u32(r);
  s->operation = gs_read_u8(r);
  bool reserved = zeros(r, 3);
  s->update_floor = gs_read_u32(r);
  read_package(r, &s->update);
  read_package(r, &s->running);
  read_package(r, &s->last_good);
  read_package(r, &s->outcome_package);
  s->update_id = gs_read_u32(r);
  return reserved && r->left == 0 && !r->failed && values_ok(s, flags);
}

bool gs_record_decode(const uint8_t in[GS_STATE_RECORD_BYTES],
                      const uint8_t device_id[GS_DIGEST_BYTES], struct gs_state *state,
                      struct gs_record_place *place) {
  struct gs_reader tail = gs_reader_init(in + CRC_OFF, 4);
  if (gs_read_u32(&tail) != gs_device_crc(device_id, in, CRC_OFF)) {
    return false;
  }
  struct gs_reader r = gs_reader_init(in, CRC_OFF);
  if (gs_read_u8(&r) != RECORD_TYPE_STATE || gs_read_u8(&r) != RECORD_VERSION ||
      gs_read_u16(&r) != GS_STATE_RECORD_BYTES) {
    return false;
  }
  memset(state, 0, sizeof(*state));
  return read_fields(&r, state, place);
}
