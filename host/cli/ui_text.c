/* SPDX-License-Identifier: Apache-2.0
 * Words for devices, packages and numbers.
 */
#include <stdio.h>
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

void gsc_text_rate(double rate, char out[32]) {
  if (rate >= 1e6) {
    (void)snprintf(out, 32, "%.1f MB/s", rate / 1e6);
  } else {
    (void)snprintf(out, 32, "%.1f kB/s", rate / 1e3);
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

static void describe_slot(const struct gsh_slot_info *slot, char *out, size_t cap) {
  if (slot->version[0] != '\0') {
    (void)snprintf(out, cap, "release %lu (%s)", (unsigned long)slot->release, slot->version);
  } else {
    (void)snprintf(out, cap, "release %lu", (unsigned long)slot->release);
  }
}

void gsc_text_running(const struct gsh_device_info *d, char *out, size_t cap) {
  const struct gsh_slot_info *slot = &d->slot[d->running_slot];
  if (!d->runs_application || !slot->present) {
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
  bool ready = strcmp(d->state, "ready") == 0;
  (void)snprintf(out, cap, "%s%ssn %s, runs %s, floor %lu%s%s", d->name,
                 d->name[0] != '\0' ? ", " : "", d->serial, running, (unsigned long)d->floor,
                 ready ? "" : ", state ", ready ? "" : d->state);
}

void gsc_text_package(const struct gsh_package_info *p, char *out, size_t cap) {
  char digest[16];
  gsc_text_digest(p->digest, digest);
  (void)snprintf(out, cap, "%s, security version %lu, %s (%s)", p->version,
                 (unsigned long)p->security_version, p->file, digest);
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
    char running[128];
    gsc_text_running(e->device, running, sizeof running);
    (void)snprintf(what, GSH_TEXT_MAX, "%s is older than the %s that runs", e->package->version,
                   running);
  } else if (strcmp(name, "wrong-product") == 0) {
    (void)snprintf(what, GSH_TEXT_MAX, "the package is for another product, %s",
                   e->package->product);
  } else if (strcmp(name, "requires-release") == 0 && e->why.expected[0] != '\0') {
    (void)snprintf(what, GSH_TEXT_MAX, "%s needs release %lu to be installed first",
                   e->package->version, (unsigned long)e->package->requires_release);
  }
}
