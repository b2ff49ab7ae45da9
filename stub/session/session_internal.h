/* SPDX-License-Identifier: Apache-2.0
 * What the session's files share. Data flows one way:
 *
 *   gs_session_input -> rx -> deframer -> frame
 *   gs_session_step: frame -> dispatch.c -> handler (requests_*.c) -> reply
 *                    frame -> flow.c -> engine
 *                    job.c: slices of long work
 *   gs_session_output <- output.c <- reply, acknowledgement, announcement
 *
 * Invariants, whatever comes in:
 *   - a frame is looked at only where its answer has room: while a reply is on its way out,
 *     requests wait in frame, and what follows them waits in rx;
 *   - hello ends job, flow and what was loaded, so no state can keep it from being answered;
 *   - nothing here calls an engine function that writes flash unless the request's needs
 *     (docs/spec/wire.md) were met.
 */
#ifndef GAPSEAL_SESSION_INTERNAL_H
#define GAPSEAL_SESSION_INTERNAL_H

#include "gapseal/session_types.h"

/* How often the device says something while it works or a flow is open: below the 500 ms
 * promised, by the longest slice that needs no announcement. */
#define GS_REPORT_MS 400u
/* Work that takes longer than this is announced first. */
#define GS_ANNOUNCE_MS 100u
/* A frame whose next byte does not come for this long is dropped. */
#define GS_PARTIAL_MS 1000u
/* A flow without a block frame for this long falls silent; it stays open. */
#define GS_FLOW_SILENT_MS 10000u
/* Refused signatures in a row before answers are held back, and by how much at first and at
 * most. */
#define GS_RATE_AFTER 8u
#define GS_RATE_FIRST_MS 50u
#define GS_RATE_MAX_MS 2000u

/* One request under way. */
struct gs_call {
  const gapseal_v1_Request *request;
  const uint8_t *tail; /* bytes after the message, in memory.frame */
  size_t tail_len;
  gapseal_v1_Reply *reply; /* id and status are the dispatcher's */
  size_t reply_tail;       /* bytes the handler put at gs_reply_tail */
  bool pending;            /* a job was started: the reply comes later */
  bool nonce_used;
  struct gs_outcome about; /* package and numbers that the request is about, where known */
};

typedef enum gs_status (*gs_handler)(struct gs_session *s, struct gs_call *c);

/* requests_info.c, requests_update.c, requests_decide.c */
enum gs_status gs_on_hello(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_ident(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_status(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_log(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_receipt(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_load(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_link(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_check(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_begin(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_needs(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_finish(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_install(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_keyring(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_confirm(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_reject(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_rollback(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_cancel(struct gs_session *s, struct gs_call *c);
enum gs_status gs_on_reboot(struct gs_session *s, struct gs_call *c);

/* Forget what the session before had loaded or opened; staging stays. */
void gs_session_start_over(struct gs_session *s);
/* The device's state alone, without the rest of what it says of itself. */
gapseal_v1_State gs_session_state(struct gs_session *s);
const struct gs_device_facts *gs_session_facts(const struct gs_session *s);

/* dispatch.c: takes the request in memory.frame; true when it is done with it. */
bool gs_dispatch(struct gs_session *s);

/* nonce.c */
void gs_nonce_renew(struct gs_session *s);
/* GS_E_NONCE unless it is the device's current one; marks it as used by this request. */
GS_MUST_USE enum gs_status gs_nonce_check(struct gs_session *s, struct gs_call *c,
                                          const uint8_t *nonce, size_t len);
/* Refused signatures are answered more and more slowly (B25, H16). */
GS_MUST_USE bool gs_rate_waits(const struct gs_session *s);
void gs_rate_note(struct gs_session *s, enum gs_status status);

/* reply.c: where a handler puts its tail, and how long it may be. */
uint8_t *gs_reply_tail(struct gs_session *s, size_t *cap);
/* Encode message and tail into the kept reply and start sending it. */
void gs_reply_send(struct gs_session *s, const gapseal_v1_Reply *reply, size_t tail_len);
/* A status alone: it fits whatever a host takes. */
void gs_reply_bare(struct gs_session *s, uint32_t id, enum gs_status status);
void gs_reply_again(struct gs_session *s);

/* output.c */
void gs_announce(struct gs_session *s, enum gs_busy_what what, uint32_t max_ms, uint32_t done,
                 uint32_t total);
bool gs_output_waits(const struct gs_session *s);
/* Long work starts once its announcement left. */
bool gs_output_told(const struct gs_session *s);

/* evidence.c: what an ident signs is the newest hello, request and reply. */
void gs_evidence_keep_hello(struct gs_session *s);
/* Build and sign at gs_reply_tail + at; *len written on GS_OK. */
GS_MUST_USE enum gs_status gs_evidence_ident(struct gs_session *s, const uint8_t *host_nonce,
                                             size_t *len);
GS_MUST_USE enum gs_status gs_evidence_receipt(struct gs_session *s, const uint8_t *host_nonce,
                                               gapseal_v1_ReceiptKind kind, size_t *len);

/* flow.c */
void gs_flow_open(struct gs_session *s, bool pages, uint32_t frame_data);
void gs_flow_close(struct gs_session *s);
/* Takes memory.frame; true when it is done with it. */
bool gs_flow_frame(struct gs_session *s);
/* Stores what was announced, or takes the frame that was kept; true when memory.frame is free
 * again. */
bool gs_flow_go_on(struct gs_session *s);
/* A frame that came damaged may have been a block frame: before the next frame is taken. */
void gs_flow_watch(struct gs_session *s);
void gs_flow_timer(struct gs_session *s);
/* The acknowledgement as it is now. */
void gs_flow_ack(struct gs_session *s, struct gs_ack *out);
/* Longest that storing one item may take. */
uint32_t gs_flow_store_ms(const struct gs_session *s);

/* flow_kept.c: frames that came before their turn. */
/* How many of them memory.reorder keeps. */
uint32_t gs_kept_places(const struct gs_session *s);
/* Keep the block frame in memory.frame; false where there is no room for it. */
bool gs_kept_put(struct gs_session *s, const struct gs_block_header *h, uint32_t data_len);
/* The expected frame, where held says that it is kept. */
GS_MUST_USE enum gs_status gs_kept_get(const struct gs_session *s, struct gs_block_header *h,
                                       const uint8_t **data, uint32_t *data_len);

/* job.c */
void gs_job_start(struct gs_session *s, enum gs_job_kind kind, uint32_t id);
void gs_job_slice(struct gs_session *s);

/* requests_update.c, for the end of a job */
void gs_needs_fill(struct gs_session *s, uint32_t first, gapseal_v1_NeedsReply *out);

#endif
