/* SPDX-License-Identifier: Apache-2.0
 * What a receipt must say before a decision counts as carried out.
 */
#include <string.h>

#include "decide.h"
#include "host_internal.h"
#include "unit.h"

static gapseal_v1_DeviceState before;
static gapseal_v1_Receipt receipt;
static uint8_t ours[GS_DIGEST_BYTES], other[GS_DIGEST_BYTES];
static struct gsh_error err;
static bool failed;

static void put(gapseal_v1_SlotInfo *slot, const uint8_t *package) {
  slot->present = true;
  memcpy(slot->package, package, GS_DIGEST_BYTES);
}

/* Slot A holds the other image, slot B ours, which runs. */
static void fill(gapseal_v1_DeviceState *s, gapseal_v1_State state, uint32_t running_slot) {
  memset(s, 0, sizeof *s);
  s->state = state;
  s->running = gapseal_v1_Running_RUNNING_APPLICATION;
  s->running_slot = running_slot;
  put(&s->slot_a, other);
  put(&s->slot_b, ours);
}

static int prepare(void **state) {
  (void)state;
  memset(ours, 0x11, sizeof ours);
  memset(other, 0x22, sizeof other);
  memset(&receipt, 0, sizeof receipt);
  memcpy(receipt.package, ours, sizeof ours);
  return 0;
}

static enum gs_status judge(enum gsh_decision what) {
  return gsh_decision_judge(what, ours, &before, &receipt, &failed, &err);
}

static void confirmed(void) {
  fill(&before, gapseal_v1_State_STATE_TRIAL, 1);
  fill(&receipt.state, gapseal_v1_State_STATE_READY, 1);
  receipt.operation = gapseal_v1_Operation_OPERATION_INSTALL;
}

static void rejected(void) {
  fill(&before, gapseal_v1_State_STATE_TRIAL, 1);
  fill(&receipt.state, gapseal_v1_State_STATE_REJECTED, 0);
  receipt.operation = gapseal_v1_Operation_OPERATION_REJECT;
}

static void went_back(void) {
  fill(&before, gapseal_v1_State_STATE_READY, 1);
  fill(&receipt.state, gapseal_v1_State_STATE_READY, 0);
  receipt.operation = gapseal_v1_Operation_OPERATION_ROLLBACK;
  receipt.status = GS_E_ROLLED_BACK;
}

static void each_decision_is_proven_by_its_receipt(void **state) {
  (void)state;
  confirmed();
  assert_int_equal(judge(GSH_CONFIRM), GS_OK);
  rejected();
  assert_int_equal(judge(GSH_REJECT), GS_OK);
  went_back();
  assert_int_equal(judge(GSH_ROLLBACK), GS_OK);
  receipt.status = GS_OK;
  receipt.operation = gapseal_v1_Operation_OPERATION_UNSPECIFIED;
  assert_int_equal(judge(GSH_CANCEL), GS_OK);
  assert_false(failed);
}

static void a_failure_in_the_receipt_is_the_devices_word(void **state) {
  (void)state;
  went_back();
  receipt.status = GS_E_ROLLBACK_CORRUPT;
  fill(&receipt.state, gapseal_v1_State_STATE_REJECTED, 1);
  assert_int_equal(judge(GSH_ROLLBACK), GS_E_ROLLBACK_CORRUPT);
  assert_true(failed);
  receipt.status = GS_E_USAGE; /* ours to say, never a device's */
  assert_int_equal(judge(GSH_ROLLBACK), GS_E_RECEIPT_BAD);
  assert_false(failed);
  receipt.status = 99;
  assert_int_equal(judge(GSH_ROLLBACK), GS_E_RECEIPT_BAD);
}

static void a_receipt_of_something_else_proves_nothing(void **state) {
  (void)state;
  static const enum gsh_decision all[] = {GSH_CONFIRM, GSH_REJECT, GSH_ROLLBACK};
  static void (*const good[])(void) = {confirmed, rejected, went_back};
  for (size_t i = 0; i < COUNT(all); i++) {
    good[i]();
    memcpy(receipt.package, other, sizeof other);
    assert_int_equal(judge(all[i]), GS_E_RECEIPT_BAD);
    memcpy(receipt.package, ours, sizeof ours);
    receipt.operation = gapseal_v1_Operation_OPERATION_KEYRING;
    assert_int_equal(judge(all[i]), GS_E_RECEIPT_BAD);
    good[i]();
    receipt.status = GS_E_CANCELLED;
    assert_int_equal(judge(all[i]), GS_E_RECEIPT_BAD);
    receipt.status = GS_OK;
  }
}

static void what_runs_must_be_what_was_decided(void **state) {
  (void)state;
  confirmed();
  receipt.state.running_slot = 0;
  assert_int_equal(judge(GSH_CONFIRM), GS_E_RECEIPT_BAD);
  confirmed();
  receipt.state.state = gapseal_v1_State_STATE_TRIAL;
  assert_int_equal(judge(GSH_CONFIRM), GS_E_RECEIPT_BAD);
  rejected();
  receipt.state.running_slot = 1;
  assert_int_equal(judge(GSH_REJECT), GS_E_RECEIPT_BAD);
  went_back();
  receipt.state.running_slot = 1;
  assert_int_equal(judge(GSH_ROLLBACK), GS_E_RECEIPT_BAD);
  went_back();
  receipt.state.running = gapseal_v1_Running_RUNNING_STUB;
  assert_int_equal(judge(GSH_ROLLBACK), GS_E_RECEIPT_BAD);
  receipt.status = GS_OK;
  receipt.state.state = gapseal_v1_State_STATE_WRITING;
  assert_int_equal(judge(GSH_CANCEL), GS_E_RECEIPT_BAD);
}

/* One that does not answer while its application runs proves it from its stub. */
static void a_stub_proves_what_it_would_start(void **state) {
  (void)state;
  went_back();
  receipt.state.running = gapseal_v1_Running_RUNNING_STUB;
  receipt.state.confirmed = true;
  receipt.state.staging_slot = 1;
  assert_int_equal(judge(GSH_ROLLBACK), GS_OK);
  receipt.state.staging_slot = 0; /* the image to leave would start */
  assert_int_equal(judge(GSH_ROLLBACK), GS_E_RECEIPT_BAD);
  put(&before.slot_a, ours);
  put(&receipt.state.slot_a, ours);
  assert_int_equal(judge(GSH_ROLLBACK), GS_E_RECEIPT_BAD);
  receipt.state.staging_slot = 1;
  assert_int_equal(judge(GSH_ROLLBACK), GS_OK);
  receipt.status = GS_OK;
  rejected();
  receipt.state.running = gapseal_v1_Running_RUNNING_STUB;
  assert_int_equal(judge(GSH_REJECT), GS_OK);
}

static void a_device_is_left_alone_as_long_as_it_says_and_no_longer_than_10_s(void **state) {
  (void)state;
  static const struct {
    uint32_t told, quiet;
  } rows[] = {{0, 0}, {1, 1}, {9999, 9999}, {10000, 10000}, {10001, 10000}, {UINT32_MAX, 10000}};
  gapseal_v1_HelloReply hello = gapseal_v1_HelloReply_init_zero;
  assert_int_equal(gsh_device_quiet_ms(&hello), 1000);
  hello.has_port = true;
  assert_int_equal(gsh_device_quiet_ms(&hello), 1000);
  hello.port.has_stub_window_ms = true;
  for (size_t i = 0; i < COUNT(rows); i++) {
    hello.port.stub_window_ms = rows[i].told;
    assert_int_equal(gsh_device_quiet_ms(&hello), rows[i].quiet);
  }
}

/* After a reinstall both slots hold the same package: the slot tells what its digest cannot. */
static void twins_are_told_apart_by_their_slot(void **state) {
  (void)state;
  rejected();
  put(&before.slot_a, ours);
  put(&receipt.state.slot_a, ours);
  assert_int_equal(judge(GSH_REJECT), GS_OK);
  receipt.state.running_slot = 1;
  assert_int_equal(judge(GSH_REJECT), GS_E_RECEIPT_BAD);
  before.state = gapseal_v1_State_STATE_CANDIDATE; /* never started: nothing to leave */
  assert_int_equal(judge(GSH_REJECT), GS_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(each_decision_is_proven_by_its_receipt, prepare),
      cmocka_unit_test_setup(a_failure_in_the_receipt_is_the_devices_word, prepare),
      cmocka_unit_test_setup(a_receipt_of_something_else_proves_nothing, prepare),
      cmocka_unit_test_setup(what_runs_must_be_what_was_decided, prepare),
      cmocka_unit_test_setup(a_stub_proves_what_it_would_start, prepare),
      cmocka_unit_test(a_device_is_left_alone_as_long_as_it_says_and_no_longer_than_10_s),
      cmocka_unit_test_setup(twins_are_told_apart_by_their_slot, prepare),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
