/* SPDX-License-Identifier: Apache-2.0
 * Finding a device again after its link broke: where it was, and where its adapter may have come
 * back. The device's signature decides whether it is the same.
 */
#include <string.h>

#include "clock.h"
#include "host_internal.h"
#include "text.h"

#define HELLO_TRY_MS 1500u
#define REOPEN_PAUSE_MS 100u
#define PORTS_MAX 64u
#define QUIET_MS_UNTOLD 1000u /* well above the time for which a stub listens after a reset */

void gsh_place_remember(struct gsh_place *p, const char *link) {
  struct gsh_serial ports[PORTS_MAX];
  struct gsh_error ignored;
  size_t count = 0;
  if (p->adapter.path[0] != '\0' || !gsh_serial_of_link(link, &p->adapter) ||
      p->adapter.number[0] != '\0') {
    return;
  }
  /* Without a serial number it is told from others of its kind by not having been there. */
  if (gsh_serial_list(ports, PORTS_MAX, &count, &ignored) != GS_OK) {
    memset(&p->adapter, 0, sizeof p->adapter); /* not known: the next opening may learn it */
  }
  for (size_t i = 0; i < count && p->other_count < GSH_PLACE_OTHERS; i++) {
    if (gsh_serial_same(&ports[i], &p->adapter) && strcmp(ports[i].path, p->adapter.path) != 0) {
      memcpy(p->others[p->other_count++], ports[i].path, sizeof ports[i].path);
    }
  }
}

bool gsh_place_fits(const struct gsh_place *p, const struct gsh_serial *port) {
  for (size_t i = 0; i < p->other_count; i++) {
    if (strcmp(p->others[i], port->path) == 0) {
      return false;
    }
  }
  return gsh_serial_same(&p->adapter, port);
}

/* Nothing that time could mend. A link that led to the device before is right, whatever a port says
 * that is being pulled out. */
static bool final(const struct gsh_device *d, enum gs_status status) {
  return status == GS_OK || status == GS_E_INTERRUPTED || status == GS_E_NO_MEMORY ||
         (status == GS_E_USAGE && !d->known);
}

/* Where it was, unless another adapter has that name now. */
static enum gs_status open_where_it_was(struct gsh_device *d, uint32_t patience_ms,
                                        struct gsh_error *err) {
  struct gsh_serial now;
  if (d->place.adapter.usb && gsh_serial_of_link(d->link, &now) &&
      !gsh_serial_same(&now, &d->place.adapter)) {
    return gsh_fail(err, GS_E_NO_DEVICE, "another adapter has the name of this one now");
  }
  return gsh_device_open(d, patience_ms, err);
}

static enum gs_status open_at(struct gsh_device *d, const char *path, uint32_t patience_ms,
                              struct gsh_error *err) {
  char before[sizeof d->link];
  char link[sizeof d->link];
  if (!gsh_serial_link(path, d->link, link, sizeof link)) {
    return gsh_fail(err, GS_E_NO_DEVICE, "a link's text is too long");
  }
  memcpy(before, d->link, sizeof before);
  memcpy(d->link, link, sizeof link);
  enum gs_status status = gsh_device_open(d, patience_ms, err);
  if (status != GS_OK) {
    memcpy(d->link, before, sizeof before);
  } else {
    char shown[GSH_TTY_PATH_MAX];
    gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
    gsh_tell(d->h, GSH_EVENT_NOTE, "moved", "the adapter came back as %s", shown);
  }
  return status;
}

/* Other ports that look like its adapter. What went wrong there does not matter. unlisted: GS_OK,
 * or why it is not known which ports there are. */
static enum gs_status open_elsewhere(struct gsh_device *d, uint32_t patience_ms,
                                     struct gsh_error *unlisted, struct gsh_error *err) {
  struct gsh_serial ports[PORTS_MAX];
  struct gsh_serial now;
  struct gsh_error ignored;
  size_t count = 0;
  enum gs_status status = GS_E_NO_DEVICE;
  if (!d->place.adapter.usb) {
    return status;
  }
  unlisted->status = gsh_serial_list(ports, PORTS_MAX, &count, unlisted);
  if (final(d, unlisted->status) && unlisted->status != GS_OK) {
    *err = *unlisted;
    return unlisted->status;
  }
  bool there = gsh_serial_of_link(d->link, &now);
  for (size_t i = 0; i < count && !final(d, status) && !gsh_stopped(d->h); i++) {
    if (gsh_place_fits(&d->place, &ports[i]) && !(there && strcmp(ports[i].path, now.path) == 0)) {
      status = open_at(d, ports[i].path, patience_ms, &ignored);
    }
  }
  if (final(d, status) && status != GS_OK) {
    *err = ignored;
  }
  return status;
}

/* unlisted: as above, of the last look. */
static enum gs_status not_back(const struct gsh_error *unlisted, struct gsh_error *err) {
  if (unlisted->status == GS_OK) {
    return gsh_fail(err, GS_E_LINK_LOST, "the link to the device was lost and did not come back");
  }
  *err = *unlisted;
  gsh_context(err, "the link to the device was lost, and where it came back is not known");
  return err->status;
}

uint32_t gsh_device_quiet_ms(const gapseal_v1_HelloReply *hello) {
  uint32_t ms = hello->has_port && hello->port.has_stub_window_ms ? hello->port.stub_window_ms
                                                                  : QUIET_MS_UNTOLD;
  return ms < GSH_QUIET_MS_MAX ? ms : GSH_QUIET_MS_MAX;
}

void gsh_device_let_start(struct gsh_device *d) {
  uint64_t now = gsh_clock_ms();
  d->quiet_until_ms = now + gsh_device_quiet_ms(&d->hello);
  for (; now < d->quiet_until_ms && !gsh_stopped(d->h); now = gsh_clock_ms()) {
    uint64_t left = d->quiet_until_ms - now;
    gsh_clock_sleep(left < REOPEN_PAUSE_MS ? (uint32_t)left : REOPEN_PAUSE_MS);
  }
}

enum gs_status gsh_device_reopen(struct gsh_device *d, uint32_t patience_ms,
                                 struct gsh_error *err) {
  struct gsh_error unlisted = {0};
  uint64_t until = gsh_clock_ms() + patience_ms;
  for (;;) {
    if (gsh_stopped(d->h)) {
      return gsh_fail(err, GS_E_INTERRUPTED, "stopped");
    }
    uint64_t now = gsh_clock_ms();
    uint32_t left = until > now ? (uint32_t)(until - now) : 1;
    left = left < HELLO_TRY_MS ? left : HELLO_TRY_MS;
    enum gs_status status = open_where_it_was(d, left, err);
    if (!final(d, status)) {
      struct gsh_error other;
      enum gs_status elsewhere = open_elsewhere(d, left, &unlisted, &other);
      if (final(d, elsewhere)) {
        *err = other;
        status = elsewhere;
      }
    }
    if (final(d, status) || status == GS_E_NOT_GENUINE) {
      return status;
    }
    if (gsh_clock_ms() >= until) {
      return not_back(&unlisted, err);
    }
    gsh_clock_sleep(REOPEN_PAUSE_MS);
  }
}
