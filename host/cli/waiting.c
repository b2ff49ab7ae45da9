/* SPDX-License-Identifier: Apache-2.0
 * Commands that wait at one link for a device that does not answer, and let it go again.
 */
#include <string.h>

#include "cli.h"

const char *gsc_link_to_wait_at(const struct gsc_args *args) {
  if (args->count + args->port_count != 2) {
    return NULL;
  }
  return args->port_count == 1 ? args->ports[0] : gsc_link_of(args->arguments[1]);
}

void gsc_let_go(struct gsc_cli *cli, struct gsh_device *d) {
  struct gsh_why why;
  if (gsh_release(d, &why) != GSH_OK && gsh_device_info(d)->held_in_stub) {
    bool known = strcmp(gsh_device_info(d)->state, "unknown") != 0;
    gsc_ui_say(&cli->ui, "it %s in its stub until it is started again: %s",
               known ? "stays" : "may stay", why.what);
  }
}
