/* SPDX-License-Identifier: Apache-2.0
 * What a call says that came to no reply, by a clock of the test.
 */
#include "conn.h"

#include <string.h>

#include "clock.h"
#include "gapseal/crypto.h"
#include "unit.h"

uint64_t __wrap_gsh_clock_ms(void);

static unsigned looks; /* at the clock, since the request was sent */
static uint64_t later_ms;

uint64_t __wrap_gsh_clock_ms(void) {
  return looks++ > 0 ? later_ms : 0;
}

/* Send a request to somebody who says nothing, and let that time go by. */
static enum gs_status ask(uint64_t ms, struct gsh_error *err) {
  struct gsh_conn *c = NULL;
  struct gsh_conn_options options = {.timeout_ms = 5000};
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_finish_tag;
  looks = 0;
  later_ms = 0;
  assert_int_equal(gs_crypto_init(), GS_OK);
  assert_int_equal(gsh_conn_open("exec:cat >/dev/null", &options, &c, err), GS_OK);
  looks = 0;
  later_ms = ms;
  enum gs_status status = gsh_conn_call(c, &request, NULL, 0, 0, err);
  gsh_conn_close(c);
  return status;
}

static void work_without_an_end_says_who_can_end_it(void **state) {
  (void)state;
  struct gsh_error err = {0};
  assert_int_equal(ask(GSH_CLIENT_WORK_MS_MAX, &err), GS_E_PROTOCOL);
  assert_non_null(strstr(err.what, "worked on one request for 20 minutes"));
  assert_non_null(strstr(err.next_step, "start the device anew"));
  assert_non_null(strstr(err.next_step, "ask its maker"));
}

static void silence_is_no_answer(void **state) {
  (void)state;
  struct gsh_error err = {0};
  assert_int_equal(ask(GSH_CLIENT_WORK_MS_MAX - 1, &err), GS_E_LINK_TIMEOUT);
  assert_non_null(strstr(err.what, "no answer from a recovery stub"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(work_without_an_end_says_who_can_end_it),
      cmocka_unit_test(silence_is_no_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
