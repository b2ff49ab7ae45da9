/* SPDX-License-Identifier: Apache-2.0
 * What keeps a user from opening a port, and which ports may be asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ports.h"
#include "tty.h"
#include "unit.h"

static struct gsh_error err;

#define DIALOUT .group = "dialout", .user = "anna", .path = "/dev/ttyUSB0"

static void each_cause_has_its_command(void **state) {
  (void)state;
  static const struct {
    struct gsh_tty_rights rights;
    const char *what, *next_step;
  } rows[] = {
      {{.mode = 0660, .root = true, DIALOUT},
       "not even the administrator",
       "give the device to the container, for example with --device /dev/ttyUSB0"},
      {{.mode = 0660, DIALOUT},
       "it is for group dialout, and anna is not in it",
       "run: sudo usermod -aG dialout anna, then log in again"},
      {{.mode = 0660, .group_written = true, DIALOUT},
       "but this login began before",
       "log in again, or run in this terminal: newgrp dialout"},
      {{.mode = 0600, DIALOUT},
       "its mode 600 lets neither anna nor a group of users open it",
       "run: sudo chown anna /dev/ttyUSB0 (until it is plugged in again)"},
      {{.mode = 0640, DIALOUT}, "its mode 640 lets neither", "run: sudo chown anna"},
      {{.mode = 0640, .group_now = true, DIALOUT}, "its mode 640 lets neither", "run: sudo chown"},
      /* Nobody is told to become a member of the administrator's group. */
      {{.mode = 0660, .group_system = true, DIALOUT}, "its mode 660 lets neither", "sudo chown"},
      {{.mode = 0000, .owner = true, DIALOUT},
       "it belongs to anna, and its mode 000 keeps its owner out",
       "run: chmod u+rw /dev/ttyUSB0"},
      {{.mode = 0460, .owner = true, .group_now = true, DIALOUT}, "mode 460", "run: chmod u+rw"},
      /* An access list or a security module. */
      {{.mode = 0660, .group_now = true, DIALOUT},
       "something else does not",
       "look at its access list: getfacl /dev/ttyUSB0"},
      {{.mode = 0600, .owner = true, DIALOUT}, "something else does not", "getfacl"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    memset(&err, 0, sizeof err);
    assert_int_equal(gsh_tty_judge(&rows[i].rights, &err), GS_E_PERMISSION);
    assert_int_equal(err.status, GS_E_PERMISSION);
    assert_non_null(strstr(err.what, rows[i].what));
    assert_non_null(strstr(err.next_step, rows[i].next_step));
  }
}

static void a_program_is_found_by_its_name_and_number(void **state) {
  (void)state;
  struct gsh_tty_holder holder;
  gsh_tty_process((long)getppid(), &holder);
  assert_int_equal(holder.pid, getppid());
  assert_true(holder.name[0] != '\0');
  gsh_tty_process(0x7ffffffeL, &holder);
  assert_int_equal(holder.pid, 0);
  gsh_tty_program("no program has this name", &holder);
  assert_int_equal(holder.pid, 0);
  gsh_tty_holder("/dev/null/none", &holder);
  assert_int_equal(holder.pid, 0);
}

static void known_ids_have_kinds(void **state) {
  (void)state;
  const char *what = NULL;
  assert_int_equal(gsh_usb_known(0x0403, 0x6001, &what), GSH_USB_ADAPTER);
  assert_string_equal(what, "FTDI FT232");
  assert_int_equal(gsh_usb_known(0x1209, 0x0001, &what), GSH_USB_TEST);
  assert_int_equal(gsh_usb_known(0x0403, 0x0001, &what), GSH_USB_UNKNOWN);
  assert_string_equal(what, "");
}

/* Loads a file usb-ids that holds text. */
static enum gs_status load(const char *text, struct gsh_usb_ids *ids) {
  char dir[] = "/tmp/gapseal-unit-XXXXXX";
  char path[64];
  assert_non_null(mkdtemp(dir));
  (void)snprintf(path, sizeof path, "%s/usb-ids", dir);
  if (text != NULL) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
  }
  memset(&err, 0, sizeof err);
  enum gs_status status = gsh_usb_ids_load(dir, ids, &err);
  (void)unlink(path);
  (void)rmdir(dir);
  return status;
}

static void ids_are_read_line_by_line(void **state) {
  (void)state;
  struct gsh_usb_ids ids;
  assert_int_equal(load(NULL, &ids), GS_OK);
  assert_int_equal(ids.count, 0);
  assert_int_equal(load("", &ids), GS_OK);
  assert_int_equal(load("# none\n\n", &ids), GS_OK);
  assert_int_equal(ids.count, 0);
  assert_int_equal(load("16c0:0483\n\n# more\nABCD:ef01 a press\n0000:ffff\tlast", &ids), GS_OK);
  assert_int_equal(ids.count, 3);
  assert_int_equal(ids.vendor[0], 0x16c0);
  assert_int_equal(ids.product[0], 0x0483);
  assert_int_equal(ids.vendor[1], 0xabcd);
  assert_int_equal(ids.product[1], 0xef01);
  assert_int_equal(ids.vendor[2], 0);
  assert_int_equal(ids.product[2], 0xffff);
}

static void what_is_no_id_is_an_error_with_its_line(void **state) {
  (void)state;
  static const char *const bad[] = {"16c0",       "16c0:",      "16c0:048",  "16c0:04830",
                                    "16c0-0483",  "16c0:048g",  "g6c0:0483", " 16c0:0483",
                                    "16c0:0483#", "16c0:0483x", "+6c0:0483"};
  struct gsh_usb_ids ids;
  for (size_t i = 0; i < COUNT(bad); i++) {
    char text[64];
    (void)snprintf(text, sizeof text, "0403:6001\n%s\n", bad[i]);
    assert_int_equal(load(text, &ids), GS_E_FILE_MALFORMED);
    assert_non_null(strstr(err.what, "line 2"));
  }
}

static void there_may_be_64_ids(void **state) {
  (void)state;
  struct gsh_usb_ids ids;
  char text[66 * 10 + 1] = "";
  for (size_t i = 0; i < GSH_USB_IDS_MAX; i++) {
    strcat(text, "0403:6001\n");
  }
  assert_int_equal(load(text, &ids), GS_OK);
  assert_int_equal(ids.count, GSH_USB_IDS_MAX);
  strcat(text, "0403:6001\n");
  assert_int_equal(load(text, &ids), GS_E_FILE_MALFORMED);
}

static void only_named_ids_are_asked(void **state) {
  (void)state;
  struct gsh_usb_ids none = {.count = 0};
  struct gsh_usb_ids ours = {.vendor = {0x16c0, 0x1209}, .product = {0x0483, 0x0001}, .count = 2};
  const struct gsh_serial device = {
      .path = "/dev/ttyACM0", .usb = true, .vendor = 0x16c0, .product = 0x0483, .name = "x\033[2J"};
  const struct gsh_serial test = {
      .path = "/dev/ttyACM1", .usb = true, .vendor = 0x1209, .product = 0x0001};
  const struct gsh_serial adapter = {
      .path = "/dev/ttyUSB0", .usb = true, .vendor = 0x0403, .product = 0x6001};
  const struct gsh_serial built_in = {.path = "/dev/ttyS0"};
  struct gsh_port port;
  gsh_port_describe(&device, &none, false, &port);
  assert_false(port.asked);
  assert_string_equal(port.link, "serial:/dev/ttyACM0");
  assert_string_equal(port.name, "x\\x1b[2J");
  gsh_port_describe(&device, &ours, false, &port);
  assert_true(port.asked);
  gsh_port_describe(&test, &none, false, &port);
  assert_false(port.asked);
  gsh_port_describe(&test, &ours, false, &port);
  assert_true(port.asked);
  gsh_port_describe(&adapter, &ours, false, &port);
  assert_false(port.asked);
  gsh_port_describe(&built_in, &ours, false, &port);
  assert_false(port.asked);
  assert_string_equal(port.known, "");
  gsh_port_describe(&built_in, &none, true, &port);
  assert_true(port.asked);
}

static void an_adapter_is_known_by_its_number_or_by_its_place(void **state) {
  (void)state;
  struct gsh_serial ours = {
      .path = "/dev/ttyUSB0", .usb = true, .vendor = 0x0403, .product = 0x6001, .number = "A1"};
  struct gsh_serial other = ours;
  struct gsh_place place = {.adapter = ours};
  memcpy(other.path, "/dev/ttyUSB5", sizeof "/dev/ttyUSB5");
  assert_true(gsh_place_fits(&place, &other));
  memcpy(other.number, "A2", 3);
  assert_false(gsh_place_fits(&place, &other));
  memcpy(other.number, "A1", 3);
  other.product = 0x6010;
  assert_false(gsh_place_fits(&place, &other));
  other.product = 0x6001;
  other.vendor = 0x0404;
  assert_false(gsh_place_fits(&place, &other));
  /* Without numbers, those that were there before are somebody else's. */
  other.vendor = 0x0403;
  place.adapter.number[0] = '\0';
  other.number[0] = '\0';
  assert_true(gsh_place_fits(&place, &other));
  memcpy(place.others[place.other_count++], other.path, sizeof other.path);
  assert_false(gsh_place_fits(&place, &other));
  /* Built-in ports have nothing to be known by. */
  other.usb = false;
  place.adapter.usb = false;
  place.other_count = 0;
  assert_false(gsh_place_fits(&place, &other));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_cause_has_its_command),
      cmocka_unit_test(a_program_is_found_by_its_name_and_number),
      cmocka_unit_test(known_ids_have_kinds),
      cmocka_unit_test(ids_are_read_line_by_line),
      cmocka_unit_test(what_is_no_id_is_an_error_with_its_line),
      cmocka_unit_test(there_may_be_64_ids),
      cmocka_unit_test(only_named_ids_are_asked),
      cmocka_unit_test(an_adapter_is_known_by_its_number_or_by_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
