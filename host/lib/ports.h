/* SPDX-License-Identifier: Apache-2.0
 * Which serial ports there are, and which of them may be asked who is there. A port whose USB ids
 * are not known to be a device's may belong to a running machine, and is left alone.
 */
#ifndef GSH_PORTS_H
#define GSH_PORTS_H

#include "error.h"
#include "gapseal/host.h"
#include "serial.h"

#define GSH_USB_IDS_FILE "usb-ids"
#define GSH_USB_IDS_MAX 64u

enum gsh_usb_kind { GSH_USB_UNKNOWN, GSH_USB_DEVICE, GSH_USB_ADAPTER, GSH_USB_TEST };

/* What usb_ids.def says of an id. *what: a constant text, "" where it is unknown. */
enum gsh_usb_kind gsh_usb_known(uint16_t vendor, uint16_t product, const char **what);

/* The ids that a person named in the file usb-ids: "VENDOR:PRODUCT", four hex digits each, a line;
 * what follows a blank is a comment, as is a line that begins with #. */
struct gsh_usb_ids {
  uint16_t vendor[GSH_USB_IDS_MAX], product[GSH_USB_IDS_MAX];
  size_t count;
};
/* GS_E_FILE_MALFORMED with the line's number; GS_E_FILE_READ. No file: no ids. */
enum gs_status gsh_usb_ids_load(const char *config_dir, struct gsh_usb_ids *out,
                                struct gsh_error *err);

/* Describe a port for callers of the library; its texts are then safe to print. */
void gsh_port_describe(const struct gsh_serial *port, const struct gsh_usb_ids *ids, bool probe,
                       struct gsh_port *out);

#endif
