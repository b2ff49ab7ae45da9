/* SPDX-License-Identifier: Apache-2.0
 * install, confirm, reject, rollback, cancel, reboot: what each needs, in every state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "session_host.h"

static struct session_host h;

static int fresh(void **state) {
  (void)state;
  host_init(&h);
  host_hello(&h);
  return 0;
}

static uint32_t decide(pb_size_t tag, bool right_nonce, pb_size_t package_len) {
  gapseal_v1_Request r = {.which_body = tag};
  gapseal_v1_DecideRequest *d = &r.body.confirm; /* the three share one shape */
  d->nonce.size = GS_NONCE_BYTES;
  if (right_nonce) {
    host_nonce(&h, d->nonce.bytes);
  }
  d->package.size = package_len;
  return host_ask(&h, &r);
}

static uint32_t with_nonce(pb_size_t tag, bool right) {
  gapseal_v1_Request r = {.which_body = tag};
  r.body.cancel.nonce.size = GS_NONCE_BYTES;
  if (right) {
    host_nonce(&h, r.body.cancel.nonce.bytes);
  }
  return host_ask(&h, &r);
}

static uint32_t install(void) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_install_tag};
  r.body.install.package.size = GS_DIGEST_BYTES;
  return host_ask(&h, &r);
}

static void a_decision_needs_nonce_and_package(void **state) {
  (void)state;
  const pb_size_t tags[] = {gapseal_v1_Request_confirm_tag, gapseal_v1_Request_reject_tag,
                            gapseal_v1_Request_rollback_tag};
  for (size_t i = 0; i < 3; i++) {
    uint32_t calls = fake.calls;
    assert_int_equal(decide(tags[i], false, 32), GS_E_NONCE);
    assert_int_equal(decide(tags[i], true, 31), GS_E_REQUEST_BAD);
    assert_int_equal(decide(tags[i], true, 0), GS_E_REQUEST_BAD);
    assert_int_equal(fake.calls, calls);
    assert_int_equal(decide(tags[i], true, 32), GS_OK);
    assert_int_equal(fake.calls, calls + 1);
  }
  assert_int_equal(fake.refusals, 9);
}

static void a_nonce_is_used_up_by_the_request_that_used_it(void **state) {
  (void)state;
  uint8_t first[GS_NONCE_BYTES], second[GS_NONCE_BYTES];
  host_nonce(&h, first);
  assert_int_equal(decide(gapseal_v1_Request_confirm_tag, false, 32), GS_E_NONCE);
  host_nonce(&h, second);
  assert_memory_equal(first, second, sizeof first);
  fake.confirm = GS_E_NOT_HEALTHY;
  assert_int_equal(decide(gapseal_v1_Request_confirm_tag, true, 32), GS_E_NOT_HEALTHY);
  host_nonce(&h, second);
  assert_memory_not_equal(first, second, sizeof first);
}

static void the_engines_refusals_are_passed_on(void **state) {
  (void)state;
  fake.confirm = GS_E_DIGEST;
  fake.reject = GS_E_STATE;
  fake.rollback = GS_E_ROLLBACK_FLOOR;
  fake.cancel = GS_E_STATE;
  assert_int_equal(decide(gapseal_v1_Request_confirm_tag, true, 32), GS_E_DIGEST);
  assert_int_equal(decide(gapseal_v1_Request_reject_tag, true, 32), GS_E_STATE);
  assert_int_equal(decide(gapseal_v1_Request_rollback_tag, true, 32), GS_E_ROLLBACK_FLOOR);
  assert_int_equal(with_nonce(gapseal_v1_Request_cancel_tag, true), GS_E_STATE);
  assert_int_equal(fake.refusals, 4);
}

static void cancel_ends_the_flow(void **state) {
  (void)state;
  host_begin(&h, 2 * HOST_BLOCK);
  host_needs(&h, 1024);
  assert_int_equal(with_nonce(gapseal_v1_Request_cancel_tag, true), GS_OK);
  assert_int_equal(h.session.flow.state, GS_FLOW_CLOSED);
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_needs_tag};
  r.body.needs.frame_data = 100;
  assert_int_equal(host_ask(&h, &r), GS_E_STATE);
}

static void install_needs_what_was_accepted(void **state) {
  (void)state;
  for (int s = gapseal_v1_State_STATE_READY; s <= gapseal_v1_State_STATE_FAILED; s++) {
    fake.state.state = (gapseal_v1_State)s;
    bool may = s >= gapseal_v1_State_STATE_WRITING && s <= gapseal_v1_State_STATE_STAGED;
    uint32_t calls = fake.calls;
    assert_int_equal(install(), may ? GS_OK : GS_E_STATE);
    assert_int_equal(fake.calls, calls + may);
  }
  fake.state.state = gapseal_v1_State_STATE_CANDIDATE;
  fake.state.staged_package[5] = 1;
  assert_int_equal(install(), GS_E_DIGEST);
}

static void a_reboot_nobody_owes_waits_after_a_start(void **state) {
  (void)state;
  assert_int_equal(with_nonce(gapseal_v1_Request_reboot_tag, false), GS_E_NONCE);
  uint8_t before[GS_NONCE_BYTES];
  host_nonce(&h, before);
  assert_int_equal(with_nonce(gapseal_v1_Request_reboot_tag, true), GS_E_RATE);
  assert_memory_equal(before, h.session.nonce, sizeof before);
  assert_false(gs_session_wants_reset(&h.session));
  host_pass(&h, GS_REBOOT_HOLDOFF_MS);
  assert_int_equal(with_nonce(gapseal_v1_Request_reboot_tag, false), GS_E_NONCE);
  assert_int_equal(with_nonce(gapseal_v1_Request_reboot_tag, true), GS_OK);
  assert_true(gs_session_wants_reset(&h.session));
}

static void a_reboot_that_an_install_owes_does_not_wait(void **state) {
  (void)state;
  fake.state.state = gapseal_v1_State_STATE_CANDIDATE;
  assert_int_equal(install(), GS_OK);
  host_hello(&h); /* even from a host that came later */
  assert_int_equal(with_nonce(gapseal_v1_Request_reboot_tag, true), GS_OK);
  assert_true(h.session.reset);
}

static void a_reboot_that_a_reject_or_rollback_owes_does_not_wait(void **state) {
  (void)state;
  assert_int_equal(decide(gapseal_v1_Request_reject_tag, true, 32), GS_OK);
  assert_int_equal(with_nonce(gapseal_v1_Request_reboot_tag, true), GS_OK);
}

static void the_reset_comes_after_the_reply(void **state) {
  (void)state;
  uint8_t out[4];
  size_t given = 0;
  size_t n;
  fake.state.state = gapseal_v1_State_STATE_STAGED;
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_reboot_tag};
  r.body.reboot.nonce.size = GS_NONCE_BYTES;
  host_nonce(&h, r.body.reboot.nonce.bytes);
  host_send(&h, &r, NULL, 0);
  gs_session_step(&h.session, h.now_ms);
  assert_false(gs_session_wants_reset(&h.session));
  assert_int_equal(gs_session_output(&h.session, out, sizeof out), sizeof out);
  assert_false(gs_session_wants_reset(&h.session));
  while ((n = gs_session_output(&h.session, out, sizeof out)) > 0) {
    given += n;
  }
  assert_true(given > 4);
  assert_true(gs_session_wants_reset(&h.session));
  /* Whatever comes now belongs to the next start. */
  host_block(&h, 0, 0, 0, 0, 10);
  host_step(&h);
  assert_true(gs_session_wants_reset(&h.session));
}

/* Every request in every state is answered once, and nothing is changed that needs a nonce. */
static void every_request_in_every_state_has_one_answer(void **state) {
  (void)state;
  for (int s = gapseal_v1_State_STATE_READY; s <= gapseal_v1_State_STATE_FAILED; s++) {
    for (pb_size_t tag = gapseal_v1_Request_hello_tag; tag <= gapseal_v1_Request_receipt_tag;
         tag++) {
      gapseal_v1_Request r = {.which_body = tag};
      host_hello(&h);
      fake.state.state = (gapseal_v1_State)s;
      fake.calls = 0;
      (void)host_ask(&h, &r);
      assert_int_equal(fake.calls, 0);
      assert_int_equal(fake.state.state, s);
    }
  }
}

int main(void) {
#define T(name) cmocka_unit_test_setup(name, fresh)
  const struct CMUnitTest tests[] = {
      T(a_decision_needs_nonce_and_package),
      T(a_nonce_is_used_up_by_the_request_that_used_it),
      T(the_engines_refusals_are_passed_on),
      T(cancel_ends_the_flow),
      T(install_needs_what_was_accepted),
      T(a_reboot_nobody_owes_waits_after_a_start),
      T(a_reboot_that_an_install_owes_does_not_wait),
      T(a_reboot_that_a_reject_or_rollback_owes_does_not_wait),
      T(the_reset_comes_after_the_reply),
      T(every_request_in_every_state_has_one_answer),
  };
#undef T
  return cmocka_run_group_tests(tests, NULL, NULL);
}
