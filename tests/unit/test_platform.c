/* SPDX-License-Identifier: Apache-2.0
 * Files that are none: named pipes, devices, and those of /proc.
 */
#include "platform.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "package_fixture.h"
#include "unit.h"

static struct gsh_error err;

static void only_regular_files_are_read(void **state) {
  (void)state;
  uint8_t *data = NULL;
  size_t len = 0;
  assert_int_equal(mkfifo("pipe", 0600), 0);
  (void)alarm(10);
  assert_int_equal(gsh_file_read_all("pipe", 100, &data, &len, &err), GS_E_FILE_READ);
  (void)alarm(0);
  assert_int_equal(remove("pipe"), 0);
  assert_int_equal(gsh_file_read_all("/dev/zero", 100, &data, &len, &err), GS_E_FILE_READ);
  fixture_write("empty", "", 0);
  assert_int_equal(gsh_file_read_all("empty", 100, &data, &len, &err), GS_OK);
  assert_int_equal(len, 0);
  free(data);
}

static void a_file_that_hides_its_size_is_refused(void **state) {
  (void)state;
  uint8_t *data = NULL;
  size_t len = 0;
  if (access("/proc/version", R_OK) != 0) {
    skip();
  }
  assert_int_equal(gsh_file_read_all("/proc/version", 100, &data, &len, &err), GS_E_FILE_READ);
  assert_non_null(strstr(err.what, "0 bytes"));
}

static void a_trace_goes_to_a_file_or_a_terminal(void **state) {
  (void)state;
  FILE *trace = NULL;
  size_t len = 0;
  fixture_write("trace", "older", 5);
  assert_int_equal(gsh_trace_open("trace", &trace, &err), GS_OK);
  assert_true(fputs("new\n", trace) >= 0);
  assert_int_equal(fclose(trace), 0);
  uint8_t *data = fixture_read("trace", &len);
  assert_int_equal(len, 4);
  assert_memory_equal(data, "new\n", 4);
  free(data);
  assert_int_equal(gsh_trace_open("/dev/null", &trace, &err), GS_OK);
  assert_int_equal(fcntl(fileno(trace), F_GETFL) & O_NONBLOCK, 0);
  assert_int_equal(fclose(trace), 0);
  assert_int_equal(gsh_trace_open("absent/trace", &trace, &err), GS_E_DISK);
}

static void a_trace_waits_for_nobody(void **state) {
  (void)state;
  FILE *trace = NULL;
  assert_int_equal(mkfifo("pipe", 0600), 0);
  (void)alarm(10);
  assert_int_equal(gsh_trace_open("pipe", &trace, &err), GS_E_FILE_READ);
  assert_null(trace);
  int reader = open("pipe", O_RDONLY | O_NONBLOCK);
  assert_true(reader >= 0);
  assert_int_equal(gsh_trace_open("pipe", &trace, &err), GS_E_FILE_READ);
  (void)alarm(0);
  assert_int_equal(close(reader), 0);
  assert_int_equal(remove("pipe"), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_regular_files_are_read),
      cmocka_unit_test(a_file_that_hides_its_size_is_refused),
      cmocka_unit_test(a_trace_goes_to_a_file_or_a_terminal),
      cmocka_unit_test(a_trace_waits_for_nobody),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
