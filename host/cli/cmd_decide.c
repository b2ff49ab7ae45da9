/* SPDX-License-Identifier: Apache-2.0
 * confirm, reject, rollback, cancel, reboot: what a person decides.
 */
#include <stdio.h>

#include "cli.h"

struct words {
  const char *first, *done;
};

static const struct words words[] = {
    [GSH_CONFIRM] = {"confirming the image on trial", "confirmed"},
    [GSH_REJECT] = {"rejecting the image on trial", "rejected"},
    [GSH_ROLLBACK] = {"going back to the last good image", "rolled back"},
    [GSH_CANCEL] = {"cancelling the update", "cancelled"},
    [GSH_REBOOT] = {"rebooting the device", "rebooted"},
};

static int decide(struct gsc_cli *cli, enum gsh_decision what) {
  struct gsc_ending e;
  struct gsh_device *d = NULL;
  struct gsh_device_info info;
  struct gsh_decided decided = {0};
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "%s", words[what].first);
  if (gsc_connect_one(cli, 0, &d, &e) != GSH_OK) {
    return gsc_ui_end(&cli->ui, &e);
  }
  unsigned status = gsh_decide(d, what, cli->args.timeout_s, &decided, &e.why);
  gsc_ending_device(&e, &info, d);
  gsh_disconnect(d);
  e.written = decided.written;
  e.receipt = decided.receipt;
  if (status == GSH_OK) {
    char text[GSH_TEXT_MAX - 32];
    gsc_text_device(&info, text, sizeof text);
    (void)snprintf(e.done, sizeof e.done, "%s: %s", words[what].done, text);
    if (decided.receipt[0] != '\0') {
      gsc_ui_say(&cli->ui, "receipt  %s", decided.receipt);
    }
  }
  if (decided.receipt[0] != '\0') {
    gsc_ui_data(&cli->ui, "%s", decided.receipt);
  }
  return gsc_ui_end(&cli->ui, &e);
}

int gsc_confirm(struct gsc_cli *cli) {
  return decide(cli, GSH_CONFIRM);
}

int gsc_reject(struct gsc_cli *cli) {
  return decide(cli, GSH_REJECT);
}

int gsc_rollback(struct gsc_cli *cli) {
  return decide(cli, GSH_ROLLBACK);
}

int gsc_cancel(struct gsc_cli *cli) {
  return decide(cli, GSH_CANCEL);
}

int gsc_reboot(struct gsc_cli *cli) {
  return decide(cli, GSH_REBOOT);
}
