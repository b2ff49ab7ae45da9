/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome.h"

#include <stdio.h>
#include <string.h>

static void say_counts(struct gsc_ui *ui, const struct gsh_install *i) {
  char sent[32];
  char again[32];
  char found[32];
  char rate[40] = "";
  gsc_text_count(i->sent_bytes, sent);
  gsc_text_count(i->resent_bytes, again);
  gsc_text_count(i->found_bytes, found);
  if (i->seconds > 0 && i->image_bytes > 0) {
    char number[32];
    gsc_text_rate((double)i->image_bytes / i->seconds, number);
    (void)snprintf(rate, sizeof rate, " (%s)", number);
  }
  if (i->sent_bytes == 0 && i->found_bytes == 0) {
    return;
  }
  gsc_ui_say(ui, "sent %s bytes in %.1f s%s; %s sent again; %s found on the device", sent,
             i->seconds, rate, again, found);
  if (i->lost_frames > 0 || i->reconnects > 0) {
    gsc_ui_say(ui, "the line lost frames %lu time%s and broke %lu time%s",
               (unsigned long)i->lost_frames, i->lost_frames == 1 ? "" : "s",
               (unsigned long)i->reconnects, i->reconnects == 1 ? "" : "s");
  }
}

static cJSON *json_counts(const struct gsh_install *i) {
  cJSON *o = cJSON_CreateObject();
  cJSON_AddNumberToObject(o, "sent_bytes", (double)i->sent_bytes);
  cJSON_AddNumberToObject(o, "resent_bytes", (double)i->resent_bytes);
  cJSON_AddNumberToObject(o, "found_bytes", (double)i->found_bytes);
  cJSON_AddNumberToObject(o, "image_bytes", (double)i->image_bytes);
  cJSON_AddNumberToObject(o, "wire_bytes", (double)i->wire_bytes);
  cJSON_AddNumberToObject(o, "seconds", i->seconds);
  cJSON_AddNumberToObject(o, "lost_frames", i->lost_frames);
  cJSON_AddNumberToObject(o, "reconnects", i->reconnects);
  return o;
}

void gsc_outcome_members(cJSON *to, struct gsc_outcome *o) {
  if (o->candidates != NULL) {
    gsc_json_put(to, "candidates", o->candidates);
    o->candidates = NULL;
  }
  cJSON_AddBoolToObject(to, "already", o->install.already);
  cJSON_AddBoolToObject(to, "no_way_back", o->install.no_way_back);
  gsc_json_text(to, "delivered_receipt", o->install.delivered_receipt);
  gsc_json_put(to, "transfer", json_counts(&o->install));
}

void gsc_outcome_say_package(struct gsc_cli *cli, const struct gsc_source *s) {
  char text[GSH_TEXT_MAX];
  gsc_text_package(&s->info, text, sizeof text);
  gsc_ui_say(&cli->ui, "package  %s %s", s->info.name, text);
  gsc_source_say_trust(cli, s);
}

static void install_chosen(struct gsc_cli *cli, struct gsh_device *d, struct gsh_package *p,
                           const struct gsh_package_info *info, struct gsc_outcome *out) {
  const struct gsc_args *args = &cli->args;
  struct gsh_install_options options = {.older = gsc_has(args, GSC_BIT(OLDER)),
                                        .reinstall = gsc_has(args, GSC_BIT(REINSTALL)),
                                        .stop_before_confirm = gsc_has(args, GSC_BIT(STOP_BEFORE)),
                                        .order = args->values[GSC_OPT_ORDER],
                                        .timeout_s = args->timeout_s};
  out->e.package = info;
  (void)gsh_install(d, p, &options, &out->install, &out->e.why);
  gsc_ending_device(&out->e, &out->device, d);
  out->e.written = out->install.written;
  out->e.receipt = out->install.receipt;
  say_counts(&cli->ui, &out->install);
  if (out->e.why.status == GSH_OK) {
    (void)snprintf(out->e.done, sizeof out->e.done,
                   "%s: sn %s %s %s %s (release %lu), proven by its receipt",
                   out->install.already ? "already installed" : "done", out->device.serial,
                   out->install.already ? "runs" : "now runs", info->name, info->version,
                   (unsigned long)info->release);
  }
}

void gsc_outcome_start(struct gsc_outcome *o, const struct gsc_source *s) {
  memset(o, 0, sizeof *o);
  if (s->offers == NULL) {
    o->e.package = &s->info;
  }
}

void gsc_outcome_install(struct gsc_cli *cli, struct gsc_source *s, struct gsh_device *d,
                         struct gsc_outcome *o) {
  struct gsh_package *p = NULL;
  char text[GSH_TEXT_MAX];
  gsc_ending_device(&o->e, &o->device, d);
  gsc_text_device(&o->device, text, sizeof text);
  gsc_ui_say(&cli->ui, "device   %s", text);
  if (gsc_source_choose(cli, s, d, &p, &o->candidates, &o->e.why) == GSH_OK) {
    if (s->offers != NULL) {
      gsc_outcome_say_package(cli, s);
    }
    install_chosen(cli, d, p, &s->info, o);
  }
}

int gsc_outcome_end(struct gsc_cli *cli, struct gsc_outcome *o) {
  o->e.members = cJSON_CreateObject();
  gsc_outcome_members(o->e.members, o);
  if (o->e.why.status == GSH_OK) {
    gsc_ui_say(&cli->ui, "receipt  %s", o->install.receipt);
    gsc_ui_data(&cli->ui, "%s", o->install.receipt);
  } else if (o->install.receipt[0] != '\0') {
    gsc_ui_data(&cli->ui, "%s", o->install.receipt);
  }
  return gsc_ui_end(&cli->ui, &o->e);
}
