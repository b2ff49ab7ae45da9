/* SPDX-License-Identifier: Apache-2.0
 * serial: links through libserialport, on a pseudo terminal that the preloaded serial_shim.so shows
 * as /dev/ttyUSB0. This program starts itself again with that library.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "link.h"
#include "serial.h"
#include "unit.h"

#define LINK "serial:/dev/ttyUSB0"

static struct gsh_error err;
static const struct gsh_link_options no_options;

/* A port with an adapter behind it. */
struct port {
  int master, slave;
  struct gsh_link *link;
};

static void path_in(char out[PATH_MAX], const char *root, const char *rest) {
  assert_true(snprintf(out, PATH_MAX, "%s/%s", root, rest) < PATH_MAX);
}

static void make_dirs(const char *path) {
  char part[PATH_MAX];
  for (size_t i = 1; i <= strlen(path); i++) {
    if (path[i] == '/' || path[i] == '\0') {
      memcpy(part, path, i);
      part[i] = '\0';
      assert_true(mkdir(part, 0755) == 0 || errno == EEXIST);
    }
  }
}

static void make_link(const char *target, const char *path) {
  (void)unlink(path);
  assert_int_equal(symlink(target, path), 0);
}

static void write_attribute(const char *adapter, const char *name, const char *text) {
  char path[PATH_MAX];
  path_in(path, adapter, name);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(fclose(f), 0);
}

/* An adapter in /sys, USB device number n. number NULL: it has no serial number. */
static void add_adapter(const char *name, int n, const char *number) {
  const char *root = getenv("GAPSEAL_SHIM_ROOT");
  char adapter[256];
  char tty[512];
  char path[PATH_MAX];
  char target[PATH_MAX];
  assert_true(snprintf(adapter, sizeof adapter, "%s/sys/devices/usb1/1-%d", root, n) < 256);
  assert_true(snprintf(tty, sizeof tty, "%s/1-%d:1.0/%s/tty/%s", adapter, n, name, name) < 512);
  make_dirs(tty);
  path_in(path, tty, "device");
  (void)snprintf(target, sizeof target, "../../../%s", name);
  make_link(target, path);
  (void)snprintf(path, sizeof path, "%s/sys/class/tty", root);
  make_dirs(path);
  (void)snprintf(path, sizeof path, "%s/sys/class/tty/%s", root, name);
  (void)snprintf(target, sizeof target, "../../..%s", tty + strlen(root));
  make_link(target, path);
  write_attribute(adapter, "busnum", "1\n");
  write_attribute(adapter, "devnum", "7\n");
  write_attribute(adapter, "idVendor", "0403\n");
  write_attribute(adapter, "idProduct", "6001\n");
  write_attribute(adapter, "manufacturer", "FTDI\n");
  write_attribute(adapter, "product", "FT232R \033[2J\n");
  if (number != NULL) {
    write_attribute(adapter, "serial", number);
  }
}

static void add_node(const char *name, const char *pts) {
  char path[PATH_MAX];
  (void)snprintf(path, sizeof path, "%s/dev", getenv("GAPSEAL_SHIM_ROOT"));
  make_dirs(path);
  (void)snprintf(path, sizeof path, "%s/dev/%s", getenv("GAPSEAL_SHIM_ROOT"), name);
  make_link(pts, path);
}

static int plug_in(void **state) {
  static struct port p;
  p.master = posix_openpt(O_RDWR | O_NOCTTY);
  assert_true(p.master >= 0);
  assert_int_equal(grantpt(p.master), 0);
  assert_int_equal(unlockpt(p.master), 0);
  p.slave = open(ptsname(p.master), O_RDWR | O_NOCTTY);
  assert_true(p.slave >= 0);
  add_adapter("ttyUSB0", 1, "A1\n");
  add_node("ttyUSB0", ptsname(p.master));
  p.link = NULL;
  *state = &p;
  return 0;
}

static int pull_out(void **state) {
  struct port *p = *state;
  gsh_link_close(p->link);
  if (p->slave >= 0) {
    close(p->slave);
  }
  if (p->master >= 0) {
    close(p->master);
  }
  (void)unsetenv("GAPSEAL_SHIM_GONE");
  return 0;
}

static void open_link(struct port *p, const char *text) {
  enum gs_status status = gsh_link_open(text, &no_options, &p->link, &err);
  if (status != GS_OK) {
    fail_msg("%s: %s", text, err.what);
  }
}

static double now_s(void) {
  struct timespec t;
  assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double spent_s(void) {
  struct rusage u;
  assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void a_port_is_raw_without_flow_control_whatever_it_was(void **state) {
  struct port *p = *state;
  struct termios t;
  assert_int_equal(tcgetattr(p->slave, &t), 0);
  t.c_cflag |= CRTSCTS | HUPCL;
  t.c_iflag |= IXON | ICRNL | ISTRIP;
  t.c_lflag |= ICANON | ECHO | ISIG;
  t.c_oflag |= OPOST;
  assert_int_equal(tcsetattr(p->slave, TCSANOW, &t), 0);
  open_link(p, LINK "@460800");
  assert_true(gsh_link_slow(p->link));
  assert_int_equal(tcgetattr(p->slave, &t), 0);
  assert_int_equal(cfgetospeed(&t), B460800);
  assert_int_equal(cfgetispeed(&t), B460800);
  assert_int_equal(t.c_cflag & (CSIZE | PARENB | CSTOPB | CRTSCTS | HUPCL | CLOCAL | CREAD),
                   CS8 | CLOCAL | CREAD);
  assert_int_equal(t.c_iflag & (IXON | IXOFF | ICRNL | INLCR | IGNCR | ISTRIP | PARMRK), 0);
  assert_int_equal(t.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
  assert_int_equal(t.c_oflag & OPOST, 0);
}

static void the_rate_is_115200_unless_said(void **state) {
  struct port *p = *state;
  struct termios t;
  open_link(p, LINK);
  assert_int_equal(tcgetattr(p->slave, &t), 0);
  assert_int_equal(cfgetospeed(&t), B115200);
}

static void all_bytes_go_both_ways(void **state) {
  struct port *p = *state;
  uint8_t sent[256];
  uint8_t back[256] = {0};
  size_t taken = 0;
  for (size_t i = 0; i < sizeof sent; i++) {
    sent[i] = (uint8_t)i;
  }
  open_link(p, LINK);
  assert_int_equal(gsh_link_write(p->link, sent, sizeof sent, &taken, &err), GS_OK);
  assert_int_equal(taken, sizeof sent);
  for (size_t used = 0; used < sizeof back;) {
    ssize_t n = read(p->master, back + used, sizeof back - used);
    assert_true(n > 0);
    used += (size_t)n;
  }
  assert_memory_equal(back, sent, sizeof sent);
  memset(back, 0, sizeof back);
  assert_int_equal(write(p->master, sent, sizeof sent), (ssize_t)sizeof sent);
  for (size_t used = 0; used < sizeof back;) {
    bool readable = false;
    bool writable = false;
    size_t got = 0;
    assert_int_equal(gsh_link_wait(p->link, false, 5000, &readable, &writable, &err), GS_OK);
    assert_true(readable);
    assert_int_equal(gsh_link_read(p->link, back + used, sizeof back - used, &got, &err), GS_OK);
    used += got;
  }
  assert_memory_equal(back, sent, sizeof sent);
}

static void nothing_to_read_is_no_lost_link(void **state) {
  struct port *p = *state;
  uint8_t byte;
  size_t got = 1;
  bool readable = true;
  bool writable = true;
  open_link(p, LINK);
  assert_int_equal(gsh_link_wait(p->link, false, 20, &readable, &writable, &err), GS_OK);
  assert_false(readable);
  assert_int_equal(gsh_link_read(p->link, &byte, 1, &got, &err), GS_OK);
  assert_int_equal(got, 0);
  assert_true(gsh_link_discard(p->link));
}

/* The trap: the blocking reads of libserialport 0.1.1 turn round here for as long as they are
 * given, and say that nothing came. */
static void pulled_out_while_waiting_is_noticed_at_no_cost(void **state) {
  struct port *p = *state;
  uint8_t byte;
  size_t got = 0;
  bool readable = false;
  bool writable = false;
  open_link(p, LINK);
  pid_t child = fork();
  if (child == 0) {
    /* Has the last descriptor of the other end for a while. */
    close(p->slave);
    (void)nanosleep(&(struct timespec){.tv_nsec = 300 * 1000 * 1000}, NULL);
    _exit(0);
  }
  assert_true(child > 0);
  close(p->master);
  p->master = -1;
  double began = now_s();
  double before = spent_s();
  assert_int_equal(gsh_link_wait(p->link, false, 8000, &readable, &writable, &err), GS_OK);
  assert_true(readable);
  assert_int_equal(gsh_link_read(p->link, &byte, 1, &got, &err), GS_E_LINK_LOST);
  assert_non_null(strstr(err.what, "pulled out"));
  double waited = now_s() - began;
  assert_true(waited > 0.2 && waited < 2.3);
  assert_true(spent_s() - before < 0.1);
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_int_equal(gsh_link_write(p->link, &byte, 1, &got, &err), GS_E_LINK_LOST);
}

/* Some drivers do not wake who waits. */
static void a_silent_death_is_noticed_when_the_wait_is_over(void **state) {
  struct port *p = *state;
  uint8_t byte;
  size_t got = 0;
  bool readable = false;
  bool writable = false;
  open_link(p, LINK);
  assert_int_equal(setenv("GAPSEAL_SHIM_GONE", "1", 1), 0);
  assert_int_equal(gsh_link_wait(p->link, false, 200, &readable, &writable, &err), GS_OK);
  assert_true(readable);
  assert_int_equal(gsh_link_read(p->link, &byte, 1, &got, &err), GS_E_LINK_LOST);
}

/* What another process is told that opens the same port. */
static enum gs_status as_another_process(const char *text) {
  pid_t child = fork();
  if (child == 0) {
    struct gsh_link *l = NULL;
    enum gs_status status = gsh_link_open(text, &no_options, &l, &err);
    char owner[64];
    (void)snprintf(owner, sizeof owner, "(process %ld)", (long)getppid());
    bool named = status != GS_E_PORT_BUSY || strstr(err.what, owner) != NULL;
    gsh_link_close(l);
    _exit(named ? (int)(status & 0x7f) : 127);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return (enum gs_status)WEXITSTATUS(status);
}

static void two_never_share_a_port(void **state) {
  struct port *p = *state;
  char pty[PATH_MAX];
  (void)snprintf(pty, sizeof pty, "pty:%s", ptsname(p->master));
  open_link(p, LINK);
  assert_int_equal(as_another_process(LINK), GS_E_PORT_BUSY & 0x7f);
  assert_int_equal(as_another_process(pty), GS_E_PORT_BUSY & 0x7f);
  int exclusive = 0;
  assert_int_equal(ioctl(p->slave, TIOCGEXCL, &exclusive), 0);
  assert_true(exclusive != 0);
  gsh_link_close(p->link);
  p->link = NULL;
  assert_int_equal(as_another_process(LINK), GS_OK);
  assert_int_equal(ioctl(p->slave, TIOCGEXCL, &exclusive), 0);
  assert_int_equal(exclusive, 0);
}

static void what_stands_behind_a_port_is_told_as_it_is(void **state) {
  (void)state;
  struct gsh_serial port;
  assert_int_equal(gsh_serial_look("/dev/ttyUSB0", &port), GS_OK);
  assert_true(port.usb);
  assert_int_equal(port.vendor, 0x0403);
  assert_int_equal(port.product, 0x6001);
  assert_string_equal(port.maker, "FTDI");
  assert_string_equal(port.name, "FT232R \033[2J");
  assert_string_equal(port.number, "A1");
  assert_int_equal(gsh_serial_look("/dev/ttyUSB9", &port), GS_E_NO_DEVICE);
  assert_int_equal(gsh_serial_look("/dev/null", &port), GS_E_NO_DEVICE);
  assert_string_equal(port.path, "");
}

static void a_link_leads_to_its_port(void **state) {
  (void)state;
  struct gsh_serial port;
  char link[64];
  assert_true(gsh_serial_of_link(LINK "@9600", &port));
  assert_string_equal(port.path, "/dev/ttyUSB0");
  assert_false(gsh_serial_of_link("pty:/dev/ttyUSB0", &port));
  assert_false(gsh_serial_of_link("serial:", &port));
  assert_false(gsh_serial_of_link("serial:/dev/ttyUSB9", &port));
  assert_true(gsh_serial_link("/dev/ttyUSB7", LINK "@9600", link, sizeof link));
  assert_string_equal(link, "serial:/dev/ttyUSB7@9600");
  assert_true(gsh_serial_link("/dev/ttyUSB7", LINK, link, sizeof link));
  assert_string_equal(link, "serial:/dev/ttyUSB7");
  assert_false(gsh_serial_link("/dev/ttyUSB7", LINK, link, 19));
}

static void ports_without_a_device_file_are_not_listed(void **state) {
  struct port *p = *state;
  struct gsh_serial ports[4];
  size_t count = 0;
  add_adapter("ttyUSB10", 10, "A10\n");
  add_adapter("ttyUSB2", 2, "A2\n");
  add_adapter("ttyUSB3", 3, "A3\n");
  add_node("ttyUSB10", ptsname(p->master));
  add_node("ttyUSB2", ptsname(p->master));
  assert_int_equal(gsh_serial_list(ports, 4, &count, &err), GS_OK);
  assert_int_equal(count, 3);
  assert_string_equal(ports[0].path, "/dev/ttyUSB0");
  assert_string_equal(ports[1].path, "/dev/ttyUSB2");
  assert_string_equal(ports[2].path, "/dev/ttyUSB10");
  assert_int_equal(gsh_serial_list(ports, 2, &count, &err), GS_OK);
  assert_int_equal(count, 2);
}

/* The system's list is out of the way, and a file that is none is in its place. */
static void move_list(bool away) {
  char class_[PATH_MAX];
  char aside[PATH_MAX];
  path_in(class_, getenv("GAPSEAL_SHIM_ROOT"), "sys/class/tty");
  path_in(aside, getenv("GAPSEAL_SHIM_ROOT"), "sys/class/aside");
  if (!away) {
    assert_int_equal(unlink(class_), 0);
  }
  assert_int_equal(away ? rename(class_, aside) : rename(aside, class_), 0);
  if (away) {
    make_link("/dev/null", class_);
  }
}

static void a_list_that_cannot_be_read_is_no_empty_one(void **state) {
  (void)state;
  struct gsh_serial ports[4];
  struct gsh_error why = {0};
  size_t count = 9;
  move_list(true);
  enum gs_status status = gsh_serial_list(ports, 4, &count, &why);
  move_list(false);
  assert_int_equal(status, GS_E_INTERNAL);
  assert_int_equal(count, 0);
  assert_non_null(strstr(why.what, "/sys/class/tty: Not a directory"));
  assert_string_equal(why.next_step, "see whether this user may read /sys/class/tty");
}

static void others_of_its_kind_are_remembered_where_there_is_no_number(void **state) {
  struct port *p = *state;
  struct gsh_place place = {0};
  add_adapter("ttyUSB5", 5, NULL);
  add_adapter("ttyUSB6", 6, NULL);
  add_node("ttyUSB5", ptsname(p->master));
  add_node("ttyUSB6", ptsname(p->master));
  gsh_place_remember(&place, "tcp:127.0.0.1:1");
  assert_string_equal(place.adapter.path, "");
  gsh_place_remember(&place, "serial:/dev/ttyUSB5");
  assert_string_equal(place.adapter.path, "/dev/ttyUSB5");
  assert_int_equal(place.other_count, 1);
  assert_string_equal(place.others[0], "/dev/ttyUSB6");
  /* The first place counts. */
  gsh_place_remember(&place, LINK);
  assert_string_equal(place.adapter.path, "/dev/ttyUSB5");
}

/* Start this program again, with the library and a folder for its ports. */
static int start_again(char **argv) {
  static char root[] = "/tmp/gapseal-ports-XXXXXX";
  char self[PATH_MAX];
  char shim[PATH_MAX + 32];
  char options[512];
  const char *asan = getenv("ASAN_OPTIONS");
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n <= 0 || mkdtemp(root) == NULL) {
    perror("test_host_serial");
    return 1;
  }
  self[n] = '\0';
  (void)snprintf(shim, sizeof shim, "%s/serial_shim.so", dirname(self));
  (void)snprintf(options, sizeof options, "%s%sverify_asan_link_order=0", asan != NULL ? asan : "",
                 asan != NULL ? ":" : "");
  if (access(shim, R_OK) != 0 || setenv("LD_PRELOAD", shim, 1) != 0 ||
      setenv("GAPSEAL_SHIM_ROOT", root, 1) != 0 || setenv("ASAN_OPTIONS", options, 1) != 0) {
    perror(shim);
    return 1;
  }
  execv("/proc/self/exe", argv);
  perror("execv");
  return 1;
}

int main(int argc, char **argv) {
  (void)argc;
  if (getenv("GAPSEAL_SHIM_ROOT") == NULL) {
    return start_again(argv);
  }
#define ON_A_PORT(test) cmocka_unit_test_setup_teardown(test, plug_in, pull_out)
  const struct CMUnitTest tests[] = {
      ON_A_PORT(a_port_is_raw_without_flow_control_whatever_it_was),
      ON_A_PORT(the_rate_is_115200_unless_said),
      ON_A_PORT(all_bytes_go_both_ways),
      ON_A_PORT(nothing_to_read_is_no_lost_link),
      ON_A_PORT(pulled_out_while_waiting_is_noticed_at_no_cost),
      ON_A_PORT(a_silent_death_is_noticed_when_the_wait_is_over),
      ON_A_PORT(two_never_share_a_port),
      ON_A_PORT(what_stands_behind_a_port_is_told_as_it_is),
      ON_A_PORT(a_link_leads_to_its_port),
      ON_A_PORT(ports_without_a_device_file_are_not_listed),
      ON_A_PORT(a_list_that_cannot_be_read_is_no_empty_one),
      ON_A_PORT(others_of_its_kind_are_remembered_where_there_is_no_number),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  char command[PATH_MAX];
  (void)snprintf(command, sizeof command, "rm -rf '%s'", getenv("GAPSEAL_SHIM_ROOT"));
  (void)unsetenv("LD_PRELOAD");
  return system(command) == 0 ? failed : 1;
}
