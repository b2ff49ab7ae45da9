/* SPDX-License-Identifier: Apache-2.0
 * Serial ports as libserialport tells of them: the adapter behind a port. Opens no port.
 */
#ifndef GSH_SERIAL_H
#define GSH_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tty.h"

#define GSH_SERIAL_TEXT_MAX 128u

struct gsh_serial {
  char path[GSH_TTY_PATH_MAX]; /* "/dev/ttyUSB0" */
  bool usb;
  uint16_t vendor, product; /* 0 where it is no USB device */
  /* As the adapter says: any bytes, not safe to print. "" where it says nothing. */
  char maker[GSH_SERIAL_TEXT_MAX], name[GSH_SERIAL_TEXT_MAX], number[GSH_SERIAL_TEXT_MAX];
};

/* What stands behind a port. real: from gsh_tty_find. False: no serial port of this computer, and
 * *out is zeroed. */
bool gsh_serial_look(const char *real, struct gsh_serial *out);

/* All serial ports; returns how many, at most max. */
size_t gsh_serial_list(struct gsh_serial *out, size_t max);

/* The same adapter, as far as ids and serial number tell. Without a serial number two of a kind
 * look the same. */
bool gsh_serial_same(const struct gsh_serial *a, const struct gsh_serial *b);

#endif
