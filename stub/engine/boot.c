/* SPDX-License-Identifier: Apache-2.0
 * The boot decision. Each rule here is a row of the table in docs/spec/boot.md.
 */
#include "gapseal/boot.h"

#include "gapseal/config.h"
#include "gapseal/v1/record.pb.h"

static bool usable(enum gs_slot_verdict verdict) {
  return verdict == GS_SLOT_VERIFIED || verdict == GS_SLOT_ACCEPTED;
}

static bool crashed(enum gs_reset_cause cause) {
  return cause == GS_RESET_CRASH || cause == GS_RESET_WATCHDOG;
}

static void use_attempt(struct gs_boot_output *out) {
  if (out->attempts_left != 0) {
    out->attempts_left--;
  }
  out->attempt_lost = true;
}

/* A start of the trial has ended: what did that cost? */
static void settle_trial(const struct gs_boot_input *in, struct gs_boot_output *out) {
  if (crashed(in->cause)) {
    out->power_losses = 0;
    use_attempt(out);
    return;
  }
  if (in->healthy || in->cause == GS_RESET_REQUESTED) {
    out->power_losses = 0;
    return;
  }
  if (in->cause == GS_RESET_POWER) {
    if (out->power_losses < GS_TRIAL_POWER_LOSSES) {
      out->power_losses++;
    } else {
      use_attempt(out);
    }
    return;
  }
  use_attempt(out); /* the port cannot tell: every start counts */
}

/* The confirmed image's last start has ended. */
static void settle_confirmed(const struct gs_boot_input *in, struct gs_boot_output *out) {
  if (crashed(in->cause)) {
    if (out->crashes < GS_CRASHES_MAX) {
      out->crashes++;
    }
  } else if (in->cause == GS_RESET_POWER || in->cause == GS_RESET_REQUESTED) {
    out->crashes = 0;
  }
}

static void stay_in_stub(struct gs_boot_output *out, enum gs_status reason, bool recovery) {
  out->action = GS_BOOT_STUB;
  out->recovery = recovery;
  if (out->reason == GS_OK) {
    out->reason = reason;
  }
}

static void run(const struct gs_boot_input *in, struct gs_boot_output *out, uint8_t slot) {
  out->slot = slot;
  if (in->stay_requested) {
    stay_in_stub(out, GS_OK, false);
  } else {
    out->action = GS_BOOT_RUN;
  }
}

/* Nothing is on trial, or it was given up: the confirmed image. */
static void run_confirmed(const struct gs_boot_input *in, struct gs_boot_output *out) {
  uint8_t other = in->running_slot == 0 ? 1 : 0;
  if (!in->has_running) {
    stay_in_stub(out, GS_E_NOT_FOUND, true);
    return;
  }
  if (usable(in->slot[in->running_slot])) {
    if (out->crashes >= GS_CRASHES_MAX) {
      stay_in_stub(out, GS_E_CRASHES, true);
    } else {
      run(in, out, in->running_slot);
    }
    return;
  }
  if (in->promised && usable(in->slot[other])) {
    out->switch_running = true;
    out->reason = GS_E_IMAGE_BAD;
    out->crashes = 0;
    run(in, out, other);
    return;
  }
  stay_in_stub(out, GS_E_IMAGE_BAD, true);
}

static void give_up(const struct gs_boot_input *in, struct gs_boot_output *out,
                    enum gs_status reason) {
  out->give_up = true;
  out->reason = reason;
  out->started = false;
  run_confirmed(in, out);
}

static void decide_staged(const struct gs_boot_input *in, struct gs_boot_output *out) {
  bool good = usable(in->slot[in->staging_slot]);
  if (!good) {
    give_up(in, out, in->rollback ? GS_E_ROLLBACK_CORRUPT : GS_E_IMAGE_BAD);
    return;
  }
  out->slot = in->staging_slot;
  if (in->stay_requested) {
    stay_in_stub(out, GS_OK, false);
    return;
  }
  if (in->rollback) {
    out->action = GS_BOOT_RUN;
    out->switch_running = true;
    out->reason = GS_E_ROLLED_BACK;
    out->crashes = 0;
    return;
  }
  out->action = GS_BOOT_TRY;
  out->accept = true;
  out->started = true;
  out->power_losses = 0;
  out->attempts_left = in->cause == GS_RESET_UNKNOWN ? GS_TRIAL_ATTEMPTS_UNTOLD : GS_TRIAL_ATTEMPTS;
}

static void decide_trial(const struct gs_boot_input *in, struct gs_boot_output *out) {
  if (!usable(in->slot[in->staging_slot])) {
    give_up(in, out, GS_E_IMAGE_BAD);
    return;
  }
  if (out->attempts_left == 0) {
    give_up(in, out, GS_E_NOT_STARTED);
    return;
  }
  out->slot = in->staging_slot;
  if (in->stay_requested) {
    stay_in_stub(out, GS_OK, false);
    return;
  }
  out->action = GS_BOOT_TRY;
  out->started = true;
}

void gs_boot_decide(const struct gs_boot_input *in, struct gs_boot_output *out) {
  *out = (struct gs_boot_output){.action = GS_BOOT_STUB,
                                 .slot = in->running_slot,
                                 .attempts_left = in->attempts_left,
                                 .power_losses = in->power_losses,
                                 .crashes = in->crashes};
  if (in->store_lost) {
    stay_in_stub(out, GS_E_STORE_LOST, true);
    return;
  }
  bool trial = in->state == gapseal_v1_State_STATE_TRIAL;
  if (trial && in->started) {
    settle_trial(in, out);
  } else {
    settle_confirmed(in, out);
  }
  if (trial) {
    decide_trial(in, out);
  } else if (in->state == gapseal_v1_State_STATE_STAGED) {
    decide_staged(in, out);
  } else {
    run_confirmed(in, out);
  }
}
