/* SPDX-License-Identifier: Apache-2.0
 * The ring of state records, by itself.
 */
#include "crc32.h"
#include "engine_test.h"

static uint8_t cell[GS_CELL_MAX];
static const uint8_t id[GS_DIGEST_BYTES] = {1, 2, 3};
static const uint8_t other_id[GS_DIGEST_BYTES] = {1, 2, 4};

static void format(struct fake_device *d, struct gs_store *s, enum fake_geometry g) {
  fake_device_init(d, g, &maker, false);
  assert_int_equal(gs_store_format(s, &d->port), GS_OK);
}

static struct gs_state some_state(uint32_t floor) {
  struct gs_state s = {.floor = floor, .keyring_version = 3, .boot_count = 9, .log_sequence = 5};
  s.state = gapseal_v1_State_STATE_TRIAL;
  s.slot = 1;
  s.door = GS_DOOR_OTA;
  s.attempts_left = 2;
  s.power_losses = 7;
  s.crashes = 4;
  s.reason = GS_E_IMAGE_BAD;
  s.event = GS_LOG_TRIAL;
  s.event_status = GS_E_CRASHES;
  s.event_extra = 0x01020304;
  s.subject = GS_SUBJECT_UPDATE;
  s.operation = gapseal_v1_Operation_OPERATION_ROLLBACK;
  s.outcome = GS_E_ROLLED_BACK;
  s.update_id = 0xA1B2C3D4u;
  s.update_floor = 77;
  memset(s.log_chain, 0x11, sizeof(s.log_chain));
  memset(&s.update, 0x22, sizeof(s.update));
  memset(&s.running, 0x33, sizeof(s.running));
  memset(&s.last_good, 0x44, sizeof(s.last_good));
  memset(&s.outcome_package, 0x55, sizeof(s.outcome_package));
  return s;
}

static void assert_same(const struct gs_state *a, const struct gs_state *b) {
  assert_int_equal(a->floor, b->floor);
  assert_int_equal(a->keyring_version, b->keyring_version);
  assert_int_equal(a->boot_count, b->boot_count);
  assert_int_equal(a->log_sequence, b->log_sequence);
  assert_memory_equal(a->log_chain, b->log_chain, sizeof(a->log_chain));
  assert_int_equal(a->state, b->state);
  assert_int_equal(a->slot, b->slot);
  assert_int_equal(a->door, b->door);
  assert_int_equal(a->healthy, b->healthy);
  assert_int_equal(a->started, b->started);
  assert_int_equal(a->rollback, b->rollback);
  assert_int_equal(a->update_self_confirm, b->update_self_confirm);
  assert_int_equal(a->has_running, b->has_running);
  assert_int_equal(a->running_slot, b->running_slot);
  assert_int_equal(a->promised, b->promised);
  assert_int_equal(a->attempts_left, b->attempts_left);
  assert_int_equal(a->power_losses, b->power_losses);
  assert_int_equal(a->crashes, b->crashes);
  assert_int_equal(a->reason, b->reason);
  assert_int_equal(a->event, b->event);
  assert_int_equal(a->event_status, b->event_status);
  assert_int_equal(a->event_extra, b->event_extra);
  assert_int_equal(a->subject, b->subject);
  assert_int_equal(a->operation, b->operation);
  assert_int_equal(a->outcome, b->outcome);
  assert_int_equal(a->update_id, b->update_id);
  assert_int_equal(a->update_floor, b->update_floor);
  assert_memory_equal(&a->update, &b->update, sizeof(a->update));
  assert_memory_equal(&a->running, &b->running, sizeof(a->running));
  assert_memory_equal(&a->last_good, &b->last_good, sizeof(a->last_good));
  assert_memory_equal(&a->outcome_package, &b->outcome_package, sizeof(a->outcome_package));
}

static void store_gives_back_every_field(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  format(&d, &s, FAKE_SMALL);
  for (unsigned flags = 0; flags < 128; flags++) {
    struct gs_state in = some_state(flags);
    struct gs_state out;
    struct gs_store again;
    in.healthy = (flags & 1u) != 0;
    in.started = (flags & 2u) != 0;
    in.rollback = (flags & 4u) != 0;
    in.update_self_confirm = (flags & 8u) != 0;
    in.has_running = (flags & 16u) != 0;
    in.running_slot = (flags & 32u) != 0;
    in.promised = (flags & 64u) != 0;
    assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
    assert_int_equal(gs_store_mount(&again, &d.port, id, cell, &out), GS_OK);
    assert_same(&in, &out);
    assert_int_equal(again.ring.next, s.ring.next);
  }
  assert_clean(&d);
  fake_device_free(&d);
}

static void store_wears_all_units_alike(void **unused) {
  (void)unused;
  for (int g = 0; g < FAKE_GEOMETRIES; g++) {
    struct fake_device d;
    struct gs_store s;
    struct gs_state in = some_state(1);
    format(&d, &s, (enum fake_geometry)g);
    const struct gs_geometry *area = &d.port.geometry[GS_AREA_STATE];
    for (unsigned i = 0; i < 1000; i++) {
      assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
    }
    uint32_t least = UINT32_MAX;
    for (uint32_t off = 0; off < area->size; off += area->erase_size) {
      uint32_t wear = gs_flash_model_wear(d.flash, GS_AREA_STATE, off);
      least = wear < least ? wear : least;
    }
    uint32_t most = gs_flash_model_wear_max(d.flash, GS_AREA_STATE);
    assert_true(most - least <= 1);
    assert_int_equal(gs_store_wear(&s, &d.port), most);
    struct gs_state out;
    assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK); /* each record tells */
    assert_int_equal(gs_store_wear(&s, &d.port), most);
    assert_clean(&d);
    fake_device_free(&d);
  }
}

static void store_takes_the_record_before_a_damaged_one(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state out;
  format(&d, &s, FAKE_SMALL);
  for (uint32_t i = 1; i <= 2; i++) {
    struct gs_state in = some_state(i);
    assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  }
  uint8_t *bytes = gs_flash_model_bytes(d.flash, GS_AREA_STATE);
  for (unsigned i = 0; i < GS_STATE_RECORD_BYTES; i++) {
    bytes[GS_STATE_RECORD_BYTES + i] ^= 0x20;
    assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
    assert_int_equal(out.floor, 1);
    assert_int_equal(s.damaged, 1);
    assert_int_equal(s.ring.next, 2);
    bytes[GS_STATE_RECORD_BYTES + i] ^= 0x20;
  }
  fake_device_free(&d);
}

static void floor_is_the_highest_of_all_records(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state out;
  struct gs_state high = some_state(9);
  struct gs_state low = some_state(2);
  low.keyring_version = 1;
  format(&d, &s, FAKE_SMALL);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &high), GS_OK);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &low), GS_OK);
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
  assert_int_equal(out.floor, 9);
  assert_int_equal(out.keyring_version, 3);
  fake_device_free(&d);
}

static void records_of_another_device_do_not_count(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state in = some_state(1);
  struct gs_state out;
  format(&d, &s, FAKE_SMALL);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  assert_int_equal(gs_store_mount(&s, &d.port, other_id, cell, &out), GS_E_STORE_LOST);
  fake_device_free(&d);
}

static void unreadable_units_do_not_count(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state out;
  format(&d, &s, FAKE_SMALL);
  for (uint32_t i = 1; i <= 5; i++) { /* four cells a unit */
    struct gs_state in = some_state(1);
    in.boot_count = i;
    assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  }
  gs_flash_model_fault(d.flash, GS_AREA_STATE, 1024, GS_FAULT_UNREADABLE);
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
  assert_int_equal(out.boot_count, 4);
  gs_flash_model_fault(d.flash, GS_AREA_STATE, 0, GS_FAULT_UNREADABLE);
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_E_STORE_LOST);
  fake_device_free(&d);
}

/* E19, E20: each unit bad in each way, one at a time: records still go somewhere and stay. */
static void worn_units_are_passed_over(void **unused) {
  (void)unused;
  static const enum gs_flash_fault faults[] = {GS_FAULT_PROGRAM_FAILS, GS_FAULT_PROGRAM_SILENT,
                                               GS_FAULT_ERASE_FAILS};
  for (unsigned f = 0; f < 3; f++) {
    for (uint32_t unit = 0; unit < 4; unit++) {
      struct fake_device d;
      struct gs_store s;
      struct gs_state out;
      format(&d, &s, FAKE_SMALL);
      gs_flash_model_fault(d.flash, GS_AREA_STATE, unit * 1024u, faults[f]);
      for (uint32_t i = 1; i <= 40; i++) {
        struct gs_state in = some_state(1);
        in.boot_count = i;
        assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
        assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
        assert_int_equal(out.boot_count, i);
      }
      assert_clean(&d);
      fake_device_free(&d);
    }
  }
}

static void newest_record_is_never_erased(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state in = some_state(6);
  struct gs_state out;
  format(&d, &s, FAKE_SMALL);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  for (uint32_t off = 0; off < 4096; off += 1024) {
    gs_flash_model_fault(d.flash, GS_AREA_STATE, off, GS_FAULT_PROGRAM_FAILS);
  }
  for (unsigned i = 0; i < 20; i++) {
    assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_E_FLASH_PROGRAM);
  }
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
  assert_int_equal(out.floor, 6);
  fake_device_free(&d);
}

static void put32(uint8_t *at, uint32_t v) {
  for (unsigned i = 0; i < 4; i++) {
    at[i] = (uint8_t)(v >> (8u * i));
  }
}

/* docs/spec/flash.md: "The next sequence leaves room". */
static void next_sequence_leaves_room_for_what_was_tried(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state in = some_state(1);
  struct gs_state out;
  format(&d, &s, FAKE_SMALL);
  for (unsigned i = 0; i < 3; i++) {
    assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  }
  uint8_t *bytes = gs_flash_model_bytes(d.flash, GS_AREA_STATE);
  bytes[GS_STATE_RECORD_BYTES] ^= 1; /* the second and third are torn */
  bytes[2 * GS_STATE_RECORD_BYTES] ^= 1;
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  assert_int_equal(bytes[3 * GS_STATE_RECORD_BYTES + 4], 1 + 8 + 2 + 1);
  fake_device_free(&d);
}

static void rest_of_a_cell_stays_erased(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state in = some_state(1);
  format(&d, &s, FAKE_LARGE);
  assert_int_equal(s.ring.cell_size, 512);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  const uint8_t *bytes = gs_flash_model_bytes(d.flash, GS_AREA_STATE);
  for (uint32_t i = GS_STATE_RECORD_BYTES; i < s.ring.cell_size; i++) {
    assert_int_equal(bytes[i], 0xFF);
  }
  fake_device_free(&d);
}

static void last_fault_is_told_and_the_next_unit_is_tried(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state in = some_state(1);
  format(&d, &s, FAKE_SMALL);
  gs_flash_model_fault(d.flash, GS_AREA_STATE, 0, GS_FAULT_ERASE_FAILS);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  assert_int_equal(s.ring.newest, 4); /* four cells a unit */
  for (uint32_t off = 0; off < 4096; off += 1024) {
    gs_flash_model_fault(d.flash, GS_AREA_STATE, off,
                         off == 1024 ? GS_FAULT_PROGRAM_FAILS : GS_FAULT_ERASE_FAILS);
  }
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_E_FLASH_ERASE);
  fake_device_free(&d);
}

/* Values no record has, under a CRC that fits: docs/spec/flash.md, "A reader MUST reject". */
static void record_with_impossible_values_is_refused(void **unused) {
  (void)unused;
  static const struct {
    unsigned off;
    uint8_t value;
  } wrong[] = {{0, 2},  {1, 2},     {2, 1},  {3, 2},  {60, 0}, {60, 8}, {61, 2},
               {62, 4}, {63, 0xFF}, {67, 4}, {81, 1}, {82, 1}, {83, 1}};
  struct fake_device d;
  struct gs_store s;
  struct gs_state in = some_state(1);
  struct gs_state out;
  format(&d, &s, FAKE_SMALL);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &in), GS_OK);
  uint8_t *bytes = gs_flash_model_bytes(d.flash, GS_AREA_STATE);
  for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    uint8_t before = bytes[wrong[i].off];
    assert_int_not_equal(before, wrong[i].value);
    bytes[wrong[i].off] = wrong[i].value;
    put32(bytes + 252, gs_crc32(gs_crc32(0, id, sizeof(id)), bytes, 252));
    assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_E_STORE_LOST);
    bytes[wrong[i].off] = before;
  }
  put32(bytes + 252, gs_crc32(gs_crc32(0, id, sizeof(id)), bytes, 252));
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
  fake_device_free(&d);
}

static void record_with_the_first_and_last_values_is_taken(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state out;
  struct gs_state first = some_state(1);
  struct gs_state last = some_state(1);
  first.state = gapseal_v1_State_STATE_READY;
  first.slot = 0;
  first.door = GS_DOOR_NONE;
  first.subject = GS_SUBJECT_NONE;
  last.state = gapseal_v1_State_STATE_FAILED;
  last.slot = 1;
  last.door = GS_DOOR_BOOT;
  last.subject = GS_SUBJECT_OUTCOME;
  format(&d, &s, FAKE_SMALL);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &first), GS_OK);
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
  assert_same(&first, &out);
  assert_int_equal(gs_store_append(&s, &d.port, id, cell, &last), GS_OK);
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_OK);
  assert_same(&last, &out);
  fake_device_free(&d);
}

static void impossible_areas_are_refused(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_store s;
  struct gs_state out;
  fake_device_init(&d, FAKE_SMALL, &maker, false);
  d.port.geometry[GS_AREA_STATE] = (struct gs_geometry){1024, 512, 512}; /* two of one cell */
  assert_int_equal(gs_store_format(&s, &d.port), GS_OK);
  d.port.geometry[GS_AREA_STATE] = (struct gs_geometry){2048, 1024, 1024};
  assert_int_equal(gs_store_format(&s, &d.port), GS_E_RANGE);
  d.port.geometry[GS_AREA_STATE] = (struct gs_geometry){256, 128, 4};
  assert_int_equal(gs_store_format(&s, &d.port), GS_E_RANGE);
  assert_int_equal(gs_store_mount(&s, &d.port, id, cell, &out), GS_E_RANGE);
  fake_device_free(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(store_gives_back_every_field),
      cmocka_unit_test(store_wears_all_units_alike),
      cmocka_unit_test(store_takes_the_record_before_a_damaged_one),
      cmocka_unit_test(floor_is_the_highest_of_all_records),
      cmocka_unit_test(records_of_another_device_do_not_count),
      cmocka_unit_test(unreadable_units_do_not_count),
      cmocka_unit_test(worn_units_are_passed_over),
      cmocka_unit_test(newest_record_is_never_erased),
      cmocka_unit_test(next_sequence_leaves_room_for_what_was_tried),
      cmocka_unit_test(rest_of_a_cell_stays_erased),
      cmocka_unit_test(last_fault_is_told_and_the_next_unit_is_tried),
      cmocka_unit_test(record_with_impossible_values_is_refused),
      cmocka_unit_test(record_with_the_first_and_last_values_is_taken),
      cmocka_unit_test(impossible_areas_are_refused),
  };
  return cmocka_run_group_tests(tests, make_maker, NULL);
}
