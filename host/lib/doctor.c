/* SPDX-License-Identifier: Apache-2.0
 * Looking this computer over. Changes nothing and opens no port.
 */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "computer.h"
#include "files.h"
#include "journal.h"
#include "platform.h"
#include "text.h"

/* This program was not written before. */
#define CLOCK_FIRST "2025-01-01"
#define CLOCK_LAST "2100-01-01"

static void tell(struct gsh_doctor *x, enum gsh_finding_kind kind, const char *check,
                 enum gs_status status, const char *what, const char *next_step) {
  struct gsh_finding finding = {.kind = kind, .check = check, .status = status};
  (void)snprintf(finding.what, sizeof finding.what, "%s", what);
  (void)snprintf(finding.next_step, sizeof finding.next_step, "%s", next_step);
  x->fn(x->ctx, &finding);
}

void gsh_doctor_fine(struct gsh_doctor *x, const char *check, const char *what, ...) {
  char text[GSH_TEXT_MAX];
  va_list args;
  va_start(args, what);
  (void)vsnprintf(text, sizeof text, what, args);
  va_end(args);
  tell(x, GSH_FINDING_FINE, check, GS_OK, text, "");
}

void gsh_doctor_note(struct gsh_doctor *x, const char *check, const char *next_step,
                     const char *what, ...) {
  char text[GSH_TEXT_MAX];
  va_list args;
  va_start(args, what);
  (void)vsnprintf(text, sizeof text, what, args);
  va_end(args);
  tell(x, GSH_FINDING_NOTE, check, GS_OK, text, next_step);
}

void gsh_doctor_wrong(struct gsh_doctor *x, const char *check, const struct gsh_error *err) {
  const char *next_step =
      err->next_step[0] != '\0' ? err->next_step : gs_status_info(err->status)->next_step;
  if (x->first.status == GS_OK) {
    x->first = *err;
  }
  tell(x, GSH_FINDING_WRONG, check, err->status, err->what, next_step);
}

static void look_at_user(struct gsh_doctor *x) {
  char user[64];
  if (gsh_computer_all_powerful(user)) {
    gsh_doctor_note(x, "user", "run it as a user of your own",
                    "it runs as %s, and needs no such rights; no program is kept from a port by"
                    " another one then",
                    user);
  } else {
    gsh_doctor_fine(x, "user", "it runs as %s", user);
  }
}

static void keep_time(void *ctx, const struct gsh_journal_line *line) {
  char *newest = ctx;
  if (strcmp(line->time, newest) > 0) {
    (void)snprintf(newest, sizeof line->time, "%s", line->time);
  }
}

/* No clock ever refuses an image; journal and receipts carry what it says. newest: of the journal.
 */
static void look_at_clock(struct gsh_doctor *x, const char *newest) {
  static const char next_step[] = "set it, for example with: sudo timedatectl set-ntp true";
  char now[32];
  gsh_clock_text(now);
  if (strcmp(now, CLOCK_FIRST) < 0 || strcmp(now, CLOCK_LAST) > 0) {
    gsh_doctor_note(x, "clock", next_step, "the clock says %s, which cannot be", now);
  } else if (strcmp(now, newest) < 0) {
    gsh_doctor_note(x, "clock", next_step,
                    "the clock says %s, and the journal has a line of %s: one of them is wrong",
                    now, newest);
  } else {
    gsh_doctor_fine(x, "clock", "the clock says %s", now);
  }
}

static void look_at_trust(struct gsh_doctor *x) {
  struct gsh_error err = {0};
  struct gsh_trust *t = NULL;
  if (gsh_trust_load(x->h->trust_dir, &t, &err) != GS_OK) {
    gsh_doctor_wrong(x, "trust", &err);
    return;
  }
  if (t->maker_count == 0) {
    gsh_fail(&err, GS_E_NOT_GENUINE,
             "no maker's key is trusted, so that no device can prove itself");
    gsh_next_step(&err, "run: gapseal trust add FILE.pub.pem, with the maker's key");
    gsh_doctor_wrong(x, "trust", &err);
  } else if (t->keyring_count == 0) {
    gsh_doctor_note(x, "trust", "run: gapseal trust add FILE.gsk, with the maker's keyring",
                    "%zu maker's key%s, and no keyring: packages are judged by their own",
                    t->maker_count, t->maker_count == 1 ? "" : "s");
  } else {
    gsh_doctor_fine(x, "trust", "%zu maker's key%s, %zu keyring%s", t->maker_count,
                    t->maker_count == 1 ? "" : "s", t->keyring_count,
                    t->keyring_count == 1 ? "" : "s");
  }
  gsh_trust_free(t);
}

/* One finding for what keeps places from being named. */
static void look_at_places(struct gsh_doctor *x) {
  const struct gsh *h = x->h;
  if (h->no_config.status != GS_OK || h->no_state.status != GS_OK) {
    gsh_doctor_wrong(x, "home", h->no_config.status != GS_OK ? &h->no_config : &h->no_state);
  }
}

static void look_at_journal(struct gsh_doctor *x, char newest[32]) {
  struct gsh_error err = {0};
  bool there = false;
  uint64_t lines = 0;
  if (gsh_journal_read(x->h->state_dir, keep_time, newest, &there, &lines, &err) != GS_OK) {
    gsh_doctor_wrong(x, "journal", &err);
  } else if (!there) {
    gsh_doctor_fine(x, "journal", "there is none yet");
  } else {
    gsh_doctor_fine(x, "journal", "%llu line%s, and the chain holds", (unsigned long long)lines,
                    lines == 1 ? "" : "s");
  }
}

/* What is there of a path: itself, or the directory in which it would be made. */
static void existing_part(const char *path, char out[GSH_PATH_MAX]) {
  (void)snprintf(out, GSH_PATH_MAX, "%s", path);
  while (!gsh_file_exists(out)) {
    char *slash = strrchr(out, '/');
    if (slash == NULL) {
      (void)snprintf(out, GSH_PATH_MAX, ".");
      return;
    }
    slash[slash == out ? 1 : 0] = '\0';
  }
}

static void look_at_state(struct gsh_doctor *x) {
  static const char *const parts[] = {"", "journal.jsonl", "receipts"};
  char path[GSH_PATH_MAX];
  char there[GSH_PATH_MAX];
  char shown[256];
  struct gsh_error err = {0};
  existing_part(x->h->state_dir, there);
  enum gs_status status = gsh_state_failed(gsh_dir_room(there, GSH_STATE_ROOM_BYTES, &err), &err);
  for (size_t i = 1; i < sizeof parts / sizeof parts[0] && status == GS_OK; i++) {
    status = gsh_path_join(path, sizeof path, x->h->state_dir, parts[i], &err);
    if (status == GS_OK && gsh_file_exists(path) && !gsh_computer_may_write(path)) {
      gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
      status = gsh_fail(&err, GS_E_DISK, "this user may not write %s", shown);
      gsh_next_step(&err, "give it back to its user, for example with: sudo chown -R $USER %s",
                    shown);
    }
  }
  gsh_text_escape(x->h->state_dir, strlen(x->h->state_dir), 0, shown, sizeof shown);
  if (status != GS_OK) {
    gsh_doctor_wrong(x, "state", &err);
  } else if (strcmp(there, x->h->state_dir) != 0) {
    gsh_doctor_fine(x, "state", "%s can be made", shown);
  } else {
    gsh_doctor_fine(x, "state", "%s can be written", shown);
  }
}

unsigned gsh_doctor(struct gsh *h, gsh_finding_fn fn, void *ctx, struct gsh_why *why) {
  struct gsh_doctor x = {.h = h, .fn = fn, .ctx = ctx};
  char newest[32];
  gsh_doctor_fine(&x, "version", "gapseal %s", gsh_version());
  look_at_user(&x);
  look_at_places(&x);
  if (h->no_config.status == GS_OK) {
    look_at_trust(&x);
  }
  newest[0] = '\0';
  if (h->no_state.status == GS_OK) {
    look_at_state(&x);
    look_at_journal(&x, newest);
  }
  look_at_clock(&x, newest);
  gsh_doctor_ports(&x);
  return gsh_why_fill(why, x.first.status, &x.first, false);
}
