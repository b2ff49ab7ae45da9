/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

struct trust_output {
  struct gsc_ui *ui;
  cJSON *items;
  size_t count;
};

static void describe(const struct gsh_trust_item *i, char *out, size_t cap) {
  if (i->maker) {
    (void)snprintf(out, cap, "maker key %s", i->id);
  } else {
    (void)snprintf(out, cap, "keyring %s, version %lu, %lu keys, chain of %lu", i->id,
                   (unsigned long)i->version, (unsigned long)i->keys, (unsigned long)i->keyrings);
  }
}

static cJSON *json_item(const struct gsh_trust_item *i) {
  cJSON *o = cJSON_CreateObject();
  cJSON_AddStringToObject(o, "kind", i->maker ? "maker" : "keyring");
  cJSON_AddStringToObject(o, "id", i->id);
  cJSON_AddStringToObject(o, "full_id", i->full_id);
  if (!i->maker) {
    cJSON_AddNumberToObject(o, "version", i->version);
    cJSON_AddNumberToObject(o, "keyrings", i->keyrings);
  }
  return o;
}

static void show_item(void *ctx, const struct gsh_trust_item *item) {
  struct trust_output *out = ctx;
  char text[160];
  describe(item, text, sizeof text);
  gsc_ui_data(out->ui, "%s", text);
  cJSON *o = json_item(item);
  gsc_ui_item(out->ui, "item", o);
  gsc_json_push(out->items, o);
  out->count++;
}

static int list(struct gsc_cli *cli) {
  struct gsc_ending e;
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "listing whom this computer trusts");
  e.members = cJSON_CreateObject();
  struct trust_output out = {.ui = &cli->ui, .items = cJSON_AddArrayToObject(e.members, "items")};
  (void)gsh_trust_list(cli->host, show_item, &out, &e.why);
  (void)snprintf(e.done, sizeof e.done, "%zu trusted", out.count);
  return gsc_ui_end(&cli->ui, &e);
}

static int change(struct gsc_cli *cli, bool add) {
  struct gsc_ending e;
  struct gsh_trust_item item;
  bool fresh = false;
  const char *what = cli->args.arguments[1];
  char text[160];
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "%s %s", add ? "trusting" : "no longer trusting", what);
  unsigned status = add ? gsh_trust_add(cli->host, what, &item, &fresh, &e.why)
                        : gsh_trust_remove(cli->host, what, &item, &e.why);
  if (status == GSH_OK) {
    describe(&item, text, sizeof text);
    e.members = cJSON_CreateObject();
    gsc_json_put(e.members, "item", json_item(&item));
    (void)snprintf(e.done, sizeof e.done, "%s: %s",
                   !add    ? "removed"
                   : fresh ? "trusted from now on"
                           : "trusted already",
                   text);
  }
  return gsc_ui_end(&cli->ui, &e);
}

int gsc_trust(struct gsc_cli *cli) {
  const char *verb = cli->args.arguments[0];
  size_t count = cli->args.count;
  if (strcmp(verb, "list") == 0 && count == 1) {
    return list(cli);
  }
  if ((strcmp(verb, "add") == 0 || strcmp(verb, "remove") == 0) && count == 2) {
    return change(cli, strcmp(verb, "add") == 0);
  }
  struct gsc_ending e;
  gsc_ending_start(&e);
  (void)gsc_usage(&e, "trust wants to know what to do",
                  "write: gapseal trust add FILE, trust list or trust remove ID");
  return gsc_ui_end(&cli->ui, &e);
}
