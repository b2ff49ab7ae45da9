/* SPDX-License-Identifier: Apache-2.0
 * Work that lasts longer than a request may: done in slices, one a step, announced before the
 * first and at least every 500 ms. hello and status are answered between two slices; hello
 * ends the job.
 */
#include "session_internal.h"

static void report(struct gs_session *s) {
  const struct gs_engine_progress *p = gs_engine_progress(s->engine);
  enum gs_busy_what what = s->job.kind == GS_JOB_SCAN ? GS_BUSY_SCAN : GS_BUSY_CHECK;
  gs_announce(s, what, 2u * GS_REPORT_MS + gs_flow_store_ms(s), p->done_bytes, p->total_bytes);
}

void gs_job_start(struct gs_session *s, enum gs_job_kind kind, uint32_t id) {
  s->job = (struct gs_session_job){.kind = kind, .id = id};
  report(s);
}

static void finish_scan(struct gs_session *s, enum gs_status status) {
  gapseal_v1_Reply reply = {.id = s->job.id, .status = (uint32_t)status};
  if (status == GS_OK) {
    s->scanned = true;
    gs_flow_open(s, false, s->job.frame_data);
    reply.which_body = gapseal_v1_Reply_needs_tag;
    gs_needs_fill(s, 0, &reply.body.needs);
  }
  gs_reply_send(s, &reply, 0);
}

static void finish_finish(struct gs_session *s, enum gs_status status) {
  const struct gs_engine_progress *p = gs_engine_progress(s->engine);
  gapseal_v1_Reply reply = {.id = s->job.id, .status = (uint32_t)status};
  reply.which_body = gapseal_v1_Reply_finish_tag;
  reply.body.finish.needed = p->pages_needed + p->blocks_needed;
  gs_reply_send(s, &reply, 0);
}

void gs_job_slice(struct gs_session *s) {
  enum gs_job_kind kind = s->job.kind;
  bool done = false;
  enum gs_status status =
      kind == GS_JOB_SCAN ? gs_engine_scan(s->engine, &done) : gs_engine_finish(s->engine, &done);
  if (status == GS_OK && !done) {
    if (s->now_ms - s->out.busy_ms >= GS_REPORT_MS) {
      report(s);
    }
    return;
  }
  if (kind == GS_JOB_SCAN) {
    finish_scan(s, status);
  } else {
    finish_finish(s, status);
  }
  s->job.kind = GS_JOB_NONE;
}
