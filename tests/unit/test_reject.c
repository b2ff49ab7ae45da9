/* SPDX-License-Identifier: Apache-2.0
 * After a reject: the image that was on trial executes from the staging slot until the reset, so
 * that nothing may be written there before, and everything may after.
 */
#include "engine_test.h"

#define GEOMETRY FAKE_SMALL

struct story {
  struct fake_device d;
  struct fake_package one, two, three;
};

/* One is confirmed, two runs on trial and is rejected. No restart since. */
static void reject_two(struct story *s) {
  new_device(&s->d, GEOMETRY);
  make_package(&s->one, GEOMETRY, 1, 1, 1);
  make_package(&s->two, GEOMETRY, 2, 1, 1);
  make_package(&s->three, GEOMETRY, 3, 1, 1);
  fake_install(&s->d, &s->one);
  assert_int_equal(fake_deliver(&s->d, &s->two), GS_OK);
  struct gs_boot_output out = boot(&s->d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_TRY);
  assert_int_equal(out.slot, 1);
  assert_int_equal(gs_engine_healthy(&s->d.engine), GS_OK);
  assert_int_equal(gs_engine_reject(&s->d.engine, s->two.digest), GS_OK);
  assert_state(&s->d, gapseal_v1_State_STATE_REJECTED);
}

static void end(struct story *s) {
  assert_clean(&s->d);
  fake_package_free(&s->one);
  fake_package_free(&s->two);
  fake_package_free(&s->three);
  fake_device_free(&s->d);
}

/* Refused by begin and check alike, and no flash operation is made for it. */
static void assert_waits_for_restart(struct story *s, const struct fake_package *p) {
  const struct gs_begin_options options = {.door = GS_DOOR_WIRE};
  struct gs_verdict verdict;
  uint32_t ops = gs_flash_model_ops(s->d.flash);
  assert_int_equal(gs_engine_check(&s->d.engine, p->envelope, p->envelope_len, &options, &verdict),
                   GS_E_STATE);
  assert_int_equal(fake_begin(&s->d, p), GS_E_STATE);
  assert_int_equal(gs_flash_model_ops(s->d.flash), ops);
}

static void begin_waits_while_a_rejected_image_executes(void **unused) {
  (void)unused;
  struct story s;
  reject_two(&s);
  assert_waits_for_restart(&s, &s.three);
  assert_waits_for_restart(&s, &s.two);
  assert_waits_for_restart(&s, &s.one); /* not "already installed" either: two executes */
  /* READY would say that two is the one to run. */
  assert_int_equal(gs_engine_acknowledge(&s.d.engine), GS_E_STATE);
  assert_state(&s.d, gapseal_v1_State_STATE_REJECTED);
  end(&s);
}

static void begin_is_accepted_after_the_restart(void **unused) {
  (void)unused;
  struct story s;
  reject_two(&s);
  assert_waits_for_restart(&s, &s.three);
  struct gs_boot_output out = boot(&s.d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 0);
  assert_int_equal(gs_engine_acknowledge(&s.d.engine), GS_OK);
  assert_int_equal(fake_begin(&s.d, &s.three), GS_OK);
  assert_state(&s.d, gapseal_v1_State_STATE_WRITING);
  assert_int_equal(gs_engine_progress(&s.d.engine)->staging_slot, 1);
  assert_int_equal(fake_transfer(&s.d, &s.three), GS_OK);
  assert_state(&s.d, gapseal_v1_State_STATE_CANDIDATE);
  end(&s);
}

/* A candidate that was rejected never executed: the slot is free at once. */
static void begin_does_not_wait_where_the_rejected_image_never_ran(void **unused) {
  (void)unused;
  struct story s;
  new_device(&s.d, GEOMETRY);
  make_package(&s.one, GEOMETRY, 1, 1, 1);
  make_package(&s.two, GEOMETRY, 2, 1, 1);
  make_package(&s.three, GEOMETRY, 3, 1, 1);
  fake_install(&s.d, &s.one);
  (void)boot(&s.d, GS_RESET_POWER);
  assert_int_equal(fake_deliver(&s.d, &s.two), GS_OK);
  assert_int_equal(gs_engine_reject(&s.d.engine, s.two.digest), GS_OK);
  assert_int_equal(gs_engine_acknowledge(&s.d.engine), GS_OK);
  assert_int_equal(fake_begin(&s.d, &s.three), GS_OK);
  end(&s);
}

/* The trial of two: one is confirmed, and yet it is not what runs. */
static void nothing_is_already_installed_during_a_trial(void **unused) {
  (void)unused;
  struct story s;
  const struct gs_begin_options options = {.door = GS_DOOR_WIRE};
  struct gs_verdict verdict;
  new_device(&s.d, GEOMETRY);
  make_package(&s.one, GEOMETRY, 1, 1, 1);
  make_package(&s.two, GEOMETRY, 2, 1, 1);
  make_package(&s.three, GEOMETRY, 3, 1, 1);
  fake_install(&s.d, &s.one);
  assert_int_equal(
      gs_engine_check(&s.d.engine, s.one.envelope, s.one.envelope_len, &options, &verdict),
      GS_E_ALREADY);
  assert_int_equal(fake_begin(&s.d, &s.two), GS_OK);
  assert_int_equal(
      gs_engine_check(&s.d.engine, s.one.envelope, s.one.envelope_len, &options, &verdict),
      GS_E_BUSY_OTHER);
  assert_int_equal(fake_transfer(&s.d, &s.two), GS_OK);
  assert_int_equal(gs_engine_install(&s.d.engine, s.two.digest), GS_OK);
  assert_int_equal(boot(&s.d, GS_RESET_REQUESTED).action, GS_BOOT_TRY);
  assert_int_equal(
      gs_engine_check(&s.d.engine, s.one.envelope, s.one.envelope_len, &options, &verdict),
      GS_E_IN_TRIAL);
  end(&s);
}

/* All records since the confirm are lost with their erase units; the log lies elsewhere. */
static void floor_outlives_the_records_that_raised_it(void **unused) {
  (void)unused;
  struct story s;
  new_device(&s.d, FAKE_MIDDLE);
  make_package(&s.one, FAKE_MIDDLE, 1, 1, 1);
  make_package(&s.two, FAKE_MIDDLE, 2, 2, 2);
  make_package(&s.three, FAKE_MIDDLE, 3, 1, 1);
  fake_install(&s.d, &s.one);
  uint32_t before = s.d.engine.store.ring.newest;
  fake_install(&s.d, &s.two);
  assert_int_equal(state_of(&s.d).floor, 2);
  struct gs_store store = s.d.engine.store;
  assert_true(store.ring.newest > before); /* the ring has not come round */
  memset(gs_flash_model_bytes(s.d.flash, GS_AREA_STATE) + (before + 1u) * store.ring.cell_size, 0,
         (store.ring.newest - before) * store.ring.cell_size);
  (void)boot(&s.d, GS_RESET_POWER);
  assert_int_equal(state_of(&s.d).floor, 2);
  assert_int_equal(fake_begin(&s.d, &s.three), GS_E_BELOW_FLOOR);
  (void)boot(&s.d, GS_RESET_POWER);
  assert_int_equal(state_of(&s.d).floor, 2);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(begin_waits_while_a_rejected_image_executes),
      cmocka_unit_test(begin_is_accepted_after_the_restart),
      cmocka_unit_test(nothing_is_already_installed_during_a_trial),
      cmocka_unit_test(floor_outlives_the_records_that_raised_it),
      cmocka_unit_test(begin_does_not_wait_where_the_rejected_image_never_ran),
  };
  return cmocka_run_group_tests(tests, make_maker, NULL);
}
