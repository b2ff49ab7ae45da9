/* SPDX-License-Identifier: Apache-2.0
 * serial:PATH[@BAUD] - a serial port through libserialport, which no other file knows.
 *
 * Bytes are waited for with poll() on its descriptor, so that waiting costs nothing. Its blocking
 * reads would not do: on a port whose adapter was pulled, version 0.1.1 turns round until the time
 * is over and then says "nothing came". Reading without waiting and sp_input_waiting tell it at
 * once.
 *
 * The modem lines are left as opening the port leaves them: nothing here raises or drops DTR or
 * RTS, and they stay when the port is closed.
 */
#include <errno.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link_internal.h"
#include "serial.h"
#include "tty.h"

#define SCHEME "serial:"
#define BAUD_DEFAULT 115200
#define PORTS_MAX 64u

const char *gsh_serial_version(void) {
  return sp_get_package_version_string();
}

/* *baud is a rate also where none is named. */
static enum gs_status split(const char *rest, char path[GSH_LINK_PATH_MAX], int *baud,
                            struct gsh_error *err) {
  unsigned long rate = 0;
  enum gs_status status = gsh_link_split_rate(rest, path, &rate, err);
  *baud = status == GS_OK && rate != 0 ? (int)rate : BAUD_DEFAULT;
  return status;
}

/* 8 bits, no parity, 1 stop bit, no flow control. What the configuration does not name stays as it
 * is: the modem lines. */
static bool fill(struct sp_port_config *c, int baud) {
  return sp_set_config_baudrate(c, baud) == SP_OK && sp_set_config_bits(c, 8) == SP_OK &&
         sp_set_config_parity(c, SP_PARITY_NONE) == SP_OK &&
         sp_set_config_stopbits(c, 1) == SP_OK &&
         sp_set_config_flowcontrol(c, SP_FLOWCONTROL_NONE) == SP_OK;
}

static enum gs_status set_up(struct sp_port *port, int baud, const char *real,
                             struct gsh_error *err) {
  struct sp_port_config *config = NULL;
  if (sp_new_config(&config) != SP_OK || !fill(config, baud)) {
    sp_free_config(config);
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory to open a port");
  }
  enum sp_return set = sp_set_config(port, config);
  int number = set != SP_OK ? sp_last_error_code() : 0;
  sp_free_config(config);
  if (set == SP_ERR_SUPP || (set != SP_OK && number == EINVAL)) {
    gsh_fail(err, GS_E_USAGE, "the port does not take %d baud", baud);
    gsh_next_step(err, "use a rate that it has, for example @115200");
    return GS_E_USAGE;
  }
  /* Nothing that was there before may be read. */
  if (set == SP_OK && sp_flush(port, SP_BUF_INPUT) == SP_OK) {
    return GS_OK;
  }
  return gsh_tty_trouble(real, number != 0 ? number : sp_last_error_code(), err);
}

static bool discard(struct gsh_link *l) {
  return sp_flush(l->port, SP_BUF_OUTPUT) == SP_OK;
}

/* Asked where nothing came: fails once the adapter was pulled, also with drivers that do not wake
 * a sleeping reader then. */
static bool gone(struct gsh_link *l) {
  return sp_input_waiting(l->port) < 0;
}

static enum gs_status read_now(struct gsh_link *l, uint8_t *buf, size_t cap, size_t *got,
                               struct gsh_error *err) {
  int n = sp_nonblocking_read(l->port, buf, cap);
  *got = n > 0 ? (size_t)n : 0;
  /* No bytes: there are none, or there is no port any more. */
  if (n < 0 || (n == 0 && gone(l))) {
    return gsh_fail(err, GS_E_LINK_LOST, "the port is gone; its adapter was pulled out, or reset");
  }
  return GS_OK;
}

static void end(struct gsh_link *l) {
  if (l->read_fd >= 0) {
    if (l->claimed) {
      gsh_tty_release(l->read_fd);
    }
    (void)sp_close(l->port);
  }
  sp_free_port(l->port);
  l->read_fd = -1;
  l->write_fd = -1;
}

static enum gs_status open_port(struct gsh_link *l, const char *real, int baud,
                                struct gsh_error *err) {
  int fd = -1;
  if (sp_open(l->port, SP_MODE_READ_WRITE) != SP_OK) {
    return gsh_tty_trouble(real, sp_last_error_code(), err);
  }
  if (sp_get_port_handle(l->port, &fd) != SP_OK || fd < 0) {
    (void)sp_close(l->port);
    return gsh_fail(err, GS_E_INTERNAL, "the serial library gives no descriptor");
  }
  l->read_fd = fd;
  l->write_fd = fd;
  enum gs_status status = gsh_tty_claim(fd, true, real, err);
  l->claimed = status == GS_OK;
  if (status == GS_OK && !gsh_link_prepare_fd(fd)) {
    status = gsh_fail(err, GS_E_INTERNAL, "the port cannot be prepared");
  }
  return status == GS_OK ? set_up(l->port, baud, real, err) : status;
}

enum gs_status gsh_link_open_serial(const char *rest, const struct gsh_link_options *options,
                                    struct gsh_link *l, struct gsh_error *err) {
  (void)options;
  char path[GSH_LINK_PATH_MAX];
  char real[GSH_TTY_PATH_MAX];
  int baud = 0;
  enum gs_status status = split(rest, path, &baud, err);
  if (status == GS_OK) {
    status = gsh_tty_find(path, real, err);
  }
  if (status != GS_OK) {
    return status;
  }
  if (gsh_tty_is_pty(real)) {
    gsh_fail(err, GS_E_USAGE, "it is a pseudo terminal, and the serial library opens none");
    gsh_next_step(err, "write pty:PATH instead of serial:PATH");
    return GS_E_USAGE;
  }
  status = gsh_tty_lock_file(real, err);
  if (status != GS_OK) {
    return status;
  }
  sp_set_debug_handler(NULL); /* it would print what devices say of themselves */
  enum sp_return known = sp_get_port_by_name(real, &l->port);
  if (known == SP_ERR_MEM) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory to open a port");
  }
  if (known != SP_OK) {
    gsh_fail(err, GS_E_USAGE, "this computer knows no serial port of that name");
    gsh_next_step(err, "run: gapseal list");
    return GS_E_USAGE;
  }
  l->slow = true;
  l->end = end;
  l->read = read_now;
  l->gone = gone;
  l->discard = discard;
  return open_port(l, real, baud, err);
}

/* -- what stands behind a port ------------------------------------------------------------------
 */

static void keep(char out[GSH_SERIAL_TEXT_MAX], const char *text) {
  size_t n = text != NULL ? strlen(text) : 0;
  n = n < GSH_SERIAL_TEXT_MAX ? n : GSH_SERIAL_TEXT_MAX - 1;
  if (n > 0) {
    memcpy(out, text, n);
  }
  out[n] = '\0';
}

enum gs_status gsh_serial_look(const char *real, struct gsh_serial *out) {
  struct sp_port *port = NULL;
  int vendor = 0;
  int product = 0;
  memset(out, 0, sizeof *out);
  sp_set_debug_handler(NULL);
  enum sp_return known =
      strlen(real) < sizeof out->path ? sp_get_port_by_name(real, &port) : SP_ERR_ARG;
  if (known != SP_OK) {
    return known == SP_ERR_MEM ? GS_E_NO_MEMORY : GS_E_NO_DEVICE;
  }
  memcpy(out->path, real, strlen(real) + 1);
  out->usb = sp_get_port_transport(port) == SP_TRANSPORT_USB &&
             sp_get_port_usb_vid_pid(port, &vendor, &product) == SP_OK;
  if (out->usb) {
    out->vendor = (uint16_t)vendor;
    out->product = (uint16_t)product;
    keep(out->maker, sp_get_port_usb_manufacturer(port));
    keep(out->name, sp_get_port_usb_product(port));
    keep(out->number, sp_get_port_usb_serial(port));
  }
  sp_free_port(port);
  return GS_OK;
}

enum gs_status gsh_serial_list(struct gsh_serial *out, size_t max, size_t *count,
                               struct gsh_error *err) {
  char names[PORTS_MAX][GSH_TTY_NAME_MAX];
  size_t named = 0;
  *count = 0;
  enum gs_status status = gsh_tty_names(names, PORTS_MAX, &named, err);
  for (size_t i = 0; status == GS_OK && i < named && *count < max; i++) {
    char path[GSH_TTY_NAME_MAX + 8] = "/dev/";
    memcpy(path + 5, names[i], strlen(names[i]) + 1);
    status = gsh_serial_look(path, &out[*count]);
    *count += status == GS_OK;
    if (status == GS_E_NO_DEVICE) {
      status = GS_OK; /* pulled out meanwhile */
    } else if (status != GS_OK) {
      gsh_fail(err, status, "no memory to look at the serial ports");
    }
  }
  if (status != GS_OK) {
    *count = 0;
  }
  return status;
}

bool gsh_serial_of_link(const char *link, struct gsh_serial *out) {
  char path[GSH_LINK_PATH_MAX];
  char real[GSH_TTY_PATH_MAX];
  int baud = 0;
  struct gsh_error ignored;
  memset(out, 0, sizeof *out);
  return strncmp(link, SCHEME, sizeof SCHEME - 1) == 0 &&
         split(link + sizeof SCHEME - 1, path, &baud, &ignored) == GS_OK &&
         gsh_tty_find(path, real, &ignored) == GS_OK && gsh_serial_look(real, out) == GS_OK;
}

bool gsh_serial_link(const char *path, const char *like, char *out, size_t cap) {
  char ignored_path[GSH_LINK_PATH_MAX];
  struct gsh_error ignored;
  int baud = BAUD_DEFAULT;
  const char *rest = strchr(like, ':');
  if (rest != NULL) {
    (void)split(rest + 1, ignored_path, &baud, &ignored);
  }
  int n = baud == BAUD_DEFAULT ? snprintf(out, cap, SCHEME "%s", path)
                               : snprintf(out, cap, SCHEME "%s@%d", path, baud);
  return n > 0 && (size_t)n < cap;
}

bool gsh_serial_same(const struct gsh_serial *a, const struct gsh_serial *b) {
  return a->usb && b->usb && a->vendor == b->vendor && a->product == b->product &&
         strcmp(a->number, b->number) == 0;
}
