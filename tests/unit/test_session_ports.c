/* SPDX-License-Identifier: Apache-2.0
 * The port to copy refuses everything, names have ids, and the small profile holds a session.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "port_null.h"
#include "profile_mcu.h"

static void the_null_port_fails_in_every_function(void **state) {
  (void)state;
  const struct gs_port *p = &gs_port_null;
  uint8_t bytes[64] = {0};
  assert_int_equal(p->read(p->ctx, GS_AREA_STATE, 0, bytes, 4), GS_E_FLASH_READ);
  assert_int_equal(p->program(p->ctx, GS_AREA_STATE, 0, bytes, 4), GS_E_FLASH_PROGRAM);
  assert_int_equal(p->erase(p->ctx, GS_AREA_STATE, 0), GS_E_FLASH_ERASE);
  assert_int_equal(p->entropy(p->ctx, bytes, sizeof bytes), GS_E_NO_RANDOM);
  assert_int_equal(p->sign(p->ctx, bytes, bytes), GS_E_CRYPTO);
  assert_null(p->counter_read);
  assert_null(p->counter_raise);
  for (int i = 0; i < GS_AREA_COUNT; i++) {
    assert_true(p->geometry[i].size >= 2 * p->geometry[i].erase_size);
  }
}

static void an_engine_over_the_null_port_does_not_start(void **state) {
  (void)state;
  static struct gs_mcu_memory memory;
  static struct gs_engine engine;
  const struct gs_engine_memory m = gs_mcu_engine_memory(&memory);
  assert_int_equal(gs_engine_init(&engine, &gs_port_null, &m), GS_OK);
  assert_int_not_equal(gs_engine_start(&engine), GS_OK);
}

static void the_small_profile_is_enough_for_a_session(void **state) {
  (void)state;
  static struct gs_mcu_memory memory;
  static struct gs_engine engine;
  static struct gs_session session;
  const struct gs_engine_memory em = gs_mcu_engine_memory(&memory);
  const struct gs_session_memory sm = gs_mcu_session_memory(&memory);
  assert_int_equal(gs_crypto_init(), GS_OK);
  assert_int_equal(gs_engine_init(&engine, &gs_port_null, &em), GS_OK);
  assert_int_equal(gs_session_init(&session, &engine, &sm, 0), GS_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_null_port_fails_in_every_function),
      cmocka_unit_test(an_engine_over_the_null_port_does_not_start),
      cmocka_unit_test(the_small_profile_is_enough_for_a_session),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
