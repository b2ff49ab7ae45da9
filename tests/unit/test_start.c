/* SPDX-License-Identifier: Apache-2.0
 * Starts: what is tried, what is given up, what keeps the stub, and recovery.
 */
#include "engine_scene.h"

static void trial_that_was_healthy_once_is_given_up_all_the_same(void **unused) {
  (void)unused;
  struct fake_device d;
  device_in_trial(&d);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  struct gs_boot_output out = boot(&d, GS_RESET_UNKNOWN);
  for (int starts = 0; starts < 8 && out.action == GS_BOOT_TRY; starts++) {
    out = boot(&d, GS_RESET_UNKNOWN);
  }
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_true(out.give_up);
  assert_int_equal(out.reason, GS_E_NOT_STARTED);
  assert_true(runs(&d, &one));
  fake_device_free(&d);
}

static void trial_that_never_works_returns_to_last_good(void **unused) {
  (void)unused;
  static const struct {
    enum gs_reset_cause cause;
    unsigned starts; /* that it gets in all */
  } rows[] = {{GS_RESET_WATCHDOG, 3}, {GS_RESET_CRASH, 3}, {GS_RESET_POWER, 19}};
  for (unsigned i = 0; i < 3; i++) {
    struct fake_device d;
    device_in_trial(&d);
    unsigned starts = 1;
    struct gs_boot_output out = boot(&d, rows[i].cause);
    while (out.action == GS_BOOT_TRY && starts < 100) {
      starts++;
      out = boot(&d, rows[i].cause);
    }
    assert_int_equal(starts, rows[i].starts);
    assert_int_equal(out.action, GS_BOOT_RUN);
    assert_true(runs(&d, &one));
    assert_state(&d, gapseal_v1_State_STATE_REJECTED);
    assert_int_equal(state_of(&d).reason, GS_E_NOT_STARTED);
    assert_outcome(&d, gapseal_v1_Operation_OPERATION_INSTALL, GS_E_NOT_STARTED, &two);
    assert_int_equal(newest_entry(&d).event, GS_LOG_RETURNED);
    assert_int_equal(gs_engine_acknowledge(&d.engine), GS_OK);
    assert_state(&d, gapseal_v1_State_STATE_READY);
    assert_outcome(&d, gapseal_v1_Operation_OPERATION_INSTALL, GS_E_NOT_STARTED, &two);
    fake_device_free(&d);
  }
}

static void port_that_cannot_tell_gets_five_starts(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  unsigned starts = 0;
  while (boot(&d, GS_RESET_UNKNOWN).action == GS_BOOT_TRY && starts < 100) {
    starts++;
  }
  assert_int_equal(starts, GS_TRIAL_ATTEMPTS_UNTOLD);
  assert_true(runs(&d, &one));
  fake_device_free(&d);
}

static void requested_resets_never_end_a_trial(void **unused) {
  (void)unused;
  struct fake_device d;
  device_in_trial(&d);
  for (unsigned i = 0; i < 30; i++) {
    assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_TRY);
  }
  assert_int_equal(state_of(&d).attempts_left, GS_TRIAL_ATTEMPTS);
  fake_device_free(&d);
}

/* C07: what is staged changes in flash before its first start. */
static void staged_image_that_changed_is_not_started(void **unused) {
  (void)unused;
  for (unsigned where = 0; where < 3; where++) {
    struct fake_device d;
    device_with_one(&d);
    assert_int_equal(fake_deliver(&d, &two), GS_OK);
    const uint32_t places[] = {100, two.size - 1, d.engine.trailer.envelope + 60};
    gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B)[places[where]] ^= 1;
    struct gs_boot_output out = boot(&d, GS_RESET_REQUESTED);
    assert_int_equal(out.action, GS_BOOT_RUN);
    assert_int_equal(out.slot, 0);
    assert_state(&d, gapseal_v1_State_STATE_REJECTED);
    assert_int_equal(state_of(&d).reason, GS_E_IMAGE_BAD);
    fake_device_free(&d);
  }
}

/* The slot holds a whole, good, signed package: not the one that the records name. */
static void staged_slot_with_another_package_is_not_started(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  memcpy(gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B),
         gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A), d.port.geometry[GS_AREA_SLOT_A].size);
  struct gs_boot_output out = boot(&d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 0);
  assert_int_equal(state_of(&d).reason, GS_E_IMAGE_BAD);
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_INSTALL, GS_E_IMAGE_BAD, &two);
  fake_device_free(&d);
}

/* A later keyring revokes key and package: what was accepted still starts, also first. */
static void revocation_never_binds_a_start(void **unused) {
  (void)unused;
  static uint8_t ring[FAKE_KEYRING_CAP];
  struct fake_keyring wanted = {
      .version = 2, .revoke_release = true, .revoked_package = two.digest, .minimum = 9};
  size_t len = fake_keyring_make(&maker, &wanted, ring, sizeof(ring));
  struct fake_device d;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  assert_int_equal(gs_engine_link(&d.engine, ring, len), GS_OK);
  assert_int_equal(gs_engine_store_keyring(&d.engine), GS_OK);
  assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_TRY);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_OK);
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_RUN);
  assert_int_equal(check_as(&d, &one, &wire), GS_E_KEY_REVOKED);
  /* It binds a commanded rollback. */
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_E_KEY_REVOKED);
  /* And not the way back from a damaged image. */
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B)[5] ^= 1;
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_true(runs(&d, &one));
  fake_device_free(&d);
}

static void damaged_running_image_returns_by_itself(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B)[5] ^= 1;
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 0);
  assert_true(runs(&d, &one));
  assert_state(&d, gapseal_v1_State_STATE_REJECTED);
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_INSTALL, GS_E_IMAGE_BAD, &two);
  fake_device_free(&d);
}

/* E16: both bad. Recovery takes anything at or above the floor, and nothing below it. */
static void recovery_takes_any_package_above_the_floor(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package old;
  struct fake_package low;
  struct fake_wish wish = wish_of(G, 1, 2, 0);
  wish.requires_release = 99;
  wish.seed = 50;
  fake_package_make(&old, &maker, &wish);
  make_package(&low, G, 9, 1, 0);
  device_with_two(&d); /* floor 2 */
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[5] ^= 1;
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B)[5] ^= 1;
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_int_equal(out.reason, GS_E_IMAGE_BAD);
  assert_int_equal(newest_entry(&d).event, GS_LOG_RECOVERY);
  assert_int_equal(state_of(&d).running, gapseal_v1_Running_RUNNING_STUB);
  uint32_t entries = d.engine.log.newest;
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(d.engine.log.newest, entries); /* said once */
  assert_int_equal(fake_begin(&d, &low), GS_E_BELOW_FLOOR);
  fake_install(&d, &old);
  (void)boot(&d, GS_RESET_POWER);
  assert_true(runs(&d, &old));
  assert_clean(&d);
  fake_package_free(&old);
  fake_package_free(&low);
  fake_device_free(&d);
}

/* The package is linked for the damaged running slot only. */
static void recovery_may_write_the_damaged_running_slot(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package a_only;
  struct fake_wish wish = wish_of(G, 4, 3, 0);
  wish.slots = 1;
  fake_package_make(&a_only, &maker, &wish);
  device_with_one(&d);
  assert_int_equal(fake_begin(&d, &a_only), GS_E_NO_VARIANT);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[5] ^= 1;
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_STUB);
  fake_install(&d, &a_only);
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 0);
  fake_package_free(&a_only);
  fake_device_free(&d);
}

/* E15 */
static void confirmed_image_that_keeps_crashing_keeps_the_stub(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_one(&d);
  unsigned starts = 0;
  while (boot(&d, GS_RESET_WATCHDOG).action == GS_BOOT_RUN && starts < 100) {
    starts++;
  }
  assert_int_equal(starts, GS_CRASHES_MAX - 1u);
  assert_state(&d, gapseal_v1_State_STATE_READY);
  assert_int_equal(state_of(&d).reason, GS_E_CRASHES);
  assert_int_equal(boot(&d, GS_RESET_WATCHDOG).action, GS_BOOT_STUB);
  fake_install(&d, &two);
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_RUN);
  fake_device_free(&d);
}

static void healthy_start_forgets_crashes(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_one(&d);
  for (unsigned i = 0; i < 40; i++) {
    assert_int_equal(boot(&d, GS_RESET_WATCHDOG).action, GS_BOOT_RUN);
    assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  }
  fake_device_free(&d);
}

static void staying_in_the_stub_changes_nothing(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_boot_output out;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  assert_int_equal(fake_device_start(&d), GS_OK);
  assert_int_equal(gs_engine_boot(&d.engine, GS_RESET_REQUESTED, true, &out), GS_OK);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_state(&d, gapseal_v1_State_STATE_STAGED);
  assert_int_equal(gs_engine_boot(&d.engine, GS_RESET_REQUESTED, true, &out), GS_E_STATE);
  assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_TRY);
  fake_device_free(&d);
}

/* The image on trial is not what answers then: nothing may be said in its name. */
static void staying_in_the_stub_ends_the_start_of_a_trial(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_boot_output out;
  device_in_trial(&d);
  assert_int_equal(fake_device_start(&d), GS_OK);
  assert_int_equal(gs_engine_boot(&d.engine, GS_RESET_REQUESTED, true, &out), GS_OK);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_state(&d, gapseal_v1_State_STATE_TRIAL);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_E_STATE);
  assert_int_equal(boot(&d, GS_RESET_CRASH).action, GS_BOOT_TRY); /* of the stub, not of it */
  assert_int_equal(state_of(&d).attempts_left, GS_TRIAL_ATTEMPTS);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  fake_device_free(&d);
}

static void nothing_is_decided_before_the_records_are_read(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_boot_output out;
  device_with_one(&d);
  assert_int_equal(gs_engine_init(&d.engine, &d.port, &d.memory), GS_OK);
  assert_int_equal(gs_engine_boot(&d.engine, GS_RESET_POWER, false, &out), GS_E_STATE);
  fake_device_free(&d);
}

/* A trial may not start where its start cannot be counted; a confirmed image may. */
static void worn_records_start_no_trial(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_boot_output out;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  for (uint32_t off = 0; off < 4096; off += 1024) {
    gs_flash_model_fault(d.flash, GS_AREA_STATE, off, GS_FAULT_PROGRAM_FAILS);
  }
  assert_int_equal(fake_device_boot(&d, GS_RESET_REQUESTED, &out), GS_E_FLASH_PROGRAM);
  assert_int_equal(out.action, GS_BOOT_STUB);
  fake_device_free(&d);
  device_with_one(&d);
  for (uint32_t off = 0; off < 4096; off += 1024) {
    gs_flash_model_fault(d.flash, GS_AREA_STATE, off, GS_FAULT_PROGRAM_FAILS);
  }
  assert_int_equal(fake_device_boot(&d, GS_RESET_WATCHDOG, &out), GS_E_FLASH_PROGRAM);
  assert_int_equal(out.action, GS_BOOT_RUN);
  fake_device_free(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(trial_that_was_healthy_once_is_given_up_all_the_same),
      cmocka_unit_test(trial_that_never_works_returns_to_last_good),
      cmocka_unit_test(port_that_cannot_tell_gets_five_starts),
      cmocka_unit_test(requested_resets_never_end_a_trial),
      cmocka_unit_test(staged_image_that_changed_is_not_started),
      cmocka_unit_test(staged_slot_with_another_package_is_not_started),
      cmocka_unit_test(revocation_never_binds_a_start),
      cmocka_unit_test(damaged_running_image_returns_by_itself),
      cmocka_unit_test(recovery_takes_any_package_above_the_floor),
      cmocka_unit_test(recovery_may_write_the_damaged_running_slot),
      cmocka_unit_test(confirmed_image_that_keeps_crashing_keeps_the_stub),
      cmocka_unit_test(healthy_start_forgets_crashes),
      cmocka_unit_test(staying_in_the_stub_changes_nothing),
      cmocka_unit_test(staying_in_the_stub_ends_the_start_of_a_trial),
      cmocka_unit_test(nothing_is_decided_before_the_records_are_read),
      cmocka_unit_test(worn_records_start_no_trial),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
