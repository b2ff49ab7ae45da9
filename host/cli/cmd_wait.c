/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli.h"

#define DEFAULT_S 60u

int gsc_wait(struct gsc_cli *cli) {
  struct gsc_ending e;
  struct gsh_device *d = NULL;
  struct gsh_device_info info;
  static struct gsc_targets targets;
  uint32_t seconds = cli->args.timeout_s != 0 ? cli->args.timeout_s : DEFAULT_S;
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "waiting for the device, %lu s at most", (unsigned long)seconds);
  unsigned status = gsc_select(cli, cli->args.arguments, cli->args.count, false, &targets, &e);
  if (status == GSH_OK) {
    status = gsh_wait(cli->host, targets.links[0], seconds, &d, &e.why);
  }
  if (status == GSH_OK) {
    char text[GSH_TEXT_MAX - 32];
    gsc_ending_device(&e, &info, d);
    gsh_disconnect(d);
    gsc_text_device(&info, text, sizeof text);
    (void)snprintf(e.done, sizeof e.done, "it answers: %s", text);
  }
  return gsc_ui_end(&cli->ui, &e);
}
