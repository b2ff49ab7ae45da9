/* SPDX-License-Identifier: Apache-2.0
 * info and status: what a device is, and what it is doing.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static void show_slot(struct gsc_ui *ui, const struct gsh_device_info *d, size_t i) {
  const struct gsh_slot_info *s = &d->slot[i];
  const char *letter = i == 0 ? "A" : "B";
  char size[32];
  char digest[16];
  if (!s->present) {
    gsc_ui_data(ui, "slot %s       holds no whole image", letter);
    return;
  }
  bool runs = d->runs_application && d->running_slot == i;
  gsc_text_count(s->size, size);
  gsc_text_digest(s->package, digest);
  gsc_ui_data(ui, "slot %s       release %lu%s%s%s, security version %lu, %s bytes (%s)%s", letter,
              (unsigned long)s->release, s->version[0] != '\0' ? " (" : "", s->version,
              s->version[0] != '\0' ? ")" : "", (unsigned long)s->security_version, size, digest,
              runs ? ", runs" : "");
}

static void show_state(struct gsc_ui *ui, const struct gsh_device_info *d) {
  char running[128];
  gsc_text_running(d, running, sizeof running);
  gsc_ui_data(ui, "state        %s%s%s", d->state, d->reason != 0 ? ": " : "",
              d->reason != 0 ? gsh_status_sentence(d->reason) : "");
  gsc_ui_data(ui, "runs         %s", running);
  show_slot(ui, d, 0);
  show_slot(ui, d, 1);
  if (d->staged[0] != '\0') {
    bool over = strcmp(d->state, "rejected") == 0 || strcmp(d->state, "failed") == 0;
    gsc_ui_data(ui, "%-12s %s", over ? "last update" : "staged", d->staged);
    if (d->door[0] != '\0') {
      gsc_ui_data(ui, "came by      %s", strcmp(d->door, "ota") == 0 ? "over the air" : d->door);
    }
  }
  if (strcmp(d->state, "trial") == 0) {
    gsc_ui_data(ui, "trial        %s, %lu start%s left",
                d->healthy ? "reported healthy" : "not reported healthy yet",
                (unsigned long)d->attempts_left, d->attempts_left == 1 ? "" : "s");
  }
  gsc_ui_data(ui, "rollback     %s", d->rollback_promised ? "promised" : "not possible");
  gsc_ui_data(ui, "floor        %lu", (unsigned long)d->floor);
  gsc_ui_data(ui, "policy       %s%s", d->policy,
              strcmp(d->policy, "open") == 0
                  ? " (confirm, reject, rollback and --older are not authenticated)"
                  : "");
  gsc_ui_data(ui, "keyring      version %lu", (unsigned long)d->keyring_version);
  gsc_ui_data(ui, "starts       %lu; log entry %lu; record store wear %lu",
              (unsigned long)d->boot_count, (unsigned long)d->log_sequence, (unsigned long)d->wear);
  if (d->refused > 0) {
    gsc_ui_data(ui, "refused      %lu request%s since the start", (unsigned long)d->refused,
                d->refused == 1 ? "" : "s");
  }
}

static void show_facts(struct gsc_ui *ui, const struct gsh_device_info *d) {
  gsc_ui_data(ui, "product      %s", d->product_id);
  gsc_ui_data(ui, "hardware     %s, revision %lu", d->hardware_id, (unsigned long)d->revision);
  gsc_ui_data(ui, "device id    %s", d->device_id);
  gsc_ui_data(ui, "maker        %s", d->maker_id);
  gsc_ui_data(ui, "key          kept in %s", d->key_protection);
  gsc_ui_data(ui, "stub         version %lu, %s", (unsigned long)d->stub_version, d->lifecycle);
  char size[32];
  char unit[32];
  gsc_text_count(d->slot_size, size);
  gsc_text_count(d->erase_size, unit);
  char at[64] = "";
  if (d->slot_address[0] != d->slot_address[1]) {
    (void)snprintf(at, sizeof at, ", at 0x%08lx and 0x%08lx", (unsigned long)d->slot_address[0],
                   (unsigned long)d->slot_address[1]);
  }
  gsc_ui_data(ui, "slots        %s%s, erase unit %s", d->slot_model, at, unit);
  gsc_ui_data(ui, "             %s bytes each, of which the end holds manifest and block table",
              size);
  char block[32];
  char frame[32];
  char window[32];
  gsc_text_count(d->block_max, block);
  gsc_text_count(d->frame_max, frame);
  gsc_text_count(d->window_bytes, window);
  gsc_ui_data(ui, "limits       blocks of %s bytes, frames of %s, window of %s", block, frame,
              window);
}

static int show_device(struct gsc_cli *cli, bool facts) {
  struct gsc_ending e;
  struct gsh_device *d = NULL;
  struct gsh_device_info info;
  gsc_ending_start(&e);
  gsc_ui_first(&cli->ui, "asking the device what it %s", facts ? "is" : "is doing");
  if (gsc_connect_one(cli, 0, &d, &e) != GSH_OK) {
    return gsc_ui_end(&cli->ui, &e);
  }
  gsc_ending_device(&e, &info, d);
  gsh_disconnect(d);
  gsc_ui_data(&cli->ui, "device       %s%ssn %s", info.name, info.name[0] != '\0' ? ", " : "",
              info.serial);
  gsc_ui_data(&cli->ui, "link         %s", info.link);
  if (facts) {
    show_facts(&cli->ui, &info);
  }
  show_state(&cli->ui, &info);
  char text[GSH_TEXT_MAX - 64];
  gsc_text_device(&info, text, sizeof text);
  (void)snprintf(e.done, sizeof e.done, "%s; proven by its signature", text);
  return gsc_ui_end(&cli->ui, &e);
}

int gsc_info(struct gsc_cli *cli) {
  return show_device(cli, true);
}

int gsc_status(struct gsc_cli *cli) {
  return show_device(cli, false);
}
