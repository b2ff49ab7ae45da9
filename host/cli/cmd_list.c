/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "ports.h"

struct listing {
  struct gsh_found *found;
  size_t count, genuine;
  const struct gsh_found *bad; /* NULL: none; one that is not genuine before one that is silent */
  struct gsc_ports ports;
};

static bool not_genuine(const struct gsh_found *f) {
  return gsh_status_exit(f->why.status) == 18;
}

/* What is wrong there; most errors name the link by themselves. */
static void text_bad(const struct gsh_found *f, char out[GSH_TEXT_MAX]) {
  if (strstr(f->why.what, f->device.link) != NULL) {
    (void)snprintf(out, GSH_TEXT_MAX, "%s", f->why.what);
  } else {
    (void)snprintf(out, GSH_TEXT_MAX, "%.200s: %.300s", f->device.link, f->why.what);
  }
}

static void tell_found(struct gsc_cli *cli, const struct listing *l, const struct gsh_found *f) {
  char text[GSH_TEXT_MAX];
  char place[GSH_TEXT_MAX] = "";
  const struct gsh_port *port = gsc_ports_of_link(&l->ports, f->link);
  gsc_text_device(&f->device, text, sizeof text);
  if (port != NULL) {
    gsc_text_port(port, place, sizeof place);
  }
  const char *at = place[0] != '\0' ? "; " : "";
  if (f->why.status == GSH_OK) {
    gsc_ui_data(&cli->ui, "%s  %s%s%s", f->device.link, text, at, place);
  } else if (not_genuine(f)) {
    gsc_ui_data(&cli->ui, "%s  %s  NOT GENUINE: %s%s%s", f->device.link, text, f->why.what, at,
                place);
  } else {
    text_bad(f, text);
    gsc_ui_say(&cli->ui, "%s%s%s", text, at, place);
  }
}

static cJSON *json_found(struct gsc_cli *cli, const struct listing *l, const struct gsh_found *f) {
  const struct gsh_port *port = gsc_ports_of_link(&l->ports, f->link);
  cJSON *d = gsc_json_device(&f->device);
  cJSON_AddNumberToObject(d, "exit", gsh_status_exit(f->why.status));
  cJSON_AddStringToObject(d, "code", gsh_status_name(f->why.status));
  gsc_json_text(d, "what", f->why.status != GSH_OK ? f->why.what : NULL);
  gsc_json_put(d, "port", port != NULL ? gsc_json_port(port) : cJSON_CreateNull());
  gsc_ui_item(&cli->ui, "device", d);
  return d;
}

/* All that was found, and the ports that were not asked. */
static void tell(struct gsc_cli *cli, struct listing *l, struct gsc_ending *e) {
  e->devices = cJSON_CreateArray();
  e->members = cJSON_CreateObject();
  cJSON *ports = cJSON_AddArrayToObject(e->members, "ports");
  for (size_t i = 0; i < l->count; i++) {
    const struct gsh_found *f = &l->found[i];
    bool ok = f->why.status == GSH_OK;
    if (l->count > 1 || ok || not_genuine(f)) {
      tell_found(cli, l, f);
    }
    gsc_json_push(e->devices, json_found(cli, l, f));
    l->genuine += ok;
    l->bad = !ok && (l->bad == NULL || not_genuine(f)) ? f : l->bad;
  }
  gsc_ports_tell(cli, &l->ports);
  for (size_t i = 0; i < l->ports.count; i++) {
    gsc_json_push(ports, gsc_json_port(&l->ports.items[i]));
  }
}

/* Nobody answers as he should: the block says where, or who it is. */
static void say_nobody(const struct listing *l, struct gsc_ending *e) {
  if (l->bad == NULL) {
    (void)gsc_usage(e, "there is no link to look for a device on",
                    "name one with --port LINK, or in GAPSEAL_PORTS");
    e->why.status = GSH_E_NO_DEVICE;
    gsc_ports_advise(&l->ports, &e->why);
    return;
  }
  e->why = l->bad->why;
  if (not_genuine(l->bad)) {
    e->device = &l->bad->device;
  } else {
    text_bad(l->bad, e->why.what);
  }
}

int gsc_list(struct gsc_cli *cli) {
  struct gsc_ending e;
  static struct gsh_found found[GSC_TARGETS_MAX];
  struct listing l = {.found = found};
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "looking for devices");
  unsigned status = gsh_find(cli->host, cli->args.ports, cli->args.port_count, l.found,
                             GSC_TARGETS_MAX, &l.count, &e.why);
  struct gsh_why unlisted;
  if (gsc_ports_load(cli, &l.ports, &unlisted) != GSH_OK && status == GSH_OK && l.count == 0) {
    e.why = unlisted;
    status = unlisted.status;
  }
  tell(cli, &l, &e);
  if (status == GSH_OK && l.genuine == 0) {
    say_nobody(&l, &e);
  }
  (void)snprintf(e.done, sizeof e.done, "%zu device%s found", l.genuine, l.genuine == 1 ? "" : "s");
  int code = gsc_ui_end(&cli->ui, &e);
  gsc_ports_free(&l.ports);
  return code;
}
