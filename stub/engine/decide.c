/* SPDX-License-Identifier: Apache-2.0
 * install, healthy, confirm, reject, rollback, cancel, acknowledge.
 *
 *   from                          by            to         record
 *   CANDIDATE                     install       STAGED     one
 *   TRIAL                         healthy       TRIAL      one
 *   TRIAL, healthy                confirm       READY      one, written twice; then the counter
 *   TRIAL, CANDIDATE, STAGED      reject        REJECTED   one
 *   READY                         rollback      STAGED     one
 *   WRITING, CANDIDATE, STAGED    cancel        READY      one
 *   REJECTED, FAILED              acknowledge   READY      one
 */
#include "engine_internal.h"

#include <string.h>

static bool is_in(const struct gs_engine *e, gapseal_v1_State state) {
  return e->state.state == (uint8_t)state;
}

#define IN(STATE) (UINT32_C(1) << gapseal_v1_State_STATE_##STATE)

/* May the state change, and is it one of these? */
static enum gs_status judge_state(const struct gs_engine *e, uint32_t states) {
  enum gs_status status = gs_engine_may_change(e);
  if (status == GS_OK && (states >> e->state.state & 1u) == 0) {
    status = GS_E_STATE;
  }
  return status;
}

static bool names(const struct gs_package_id *id, const uint8_t package[GS_DIGEST_BYTES]) {
  return memcmp(id->digest, package, GS_DIGEST_BYTES) == 0;
}

void gs_set_outcome(struct gs_state *s, int operation, enum gs_status status,
                    const struct gs_package_id *package) {
  s->operation = (uint8_t)operation;
  s->outcome = (uint16_t)status;
  s->outcome_package = *package;
}

static void forget_update(struct gs_state *s) {
  memset(&s->update, 0, sizeof(s->update));
  s->state = gapseal_v1_State_STATE_READY;
  s->reason = 0;
  s->door = GS_DOOR_NONE;
  s->healthy = false;
  s->started = false;
  s->rollback = false;
  s->update_id = 0;
  s->update_floor = 0;
  s->update_self_confirm = false;
  s->attempts_left = 0;
  s->power_losses = 0;
}

enum gs_status gs_engine_install(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  enum gs_status status = judge_state(e, IN(CANDIDATE) | IN(STAGED));
  if (status != GS_OK) {
    return status;
  }
  if (!names(&e->state.update, package)) {
    return GS_E_DIGEST;
  }
  if (is_in(e, gapseal_v1_State_STATE_STAGED)) {
    return GS_OK;
  }
  struct gs_state *next = gs_next_state(e);
  next->state = gapseal_v1_State_STATE_STAGED;
  return gs_commit(e, GS_LOG_INSTALL, GS_OK, 0, GS_SUBJECT_UPDATE);
}

enum gs_status gs_engine_healthy(struct gs_engine *e) {
  enum gs_status status = gs_engine_may_change(e);
  if (status != GS_OK) {
    return status;
  }
  struct gs_state *next = gs_next_state(e);
  if (!is_in(e, gapseal_v1_State_STATE_TRIAL)) {
    if (next->crashes == 0) {
      return GS_OK;
    }
    next->crashes = 0;
    return gs_commit_quiet(e);
  }
  if (!next->healthy) {
    if (!next->started) {
      return GS_E_STATE; /* the image on trial is not what runs */
    }
    next->healthy = true;
    status = gs_commit(e, GS_LOG_HEALTHY, GS_OK, 0, GS_SUBJECT_UPDATE);
  }
  if (status == GS_OK && e->state.update_self_confirm) {
    status = gs_confirm_now(e, true);
  }
  return status;
}

/* What is running becomes last-good; what was on trial is running. */
static void take_over(struct gs_state *s) {
  s->promised = s->has_running;
  s->last_good = s->running;
  s->running = s->update;
  s->running_slot = s->slot;
  s->has_running = true;
  s->crashes = 0;
  (void)gs_floor_raise(s, s->update_floor);
  gs_set_outcome(s, gapseal_v1_Operation_OPERATION_INSTALL, GS_OK, &s->running);
}

enum gs_status gs_confirm_now(struct gs_engine *e, bool by_device) {
  struct gs_state *next = gs_next_state(e);
  uint8_t door = next->door;
  take_over(next);
  forget_update(next);
  next->door = door; /* the log entry names it */
  gs_tell_refusals(e);
  next->event = GS_LOG_CONFIRM;
  next->event_status = GS_OK;
  next->event_extra = by_device ? 1 : 0;
  next->subject = GS_SUBJECT_RUNNING;
  enum gs_status status = gs_write_twice(e);
  if (status != GS_OK) {
    return status;
  }
  (void)gs_log_append(e, GS_LOG_CONFIRM, GS_OK, next->event_extra, GS_SUBJECT_RUNNING);
  gs_floor_to_counter(e->port, e->state.floor);
  return GS_OK;
}

static bool just_confirmed(const struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  const struct gs_state *s = &e->state;
  return is_in(e, gapseal_v1_State_STATE_READY) && s->has_running && names(&s->running, package) &&
         s->operation == gapseal_v1_Operation_OPERATION_INSTALL && s->outcome == GS_OK &&
         names(&s->outcome_package, package);
}

enum gs_status gs_engine_confirm(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  enum gs_status status = gs_engine_may_change(e);
  if (status != GS_OK) {
    return status;
  }
  if (just_confirmed(e, package)) {
    return GS_OK;
  }
  status = judge_state(e, IN(TRIAL));
  if (status != GS_OK) {
    return status;
  }
  if (!names(&e->state.update, package)) {
    return GS_E_DIGEST;
  }
  return e->state.healthy ? gs_confirm_now(e, false) : GS_E_NOT_HEALTHY;
}

enum gs_status gs_engine_reject(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  enum gs_status status = judge_state(e, IN(TRIAL) | IN(CANDIDATE) | IN(STAGED) | IN(REJECTED));
  if (status != GS_OK) {
    return status;
  }
  struct gs_state *next = gs_next_state(e);
  bool again = is_in(e, gapseal_v1_State_STATE_REJECTED);
  if (next->rollback || (again && next->reason != GS_E_REJECTED)) {
    return GS_E_STATE;
  }
  if (!names(&next->update, package)) {
    return GS_E_DIGEST;
  }
  if (again) {
    return GS_OK;
  }
  gs_set_outcome(next, gapseal_v1_Operation_OPERATION_REJECT, GS_OK, &next->update);
  next->state = gapseal_v1_State_STATE_REJECTED;
  next->reason = GS_E_REJECTED;
  next->started = false;
  gs_tell_refusals(e);
  status = gs_commit(e, GS_LOG_REJECT, GS_E_REJECTED, 0, GS_SUBJECT_UPDATE);
  if (status == GS_OK) {
    gs_close_update(e);
  }
  return status;
}

/* Why may the device not go back? */
static enum gs_status judge_rollback(struct gs_engine *e) {
  static const struct gs_package_id none = {.release = 0};
  const struct gs_state *s = &e->state;
  enum gs_status why;
  if (memcmp(&s->last_good, &none, sizeof(none)) == 0) {
    return GS_E_ROLLBACK_NONE;
  }
  if (s->last_good.security_version < s->floor) {
    return GS_E_ROLLBACK_FLOOR;
  }
  if (!s->promised) {
    return GS_E_ROLLBACK_NONE;
  }
  uint8_t other = s->running_slot == 0 ? 1 : 0;
  enum gs_slot_verdict verdict = gs_slot_verify(e, other, &s->last_good, GS_CHECK_COMMANDED, &why);
  if (verdict == GS_SLOT_VERIFIED || verdict == GS_SLOT_ACCEPTED) {
    return GS_OK;
  }
  switch ((int)why) {
    case GS_E_KEY_REVOKED:
    case GS_E_REVOKED:
    case GS_E_BELOW_MINIMUM:
    case GS_E_KEYRING_NONE:
    case GS_E_CRYPTO:
      return why;
    default:
      return GS_E_ROLLBACK_CORRUPT;
  }
}

enum gs_status gs_engine_rollback(struct gs_engine *e, const uint8_t package[GS_DIGEST_BYTES]) {
  enum gs_status status = judge_state(e, IN(READY) | IN(STAGED));
  if (status != GS_OK) {
    return status;
  }
  struct gs_state *next = gs_next_state(e);
  bool again = is_in(e, gapseal_v1_State_STATE_STAGED);
  if (again && !next->rollback) {
    return GS_E_STATE;
  }
  if (!next->has_running) {
    return GS_E_ROLLBACK_NONE;
  }
  if (!names(&next->running, package)) {
    return GS_E_DIGEST;
  }
  if (again) {
    return GS_OK;
  }
  status = judge_rollback(e);
  if (status != GS_OK) {
    return status;
  }
  next->state = gapseal_v1_State_STATE_STAGED;
  next->rollback = true;
  next->slot = next->running_slot == 0 ? 1 : 0;
  next->update = next->last_good;
  next->door = GS_DOOR_NONE;
  gs_tell_refusals(e);
  return gs_commit(e, GS_LOG_ROLLBACK, GS_OK, 0, GS_SUBJECT_UPDATE);
}

enum gs_status gs_engine_cancel(struct gs_engine *e) {
  enum gs_status status = judge_state(e, IN(WRITING) | IN(CANDIDATE) | IN(STAGED));
  if (status != GS_OK) {
    return status;
  }
  struct gs_state *next = gs_next_state(e);
  uint8_t door = next->door;
  gs_set_outcome(next,
                 next->rollback ? gapseal_v1_Operation_OPERATION_ROLLBACK
                                : gapseal_v1_Operation_OPERATION_INSTALL,
                 GS_E_CANCELLED, next->rollback ? &next->running : &next->update);
  forget_update(next);
  next->door = door; /* the log entry names it */
  status = gs_commit(e, GS_LOG_CANCEL, GS_E_CANCELLED, 0, GS_SUBJECT_OUTCOME);
  if (status == GS_OK) {
    gs_close_update(e);
  }
  return status;
}

bool gs_executes_unconfirmed(const struct gs_engine *e) {
  return e->application && !(e->state.has_running && e->active_slot == e->state.running_slot);
}

enum gs_status gs_engine_acknowledge(struct gs_engine *e) {
  enum gs_status status = judge_state(e, IN(REJECTED) | IN(FAILED));
  if (status != GS_OK) {
    return status;
  }
  if (gs_executes_unconfirmed(e)) {
    return GS_E_STATE; /* READY would say that the rejected image is the one to run */
  }
  struct gs_state *next = gs_next_state(e);
  forget_update(next);
  return gs_commit_quiet(e);
}
