/* SPDX-License-Identifier: Apache-2.0
 * Finding devices and opening them, for callers of host.h.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "gapseal/crypto.h"
#include "host_internal.h"
#include "text.h"

#define FIND_MS 2500u /* a device answers hello within 2 s */
#define WAIT_POLL_MS 250u

struct gsh_device *gsh_device_new(struct gsh *h, const char *link, enum gs_status *status,
                                  struct gsh_error *err) {
  struct gsh_device *d = calloc(1, sizeof *d);
  if (d == NULL || strlen(link) >= sizeof d->link) {
    free(d);
    *status = d == NULL ? gsh_fail(err, GS_E_NO_MEMORY, "no memory for a device")
                        : gsh_fail(err, GS_E_USAGE, "a link's text is too long");
    return NULL;
  }
  d->h = h;
  memcpy(d->link, link, strlen(link) + 1);
  *status = gsh_trust_load(h->trust_dir, &d->trust, err);
  if (*status != GS_OK) {
    free(d);
    return NULL;
  }
  return d;
}

void gsh_disconnect(struct gsh_device *d) {
  if (d != NULL) {
    gsh_device_drop(d);
    gsh_trust_free(d->trust);
    free(d);
  }
}

/* What an unproven device says in its hello, for a list: worth no more than that. */
static void describe_unproven(const struct gsh_device *d, struct gsh_device_info *out) {
  memset(out, 0, sizeof *out);
  gsh_text_escape(d->link, strlen(d->link), 0, out->link, sizeof out->link);
  gsh_text_escape(d->hello.serial, strlen(d->hello.serial), 0, out->serial, sizeof out->serial);
  out->state = "unknown";
  out->policy = "unknown";
  out->slot_model = "unknown";
  out->lifecycle = "unknown";
  out->key_protection = "unknown";
}

/* Somebody is there and knows the protocol; that is more than no device, and less than one. */
static void unproven(const struct gsh_device *d, struct gsh_error *err) {
  char link[GSH_TEXT_MAX];
  char serial[128];
  gsh_text_escape(d->link, strlen(d->link), 0, link, sizeof link);
  gsh_text_escape(d->hello.serial, strlen(d->hello.serial), 0, serial, sizeof serial);
  gsh_fail(err, GS_E_LINK_TIMEOUT,
           "a device on %.200s answered hello (sn %.100s, it says) and did not prove who made it: "
           "it does not answer any more",
           link, serial[0] != '\0' ? serial : "unknown");
}

static unsigned connect_within(struct gsh *h, const char *link, uint32_t patience_ms,
                               struct gsh_device **out, struct gsh_device_info *info,
                               struct gsh_why *why) {
  struct gsh_error err = {0};
  enum gs_status status = GS_OK;
  *out = NULL;
  struct gsh_device *d = gsh_device_new(h, link, &status, &err);
  if (d == NULL) {
    return gsh_why_fill(why, status, &err, false);
  }
  status = gsh_device_open(d, patience_ms, &err);
  if (status == GS_E_LINK_TIMEOUT && d->greeted) {
    unproven(d, &err);
  } else if (status == GS_E_LINK_TIMEOUT) {
    /* Nothing was ever heard there: not a lost link, but no device. */
    char what[GSH_ERROR_TEXT_MAX];
    memcpy(what, err.what, sizeof what);
    gsh_fail(&err, GS_E_NO_DEVICE, "%s", what);
    status = GS_E_NO_DEVICE;
  }
  if (info != NULL) {
    describe_unproven(d, info);
    if (status == GS_OK) {
      *info = d->info;
    }
  }
  if (status != GS_OK) {
    gsh_disconnect(d);
  } else {
    *out = d;
  }
  return gsh_why_fill(why, status, &err, false);
}

unsigned gsh_connect(struct gsh *h, const char *link, struct gsh_device **out,
                     struct gsh_why *why) {
  return connect_within(h, link, FIND_MS, out, NULL, why);
}

const struct gsh_device_info *gsh_device_info(const struct gsh_device *d) {
  return &d->info;
}

unsigned gsh_refresh(struct gsh_device *d, struct gsh_why *why) {
  struct gsh_error err = {0};
  enum gs_status status =
      d->conn != NULL ? gsh_device_ident(d, &err) : gsh_device_reopen(d, GSH_RECONNECT_MS, &err);
  return gsh_why_fill(why, status, &err, d->conn != NULL && d->conn->device_said);
}

static void find_one(struct gsh *h, const char *link, struct gsh_found *out) {
  struct gsh_device *d = NULL;
  memset(out, 0, sizeof *out);
  size_t n = strlen(link);
  memcpy(out->link, link, n < sizeof out->link ? n : 0);
  gsh_text_escape(link, n, 0, out->device.link, sizeof out->device.link);
  (void)connect_within(h, link, FIND_MS, &d, &out->device, &out->why);
  gsh_disconnect(d);
}

static bool asked_before(const char *link, const char *const *links, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(links[i], link) == 0) {
      return true;
    }
  }
  return false;
}

/* Links in GAPSEAL_PORTS, separated by blanks. */
static enum gs_status find_in_environment(struct gsh *h, const char *const *links,
                                          size_t link_count, struct gsh_found *out, size_t max,
                                          size_t *count) {
  const char *ports = getenv("GAPSEAL_PORTS");
  if (ports == NULL) {
    return GS_OK;
  }
  char *copy = strdup(ports);
  char *rest = NULL;
  if (copy == NULL) {
    return GS_E_NO_MEMORY;
  }
  for (char *link = strtok_r(copy, " \t\n", &rest); link != NULL && *count < max;
       link = strtok_r(NULL, " \t\n", &rest)) {
    if (!asked_before(link, links, link_count) && !gsh_stopped(h)) {
      find_one(h, link, &out[(*count)++]);
    }
  }
  free(copy);
  return GS_OK;
}

/* Has the port been asked under another name: with a rate, by a link of udev? */
static bool same_port(const struct gsh_found *out, size_t count, const char *path) {
  for (size_t i = 0; i < count; i++) {
    struct gsh_serial port;
    if (gsh_serial_of_link(out[i].link, &port) && strcmp(port.path, path) == 0) {
      return true;
    }
  }
  return false;
}

/* Serial ports that may be asked. */
static unsigned find_on_ports(struct gsh *h, struct gsh_found *out, size_t max, size_t *count,
                              struct gsh_why *why) {
  struct gsh_port *ports = calloc(GSH_PORTS_MAX, sizeof *ports);
  size_t found = 0;
  if (ports == NULL) {
    return gsh_why_fill(why, GS_E_NO_MEMORY, NULL, false);
  }
  unsigned status = gsh_ports(h, ports, GSH_PORTS_MAX, &found, why);
  for (size_t i = 0; i < found && *count < max && !gsh_stopped(h); i++) {
    if (ports[i].asked && !same_port(out, *count, ports[i].link + strlen("serial:"))) {
      find_one(h, ports[i].link, &out[(*count)++]);
    }
  }
  free(ports);
  return status;
}

unsigned gsh_find(struct gsh *h, const char *const *links, size_t link_count, struct gsh_found *out,
                  size_t max, size_t *count, struct gsh_why *why) {
  *count = 0;
  for (size_t i = 0; i < link_count && *count < max && !gsh_stopped(h); i++) {
    if (!asked_before(links[i], links, i)) {
      find_one(h, links[i], &out[(*count)++]);
    }
  }
  enum gs_status status = find_in_environment(h, links, link_count, out, max, count);
  if (status != GS_OK || gsh_stopped(h)) {
    return gsh_why_fill(why, gsh_stopped(h) ? GS_E_INTERRUPTED : status, NULL, false);
  }
  size_t named_count = *count;
  unsigned asked = find_on_ports(h, out, max, count, why);
  if (gsh_stopped(h)) {
    return gsh_why_fill(why, GS_E_INTERRUPTED, NULL, false);
  }
  if (asked != GS_OK && named_count > 0) {
    gsh_tell(h, GSH_EVENT_NOTE, "ports", "%.400s; only what was named is asked", why->what);
    return gsh_why_fill(why, GS_OK, NULL, false);
  }
  return asked;
}

static bool settled(const struct gsh_device *d) {
  return d->ident.state.state != gapseal_v1_State_STATE_TRIAL &&
         d->ident.state.state != gapseal_v1_State_STATE_STAGED;
}

static enum gs_status still_waiting(const struct gsh_device *d, struct gsh_error *err) {
  if (!d->known) {
    return gsh_fail(err, GS_E_NO_DEVICE, "no device answered in time");
  }
  if (d->ident.state.state == gapseal_v1_State_STATE_STAGED) {
    gsh_fail(err, GS_E_WAITING, "an image is staged and waits for a reboot");
    gsh_next_step(err, "run install again, or reboot the device");
  } else {
    gsh_fail(err, GS_E_WAITING, "an image is still on trial");
    gsh_say_decide(d, err);
  }
  return GS_E_WAITING;
}

unsigned gsh_wait(struct gsh *h, const char *link, uint32_t timeout_s, struct gsh_device **out,
                  struct gsh_why *why) {
  struct gsh_error err = {0};
  enum gs_status status = GS_OK;
  *out = NULL;
  struct gsh_device *d = gsh_device_new(h, link, &status, &err);
  uint64_t until = gsh_clock_ms() + (uint64_t)timeout_s * 1000u;
  while (d != NULL) {
    uint64_t now = gsh_clock_ms();
    status = d->conn != NULL
                 ? gsh_device_ident(d, &err)
                 : gsh_device_reopen(d, until > now ? (uint32_t)(until - now) : 1, &err);
    if (status == GS_OK && settled(d)) {
      *out = d;
      return gsh_why_fill(why, GS_OK, NULL, false);
    }
    if (status == GS_E_LINK_LOST || status == GS_E_LINK_TIMEOUT) {
      gsh_device_drop(d);
      status = GS_OK;
    }
    if (status == GS_OK && gsh_clock_ms() >= until) {
      status = still_waiting(d, &err);
    }
    if (status != GS_OK) {
      break;
    }
    gsh_clock_sleep(WAIT_POLL_MS);
  }
  gsh_disconnect(d);
  return gsh_why_fill(why, status, &err, false);
}

unsigned gsh_check(struct gsh_device *d, struct gsh_package *p, bool older, bool reinstall,
                   struct gsh_check *out, struct gsh_why *why) {
  struct gsh_error err = {0};
  gapseal_v1_CheckReply verdict;
  memset(out, 0, sizeof *out);
  bool asked = false;
  enum gs_status status = gsh_device_check(d, p, older, reinstall, &verdict, &asked, &err);
  if (status == GS_E_ALREADY && !gsh_runs(&d->ident.state, gsh_package_digest(p))) {
    /* The verdict is not signed; what runs is. */
    status = gsh_fail(&err, GS_E_PROTOCOL,
                      "the device says that it runs this package, and signed "
                      "that it runs another");
    asked = false;
  }
  if (status == GS_OK) { /* it may come to run it another way, over the air */
    gsh_remember_version(d->h, gsh_package_digest(p), gsh_package_about(p)->version);
  }
  out->asked_device = asked;
  out->gives_up_last_good = verdict.gives_up_last_good;
  out->already_running = verdict.already_running || status == GS_E_ALREADY;
  out->staging_slot = verdict.staging_slot;
  if (status != GS_OK && status != GS_E_ALREADY && asked) {
    struct gsh_receipt receipt;
    struct gsh_error lost;
    uint8_t sha256[GS_DIGEST_BYTES];
    /* A refusal is worth a receipt, and not worth failing for the lack of one. */
    if (gsh_device_receipt_saved(d, gapseal_v1_ReceiptKind_RECEIPT_KIND_REFUSED, &receipt,
                                 out->receipt, sha256, &lost) == GS_OK) {
      (void)gsh_device_journal(d, "refused", receipt.fields.package,
                               (enum gs_status)receipt.fields.status, sha256, &lost);
      status = gsh_refusal_signed(&receipt, gsh_package_digest(p), status, &err);
    }
  }
  return gsh_why_fill(why, status, &err, asked);
}
