/* SPDX-License-Identifier: Apache-2.0
 * The table of the install: no way leads nowhere, and every way can end.
 */
#include <string.h>

#include "install.h"
#include "unit.h"

#define EVENTS ((int)GSH_IS_FAIL + 1)

static bool is_end(enum gsh_step step) {
  return step == GSH_STEP_DONE || step == GSH_STEP_FAILED;
}

static void every_step_can_fail_and_nothing_follows_the_end(void **state) {
  (void)state;
  for (int s = 0; s < GSH_STEP_COUNT; s++) {
    assert_int_equal(gsh_install_next((enum gsh_step)s, GSH_IS_FAIL), GSH_STEP_FAILED);
  }
  for (int e = 0; e < (int)GSH_IS_FAIL; e++) {
    assert_int_equal(gsh_install_next(GSH_STEP_DONE, (enum gsh_install_event)e), GSH_STEP_COUNT);
    assert_int_equal(gsh_install_next(GSH_STEP_FAILED, (enum gsh_install_event)e), GSH_STEP_COUNT);
  }
}

static void every_step_is_reached_from_the_first(void **state) {
  (void)state;
  bool reached[GSH_STEP_COUNT] = {[GSH_STEP_LOOK] = true};
  for (int round = 0; round < GSH_STEP_COUNT; round++) {
    for (int s = 0; s < GSH_STEP_COUNT; s++) {
      for (int e = 0; reached[s] && e < EVENTS; e++) {
        enum gsh_step next = gsh_install_next((enum gsh_step)s, (enum gsh_install_event)e);
        if (next != GSH_STEP_COUNT) {
          reached[next] = true;
        }
      }
    }
  }
  for (int s = 0; s < GSH_STEP_COUNT; s++) {
    assert_true(reached[s]);
  }
}

static void success_is_reached_through_the_receipt_alone(void **state) {
  (void)state;
  for (int s = 0; s < GSH_STEP_COUNT; s++) {
    for (int e = 0; e < EVENTS; e++) {
      if (gsh_install_next((enum gsh_step)s, (enum gsh_install_event)e) == GSH_STEP_DONE) {
        assert_int_equal(s, GSH_STEP_OUTCOME);
        assert_int_equal(e, GSH_IS_OK);
      }
    }
  }
}

static void every_step_before_the_end_leads_on(void **state) {
  (void)state;
  for (int s = 0; s < GSH_STEP_COUNT; s++) {
    bool leads = is_end((enum gsh_step)s);
    for (int e = 0; e < (int)GSH_IS_FAIL; e++) {
      leads =
          leads || gsh_install_next((enum gsh_step)s, (enum gsh_install_event)e) != GSH_STEP_COUNT;
    }
    assert_true(leads);
    assert_true(strlen(gsh_step_name((enum gsh_step)s)) > 0);
  }
}

static void blocks_are_sent_only_after_check_and_begin(void **state) {
  (void)state;
  for (int s = 0; s < GSH_STEP_COUNT; s++) {
    for (int e = 0; e < EVENTS; e++) {
      enum gsh_step next = gsh_install_next((enum gsh_step)s, (enum gsh_install_event)e);
      if (next == GSH_STEP_SEND) {
        assert_true(s == GSH_STEP_BEGIN || s == GSH_STEP_FINISH);
      }
      if (next == GSH_STEP_BEGIN) {
        assert_int_equal(s, GSH_STEP_CHECK);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_step_can_fail_and_nothing_follows_the_end),
      cmocka_unit_test(every_step_is_reached_from_the_first),
      cmocka_unit_test(success_is_reached_through_the_receipt_alone),
      cmocka_unit_test(every_step_before_the_end_leads_on),
      cmocka_unit_test(blocks_are_sent_only_after_check_and_begin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
