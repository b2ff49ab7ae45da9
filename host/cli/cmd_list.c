/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

static void tell_found(struct gsc_cli *cli, const struct gsh_found *f) {
  char text[GSH_TEXT_MAX];
  unsigned status = f->why.status;
  gsc_text_device(&f->device, text, sizeof text);
  if (status == GSH_OK) {
    gsc_ui_data(&cli->ui, "%s  %s", f->device.link, text);
  } else if (gsh_status_exit(status) == 18) {
    gsc_ui_data(&cli->ui, "%s  %s  NOT GENUINE: %s", f->device.link, text, f->why.what);
  } else {
    gsc_ui_say(&cli->ui, "%s: %s", f->device.link, f->why.what);
  }
}

static cJSON *json_found(struct gsc_cli *cli, const struct gsh_found *f) {
  cJSON *d = gsc_json_device(&f->device);
  cJSON_AddNumberToObject(d, "exit", gsh_status_exit(f->why.status));
  cJSON_AddStringToObject(d, "code", gsh_status_name(f->why.status));
  gsc_json_text(d, "what", f->why.status != GSH_OK ? f->why.what : NULL);
  gsc_ui_item(&cli->ui, "device", d);
  return d;
}

/* Nobody answers as he should: the block says where, or who it is. */
static void name_link(struct gsc_ending *e, const struct gsh_found *bad) {
  if (gsh_status_exit(bad->why.status) == 18) {
    e->device = &bad->device;
    return;
  }
  (void)snprintf(e->why.what, sizeof e->why.what, "%.200s: %.300s", bad->device.link,
                 bad->why.what);
}

int gsc_list(struct gsc_cli *cli) {
  struct gsc_ending e;
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "looking for devices");
  struct gsh_found *found = calloc(GSC_TARGETS_MAX, sizeof *found);
  size_t count = 0;
  size_t genuine = 0;
  const struct gsh_found *bad = NULL;
  if (found == NULL) {
    e.why.status = GSH_E_INTERNAL;
    return gsc_ui_end(&cli->ui, &e);
  }
  unsigned status = gsh_find(cli->host, cli->args.ports, cli->args.port_count, found,
                             GSC_TARGETS_MAX, &count, &e.why);
  e.devices = cJSON_CreateArray();
  for (size_t i = 0; i < count; i++) {
    if (count > 1 || found[i].why.status == GSH_OK || gsh_status_exit(found[i].why.status) == 18) {
      tell_found(cli, &found[i]);
    }
    cJSON_AddItemToArray(e.devices, json_found(cli, &found[i]));
    genuine += found[i].why.status == GSH_OK;
    if (found[i].why.status != GSH_OK &&
        (bad == NULL || gsh_status_exit(found[i].why.status) == 18)) {
      bad = &found[i];
    }
  }
  if (status == GSH_OK && genuine == 0) {
    if (bad != NULL) {
      e.why = bad->why;
      name_link(&e, bad);
    } else {
      (void)gsc_usage(&e, "there is no link to look for a device on",
                      "name one with --port LINK, or in GAPSEAL_PORTS");
      e.why.status = GSH_E_NO_DEVICE;
    }
  }
  (void)snprintf(e.done, sizeof e.done, "%zu device%s found", genuine, genuine == 1 ? "" : "s");
  int code = gsc_ui_end(&cli->ui, &e);
  free(found);
  return code;
}
