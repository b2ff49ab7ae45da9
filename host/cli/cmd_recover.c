/* SPDX-License-Identifier: Apache-2.0
 * For a device that does not answer, or that starts nothing any more: wait for it, then go on as
 * install.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "outcome.h"

/* How the device was found, and what that means for it. */
static void say_found(struct gsc_cli *cli, const struct gsh_device_info *d) {
  bool trial = strcmp(d->state, "trial") == 0;
  if (d->runs_application && trial) {
    gsc_ui_say(&cli->ui,
               "found    an image on trial runs and answers: nothing to recover; it is "
               "to be confirmed or rejected before another one is installed");
  } else if (d->runs_application) {
    gsc_ui_say(
        &cli->ui,
        "found    its application runs and answers: nothing to recover; going on as install");
  } else if (d->held_in_stub) {
    gsc_ui_say(&cli->ui,
               "found    caught at its start: its image would have started, and stays as it is "
               "until the new one is confirmed");
  } else if (d->reason != 0) {
    gsc_ui_say(&cli->ui, "found    in recovery: it starts no image (%s)",
               gsh_status_sentence(d->reason));
    gsc_ui_say(&cli->ui, "         and takes any package at or above its floor, %lu",
               (unsigned long)d->floor);
  } else {
    gsc_ui_say(&cli->ui, "found    it holds no image that it could start; its floor is %lu",
               (unsigned long)d->floor);
  }
}

static void recover(struct gsc_cli *cli, struct gsc_source *s, const char *link,
                    struct gsc_outcome *o) {
  struct gsh_device *d = NULL;
  gsc_outcome_start(o, s);
  if (gsh_catch(cli->host, link, cli->args.timeout_s, &d, &o->e.why) != GSH_OK) {
    return;
  }
  say_found(cli, gsh_device_info(d));
  gsc_outcome_install(cli, s, d, o);
  gsc_let_go(cli, d);
  gsh_disconnect(d);
}

int gsc_recover(struct gsc_cli *cli) {
  struct gsc_ending e;
  static struct gsc_source source;
  static struct gsc_outcome o;
  const char *link = gsc_link_to_wait_at(&cli->args);
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "recovering with %s", cli->args.arguments[0]);
  unsigned status = GSH_OK;
  if (link == NULL) {
    status = gsc_usage(&e, "recover wants one link, at which it waits for the device",
                       "write: gapseal recover FILE --port LINK");
  } else {
    status = gsc_source_open(cli, cli->args.arguments[0], &source, &e);
  }
  int code = 0;
  if (status != GSH_OK) {
    code = gsc_ui_end(&cli->ui, &e);
  } else {
    if (source.offers == NULL) {
      gsc_outcome_say_package(cli, &source);
    }
    recover(cli, &source, link, &o);
    code = gsc_outcome_end(cli, &o);
  }
  gsc_source_close(&source);
  return code;
}
