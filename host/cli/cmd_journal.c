/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

struct journal_output {
  struct gsc_ui *ui;
  cJSON *lines;
};

static void show_line(void *ctx, const struct gsh_journal_line *l) {
  struct journal_output *out = ctx;
  char digest[16];
  const char *package = gsc_text_no_zeros(l->package);
  gsc_text_digest(package, digest);
  gsc_ui_data(out->ui, "%4llu  %s  %-11s sn %-16s %-9s %s", (unsigned long long)l->seq, l->time,
              l->event, l->serial, digest, l->status != 0 ? gsh_status_name(l->status) : "");
  cJSON *o = cJSON_CreateObject();
  cJSON_AddNumberToObject(o, "seq", (double)l->seq);
  cJSON_AddStringToObject(o, "time", l->time);
  cJSON_AddStringToObject(o, "journal_event", l->event);
  gsc_json_text(o, "device", l->device);
  gsc_json_text(o, "serial", l->serial);
  gsc_json_text(o, "package", package);
  cJSON_AddStringToObject(o, "code", gsh_status_name(l->status));
  gsc_json_text(o, "receipt", l->receipt);
  gsc_ui_item(out->ui, "line", o);
  gsc_json_push(out->lines, o);
}

/* Nothing to show is an answer; nothing to verify is none. */
static void no_journal(struct gsc_ending *e, const char *path, bool print) {
  char what[GSH_TEXT_MAX];
  (void)snprintf(what, sizeof what, "there is no journal at %.400s", path);
  if (!print) {
    (void)gsc_usage(e, what, "check --state, or do something that is worth a line first");
    e->why.status = GSH_E_FILE_READ;
  }
  memcpy(e->done, what, sizeof e->done);
}

int gsc_journal(struct gsc_cli *cli) {
  struct gsc_ending e;
  static char path[GSH_PATH_MAX];
  uint64_t lines = 0;
  bool print = strcmp(cli->args.arguments[0], "show") == 0;
  gsc_ending_start(&e);
  if (!print && strcmp(cli->args.arguments[0], "verify") != 0) {
    (void)gsc_usage(&e, "journal wants to know what to do",
                    "write: gapseal journal show or journal verify");
    return gsc_ui_end(&cli->ui, &e);
  }
  gsc_ui_first(&cli->ui, "%s the journal", print ? "reading" : "verifying");
  e.members = cJSON_CreateObject();
  struct journal_output out = {.ui = &cli->ui, .lines = cJSON_AddArrayToObject(e.members, "lines")};
  bool there = false;
  unsigned status =
      gsh_journal(cli->host, print ? show_line : NULL, &out, &there, &lines, path, &e.why);
  gsc_json_text(e.members, "path", path);
  cJSON_AddNumberToObject(e.members, "count", (double)lines);
  (void)snprintf(e.done, sizeof e.done, "%llu line%s, the chain holds: %.300s",
                 (unsigned long long)lines, lines == 1 ? "" : "s", path);
  if (status == GSH_OK && !there) {
    no_journal(&e, path, print);
  }
  return gsc_ui_end(&cli->ui, &e);
}
