/* SPDX-License-Identifier: Apache-2.0
 * Steps of an install up to the receipt of delivery.
 */
#include <string.h>

#include "gapseal/crypto.h"
#include "install.h"
#include "journal.h"
#include "mark.h"

/* The intent stands in the journal before the device is told to change anything. */
static bool intend(struct gsh_installing *in) {
  in->begun = gsh_install_journal(in, "intent", GS_OK, NULL);
  return in->begun;
}

/* What the journal says of this device last. */
struct last_line {
  const char *device;
  struct gsh_journal_line line;
};

static void keep_last(void *ctx, const struct gsh_journal_line *line) {
  struct last_line *last = ctx;
  if (strcmp(line->device, last->device) == 0) {
    last->line = *line;
  }
}

/* An install that wrote its intent and nothing of how it ended: its computer died over it. */
static void tell_broken_off(struct gsh_installing *in) {
  static const char *const open[] = {"intent", "delivered", "confirm", "reject"};
  struct last_line last = {.device = in->d->info.device_id};
  struct gsh_error ignored;
  uint64_t lines = 0;
  bool there = false;
  if (in->looked ||
      gsh_journal_read(in->d->h->state_dir, keep_last, &last, &there, &lines, &ignored) != GS_OK) {
    return;
  }
  in->looked = true;
  for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
    if (strcmp(last.line.event, open[i]) == 0) {
      gsh_tell(in->d->h, GSH_EVENT_NOTE, "look",
               "an install of package %.8s on this device was broken off on %s", last.line.package,
               last.line.time);
    }
  }
}

enum gsh_install_event gsh_step_look(struct gsh_installing *in) {
  enum gs_status status = gsh_device_ident(in->d, in->err);
  if (status != GS_OK) {
    return gsh_install_judge(in, status);
  }
  enum gsh_install_event place = gsh_install_place(in);
  tell_broken_off(in);
  if (place == GSH_IS_GIVEN_UP && in->left) {
    place = GSH_IS_OVER; /* the same package, confirmed before */
  }
  in->old_boot_count = in->d->ident.state.boot_count;
  if (place == GSH_IS_RUNS) {
    if (in->options->reinstall && !in->begun) {
      return GSH_IS_READY;
    }
    in->out->already = !in->begun;
    in->installed = true;
    return place;
  }
  if (place == GSH_IS_CANDIDATE || place == GSH_IS_STAGED || place == GSH_IS_TRIAL) {
    in->d->written = true; /* by a run before this one */
    return in->begun || intend(in) ? place : GSH_IS_FAIL;
  }
  return place;
}

/* How the last update ended is read, kept as a receipt, and then cleared on the device. */
enum gsh_install_event gsh_step_acknowledge(struct gsh_installing *in) {
  struct gsh_receipt receipt;
  uint32_t reason = in->d->ident.state.reason;
  gsh_tell(in->d->h, GSH_EVENT_NOTE, "acknowledge", "the update before this one ended with: %s",
           gs_status_info(reason)->sentence);
  enum gs_status status = gsh_install_receipt(in, gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME,
                                              "outcome", &receipt, in->err);
  in->out->receipt[0] = '\0'; /* of another update than this one */
  if (status == GS_E_LINK_TIMEOUT && in->acknowledge_tries++ > 0) {
    in->device_said = false;
    gsh_fail(in->err, status,
             "the device answers, but its receipt of the update before this one does not come");
    gsh_next_step(in->err, "start the device again, then run the same command");
    return GSH_IS_FAIL;
  }
  if (status != GS_OK && status != GS_E_NOT_FOUND && status != GS_E_RECEIPT_BAD) {
    return gsh_install_judge(in, status);
  }
  if (!gsh_install_journal(in, "acknowledge", (enum gs_status)reason, NULL)) {
    return GSH_IS_FAIL;
  }
  return gsh_install_judge(in, gsh_device_acknowledge(in->d, in->err));
}

enum gsh_install_event gsh_step_check(struct gsh_installing *in) {
  gapseal_v1_CheckReply verdict;
  bool asked = false;
  enum gs_status status = gsh_device_check(in->d, in->p, in->options->older, in->options->reinstall,
                                           &verdict, &asked, in->err);
  if (status == GS_E_ALREADY) {
    in->out->already = true;
    in->installed = true;
    return GSH_IS_RUNS;
  }
  enum gsh_install_event event = gsh_install_judge(in, status);
  in->device_said = asked;
  if (event == GSH_IS_NO && !asked) {
    return GSH_IS_FAIL;
  }
  if (event == GSH_IS_OK && verdict.gives_up_last_good) {
    gsh_tell(in->d->h, GSH_EVENT_NOTE, "check",
             "from now on the device cannot go back to the image before the running one: its slot "
             "is needed");
  }
  return event;
}

enum gsh_install_event gsh_step_begin(struct gsh_installing *in) {
  if (!in->begun && !intend(in)) {
    return GSH_IS_FAIL;
  }
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_begin_tag;
  gapseal_v1_BeginRequest *r = &request.body.begin;
  r->older = in->options->older;
  r->reinstall = in->options->reinstall;
  enum gs_status status = gsh_device_present(in->d, in->p, in->err);
  if (status == GS_OK && r->older) {
    status = gsh_device_ident(in->d, in->err);
    r->nonce.size = GS_NONCE_BYTES;
    memcpy(r->nonce.bytes, in->d->ident.device_nonce, GS_NONCE_BYTES);
  }
  if (status == GS_OK) {
    status = gsh_device_change(in->d, &request, gapseal_v1_Reply_begin_tag, in->err);
  }
  if (status != GS_OK) {
    return gsh_install_judge(in, status);
  }
  const gapseal_v1_BeginReply *reply = &in->d->conn->client.reply.body.begin;
  in->variant = reply->variant;
  if (reply->package.size != GS_DIGEST_BYTES ||
      !gs_equal(reply->package.bytes, gsh_package_digest(in->p), GS_DIGEST_BYTES)) {
    gsh_fail(in->err, GS_E_PROTOCOL, "the device accepted another package than it was shown");
    return GSH_IS_FAIL;
  }
  in->d->info.state = "writing";
  in->d->stale = false;
  gsh_remember_version(in->d->h, gsh_package_digest(in->p), gsh_package_about(in->p)->version);
  if (!reply->resumed) {
    gsh_mark_forget(in->d, in->p);
  } else {
    gsh_tell(in->d->h, GSH_EVENT_NOTE, "begin", "going on with what was broken off before");
  }
  return GSH_IS_OK;
}

enum gsh_install_event gsh_step_send(struct gsh_installing *in) {
  enum gs_status status = gsh_send(in->d, in->p, in->variant, &in->counts, in->err);
  return gsh_install_judge(in, status);
}

enum gsh_install_event gsh_step_finish(struct gsh_installing *in) {
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_finish_tag;
  request.body.finish.package.size = GS_DIGEST_BYTES;
  memcpy(request.body.finish.package.bytes, gsh_package_digest(in->p), GS_DIGEST_BYTES);
  enum gs_status status = gsh_device_change(in->d, &request, 0, in->err);
  if (status == GS_E_MORE_NEEDED && ++in->finish_tries < GSH_FINISH_TRIES) {
    return GSH_IS_MORE;
  }
  return gsh_install_judge(in, status);
}

/* The outcome decides, not this receipt: an install goes on without it, and says so. */
enum gsh_install_event gsh_step_delivered(struct gsh_installing *in) {
  struct gsh_receipt receipt;
  int kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_DELIVERED;
  enum gs_status status = gsh_install_receipt(in, kind, "delivered", &receipt, in->err);
  if (status == GS_OK) {
    memcpy(in->out->delivered_receipt, in->out->receipt, sizeof in->out->delivered_receipt);
    return GSH_IS_OK;
  }
  enum gsh_install_event event = gsh_install_judge(in, status);
  if (status == GS_E_LINK_LOST || status == GS_E_DISK || status == GS_E_JOURNAL ||
      status == GS_E_NO_MEMORY || status == GS_E_INTERRUPTED) {
    return event;
  }
  gsh_tell(in->d->h, GSH_EVENT_NOTE, "delivered", "no valid receipt of delivery came: %s",
           in->err->what);
  return GSH_IS_OK;
}
