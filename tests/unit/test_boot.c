/* SPDX-License-Identifier: Apache-2.0
 * What the boot decision does over several starts, and never does. Its rows, one by one, are in
 * test_boot_rows.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gapseal/boot.h"
#include "gapseal/config.h"
#include "gapseal/v1/record.pb.h"

#define READY gapseal_v1_State_STATE_READY
#define TRIAL gapseal_v1_State_STATE_TRIAL

/* Slot A is confirmed and fine; B is what STAGED and TRIAL are about, and fine. */
static struct gs_boot_input usual(int state) {
  return (struct gs_boot_input){.state = state,
                                .has_running = true,
                                .running_slot = 0,
                                .staging_slot = 1,
                                .attempts_left = GS_TRIAL_ATTEMPTS,
                                .slot = {GS_SLOT_ACCEPTED, GS_SLOT_ACCEPTED},
                                .cause = GS_RESET_POWER};
}

static struct gs_boot_output decide(const struct gs_boot_input *in) {
  struct gs_boot_output out;
  gs_boot_decide(in, &out);
  return out;
}

static void assert_action(const struct gs_boot_output *out, enum gs_boot_action action,
                          uint8_t slot) {
  assert_int_equal(out->action, action);
  assert_int_equal(out->slot, slot);
}

static void confirmed_image_runs_in_every_quiet_state(void **unused) {
  (void)unused;
  static const int states[] = {READY, gapseal_v1_State_STATE_WRITING,
                               gapseal_v1_State_STATE_CANDIDATE, gapseal_v1_State_STATE_REJECTED,
                               gapseal_v1_State_STATE_FAILED};
  for (unsigned i = 0; i < 5; i++) {
    for (unsigned slot = 0; slot < 2; slot++) {
      struct gs_boot_input in = usual(states[i]);
      in.running_slot = (uint8_t)slot;
      in.slot[1 - slot] = GS_SLOT_EMPTY;
      struct gs_boot_output out = decide(&in);
      assert_action(&out, GS_BOOT_RUN, (uint8_t)slot);
      assert_false(out.give_up || out.accept || out.switch_running || out.started);
      in.slot[slot] = GS_SLOT_VERIFIED; /* its acceptance record was lost */
      out = decide(&in);
      assert_int_equal(out.action, GS_BOOT_RUN);
    }
  }
}

static struct gs_boot_input started(enum gs_reset_cause cause) {
  struct gs_boot_input in = usual(TRIAL);
  in.started = true;
  in.cause = cause;
  return in;
}

static void power_losses_in_a_row_use_no_attempt_up_to_a_limit(void **unused) {
  (void)unused;
  struct gs_boot_input in = started(GS_RESET_POWER);
  for (unsigned i = 0; i < GS_TRIAL_POWER_LOSSES; i++) {
    struct gs_boot_output out = decide(&in);
    assert_false(out.attempt_lost);
    assert_int_equal(out.power_losses, i + 1u);
    in.power_losses = out.power_losses;
  }
  struct gs_boot_output out = decide(&in);
  assert_true(out.attempt_lost);
  assert_int_equal(out.attempts_left, GS_TRIAL_ATTEMPTS - 1u);
}

static void confirmed_image_that_keeps_crashing_ends_in_the_stub(void **unused) {
  (void)unused;
  struct gs_boot_input in = usual(READY);
  in.cause = GS_RESET_WATCHDOG;
  for (unsigned i = 1; i < GS_CRASHES_MAX; i++) {
    struct gs_boot_output out = decide(&in);
    assert_action(&out, GS_BOOT_RUN, 0);
    assert_int_equal(out.crashes, i);
    in.crashes = out.crashes;
  }
  struct gs_boot_output out = decide(&in);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_int_equal(out.reason, GS_E_CRASHES);
  assert_true(out.recovery);
  in.crashes = out.crashes;
  out = decide(&in);
  assert_int_equal(out.action, GS_BOOT_STUB);
  in.cause = GS_RESET_UNKNOWN; /* says nothing: as it was */
  out = decide(&in);
  assert_int_equal(out.action, GS_BOOT_STUB);
  in.cause = GS_RESET_POWER; /* a person switched it off and on */
  out = decide(&in);
  assert_action(&out, GS_BOOT_RUN, 0);
  assert_int_equal(out.crashes, 0);
}

/* Whatever the records say, nothing unverified is ever started. */
static void only_verified_slots_are_started(void **unused) {
  (void)unused;
  unsigned long seen = 0;
  for (unsigned n = 0; n < 8u * 1024u * 80u; n++) {
    unsigned x = n;
    struct gs_boot_input in = {.attempts_left = 2};
    in.state = (int)(x % 8u);
    x /= 8u;
    in.has_running = x & 1u;
    in.running_slot = x >> 1 & 1u;
    in.staging_slot = x >> 2 & 1u;
    in.rollback = x >> 3 & 1u;
    in.promised = x >> 4 & 1u;
    in.healthy = x >> 5 & 1u;
    in.started = x >> 6 & 1u;
    in.stay_requested = x >> 7 & 1u;
    in.store_lost = x >> 8 & 1u;
    in.crashes = x >> 9 & 1u ? GS_CRASHES_MAX : 0;
    x /= 1024u;
    in.slot[0] = (enum gs_slot_verdict)(x % 4u);
    in.slot[1] = (enum gs_slot_verdict)(x / 4u % 4u);
    in.cause = (enum gs_reset_cause)(x / 16u % 5u);
    struct gs_boot_output out = decide(&in);
    if (out.action == GS_BOOT_STUB) {
      continue;
    }
    seen++;
    assert_true(in.slot[out.slot] == GS_SLOT_VERIFIED || in.slot[out.slot] == GS_SLOT_ACCEPTED);
    assert_false(in.stay_requested || in.store_lost);
    assert_int_equal(out.started, out.action == GS_BOOT_TRY);
  }
  assert_true(seen > 10000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(confirmed_image_runs_in_every_quiet_state),
      cmocka_unit_test(power_losses_in_a_row_use_no_attempt_up_to_a_limit),
      cmocka_unit_test(confirmed_image_that_keeps_crashing_ends_in_the_stub),
      cmocka_unit_test(only_verified_slots_are_started),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
