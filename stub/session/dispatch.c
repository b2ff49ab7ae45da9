/* SPDX-License-Identifier: Apache-2.0
 * One request frame: read, look up in the table, judge what every request needs, call its
 * handler, answer. Handlers return a status and fill the reply's body; nobody else answers,
 * renews the nonce or counts refusals.
 */
#include <string.h>

#include "bytes.h"
#include "session_internal.h"
#include "strict.h"

enum row_flag {
  ROW_BEFORE_HELLO = 1,
  ROW_TAIL = 2,       /* bytes may follow the message */
  ROW_DURING_JOB = 4, /* answered between two slices of long work */
  ROW_RATED = 8,      /* costs a signature check that anyone can ask for */
  ROW_REFUSAL = 16,   /* a refusal is counted, and a receipt can be had for it */
};

struct row {
  gs_handler handler;
  uint8_t flags;
  uint8_t signatures; /* made or verified, at most */
  uint8_t erases;     /* of one unit, at most */
  uint8_t operation;  /* gapseal_v1_Operation; 0: none */
};

#define TAG(name) gapseal_v1_Request_##name##_tag
#define OP(NAME) gapseal_v1_Operation_OPERATION_##NAME
#define ROW(name) [TAG(name) - TAG(hello)]

/* By number, from hello on. Erases: one for the record store's other bank, one for the log's next
 * unit; begin also clears the trailer, keyring a copy. */
static const struct row rows[] = {
    ROW(hello) = {gs_on_hello, ROW_BEFORE_HELLO | ROW_DURING_JOB, 0, 0, 0},
    ROW(ident) = {gs_on_ident, 0, 1, 0, 0},
    ROW(status) = {gs_on_status, ROW_DURING_JOB | ROW_REFUSAL, 0, 0, 0},
    ROW(load) = {gs_on_load, ROW_TAIL, 0, 0, 0},
    ROW(link) = {gs_on_link, ROW_RATED | ROW_REFUSAL, 4, 0, OP(KEYRING)},
    ROW(check) = {gs_on_check, ROW_RATED | ROW_REFUSAL, 2, 0, OP(CHECK)},
    ROW(begin) = {gs_on_begin, ROW_RATED | ROW_REFUSAL, 2, 6, OP(INSTALL)},
    ROW(needs) = {gs_on_needs, 0, 0, 0, 0},
    ROW(finish) = {gs_on_finish, 0, 0, 0, 0},
    ROW(install) = {gs_on_install, ROW_REFUSAL, 0, 2, OP(INSTALL)},
    ROW(confirm) = {gs_on_confirm, ROW_REFUSAL, 0, 2, OP(CONFIRM)},
    ROW(reject) = {gs_on_reject, ROW_REFUSAL, 0, 2, OP(REJECT)},
    ROW(rollback) = {gs_on_rollback, ROW_REFUSAL, 0, 2, OP(ROLLBACK)},
    ROW(cancel) = {gs_on_cancel, ROW_REFUSAL, 0, 2, OP(CANCEL)},
    ROW(reboot) = {gs_on_reboot, ROW_REFUSAL, 0, 0, OP(REBOOT)},
    ROW(keyring) = {gs_on_keyring, ROW_REFUSAL, 0, 4, OP(KEYRING)},
    ROW(log) = {gs_on_log, ROW_DURING_JOB, 0, 0, 0},
    ROW(receipt) = {gs_on_receipt, 0, 1, 0, 0},
};

static const struct row *find_row(pb_size_t tag) {
  uint32_t i = (uint32_t)tag - TAG(hello);
  return i < sizeof rows / sizeof rows[0] ? &rows[i] : NULL;
}

static const struct gs_strict_scheme scheme = {.message = &gapseal_v1_Request_msg, .open = true};

/* Splits the frame into message and tail. False: its layout is wrong. */
static bool split(const struct gs_session *s, size_t *message_len, struct gs_call *c) {
  struct gs_reader r = gs_reader_init(s->memory.frame, s->in.frame_len);
  (void)gs_read_u8(&r);
  uint8_t zero = gs_read_u8(&r);
  uint16_t len = gs_read_u16(&r);
  (void)gs_read_view(&r, len);
  *message_len = len;
  c->tail = r.at;
  c->tail_len = r.left;
  return !r.failed && zero == 0;
}

/* What refuses a request before its handler is asked. */
static enum gs_status judge(const struct gs_session *s, const struct row *row,
                            const struct gs_call *c) {
  if (row == NULL) {
    return s->opened ? GS_E_REQUEST_UNKNOWN : GS_E_NO_HELLO;
  }
  if (!s->opened && (row->flags & ROW_BEFORE_HELLO) == 0) {
    return GS_E_NO_HELLO;
  }
  if (c->tail_len > 0 && (row->flags & ROW_TAIL) == 0) {
    return GS_E_REQUEST_BAD;
  }
  if (s->job.kind != GS_JOB_NONE && (row->flags & ROW_DURING_JOB) == 0) {
    return GS_E_STATE;
  }
  if ((row->flags & ROW_RATED) != 0 && gs_rate_waits(s)) {
    return GS_E_RATE;
  }
  return GS_OK;
}

/* Work that lasts is announced, and done at a later step. */
static bool announce(struct gs_session *s, const struct row *row) {
  const struct gs_device_facts *facts = gs_session_facts(s);
  uint32_t signing = row->signatures * facts->signature_ms_max;
  uint32_t erasing = row->erases * (facts->erase_ms_max + facts->program_ms_max);
  bool deaf = row->erases > 0 && facts->erase_stops_reception;
  if (s->announced || (signing + erasing <= GS_ANNOUNCE_MS && !deaf)) {
    s->announced = false;
    return false;
  }
  s->announced = true;
  gs_announce(s, signing > erasing ? GS_BUSY_SIGN : GS_BUSY_ERASE, signing + erasing, 0, 0);
  return true;
}

static void note_refusal(struct gs_session *s, const struct row *row, const struct gs_call *c,
                         enum gs_status status) {
  if ((row->flags & ROW_REFUSAL) == 0 || status == GS_OK || status == GS_E_ALREADY) {
    return;
  }
  gs_engine_count_refusal(s->engine);
  if (row->operation == 0) {
    return;
  }
  s->refusal = c->about;
  s->refusal.operation = row->operation;
  s->refusal.status = status;
}

static enum gs_status run(struct gs_session *s, const struct row *row, struct gs_call *c) {
  enum gs_status status = row->handler(s, c);
  if ((row->flags & ROW_RATED) != 0) {
    gs_rate_note(s, status);
  }
  if (c->nonce_used) {
    gs_nonce_renew(s);
  }
  note_refusal(s, row, c, status);
  return status;
}

/* A request seen before: the reply is sent again, or is still being worked on. */
static bool is_repeat(struct gs_session *s, const gapseal_v1_Request *request) {
  if (request->which_body == TAG(hello) || request->id == 0) {
    return false;
  }
  if (s->job.kind != GS_JOB_NONE && request->id == s->job.id) {
    return true;
  }
  if (request->id == s->last_id && s->out.reply_len > 0) {
    gs_reply_again(s);
    return true;
  }
  return false;
}

/* True when memory.frame is free again. */
static bool serve(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_Request *request = c->request;
  const struct row *row = find_row(request->which_body);
  enum gs_status status = request->id == 0 ? GS_E_REQUEST_BAD : judge(s, row, c);
  if (status == GS_OK && announce(s, row)) {
    return false;
  }
  if (status == GS_OK) {
    status = run(s, row, c);
  }
  if (!c->pending) {
    c->reply->status = (uint32_t)status;
    gs_reply_send(s, c->reply, c->reply_tail);
  }
  if (request->which_body == TAG(hello)) {
    gs_evidence_keep_hello(s);
  }
  return true;
}

bool gs_dispatch(struct gs_session *s) {
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  gapseal_v1_Reply reply = {.id = 0};
  struct gs_call c = {.request = &request, .reply = &reply};
  size_t message_len = 0;
  if (!split(s, &message_len, &c)) {
    s->in.rejected++;
    return true;
  }
  if (gs_strict_decode(&scheme, s->memory.frame + GS_MESSAGE_HEADER_BYTES, message_len, &request,
                       NULL, 0) != GS_OK) {
    gs_reply_bare(s, 0, GS_E_REQUEST_BAD);
    return true;
  }
  if (is_repeat(s, &request)) {
    return true;
  }
  reply.id = request.id;
  return serve(s, &c);
}
