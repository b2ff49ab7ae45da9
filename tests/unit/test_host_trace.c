/* SPDX-License-Identifier: Apache-2.0
 * When the bytes of a connection come to be lines of a trace, by a clock of the test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "text.h"
#include "trace.h"
#include "unit.h"

#define LONGEST 4096u /* of a line of bytes */

uint64_t __wrap_gsh_clock_ms(void);

static uint64_t now;
static char path[64];
static struct gsh_trace *trace;
static struct gsh_tap *tap;
static char text[2 * 1024 * 1024];
static uint8_t bytes[256 * 1024]; /* of the lines, to the host */

uint64_t __wrap_gsh_clock_ms(void) {
  return now;
}

static int enter(void **state) {
  (void)state;
  struct gsh_error err;
  char dir[] = "/tmp/gapseal-trace-XXXXXX";
  if (mkdtemp(dir) == NULL) {
    return -1;
  }
  (void)snprintf(path, sizeof path, "%s/t.jsonl", dir);
  now = 5000;
  if (gsh_trace_open(path, NULL, NULL, &trace, &err) != GS_OK) {
    return -1;
  }
  tap = gsh_tap_open(trace, "test", NULL);
  return tap == NULL;
}

static int leave(void **state) {
  (void)state;
  gsh_tap_close(tap);
  gsh_trace_close(trace);
  (void)remove(path);
  *strrchr(path, '/') = '\0';
  return rmdir(path);
}

static void read_text(void) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  size_t n = fread(text, 1, sizeof text - 1, f);
  (void)fclose(f);
  assert_true(n < sizeof text - 1);
  text[n] = '\0';
}

/* Lines to the host of that type, so far; their bytes are in `bytes`. */
static size_t lines_of(const char *type, size_t *len) {
  char want[64];
  size_t count = 0;
  *len = 0;
  read_text();
  (void)snprintf(want, sizeof want, "\"to\": \"host\", \"type\": \"%s\"", type);
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    const char *hex = strstr(line, "\"hex\": \"");
    if (strstr(line, want) != NULL && hex != NULL) {
      char *digits = line + (hex + 8 - line);
      size_t n = strcspn(digits, "\"");
      digits[n] = '\0';
      assert_true(gsh_unhex(digits, bytes + *len, n / 2));
      assert_true(strcmp(type, "bytes") != 0 || n / 2 <= LONGEST);
      *len += n / 2;
      count++;
    }
  }
  return count;
}

static void hear(const char *what) {
  gsh_tap_in(tap, (const uint8_t *)what, strlen(what));
}

/* A console that never says 0x00. */
static void text_is_written_after_a_second(void **state) {
  (void)state;
  size_t len = 0;
  hear("boot ");
  gsh_tap_look(tap);
  assert_int_equal(lines_of("bytes", &len), 0);
  now += 500;
  hear("loader\r\n");
  gsh_tap_look(tap);
  assert_int_equal(lines_of("bytes", &len), 0);
  now += 500;
  gsh_tap_look(tap);
  assert_int_equal(lines_of("bytes", &len), 1);
  assert_int_equal(len, 13);
  assert_memory_equal(bytes, "boot loader\r\n", 13);
}

static void endless_text_is_a_line_a_second_or_each_four_kib(void **state) {
  (void)state;
  size_t len = 0;
  static char much[LONGEST + 1];
  for (unsigned i = 0; i < 100; i++) {
    now += 100;
    hear("a line\r\n");
  }
  assert_in_range(lines_of("bytes", &len), 9, 10);
  assert_in_range(len, 8 * 90, 8 * 100);
  memset(much, 'x', LONGEST);
  for (unsigned i = 0; i < 3; i++) {
    hear(much);
  }
  size_t count = lines_of("bytes", &len);
  assert_in_range(count, 12, 13);
  assert_in_range(len, 800 + 2 * LONGEST, 800 + 3 * LONGEST);
}

/* A frame may take its time, and is one line all the same; text before it makes it none. */
static void a_slow_frame_is_one_line(void **state) {
  (void)state;
  uint8_t content[600] = {GS_FRAME_REPLY, 0, 4, 0, 8, 42};
  uint8_t frame[700];
  size_t len = 0;
  memset(content + 6, 'x', sizeof content - 6);
  size_t n = gs_frame_encode(content, sizeof content, frame, sizeof frame);
  for (size_t i = 0; i < n; i++) {
    now += 100;
    gsh_tap_in(tap, frame + i, 1);
    gsh_tap_look(tap);
  }
  assert_int_equal(lines_of("bytes", &len), 0);
  assert_int_equal(lines_of("reply", &len), 1);
  assert_int_equal(len, sizeof content);
  hear("text");
  gsh_tap_in(tap, frame, n);
  now += 1000;
  gsh_tap_look(tap);
  assert_int_equal(lines_of("reply", &len), 1);
  assert_int_equal(lines_of("bytes", &len), 1);
  assert_int_equal(len, 4 + n);
  gsh_tap_in(tap, frame, n);
  assert_int_equal(lines_of("reply", &len), 2);
}

/* Its end never comes: written after 10 s, or where it is longer than any frame. */
static void half_a_frame_is_written_as_bytes(void **state) {
  (void)state;
  const uint8_t half[] = {2, GS_FRAME_REPLY, 0xFF, 'x', 'y'};
  size_t len = 0;
  gsh_tap_in(tap, half, sizeof half);
  now += 9999;
  gsh_tap_look(tap);
  assert_int_equal(lines_of("bytes", &len), 0);
  now += 1;
  gsh_tap_look(tap);
  now += 1000;
  gsh_tap_look(tap);
  assert_int_equal(lines_of("bytes", &len), 1);
  assert_int_equal(len, sizeof half);
  hear("0123456789");
  now += 1000;
  gsh_tap_look(tap);
  assert_int_equal(lines_of("bytes", &len), 2);
  assert_int_equal(len, sizeof half + 10);
  assert_memory_equal(bytes + sizeof half, "0123456789", 10);
  const uint8_t end = 0;
  gsh_tap_in(tap, &end, 1);
  gsh_tap_in(tap, half, sizeof half);
  for (unsigned i = 0; i < 3000; i++) {
    hear("0123456789");
  }
  assert_true(lines_of("bytes", &len) > 2);
  assert_in_range(len, 16384, 30100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(text_is_written_after_a_second, enter, leave),
      cmocka_unit_test_setup_teardown(endless_text_is_a_line_a_second_or_each_four_kib, enter,
                                      leave),
      cmocka_unit_test_setup_teardown(a_slow_frame_is_one_line, enter, leave),
      cmocka_unit_test_setup_teardown(half_a_frame_is_written_as_bytes, enter, leave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
