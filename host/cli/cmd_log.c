/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli.h"

struct log_output {
  struct gsc_ui *ui;
  cJSON *entries;
};

static void show_line(void *ctx, const struct gsh_log_line *l) {
  struct log_output *out = ctx;
  char digest[16];
  char release[16] = "-";
  const char *package = gsc_text_no_zeros(l->package);
  gsc_text_digest(package, digest);
  if (l->release != 0) {
    (void)snprintf(release, sizeof release, "%lu", (unsigned long)l->release);
  }
  gsc_ui_data(out->ui, "%4lu  start %-4lu %-18s release %-4s floor %-4lu %-9s %s%s%s",
              (unsigned long)l->sequence, (unsigned long)l->boot_count, l->event, release,
              (unsigned long)l->floor, digest, l->status != 0 ? "[" : "",
              l->status != 0 ? gsh_status_name(l->status) : l->text, l->status != 0 ? "]" : "");
  cJSON *o = cJSON_CreateObject();
  cJSON_AddNumberToObject(o, "sequence", l->sequence);
  cJSON_AddNumberToObject(o, "boot_count", l->boot_count);
  cJSON_AddStringToObject(o, "log_event", l->event);
  cJSON_AddStringToObject(o, "text", l->text);
  cJSON_AddStringToObject(o, "code", gsh_status_name(l->status));
  cJSON_AddNumberToObject(o, "release", l->release);
  cJSON_AddNumberToObject(o, "security_version", l->security_version);
  cJSON_AddNumberToObject(o, "floor", l->floor);
  cJSON_AddNumberToObject(o, "extra", l->extra);
  cJSON_AddStringToObject(o, "door", l->door);
  gsc_json_text(o, "slot", l->slot < 0 ? NULL : l->slot == 0 ? "A" : "B");
  gsc_json_text(o, "package", package);
  gsc_ui_item(out->ui, "entry", o);
  gsc_json_push(out->entries, o);
}

int gsc_log(struct gsc_cli *cli) {
  struct gsc_ending e;
  struct gsh_device *d = NULL;
  struct gsh_device_info info;
  uint32_t count = 0;
  const char *save = cli->args.values[GSC_OPT_SAVE];
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "reading the device's log");
  if (gsc_connect_one(cli, 0, &d, &e) != GSH_OK) {
    return gsc_ui_end(&cli->ui, &e);
  }
  e.members = cJSON_CreateObject();
  struct log_output out = {.ui = &cli->ui, .entries = cJSON_AddArrayToObject(e.members, "entries")};
  (void)gsh_log(d, show_line, &out, save, &count, &e.why);
  gsc_ending_device(&e, &info, d);
  gsh_disconnect(d);
  gsc_json_text(e.members, "saved", e.why.status == GSH_OK ? save : NULL);
  (void)snprintf(e.done, sizeof e.done,
                 "%lu entries; the chain holds up to the head the device signed%s%.200s",
                 (unsigned long)count, save != NULL ? "; saved as " : "", save != NULL ? save : "");
  return gsc_ui_end(&cli->ui, &e);
}
