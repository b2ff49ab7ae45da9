/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"
#include "link_internal.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct gsh_error err;

static enum gs_status open_status(const char *text) {
  struct gsh_link *l = NULL;
  struct gsh_link_options options = {.tcp_anywhere = false};
  memset(&err, 0, sizeof err);
  enum gs_status status = gsh_link_open(text, &options, &l, &err);
  if (status == GS_OK) {
    gsh_link_close(l);
  } else {
    assert_null(l);
    assert_true(strlen(err.what) > 0);
  }
  return status;
}

static void texts_outside_the_grammar_are_usage(void **state) {
  (void)state;
  const char *const bad[] = {"",
                             "dev1.sock",
                             "unix:",
                             "tcp:",
                             "tcp:host",
                             "tcp::7",
                             "tcp:[::1]",
                             "usb:",
                             "usb:0042",
                             "serial:/dev/null",
                             "pty:",
                             "pty:/dev/null@12345",
                             "exec:",
                             "UNIX:x",
                             "pty:@9600",
                             "tcp:192.0.2.1:7",
                             "pty:/dev/null"};
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_int_equal(open_status(bad[i]), GS_E_USAGE);
  }
}

/* One grammar for both kinds that have a rate. */
static void a_rate_is_what_a_digit_begins_behind_the_last_at(void **state) {
  (void)state;
  static const struct {
    const char *rest, *path;
    unsigned long baud;
  } rows[] = {
      {"/dev/ttyUSB0", "/dev/ttyUSB0", 0},
      {"/dev/ttyUSB0@9600", "/dev/ttyUSB0", 9600},
      {"/dev/by-id/a@b", "/dev/by-id/a@b", 0},
      {"/dev/by-id/a@b@9600", "/dev/by-id/a@b", 9600},
      {"/dev/a@", "/dev/a@", 0},
      {"/dev/a@20000000", "/dev/a", 20000000},
      {"/dev/a@20000001", NULL, 0},
      {"/dev/a@0", NULL, 0},
      {"/dev/a@9600x", NULL, 0},
      {"@9600", NULL, 0},
      {"", NULL, 0},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char path[GSH_LINK_PATH_MAX] = "";
    unsigned long baud = 7;
    enum gs_status status = gsh_link_split_rate(rows[i].rest, path, &baud, &err);
    assert_int_equal(status, rows[i].path != NULL ? GS_OK : GS_E_USAGE);
    if (rows[i].path != NULL) {
      assert_string_equal(path, rows[i].path);
      assert_int_equal(baud, rows[i].baud);
    }
  }
  assert_int_equal(open_status("pty:/nonexistent/a@b"), GS_E_NO_DEVICE);
  assert_int_equal(open_status("serial:/nonexistent/a@b"), GS_E_NO_DEVICE);
}

static void a_place_where_nobody_is_says_so(void **state) {
  (void)state;
  assert_int_equal(open_status("unix:/nonexistent/x.sock"), GS_E_NO_DEVICE);
  assert_int_equal(open_status("pty:/nonexistent/tty"), GS_E_NO_DEVICE);
  assert_int_equal(open_status("tcp:127.0.0.1:1"), GS_E_NO_DEVICE);
}

static void a_path_too_long_for_a_socket_is_usage(void **state) {
  (void)state;
  char text[400] = "unix:";
  memset(text + 5, 'a', 300);
  assert_int_equal(open_status(text), GS_E_USAGE);
}

/* Read until len bytes came. */
static size_t read_all(struct gsh_link *l, uint8_t *buf, size_t len, enum gs_status *status) {
  size_t used = 0;
  for (int tries = 0; tries < 200 && used < len; tries++) {
    bool readable = false;
    bool writable = false;
    size_t got = 0;
    *status = gsh_link_wait(l, false, 100, &readable, &writable, &err);
    if (*status == GS_OK && readable) {
      *status = gsh_link_read(l, buf + used, len - used, &got, &err);
    }
    if (*status != GS_OK) {
      break;
    }
    used += got;
  }
  return used;
}

static void bytes_go_through_a_command_and_back(void **state) {
  (void)state;
  struct gsh_link *l = NULL;
  struct gsh_link_options options = {0};
  uint8_t back[5] = {0};
  size_t taken = 0;
  enum gs_status status = GS_OK;
  assert_int_equal(gsh_link_open("exec:cat", &options, &l, &err), GS_OK);
  assert_false(gsh_link_slow(l));
  assert_int_equal(gsh_link_write(l, (const uint8_t *)"hello", 5, &taken, &err), GS_OK);
  assert_int_equal(taken, 5);
  assert_int_equal(read_all(l, back, 5, &status), 5);
  assert_memory_equal(back, "hello", 5);
  gsh_link_close(l);
}

static void a_command_that_ends_is_a_lost_link(void **state) {
  (void)state;
  struct gsh_link *l = NULL;
  struct gsh_link_options options = {0};
  uint8_t back[64];
  enum gs_status status = GS_OK;
  assert_int_equal(gsh_link_open("exec:printf last", &options, &l, &err), GS_OK);
  assert_int_equal(read_all(l, back, sizeof back, &status), 4);
  assert_int_equal(status, GS_E_LINK_LOST);
  size_t taken = 1;
  status = GS_OK;
  for (int i = 0; i < 10 && status == GS_OK; i++) {
    status = gsh_link_write(l, back, sizeof back, &taken, &err);
  }
  assert_int_equal(status, GS_E_LINK_LOST);
  gsh_link_close(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_outside_the_grammar_are_usage),
      cmocka_unit_test(a_rate_is_what_a_digit_begins_behind_the_last_at),
      cmocka_unit_test(a_place_where_nobody_is_says_so),
      cmocka_unit_test(a_path_too_long_for_a_socket_is_usage),
      cmocka_unit_test(bytes_go_through_a_command_and_back),
      cmocka_unit_test(a_command_that_ends_is_a_lost_link),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
