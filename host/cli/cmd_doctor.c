/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli.h"

struct examination {
  struct gsc_ui *ui;
  cJSON *checks;
  size_t count, notes, wrong;
};

static const char *const verdicts[] = {
    [GSH_FINDING_FINE] = "fine", [GSH_FINDING_NOTE] = "note", [GSH_FINDING_WRONG] = "wrong"};

static void take_finding(void *ctx, const struct gsh_finding *f) {
  struct examination *x = ctx;
  x->count++;
  x->notes += f->kind == GSH_FINDING_NOTE;
  x->wrong += f->kind == GSH_FINDING_WRONG;
  gsc_ui_data(x->ui, "%-5s  %-12s  %s", f->kind == GSH_FINDING_WRONG ? "WRONG" : verdicts[f->kind],
              f->check, f->what);
  if (f->next_step[0] != '\0') {
    gsc_ui_data(x->ui, "%21sdo: %s", "", f->next_step);
  }
  cJSON *o = cJSON_CreateObject();
  cJSON_AddStringToObject(o, "check", f->check);
  cJSON_AddStringToObject(o, "verdict", verdicts[f->kind]);
  cJSON_AddNumberToObject(o, "exit", gsh_status_exit(f->status));
  cJSON_AddStringToObject(o, "code", gsh_status_name(f->status));
  gsc_json_text(o, "what", f->what);
  gsc_json_text(o, "do", f->next_step);
  gsc_ui_item(x->ui, "check", o);
  gsc_json_push(x->checks, o);
}

int gsc_doctor(struct gsc_cli *cli) {
  struct gsc_ending e;
  gsc_ending_start(&e);
  e.no_device = true;
  gsc_ui_first(&cli->ui, "looking this computer over; no port is opened");
  e.members = cJSON_CreateObject();
  struct examination x = {.ui = &cli->ui, .checks = cJSON_AddArrayToObject(e.members, "checks")};
  (void)gsh_doctor(cli->host, take_finding, &x, &e.why);
  if (x.wrong > 1) {
    gsc_ui_say(&cli->ui, "%zu things are wrong; the first one:", x.wrong);
  }
  (void)snprintf(e.done, sizeof e.done, "nothing is wrong (%zu checks, %zu note%s)", x.count,
                 x.notes, x.notes == 1 ? "" : "s");
  return gsc_ui_end(&cli->ui, &e);
}
