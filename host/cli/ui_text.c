/* SPDX-License-Identifier: Apache-2.0
 * Words for devices, packages and numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui.h"

void gsc_text_count(uint64_t n, char out[32]) {
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
  size_t used = 0;
  for (int i = 0; i < len; i++) {
    if (i > 0 && (len - i) % 3 == 0) {
      out[used++] = ',';
    }
    out[used++] = digits[i];
  }
  out[used] = '\0';
}

void gsc_text_rate(double bytes_a_second, char out[32]) {
  if (bytes_a_second >= 1e6) {
    (void)snprintf(out, 32, "%.1f MB/s", bytes_a_second / 1e6);
  } else {
    (void)snprintf(out, 32, "%.1f kB/s", bytes_a_second / 1e3);
  }
}

void gsc_text_digest(const char *hex, char out[16]) {
  size_t n = strlen(hex);
  if (n < 8) {
    (void)snprintf(out, 16, "%s", hex);
  } else {
    (void)snprintf(out, 16, "%.4s..%s", hex, hex + n - 2);
  }
}

const char *gsc_text_no_zeros(const char *hex) {
  return hex[strspn(hex, "0")] == '\0' ? "" : hex;
}

static void describe_slot(const struct gsh_slot_info *slot, char *out, size_t cap) {
  if (slot->version[0] != '\0') {
    (void)snprintf(out, cap, "release %lu (%s)", (unsigned long)slot->release, slot->version);
  } else {
    (void)snprintf(out, cap, "release %lu", (unsigned long)slot->release);
  }
}

char *gsc_text_board(const struct gsh_board *b, char out[GSC_BOARD_MAX]) {
  const char *name = b->name[0] != '\0' ? b->name : b->id;
  if (b->first_revision == b->last_revision) {
    (void)snprintf(out, GSC_BOARD_MAX, "%s, revision %lu", name, (unsigned long)b->first_revision);
  } else {
    (void)snprintf(out, GSC_BOARD_MAX, "%s, revisions %lu to %lu", name,
                   (unsigned long)b->first_revision, (unsigned long)b->last_revision);
  }
  return out;
}

void gsc_text_running(const struct gsh_device_info *d, char *out, size_t cap) {
  const struct gsh_slot_info *slot = &d->slot[d->running_slot];
  if ((!d->runs_application && !d->starts) || !slot->present) {
    (void)snprintf(out, cap, "nothing but its stub");
  } else {
    describe_slot(slot, out, cap);
  }
}

void gsc_text_device(const struct gsh_device_info *d, char *out, size_t cap) {
  char running[128];
  if (!d->genuine) {
    (void)snprintf(out, cap, "sn %s (as it says; nobody vouches for it)",
                   d->serial[0] != '\0' ? d->serial : "unknown");
    return;
  }
  gsc_text_running(d, running, sizeof running);
  if (strcmp(d->state, "unknown") == 0) {
    (void)snprintf(out, cap, "%s%ssn %s, in a state not known now; before, it ran %s, floor %lu",
                   d->name, d->name[0] != '\0' ? ", " : "", d->serial, running,
                   (unsigned long)d->floor);
    return;
  }
  bool ready = strcmp(d->state, "ready") == 0;
  (void)snprintf(out, cap, "%s%ssn %s, %s %s, floor %lu%s%s", d->name,
                 d->name[0] != '\0' ? ", " : "", d->serial, d->starts ? "starts" : "runs", running,
                 (unsigned long)d->floor, ready ? "" : ", state ", ready ? "" : d->state);
}

void gsc_text_package(const struct gsh_package_info *p, char *out, size_t cap) {
  char digest[16];
  gsc_text_digest(p->digest, digest);
  (void)snprintf(out, cap, "%s, security version %lu, %s (%s)", p->version,
                 (unsigned long)p->security_version, p->file, digest);
}

/* %s twice: what the device has or wants, what the package has. */
struct number_words {
  const char *name, *text;
};
static const struct number_words number_words[] = {
    {"too-big", "the device takes a manifest of at most %s bytes, this one has %s"},
    {"stub-too-old", "the stub is version %s, the package needs at least %s"},
    {"image-size",
     "a slot takes an image of at most %s bytes, beside manifest and block table;"
     " this one has %s"},
    {"no-variant", "the free slot begins at %s, the package is linked for %s"},
    {"block-size", "the device takes blocks of at most %s bytes, the package's have %s"},
    {"below-floor", "the device's floor is %s, the package has security version %s"},
    {"requires-release", "release %s must be installed first, release %s runs"},
    {"version-jump", "the device takes security version %s at most, the package has %s"},
    {"floor-exhausted", "the device's counter ends at %s, the package raises the floor to %s"},
    {"below-minimum",
     "the maker's keyring asks for security version %s at least, the package has %s"},
    {"rollback-floor", "the device's floor is %s, the last good image has security version %s"},
};

/* Digits get their separators; what is no number stays. */
static void separate(const char *text, char out[96]) {
  size_t n = strlen(text);
  if (n > 0 && n < 20 && strspn(text, "0123456789") == n) {
    gsc_text_count(strtoull(text, NULL, 10), out);
  } else {
    (void)snprintf(out, 96, "%s", n > 0 ? text : "nothing");
  }
}

void gsc_text_numbers(const struct gsc_ending *e, char *out, size_t cap) {
  char expected[96];
  char got[96];
  const char *name = gsh_status_name(e->why.status);
  out[0] = '\0';
  if (e->why.expected[0] == '\0') {
    return;
  }
  separate(e->why.expected, expected);
  separate(e->why.got, got);
  if (strcmp(name, "older") == 0) {
    const struct gsh_device_info *d = e->device;
    bool release =
        d == NULL || e->package == NULL || e->package->release < d->slot[d->running_slot].release;
    (void)snprintf(out, cap, "%s %s runs, %s is offered", release ? "release" : "security version",
                   expected, got);
    return;
  }
  for (size_t i = 0; i < sizeof number_words / sizeof number_words[0]; i++) {
    if (strcmp(name, number_words[i].name) == 0) {
      const char *gap = strstr(number_words[i].text, "%s");
      const char *next = strstr(gap + 2, "%s");
      (void)snprintf(out, cap, "%.*s%s%.*s%s%s", (int)(gap - number_words[i].text),
                     number_words[i].text, expected, (int)(next - gap - 2), gap + 2, got, next + 2);
      return;
    }
  }
  /* A digest, a name, a key's id: text, also where it has digits alone. */
  (void)snprintf(out, cap, "expected %s, got %s", e->why.expected,
                 e->why.got[0] != '\0' ? e->why.got : "nothing");
}

static void explain_older(const struct gsc_ending *e, char what[GSH_TEXT_MAX],
                          char next_step[GSH_TEXT_MAX]) {
  const struct gsh_slot_info *running = &e->device->slot[e->device->running_slot];
  char name[128];
  gsc_text_running(e->device, name, sizeof name);
  if (e->package->release < running->release) {
    (void)snprintf(what, GSH_TEXT_MAX, "%s is older than the %s that runs", e->package->version,
                   name);
    return;
  }
  (void)snprintf(what, GSH_TEXT_MAX,
                 "%s has security version %lu, and the %s that runs has %lu already",
                 e->package->version, (unsigned long)e->package->security_version, name,
                 (unsigned long)running->security_version);
  (void)snprintf(
      next_step, GSH_TEXT_MAX,
      "use a release of security version %lu or higher, or ask for this one with --older",
      (unsigned long)running->security_version);
}

/* What the package is for, and what this board is: often a revision that is one too new. */
static void explain_board(const struct gsc_ending *e, char what[GSH_TEXT_MAX]) {
  char board[GSC_BOARD_MAX];
  for (uint32_t i = 0; i < e->package->boards; i++) {
    if (strcmp(e->package->board[i].id, e->device->hardware_id) == 0) {
      (void)snprintf(what, GSH_TEXT_MAX, "the package is for %s, and this board is revision %lu",
                     gsc_text_board(&e->package->board[i], board),
                     (unsigned long)e->device->revision);
      return;
    }
  }
  (void)snprintf(what, GSH_TEXT_MAX, "the package is for %s%s, and this board is another, %s",
                 gsc_text_board(&e->package->board[0], board),
                 e->package->boards > 1 ? " and others" : "", e->device->hardware_id);
}

void gsc_text_refusal(const struct gsc_ending *e, char what[GSH_TEXT_MAX],
                      char next_step[GSH_TEXT_MAX]) {
  (void)snprintf(what, GSH_TEXT_MAX, "%s", e->why.what);
  (void)snprintf(next_step, GSH_TEXT_MAX, "%s", e->why.next_step);
  if (e->device == NULL || e->package == NULL || e->package->version[0] == '\0') {
    return;
  }
  const char *name = gsh_status_name(e->why.status);
  unsigned long floor = e->device->floor;
  if (strcmp(name, "below-floor") == 0) {
    (void)snprintf(what, GSH_TEXT_MAX, "this device will not go back to %s", e->package->version);
    (void)snprintf(next_step, GSH_TEXT_MAX,
                   "use a newer release, or ask for %s re-issued at security version %lu",
                   e->package->version, floor);
  } else if (strcmp(name, "older") == 0) {
    explain_older(e, what, next_step);
  } else if (strcmp(name, "wrong-hardware") == 0 && e->package->boards > 0) {
    explain_board(e, what);
  } else if (strcmp(name, "wrong-product") == 0) {
    (void)snprintf(what, GSH_TEXT_MAX, "the package is for another product, %s",
                   e->package->product);
  } else if (strcmp(name, "requires-release") == 0 && e->why.expected[0] != '\0') {
    (void)snprintf(what, GSH_TEXT_MAX, "%s needs release %lu to be installed first",
                   e->package->version, (unsigned long)e->package->requires_release);
  } else if (strcmp(name, "block-size") == 0 && e->why.expected[0] != '\0') {
    (void)snprintf(next_step, GSH_TEXT_MAX, "pack it again with --block-size %s", e->why.expected);
  }
}
