/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "computer.h"
#include "doctor.h"
#include "ports.h"
#include "text.h"

#define RULE "60-gapseal.rules"

static void name_port(const struct gsh_port *p, char *out, size_t cap) {
  const char *name = p->name[0] != '\0' ? p->name : p->known;
  if (p->usb) {
    (void)snprintf(out, cap, "%s (%04x:%04x%s%s)", p->path, (unsigned)p->vendor,
                   (unsigned)p->product, name[0] != '\0' ? " " : "", name);
  } else {
    (void)snprintf(out, cap, "%s (built in)", p->path);
  }
}

/* Is it wrong that a port cannot be used? Of a built-in one it is not known whether anything is
 * connected to it, and one that others use may be theirs. */
static bool matters(const struct gsh_port *p, enum gs_status status) {
  return p->asked || (p->usb && status != GS_E_PORT_BUSY);
}

static void look_at_port(struct gsh_doctor *x, const struct gsh_port *p) {
  char name[GSH_TEXT_MAX];
  struct gsh_error err = {0};
  const char *real = p->link + strlen("serial:");
  name_port(p, name, sizeof name);
  enum gs_status status = gsh_tty_may_open(real, &err);
  if (status == GS_OK) {
    status = gsh_tty_in_use(real, &err);
  }
  if (status == GS_OK) {
    gsh_doctor_fine(x, "port", "%s may be opened; %s", name,
                    p->asked ? "it is asked who is there" : "it is asked only by name or --probe");
  } else if (!matters(p, status)) {
    gsh_doctor_note(x, "port", err.next_step, "%s: %s", name, err.what);
  } else {
    gsh_context(&err, "%s", name);
    gsh_doctor_wrong(x, "port", &err);
  }
}

/* Ids for tests inside a house must not be met outside of it. False: they cannot be read. */
static bool look_at_ids(struct gsh_doctor *x) {
  struct gsh_usb_ids ids;
  struct gsh_error err = {0};
  const char *what = "";
  if (x->h->no_config.status != GS_OK) {
    return true; /* the doctor said so */
  }
  if (gsh_usb_ids_load(x->h->config_dir, &ids, &err) != GS_OK) {
    gsh_doctor_wrong(x, "usb-ids", &err);
    return false;
  }
  for (size_t i = 0; i < ids.count; i++) {
    if (gsh_usb_known(ids.vendor[i], ids.product[i], &what) == GSH_USB_TEST) {
      gsh_doctor_note(x, "usb-ids", "take the line out, unless this is a place for tests",
                      "the file names %04x:%04x, an id for tests that no product may have",
                      (unsigned)ids.vendor[i], (unsigned)ids.product[i]);
      return true;
    }
  }
  gsh_doctor_fine(x, "usb-ids", "%zu id%s named", ids.count, ids.count == 1 ? " is" : "s are");
  return true;
}

static void look_at_group(struct gsh_doctor *x) {
  char user[64];
  char group[64];
  char next_step[GSH_TEXT_MAX];
  bool root = gsh_computer_all_powerful(user);
  enum gsh_computer_group in = gsh_computer_serial_group(group);
  if (root || in == GSH_GROUP_IN) {
    gsh_doctor_fine(x, "group", "%s may open serial ports", user);
  } else if (in == GSH_GROUP_LATER) {
    (void)snprintf(next_step, sizeof next_step, "log in again, or run in this terminal: newgrp %s",
                   group);
    gsh_doctor_note(x, "group", next_step,
                    "%s was put into group %s, to which serial ports belong, but this login began"
                    " before",
                    user, group);
  } else if (in == GSH_GROUP_OUT) {
    (void)snprintf(next_step, sizeof next_step, "run: sudo usermod -aG %s %s, then log in again",
                   group, user);
    gsh_doctor_note(x, "group", next_step, "%s is not in group %s, to which serial ports belong",
                    user, group);
  } else {
    gsh_doctor_fine(x, "group", "serial ports belong to no known group here");
  }
}

static void look_at_others(struct gsh_doctor *x) {
  struct gsh_tty_holder manager;
  char path[256];
  gsh_tty_program("ModemManager", &manager);
  if (manager.pid != 0) {
    gsh_doctor_note(x, "ModemManager", "run: sudo systemctl stop ModemManager",
                    "it runs, and has each new serial port to itself for a while; a port may be"
                    " busy then");
  } else {
    gsh_doctor_fine(x, "ModemManager", "it does not run");
  }
  if (gsh_computer_rule(RULE, path)) {
    gsh_doctor_fine(x, "udev", "%s is installed", path);
  } else {
    gsh_doctor_fine(x, "udev", "no rule file " RULE " is installed; serial: needs none");
  }
}

/* readable: the ids that decide which ports are asked could be read. */
static void look_at_ports(struct gsh_doctor *x, bool readable) {
  struct gsh_why why = {0};
  struct gsh_error err = {0};
  struct gsh_port *ports = calloc(GSH_PORTS_MAX, sizeof *ports);
  size_t count = 0;
  unsigned status = GS_E_NO_MEMORY;
  if (ports != NULL) {
    status = gsh_ports(x->h, ports, GSH_PORTS_MAX, &count, &why);
  }
  if (status != GS_OK && readable) {
    gsh_fail(&err, (enum gs_status)status, "the serial ports could not be looked at%s%s",
             why.what[0] != '\0' ? ": " : "", why.what);
    gsh_next_step(&err, "%s", why.next_step);
    gsh_doctor_wrong(x, "port", &err);
  } else if (status == GS_OK && count == 0) {
    gsh_doctor_fine(x, "port", "there is no serial port");
  }
  for (size_t i = 0; i < count; i++) {
    look_at_port(x, &ports[i]);
  }
  free(ports);
}

void gsh_doctor_ports(struct gsh_doctor *x) {
  bool readable = look_at_ids(x);
  look_at_group(x);
  look_at_others(x);
  look_at_ports(x, readable);
}
