/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "outcome.h"

/* why: of the target, where nothing answers to it. */
static void install_one(struct gsc_cli *cli, struct gsc_source *s, const char *link,
                        const struct gsh_why *why, struct gsc_outcome *out) {
  struct gsh_device *d = NULL;
  gsc_outcome_start(out, s);
  if (why->status != GSH_OK) {
    out->e.why = *why;
  } else if (gsh_connect(cli->host, link, &d, &out->e.why) == GSH_OK) {
    gsc_outcome_install(cli, s, d, out);
    gsh_disconnect(d);
  }
}

static void end_one_of_several(struct gsc_cli *cli, struct gsc_outcome *o, const char *link,
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
    gsc_json_replace(d, "link", cJSON_CreateString(link));
  }
  cJSON_AddNumberToObject(d, "exit", code);
  cJSON_AddStringToObject(d, "code", gsh_status_name(o->e.why.status));
  cJSON_AddBoolToObject(d, "written", o->e.written);
  gsc_json_text(d, "receipt", o->install.receipt);
  if (o->candidates != NULL && o->e.package != NULL) {
    gsc_json_put(d, "package", gsc_json_package(o->e.package));
  }
  gsc_outcome_members(d, o);
  gsc_ui_item(&cli->ui, "device", d);
  gsc_json_push(devices, d);
}

/* Those that failed, for the last line. */
struct failures {
  size_t count;
  char again[GSH_TEXT_MAX]; /* names of those that the same command may serve */
  char never[GSH_TEXT_MAX]; /* and of those for which it ends as it did */
  struct gsh_why first;
  bool alike; /* all as the first one */
};

/* The file is not for this device, whenever it is asked. */
static bool is_final(int exit_code) {
  return (exit_code >= 10 && exit_code <= 13) || exit_code == 17;
}

static void note_failed(struct failures *f, const struct gsc_outcome *o, const char *link) {
  int code = gsh_status_exit(o->e.why.status);
  char *names = is_final(code) ? f->never : f->again;
  size_t used = strlen(names);
  const char *name = o->device.serial[0] != '\0' ? o->device.serial : link;
  const char *sn = o->device.serial[0] != '\0' ? "sn " : "";
  (void)snprintf(names + used, GSH_TEXT_MAX - used, "%s%s%.64s [%d]", used > 0 ? ", " : "", sn,
                 name, code);
  f->alike = f->count == 0 || (f->alike && o->e.why.status == f->first.status);
  if (f->count++ == 0) {
    f->first = o->e.why;
  }
}

static void say_next_step(const struct failures *f, char out[GSH_TEXT_MAX]) {
  if (f->again[0] == '\0' && f->alike) {
    (void)snprintf(out, GSH_TEXT_MAX, "%s", f->first.next_step);
  } else if (f->again[0] == '\0') {
    (void)snprintf(out, GSH_TEXT_MAX, "see each device's line; the same command cannot help %.420s",
                   f->never);
  } else {
    (void)snprintf(out, GSH_TEXT_MAX,
                   "see each device's line, then run the same command for %.200s%s%.200s", f->again,
                   f->never[0] != '\0' ? "; it cannot help " : "", f->never);
  }
}

static void line_of_table(const struct gsc_outcome *o, const char *link, char line[GSH_TEXT_MAX]) {
  int code = gsh_status_exit(o->e.why.status);
  (void)snprintf(line, GSH_TEXT_MAX, "%-16s %3d %-18s %.200s",
                 o->device.serial[0] != '\0' ? o->device.serial : "-", code,
                 gsh_status_name(o->e.why.status), code == 0 ? o->install.receipt : link);
}

/* Stopped before it came to this one. */
static void not_served(struct gsc_outcome *o, const struct gsc_source *s, const char *link,
                       cJSON *devices) {
  gsc_outcome_start(o, s);
  o->e.why.status = GSH_E_INTERRUPTED;
  cJSON *d = gsc_json_device(&o->device);
  gsc_json_replace(d, "link", cJSON_CreateString(link));
  cJSON_AddNumberToObject(d, "exit", gsh_status_exit(GSH_E_INTERRUPTED));
  cJSON_AddStringToObject(d, "code", gsh_status_name(GSH_E_INTERRUPTED));
  gsc_json_push(devices, d);
}

static void sum_up(struct gsc_cli *cli, struct gsc_ending *e, size_t done, const struct failures *f,
                   size_t all) {
  if (*cli->stop != 0) {
    (void)gsc_usage(e, "stopped", gsh_status_next_step(GSH_E_INTERRUPTED));
    e->why.status = GSH_E_INTERRUPTED;
    e->why.decided_by = GSH_BY_PERSON;
  } else if (f->count > 0) {
    char what[128];
    char next_step[GSH_TEXT_MAX];
    say_next_step(f, next_step);
    (void)snprintf(what, sizeof what, "%zu of %zu devices failed", f->count, all);
    (void)gsc_usage(e, what, next_step);
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
  static struct gsc_outcome o;
  static char table[GSC_TARGETS_MAX][GSH_TEXT_MAX];
  struct gsc_ending e;
  struct failures failures = {0};
  size_t done = 0;
  gsc_ending_start(&e);
  e.package = s->offers == NULL ? &s->info : NULL;
  e.devices = cJSON_CreateArray();
  for (; done < targets->count && *cli->stop == 0; done++) {
    const char *link = targets->links[done];
    gsc_ui_say(&cli->ui, "device %zu of %zu: %s", done + 1, targets->count, link);
    install_one(cli, s, link, &targets->why[done], &o);
    end_one_of_several(cli, &o, link, e.devices);
    if (gsh_status_exit(o.e.why.status) != 0) {
      note_failed(&failures, &o, link);
    }
    e.written = e.written || o.e.written;
    line_of_table(&o, link, table[done]);
  }
  for (size_t i = done; i < targets->count; i++) {
    not_served(&o, s, targets->links[i], e.devices);
    line_of_table(&o, targets->links[i], table[i]);
  }
  for (size_t i = 0; i < targets->count; i++) {
    gsc_ui_data(&cli->ui, "%s", table[i]);
  }
  sum_up(cli, &e, done, &failures, targets->count);
  return gsc_ui_end(&cli->ui, &e);
}

int gsc_install(struct gsc_cli *cli) {
  struct gsc_ending e;
  static struct gsc_source source;
  static struct gsc_targets targets;
  static struct gsc_outcome o;
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "installing %s", cli->args.arguments[0]);
  unsigned status = gsc_source_open(cli, cli->args.arguments[0], &source, &e);
  if (status == GSH_OK) {
    if (source.offers == NULL) {
      gsc_outcome_say_package(cli, &source);
    }
    status = gsc_select(cli, cli->args.arguments + 1, cli->args.count - 1, true, &targets, &e);
  }
  int code = 0;
  if (status != GSH_OK) {
    code = gsc_ui_end(&cli->ui, &e);
  } else if (targets.count == 1) {
    install_one(cli, &source, targets.links[0], &targets.why[0], &o);
    code = gsc_outcome_end(cli, &o);
  } else {
    code = install_several(cli, &source, &targets);
  }
  gsc_source_close(&source);
  return code;
}
