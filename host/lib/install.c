/* SPDX-License-Identifier: Apache-2.0
 * The dispatcher: one table, one place that changes the step.
 */
#include "install.h"

#include <string.h>

#include "clock.h"
#include "gapseal/crypto.h"
#include "journal.h"

#define IDLE_RECONNECTS_MAX 5u

static const struct {
  const char *name, *text;
} steps[GSH_STEP_COUNT] = {
#define GSH_STEP_ROW(NAME, name_, text_) [GSH_STEP_##NAME] = {.name = (name_), .text = (text_)},
    GSH_STEPS(GSH_STEP_ROW)
#undef GSH_STEP_ROW
};

static enum gsh_install_event take_step(struct gsh_installing *in) {
  switch (in->step) {
    case GSH_STEP_LOOK:
      return gsh_step_look(in);
    case GSH_STEP_ACKNOWLEDGE:
      return gsh_step_acknowledge(in);
    case GSH_STEP_CHECK:
      return gsh_step_check(in);
    case GSH_STEP_BEGIN:
      return gsh_step_begin(in);
    case GSH_STEP_SEND:
      return gsh_step_send(in);
    case GSH_STEP_FINISH:
      return gsh_step_finish(in);
    case GSH_STEP_DELIVERED:
      return gsh_step_delivered(in);
    case GSH_STEP_STAGE:
      return gsh_step_stage(in);
    case GSH_STEP_REBOOT:
      return gsh_step_reboot(in);
    case GSH_STEP_RETURN:
      return gsh_step_return(in);
    case GSH_STEP_HEALTHY:
      return gsh_step_healthy(in);
    case GSH_STEP_CONFIRM:
      return gsh_step_confirm(in);
    case GSH_STEP_REJECT:
      return gsh_step_reject(in);
    case GSH_STEP_BACK:
      return gsh_step_back(in);
    case GSH_STEP_OUTCOME:
      return gsh_step_outcome(in);
    case GSH_STEP_ENDED:
      return gsh_step_ended(in);
    case GSH_STEP_REFUSED:
      return gsh_step_refused(in);
    case GSH_STEP_LEAVE:
      return gsh_step_leave(in);
    case GSH_STEP_RECONNECT:
      return gsh_step_reconnect(in);
    case GSH_STEP_DONE:
    case GSH_STEP_FAILED:
    case GSH_STEP_COUNT:
      break;
  }
  return GSH_IS_FAIL; /* the end: nothing is to be done */
}

static const struct {
  enum gsh_step step;
  enum gsh_install_event event;
  enum gsh_step next;
} table[] = {
#define GSH_TABLE_ROW(STEP, EVENT, NEXT) {GSH_STEP_##STEP, GSH_IS_##EVENT, GSH_STEP_##NEXT},
    GSH_INSTALL_TABLE(GSH_TABLE_ROW)
#undef GSH_TABLE_ROW
};

enum gsh_step gsh_install_next(enum gsh_step step, enum gsh_install_event event) {
  if (event == GSH_IS_FAIL) {
    return GSH_STEP_FAILED;
  }
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (table[i].step == step && table[i].event == event) {
      return table[i].next;
    }
  }
  return GSH_STEP_COUNT;
}

const char *gsh_step_name(enum gsh_step step) {
  return step < GSH_STEP_COUNT ? steps[step].name : "unknown";
}

uint32_t gsh_install_timeout_ms(const struct gsh_installing *in) {
  uint32_t s = in->options->timeout_s != 0 ? in->options->timeout_s : GSH_INSTALL_TIMEOUT_S;
  return s < 86400u ? s * 1000u : 86400000u;
}

enum gsh_install_event gsh_install_place(const struct gsh_installing *in) {
  const gapseal_v1_DeviceState *s = &in->d->ident.state;
  const uint8_t *digest = gsh_package_digest(in->p);
  const gapseal_v1_SlotInfo *running = gsh_running_slot(s);
  bool ours = gs_equal(s->staged_package, digest, GS_DIGEST_BYTES);
  switch (s->state) {
    case gapseal_v1_State_STATE_READY:
      return gsh_runs(s, digest) ? GSH_IS_RUNS : GSH_IS_READY;
    case gapseal_v1_State_STATE_CANDIDATE:
      return ours ? GSH_IS_CANDIDATE : GSH_IS_READY;
    case gapseal_v1_State_STATE_STAGED:
      return ours ? GSH_IS_STAGED : GSH_IS_READY;
    case gapseal_v1_State_STATE_TRIAL:
      if (ours && s->running == gapseal_v1_Running_RUNNING_STUB && !s->healthy) {
        return GSH_IS_STAGED; /* its stub answers: the image is still to be started */
      }
      return ours ? GSH_IS_TRIAL : GSH_IS_READY;
    case gapseal_v1_State_STATE_REJECTED:
      return running != NULL && gs_equal(running->package, s->staged_package, GS_DIGEST_BYTES)
                 ? GSH_IS_GIVEN_UP
                 : GSH_IS_OVER;
    case gapseal_v1_State_STATE_FAILED:
      return GSH_IS_OVER;
    case gapseal_v1_State_STATE_WRITING:
    case gapseal_v1_State_STATE_UNSPECIFIED:
      break;
  }
  return GSH_IS_READY;
}

enum gsh_install_event gsh_install_judge(struct gsh_installing *in, enum gs_status status) {
  in->device_said = in->d->conn != NULL && in->d->conn->device_said;
  if (status == GS_OK) {
    return GSH_IS_OK;
  }
  if (status == GS_E_LINK_LOST || status == GS_E_LINK_TIMEOUT) {
    return GSH_IS_LOST;
  }
  return in->device_said ? GSH_IS_NO : GSH_IS_FAIL;
}

bool gsh_install_journal(struct gsh_installing *in, const char *event, enum gs_status status,
                         const uint8_t *receipt) {
  in->device_said = false;
  return gsh_device_journal(in->d, event, gsh_package_digest(in->p), status, receipt, in->err) ==
         GS_OK;
}

enum gs_status gsh_install_receipt(struct gsh_installing *in, int kind, const char *event,
                                   struct gsh_receipt *receipt, struct gsh_error *err) {
  char path[GSH_PATH_MAX];
  uint8_t sha256[GS_DIGEST_BYTES];
  enum gs_status status = gsh_device_receipt_saved(in->d, kind, receipt, path, sha256, err);
  if (status == GS_OK) {
    memcpy(in->out->receipt, path, sizeof in->out->receipt);
    status = gsh_device_journal(in->d, event, receipt->fields.package,
                                (enum gs_status)receipt->fields.status, sha256, err);
  }
  return status;
}

enum gsh_install_event gsh_step_reconnect(struct gsh_installing *in) {
  const struct gsh_config *config = &in->d->h->config;
  uint32_t patience = config->reconnect_ms != 0 ? config->reconnect_ms : GSH_RECONNECT_MS;
  /* A time limit that was asked for bounds this wait as well. */
  if (in->options->timeout_s != 0 && gsh_install_timeout_ms(in) < patience) {
    patience = gsh_install_timeout_ms(in);
  }
  in->device_said = false;
  in->idle_reconnects = in->counts.image > in->acked_bytes ? 1 : in->idle_reconnects + 1;
  in->acked_bytes = in->counts.image;
  if (in->idle_reconnects > IDLE_RECONNECTS_MAX) {
    gsh_fail(in->err, GS_E_LINK_LOST,
             "the link broke %u times in a row without a byte of the image getting through",
             IDLE_RECONNECTS_MAX);
    gsh_next_step(in->err, "check the cable, then run the same command");
    return GSH_IS_FAIL;
  }
  in->out->reconnects++;
  return gsh_device_reopen(in->d, patience, in->err) == GS_OK ? GSH_IS_OK : GSH_IS_FAIL;
}

static void run(struct gsh_installing *in) {
  while (in->step != GSH_STEP_DONE && in->step != GSH_STEP_FAILED) {
    gsh_tell(in->d->h, GSH_EVENT_STEP, steps[in->step].name, "%s", steps[in->step].text);
    enum gsh_install_event event = GSH_IS_FAIL;
    if (gsh_stopped(in->d->h)) {
      in->device_said = false;
      gsh_fail(in->err, GS_E_INTERRUPTED, "stopped");
    } else {
      event = take_step(in);
    }
    enum gsh_step next = gsh_install_next(in->step, event);
    if (next == GSH_STEP_COUNT) {
      gsh_fail(in->err, GS_E_INTERNAL, "the step \"%s\" ended in a way that has no next one",
               steps[in->step].name);
      next = GSH_STEP_FAILED;
    }
    in->step = next;
  }
}

static void fill_counts(struct gsh_installing *in) {
  in->out->sent_bytes = in->counts.sent;
  in->out->resent_bytes = in->counts.resent;
  in->out->found_bytes = in->counts.found;
  in->out->wire_bytes = in->counts.wire;
  in->out->image_bytes = in->counts.image;
  in->out->lost_frames = in->counts.lost;
  in->out->seconds = in->counts.started_s > 0 ? in->counts.ended_s - in->counts.started_s : 0;
  in->out->no_way_back = in->no_way_back;
  in->out->written = in->d->written;
}

static enum gs_status judge_order(struct gsh_installing *in) {
  if (in->d->ident.state.policy == gapseal_v1_Policy_POLICY_OPEN) {
    if (in->options->order != NULL) {
      gsh_tell(in->d->h, GSH_EVENT_NOTE, "order",
               "this device's policy is open: the order is not needed and not used");
    }
    return GS_OK;
  }
  gsh_fail(in->err, GS_E_ORDER_MISSING, "this device takes changes only with an order");
  gsh_next_step(in->err, "use a version of this tool that hands orders to devices");
  return GS_E_ORDER_MISSING;
}

unsigned gsh_install(struct gsh_device *d, struct gsh_package *p,
                     const struct gsh_install_options *options, struct gsh_install *out,
                     struct gsh_why *why) {
  struct gsh_error err = {0};
  memset(out, 0, sizeof *out);
  d->written = false;
  struct gsh_installing in = {
      .d = d, .p = p, .options = options, .out = out, .step = GSH_STEP_LOOK, .err = &err};
  enum gs_status status = gsh_journal_ready(d->h->state_dir, &err);
  if (status == GS_OK) {
    status = judge_order(&in);
  }
  if (status != GS_OK) {
    return gsh_why_fill(why, status, &err, false);
  }
  run(&in);
  fill_counts(&in);
  if (in.step == GSH_STEP_DONE) {
    return gsh_why_fill(why, GS_OK, NULL, false);
  }
  struct gsh_error final = err;
  bool said = in.device_said;
  gsh_device_last_word(d, final.status);
  (void)gsh_why_fill(why, final.status, &final, said);
  if (in.begun) {
    struct gsh_error ignored;
    (void)gsh_device_journal(d, "ended", gsh_package_digest(p), (enum gs_status)why->status, NULL,
                             &ignored);
  }
  return why->status;
}
