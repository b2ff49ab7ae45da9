/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "log_entry.h"
#include "status.h"
#include "unit.h"

static struct gs_log_entry example(void) {
  struct gs_log_entry e;
  memset(&e, 0, sizeof e);
  e.sequence = 0x01020304;
  e.boot_count = 0x05060708;
  e.event = GS_LOG_CONFIRM;
  e.status = GS_E_REJECTED;
  e.release = 8;
  e.security_version = 4;
  e.floor = 4;
  e.extra = 0xFFFFFFFFu;
  e.door = GS_DOOR_WIRE;
  e.slot = 0xFF;
  memset(e.package, 0x5a, sizeof e.package);
  memset(e.chain, 0xa5, sizeof e.chain);
  return e;
}

static void entry_round_trip(void **state) {
  (void)state;
  struct gs_log_entry e = example();
  struct gs_log_entry again;
  memset(&again, 0, sizeof again);
  uint8_t out[GS_LOG_ENTRY_BYTES];
  gs_log_entry_encode(&e, out);
  assert_true(gs_log_entry_decode(out, &again));
  uint8_t same[GS_LOG_ENTRY_BYTES];
  gs_log_entry_encode(&again, same);
  assert_memory_equal(same, out, sizeof same);
  assert_int_equal(again.status, GS_E_REJECTED);
  assert_int_equal(again.slot, 0xFF);
}

static void entry_lies_as_specified(void **state) {
  (void)state;
  struct gs_log_entry e = example();
  uint8_t out[GS_LOG_ENTRY_BYTES];
  const uint8_t head[32] = {4, 3, 2, 1, 8, 7, 6, 5, 8,    0,    161,  0,    8, 0,    0, 0,
                            4, 0, 0, 0, 4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0xFF, 0, 0};
  gs_log_entry_encode(&e, out);
  assert_memory_equal(out, head, sizeof head);
  assert_int_equal(out[32], 0x5a);
  assert_int_equal(out[GS_LOG_CHAINED_BYTES - 1], 0x5a);
  assert_int_equal(out[GS_LOG_CHAINED_BYTES], 0xa5);
}

static void entry_with_reserved_bytes_is_refused(void **state) {
  (void)state;
  struct gs_log_entry e = example();
  uint8_t out[GS_LOG_ENTRY_BYTES];
  gs_log_entry_encode(&e, out);
  out[30] = 1;
  assert_false(gs_log_entry_decode(out, &e));
  out[30] = 0;
  out[31] = 0x80;
  assert_false(gs_log_entry_decode(out, &e));
}

static void events_have_numbers_and_names_of_their_own(void **state) {
  (void)state;
  static const struct {
    int number;
    const char *name;
  } events[] = {
#define ROW(number, NAME, name, text) {number, name},
      GS_LOG_EVENTS(ROW)
#undef ROW
  };
  for (size_t i = 0; i < COUNT(events); i++) {
    assert_int_equal(events[i].number, i + 1);
    for (size_t j = 0; j < i; j++) {
      assert_string_not_equal(events[i].name, events[j].name);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(entry_round_trip),
      cmocka_unit_test(entry_lies_as_specified),
      cmocka_unit_test(entry_with_reserved_bytes_is_refused),
      cmocka_unit_test(events_have_numbers_and_names_of_their_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
