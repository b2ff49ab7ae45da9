/* SPDX-License-Identifier: Apache-2.0
 * Steps of an install from staging to the receipt of the outcome.
 */
#include <string.h>

#include "clock.h"
#include "gapseal/crypto.h"
#include "install.h"
#include "mark.h"
#include "text.h"

#define POLL_MS 200u
#define SELF_CONFIRM_MS 3000u /* for a device that confirms by itself */
#define REBOOT_ACCEPTED_MS 3000u
#define OUTCOME_TRIES 3u
#define LINK_PATIENCE_MS 5000u

enum gsh_install_event gsh_step_stage(struct gsh_installing *in) {
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_install_tag;
  request.body.install.package.size = GS_DIGEST_BYTES;
  memcpy(request.body.install.package.bytes, gsh_package_digest(in->p), GS_DIGEST_BYTES);
  return gsh_install_judge(in, gsh_device_change(in->d, &request, 0, in->err));
}

enum gsh_install_event gsh_step_reboot(struct gsh_installing *in) {
  if (++in->reboot_tries > GSH_REBOOT_TRIES) {
    gsh_fail(in->err, GS_E_NO_RETURN, "the device does not reboot");
    in->device_said = false;
    return GSH_IS_FAIL;
  }
  enum gs_status status = gsh_device_reboot(in->d, in->err);
  in->old_boot_count = in->d->ident.state.boot_count;
  enum gsh_install_event event = gsh_install_judge(in, status);
  if (event == GSH_IS_OK || event == GSH_IS_LOST) {
    gsh_device_drop(in->d);
  }
  return event;
}

/* Until it answers after a start that is newer than the one before. */
static enum gsh_install_event come_back(struct gsh_installing *in, uint64_t until) {
  gsh_device_let_start(in->d);
  uint64_t same_start_until = gsh_clock_ms() + REBOOT_ACCEPTED_MS;
  for (;;) {
    gsh_clock_sleep(POLL_MS / 2);
    uint64_t now = gsh_clock_ms();
    enum gs_status status =
        gsh_device_reopen(in->d, until > now ? (uint32_t)(until - now) : 1, in->err);
    in->device_said = false;
    if (status == GS_E_LINK_LOST) {
      gsh_fail(in->err, GS_E_NO_RETURN, "the device did not come back after its reboot");
    }
    if (status == GS_E_INTERRUPTED) {
      gsh_next_step(in->err,
                    "run the same command to continue; where nothing answers, run gapseal "
                    "recover and switch the machine off and on while it waits");
    }
    if (status != GS_OK) {
      return GSH_IS_FAIL;
    }
    if (in->d->ident.state.boot_count != in->old_boot_count || gsh_clock_ms() >= same_start_until) {
      return GSH_IS_OK;
    }
  }
}

static uint64_t trial_until(struct gsh_installing *in) {
  if (in->trial_until_ms == 0) {
    in->trial_until_ms = gsh_clock_ms() + gsh_install_timeout_ms(in);
  }
  return in->trial_until_ms;
}

enum gsh_install_event gsh_step_return(struct gsh_installing *in) {
  enum gsh_install_event event = come_back(in, trial_until(in));
  if (event != GSH_IS_OK) {
    return event;
  }
  event = gsh_install_place(in);
  if (event == GSH_IS_READY || event == GSH_IS_CANDIDATE || event == GSH_IS_GIVEN_UP) {
    /* It was on its way into a trial, and nothing of that is left. */
    return GSH_IS_OVER;
  }
  in->installed = event == GSH_IS_RUNS;
  return event;
}

/* One look at the trial. GSH_IS_OK: nothing decided yet. */
static enum gsh_install_event look_at_trial(struct gsh_installing *in, bool *healthy) {
  gapseal_v1_StatusReply reply;
  enum gs_status status = gsh_device_status(in->d, &reply, in->err);
  if (status != GS_OK) {
    return gsh_install_judge(in, status);
  }
  *healthy = reply.state.healthy;
  if (reply.state.state == gapseal_v1_State_STATE_TRIAL) {
    return GSH_IS_OK;
  }
  return gsh_runs(&reply.state, gsh_package_digest(in->p)) ? GSH_IS_RUNS : GSH_IS_OVER;
}

/* Said before it happens: from the confirm on the floor may lie above last-good. */
static bool tell_way_back(struct gsh_installing *in) {
  const gapseal_v1_DeviceState *s = &in->d->ident.state;
  uint32_t raises_to = gsh_package_manifest(in->p)->fields.raises_floor_to;
  uint32_t floor = raises_to > s->floor ? raises_to : s->floor;
  const gapseal_v1_SlotInfo *old = s->running_slot == 0 ? &s->slot_b : &s->slot_a;
  if (!old->present || old->security_version >= floor) {
    return false;
  }
  gsh_tell(in->d->h, GSH_EVENT_NOTE, "confirm",
           "with the confirm the floor rises to %lu, and the device will not go back to release "
           "%lu (security version %lu)",
           (unsigned long)floor, (unsigned long)old->release, (unsigned long)old->security_version);
  return true;
}

/* Healthy, and the rest is a person's. */
static enum gsh_install_event stop_on_trial(struct gsh_installing *in) {
  enum gs_status status = gsh_device_ident(in->d, in->err);
  if (status != GS_OK) {
    return gsh_install_judge(in, status) == GSH_IS_LOST ? GSH_IS_LOST : GSH_IS_FAIL;
  }
  (void)tell_way_back(in);
  gsh_fail(in->err, GS_E_WAITING, "the new image runs on trial and reported healthy");
  gsh_say_decide(in->d, in->err);
  in->device_said = false;
  return GSH_IS_FAIL;
}

enum gsh_install_event gsh_step_healthy(struct gsh_installing *in) {
  uint64_t until = trial_until(in);
  uint64_t healthy_since = 0;
  bool by_device =
      gsh_package_manifest(in->p)->fields.confirm == gapseal_v1_Confirm_CONFIRM_BY_DEVICE;
  for (;;) {
    bool healthy = false;
    enum gsh_install_event event = look_at_trial(in, &healthy);
    if (event == GSH_IS_NO) {
      return GSH_IS_FAIL;
    }
    if (event == GSH_IS_LOST && gsh_clock_ms() >= until) {
      gsh_device_drop(in->d);
      return GSH_IS_LATE; /* however often the link comes back */
    }
    if (event != GSH_IS_OK) {
      in->old_boot_count = in->d->ident.state.boot_count;
      in->installed = event == GSH_IS_RUNS;
      return event;
    }
    uint64_t now = gsh_clock_ms();
    healthy_since = healthy && healthy_since == 0 ? now : healthy_since;
    if (healthy && (!by_device || now >= healthy_since + SELF_CONFIRM_MS)) {
      return in->options->stop_before_confirm ? stop_on_trial(in) : GSH_IS_OK;
    }
    if (now >= until) {
      return GSH_IS_LATE;
    }
    if (gsh_stopped(in->d->h)) {
      in->device_said = false;
      gsh_fail(in->err, GS_E_INTERRUPTED, "stopped while the new image is on trial");
      return GSH_IS_FAIL;
    }
    gsh_clock_sleep(POLL_MS);
  }
}

enum gsh_install_event gsh_step_confirm(struct gsh_installing *in) {
  if (++in->confirm_tries > GSH_CONFIRM_TRIES) {
    in->device_said = false;
    gsh_fail(in->err, GS_E_LINK_LOST,
             "the link broke %u times as the new image was to be confirmed", GSH_CONFIRM_TRIES);
    return GSH_IS_FAIL;
  }
  enum gs_status status = gsh_device_ident(in->d, in->err);
  if (status != GS_OK) {
    return gsh_install_judge(in, status);
  }
  in->no_way_back = tell_way_back(in);
  if (!gsh_install_journal(in, "confirm", GS_OK, NULL)) {
    return GSH_IS_FAIL;
  }
  in->old_boot_count = in->d->ident.state.boot_count;
  status =
      gsh_device_decide(in->d, gapseal_v1_Request_confirm_tag, gsh_package_digest(in->p), in->err);
  in->installed = in->installed || status == GS_OK;
  return gsh_install_judge(in, status);
}

enum gsh_install_event gsh_step_reject(struct gsh_installing *in) {
  gsh_tell(in->d->h, GSH_EVENT_NOTE, "reject", "the new image did not report healthy within %lu s",
           (unsigned long)(gsh_install_timeout_ms(in) / 1000u));
  if (!gsh_install_journal(in, "reject", GS_OK, NULL)) {
    return GSH_IS_FAIL;
  }
  enum gs_status status =
      in->d->conn == NULL ? gsh_device_reopen(in->d, LINK_PATIENCE_MS, in->err) : GS_OK;
  if (status == GS_OK) {
    status =
        gsh_device_decide(in->d, gapseal_v1_Request_reject_tag, gsh_package_digest(in->p), in->err);
  }
  in->old_boot_count = in->d->ident.state.boot_count;
  if (status == GS_OK) {
    status = gsh_device_reboot(in->d, in->err);
  }
  enum gsh_install_event event = gsh_install_judge(in, status);
  if (event == GSH_IS_OK || event == GSH_IS_LOST) {
    gsh_device_drop(in->d);
  }
  return event;
}

enum gsh_install_event gsh_step_back(struct gsh_installing *in) {
  enum gsh_install_event event =
      come_back(in, gsh_clock_ms() + gsh_install_timeout_ms(in) + LINK_PATIENCE_MS);
  if (event != GSH_IS_OK) {
    return event;
  }
  event = gsh_install_place(in);
  in->installed = event == GSH_IS_RUNS;
  if (event == GSH_IS_STAGED || event == GSH_IS_TRIAL) {
    in->device_said = false;
    gsh_fail(in->err, GS_E_NO_RETURN, "the device does not leave the new image");
    return GSH_IS_FAIL;
  }
  return event == GSH_IS_RUNS ? event : GSH_IS_OVER;
}

/* The computer before this one died between its reject and the reboot. */
enum gsh_install_event gsh_step_leave(struct gsh_installing *in) {
  enum gs_status status = gsh_device_reboot(in->d, in->err);
  in->old_boot_count = in->d->ident.state.boot_count;
  enum gsh_install_event event = gsh_install_judge(in, status);
  if (event != GSH_IS_OK) {
    return event;
  }
  in->left = true;
  gsh_device_drop(in->d);
  return come_back(in, gsh_clock_ms() + gsh_install_timeout_ms(in));
}

/* Does a valid receipt prove that this package runs, confirmed? */
static bool proves(const struct gsh_installing *in, const gapseal_v1_Receipt *r) {
  const uint8_t *digest = gsh_package_digest(in->p);
  if (!gsh_runs(&r->state, digest)) {
    return false;
  }
  /* What ran before this command may have come there by a rollback, or in the factory. */
  return in->out->already || (r->status == GS_OK && gs_equal(r->package, digest, GS_DIGEST_BYTES));
}

static enum gs_status fetch_outcome(struct gsh_installing *in, struct gsh_receipt *receipt) {
  if (in->d->conn == NULL) {
    enum gs_status opened = gsh_device_reopen(in->d, LINK_PATIENCE_MS, in->err);
    if (opened != GS_OK) {
      return opened;
    }
  }
  int kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME;
  enum gs_status status = gsh_device_receipt(in->d, kind, receipt, in->err);
  bool other = status == GS_OK &&
               !gs_equal(receipt->fields.package, gsh_package_digest(in->p), GS_DIGEST_BYTES);
  if (in->out->already && (other || status == GS_E_NOT_FOUND)) {
    /* What ended last was about another package, or nothing did: how the device is, is proof. */
    kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE;
    status = GS_OK;
  }
  if (status == GS_OK) {
    status = gsh_install_receipt(in, kind, "outcome", receipt, in->err);
  }
  return status;
}

/* It came and holds, and this computer cannot keep it: not proven to anybody who asks later. */
static void not_kept(struct gsh_error *err) {
  struct gsh_error cause = *err;
  const char *step = gs_status_info(cause.status)->next_step;
  gsh_fail(err, GS_E_NO_RECEIPT,
           "the device runs the package, but its receipt was not kept: %.400s", cause.what);
  gsh_next_step(err, "%s", cause.next_step[0] != '\0' ? cause.next_step : step);
}

enum gsh_install_event gsh_step_outcome(struct gsh_installing *in) {
  struct gsh_receipt receipt;
  enum gs_status status = GS_E_NO_RECEIPT;
  for (uint32_t i = 0; i < OUTCOME_TRIES; i++) {
    status = fetch_outcome(in, &receipt);
    if (status == GS_OK || (status != GS_E_LINK_LOST && status != GS_E_RECEIPT_BAD)) {
      break;
    }
    if (status == GS_E_LINK_LOST) {
      gsh_device_drop(in->d);
    }
  }
  in->device_said = false;
  if (status == GS_E_INTERRUPTED || status == GS_E_NOT_GENUINE) {
    return GSH_IS_FAIL;
  }
  if (status == GS_E_DISK || status == GS_E_JOURNAL) {
    not_kept(in->err);
    return GSH_IS_FAIL;
  }
  if (status == GS_E_RECEIPT_BAD) {
    gsh_context(in->err, "the device runs the package");
    return GSH_IS_FAIL;
  }
  if (status != GS_OK) {
    char why[GSH_ERROR_TEXT_MAX];
    memcpy(why, in->err->what, sizeof why);
    gsh_fail(in->err, GS_E_NO_RECEIPT, "the device runs the package, but no receipt came: %s", why);
    return GSH_IS_FAIL;
  }
  if (!proves(in, &receipt.fields)) {
    gsh_fail(in->err, GS_E_RECEIPT_BAD,
             "the receipt is valid, but does not say that this package runs, confirmed");
    return GSH_IS_FAIL;
  }
  gsh_remember_version(in->d->h, gsh_package_digest(in->p), gsh_package_about(in->p)->version);
  gsh_device_believe(in->d, &receipt.fields.state);
  if (!in->out->already) {
    gsh_mark_forget(in->d, in->p);
  }
  return GSH_IS_OK;
}

/* The reason goes into the exit code: 30 for an image that was given up, 33 for flash faults. */
static enum gs_status reason_of(const struct gsh_installing *in, const struct gsh_receipt *receipt,
                                bool have_receipt) {
  uint32_t reason = in->d->ident.state.reason;
  if (have_receipt && receipt->fields.status != GS_OK &&
      gs_equal(receipt->fields.package, gsh_package_digest(in->p), GS_DIGEST_BYTES)) {
    reason = receipt->fields.status;
  }
  const struct gs_status_info *info = gs_status_info(reason);
  return reason == GS_OK || info->number != reason || info->exit_code == 0 ? GS_E_NOT_STARTED
                                                                           : info->number;
}

enum gsh_install_event gsh_step_ended(struct gsh_installing *in) {
  struct gsh_receipt receipt;
  struct gsh_error lost = {0};
  enum gs_status got = GS_OK;
  in->out->receipt[0] = '\0';
  if (in->d->conn == NULL) {
    got = gsh_device_reopen(in->d, LINK_PATIENCE_MS, &lost);
  }
  if (got == GS_OK) {
    (void)gsh_device_ident(in->d, &lost);
    got = gsh_install_receipt(in, gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME, "outcome", &receipt,
                              &lost);
  }
  if (got != GS_OK) {
    gsh_tell(in->d->h, GSH_EVENT_NOTE, "ended", "no valid receipt of the failure came: %s",
             lost.what);
  }
  enum gsh_install_event place = gsh_install_place(in);
  if (place == GSH_IS_STAGED || place == GSH_IS_TRIAL) {
    /* That it ended was said in an unsigned status; signed, the device says that it goes on. */
    in->device_said = false;
    gsh_fail(in->err, GS_E_PROTOCOL, "the device says, and takes back, that the trial has ended");
    gsh_next_step(in->err, "run the same command to continue");
    return GSH_IS_OK;
  }
  enum gs_status reason = reason_of(in, &receipt, got == GS_OK);
  gsh_fail(in->err, reason, "%s", gs_status_info(reason)->sentence);
  in->device_said = true;
  return GSH_IS_OK;
}

enum gsh_install_event gsh_step_refused(struct gsh_installing *in) {
  struct gsh_receipt receipt;
  struct gsh_error lost = {0};
  in->out->receipt[0] = '\0';
  enum gs_status got = gsh_install_receipt(in, gapseal_v1_ReceiptKind_RECEIPT_KIND_REFUSED,
                                           "refused", &receipt, &lost);
  if (got != GS_OK) {
    gsh_tell(in->d->h, GSH_EVENT_NOTE, "refused", "no receipt of the refusal came: %s", lost.what);
  } else {
    (void)gsh_refusal_signed(&receipt, gsh_package_digest(in->p), in->err->status, in->err);
  }
  in->device_said = true;
  return GSH_IS_OK;
}
