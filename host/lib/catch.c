/* SPDX-License-Identifier: Apache-2.0
 * Waiting for a device that does not answer: one whose stub answers for a moment after its start
 * alone, or whose link is not there yet. Until a device answers nothing but hello frames is sent.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "host_internal.h"
#include "journal.h"
#include "text.h"

#define TIMEOUT_S 60u
#define HELLO_MS 50u   /* between two of them; a stub listens for some 300 ms */
#define SLICE_MS 1000u /* of waiting, between two looks at the rest */
#define LINK_MS 50u    /* between two looks for the link */
#define GRACE_MS 3000u /* a port that just came gets its owner and its rights from others */
#define REMIND_MS 10000u

struct catching {
  struct gsh_device *d;
  uint64_t until_ms;
  uint64_t remind_ms;       /* when to tell a person next */
  uint64_t link_since_ms;   /* since when the link may not be opened; 0: it may, or is not there */
  uint64_t other_bytes;     /* that were no frames */
  bool opened;              /* the link was there at least once */
  bool answered;            /* something answered, and was lost again */
  struct gsh_error no_link; /* why there is no link, newest */
};

static uint32_t left_s(const struct catching *c) {
  uint64_t now = gsh_clock_ms();
  return c->until_ms > now ? (uint32_t)((c->until_ms - now + 999) / 1000) : 0;
}

static void remind(struct catching *c) {
  uint64_t now = gsh_clock_ms();
  if (now < c->remind_ms) {
    return;
  }
  c->remind_ms = now + REMIND_MS;
  if (c->d->conn == NULL && !c->opened) {
    gsh_tell(c->d->h, GSH_EVENT_NOTE, "catch", "%.300s; waiting for it, %lu s left",
             c->no_link.what, (unsigned long)left_s(c));
  } else {
    gsh_tell(c->d->h, GSH_EVENT_NOTE, "catch",
             "nothing answers: switch the machine off and on now; waiting, %lu s left",
             (unsigned long)left_s(c));
  }
}

/* Statuses of a link that may come right by itself. */
static bool may_come(struct catching *c, enum gs_status status) {
  uint64_t now = gsh_clock_ms();
  if (status == GS_E_PERMISSION || status == GS_E_PORT_BUSY) {
    c->link_since_ms = c->link_since_ms == 0 ? now : c->link_since_ms;
    return now - c->link_since_ms < GRACE_MS;
  }
  c->link_since_ms = 0;
  return status == GS_E_NO_DEVICE;
}

/* GS_OK: open, or not there yet. */
static enum gs_status open_link(struct catching *c, struct gsh_error *err) {
  enum gs_status status = gsh_device_link(c->d, SLICE_MS, err);
  if (status == GS_OK) {
    c->opened = true;
    c->link_since_ms = 0;
    c->d->conn->client.repeat_ms = HELLO_MS;
    return GS_OK;
  }
  gsh_device_drop(c->d);
  c->no_link = *err;
  if (may_come(c, status)) {
    gsh_clock_sleep(LINK_MS);
    return GS_OK;
  }
  return status;
}

/* GS_E_LINK_TIMEOUT: no answer yet. */
static enum gs_status say_hello(struct catching *c, struct gsh_error *err) {
  struct gsh_conn *conn = c->d->conn;
  uint64_t now = gsh_clock_ms();
  uint64_t left = c->until_ms > now ? c->until_ms - now : 1;
  conn->client.timeout_ms = left < SLICE_MS ? (uint32_t)left : SLICE_MS;
  enum gs_status status = gsh_device_introduce(c->d, err);
  bool answered = conn->client.stall_ms_max > 0; /* the hello was */
  c->answered = c->answered || answered;
  if (status == GS_E_LINK_LOST || (status == GS_E_LINK_TIMEOUT && answered)) {
    /* It went away, or answered and fell silent: from the start. */
    c->other_bytes += conn->other_bytes;
    gsh_device_drop(c->d);
    gsh_clock_sleep(LINK_MS);
    return GS_E_LINK_TIMEOUT;
  }
  return status;
}

static enum gs_status gave_up(struct catching *c, struct gsh_error *err) {
  uint64_t other = c->other_bytes + (c->d->conn != NULL ? c->d->conn->other_bytes : 0);
  char seen[64] = "";
  if (!c->opened) {
    *err = c->no_link;
    return err->status;
  }
  if (c->answered) {
    gsh_fail(err, GS_E_LINK_TIMEOUT, "the device answered, and fell silent again");
    return GS_E_LINK_TIMEOUT;
  }
  if (other > 0) {
    (void)snprintf(seen, sizeof seen, " (%llu bytes of other data seen)",
                   (unsigned long long)other);
  }
  gsh_fail(err, GS_E_NO_DEVICE, "nothing answered in the time that was given%s", seen);
  gsh_next_step(err,
                "check cable and port, run the same command, and switch the machine off and on "
                "while it waits");
  return GS_E_NO_DEVICE;
}

static enum gs_status catch_device(struct catching *c, struct gsh_error *err) {
  for (;;) {
    enum gs_status status = GS_OK;
    if (gsh_stopped(c->d->h)) {
      return gsh_fail(err, GS_E_INTERRUPTED, "stopped");
    }
    if (gsh_clock_ms() >= c->until_ms) {
      return gave_up(c, err);
    }
    if (c->d->conn == NULL) {
      status = open_link(c, err);
    }
    if (status == GS_OK && c->d->conn != NULL) {
      status = say_hello(c, err);
      if (status == GS_OK) {
        return GS_OK;
      }
    }
    if (status != GS_OK && status != GS_E_LINK_TIMEOUT) {
      return status;
    }
    remind(c);
  }
}

unsigned gsh_catch(struct gsh *h, const char *link, uint32_t timeout_s, struct gsh_device **out,
                   struct gsh_why *why) {
  struct gsh_error err = {0};
  enum gs_status status = GS_OK;
  *out = NULL;
  uint64_t now = gsh_clock_ms();
  struct catching c = {.until_ms = now + (timeout_s != 0 ? timeout_s : TIMEOUT_S) * 1000u,
                       .remind_ms = now + SLICE_MS};
  c.d = gsh_device_new(h, link, &status, &err);
  if (c.d == NULL) {
    return gsh_why_fill(why, status, &err, false);
  }
  gsh_tell(h, GSH_EVENT_STEP, "catch", "waiting for the device");
  status = catch_device(&c, &err);
  if (status == GS_OK) {
    *out = c.d;
  } else {
    gsh_disconnect(c.d);
  }
  return gsh_why_fill(why, status, &err, false);
}

unsigned gsh_release(struct gsh_device *d, struct gsh_why *why) {
  static const uint8_t none[GS_DIGEST_BYTES];
  struct gsh_error err = {0};
  if (d->conn == NULL && d->let_go) {
    return gsh_why_fill(why, GS_OK, NULL, false);
  }
  enum gs_status status = d->conn != NULL
                              ? gsh_device_ident(d, &err)
                              : gsh_fail(&err, GS_E_LINK_LOST, "the link to the device was lost");
  bool said = status != GS_OK && d->conn != NULL && d->conn->device_said;
  if (status == GS_OK && d->info.held_in_stub) {
    status = gsh_device_journal(d, "reboot", none, GS_OK, NULL, &err);
    if (status == GS_OK) {
      gsh_tell(d->h, GSH_EVENT_STEP, "release", "letting the device start its image");
      status = gsh_device_reboot(d, &err);
      said = status != GS_OK && d->conn->device_said;
      status = status == GS_E_LINK_LOST || status == GS_E_LINK_TIMEOUT ? GS_OK : status;
      gsh_device_drop(d);
    }
  }
  return gsh_why_fill(why, status, &err, said);
}
