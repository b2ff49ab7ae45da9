/* SPDX-License-Identifier: Apache-2.0
 * Serial ports in words.
 */
#ifndef GSC_PORTS_H
#define GSC_PORTS_H

#include "cli.h"

struct gsc_ports {
  struct gsh_port *items;
  size_t count;
};
/* None where they cannot be told, and *why then says what failed. Freed with gsc_ports_free. */
unsigned gsc_ports_load(struct gsc_cli *cli, struct gsc_ports *out, struct gsh_why *why);
void gsc_ports_free(struct gsc_ports *ports);

size_t gsc_ports_not_asked(const struct gsc_ports *ports);
/* The port of a serial link, or NULL. */
const struct gsh_port *gsc_ports_of_link(const struct gsc_ports *ports, const char *link);

/* "USB 0403:6001 FTDI FT232R USB UART, serial number A5XK3RJT" */
void gsc_text_port(const struct gsh_port *p, char *out, size_t cap);
cJSON *gsc_json_port(const struct gsh_port *p);

/* A line for each that was not asked. */
void gsc_ports_tell(struct gsc_cli *cli, const struct gsc_ports *ports);
/* Nobody answered: add that there are ports which were not asked. */
void gsc_ports_advise(const struct gsc_ports *ports, struct gsh_why *why);

#endif
