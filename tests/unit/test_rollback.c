/* SPDX-License-Identifier: Apache-2.0
 * Going back to last-good on command.
 */
#include "engine_scene.h"

static void rollback_goes_back_once(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  assert_int_equal(gs_engine_rollback(&d.engine, one.digest), GS_E_DIGEST);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_OK);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_OK);
  assert_state(&d, gapseal_v1_State_STATE_STAGED);
  assert_int_equal(check_as(&d, &one, &wire), GS_E_OLDER);
  struct gs_boot_output out = boot(&d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 0);
  assert_true(runs(&d, &one));
  assert_state(&d, gapseal_v1_State_STATE_READY);
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_ROLLBACK, GS_E_ROLLED_BACK, &two);
  assert_false(state_of(&d).rollback_promised);
  assert_int_equal(gs_engine_rollback(&d.engine, one.digest), GS_E_ROLLBACK_NONE);
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_RUN);
  assert_true(runs(&d, &one));
  fake_device_free(&d);
}

static void rollback_may_be_cancelled(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_OK);
  assert_int_equal(gs_engine_cancel(&d.engine), GS_OK);
  assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_RUN);
  assert_true(runs(&d, &two));
  assert_true(state_of(&d).rollback_promised);
  fake_device_free(&d);
}

/* E12, E13 */
static void rollback_that_cannot_be_is_refused(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package high;
  make_package(&high, G, 3, 5, 5);
  device_with_one(&d);
  assert_int_equal(gs_engine_rollback(&d.engine, one.digest), GS_E_ROLLBACK_NONE);
  fake_install(&d, &high);
  (void)boot(&d, GS_RESET_REQUESTED);
  assert_false(state_of(&d).rollback_promised);
  assert_int_equal(gs_engine_rollback(&d.engine, high.digest), GS_E_ROLLBACK_FLOOR);
  fake_device_free(&d);
  device_with_two(&d);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[77] ^= 1;
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_E_ROLLBACK_CORRUPT);
  assert_state(&d, gapseal_v1_State_STATE_READY);
  fake_device_free(&d);
  fake_package_free(&high);
}

/* It was fine when asked for, and is not at the start. */
static void rollback_to_an_image_that_broke_stays(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_OK);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[77] ^= 1;
  struct gs_boot_output out = boot(&d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 1);
  assert_true(runs(&d, &two));
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_ROLLBACK, GS_E_ROLLBACK_CORRUPT, &two);
  assert_false(state_of(&d).rollback_promised);
  fake_device_free(&d);
}

static void begin_gives_last_good_up_and_says_so(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package three;
  struct gs_verdict verdict;
  make_package(&three, G, 3, 3, 0);
  device_with_two(&d);
  assert_int_equal(gs_engine_check(&d.engine, three.envelope, three.envelope_len, &wire, &verdict),
                   GS_OK);
  assert_true(verdict.gives_up_last_good);
  assert_int_equal(fake_begin(&d, &three), GS_OK);
  assert_int_equal(logged(&d, GS_LOG_GAVE_UP_LAST_GOOD), 1);
  assert_false(state_of(&d).rollback_promised);
  assert_int_equal(gs_engine_cancel(&d.engine), GS_OK);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_E_ROLLBACK_NONE);
  fake_package_free(&three);
  fake_device_free(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rollback_goes_back_once),
      cmocka_unit_test(rollback_may_be_cancelled),
      cmocka_unit_test(rollback_that_cannot_be_is_refused),
      cmocka_unit_test(rollback_to_an_image_that_broke_stays),
      cmocka_unit_test(begin_gives_last_good_up_and_says_so),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
