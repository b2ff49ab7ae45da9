/* SPDX-License-Identifier: Apache-2.0
 * Files that are none: named pipes, devices, and those of /proc.
 */
#include "platform.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static void lines_go_to_a_new_file_or_a_terminal(void **state) {
  (void)state;
  struct gsh_lines l;
  struct stat st;
  size_t len = 0;
  assert_int_equal(gsh_lines_open(&l, "lines", &err), GS_OK);
  assert_int_equal(gsh_lines_add(&l, "one\n", 4, &err), GS_OK);
  assert_int_equal(gsh_lines_add(&l, "two\n", 4, &err), GS_OK);
  gsh_lines_close(&l);
  gsh_lines_close(&l);
  assert_int_equal(stat("lines", &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  uint8_t *data = fixture_read("lines", &len);
  assert_int_equal(len, 8);
  assert_memory_equal(data, "one\ntwo\n", 8);
  free(data);
  assert_int_equal(gsh_lines_open(&l, "/dev/null", &err), GS_OK);
  assert_int_equal(fcntl(l.fd, F_GETFL) & O_NONBLOCK, 0);
  assert_int_equal(gsh_lines_add(&l, "one\n", 4, &err), GS_OK);
  gsh_lines_close(&l);
  assert_int_equal(gsh_lines_open(&l, "absent/lines", &err), GS_E_DISK);
}

static void nothing_is_written_over(void **state) {
  (void)state;
  struct gsh_lines l;
  size_t len = 0;
  fixture_write("older", "older", 5);
  assert_int_equal(gsh_lines_open(&l, "older", &err), GS_E_USAGE);
  assert_non_null(strstr(err.what, "older is there already"));
  uint8_t *data = fixture_read("older", &len);
  assert_int_equal(len, 5);
  free(data);
  assert_int_equal(symlink("older", "link"), 0);
  assert_int_equal(gsh_lines_open(&l, "link", &err), GS_E_USAGE);
  assert_int_equal(symlink("nowhere", "dangling"), 0);
  assert_int_equal(gsh_lines_open(&l, "dangling", &err), GS_E_USAGE);
  assert_int_equal(access("nowhere", F_OK), -1);
  assert_int_equal(gsh_lines_open(&l, ".", &err), GS_E_USAGE);
}

static void lines_wait_for_nobody(void **state) {
  (void)state;
  struct gsh_lines l;
  assert_int_equal(mkfifo("pipe", 0600), 0);
  (void)alarm(10);
  assert_int_equal(gsh_lines_open(&l, "pipe", &err), GS_E_USAGE);
  int reader = open("pipe", O_RDONLY | O_NONBLOCK);
  assert_true(reader >= 0);
  assert_int_equal(gsh_lines_open(&l, "pipe", &err), GS_E_USAGE);
  (void)alarm(0);
  assert_int_equal(close(reader), 0);
  assert_int_equal(remove("pipe"), 0);
}

/* The disk is full in the middle of a line. */
static void no_half_line_stays(void **state) {
  (void)state;
  struct gsh_lines l;
  size_t len = 0;
  struct rlimit before;
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(gsh_lines_open(&l, "full", &err), GS_OK);
  struct rlimit small = {.rlim_cur = 6, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  enum gs_status first = gsh_lines_add(&l, "one\n", 4, &err);
  enum gs_status second = gsh_lines_add(&l, "two\n", 4, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  gsh_lines_close(&l);
  assert_int_equal(first, GS_OK);
  assert_int_equal(second, GS_E_DISK);
  uint8_t *data = fixture_read("full", &len);
  assert_int_equal(len, 4);
  assert_memory_equal(data, "one\n", 4);
  free(data);
}

static void holds(const char *name, const char *text) {
  size_t len = 0;
  uint8_t *data = fixture_read(name, &len);
  assert_int_equal(len, strlen(text));
  assert_memory_equal(data, text, len);
  free(data);
}

static void an_output_takes_the_place_of_its_kind_alone(void **state) {
  (void)state;
  static const struct {
    const char *name, *text, *said;
  } rows[] = {
      {"release.pem", "-----BEGIN PRIVATE KEY-----\nMIGH\n", "a private key"},
      {"words.pem", "Bag Attributes\n-----BEGIN EC PRIVATE KEY-----\nMIGH\n", "a private key"},
      {"release.pub.pem", "-----BEGIN PUBLIC KEY-----\nMIGH\n", "a public key"},
      {"a.gsk", "gapkeys\x01 and more", "a keyring"},
      {"a.gsr", "gaprcpt\x01 and more", "a receipt"},
      {"a.gsl", "gaplogs\x01 and more", "a device's log"},
      {"near.gsp", "gapseal\x02 and more", "another file"},
      {"short.gsp", "gapseal", "another file"},
      {"empty.gsp", "", "an empty file"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fixture_write(rows[i].name, rows[i].text, strlen(rows[i].text));
    assert_int_equal(gsh_file_write_all(rows[i].name, GSH_KIND_PACKAGE, "new", 3, &err),
                     GS_E_USAGE);
    assert_non_null(strstr(err.what, rows[i].said));
    assert_non_null(strstr(err.next_step, "a package"));
    assert_int_equal(symlink(rows[i].name, "to-it"), 0);
    assert_int_equal(gsh_file_write_all("to-it", GSH_KIND_PACKAGE, "new", 3, &err), GS_E_USAGE);
    assert_int_equal(remove("to-it"), 0);
    holds(rows[i].name, rows[i].text);
  }
  assert_int_equal(gsh_file_write_all("a.gsl", GSH_KIND_LOG, "new", 3, &err), GS_OK);
  holds("a.gsl", "new");
  fixture_write("a.gsp", "gapseal\x01 older", 14);
  assert_int_equal(symlink("a.gsp", "alias.gsp"), 0);
  assert_int_equal(gsh_file_write_all("alias.gsp", GSH_KIND_PACKAGE, "new", 3, &err), GS_OK);
  holds("a.gsp", "new");
  struct stat st;
  assert_int_equal(lstat("alias.gsp", &st), 0);
  assert_true(S_ISLNK(st.st_mode));
}

static void an_output_takes_the_place_of_no_directory_and_no_device(void **state) {
  (void)state;
  assert_int_equal(gsh_file_write_all(".", GSH_KIND_PACKAGE, "new", 3, &err), GS_E_USAGE);
  assert_int_equal(gsh_file_write_all("/dev/null", GSH_KIND_PACKAGE, "new", 3, &err), GS_E_USAGE);
  assert_int_equal(symlink("not-there", "lost"), 0);
  assert_int_equal(gsh_file_write_all("lost", GSH_KIND_PACKAGE, "new", 3, &err), GS_E_USAGE);
  assert_int_equal(access("not-there", F_OK), -1);
  assert_int_equal(mkfifo("pipe", 0600), 0);
  (void)alarm(10);
  assert_int_equal(gsh_file_write_all("pipe", GSH_KIND_PACKAGE, "new", 3, &err), GS_E_USAGE);
  (void)alarm(0);
  assert_int_equal(gsh_file_write_all("absent/new", GSH_KIND_PACKAGE, "new", 3, &err), GS_E_DISK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_regular_files_are_read),
      cmocka_unit_test(a_file_that_hides_its_size_is_refused),
      cmocka_unit_test(lines_go_to_a_new_file_or_a_terminal),
      cmocka_unit_test(nothing_is_written_over),
      cmocka_unit_test(lines_wait_for_nobody),
      cmocka_unit_test(no_half_line_stays),
      cmocka_unit_test(an_output_takes_the_place_of_its_kind_alone),
      cmocka_unit_test(an_output_takes_the_place_of_no_directory_and_no_device),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
