/* SPDX-License-Identifier: Apache-2.0
 * Rule 10 of docs/spec/policy.md, alone and behind the others: each state that a device can be in,
 * each door, and the choice of a slot.
 */
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "gapseal/policy.h"
#include "log_entry.h"
#include "unit.h"

struct scene {
  struct fixture_manifest f;
  struct gs_policy_device d;
  struct gs_policy_state now;
  struct gs_policy_result out;
  uint8_t digest[GS_DIGEST_BYTES];
};

/* A manifest and a device that agree, READY. */
static struct scene scene(void) {
  struct scene s;
  memset(&s, 0, sizeof s);
  fixture_manifest(&s.f, 1);
  fixture_device(&s.d);
  memset(s.digest, 0x77, sizeof s.digest);
  s.now.state = gapseal_v1_State_STATE_READY;
  return s;
}

static enum gs_status begin(struct scene *s) {
  s->f.m.table = s->f.table;
  return gs_policy_begin(&s->f.m, s->digest, &s->d, &s->now, GS_DOOR_WIRE, &s->out);
}

static void each_state_has_its_word(void **state) {
  (void)state;
  static const struct {
    gapseal_v1_State state;
    enum gs_status same, other;
  } rows[] = {
      {gapseal_v1_State_STATE_READY, GS_OK, GS_OK},
      {gapseal_v1_State_STATE_WRITING, GS_OK, GS_E_BUSY_OTHER},
      {gapseal_v1_State_STATE_CANDIDATE, GS_OK, GS_E_BUSY_OTHER},
      {gapseal_v1_State_STATE_STAGED, GS_OK, GS_E_BUSY_OTHER},
      {gapseal_v1_State_STATE_TRIAL, GS_E_IN_TRIAL, GS_E_IN_TRIAL},
      {gapseal_v1_State_STATE_REJECTED, GS_OK, GS_OK},
      {gapseal_v1_State_STATE_FAILED, GS_OK, GS_OK},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct scene s = scene();
    bool written = gs_update_exists((int)rows[i].state);
    assert_int_equal(written, rows[i].same != rows[i].other);
    s.now.state = (int)rows[i].state;
    s.now.door = GS_DOOR_WIRE;
    assert_int_equal(begin(&s), rows[i].other);
    assert_false(s.out.continues);
    memcpy(s.now.package, s.digest, sizeof s.digest);
    assert_int_equal(begin(&s), rows[i].same);
    assert_int_equal(s.out.continues, written);
  }
}

static void another_door_is_told_so_before_another_package(void **state) {
  (void)state;
  struct scene s = scene();
  s.now.state = gapseal_v1_State_STATE_WRITING;
  s.now.door = GS_DOOR_OTA;
  assert_int_equal(begin(&s), GS_E_BUSY_DOOR);
  memcpy(s.now.package, s.digest, sizeof s.digest);
  assert_int_equal(begin(&s), GS_E_BUSY_DOOR);
}

static void no_door_began_a_rollback(void **state) {
  (void)state;
  struct scene s = scene();
  s.now.state = gapseal_v1_State_STATE_STAGED;
  s.now.door = GS_DOOR_NONE;
  memcpy(s.now.package, s.digest, sizeof s.digest);
  assert_int_equal(begin(&s), GS_E_BUSY_OTHER);
}

static void rejected_image_that_executes_keeps_its_slot(void **state) {
  (void)state;
  struct scene s = scene();
  s.now.state = gapseal_v1_State_STATE_REJECTED;
  s.now.unconfirmed_runs = true;
  assert_int_equal(begin(&s), GS_E_STATE);
}

static void already_installed_is_said_at_an_end_only(void **state) {
  (void)state;
  struct scene s = scene();
  memcpy(s.d.running_package, s.digest, sizeof s.digest);
  assert_int_equal(begin(&s), GS_E_ALREADY);
  s.now.state = gapseal_v1_State_STATE_TRIAL;
  assert_int_equal(begin(&s), GS_E_IN_TRIAL);
  assert_true(s.out.already_running);
  s.now.state = gapseal_v1_State_STATE_WRITING;
  s.now.door = GS_DOOR_WIRE;
  assert_int_equal(begin(&s), GS_E_BUSY_OTHER);
  memcpy(s.now.package, s.digest, sizeof s.digest);
  assert_int_equal(begin(&s), GS_OK); /* it is being written again */
  assert_true(s.out.continues);
}

static void earlier_rules_come_first(void **state) {
  (void)state;
  struct scene s = scene();
  s.now.state = gapseal_v1_State_STATE_TRIAL;
  s.f.m.fields.release = 1;
  assert_int_equal(begin(&s), GS_E_OLDER);
}

static void slot_is_free_to_choose_where_nothing_runs_and_nothing_is_written(void **state) {
  (void)state;
  struct scene s = scene();
  s.f.m.fields.variants[0].slots = 1; /* A; staging is B */
  assert_int_equal(begin(&s), GS_E_NO_VARIANT);
  s.d.has_running = false;
  assert_int_equal(begin(&s), GS_OK);
  assert_int_equal(s.out.staging_slot, 0);
  s.now.state = gapseal_v1_State_STATE_WRITING;
  assert_int_equal(begin(&s), GS_E_NO_VARIANT);
  assert_int_equal(s.out.staging_slot, 1);
  s = scene();
  s.d.has_running = false;
  assert_int_equal(begin(&s), GS_OK); /* for both slots: the device's */
  assert_int_equal(s.out.staging_slot, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_state_has_its_word),
      cmocka_unit_test(another_door_is_told_so_before_another_package),
      cmocka_unit_test(no_door_began_a_rollback),
      cmocka_unit_test(rejected_image_that_executes_keeps_its_slot),
      cmocka_unit_test(already_installed_is_said_at_an_end_only),
      cmocka_unit_test(earlier_rules_come_first),
      cmocka_unit_test(slot_is_free_to_choose_where_nothing_runs_and_nothing_is_written),
  };
  return gs_crypto_init() != GS_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
