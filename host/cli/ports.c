/* SPDX-License-Identifier: Apache-2.0
 * Serial ports: what list says of those that were asked, and of those that were not.
 */
#include "ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned gsc_ports_load(struct gsc_cli *cli, struct gsc_ports *out, struct gsh_why *why) {
  out->count = 0;
  out->items = calloc(GSH_PORTS_MAX, sizeof *out->items);
  if (out->items != NULL) {
    return gsh_ports(cli->host, out->items, GSH_PORTS_MAX, &out->count, why);
  }
  memset(why, 0, sizeof *why);
  (void)snprintf(why->what, sizeof why->what, "no memory for a list of ports");
  why->status = GSH_E_NO_MEMORY;
  return why->status;
}

void gsc_ports_free(struct gsc_ports *ports) {
  free(ports->items);
  ports->items = NULL;
  ports->count = 0;
}

size_t gsc_ports_not_asked(const struct gsc_ports *ports) {
  size_t n = 0;
  for (size_t i = 0; i < ports->count; i++) {
    n += !ports->items[i].asked;
  }
  return n;
}

const struct gsh_port *gsc_ports_of_link(const struct gsc_ports *ports, const char *link) {
  for (size_t i = 0; i < ports->count; i++) {
    size_t n = strlen(ports->items[i].link);
    /* The rate may stand behind it. */
    if (strncmp(link, ports->items[i].link, n) == 0 && (link[n] == '\0' || link[n] == '@')) {
      return &ports->items[i];
    }
  }
  return NULL;
}

void gsc_text_port(const struct gsh_port *p, char *out, size_t cap) {
  if (!p->usb) {
    (void)snprintf(out, cap, "built in");
    return;
  }
  const char *name = p->name[0] != '\0' ? p->name : p->known;
  (void)snprintf(out, cap, "USB %04x:%04x%s%s%s%s%s%s", (unsigned)p->vendor, (unsigned)p->product,
                 p->maker[0] != '\0' ? " " : "", p->maker, name[0] != '\0' ? " " : "", name,
                 p->serial[0] != '\0' ? ", serial number " : "", p->serial);
}

cJSON *gsc_json_port(const struct gsh_port *p) {
  char id[5];
  cJSON *o = cJSON_CreateObject();
  cJSON_AddStringToObject(o, "path", p->path);
  (void)snprintf(id, sizeof id, "%04x", (unsigned)p->vendor);
  gsc_json_text(o, "vendor", p->usb ? id : NULL);
  (void)snprintf(id, sizeof id, "%04x", (unsigned)p->product);
  gsc_json_text(o, "product", p->usb ? id : NULL);
  gsc_json_text(o, "maker", p->maker);
  gsc_json_text(o, "name", p->name);
  gsc_json_text(o, "serial", p->serial);
  gsc_json_text(o, "known", p->known);
  cJSON_AddBoolToObject(o, "asked", p->asked);
  return o;
}

void gsc_ports_tell(struct gsc_cli *cli, const struct gsc_ports *ports) {
  char text[GSH_TEXT_MAX];
  for (size_t i = 0; i < ports->count; i++) {
    if (!ports->items[i].asked) {
      gsc_text_port(&ports->items[i], text, sizeof text);
      gsc_ui_say(&cli->ui, "%s: %s; not asked, it may belong to a running machine",
                 ports->items[i].path, text);
    }
  }
}

void gsc_ports_advise(const struct gsc_ports *ports, struct gsh_why *why) {
  size_t n = gsc_ports_not_asked(ports);
  size_t used = strlen(why->next_step);
  char many[32] = "";
  if (n > 1) {
    (void)snprintf(many, sizeof many, "%zu ", n);
  }
  if (n > 0) {
    (void)snprintf(why->next_step + used, sizeof why->next_step - used,
                   "; --probe asks the %sserial port%s here as well", many, n == 1 ? "" : "s");
  }
}
