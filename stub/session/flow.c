/* SPDX-License-Identifier: Apache-2.0
 * Block frames: taken in sequence, assembled, handed to the engine, acknowledged.
 *
 * Credit: a host may send frames below the limit. limit = next + credit + 1, where credit is
 * how many of the largest frames rx holds and 1 stands for the one in memory.frame. While the
 * frame `next` is being stored, at most credit others are on their way, so that rx takes them
 * all however long the storing lasts. Where erasing stops reception the limit ends with the
 * item whose storing erases.
 *
 * Where there is memory for it, frames above the expected one are kept until their turn comes,
 * and each acknowledgement says which. Otherwise they are dropped, and that is said once a round.
 * Damage is told at once, so that nobody has to wait for what comes after it; and once for all that
 * came before it was told, as the deframer may take one damaged frame for two.
 *
 * Source: docs/spec/wire.md, flow of blocks.
 */
#include <string.h>

#include "session_internal.h"

static const struct gs_table_shape *shape_of(const struct gs_session *s) {
  return &s->flow.shape;
}

static uint32_t item_count(const struct gs_session *s) {
  return s->flow.pages ? shape_of(s)->pages : shape_of(s)->blocks;
}

static uint32_t item_len(const struct gs_session *s, uint32_t i) {
  const struct gs_table_shape *t = shape_of(s);
  if (i + 1u < item_count(s)) {
    return t->digests_a_page * GS_DIGEST_BYTES; /* a whole page is as long as a whole block */
  }
  return s->flow.pages ? t->last_page_len : t->last_block_len;
}

static bool item_needed(const struct gs_session *s, uint32_t i) {
  return s->flow.pages ? gs_engine_page_needed(s->engine, i) : gs_engine_block_needed(s->engine, i);
}

static bool item_erases(const struct gs_session *s, uint32_t i) {
  return s->flow.pages ? gs_engine_page_erases(s->engine, i) : gs_engine_block_erases(s->engine, i);
}

/* The first needed item from i on; item_count when there is none. */
static uint32_t next_needed(const struct gs_session *s, uint32_t i) {
  uint32_t count = item_count(s);
  while (i < count && !item_needed(s, i)) {
    i++;
  }
  return i;
}

static uint32_t frames_for(const struct gs_session *s, uint32_t bytes) {
  return (bytes + s->flow.frame_data - 1u) / s->flow.frame_data;
}

/* Frames that may come before something is erased, at most max. */
static uint32_t frames_before_erase(const struct gs_session *s, uint32_t max) {
  uint32_t frames = 0;
  uint32_t offset = s->flow.offset;
  uint32_t i = s->flow.index;
  while (frames < max && i < item_count(s)) {
    frames += frames_for(s, item_len(s, i) - offset);
    if (item_erases(s, i)) {
      break;
    }
    offset = 0;
    i = next_needed(s, i + 1u);
  }
  return frames < max ? frames : max;
}

static uint32_t limit_now(const struct gs_session *s) {
  const struct gs_flow *f = &s->flow;
  uint32_t frames = f->credit + 1u;
  if (gs_session_facts(s)->erase_stops_reception) {
    frames = frames_before_erase(s, frames);
  }
  uint32_t limit = f->next_sequence + frames;
  return limit > f->limit ? limit : f->limit;
}

static void owe_ack(struct gs_session *s, uint8_t flags) {
  s->flow.flags_due |= flags;
  s->flow.ack_due = true;
}

void gs_flow_ack(struct gs_session *s, struct gs_ack *out) {
  struct gs_flow *f = &s->flow;
  if (f->state == GS_FLOW_OPEN) {
    f->limit = limit_now(s);
  }
  *out = (struct gs_ack){
      .round = f->round,
      .flags = f->flags_due,
      .next_sequence = f->next_sequence,
      .limit_sequence = f->limit,
      .index = f->pages ? f->index | GS_ITEM_PAGE : f->index,
      .offset = f->offset,
      .status = f->status,
      .held = f->state == GS_FLOW_OPEN ? f->held : 0,
  };
  f->flags_due = 0;
  f->ack_due = false;
  f->ack_ms = s->now_ms;
}

void gs_flow_close(struct gs_session *s) {
  s->flow = (struct gs_flow){
      .state = GS_FLOW_CLOSED,
      .ack_ms = s->now_ms - GS_REPORT_MS,
      .dropped_seen = s->deframer.dropped,
  };
}

/* What the host announces, within what a frame and an item hold. */
static uint32_t largest_frame_data(const struct gs_session *s, uint32_t announced) {
  uint32_t frame = (uint32_t)(s->memory.frame_cap - 4u) - GS_BLOCK_HEADER_BYTES;
  uint32_t item = shape_of(s)->digests_a_page * GS_DIGEST_BYTES;
  uint32_t least = frame < item ? frame : item;
  return announced < least ? announced : least;
}

void gs_flow_open(struct gs_session *s, bool pages, uint32_t frame_data) {
  gs_flow_close(s);
  s->flow.shape = *gs_engine_table(s->engine);
  s->flow.pages = pages;
  uint32_t data = largest_frame_data(s, frame_data);
  size_t frame = GS_FRAME_ENCODED_MAX(GS_BLOCK_HEADER_BYTES + (size_t)data);
  s->flow.frame_data = data;
  s->flow.credit = (uint32_t)((s->memory.rx_cap - GS_RX_RESERVE) / frame);
  s->flow.index = next_needed(s, 0);
  s->flow.ack_ms = s->flow.frame_ms = s->now_ms;
  s->flow.state = s->flow.index < item_count(s) ? GS_FLOW_OPEN : GS_FLOW_ALL;
  s->flow.limit = s->flow.state == GS_FLOW_OPEN ? limit_now(s) : 0;
}

uint32_t gs_flow_store_ms(const struct gs_session *s) {
  const struct gs_device_facts *facts = gs_session_facts(s);
  uint32_t unit = gs_engine_port(s->engine)->geometry[GS_AREA_SLOT_A].erase_size;
  uint32_t units = (uint32_t)(s->memory.assembly_cap + unit - 1u) / unit;
  return (units + 1u) * facts->erase_ms_max + facts->program_ms_max;
}

static void fail(struct gs_session *s, enum gs_status status) {
  s->flow.state = GS_FLOW_FAILED;
  s->flow.status = (uint32_t)status;
  owe_ack(s, GS_ACK_FAILED);
}

static void next_frame(struct gs_flow *f) {
  f->next_sequence++;
  f->held >>= 1;
}

static void stored(struct gs_session *s) {
  struct gs_flow *f = &s->flow;
  next_frame(f);
  f->offset = 0;
  f->index = next_needed(s, f->index + 1u);
  if (f->index == item_count(s)) {
    f->state = GS_FLOW_ALL;
  }
  owe_ack(s, f->state == GS_FLOW_ALL ? GS_ACK_ALL : 0);
}

static void store(struct gs_session *s) {
  struct gs_flow *f = &s->flow;
  uint32_t len = item_len(s, f->index);
  const uint8_t *data = f->in_frame ? s->memory.frame + GS_BLOCK_HEADER_BYTES : s->memory.assembly;
  f->store_due = false;
  enum gs_status status = f->pages ? gs_engine_page(s->engine, f->index, data, len)
                                   : gs_engine_block(s->engine, f->index, data, len);
  if (status == GS_OK) {
    stored(s);
  } else {
    fail(s, status);
  }
}

/* The item is whole. An erase that lasts is announced first, and done at the next step. True when
 * memory.frame is free again. */
static bool whole(struct gs_session *s) {
  uint32_t ms = gs_flow_store_ms(s);
  if (item_erases(s, s->flow.index) &&
      (gs_session_facts(s)->erase_stops_reception || ms > GS_ANNOUNCE_MS)) {
    s->flow.store_due = true;
    s->flow.held |= 1u; /* it is here, and not yet counted */
    gs_announce(s, GS_BUSY_ERASE, ms, 0, 0);
    return !s->flow.in_frame;
  }
  store(s);
  return true;
}

/* The expected frame. What one frame holds whole is stored straight from it, unless it was kept.
 * True when memory.frame is free again. */
static bool take(struct gs_session *s, const uint8_t *data, uint32_t len, bool kept) {
  struct gs_flow *f = &s->flow;
  uint32_t left = item_len(s, f->index) - f->offset;
  if (len == 0 || len > left) {
    fail(s, GS_E_BLOCK_RANGE);
    return true;
  }
  f->flags_due &= (uint8_t)~GS_ACK_GAP;
  f->gap_said = false;
  f->in_frame = f->offset == 0 && len == left && !kept;
  if (!f->in_frame) {
    memcpy(s->memory.assembly + f->offset, data, len);
  }
  if (len == left) {
    return whole(s);
  }
  f->offset += len;
  next_frame(f);
  owe_ack(s, 0); /* a host that keeps little in flight must not wait for the whole item */
  return true;
}

/* A frame of a newer round; serial lines keep order, so an older one cannot come after it. */
static bool raises_round(struct gs_session *s, const struct gs_block_header *h) {
  uint8_t ahead = (uint8_t)(h->round - s->flow.round);
  if (ahead == 0 || ahead > 127u) {
    return false;
  }
  s->flow.round = h->round;
  s->flow.gap_said = false;
  return true;
}

static void gap(struct gs_session *s) {
  if (!s->flow.gap_said) {
    s->flow.gap_said = true;
    owe_ack(s, GS_ACK_GAP);
  }
}

void gs_flow_watch(struct gs_session *s) {
  struct gs_flow *f = &s->flow;
  if (f->dropped_seen != s->deframer.dropped) {
    f->dropped_seen = s->deframer.dropped;
    if (f->state != GS_FLOW_OPEN) {
      return;
    }
    if (gs_kept_places(s) > 0) {
      owe_ack(s, GS_ACK_DAMAGED);
    } else {
      gap(s);
    }
  }
}

/* Block frames without a flow to belong to: said so, now and then. */
static void no_flow(struct gs_session *s) {
  if (s->now_ms - s->flow.ack_ms >= GS_REPORT_MS) {
    s->flow.ack_ms = s->now_ms;
    s->flow.status = s->opened ? GS_E_STATE : GS_E_NO_HELLO;
    owe_ack(s, GS_ACK_FAILED);
  }
}

/* Is it the place that comes next? */
static bool is_expected(const struct gs_flow *f, const struct gs_block_header *h) {
  return h->index == (f->pages ? f->index | GS_ITEM_PAGE : f->index) && h->offset == f->offset;
}

static bool in_flow(struct gs_session *s, const struct gs_block_header *h, uint32_t data_len) {
  struct gs_flow *f = &s->flow;
  bool raised = raises_round(s, h);
  if (f->state != GS_FLOW_OPEN) {
    if (raised) { /* the host did not hear how it ended */
      owe_ack(s, f->state == GS_FLOW_ALL ? GS_ACK_ALL : GS_ACK_FAILED);
    }
    return true;
  }
  f->flags_due &= (uint8_t)~GS_ACK_DAMAGED;
  if (h->sequence < f->next_sequence) {
    if (raised) { /* nor an acknowledgement */
      owe_ack(s, 0);
    }
    return true;
  }
  if (h->sequence == f->next_sequence && is_expected(f, h)) {
    return take(s, s->memory.frame + GS_BLOCK_HEADER_BYTES, data_len, false);
  }
  if (h->sequence > f->next_sequence && gs_kept_put(s, h, data_len)) {
    owe_ack(s, 0);
  } else {
    gap(s);
  }
  return true;
}

bool gs_flow_go_on(struct gs_session *s) {
  struct gs_flow *f = &s->flow;
  struct gs_block_header h;
  const uint8_t *data = NULL;
  uint32_t len = 0;
  if (f->store_due) {
    bool frees = f->in_frame;
    store(s);
    return frees;
  }
  if (gs_kept_get(s, &h, &data, &len) == GS_OK && is_expected(f, &h)) {
    (void)take(s, data, len, true);
  } else {
    f->held &= ~(uint32_t)1;
    gap(s);
  }
  return false;
}

bool gs_flow_frame(struct gs_session *s) {
  struct gs_block_header h;
  if (gs_block_header_decode(s->memory.frame, s->in.frame_len, &h) != GS_OK) {
    s->in.rejected++;
    return true;
  }
  if (s->flow.state == GS_FLOW_CLOSED) {
    no_flow(s);
    return true;
  }
  s->flow.frame_ms = s->now_ms;
  return in_flow(s, &h, (uint32_t)(s->in.frame_len - GS_BLOCK_HEADER_BYTES));
}

void gs_flow_timer(struct gs_session *s) {
  struct gs_flow *f = &s->flow;
  if (f->state == GS_FLOW_OPEN && s->now_ms - f->ack_ms >= GS_REPORT_MS &&
      s->now_ms - f->frame_ms < GS_FLOW_SILENT_MS) {
    owe_ack(s, 0);
  }
}
