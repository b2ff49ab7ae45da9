/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "source.h"

/* One device's result. */
struct outcome {
  struct gsc_ending e;
  struct gsh_device_info device;
  struct gsh_install install;
  cJSON *candidates; /* NULL: a file was named */
};

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

static void add_members(cJSON *to, struct outcome *o) {
  if (o->candidates != NULL) {
    cJSON_AddItemToObject(to, "candidates", o->candidates);
    o->candidates = NULL;
  }
  cJSON_AddBoolToObject(to, "already", o->install.already);
  cJSON_AddBoolToObject(to, "no_way_back", o->install.no_way_back);
  gsc_json_text(to, "delivered_receipt", o->install.delivered_receipt);
  cJSON_AddItemToObject(to, "transfer", json_counts(&o->install));
}

static void say_package(struct gsc_cli *cli, const struct gsc_source *s) {
  char text[GSH_TEXT_MAX];
  gsc_text_package(&s->info, text, sizeof text);
  gsc_ui_say(&cli->ui, "package  %s %s", s->info.name, text);
  gsc_source_say_trust(cli, s);
}

static void install_chosen(struct gsc_cli *cli, struct gsh_device *d, struct gsh_package *p,
                           const struct gsh_package_info *info, struct outcome *out) {
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

static void install_one(struct gsc_cli *cli, struct gsc_source *s, const char *link,
                        struct outcome *out) {
  struct gsh_device *d = NULL;
  struct gsh_package *p = NULL;
  char text[GSH_TEXT_MAX];
  memset(out, 0, sizeof *out);
  if (s->offers == NULL) {
    out->e.package = &s->info;
  }
  if (gsh_connect(cli->host, link, &d, &out->e.why) != GSH_OK) {
    return;
  }
  gsc_ending_device(&out->e, &out->device, d);
  gsc_text_device(&out->device, text, sizeof text);
  gsc_ui_say(&cli->ui, "device   %s", text);
  if (gsc_source_choose(cli, s, d, &p, &out->candidates, &out->e.why) == GSH_OK) {
    if (s->offers != NULL) {
      say_package(cli, s);
    }
    install_chosen(cli, d, p, &s->info, out);
  }
  gsh_disconnect(d);
}

static int end_one(struct gsc_cli *cli, struct outcome *o) {
  o->e.members = cJSON_CreateObject();
  add_members(o->e.members, o);
  if (o->e.why.status == GSH_OK) {
    gsc_ui_say(&cli->ui, "receipt  %s", o->install.receipt);
    gsc_ui_data(&cli->ui, "%s", o->install.receipt);
  } else if (o->install.receipt[0] != '\0') {
    gsc_ui_data(&cli->ui, "%s", o->install.receipt);
  }
  return gsc_ui_end(&cli->ui, &o->e);
}

static void end_one_of_several(struct gsc_cli *cli, struct outcome *o, const char *link,
                               cJSON *devices) {
  int code = gsh_status_exit(o->e.why.status);
  if (code != 0) {
    gsc_ui_block(&cli->ui, &o->e);
    gsc_ui_say(&cli->ui, "do: %s", o->e.why.next_step);
  } else {
    gsc_ui_say(&cli->ui, "%s", o->e.done);
  }
  cJSON *d = gsc_json_device(&o->device);
  if (o->device.link[0] == '\0') {
    cJSON_ReplaceItemInObject(d, "link", cJSON_CreateString(link));
  }
  cJSON_AddNumberToObject(d, "exit", code);
  cJSON_AddStringToObject(d, "code", gsh_status_name(o->e.why.status));
  cJSON_AddBoolToObject(d, "written", o->e.written);
  gsc_json_text(d, "receipt", o->install.receipt);
  if (o->candidates != NULL && o->e.package != NULL) {
    cJSON_AddItemToObject(d, "package", gsc_json_package(o->e.package));
  }
  add_members(d, o);
  gsc_ui_item(&cli->ui, "device", d);
  cJSON_AddItemToArray(devices, d);
}

/* For the last line: which device's line to look at. */
static void name_failed(char *names, size_t cap, size_t before, const struct outcome *o,
                        const char *link) {
  size_t used = strlen(names);
  const char *name = o->device.serial[0] != '\0' ? o->device.serial : link;
  const char *sn = o->device.serial[0] != '\0' ? "sn " : "";
  (void)snprintf(names + used, cap - used, "%s%s%.64s [%d]",
                 before == 0 ? "see each device's line, then run the same command for " : ", ", sn,
                 name, gsh_status_exit(o->e.why.status));
}

static void line_of_table(const struct outcome *o, const char *link, char line[GSH_TEXT_MAX]) {
  int code = gsh_status_exit(o->e.why.status);
  (void)snprintf(line, GSH_TEXT_MAX, "%-16s %3d %-18s %.200s",
                 o->device.serial[0] != '\0' ? o->device.serial : "-", code,
                 gsh_status_name(o->e.why.status), code == 0 ? o->install.receipt : link);
}

static void sum_up(struct gsc_cli *cli, struct gsc_ending *e, size_t done, size_t failed,
                   size_t all, const char *names) {
  if (*cli->stop != 0) {
    (void)gsc_usage(e, "stopped", gsh_status_next_step(GSH_E_INTERRUPTED));
    e->why.status = GSH_E_INTERRUPTED;
    e->why.decided_by = GSH_BY_PERSON;
  } else if (failed > 0) {
    char what[128];
    (void)snprintf(what, sizeof what, "%zu of %zu devices failed", failed, all);
    (void)gsc_usage(e, what, names);
    e->why.status = GSH_E_SOME_FAILED;
    e->why.decided_by = GSH_BY_NOBODY;
  }
  if (e->package != NULL) {
    (void)snprintf(e->done, sizeof e->done,
                   "done: %zu devices run %s %s, each proven by its receipt", done,
                   e->package->name, e->package->version);
  } else {
    (void)snprintf(e->done, sizeof e->done,
                   "done: %zu devices run the newest package that fits, each proven by its receipt",
                   done);
  }
}

/* One after another; a failed one does not keep the next from being served. */
static int install_several(struct gsc_cli *cli, struct gsc_source *s,
                           const struct gsc_targets *targets) {
  static struct outcome o;
  static char table[GSC_TARGETS_MAX][GSH_TEXT_MAX];
  struct gsc_ending e;
  size_t failed = 0;
  size_t done = 0;
  char names[GSH_TEXT_MAX] = "";
  gsc_ending_start(&e);
  e.package = s->offers == NULL ? &s->info : NULL;
  e.devices = cJSON_CreateArray();
  for (; done < targets->count && *cli->stop == 0; done++) {
    const char *link = targets->links[done];
    gsc_ui_say(&cli->ui, "device %zu of %zu: %s", done + 1, targets->count, link);
    install_one(cli, s, link, &o);
    end_one_of_several(cli, &o, link, e.devices);
    if (gsh_status_exit(o.e.why.status) != 0) {
      name_failed(names, sizeof names, failed++, &o, link);
    }
    e.written = e.written || o.e.written;
    line_of_table(&o, link, table[done]);
  }
  for (size_t i = 0; i < done; i++) {
    gsc_ui_data(&cli->ui, "%s", table[i]);
  }
  sum_up(cli, &e, done, failed, targets->count, names);
  return gsc_ui_end(&cli->ui, &e);
}

int gsc_install(struct gsc_cli *cli) {
  struct gsc_ending e;
  static struct gsc_source source;
  static struct gsc_targets targets;
  static struct outcome o;
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "installing %s", cli->args.arguments[0]);
  unsigned status = gsc_source_open(cli, cli->args.arguments[0], &source, &e);
  if (status == GSH_OK) {
    if (source.offers == NULL) {
      say_package(cli, &source);
    }
    status = gsc_select(cli, cli->args.arguments + 1, cli->args.count - 1, true, &targets, &e);
  }
  int code = 0;
  if (status != GSH_OK) {
    code = gsc_ui_end(&cli->ui, &e);
  } else if (targets.count == 1) {
    install_one(cli, &source, targets.links[0], &o);
    code = end_one(cli, &o);
  } else {
    code = install_several(cli, &source, &targets);
  }
  gsc_source_close(&source);
  return code;
}
