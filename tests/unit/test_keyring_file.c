/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring_file.h"

#include <stdlib.h>
#include <string.h>

#include "package_fixture.h"
#include "platform.h"
#include "unit.h"

static enum gs_status open_file(const char *name, size_t *count) {
  struct gsh_error err;
  struct gsh_keyring_file file;
  enum gs_status status = gsh_keyring_file_open(name, &file, &err);
  *count = file.chain.count;
  gsh_keyring_file_close(&file);
  return status;
}

static void make_two(void) {
  fixture_keys();
  if (gsh_file_exists("two.gsk")) {
    return;
  }
  assert_int_equal(fixture_run(&gss_keyring_next, NULL, "--from", "acme.gsk", "--root", "root.pem",
                               "--root", "stranger.pem", "--threshold", "2", "-o", "two.gsk", NULL),
                   GS_OK);
}

static void a_chain_is_read_oldest_first(void **state) {
  (void)state;
  size_t count;
  make_two();
  assert_int_equal(open_file("acme.gsk", &count), GS_OK);
  assert_int_equal(count, 1);
  assert_int_equal(open_file("two.gsk", &count), GS_OK);
  assert_int_equal(count, 2);
}

static void every_changed_byte_and_every_length_is_refused(void **state) {
  (void)state;
  size_t len;
  size_t count;
  size_t first_len;
  make_two();
  free(fixture_read("acme.gsk", &first_len));
  uint8_t *bytes = fixture_read("two.gsk", &len);
  for (size_t i = 0; i < len; i++) {
    bytes[i] ^= (uint8_t)(1u << (i % 8));
    fixture_write("bad.gsk", bytes, len);
    enum gs_status status = open_file("bad.gsk", &count);
    int exit_code = gs_status_info(status)->exit_code;
    assert_true(exit_code == 10 || exit_code == 11);
    bytes[i] ^= (uint8_t)(1u << (i % 8));
    fixture_write("bad.gsk", bytes, i);
    status = open_file("bad.gsk", &count);
    /* Cut between two keyrings it is the older file. */
    assert_true(i == first_len ? status == GS_OK : gs_status_info(status)->exit_code == 10);
  }
  free(bytes);
}

static void the_same_keyring_twice_is_refused(void **state) {
  (void)state;
  struct gsh_error err;
  struct gsh_keyring_file file;
  size_t count;
  fixture_keys();
  assert_int_equal(gsh_keyring_file_open("acme.gsk", &file, &err), GS_OK);
  assert_int_equal(gsh_keyring_file_write("twice.gsk", &file.chain, file.chain.items[0],
                                          file.chain.lens[0], &err),
                   GS_OK);
  assert_int_equal(open_file("twice.gsk", &count), GS_E_KEYRING_BAD);
  gsh_keyring_file_close(&file);
}

static void a_successor_needs_the_roots_before_it(void **state) {
  (void)state;
  struct gsh_error err;
  make_two();
  assert_int_equal(fixture_run(&gss_keyring_next, &err, "--from", "two.gsk", "--root", "root.pem",
                               "-o", "three.gsk", NULL),
                   GS_E_THRESHOLD);
  assert_int_equal(fixture_run(&gss_keyring_next, &err, "--from", "acme.gsk", "--root",
                               "recovery.pem", "-o", "three.gsk", NULL),
                   GS_E_KEY_ROLE);
  assert_int_equal(fixture_run(&gss_keyring_next, &err, "--from", "two.gsk", "--root", "root.pem",
                               "--root", "stranger.pem", "-o", "three.gsk", NULL),
                   GS_OK);
  assert_int_equal(fixture_run(&gss_keyring_next, &err, "--from", "two.gsk", "--root",
                               "root.pub.pem", "-o", "four.gsk", NULL),
                   GS_E_THRESHOLD);
  assert_non_null(strstr(err.what, "no private root key"));
  assert_int_equal(fixture_run(&gss_keyring_next, &err, "--from", "two.gsk", "--root", "root.pem",
                               "--root", "stranger.pem", "-o", "three.gsk", NULL),
                   GS_E_KEY_FILE);
}

static void what_makes_no_sense_is_refused(void **state) {
  (void)state;
  struct gsh_error err;
  fixture_keys();
  assert_int_equal(fixture_run(&gss_keyring_new, &err, "--root", "root.pem", "--release",
                               "release.pem", "--threshold", "2", "-o", "x.gsk", NULL),
                   GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_keyring_new, &err, "--root", "root.pub.pem", "--release",
                               "release.pub.pem", "-o", "x.gsk", NULL),
                   GS_E_THRESHOLD);
  assert_int_equal(fixture_run(&gss_keyring_next, &err, "--from", "acme.gsk", "--root", "root.pem",
                               "--remove", "00000000", "-o", "x.gsk", NULL),
                   GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_keyring_next, &err, "--from", "acme.gsk", "--root", "root.pem",
                               "--minimum", "com.acme.ctrl=x", "-o", "x.gsk", NULL),
                   GS_E_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_chain_is_read_oldest_first),
      cmocka_unit_test(every_changed_byte_and_every_length_is_refused),
      cmocka_unit_test(the_same_keyring_twice_is_refused),
      cmocka_unit_test(a_successor_needs_the_roots_before_it),
      cmocka_unit_test(what_makes_no_sense_is_refused),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
