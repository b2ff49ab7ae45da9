/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "decide.h"
#include "gapseal/crypto.h"

/* What the receipt of a decision that was carried out says. */
struct proof {
  gapseal_v1_Operation operation;
  enum gs_status status;
  gapseal_v1_State state;
  bool runs; /* the package runs afterwards; otherwise another image or none */
  const char *done;
};

static const struct proof proofs[] = {
    [GSH_CONFIRM] = {gapseal_v1_Operation_OPERATION_INSTALL, GS_OK, gapseal_v1_State_STATE_READY,
                     true, "the image was confirmed"},
    [GSH_REJECT] = {gapseal_v1_Operation_OPERATION_REJECT, GS_OK, gapseal_v1_State_STATE_REJECTED,
                    false, "the image was rejected"},
    [GSH_ROLLBACK] = {gapseal_v1_Operation_OPERATION_ROLLBACK, GS_E_ROLLED_BACK,
                      gapseal_v1_State_STATE_READY, false, "the device went back"},
};

static enum gs_status unproven(struct gsh_error *err, const char *done) {
  gsh_fail(err, GS_E_RECEIPT_BAD, "the receipt is valid, but does not say that %s", done);
  gsh_next_step(err, "run: gapseal status, then decide again");
  return GS_E_RECEIPT_BAD;
}

static bool holds(const gapseal_v1_SlotInfo *slot, const uint8_t package[GS_DIGEST_BYTES]) {
  return slot->present && gs_equal(slot->package, package, GS_DIGEST_BYTES);
}

/* The image to leave starts no more, and another one does. */
static bool gone_back(const uint8_t package[GS_DIGEST_BYTES], const gapseal_v1_DeviceState *before,
                      const gapseal_v1_DeviceState *now) {
  const gapseal_v1_SlotInfo *old = gsh_starting_slot(before);
  const gapseal_v1_SlotInfo *new = gsh_starting_slot(now);
  if (new == NULL || !holds(new, package)) {
    return new != NULL;
  }
  /* Where both slots hold it, its digest cannot tell which of them starts; the slot does. */
  return old != NULL && holds(&before->slot_a, package) && holds(&before->slot_b, package) &&
         (new == &now->slot_a) != (old == &before->slot_a);
}

/* Of a rejected image. Where both slots held it, its digest cannot tell which of them runs; the
 * slot does. */
static bool left(const uint8_t package[GS_DIGEST_BYTES], const gapseal_v1_DeviceState *before,
                 const gapseal_v1_DeviceState *now) {
  const gapseal_v1_SlotInfo *running = gsh_running_slot(now);
  if (running == NULL || !holds(running, package)) {
    return true;
  }
  bool ran = before->state == gapseal_v1_State_STATE_TRIAL;
  return holds(&before->slot_a, package) && holds(&before->slot_b, package) &&
         ran == (now->running_slot != before->running_slot);
}

bool gsh_decision_stands(enum gsh_decision what, const uint8_t package[GS_DIGEST_BYTES],
                         const gapseal_v1_DeviceState *before, const gapseal_v1_DeviceState *now) {
  if (what != GSH_CONFIRM && what != GSH_REJECT && what != GSH_ROLLBACK) {
    return false;
  }
  if (now->state != proofs[what].state) {
    return false;
  }
  if (what == GSH_ROLLBACK) {
    return gone_back(package, before, now);
  }
  return proofs[what].runs ? gsh_runs(now, package) : left(package, before, now);
}

enum gs_status gsh_decision_judge(enum gsh_decision what, const uint8_t package[GS_DIGEST_BYTES],
                                  const gapseal_v1_DeviceState *before, const gapseal_v1_Receipt *r,
                                  bool *failed, struct gsh_error *err) {
  *failed = false;
  if (what == GSH_CANCEL) {
    return r->status == GS_OK && r->state.state == gapseal_v1_State_STATE_READY
               ? GS_OK
               : unproven(err, "the update was cancelled");
  }
  const struct proof *proof = &proofs[what];
  if (!gs_equal(r->package, package, GS_DIGEST_BYTES)) {
    return unproven(err, proof->done);
  }
  const struct gs_status_info *info = gs_status_info(r->status);
  if (r->status != proof->status && info->number == r->status && r->status < GS_E_USAGE &&
      info->exit_code != 0) {
    *failed = true;
    return gsh_fail(err, info->number, "%s", info->sentence);
  }
  if (r->operation != proof->operation || r->status != proof->status ||
      !gsh_decision_stands(what, package, before, &r->state)) {
    return unproven(err, proof->done);
  }
  return GS_OK;
}
