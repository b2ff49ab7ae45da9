/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static bool file_alone(const struct gsc_cli *cli) {
  return cli->args.count == 1 && cli->args.port_count == 0;
}

static void say_judged_by(struct gsc_ui *ui, const struct gsh_package_info *p) {
  if (!p->by_trusted_keyring) {
    gsc_ui_say(ui,
               "no keyring is trusted here: the signature was judged by the package's own keyring"
               " only (gapseal trust add)");
  }
}

static int check_device(struct gsc_cli *cli, struct gsh_package *p,
                        const struct gsh_package_info *info, const char *link,
                        struct gsc_ending *e) {
  struct gsh_device *d = NULL;
  struct gsh_device_info device;
  struct gsh_check check = {0};
  unsigned status = gsh_connect(cli->host, link, &d, &e->why);
  if (status == GSH_OK) {
    status = gsh_check(d, p, gsc_has(&cli->args, GSC_BIT(OLDER)),
                       gsc_has(&cli->args, GSC_BIT(REINSTALL)), &check, &e->why);
    gsc_ending_device(e, &device, d);
    gsh_disconnect(d);
    e->receipt = check.receipt;
    e->members = cJSON_CreateObject();
    cJSON_AddBoolToObject(e->members, "gives_up_last_good", check.gives_up_last_good);
    cJSON_AddBoolToObject(e->members, "already_running", check.already_running);
  }
  if (status == GSH_OK && check.gives_up_last_good) {
    gsc_ui_say(&cli->ui, "an install would end the promise to roll back to the image before");
  }
  if (check.already_running) {
    (void)snprintf(e->done, sizeof e->done, "sn %s runs %s %s already", device.serial, info->name,
                   info->version);
  } else if (status == GSH_OK) {
    (void)snprintf(e->done, sizeof e->done,
                   "sn %s would take %s %s; decided by the device, nothing was written",
                   device.serial, info->name, info->version);
  }
  return gsc_ui_end(&cli->ui, e);
}

/* The worst of several verdicts is the command's. */
static int check_several(struct gsc_cli *cli, struct gsh_package *p,
                         const struct gsc_targets *targets, struct gsc_ending *e) {
  size_t refused = 0;
  e->devices = cJSON_CreateArray();
  for (size_t i = 0; i < targets->count; i++) {
    struct gsc_ending one;
    struct gsh_device *d = NULL;
    struct gsh_device_info device = {0};
    struct gsh_check check = {0};
    gsc_ending_start(&one);
    if (gsh_connect(cli->host, targets->links[i], &d, &one.why) == GSH_OK) {
      (void)gsh_check(d, p, gsc_has(&cli->args, GSC_BIT(OLDER)),
                      gsc_has(&cli->args, GSC_BIT(REINSTALL)), &check, &one.why);
      gsc_ending_device(&one, &device, d);
      gsh_disconnect(d);
    }
    int code = gsh_status_exit(one.why.status);
    gsc_ui_data(&cli->ui, "%s  %s  [%d %s]", targets->links[i],
                code == 0 ? "would take it" : one.why.what, code, gsh_status_name(one.why.status));
    refused += code != 0;
    cJSON *o = gsc_json_device(&device);
    cJSON_AddNumberToObject(o, "exit", code);
    cJSON_AddStringToObject(o, "code", gsh_status_name(one.why.status));
    cJSON_AddItemToArray(e->devices, o);
  }
  if (refused > 0) {
    (void)gsc_usage(e, "not every device would take it", "see each device's line");
    e->why.status = GSH_E_SOME_FAILED;
  }
  (void)snprintf(e->done, sizeof e->done, "all %zu devices would take it", targets->count);
  return gsc_ui_end(&cli->ui, e);
}

int gsc_check(struct gsc_cli *cli) {
  struct gsc_ending e;
  struct gsh_package *p = NULL;
  struct gsh_package_info info;
  const char *path = cli->args.arguments[0];
  static struct gsc_targets targets;
  gsc_ending_start(&e);
  bool alone = file_alone(cli);
  gsc_ui_first(&cli->ui,
               alone ? "checking the file %s, without a device"
                     : "asking the device whether it would take %s",
               path);
  e.package = &info;
  unsigned status =
      gsh_package_load(cli->host, path, true, cli->args.values[GSC_OPT_EXPECT], &p, &info, &e.why);
  if (status != GSH_OK) {
    return gsc_ui_end(&cli->ui, &e);
  }
  say_judged_by(&cli->ui, &info);
  int code = 0;
  if (!alone) {
    status = gsc_select(cli, cli->args.arguments + 1, cli->args.count - 1, true, &targets, &e);
  }
  if (status != GSH_OK) {
    code = gsc_ui_end(&cli->ui, &e);
  } else if (alone) {
    (void)snprintf(e.done, sizeof e.done,
                   "%s %s: format and signatures hold; whether a device takes it only the device "
                   "can say",
                   info.name, info.version);
    code = gsc_ui_end(&cli->ui, &e);
  } else if (targets.count == 1) {
    code = check_device(cli, p, &info, targets.links[0], &e);
  } else {
    code = check_several(cli, p, &targets, &e);
  }
  gsh_package_close(p);
  return code;
}
