/* SPDX-License-Identifier: Apache-2.0
 * Host and session over a line in virtual time: what a line carries, by the seed and nothing else.
 * The bounds are those of tests/bench/serial.sh, which measures the same over terminals and
 * processes.
 */
#include <stdlib.h>

#include "flow_line.h"
#include "unit.h"

#define MIB 1048576u

static struct flow_result result;

/* The lowest goodput over some seeds, in thousandths. */
static unsigned worst(struct flow_line line, uint32_t seeds) {
  double least = 1e9;
  if (getenv("GAPSEAL_LONG") != NULL && *getenv("GAPSEAL_LONG") != '\0') {
    seeds *= 20;
  }
  for (line.seed = 1; line.seed <= seeds; line.seed++) {
    flow_line_run(&line, &result);
    assert_int_equal(result.status, GS_OK);
    least = result.goodput < least ? result.goodput : least;
  }
  return (unsigned)(least * 1000);
}

static void clean_lines_are_full(void **state) {
  (void)state;
  static const uint32_t bauds[] = {115200, 921600, 3000000};
  static const uint32_t timers[] = {0, 1000, 16000};
  for (size_t b = 0; b < COUNT(bauds); b++) {
    for (size_t t = 0; t < COUNT(timers); t++) {
      const struct flow_line line = {.baud = bauds[b], .timer_us = timers[t], .image = MIB};
      assert_true(worst(line, 1) >= 980);
      assert_int_equal(result.counts.resent_bytes, 0);
      /* Little waits before the line: a fifth of a second, and two frames. */
      assert_true(result.waiting_most <= bauds[b] / 10 / 5 + 2 * 2100);
    }
  }
}

/* A frame takes longer than a usual timer waits. */
static void a_slow_line_is_full_and_nothing_is_sent_twice(void **state) {
  (void)state;
  for (uint32_t baud = 4800; baud <= 38400; baud *= 2) {
    const struct flow_line line = {.baud = baud, .timer_us = 16000, .image = 100000};
    assert_true(worst(line, 1) >= 970);
    assert_int_equal(result.counts.resent_bytes, 0);
  }
}

/* A frame of 2 KiB takes 17 s, and a host gives up after 20 s without one. */
static void the_slowest_lines_carry_what_they_can(void **state) {
  (void)state;
  for (uint32_t baud = 1200; baud <= 2400; baud *= 2) {
    for (unsigned small = 0; small <= 1; small++) {
      struct flow_line line = {
          .baud = baud, .timer_us = 16000, .image = 40000, .small = small != 0};
      assert_true(worst(line, 1) >= 900);
      assert_int_equal(result.counts.resent_bytes, 0);
      line.bit_errors = 1e-5;
      assert_true(worst(line, 4) >= 700);
    }
  }
}

static void a_long_line_is_full(void **state) {
  (void)state;
  const struct flow_line line = {
      .baud = 921600, .timer_us = 16000, .latency_us = 16000, .image = MIB};
  assert_true(worst(line, 1) >= 980);
}

static void flipped_bits_cost_little(void **state) {
  (void)state;
  for (uint32_t timer = 0; timer <= 16000; timer += 16000) {
    struct flow_line line = {.baud = 921600, .timer_us = timer, .image = MIB, .bit_errors = 1e-6};
    assert_true(worst(line, 8) >= 960);
    line.bit_errors = 1e-5;
    assert_true(worst(line, 8) >= 900);
    line.bit_errors = 1e-4;
    assert_true(worst(line, 2) >= 800);
  }
}

/* Lost bytes cannot be mended: each costs a frame. */
static void lost_bytes_cost_a_frame_each(void **state) {
  (void)state;
  for (uint32_t timer = 0; timer <= 16000; timer += 16000) {
    struct flow_line line = {.baud = 921600, .timer_us = timer, .image = MIB, .drops = 1e-5};
    assert_true(worst(line, 4) >= 940);
    line.drops = 1e-4;
    assert_true(worst(line, 4) >= 850);
  }
}

static void a_dead_line_costs_its_time_and_a_little(void **state) {
  (void)state;
  for (uint32_t timer = 0; timer <= 16000; timer += 16000) {
    for (uint32_t ms = 50; ms <= 500; ms += 90) {
      const struct flow_line line = {.baud = 921600,
                                     .timer_us = timer,
                                     .image = MIB,
                                     .dead_from = 131072,
                                     .dead_us = ms * 1000u};
      (void)worst(line, 1);
      double whole = MIB / 92160.0 / 0.98 + ms / 1000.0;
      assert_true((double)result.us / 1e6 <= whole + 0.35);
    }
  }
}

/* What the line carries while a device erases waits in the device. */
static void announced_erases_cost_no_time_of_the_line(void **state) {
  (void)state;
  for (uint32_t timer = 0; timer <= 16000; timer += 16000) {
    struct flow_line line = {.baud = 921600, .timer_us = timer, .image = MIB, .erase_us = 400000};
    assert_true(worst(line, 1) >= 930);
    assert_int_equal(result.counts.resent_bytes, 0);
    line.bit_errors = 1e-5;
    assert_true(worst(line, 2) >= 880);
  }
}

/* No frame is kept, and two at most are under way. */
static void a_small_device_does_what_its_memory_allows(void **state) {
  (void)state;
  struct flow_line line = {.baud = 921600, .small = true, .image = MIB / 4};
  assert_true(worst(line, 1) >= 970);
  line.timer_us = 16000;
  assert_true(worst(line, 1) >= 880);
  line.bit_errors = 1e-5;
  assert_true(worst(line, 4) >= 820);
  line.bit_errors = 1e-4;
  assert_true(worst(line, 4) >= 200);
  line.bit_errors = 0;
  line.drops = 1e-4;
  assert_true(worst(line, 4) >= 400);
}

/* What the firmware of a device looks like matters to framing: zeros are code bytes. */
static void images_of_zeros_go_through(void **state) {
  (void)state;
  struct flow_line line = {
      .baud = 921600, .timer_us = 16000, .image = MIB / 4, .zeros = true, .bit_errors = 1e-5};
  assert_true(worst(line, 4) >= 860);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clean_lines_are_full),
      cmocka_unit_test(a_slow_line_is_full_and_nothing_is_sent_twice),
      cmocka_unit_test(the_slowest_lines_carry_what_they_can),
      cmocka_unit_test(a_long_line_is_full),
      cmocka_unit_test(flipped_bits_cost_little),
      cmocka_unit_test(lost_bytes_cost_a_frame_each),
      cmocka_unit_test(a_dead_line_costs_its_time_and_a_little),
      cmocka_unit_test(announced_erases_cost_no_time_of_the_line),
      cmocka_unit_test(a_small_device_does_what_its_memory_allows),
      cmocka_unit_test(images_of_zeros_go_through),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
