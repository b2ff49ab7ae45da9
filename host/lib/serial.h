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

/* The version of libserialport that is loaded. Constant. */
const char *gsh_serial_version(void);

/* What stands behind a port. real: from gsh_tty_find. GS_E_NO_DEVICE: no serial port of this
 * computer; GS_E_NO_MEMORY. On anything but GS_OK *out is zeroed. */
enum gs_status gsh_serial_look(const char *real, struct gsh_serial *out);

/* All serial ports. count: on GS_OK how many, at most max; else 0. GS_E_NO_MEMORY, GS_E_INTERNAL:
 * what ports there are is not known. */
enum gs_status gsh_serial_list(struct gsh_serial *out, size_t max, size_t *count,
                               struct gsh_error *err);

/* The same adapter, as far as ids and serial number tell. Without a serial number two of a kind
 * look the same. */
bool gsh_serial_same(const struct gsh_serial *a, const struct gsh_serial *b);

/* The port that a link's text leads to, in *out. False: not serial:, or nothing is there. */
bool gsh_serial_of_link(const char *link, struct gsh_serial *out);
/* "serial:" and a path, with the rate of another link. False where it does not fit. */
bool gsh_serial_link(const char *path, const char *like, char *out, size_t cap);

/* Where a link led, to find it again under another name. Zeroed: nowhere yet. */
#define GSH_PLACE_OTHERS 8u
struct gsh_place {
  struct gsh_serial adapter;
  /* Ports that look the same and belong to others: of adapters without serial numbers. */
  char others[GSH_PLACE_OTHERS][GSH_TTY_PATH_MAX];
  size_t other_count;
};
/* Keep what stands behind a serial link; keeps what it has otherwise, and what it had before. */
void gsh_place_remember(struct gsh_place *p, const char *link);
/* May the adapter have come back at this port? */
bool gsh_place_fits(const struct gsh_place *p, const struct gsh_serial *port);

#endif
