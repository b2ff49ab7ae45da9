/* SPDX-License-Identifier: Apache-2.0
 * What the host makes of a line: the length of frames, and how much is under way.
 */
#include "pace.h"
#include "unit.h"

static struct gsh_pace pace;

static void lose(uint32_t losses, uint32_t bytes_each) {
  for (uint32_t i = 0; i < losses; i++) {
    for (uint32_t sent = 0; sent < bytes_each; sent += 500) {
      gsh_pace_sent(&pace, 500 - GSH_PACE_OVERHEAD);
    }
    gsh_pace_lost(&pace);
  }
}

/* A line that is known not to be slow. */
static void begin(void) {
  gsh_pace_init(&pace, true);
  gsh_pace_heard(&pace, 1024, 1048, 10);
  pace.window = 4096;
}

static void a_fast_link_has_the_longest_frames_and_no_window(void **state) {
  (void)state;
  gsh_pace_init(&pace, false);
  lose(100, 1000);
  gsh_pace_heard(&pace, 65536, 65536, 3);
  assert_int_equal(gsh_pace_frame(&pace, 65536, 64), 65536);
  assert_int_equal(pace.window, UINT32_MAX);
}

static void frames_begin_short_and_grow_on_a_clean_line(void **state) {
  (void)state;
  begin();
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 1024);
  for (uint32_t sent = 0; sent < 100000; sent += 1048) {
    gsh_pace_sent(&pace, 1024);
  }
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 2048);
  assert_int_equal(gsh_pace_frame(&pace, 700, 100), 700);
  for (uint32_t sent = 0; sent < 100000000; sent += 2072) {
    gsh_pace_sent(&pace, 2048);
  }
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 2048);
}

/* sqrt(24 / p) lies between the length and its half. */
static void frames_fit_the_losses(void **state) {
  (void)state;
  const struct {
    uint32_t bytes_each, len;
  } rows[] = {{1000000, 2048}, {300000, 2048}, {50000, 1024},
              {12500, 512},    {4000, 256},    {1000, 128}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    begin();
    lose(1000000 / rows[i].bytes_each + 10, rows[i].bytes_each);
    assert_int_equal(gsh_pace_frame(&pace, 2048, 100), rows[i].len);
  }
  begin();
  lose(100000, 0);
  assert_int_equal(gsh_pace_frame(&pace, 2048, 1000), GSH_PACE_FRAME_LEAST);
  assert_int_equal(gsh_pace_frame(&pace, 1, 1000), 1);
}

static void a_line_that_gets_better_gets_longer_frames(void **state) {
  (void)state;
  begin();
  lose(200, 4000);
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 256);
  for (uint32_t sent = 0; sent < 8000000; sent += 536) {
    gsh_pace_sent(&pace, 512);
  }
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 2048);
}

/* Two short frames would leave the line idle where two long ones do not. */
static void a_device_that_takes_few_frames_gets_longer_ones(void **state) {
  (void)state;
  begin();
  assert_int_equal(gsh_pace_frame(&pace, 1024, 2), 1024);
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 1024);
  lose(5, 5000);
  assert_int_equal(gsh_pace_frame(&pace, 1024, 2), 1024);
  assert_int_equal(gsh_pace_frame(&pace, 1024, 100), 512);
  lose(2000, 500); /* and yet not whatever it costs */
  assert_int_equal(gsh_pace_frame(&pace, 1024, 2), 512);
}

/* No frame takes longer than a timer waits, and the first ones are sent before anything is known.
 */
static void a_slow_line_gets_frames_that_it_carries_in_time(void **state) {
  (void)state;
  static const struct {
    uint32_t baud, len;
  } rows[] = {{300, 64}, {1200, 256}, {2400, 512}, {4800, 1024}, {9600, 2048}, {115200, 2048}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    gsh_pace_init(&pace, true);
    assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 256);
    assert_int_equal(gsh_pace_frame(&pace, 2048, 2), 256);
    assert_int_equal(gsh_pace_frame(&pace, 100, 2), 100);
    for (uint32_t sent = 0; sent < 100000; sent += 1048) {
      gsh_pace_sent(&pace, 1024);
    }
    gsh_pace_heard(&pace, 256, 280, 280 * 10000u / rows[i].baud);
    assert_int_equal(gsh_pace_frame(&pace, 2048, 100), rows[i].len);
    gsh_pace_heard(&pace, 256, 280, 60000); /* dead for a moment, and no slower for that */
    assert_int_equal(gsh_pace_frame(&pace, 2048, 100), rows[i].len);
  }
}

/* 115,200 baud, then 1,200: a radio that fell back. */
static void a_line_that_gets_slower_gets_shorter_frames(void **state) {
  (void)state;
  gsh_pace_init(&pace, true);
  for (uint32_t sent = 0; sent < 100000; sent += 2072) {
    gsh_pace_sent(&pace, 2048);
    gsh_pace_heard(&pace, 2048, 2072, 180);
  }
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 2048);
  for (uint32_t i = 0; i < GSH_PACE_SAMPLES - 1; i++) {
    gsh_pace_heard(&pace, 2048, 2072, 17267);
    assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 2048);
  }
  gsh_pace_heard(&pace, 2048, 2072, 17267);
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 256);
  gsh_pace_heard(&pace, 256, 280, 25); /* and back */
  assert_int_equal(gsh_pace_frame(&pace, 2048, 100), 2048);
}

/* A line of `rate` bytes a ms with a latency, that is kept as full as the window says. */
static uint32_t settle(uint32_t rate, uint32_t latency_ms, uint32_t len) {
  uint32_t under_way = len + GSH_PACE_OVERHEAD; /* at first the line does nothing else */
  gsh_pace_init(&pace, true);
  for (int i = 0; i < 1000; i++) {
    gsh_pace_heard(&pace, len, under_way, under_way / rate + latency_ms);
    under_way = pace.window > under_way ? pace.window : len + GSH_PACE_OVERHEAD;
  }
  return pace.window;
}

static void the_window_keeps_the_line_busy_and_little_more(void **state) {
  (void)state;
  static const uint32_t rates[] = {1, 11, 92, 300};
  for (size_t i = 0; i < COUNT(rates); i++) {
    for (uint32_t latency = 1; latency <= 48; latency += latency < 16 ? 15 : 16) {
      for (uint32_t len = 512; len <= 2048; len *= 2) {
        uint32_t frame = len + GSH_PACE_OVERHEAD;
        uint32_t window = settle(rates[i], latency, len);
        /* While one frame is acknowledged, others must be there. */
        assert_true(window >= frame + rates[i] * latency);
        assert_true(window <= 4 * frame + rates[i] * (2 * latency + 2 * GSH_PACE_SPARE_MS));
      }
    }
  }
}

static void nonsense_times_keep_the_bounds(void **state) {
  (void)state;
  const uint64_t times[] = {0, 1, UINT64_MAX, 1000000, 0, UINT32_MAX, 3};
  gsh_pace_init(&pace, true);
  for (int i = 0; i < 1000; i++) {
    gsh_pace_heard(&pace, 2048, i % 3 == 0 ? UINT32_MAX : 1, times[i % 7]);
    assert_in_range(pace.window, 512, 1024 * 1024);
    assert_in_range(pace.timeout_ms, 200, 5000);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_fast_link_has_the_longest_frames_and_no_window),
      cmocka_unit_test(frames_begin_short_and_grow_on_a_clean_line),
      cmocka_unit_test(frames_fit_the_losses),
      cmocka_unit_test(a_line_that_gets_better_gets_longer_frames),
      cmocka_unit_test(a_device_that_takes_few_frames_gets_longer_ones),
      cmocka_unit_test(a_slow_line_gets_frames_that_it_carries_in_time),
      cmocka_unit_test(a_line_that_gets_slower_gets_shorter_frames),
      cmocka_unit_test(the_window_keeps_the_line_busy_and_little_more),
      cmocka_unit_test(nonsense_times_keep_the_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
