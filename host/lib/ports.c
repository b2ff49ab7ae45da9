/* SPDX-License-Identifier: Apache-2.0 */
#include "ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "host_internal.h"
#include "platform.h"
#include "text.h"

#define FILE_MAX 65536u
#define ID_TEXT 9u /* "0403:6001" */

static const struct {
  uint16_t vendor, product;
  enum gsh_usb_kind kind;
  const char *what;
} known[] = {
#define GSH_USB_ID(vendor_, product_, kind_, what_) \
  {.vendor = (vendor_), .product = (product_), .kind = GSH_USB_##kind_, .what = (what_)},
#include "usb_ids.def"
#undef GSH_USB_ID
};

enum gsh_usb_kind gsh_usb_known(uint16_t vendor, uint16_t product, const char **what) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (known[i].vendor == vendor && known[i].product == product) {
      *what = known[i].what;
      return known[i].kind;
    }
  }
  *what = "";
  return GSH_USB_UNKNOWN;
}

static bool read_half(const char *text, uint16_t *out) {
  char digits[5];
  uint8_t bytes[2];
  memcpy(digits, text, 4);
  digits[4] = '\0';
  bool ok = gsh_unhex(digits, bytes, 2);
  *out = ok ? (uint16_t)((unsigned)bytes[0] << 8 | bytes[1]) : 0;
  return ok;
}

/* "0403:6001", then the line's end or a blank. */
static bool read_id(const char *line, size_t len, struct gsh_usb_ids *out) {
  bool ok = len >= ID_TEXT && line[4] == ':' &&
            (len == ID_TEXT || line[ID_TEXT] == ' ' || line[ID_TEXT] == '\t') &&
            out->count < GSH_USB_IDS_MAX && read_half(line, &out->vendor[out->count]) &&
            read_half(line + 5, &out->product[out->count]);
  out->count += ok;
  return ok;
}

static enum gs_status read_ids(const char *path, const char *data, size_t len,
                               struct gsh_usb_ids *out, struct gsh_error *err) {
  size_t number = 1;
  for (size_t from = 0; from < len; number++) {
    const char *line = data + from;
    const char *end = memchr(line, '\n', len - from);
    size_t n = end != NULL ? (size_t)(end - line) : len - from;
    from += n + 1;
    if (n == 0 || line[0] == '#') {
      continue;
    }
    if (!read_id(line, n, out)) {
      char shown[256];
      gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
      gsh_fail(err, GS_E_FILE_MALFORMED, "%s, line %zu: it is no USB id, or one too many", shown,
               number);
      gsh_next_step(err, "write one id a line, four hex digits each: 0403:6001");
      return GS_E_FILE_MALFORMED;
    }
  }
  return GS_OK;
}

enum gs_status gsh_usb_ids_load(const char *config_dir, struct gsh_usb_ids *out,
                                struct gsh_error *err) {
  char path[GSH_PATH_MAX];
  uint8_t *data = NULL;
  size_t len = 0;
  bool there = false;
  memset(out, 0, sizeof *out);
  if (config_dir[0] == '\0') {
    return GS_OK; /* it has no name, and the doctor says why */
  }
  enum gs_status status = gsh_path_join(path, sizeof path, config_dir, GSH_USB_IDS_FILE, err);
  if (status == GS_OK) {
    status = gsh_file_look(path, &there, err);
  }
  if (status != GS_OK || !there) {
    return status;
  }
  status = gsh_file_read_all(path, FILE_MAX, &data, &len, err);
  if (status == GS_OK) {
    status = read_ids(path, (const char *)data, len, out, err);
    free(data);
  }
  return status;
}

static bool named(const struct gsh_usb_ids *ids, const struct gsh_serial *port) {
  for (size_t i = 0; i < ids->count; i++) {
    if (ids->vendor[i] == port->vendor && ids->product[i] == port->product) {
      return true;
    }
  }
  return false;
}

static void show(const char *text, char *out, size_t cap) {
  gsh_text_escape(text, strlen(text), 0, out, cap);
}

void gsh_port_describe(const struct gsh_serial *port, const struct gsh_usb_ids *ids, bool probe,
                       struct gsh_port *out) {
  memset(out, 0, sizeof *out);
  out->known = "";
  (void)snprintf(out->link, sizeof out->link, "serial:%s", port->path);
  show(port->path, out->path, sizeof out->path);
  out->usb = port->usb;
  out->asked = probe;
  if (port->usb) {
    enum gsh_usb_kind kind = gsh_usb_known(port->vendor, port->product, &out->known);
    out->vendor = port->vendor;
    out->product = port->product;
    show(port->maker, out->maker, sizeof out->maker);
    show(port->name, out->name, sizeof out->name);
    show(port->number, out->serial, sizeof out->serial);
    out->asked = probe || kind == GSH_USB_DEVICE || named(ids, port);
  }
}

/* A port that is named need not be listed. */
static void say_name_it(struct gsh_error *err) {
  char before[sizeof err->next_step];
  memcpy(before, err->next_step, sizeof before);
  gsh_next_step(err, "%.300s%sname the port: --port serial:PATH", before,
                before[0] != '\0' ? ", or " : "");
}

unsigned gsh_ports(struct gsh *h, struct gsh_port *out, size_t max, size_t *count,
                   struct gsh_why *why) {
  struct gsh_error err = {0};
  struct gsh_usb_ids ids;
  *count = 0;
  enum gs_status status = gsh_usb_ids_load(h->config_dir, &ids, &err);
  struct gsh_serial *ports = calloc(GSH_PORTS_MAX, sizeof *ports);
  if (status == GS_OK && ports == NULL) {
    status = gsh_fail(&err, GS_E_NO_MEMORY, "no memory for a list of ports");
  }
  size_t found = 0;
  if (status == GS_OK) {
    status = gsh_serial_list(ports, GSH_PORTS_MAX, &found, &err);
    if (status == GS_E_INTERNAL) {
      say_name_it(&err);
    }
  }
  for (size_t i = 0; i < found && *count < max; i++) {
    gsh_port_describe(&ports[i], &ids, h->config.probe, &out[(*count)++]);
  }
  free(ports);
  return gsh_why_fill(why, status, &err, false);
}
