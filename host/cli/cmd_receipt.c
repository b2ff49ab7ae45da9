/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static void show(struct gsc_ui *ui, const struct gsh_receipt_info *r) {
  char running[128];
  gsc_text_running(&r->device, running, sizeof running);
  gsc_ui_data(ui, "receipt      %s of %s: %s", r->kind, r->operation,
              r->status == 0 ? "done" : gsh_status_sentence(r->status));
  gsc_ui_data(ui, "device       sn %s, device id %s", r->device.serial, r->device.device_id);
  gsc_ui_data(ui, "maker        %s%s", r->device.maker_id,
              r->maker_trusted ? ", trusted here" : ", NOT trusted here");
  if (r->package[0] != '\0') {
    gsc_ui_data(ui, "package      %s", r->package);
    gsc_ui_data(ui, "release      %lu%s%s%s, security version %lu", (unsigned long)r->release,
                r->version[0] != '\0' ? " (" : "", r->version, r->version[0] != '\0' ? ")" : "",
                (unsigned long)r->security_version);
  }
  gsc_ui_data(ui, "then         state %s, runs %s, floor %lu", r->device.state, running,
              (unsigned long)r->device.floor);
  gsc_ui_data(ui, "log          entry %lu, head %s", (unsigned long)r->device.log_sequence,
              r->device.log_head);
  gsc_ui_data(ui, "file         sha256 %s", r->file_sha256);
}

static cJSON *json_receipt(const struct gsh_receipt_info *r) {
  cJSON *o = cJSON_CreateObject();
  cJSON_AddStringToObject(o, "kind", r->kind);
  cJSON_AddStringToObject(o, "operation", r->operation);
  cJSON_AddStringToObject(o, "code", gsh_status_name(r->status));
  gsc_json_text(o, "package", r->package);
  cJSON_AddNumberToObject(o, "release", r->release);
  cJSON_AddNumberToObject(o, "security_version", r->security_version);
  cJSON_AddBoolToObject(o, "maker_trusted", r->maker_trusted);
  gsc_json_text(o, "file_sha256", r->file_sha256);
  return o;
}

static int read_receipt(struct gsc_cli *cli, bool print) {
  struct gsc_ending e;
  struct gsh_receipt_info r;
  const char *path = cli->args.arguments[1];
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "%s the receipt %s", print ? "reading" : "verifying", path);
  unsigned status = gsh_receipt_read(cli->host, path, &r, &e.why);
  if (r.signature_holds) {
    e.device = &r.device;
    e.members = cJSON_CreateObject();
    gsc_json_put(e.members, "content", json_receipt(&r));
    if (print) {
      show(&cli->ui, &r);
    }
  }
  if (status == GSH_OK) {
    (void)snprintf(e.done, sizeof e.done, "the receipt holds: sn %s, %s of %s: %s", r.device.serial,
                   r.kind, r.operation, gsh_status_name(r.status));
  }
  return gsc_ui_end(&cli->ui, &e);
}

/* With a time limit also a device that does not answer now. */
static unsigned reach(struct gsc_cli *cli, struct gsh_device **out, struct gsc_ending *e) {
  if (cli->args.timeout_s == 0) {
    return gsc_connect_one(cli, 1, out, e);
  }
  const char *link = gsc_link_to_wait_at(&cli->args);
  if (link == NULL) {
    return gsc_usage(e, "receipt fetch with --timeout wants one link, at which it waits",
                     "write: gapseal receipt fetch --port LINK --timeout SECONDS");
  }
  return gsh_catch(cli->host, link, cli->args.timeout_s, out, &e->why);
}

static int fetch_receipt(struct gsc_cli *cli) {
  struct gsc_ending e;
  struct gsh_device *d = NULL;
  struct gsh_device_info info;
  static char path[GSH_PATH_MAX];
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "fetching the device's receipt");
  if (reach(cli, &d, &e) != GSH_OK) {
    return gsc_ui_end(&cli->ui, &e);
  }
  path[0] = '\0';
  unsigned status = gsh_receipt_fetch(d, path, &e.why);
  gsc_ending_device(&e, &info, d);
  if (cli->args.timeout_s != 0) {
    gsc_let_go(cli, d);
  }
  gsh_disconnect(d);
  e.receipt = path;
  if (status == GSH_OK) {
    gsc_ui_data(&cli->ui, "%s", path);
    (void)snprintf(e.done, sizeof e.done, "the receipt of sn %s is saved", info.serial);
  }
  return gsc_ui_end(&cli->ui, &e);
}

int gsc_receipt(struct gsc_cli *cli) {
  const char *verb = cli->args.arguments[0];
  bool file = strcmp(verb, "show") == 0 || strcmp(verb, "verify") == 0;
  if (file && cli->args.count == 2) {
    return read_receipt(cli, strcmp(verb, "show") == 0);
  }
  if (strcmp(verb, "fetch") == 0) {
    return fetch_receipt(cli);
  }
  struct gsc_ending e;
  gsc_ending_start(&e);
  (void)gsc_usage(&e, "receipt wants to know what to do with which receipt",
                  "write: gapseal receipt show FILE, receipt verify FILE or receipt fetch [DEV]");
  return gsc_ui_end(&cli->ui, &e);
}
