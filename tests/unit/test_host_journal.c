/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gapseal/crypto.h"
#include "platform.h"
#include "unit.h"

static char dir[64];
static char path[128];
static struct gsh_error err;
static bool there, dropped;

/* Any bytes under any name, whatever was there. */
static void put(const char *name, const void *data, size_t len) {
  FILE *f = fopen(name, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(data, 1, len, f), len);
  assert_int_equal(fclose(f), 0);
}

static int enter(void **state) {
  (void)state;
  strcpy(dir, "/tmp/gapseal-journal-XXXXXX");
  assert_int_equal(gs_crypto_init(), GS_OK);
  if (mkdtemp(dir) == NULL) {
    return -1;
  }
  (void)snprintf(path, sizeof path, "%s/journal.jsonl", dir);
  return 0;
}

static int leave(void **state) {
  (void)state;
  char receipts[128];
  (void)snprintf(receipts, sizeof receipts, "%s/receipts", dir);
  (void)unlink(path);
  (void)rmdir(receipts);
  return rmdir(dir);
}

static enum gs_status append(const char *event) {
  struct gsh_journal_entry e = {
      .event = event, .device = "dev", .serial = "sn\x1b[1m", .package = "pkg", .status = 13};
  return gsh_journal_append(dir, &e, &dropped, &err);
}

static void count_line(void *ctx, const struct gsh_journal_line *line) {
  uint64_t *seen = ctx;
  (*seen)++;
  assert_int_equal(line->seq, *seen);
  assert_int_equal(line->status, 13);
  assert_null(strchr(line->serial, 0x1b));
}

static enum gs_status verify(uint64_t *lines) {
  return gsh_journal_read(dir, NULL, NULL, &there, lines, &err);
}

static void lines_are_chained_and_read_back(void **state) {
  (void)state;
  uint64_t lines = 9;
  uint64_t seen = 0;
  assert_int_equal(verify(&lines), GS_OK);
  assert_int_equal(lines, 0);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(append("intent"), GS_OK);
  }
  assert_int_equal(gsh_journal_read(dir, count_line, &seen, &there, &lines, &err), GS_OK);
  assert_int_equal(lines, 5);
  assert_int_equal(seen, 5);
}

static void every_altered_byte_breaks_the_chain_and_stops_writing(void **state) {
  (void)state;
  uint64_t lines = 0;
  uint8_t *data = NULL;
  size_t len = 0;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(append("intent"), GS_OK);
  }
  assert_int_equal(gsh_file_read_all(path, 65536, &data, &len, &err), GS_OK);
  size_t last = len - 1;
  while (data[last - 1] != '\n') {
    last--;
  }
  for (size_t i = 0; i < last; i++) {
    data[i] ^= 1;
    put(path, data, len);
    assert_int_equal(verify(&lines), GS_E_JOURNAL);
    assert_int_equal(append("more"), GS_E_JOURNAL);
    data[i] ^= 1;
  }
  put(path, data, len);
  assert_int_equal(verify(&lines), GS_OK);
  free(data);
}

static void a_removed_or_exchanged_line_is_found(void **state) {
  (void)state;
  uint64_t lines = 0;
  uint8_t *data = NULL;
  size_t len = 0;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(append("intent"), GS_OK);
  }
  assert_int_equal(gsh_file_read_all(path, 65536, &data, &len, &err), GS_OK);
  const uint8_t *second = (const uint8_t *)memchr(data, '\n', len) + 1;
  put(path, second, len - (size_t)(second - data));
  assert_int_equal(verify(&lines), GS_E_JOURNAL);
  free(data);
}

static void a_line_cut_short_by_a_power_loss_is_dropped(void **state) {
  (void)state;
  uint64_t lines = 0;
  uint8_t *data = NULL;
  size_t len = 0;
  assert_int_equal(append("one"), GS_OK);
  assert_int_equal(append("two"), GS_OK);
  assert_false(dropped);
  assert_int_equal(gsh_file_read_all(path, 65536, &data, &len, &err), GS_OK);
  put(path, data, len - 10);
  assert_int_equal(verify(&lines), GS_E_JOURNAL);
  assert_int_equal(lines, 1);
  assert_non_null(strstr(err.next_step, "go on"));
  assert_int_equal(gsh_journal_ready(dir, &err), GS_OK);
  assert_int_equal(verify(&lines), GS_E_JOURNAL); /* who only looks drops nothing */
  assert_int_equal(append("again"), GS_OK);
  assert_true(dropped);
  assert_int_equal(verify(&lines), GS_OK);
  assert_int_equal(lines, 2);
  free(data);
}

static void what_cannot_be_written_is_refused(void **state) {
  (void)state;
  struct gsh_journal_entry e = {.event = "intent"};
  assert_int_equal(gsh_journal_append("/proc/nowhere", &e, &dropped, &err), GS_E_DISK);
  assert_int_equal(gsh_journal_ready("/proc/nowhere", &err), GS_E_DISK);
  assert_int_equal(gsh_journal_append("/dev/full/x", &e, &dropped, &err), GS_E_DISK);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_int_equal(append("intent"), GS_E_DISK);
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(symlink("/dev/full", path), 0);
  assert_int_equal(append("intent"), GS_E_DISK);
}

static void a_journal_that_is_too_long_is_the_journals_fault(void **state) {
  (void)state;
  uint64_t lines = 0;
  assert_int_equal(append("one"), GS_OK);
  assert_int_equal(truncate(path, (off_t)GSH_JOURNAL_MAX + 1), 0);
  assert_int_equal(verify(&lines), GS_E_JOURNAL);
  assert_non_null(strstr(err.what, "longer than 67108864 bytes"));
  assert_string_equal(err.next_step, "");
  assert_int_equal(append("two"), GS_E_JOURNAL);
}

static void a_long_line_is_refused_whole(void **state) {
  (void)state;
  static char text[GSH_JOURNAL_LINE_MAX];
  uint64_t lines = 0;
  memset(text, 'a', sizeof text - 1);
  struct gsh_journal_entry e = {.event = text};
  assert_int_not_equal(gsh_journal_append(dir, &e, &dropped, &err), GS_OK);
  assert_int_equal(verify(&lines), GS_OK);
  assert_int_equal(lines, 0);
}

static void no_journal_and_one_that_cannot_be_opened_are_two_things(void **state) {
  (void)state;
  uint64_t lines = 9;
  there = true;
  assert_int_equal(verify(&lines), GS_OK);
  assert_false(there);
  assert_int_equal(symlink("journal.jsonl", path), 0); /* to itself */
  assert_int_equal(verify(&lines), GS_E_FILE_READ);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(append("intent"), GS_OK);
  assert_int_equal(verify(&lines), GS_OK);
  assert_true(there);
  assert_int_equal(gsh_journal_read(path, NULL, NULL, &there, &lines, &err), GS_E_FILE_READ);
}

static void readiness_makes_the_places(void **state) {
  (void)state;
  struct stat st;
  char receipts[128];
  (void)snprintf(receipts, sizeof receipts, "%s/receipts", dir);
  assert_int_equal(gsh_journal_ready(dir, &err), GS_OK);
  assert_int_equal(stat(receipts, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(lines_are_chained_and_read_back, enter, leave),
      cmocka_unit_test_setup_teardown(every_altered_byte_breaks_the_chain_and_stops_writing, enter,
                                      leave),
      cmocka_unit_test_setup_teardown(a_removed_or_exchanged_line_is_found, enter, leave),
      cmocka_unit_test_setup_teardown(a_line_cut_short_by_a_power_loss_is_dropped, enter, leave),
      cmocka_unit_test_setup_teardown(what_cannot_be_written_is_refused, enter, leave),
      cmocka_unit_test_setup_teardown(a_journal_that_is_too_long_is_the_journals_fault, enter,
                                      leave),
      cmocka_unit_test_setup_teardown(a_long_line_is_refused_whole, enter, leave),
      cmocka_unit_test_setup_teardown(no_journal_and_one_that_cannot_be_opened_are_two_things,
                                      enter, leave),
      cmocka_unit_test_setup_teardown(readiness_makes_the_places, enter, leave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
