/* SPDX-License-Identifier: Apache-2.0
 * The session's outside: memory, bytes in, one step, idling. What a request does is decided
 * in dispatch.c; session_internal.h draws the whole.
 */
#include <string.h>

#include "session_internal.h"

#define CRC_BYTES 4u
#define FAR_MS 60000u

static bool buffer_ok(const uint8_t *buffer, size_t cap, size_t least) {
  return buffer != NULL && cap >= least;
}

/* What carries frames. */
static bool line_ok(const struct gs_session_memory *m, size_t statement_len) {
  size_t frame_max = m->frame_cap - CRC_BYTES;
  return buffer_ok(m->frame, m->frame_cap, GS_FRAME_MAX_MIN + CRC_BYTES) &&
         m->frame_cap <= GS_FRAME_MAX_MAX + CRC_BYTES &&
         buffer_ok(m->rx, m->rx_cap, GS_FRAME_ENCODED_MAX(frame_max) + GS_RX_RESERVE) &&
         buffer_ok(m->reply, m->reply_cap, GS_REPLY_MIN(statement_len)) &&
         buffer_ok(m->tx, m->tx_cap, GS_TX_MIN) && (m->reorder != NULL || m->reorder_cap == 0);
}

/* What holds objects and items. */
static bool store_ok(const struct gs_session_memory *m, const struct gs_engine_memory *em) {
  return buffer_ok(m->object, m->object_cap, em->manifest_cap) &&
         m->object_cap >= em->keyring_cap && buffer_ok(m->assembly, m->assembly_cap, em->block_max);
}

static void start_deframer(struct gs_session *s) {
  gs_deframer_init(&s->deframer, s->memory.frame, s->memory.frame_cap);
  s->deframer.mends = true;
}

enum gs_status gs_session_init(struct gs_session *s, struct gs_engine *engine,
                               const struct gs_session_memory *memory, uint32_t now_ms) {
  if (!line_ok(memory, gs_engine_port(engine)->facts->statement_len) ||
      !store_ok(memory, gs_engine_memory(engine))) {
    return GS_E_RANGE;
  }
  memset(s, 0, sizeof *s);
  s->engine = engine;
  s->memory = *memory;
  s->now_ms = s->start_ms = now_ms;
  start_deframer(s);
  gs_flow_close(s);
  gs_nonce_renew(s);
  return GS_OK;
}

const struct gs_device_facts *gs_session_facts(const struct gs_session *s) {
  return gs_engine_port(s->engine)->facts;
}

gapseal_v1_State gs_session_state(struct gs_session *s) {
  gapseal_v1_DeviceState state;
  gs_engine_state(s->engine, &state);
  return state.state;
}

void gs_session_start_over(struct gs_session *s) {
  s->object = (struct gs_session_object){.total = 0};
  s->job = (struct gs_session_job){.kind = GS_JOB_NONE};
  s->refusal = (struct gs_outcome){.operation = 0};
  s->last_id = 0;
  s->opened = s->begun = s->scanned = s->announced = false;
  s->out.busy_due = false;
  gs_flow_close(s);
  gs_engine_unlink(s->engine);
}

static void restart_deframer(struct gs_session *s) {
  uint32_t dropped = s->deframer.dropped;
  uint32_t stray = s->deframer.stray;
  start_deframer(s);
  s->deframer.dropped = dropped;
  s->deframer.stray = stray;
}

void gs_session_link_reset(struct gs_session *s) {
  gs_session_start_over(s);
  restart_deframer(s);
  s->in.at = s->in.used = s->in.frame_len = 0;
  s->in.fresh = false;
  s->out = (struct gs_session_out){.reply_len = 0};
}

size_t gs_session_room(const struct gs_session *s) {
  return s->memory.rx_cap - s->in.used;
}

/* Move what waits in rx into the deframer until a frame is whole. */
static void deframe(struct gs_session *s) {
  struct gs_session_in *in = &s->in;
  while (in->frame_len == 0 && in->used > 0) {
    size_t run = s->memory.rx_cap - in->at;
    size_t taken = 0;
    size_t content_len = 0;
    run = run < in->used ? run : in->used;
    if (gs_deframer_push(&s->deframer, s->memory.rx + in->at, run, &taken, &content_len)) {
      in->frame_len = (uint32_t)content_len; /* at most GS_FRAME_MAX_MAX */
    }
    in->at += taken; /* a run ends where rx ends */
    in->at = in->at < s->memory.rx_cap ? in->at : 0;
    in->used -= taken;
  }
}

size_t gs_session_input(struct gs_session *s, const uint8_t *data, size_t len) {
  struct gs_session_in *in = &s->in;
  size_t taken = 0;
  while (taken < len && gs_session_room(s) > 0) {
    size_t end = in->at + in->used;
    end -= end < s->memory.rx_cap ? 0 : s->memory.rx_cap;
    size_t run = end < in->at ? in->at - end : s->memory.rx_cap - end;
    run = run < len - taken ? run : len - taken;
    run = run < gs_session_room(s) ? run : gs_session_room(s);
    memcpy(s->memory.rx + end, data + taken, run);
    in->used += run;
    taken += run;
    deframe(s);
  }
  in->fresh = in->fresh || taken > 0;
  return taken;
}

static bool is_partial(const struct gs_session *s) {
  const struct gs_deframer *d = &s->deframer;
  return s->in.frame_len == 0 && (d->used > 0 || d->code_left > 0 || d->skipping);
}

/* A frame whose bytes stopped coming must not swallow the next one's. */
static void watch_input(struct gs_session *s) {
  if (s->in.fresh) {
    s->in.fresh = false;
    s->in.last_ms = s->now_ms;
  } else if (is_partial(s) && s->now_ms - s->in.last_ms >= GS_PARTIAL_MS) {
    s->deframer.dropped += !s->deframer.skipping;
    restart_deframer(s);
  }
}

/* The flow has work that goes before the next frame. */
static bool flow_is_due(const struct gs_session *s) {
  return s->flow.store_due || (s->flow.state == GS_FLOW_OPEN && (s->flow.held & 1u) != 0);
}

static bool flow_can_go(const struct gs_session *s) {
  return flow_is_due(s) && (!s->flow.store_due || gs_output_told(s));
}

static bool frame_can_go(const struct gs_session *s) {
  if (s->in.frame_len == 0 || flow_is_due(s)) {
    return false;
  }
  if (s->announced) {
    return gs_output_told(s);
  }
  return s->memory.frame[0] != GS_FRAME_REQUEST || !s->out.sending;
}

static bool job_can_go(const struct gs_session *s) {
  return s->job.kind != GS_JOB_NONE && !s->out.sending && gs_output_told(s);
}

/* True when memory.frame is free again. */
static bool handle_frame(struct gs_session *s) {
  switch (s->memory.frame[0]) {
    case GS_FRAME_REQUEST:
      return gs_dispatch(s);
    case GS_FRAME_BLOCK:
      return gs_flow_frame(s);
    default:
      s->in.rejected++;
      return true;
  }
}

void gs_session_step(struct gs_session *s, uint32_t now_ms) {
  s->now_ms = now_ms;
  watch_input(s);
  if (s->reset) {
    return;
  }
  gs_flow_watch(s);
  if (flow_can_go(s) ? gs_flow_go_on(s) : frame_can_go(s) && handle_frame(s)) {
    s->in.frame_len = 0;
    deframe(s);
  }
  if (job_can_go(s)) {
    gs_job_slice(s);
  }
  gs_flow_timer(s);
}

/* Milliseconds until `after` have passed since `from`. */
static uint32_t until(uint32_t from, uint32_t after, uint32_t now_ms) {
  uint32_t gone = now_ms - from;
  return gone < after ? after - gone : 0;
}

uint32_t gs_session_idle_ms(const struct gs_session *s, uint32_t now_ms) {
  if (s->reset) {
    return gs_output_waits(s) ? FAR_MS : 0;
  }
  if (flow_can_go(s) || frame_can_go(s) || job_can_go(s)) {
    return 0;
  }
  uint32_t idle = FAR_MS;
  if (is_partial(s)) {
    idle = until(s->in.last_ms, GS_PARTIAL_MS, now_ms);
  }
  if (s->flow.state == GS_FLOW_OPEN && !s->flow.ack_due &&
      now_ms - s->flow.frame_ms < GS_FLOW_SILENT_MS) {
    uint32_t report = until(s->flow.ack_ms, GS_REPORT_MS, now_ms);
    idle = report < idle ? report : idle;
  }
  return idle;
}

bool gs_session_wants_reset(const struct gs_session *s) {
  return s->reset && !gs_output_waits(s);
}
