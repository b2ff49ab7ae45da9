/* SPDX-License-Identifier: Apache-2.0
 * The reads before the boot decision and the records after it.
 *
 * Invariants:
 *   - an image on trial starts only after the record that counts the start was written;
 *   - a confirmed image that verifies starts even where nothing can be written.
 */
#include "engine_internal.h"

#include <string.h>

struct reading {
  struct gs_boot_input input;
  enum gs_status why[2];
};

static bool on_the_way(const struct gs_state *s) {
  return s->state == gapseal_v1_State_STATE_STAGED || s->state == gapseal_v1_State_STATE_TRIAL;
}

static void read_records(const struct gs_engine *e, enum gs_reset_cause cause, bool stay,
                         struct gs_boot_input *in) {
  const struct gs_state *s = &e->state;
  *in = (struct gs_boot_input){.state = s->state,
                               .store_lost = e->lost,
                               .has_running = s->has_running,
                               .running_slot = s->running_slot,
                               .staging_slot = s->slot,
                               .rollback = s->rollback,
                               .promised = s->promised,
                               .healthy = s->healthy,
                               .started = s->started,
                               .attempts_left = s->attempts_left,
                               .power_losses = s->power_losses,
                               .crashes = s->crashes,
                               .cause = cause,
                               .stay_requested = stay};
}

/* Which package must a slot hold to be of use? NULL: none. */
static const struct gs_package_id *expected_in(const struct gs_state *s, uint8_t slot) {
  if (on_the_way(s) && slot == s->slot) {
    return &s->update;
  }
  if (s->has_running && slot == s->running_slot) {
    return &s->running;
  }
  return s->promised ? &s->last_good : NULL;
}

static void verify_slot(struct gs_engine *e, struct reading *r, uint8_t slot) {
  const struct gs_package_id *expect = expected_in(&e->state, slot);
  if (expect == NULL) {
    return;
  }
  r->input.slot[slot] = gs_slot_verify(e, slot, expect, GS_CHECK_BOOT, &r->why[slot]);
}

/* Which package a slot holds instead, and whether one, is no news to who asks what is wrong. */
static enum gs_status reason_for(enum gs_status why) {
  return why == GS_E_DIGEST || why == GS_E_NOT_FOUND ? GS_E_IMAGE_BAD : why;
}

/* The slot that is asked for first is verified; the other one only where that one is of no
 * use. */
static void decide(struct gs_engine *e, struct reading *r, struct gs_boot_output *out) {
  const struct gs_state *s = &e->state;
  uint8_t first = on_the_way(s) ? s->slot : s->running_slot;
  uint8_t second = first == 0 ? 1 : 0;
  verify_slot(e, r, first);
  gs_boot_decide(&r->input, out);
  if (out->give_up || out->recovery) {
    verify_slot(e, r, second);
    gs_boot_decide(&r->input, out);
  } else if (expected_in(s, second) != NULL) {
    gs_slot_peek(e, second, expected_in(s, second));
  }
  if (out->reason == GS_E_IMAGE_BAD) {
    out->reason = reason_for(r->why[first]); /* a slot of no use has one */
  }
}

static void record_give_up(struct gs_state *s, enum gs_status reason) {
  if (s->rollback) {
    gs_set_outcome(s, gapseal_v1_Operation_OPERATION_ROLLBACK, reason, &s->running);
    s->promised = false;
  } else {
    gs_set_outcome(s, gapseal_v1_Operation_OPERATION_INSTALL, reason, &s->update);
  }
  s->state = gapseal_v1_State_STATE_REJECTED;
  s->reason = (uint16_t)reason;
  s->rollback = false;
  s->started = false;
}

static void record_switch(struct gs_state *s, uint8_t slot, enum gs_status reason) {
  if (s->rollback) {
    gs_set_outcome(s, gapseal_v1_Operation_OPERATION_ROLLBACK, reason, &s->running);
    memset(&s->update, 0, sizeof(s->update));
    s->state = gapseal_v1_State_STATE_READY;
    s->reason = 0;
  } else {
    /* The running image was damaged: it is what was given up. */
    gs_set_outcome(s, gapseal_v1_Operation_OPERATION_INSTALL, reason, &s->running);
    s->update = s->running;
    s->slot = s->running_slot;
    s->state = gapseal_v1_State_STATE_REJECTED;
    s->reason = (uint16_t)reason;
  }
  s->running = s->last_good;
  s->running_slot = slot;
  s->rollback = false;
  s->promised = false;
  memset(&s->last_good, 0, sizeof(s->last_good));
}

/* What a decision may change without an event; attempts change with one. */
static bool counters_differ(const struct gs_state *s, const struct gs_state *next) {
  return s->started != next->started || s->power_losses != next->power_losses ||
         s->crashes != next->crashes || s->healthy != next->healthy;
}

static enum gs_status record_decision(struct gs_engine *e, const struct gs_boot_output *out) {
  struct gs_state *next = gs_next_state(e);
  next->started = out->started;
  next->attempts_left = out->attempts_left;
  next->power_losses = out->power_losses;
  next->crashes = out->crashes;
  if (out->action == GS_BOOT_TRY || out->attempt_lost) {
    next->healthy = false; /* it was said of a start that has ended, or crashed after all */
  }
  if (out->switch_running) {
    record_switch(next, out->slot, out->reason);
    return gs_commit(e, GS_LOG_RETURNED, out->reason, 0, GS_SUBJECT_RUNNING);
  }
  if (out->give_up) {
    record_give_up(next, out->reason);
    return gs_commit(e, out->recovery ? GS_LOG_REJECT : GS_LOG_RETURNED, out->reason, 0,
                     GS_SUBJECT_UPDATE);
  }
  if (out->accept) {
    next->state = gapseal_v1_State_STATE_TRIAL;
    return gs_commit(e, GS_LOG_TRIAL, GS_OK, out->attempts_left, GS_SUBJECT_UPDATE);
  }
  if (out->attempt_lost) {
    return gs_commit(e, GS_LOG_ATTEMPT_LOST, GS_OK, out->attempts_left, GS_SUBJECT_UPDATE);
  }
  return counters_differ(&e->state, next) ? gs_commit_quiet(e) : GS_OK;
}

enum gs_status gs_engine_boot(struct gs_engine *e, enum gs_reset_cause cause, bool stay_requested,
                              struct gs_boot_output *out) {
  struct reading r = {.why = {GS_OK, GS_OK}};
  if (!e->mounted || e->booted) {
    return GS_E_STATE;
  }
  read_records(e, cause, stay_requested, &r.input);
  if (e->lost) {
    gs_boot_decide(&r.input, out);
  } else {
    decide(e, &r, out);
    if (out->accept && r.input.slot[out->slot] != GS_SLOT_ACCEPTED) {
      gs_slot_accept(e, out->slot, e->state.update.digest);
    }
    enum gs_status status = record_decision(e, out);
    if (status != GS_OK && out->action == GS_BOOT_TRY) {
      out->action = GS_BOOT_STUB;
      out->reason = status;
    }
    if (out->recovery && !gs_log_newest_says(e, GS_LOG_RECOVERY, out->reason)) {
      (void)gs_log_append(e, GS_LOG_RECOVERY, out->reason, 0, GS_SUBJECT_NONE);
    }
  }
  e->booted = true;
  e->application = out->action != GS_BOOT_STUB;
  e->active_slot = out->slot;
  e->recovery = out->recovery;
  e->stub_reason = (uint16_t)out->reason;
  return GS_OK;
}
