/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "source.h"

static bool file_alone(const struct gsc_cli *cli) {
  return cli->args.count == 1 && cli->args.port_count == 0;
}

/* One device's verdict. */
struct verdict {
  struct gsc_ending e;
  struct gsh_device_info device;
  struct gsh_check check;
  cJSON *candidates; /* NULL: a file was named */
};

/* why: of the target, where nothing answers to it. */
static void ask_device(struct gsc_cli *cli, struct gsc_source *s, const char *link,
                       const struct gsh_why *why, struct verdict *out) {
  struct gsh_device *d = NULL;
  struct gsh_package *p = NULL;
  memset(out, 0, sizeof *out);
  if (s->offers == NULL) {
    out->e.package = &s->info;
  }
  out->e.why = *why;
  if (why->status != GSH_OK || gsh_connect(cli->host, link, &d, &out->e.why) != GSH_OK) {
    return;
  }
  if (gsc_source_choose(cli, s, d, &p, &out->candidates, &out->e.why) == GSH_OK) {
    out->e.package = &s->info;
    if (s->offers != NULL) {
      gsc_source_say_trust(cli, s);
    }
    (void)gsh_check(d, p, gsc_has(&cli->args, GSC_BIT(OLDER)),
                    gsc_has(&cli->args, GSC_BIT(REINSTALL)), &out->check, &out->e.why);
    out->e.receipt = out->check.receipt;
  }
  gsc_ending_device(&out->e, &out->device, d);
  gsh_disconnect(d);
}

static void add_members(cJSON *to, struct verdict *v) {
  cJSON_AddBoolToObject(to, "gives_up_last_good", v->check.gives_up_last_good);
  cJSON_AddBoolToObject(to, "already_running", v->check.already_running);
  if (v->candidates != NULL) {
    gsc_json_put(to, "candidates", v->candidates);
    v->candidates = NULL;
  }
}

static int check_device(struct gsc_cli *cli, struct gsc_source *s,
                        const struct gsc_targets *targets) {
  static struct verdict v;
  const struct gsh_package_info *info = &s->info;
  ask_device(cli, s, targets->links[0], &targets->why[0], &v);
  v.e.members = cJSON_CreateObject();
  add_members(v.e.members, &v);
  if (v.e.why.status == GSH_OK && v.check.gives_up_last_good) {
    gsc_ui_say(&cli->ui, "an install would end the promise to roll back to the image before");
  }
  if (v.check.already_running) {
    (void)snprintf(v.e.done, sizeof v.e.done, "sn %s runs %s %s already", v.device.serial,
                   info->name, info->version);
  } else if (v.e.why.status == GSH_OK) {
    (void)snprintf(v.e.done, sizeof v.e.done,
                   "sn %s would take %s %s; decided by the device, nothing was written",
                   v.device.serial, info->name, info->version);
  }
  return gsc_ui_end(&cli->ui, &v.e);
}

static cJSON *json_verdict(struct verdict *v, const char *link) {
  cJSON *o = gsc_json_device(&v->device);
  if (v->device.link[0] == '\0') {
    gsc_json_replace(o, "link", cJSON_CreateString(link));
  }
  cJSON_AddNumberToObject(o, "exit", gsh_status_exit(v->e.why.status));
  cJSON_AddStringToObject(o, "code", gsh_status_name(v->e.why.status));
  if (v->candidates != NULL && v->e.package != NULL) {
    gsc_json_put(o, "package", gsc_json_package(v->e.package));
  }
  add_members(o, v);
  return o;
}

/* The worst of several verdicts is the command's. */
static int check_several(struct gsc_cli *cli, struct gsc_source *s,
                         const struct gsc_targets *targets, struct gsc_ending *e) {
  static struct verdict v;
  size_t refused = 0;
  e->devices = cJSON_CreateArray();
  for (size_t i = 0; i < targets->count && *cli->stop == 0; i++) {
    ask_device(cli, s, targets->links[i], &targets->why[i], &v);
    int code = gsh_status_exit(v.e.why.status);
    const char *version = v.e.package != NULL ? v.e.package->version : "";
    gsc_ui_data(&cli->ui, "%s  %s%s%s  [%d %s]", targets->links[i],
                code == 0 ? "would take " : v.e.why.what, code == 0 ? version : "",
                v.check.already_running ? " (runs already)" : "", code,
                gsh_status_name(v.e.why.status));
    refused += code != 0;
    gsc_json_push(e->devices, json_verdict(&v, targets->links[i]));
  }
  if (*cli->stop != 0) {
    (void)gsc_usage(e, "stopped", gsh_status_next_step(GSH_E_INTERRUPTED));
    e->why.status = GSH_E_INTERRUPTED;
    e->why.decided_by = GSH_BY_PERSON;
  } else if (refused > 0) {
    (void)gsc_usage(e, "not every device would take it", "see each device's line");
    e->why.status = GSH_E_SOME_FAILED;
  }
  (void)snprintf(e->done, sizeof e->done, "all %zu devices would take it", targets->count);
  return gsc_ui_end(&cli->ui, e);
}

static int check_alone(struct gsc_cli *cli, struct gsc_source *s, struct gsc_ending *e) {
  if (s->offers != NULL) {
    return gsc_source_verify(cli, s, e);
  }
  (void)snprintf(e->done, sizeof e->done,
                 "%s %s: format and signatures hold; whether a device takes it only the device "
                 "can say",
                 s->info.name, s->info.version);
  return gsc_ui_end(&cli->ui, e);
}

int gsc_check(struct gsc_cli *cli) {
  struct gsc_ending e;
  const char *path = cli->args.arguments[0];
  static struct gsc_source source;
  static struct gsc_targets targets;
  gsc_ending_start(&e);
  bool alone = file_alone(cli);
  gsc_ui_first(&cli->ui,
               !alone                   ? "asking the device whether it would take %s"
               : gsh_is_directory(path) ? "checking the packages in %s, without a device"
                                        : "checking the file %s, without a device",
               path);
  unsigned status = gsc_source_open(cli, path, &source, &e);
  if (status == GSH_OK && source.offers == NULL) {
    gsc_source_say_trust(cli, &source);
  }
  if (status == GSH_OK && !alone) {
    status = gsc_select(cli, cli->args.arguments + 1, cli->args.count - 1, true, &targets, &e);
  }
  int code = 0;
  if (status != GSH_OK) {
    code = gsc_ui_end(&cli->ui, &e);
  } else if (alone) {
    code = check_alone(cli, &source, &e);
  } else if (targets.count == 1) {
    code = check_device(cli, &source, &targets);
  } else {
    code = check_several(cli, &source, &targets, &e);
  }
  gsc_source_close(&source);
  return code;
}
