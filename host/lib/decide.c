/* SPDX-License-Identifier: Apache-2.0
 * What a person decides: confirm, reject, rollback, cancel, reboot. Each is journalled, sent
 * with the device's nonce and the package it is about, and proven by a receipt.
 */
#include "decide.h"

#include <string.h>

#include "clock.h"
#include "gapseal/crypto.h"
#include "journal.h"

#define DEFAULT_TIMEOUT_S 120u
#define STEP_MS 150u
#define HELLO_MS 50u /* between two of them, to catch a stub */

struct decision {
  const char *event; /* in the journal */
  pb_size_t request;
  bool reboots; /* the device reboots by it, and must come back */
};

static const struct decision decisions[] = {
    [GSH_CONFIRM] = {"confirm", gapseal_v1_Request_confirm_tag, false},
    [GSH_REJECT] = {"reject", gapseal_v1_Request_reject_tag, true},
    [GSH_ROLLBACK] = {"rollback", gapseal_v1_Request_rollback_tag, true},
    [GSH_CANCEL] = {"cancel", gapseal_v1_Request_cancel_tag, false},
    [GSH_REBOOT] = {"reboot", gapseal_v1_Request_reboot_tag, true},
};

/* The package a decision is about: on trial or staged, or for a rollback the one to leave. */
static enum gs_status choose_package(const struct gsh_device *d, enum gsh_decision what,
                                     uint8_t package[GS_DIGEST_BYTES], struct gsh_error *err) {
  const gapseal_v1_DeviceState *s = &d->ident.state;
  const gapseal_v1_SlotInfo *running = gsh_starting_slot(s);
  memset(package, 0, GS_DIGEST_BYTES);
  if (what == GSH_CONFIRM || what == GSH_REJECT) {
    memcpy(package, s->staged_package, GS_DIGEST_BYTES);
    if (s->state != gapseal_v1_State_STATE_TRIAL && s->state != gapseal_v1_State_STATE_CANDIDATE &&
        s->state != gapseal_v1_State_STATE_STAGED) {
      gsh_fail(err, GS_E_STATE, "no image is on trial on this device");
      return GS_E_STATE;
    }
  } else if (what == GSH_ROLLBACK) {
    if (running == NULL) {
      return gsh_fail(err, GS_E_ROLLBACK_NONE, "no image runs on this device, nor would one start");
    }
    memcpy(package, running->package, GS_DIGEST_BYTES);
  }
  return GS_OK;
}

static enum gs_status wait_for_start(struct gsh_device *d, uint32_t boot_count,
                                     uint64_t patience_ms, struct gsh_error *err) {
  uint64_t until = gsh_clock_ms() + patience_ms;
  for (;;) {
    gsh_clock_sleep(STEP_MS);
    uint64_t now = gsh_clock_ms();
    enum gs_status status = gsh_device_reopen(d, until > now ? (uint32_t)(until - now) : 1, err);
    if (status == GS_E_LINK_LOST ||
        (status == GS_OK && gsh_clock_ms() >= until && d->ident.state.boot_count == boot_count)) {
      return gsh_fail(err, GS_E_NO_RETURN, "the device did not come back after its reboot");
    }
    if (status != GS_OK || d->ident.state.boot_count != boot_count) {
      return status;
    }
  }
}

static bool link_broke(enum gs_status status) {
  return status == GS_E_LINK_LOST || status == GS_E_LINK_TIMEOUT;
}

static enum gs_status send_decision(struct gsh_device *d, enum gsh_decision what,
                                    const uint8_t *package, struct gsh_error *err) {
  if (what == GSH_REBOOT) {
    return gsh_device_reboot(d, err);
  }
  return what == GSH_CANCEL ? gsh_device_nonce_request(d, decisions[what].request, err)
                            : gsh_device_decide(d, decisions[what].request, package, err);
}

/* A device that was held in its stub was let go. Its application need not answer on the link; where
 * the proof is still to come, its stub must be caught once more. */
static enum gs_status come_back(struct gsh_device *d, enum gsh_decision what, uint32_t boot_count,
                                bool held, uint64_t patience_ms, struct gsh_error *err) {
  uint64_t first_ms = held && patience_ms > GSH_RECONNECT_MS ? GSH_RECONNECT_MS : patience_ms;
  enum gs_status status = wait_for_start(d, boot_count, first_ms, err);
  if (status != GS_E_NO_RETURN || !held) {
    return status;
  }
  if (what != GSH_ROLLBACK) {
    gsh_tell(d->h, GSH_EVENT_NOTE, "return",
             "nothing answers since its image was let start: its application may not answer here");
    return GS_OK;
  }
  gsh_tell(d->h, GSH_EVENT_NOTE, "return",
           "nothing answers: switch the machine off and on now, so that its stub can prove it");
  d->hello_ms = HELLO_MS;
  status = wait_for_start(d, boot_count, patience_ms, err);
  d->hello_ms = 0;
  if (status == GS_E_NO_RETURN) {
    gsh_say_catch(d, err);
  }
  return status;
}

/* The device took its reboot, and a person did not wait for what comes of it. */
static void advise_stopped(const struct gsh_device *d, enum gsh_decision what, bool held,
                           struct gsh_error *err) {
  if (what == GSH_ROLLBACK && held) {
    gsh_say_catch(d, err);
  } else {
    gsh_next_step(err, "run: gapseal %s", what == GSH_REBOOT ? "status" : "receipt fetch");
  }
}

/* After it was accepted: the reboot where it needs one. held: in its stub, when it was asked. */
static enum gs_status let_it_start(struct gsh_device *d, enum gsh_decision what, bool held,
                                   uint32_t timeout_s, struct gsh_error *err) {
  uint32_t boot_count = d->ident.state.boot_count;
  uint64_t patience_ms = (uint64_t)(timeout_s != 0 ? timeout_s : DEFAULT_TIMEOUT_S) * 1000u;
  enum gs_status status = GS_OK;
  if (what == GSH_REJECT || what == GSH_ROLLBACK) {
    status = gsh_device_reboot(d, err);
    status = link_broke(status) ? GS_OK : status;
  }
  if (status == GS_OK && decisions[what].reboots) {
    gsh_tell(d->h, GSH_EVENT_STEP, "return", "waiting for the device");
    gsh_device_drop(d);
    gsh_device_let_start(d);
    status = come_back(d, what, boot_count, held, patience_ms, err);
  }
  if (status == GS_E_INTERRUPTED && d->let_go) {
    advise_stopped(d, what, held, err);
  }
  return status;
}

/* The receipt of how it ended, kept. */
static enum gs_status fetch_receipt(struct gsh_device *d, enum gsh_decision what,
                                    struct gsh_receipt *receipt, struct gsh_decided *out,
                                    struct gsh_error *err) {
  uint8_t sha256[GS_DIGEST_BYTES];
  int kind = what == GSH_CANCEL ? gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE
                                : gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME;
  enum gs_status status = gsh_device_receipt_saved(d, kind, receipt, out->receipt, sha256, err);
  if (status == GS_OK) {
    gsh_device_believe(d, &receipt->fields.state);
    status = gsh_device_journal(d, "outcome", receipt->fields.package,
                                (enum gs_status)receipt->fields.status, sha256, err);
  } else if (status == GS_E_RECEIPT_BAD) {
    gsh_next_step(err, "run: gapseal receipt fetch");
  } else if (status != GS_E_INTERRUPTED && !gsh_failed_here(status)) {
    gsh_fail(err, GS_E_NO_RECEIPT, "the device accepted it, but no receipt of the outcome came");
    gsh_next_step(err, "run: gapseal receipt fetch");
    status = GS_E_NO_RECEIPT;
  }
  return status;
}

/* The device is where it was to be, and it was this computer that could not keep the proof. */
static enum gs_status not_kept(struct gsh_error *err) {
  struct gsh_error cause = *err;
  const char *step =
      cause.next_step[0] != '\0' ? cause.next_step : gs_status_info(cause.status)->next_step;
  size_t first = strcspn(step, ",");
  gsh_fail(err, GS_E_NO_RECEIPT, "the device did it, but its receipt was not kept: %.400s",
           cause.what);
  gsh_next_step(err, "%.*s, then run: gapseal receipt fetch", (int)first, step);
  return GS_E_NO_RECEIPT;
}

/* One that had to be caught for its proof does not stay in its stub for us. */
static void release(struct gsh_device *d) {
  struct gsh_why why;
  if (d->info.held_in_stub && gsh_release(d, &why) != GSH_OK) {
    gsh_tell(d->h, GSH_EVENT_NOTE, "release", "it %s in its stub until it is started again: %.300s",
             d->stale ? "may stay" : "stays", why.what);
  }
}

/* It was let start, and nobody need answer now: the receipt says what it starts. */
static void believe_start(struct gsh_device *d, const gapseal_v1_DeviceState *state) {
  const gapseal_v1_SlotInfo *slot = gsh_starting_slot(state);
  gsh_device_believe(d, state);
  d->info.starts = d->info.held_in_stub && slot != NULL;
  if (d->info.starts) {
    d->info.running_slot = slot == &state->slot_a ? 0 : 1;
  }
}

/* What was accepted is done only where the receipt says so. *said: the device says that it failed.
 */
static enum gs_status follow_up(struct gsh_device *d, enum gsh_decision what,
                                const uint8_t *package, const gapseal_v1_DeviceState *before,
                                uint32_t timeout_s, struct gsh_decided *out, bool *said,
                                struct gsh_error *err) {
  struct gsh_receipt receipt;
  bool held = d->info.held_in_stub;
  /* What was rejected does not run on one that is held: that is proven before its reboot. */
  bool proven_first = held && what == GSH_REJECT;
  enum gs_status status = GS_OK;
  if (!proven_first) {
    status = let_it_start(d, what, held, timeout_s, err);
    *said = status != GS_OK && d->conn != NULL && d->conn->device_said;
  }
  if (what == GSH_REBOOT) {
    return status;
  }
  if (status == GS_OK) {
    status = fetch_receipt(d, what, &receipt, out, err);
  }
  if (status == GS_OK) {
    status = gsh_decision_judge(what, package, before, &receipt.fields, said, err);
  }
  if (status == GS_OK && proven_first) {
    status = let_it_start(d, what, held, timeout_s, err);
  }
  if (status == GS_OK && held && what == GSH_ROLLBACK) {
    release(d);
  }
  if (status == GS_OK && d->conn == NULL && d->let_go) {
    believe_start(d, &receipt.fields.state);
  }
  return status;
}

static void tell_way_back(const struct gsh_device *d) {
  const gapseal_v1_DeviceState *s = &d->ident.state;
  const gapseal_v1_SlotInfo *old = s->running_slot == 0 ? &s->slot_b : &s->slot_a;
  if (s->state == gapseal_v1_State_STATE_TRIAL && old->present) {
    gsh_tell(d->h, GSH_EVENT_NOTE, "confirm",
             "a confirm may raise the floor; whether release %lu can then still be gone back to, "
             "status shows",
             (unsigned long)old->release);
  }
}

/* A refusal keeps its status and gets a receipt where one comes. */
static void keep_refusal(struct gsh_device *d, struct gsh_decided *out) {
  struct gsh_receipt receipt;
  struct gsh_error lost;
  uint8_t sha256[GS_DIGEST_BYTES];
  if (gsh_device_receipt_saved(d, gapseal_v1_ReceiptKind_RECEIPT_KIND_REFUSED, &receipt,
                               out->receipt, sha256, &lost) == GS_OK) {
    (void)gsh_device_journal(d, "refused", receipt.fields.package,
                             (enum gs_status)receipt.fields.status, sha256, &lost);
  }
}

unsigned gsh_decide(struct gsh_device *d, enum gsh_decision what, uint32_t timeout_s,
                    struct gsh_decided *out, struct gsh_why *why) {
  struct gsh_error err = {0};
  uint8_t package[GS_DIGEST_BYTES];
  memset(out, 0, sizeof *out);
  d->written = false;
  enum gs_status status = gsh_journal_ready(d->h->state_dir, &err);
  if (status == GS_OK) {
    status = gsh_device_ident(d, &err);
  }
  if (status == GS_OK) {
    status = choose_package(d, what, package, &err);
  }
  if (status == GS_OK) {
    status = gsh_device_journal(d, decisions[what].event, package, GS_OK, NULL, &err);
  }
  if (status != GS_OK) {
    return gsh_why_fill(why, status, &err, false);
  }
  if (what == GSH_CONFIRM) {
    tell_way_back(d);
  }
  status = send_decision(d, what, package, &err);
  bool said = d->conn != NULL && d->conn->device_said && status != GS_OK;
  bool accepted = status == GS_OK;
  gapseal_v1_DeviceState before = d->ident.state;
  if (accepted || (what == GSH_REBOOT && link_broke(status))) {
    status = follow_up(d, what, package, &before, timeout_s, out, &said, &err);
  } else if (said) {
    keep_refusal(d, out);
  }
  if (status != GS_OK || d->stale) {
    gsh_device_last_word(d, status);
  }
  if (accepted && !said && gsh_failed_here(status) && !d->stale &&
      gsh_decision_stands(what, package, &before, &d->ident.state)) {
    status = not_kept(&err);
  }
  out->written = d->written;
  return gsh_why_fill(why, status, &err, said);
}
