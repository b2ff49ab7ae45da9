/* SPDX-License-Identifier: Apache-2.0
 * The rows of docs/spec/boot.md, "What the start before costs" and "Decision": one test for each
 * row, and for each value that a condition of it can take.
 */
#include "gapseal/boot.h"
#include "gapseal/config.h"
#include "gapseal/v1/record.pb.h"
#include "unit.h"

enum {
  READY = gapseal_v1_State_STATE_READY,
  STAGED = gapseal_v1_State_STATE_STAGED,
  TRIAL = gapseal_v1_State_STATE_TRIAL
};
enum {
  UNKNOWN = GS_RESET_UNKNOWN,
  POWER = GS_RESET_POWER,
  REQUESTED = GS_RESET_REQUESTED,
  CRASH = GS_RESET_CRASH,
  WATCHDOG = GS_RESET_WATCHDOG
};
enum { EMPTY = GS_SLOT_EMPTY, BAD = GS_SLOT_BAD, NEW = GS_SLOT_VERIFIED, FINE = GS_SLOT_ACCEPTED };
enum {
  ATTEMPTS = GS_TRIAL_ATTEMPTS,
  UNTOLD = GS_TRIAL_ATTEMPTS_UNTOLD,
  LOSSES = GS_TRIAL_POWER_LOSSES,
  CRASHES = GS_CRASHES_MAX
};

/* What the records and the port say besides. A runs, B is staged or on trial, unless named. */
enum {
  STARTED = 1,  /* the trial was, and that start has ended */
  HEALTHY = 2,  /* it said so */
  ROLLBACK = 4, /* STAGED is the way back */
  PROMISED = 8, /* last-good may be returned to */
  STAY = 16,    /* the stub is asked to stay */
  LOST = 32,    /* the records are */
  NOTHING = 64, /* is confirmed */
  RUNS_B = 128, /* B is the confirmed one */
};

/* What is decided besides. An image that is tried is recorded as started. */
enum { ACCEPTS = 1, GIVES_UP = 2, COSTS = 4, SWITCHES = 8, RECOVERS = 16 };
enum { STUB_A, STUB_B, RUN_A, RUN_B, TRY_A, TRY_B };

struct counts {
  unsigned attempts_left, power_losses, crashes;
};

struct row {
  const char *name;
  struct {
    int state, cause;
    int slot[2];
    unsigned flags;
    struct counts counts;
  } in;
  struct {
    unsigned what, flags;
    enum gs_status reason;
    struct counts counts;
  } out;
};

static const struct row rows[] = {
    /* What the start before costs: a start of the trial. */
    {"crash_costs_an_attempt",
     {TRIAL, CRASH, {FINE, FINE}, STARTED, {2, 0, 0}},
     {TRY_B, COSTS, GS_OK, {1, 0, 0}}},
    {"watchdog_costs_an_attempt",
     {TRIAL, WATCHDOG, {FINE, FINE}, STARTED, {2, 0, 0}},
     {TRY_B, COSTS, GS_OK, {1, 0, 0}}},
    {"crash_after_healthy_costs_an_attempt",
     {TRIAL, CRASH, {FINE, FINE}, STARTED | HEALTHY, {2, 0, 0}},
     {TRY_B, COSTS, GS_OK, {1, 0, 0}}},
    {"watchdog_after_healthy_costs_an_attempt",
     {TRIAL, WATCHDOG, {FINE, FINE}, STARTED | HEALTHY, {2, 0, 0}},
     {TRY_B, COSTS, GS_OK, {1, 0, 0}}},
    {"crash_ends_a_row_of_power_losses",
     {TRIAL, CRASH, {FINE, FINE}, STARTED, {2, 9, 0}},
     {TRY_B, COSTS, GS_OK, {1, 0, 0}}},
    {"attempt_is_never_less_than_none",
     {TRIAL, CRASH, {FINE, FINE}, STARTED, {0, 0, 0}},
     {RUN_A, COSTS | GIVES_UP, GS_E_NOT_STARTED, {0, 0, 0}}},
    {"power_loss_of_a_healthy_trial_costs_nothing",
     {TRIAL, POWER, {FINE, FINE}, STARTED | HEALTHY, {2, LOSSES, 0}},
     {TRY_B, 0, GS_OK, {2, 0, 0}}},
    {"requested_reset_of_a_healthy_trial_costs_nothing",
     {TRIAL, REQUESTED, {FINE, FINE}, STARTED | HEALTHY, {2, 9, 0}},
     {TRY_B, 0, GS_OK, {2, 0, 0}}},
    {"unknown_reset_of_a_healthy_trial_costs_nothing",
     {TRIAL, UNKNOWN, {FINE, FINE}, STARTED | HEALTHY, {2, 9, 0}},
     {TRY_B, 0, GS_OK, {2, 0, 0}}},
    {"requested_reset_costs_nothing",
     {TRIAL, REQUESTED, {FINE, FINE}, STARTED, {2, 9, 0}},
     {TRY_B, 0, GS_OK, {2, 0, 0}}},
    {"power_loss_costs_nothing",
     {TRIAL, POWER, {FINE, FINE}, STARTED, {2, 0, 0}},
     {TRY_B, 0, GS_OK, {2, 1, 0}}},
    {"last_power_loss_of_a_row_costs_nothing",
     {TRIAL, POWER, {FINE, FINE}, STARTED, {2, LOSSES - 1u, 0}},
     {TRY_B, 0, GS_OK, {2, LOSSES, 0}}},
    {"one_power_loss_more_costs_an_attempt",
     {TRIAL, POWER, {FINE, FINE}, STARTED, {2, LOSSES, 0}},
     {TRY_B, COSTS, GS_OK, {1, LOSSES, 0}}},
    {"unknown_reset_costs_an_attempt",
     {TRIAL, UNKNOWN, {FINE, FINE}, STARTED, {2, 0, 0}},
     {TRY_B, COSTS, GS_OK, {1, 0, 0}}},
    /* Anything else: of the confirmed image, or of the stub. */
    {"crash_is_counted", {READY, CRASH, {FINE, FINE}, 0, {0, 0, 3}}, {RUN_A, 0, GS_OK, {0, 0, 4}}},
    {"watchdog_is_counted",
     {READY, WATCHDOG, {FINE, FINE}, 0, {0, 0, 3}},
     {RUN_A, 0, GS_OK, {0, 0, 4}}},
    {"power_loss_forgets_crashes",
     {READY, POWER, {FINE, FINE}, 0, {0, 0, 3}},
     {RUN_A, 0, GS_OK, {0, 0, 0}}},
    {"requested_reset_forgets_crashes",
     {READY, REQUESTED, {FINE, FINE}, 0, {0, 0, 3}},
     {RUN_A, 0, GS_OK, {0, 0, 0}}},
    {"unknown_reset_changes_no_count",
     {READY, UNKNOWN, {FINE, FINE}, 0, {0, 0, 3}},
     {RUN_A, 0, GS_OK, {0, 0, 3}}},
    {"count_of_crashes_ends",
     {READY, CRASH, {FINE, FINE}, 0, {0, 0, CRASHES}},
     {STUB_A, RECOVERS, GS_E_CRASHES, {0, 0, CRASHES}}},
    {"crash_before_the_trial_started_is_not_the_trials",
     {TRIAL, CRASH, {FINE, FINE}, 0, {2, 0, 0}},
     {TRY_B, 0, GS_OK, {2, 0, 1}}},
    {"start_of_no_trial_costs_no_attempt",
     {READY, CRASH, {FINE, FINE}, STARTED, {2, 0, 3}},
     {RUN_A, 0, GS_OK, {2, 0, 4}}},
    /* Decision. */
    {"lost_records_keep_the_stub",
     {READY, POWER, {FINE, FINE}, LOST, {0, 0, 0}},
     {STUB_A, RECOVERS, GS_E_STORE_LOST, {0, 0, 0}}},
    {"lost_records_keep_the_stub_also_on_trial",
     {TRIAL, CRASH, {FINE, FINE}, STARTED | LOST, {2, 0, 0}},
     {STUB_A, RECOVERS, GS_E_STORE_LOST, {2, 0, 0}}},
    {"trial_of_a_bad_slot_is_given_up",
     {TRIAL, REQUESTED, {FINE, BAD}, STARTED, {2, 0, 0}},
     {RUN_A, GIVES_UP, GS_E_IMAGE_BAD, {2, 0, 0}}},
    {"trial_of_an_empty_slot_is_given_up",
     {TRIAL, REQUESTED, {FINE, EMPTY}, STARTED, {2, 0, 0}},
     {RUN_A, GIVES_UP, GS_E_IMAGE_BAD, {2, 0, 0}}},
    {"trial_without_attempts_is_given_up",
     {TRIAL, REQUESTED, {FINE, FINE}, STARTED, {0, 0, 0}},
     {RUN_A, GIVES_UP, GS_E_NOT_STARTED, {0, 0, 0}}},
    {"trial_that_lost_its_last_attempt_is_given_up",
     {TRIAL, CRASH, {FINE, FINE}, STARTED, {1, 0, 0}},
     {RUN_A, COSTS | GIVES_UP, GS_E_NOT_STARTED, {0, 0, 0}}},
    {"bad_slot_is_told_before_missing_attempts",
     {TRIAL, REQUESTED, {FINE, BAD}, STARTED, {0, 0, 0}},
     {RUN_A, GIVES_UP, GS_E_IMAGE_BAD, {0, 0, 0}}},
    {"trial_waits_where_the_stub_is_asked_to_stay",
     {TRIAL, REQUESTED, {FINE, FINE}, STARTED | STAY, {2, 0, 0}},
     {STUB_B, 0, GS_OK, {2, 0, 0}}},
    {"trial_without_attempts_is_given_up_also_where_the_stub_stays",
     {TRIAL, REQUESTED, {FINE, FINE}, STARTED | STAY, {0, 0, 0}},
     {STUB_A, GIVES_UP, GS_E_NOT_STARTED, {0, 0, 0}}},
    {"trial_is_started",
     {TRIAL, REQUESTED, {FINE, NEW}, STARTED, {2, 0, 0}},
     {TRY_B, 0, GS_OK, {2, 0, 0}}},
    {"rollback_to_a_bad_slot_is_given_up",
     {STAGED, POWER, {FINE, BAD}, ROLLBACK | PROMISED, {0, 0, 0}},
     {RUN_A, GIVES_UP, GS_E_ROLLBACK_CORRUPT, {0, 0, 0}}},
    {"rollback_to_an_empty_slot_is_given_up",
     {STAGED, POWER, {FINE, EMPTY}, ROLLBACK | PROMISED, {0, 0, 0}},
     {RUN_A, GIVES_UP, GS_E_ROLLBACK_CORRUPT, {0, 0, 0}}},
    {"rollback_waits_where_the_stub_is_asked_to_stay",
     {STAGED, POWER, {FINE, FINE}, ROLLBACK | PROMISED | STAY, {0, 0, 0}},
     {STUB_B, 0, GS_OK, {0, 0, 0}}},
    {"rollback_makes_last_good_the_running_one",
     {STAGED, UNKNOWN, {FINE, FINE}, ROLLBACK | PROMISED, {0, 0, 5}},
     {RUN_B, SWITCHES, GS_E_ROLLED_BACK, {0, 0, 0}}},
    {"staged_bad_slot_is_given_up",
     {STAGED, POWER, {FINE, BAD}, 0, {0, 0, 0}},
     {RUN_A, GIVES_UP, GS_E_IMAGE_BAD, {0, 0, 0}}},
    {"staged_empty_slot_is_given_up",
     {STAGED, POWER, {FINE, EMPTY}, 0, {0, 0, 0}},
     {RUN_A, GIVES_UP, GS_E_IMAGE_BAD, {0, 0, 0}}},
    {"staged_image_waits_where_the_stub_is_asked_to_stay",
     {STAGED, POWER, {FINE, FINE}, STAY, {0, 0, 0}},
     {STUB_B, 0, GS_OK, {0, 0, 0}}},
    {"staged_image_is_accepted_and_started",
     {STAGED, POWER, {FINE, NEW}, 0, {0, 7, 0}},
     {TRY_B, ACCEPTS, GS_OK, {ATTEMPTS, 0, 0}}},
    {"staged_image_gets_more_attempts_where_the_port_cannot_tell",
     {STAGED, UNKNOWN, {FINE, FINE}, 0, {0, 0, 0}},
     {TRY_B, ACCEPTS, GS_OK, {UNTOLD, 0, 0}}},
    {"nothing_confirmed_keeps_the_stub",
     {READY, POWER, {FINE, FINE}, NOTHING, {0, 0, 0}},
     {STUB_A, RECOVERS, GS_E_NOT_FOUND, {0, 0, 0}}},
    {"nothing_confirmed_after_giving_up_tells_why_it_was",
     {STAGED, POWER, {FINE, BAD}, NOTHING, {0, 0, 0}},
     {STUB_A, RECOVERS | GIVES_UP, GS_E_IMAGE_BAD, {0, 0, 0}}},
    {"fine_image_that_crashed_too_often_keeps_the_stub",
     {READY, CRASH, {FINE, FINE}, 0, {0, 0, CRASHES - 1u}},
     {STUB_A, RECOVERS, GS_E_CRASHES, {0, 0, CRASHES}}},
    {"fine_image_that_crashed_once_less_runs",
     {READY, CRASH, {FINE, FINE}, 0, {0, 0, CRASHES - 2u}},
     {RUN_A, 0, GS_OK, {0, 0, CRASHES - 1u}}},
    {"fine_image_runs", {READY, POWER, {FINE, FINE}, 0, {0, 0, 0}}, {RUN_A, 0, GS_OK, {0, 0, 0}}},
    {"fine_image_in_b_runs",
     {READY, POWER, {FINE, FINE}, RUNS_B, {0, 0, 0}},
     {RUN_B, 0, GS_OK, {0, 0, 0}}},
    {"image_without_an_acceptance_record_runs",
     {READY, POWER, {NEW, FINE}, 0, {0, 0, 0}},
     {RUN_A, 0, GS_OK, {0, 0, 0}}},
    {"fine_image_waits_where_the_stub_is_asked_to_stay",
     {READY, POWER, {FINE, FINE}, STAY, {0, 0, 0}},
     {STUB_A, 0, GS_OK, {0, 0, 0}}},
    {"bad_image_gives_way_to_a_promised_last_good",
     {READY, UNKNOWN, {BAD, FINE}, PROMISED, {0, 0, 5}},
     {RUN_B, SWITCHES, GS_E_IMAGE_BAD, {0, 0, 0}}},
    {"empty_slot_gives_way_to_a_promised_last_good",
     {READY, POWER, {EMPTY, FINE}, PROMISED, {0, 0, 0}},
     {RUN_B, SWITCHES, GS_E_IMAGE_BAD, {0, 0, 0}}},
    {"bad_image_in_b_gives_way_to_a",
     {READY, POWER, {FINE, BAD}, RUNS_B | PROMISED, {0, 0, 0}},
     {RUN_A, SWITCHES, GS_E_IMAGE_BAD, {0, 0, 0}}},
    {"last_good_that_is_not_promised_is_not_run",
     {READY, POWER, {BAD, FINE}, 0, {0, 0, 0}},
     {STUB_A, RECOVERS, GS_E_IMAGE_BAD, {0, 0, 0}}},
    {"bad_last_good_is_not_run",
     {READY, POWER, {BAD, BAD}, PROMISED, {0, 0, 0}},
     {STUB_A, RECOVERS, GS_E_IMAGE_BAD, {0, 0, 0}}},
};

static struct gs_boot_input input_of(const struct row *row) {
  unsigned flags = row->in.flags;
  return (struct gs_boot_input){
      .state = row->in.state,
      .store_lost = (flags & LOST) != 0,
      .has_running = (flags & NOTHING) == 0,
      .running_slot = (flags & RUNS_B) != 0,
      .staging_slot = (flags & RUNS_B) == 0,
      .rollback = (flags & ROLLBACK) != 0,
      .promised = (flags & PROMISED) != 0,
      .healthy = (flags & HEALTHY) != 0,
      .started = (flags & STARTED) != 0,
      .attempts_left = (uint8_t)row->in.counts.attempts_left,
      .power_losses = (uint8_t)row->in.counts.power_losses,
      .crashes = (uint8_t)row->in.counts.crashes,
      .slot = {(enum gs_slot_verdict)row->in.slot[0], (enum gs_slot_verdict)row->in.slot[1]},
      .cause = (enum gs_reset_cause)row->in.cause,
      .stay_requested = (flags & STAY) != 0};
}

static void decide_row(void **state) {
  const struct row *row = *state;
  struct gs_boot_input in = input_of(row);
  struct gs_boot_output out;
  gs_boot_decide(&in, &out);
  assert_int_equal(out.action, row->out.what / 2);
  assert_int_equal(out.slot, row->out.what % 2);
  assert_int_equal(out.accept, (row->out.flags & ACCEPTS) != 0);
  assert_int_equal(out.give_up, (row->out.flags & GIVES_UP) != 0);
  assert_int_equal(out.attempt_lost, (row->out.flags & COSTS) != 0);
  assert_int_equal(out.switch_running, (row->out.flags & SWITCHES) != 0);
  assert_int_equal(out.recovery, (row->out.flags & RECOVERS) != 0);
  assert_int_equal(out.started, out.action == GS_BOOT_TRY);
  assert_int_equal(out.reason, row->out.reason);
  assert_int_equal(out.attempts_left, row->out.counts.attempts_left);
  assert_int_equal(out.power_losses, row->out.counts.power_losses);
  assert_int_equal(out.crashes, row->out.counts.crashes);
}

int main(void) {
  struct row copies[COUNT(rows)];
  struct CMUnitTest tests[COUNT(rows)];
  for (size_t i = 0; i < COUNT(rows); i++) {
    copies[i] = rows[i];
    tests[i] = (struct CMUnitTest){
        .name = rows[i].name, .test_func = decide_row, .initial_state = &copies[i]};
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
