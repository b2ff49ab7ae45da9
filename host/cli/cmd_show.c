/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define CHANGELOG_MAX 65536u

static void show_head(struct gsc_ui *ui, const struct gsh_package_info *p) {
  gsc_ui_data(ui, "package      %s %s, for %s", p->name, p->version, p->product);
  for (uint32_t i = 0; i < p->boards; i++) {
    char board[GSC_BOARD_MAX];
    gsc_ui_data(ui, "board        %s", gsc_text_board(&p->board[i], board));
  }
  gsc_ui_data(ui, "digest       %s", p->digest);
  gsc_ui_data(ui, "release      %lu, security version %lu, raises the floor to %lu",
              (unsigned long)p->release, (unsigned long)p->security_version,
              (unsigned long)p->raises_floor_to);
  if (p->requires_release != 0) {
    gsc_ui_data(ui, "requires     release %lu first", (unsigned long)p->requires_release);
  }
  gsc_ui_data(ui, "confirm      by the %s", p->confirm_by_device ? "device" : "host");
  for (uint32_t i = 0; i < p->variants && i < 2; i++) {
    char size[32];
    gsc_text_count(p->image_bytes[i], size);
    gsc_ui_data(ui, "image        %s bytes, blocks of %lu", size, (unsigned long)p->block_size[i]);
  }
  if (p->severity[0] != '\0') {
    gsc_ui_data(ui, "severity     %s", p->severity);
  }
  if (p->support_until[0] != '\0') {
    gsc_ui_data(ui, "support      until %s", p->support_until);
  }
}

static void show_signature(struct gsc_ui *ui, const struct gsh_package_info *p) {
  char key[16];
  gsc_text_digest(p->key_id, key);
  gsc_ui_data(ui, "signed by    %s key %s, keyring version %lu%s",
              p->recovery ? "recovery" : "release", key, (unsigned long)p->keyring_version,
              p->by_trusted_keyring ? ", which is trusted here"
                                    : "; judged by the package's own keyring only, none is trusted "
                                      "here (gapseal trust add)");
}

static void show_rest(struct gsc_ui *ui, const struct gsh_package *p, cJSON *members) {
  static char changelog[CHANGELOG_MAX];
  char name[128];
  char type[64];
  uint64_t size = 0;
  cJSON *list = cJSON_AddArrayToObject(members, "attachments");
  for (size_t i = 0; gsh_package_attached(p, i, name, type, &size); i++) {
    char count[32];
    gsc_text_count(size, count);
    gsc_ui_data(ui, "attachment   %s (%s), %s bytes", name, type, count);
    cJSON *a = cJSON_CreateObject();
    cJSON_AddStringToObject(a, "name", name);
    cJSON_AddStringToObject(a, "type", type);
    cJSON_AddNumberToObject(a, "size", (double)size);
    gsc_json_push(list, a);
  }
  if (gsh_package_changelog(p, changelog, CHANGELOG_MAX) > 0) {
    gsc_ui_data(ui, "changelog");
    char *rest = NULL;
    cJSON_AddStringToObject(members, "changelog", changelog);
    for (char *line = strtok_r(changelog, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
      gsc_ui_data(ui, "  %s", line);
    }
  }
}

int gsc_show(struct gsc_cli *cli) {
  struct gsc_ending e;
  struct gsh_package *p = NULL;
  struct gsh_package_info info;
  const char *path = cli->args.arguments[0];
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "reading and verifying %s", path);
  e.package = &info;
  if (gsh_package_load(cli->host, path, true, cli->args.values[GSC_OPT_EXPECT], &p, &info,
                       &e.why) != GSH_OK) {
    return gsc_ui_end(&cli->ui, &e);
  }
  e.members = cJSON_CreateObject();
  show_head(&cli->ui, &info);
  show_signature(&cli->ui, &info);
  show_rest(&cli->ui, p, e.members);
  (void)snprintf(e.done, sizeof e.done, "%s %s: every byte verified", info.name, info.version);
  int code = gsc_ui_end(&cli->ui, &e);
  gsh_package_close(p);
  return code;
}
