/* SPDX-License-Identifier: Apache-2.0
 * Randomness from a factory seed, the mailbox, and what an application hears on its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "board.h"
#include "frame.h"
#include "gs_app.h"
#include "mailbox.h"
#include "random.h"
#include "uart.h"

/* The board of these tests: a mailbox in memory, a watchdog that counts, and a reset that returns.
 */
struct gs_mailbox gs_mailbox;
static unsigned fed;
static jmp_buf after_reset;

void gs_board_watchdog_feed(void) {
  fed++;
}

void gs_uart_flush(void) {
}

_Noreturn void gs_board_reset(void) {
  longjmp(after_reset, 1);
}

static const uint8_t seed[GS_FACTORY_SEED_BYTES] = {1, 2, 3};

static void first_bytes(const void *data, size_t len, uint8_t out[64]) {
  assert_int_equal(gs_random_begin(seed, data, len), GS_OK);
  assert_int_equal(gs_random(out, 64), GS_OK);
}

static void there_is_no_randomness_before_a_stream_begins(void **state) {
  (void)state;
  uint8_t out[4];
  assert_int_equal(gs_random(out, sizeof out), GS_E_NO_RANDOM);
}

static void a_stream_belongs_to_its_data_and_repeats_for_it(void **state) {
  (void)state;
  uint8_t a[64], again[64], b[64], other[64];
  first_bytes("hash a", 6, a);
  first_bytes("hash b", 6, b);
  first_bytes("hash a", 6, again);
  assert_memory_equal(a, again, sizeof a);
  assert_memory_not_equal(a, b, 32);
  assert_memory_not_equal(a, a + 32, 32); /* its blocks differ */
  static const uint8_t other_seed[GS_FACTORY_SEED_BYTES] = {1, 2, 4};
  assert_int_equal(gs_random_begin(other_seed, "hash a", 6), GS_OK);
  assert_int_equal(gs_random(other, sizeof other), GS_OK);
  assert_memory_not_equal(a, other, 32);
}

static void a_stream_goes_on_from_call_to_call(void **state) {
  (void)state;
  uint8_t first[7], second[7];
  assert_int_equal(gs_random_begin(seed, "x", 1), GS_OK);
  assert_int_equal(gs_random(first, sizeof first), GS_OK);
  assert_int_equal(gs_random(second, sizeof second), GS_OK);
  assert_memory_not_equal(first, second, sizeof first);
}

static void a_mailbox_holds_until_a_bit_of_it_is_lost(void **state) {
  (void)state;
  memset(&gs_mailbox, 0, sizeof gs_mailbox);
  assert_false(gs_mailbox_holds());
  memset(&gs_mailbox, 0xa5, sizeof gs_mailbox);
  assert_false(gs_mailbox_holds());
  gs_mailbox_end(GS_END_ASKED);
  assert_true(gs_mailbox_holds());
  assert_int_equal(gs_mailbox.end, GS_END_ASKED);
  for (size_t i = 0; i < sizeof gs_mailbox * 8u; i++) {
    uint8_t *byte = (uint8_t *)&gs_mailbox + i / 8u;
    *byte ^= (uint8_t)(1u << i % 8u);
    assert_false(gs_mailbox_holds());
    *byte ^= (uint8_t)(1u << i % 8u);
  }
  assert_true(gs_mailbox_holds());
}

static void tell_application(bool trial) {
  memset(&gs_mailbox, 0, sizeof gs_mailbox);
  gs_mailbox.running = 1;
  gs_mailbox.slot = 1;
  gs_mailbox.trial = trial;
  gs_mailbox.attempts = 2;
  gs_mailbox_seal();
  fed = 0;
}

static void on_trial_nothing_feeds_the_watchdog(void **state) {
  (void)state;
  struct gs_app_status status;
  tell_application(true);
  assert_true(gs_app_status(&status));
  assert_true(status.trial);
  assert_int_equal(status.slot, 1);
  assert_int_equal(status.attempts_left, 2);
  gs_app_alive();
  assert_int_equal(fed, 0);
  tell_application(false);
  gs_app_alive();
  assert_int_equal(fed, 1);
}

static void healthy_resets_on_trial_only(void **state) {
  (void)state;
  tell_application(false);
  gs_app_healthy();
  assert_int_equal(gs_mailbox.asks, GS_ASKS_HEALTHY);
  assert_true(gs_mailbox_holds());
  tell_application(true);
  if (setjmp(after_reset) == 0) {
    gs_app_healthy();
    fail_msg("it returned");
  }
  assert_int_equal(gs_mailbox.asks, GS_ASKS_HEALTHY | GS_ASKS_CONFIRM);
  assert_int_equal(gs_mailbox.end, GS_END_ASKED);
  assert_true(gs_mailbox_holds());
}

static bool hears(struct gs_app_ear *ear, const uint8_t *data, size_t len) {
  bool heard = false;
  for (size_t i = 0; i < len; i++) {
    heard = gs_app_hears(ear, data[i]) || heard;
  }
  return heard;
}

static void a_request_is_heard_and_nothing_else(void **state) {
  (void)state;
  struct gs_app_ear ear = {.at = 0};
  const uint8_t request[] = {GS_FRAME_REQUEST, 0, 4, 0, 8, 1, 18, 0};
  const uint8_t block[] = {GS_FRAME_BLOCK, 0, 0, 0, 1, 2, 3, 4};
  static const uint8_t text[] = "help\r\n";
  uint8_t frame[64];
  size_t len = gs_frame_encode(request, sizeof request, frame, sizeof frame);
  assert_true(len > 0);
  assert_true(hears(&ear, frame, len));
  assert_true(hears(&ear, frame, len));
  assert_false(hears(&ear, text, sizeof text)); /* with its zero */
  assert_false(hears(&ear, frame + 1, len - 1));
  assert_true(hears(&ear, frame, len)); /* the zero begins anew */
  len = gs_frame_encode(block, sizeof block, frame, sizeof frame);
  assert_false(hears(&ear, frame, len));
  assert_false(hears(&ear, (const uint8_t[]){2, 1, 2, 0, 0, 0}, 6));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(there_is_no_randomness_before_a_stream_begins),
      cmocka_unit_test(a_stream_belongs_to_its_data_and_repeats_for_it),
      cmocka_unit_test(a_stream_goes_on_from_call_to_call),
      cmocka_unit_test(a_mailbox_holds_until_a_bit_of_it_is_lost),
      cmocka_unit_test(on_trial_nothing_feeds_the_watchdog),
      cmocka_unit_test(healthy_resets_on_trial_only),
      cmocka_unit_test(a_request_is_heard_and_nothing_else),
  };
  return gs_crypto_init() == GS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
