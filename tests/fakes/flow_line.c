/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_line.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"
#include "session_host.h"

#define TICK_US 250u
#define TICK_BYTES 128u /* more than the fastest line carries */
#define TICKS_MOST 256u
#define BLOCK 4096u
#define SMALL_BLOCK 1024u
#define FRAME_DATA 2048u
#define USB_PACKET 62u
#define GIVE_UP_US 600000000u

/* What was carried in one tick. */
struct under_way {
  size_t len;
  uint8_t bytes[TICK_BYTES];
};

/* Bytes of one direction, in order; the line takes them at its own speed. */
struct way {
  uint8_t *bytes;
  size_t from, to, cap;
  double credit;                      /* bytes the line may take now */
  uint64_t carried;                   /* bytes since the beginning */
  double next_flip, next_drop;        /* bits, bytes until the next one */
  struct under_way ticks[TICKS_MOST]; /* as many as the latency has, a ring */
  size_t tick;
};

struct world {
  const struct flow_line *line;
  struct session_host host; /* only its session is used once the flow is open */
  struct gsh_transfer flow;
  struct gs_deframer deframer;
  struct way down, up;
  uint8_t *image;
  uint32_t block;
  uint64_t now_us, dead_to;
  uint64_t adapter_us; /* when the adapter sent last */
  uint64_t erases_to;  /* until then the device's flash is busy, and so is the device */
  uint32_t stored, flips;
  uint64_t random;
  bool died, broken;
  uint8_t adapter[4096], frame[256], memory[1024 * 1024];
  size_t adapter_len, waiting_most;
};

static double uniform(struct world *w) {
  w->random = w->random * 6364136223846793005u + 1442695040888963407u;
  return ((double)(w->random >> 11) + 0.5) / 9007199254740992.0;
}

static double gap(struct world *w, double probability) {
  return probability > 0 ? floor(log(uniform(w)) / log1p(-probability)) : 1e18;
}

static void put(struct way *v, const uint8_t *data, size_t len) {
  if (v->cap - v->to < len) {
    memmove(v->bytes, v->bytes + v->from, v->to - v->from);
    v->to -= v->from;
    v->from = 0;
  }
  assert_true(v->cap - v->to >= len);
  memcpy(v->bytes + v->to, data, len);
  v->to += len;
}

/* What the line delivers within a tick, damaged. */
static size_t carry(struct world *w, struct way *v, uint8_t *out) {
  size_t n = 0;
  v->credit += (double)w->line->baud / 10.0 * TICK_US / 1e6;
  while (v->credit >= 1 && v->from < v->to && n < TICK_BYTES) {
    uint8_t byte = v->bytes[v->from++];
    v->credit -= 1;
    v->carried++;
    while (v->next_flip < 8) {
      byte ^= (uint8_t)(1u << (unsigned)v->next_flip);
      v->next_flip += 1 + gap(w, w->line->bit_errors);
      w->flips++;
    }
    v->next_flip -= 8;
    if (v->next_drop < 1) {
      v->next_drop = gap(w, w->line->drops);
      continue;
    }
    v->next_drop -= 1;
    if (w->now_us >= w->dead_to) {
      out[n++] = byte;
    }
  }
  if (v->from == v->to && v->credit > 1) {
    v->credit = 1;
  }
  return n;
}

static void send_frames(struct world *w) {
  struct gs_block_header h;
  uint32_t len = 0;
  while (gsh_transfer_next(&w->flow, &h, &len)) {
    uint8_t head[GS_BLOCK_HEADER_BYTES];
    uint8_t wire[GS_FRAME_ENCODED_MAX(sizeof head + FRAME_DATA)];
    gs_block_header_encode(&h, head);
    size_t n = gs_frame_encode2(head, sizeof head, w->image + (size_t)h.index * w->block + h.offset,
                                len, wire, sizeof wire);
    assert_true(n > 0);
    put(&w->down, wire, n);
    gsh_transfer_sent(&w->flow, w->now_us / 1000);
  }
  size_t waiting = w->down.to - w->down.from;
  w->waiting_most = waiting > w->waiting_most ? waiting : w->waiting_most;
}

static void check_stored(struct world *w) {
  if (fake.erases[w->stored]) {
    w->erases_to = w->now_us + w->line->erase_us;
  }
  uint32_t at = w->stored * w->block;
  uint32_t left = w->line->image - at;
  uint32_t len = left < w->block ? left : w->block;
  w->broken = w->broken || fake.last_item != w->stored || fake.last_len != len ||
              memcmp(fake.last_data, w->image + at, len) != 0;
  w->stored++;
}

static void device(struct world *w, const uint8_t *data, size_t len) {
  struct gs_session *s = &w->host.session;
  uint32_t now_ms = w->host.now_ms + (uint32_t)(w->now_us / 1000);
  size_t at = 0;
  do {
    at += gs_session_input(s, data + at, len - at);
    if (w->now_us < w->erases_to) {
      assert_int_equal(at, len); /* credit was for no more than it takes */
      return;
    }
    uint32_t calls = fake.calls;
    gs_session_step(s, now_ms);
    if (fake.calls != calls) {
      check_stored(w);
    }
    if (w->now_us < w->erases_to) {
      return; /* it is still inside that step */
    }
    uint8_t out[256];
    size_t n;
    while ((n = gs_session_output(s, out, sizeof out)) > 0) {
      put(&w->up, out, n);
    }
  } while (at < len || gs_session_idle_ms(s, now_ms) == 0);
}

static void hear(struct world *w, const uint8_t *data, size_t len) {
  size_t at = 0;
  while (at < len && !w->flow.all) {
    size_t taken = 0;
    size_t content = 0;
    struct gs_ack a;
    bool whole = gs_deframer_push(&w->deframer, data + at, len - at, &taken, &content);
    at += taken;
    struct gs_busy b;
    if (whole && w->frame[0] == GS_FRAME_BUSY && gs_busy_decode(w->frame, content, &b) == GS_OK) {
      gsh_transfer_busy(&w->flow, w->now_us / 1000 + b.max_ms);
    }
    if (whole && w->frame[0] == GS_FRAME_ACK && gs_ack_decode(w->frame, content, &a) == GS_OK) {
      assert_int_equal(gsh_transfer_ack(&w->flow, &a, w->now_us / 1000), GS_OK);
      send_frames(w);
    }
  }
}

/* The adapter's latency timer runs free; whole packets go at once. */
static void adapt(struct world *w, const uint8_t *data, size_t len) {
  size_t ready = len;
  memcpy(w->adapter + w->adapter_len, data, len);
  w->adapter_len += len;
  if (w->line->timer_us > 0) {
    ready = w->adapter_len / USB_PACKET * USB_PACKET;
    if (w->now_us - w->adapter_us >= w->line->timer_us) {
      ready = w->adapter_len;
      w->adapter_us += w->line->timer_us;
    } else if (ready > 0) {
      w->adapter_us = w->now_us;
    }
  } else {
    ready = w->adapter_len;
  }
  hear(w, w->adapter, ready);
  memmove(w->adapter, w->adapter + ready, w->adapter_len - ready);
  w->adapter_len -= ready;
}

/* The same, as it comes out at the other end, a tick later at least. */
static size_t arrive(struct world *w, struct way *v, uint8_t *out) {
  struct under_way *u = &v->ticks[v->tick];
  size_t ticks = w->line->latency_us / TICK_US;
  size_t n = u->len;
  memcpy(out, u->bytes, n);
  u->len = carry(w, v, u->bytes);
  v->tick = v->tick + 1 < ticks ? v->tick + 1 : 0;
  return n;
}

static void tick(struct world *w) {
  uint8_t bytes[TICK_BYTES];
  if (!w->died && w->line->dead_us > 0 && w->down.carried >= w->line->dead_from) {
    w->died = true;
    w->dead_to = w->now_us + w->line->dead_us;
  }
  size_t n = arrive(w, &w->down, bytes);
  device(w, bytes, n);
  n = arrive(w, &w->up, bytes);
  adapt(w, bytes, n);
}

static void open_flow(struct world *w) {
  struct session_host *h = &w->host;
  host_init(h);
  h->facts.erase_ms_max = w->line->erase_us / 1000 + 1;
  w->block = w->line->small ? SMALL_BLOCK : BLOCK;
  size_t frame = GS_BLOCK_HEADER_BYTES + (w->line->small ? SMALL_BLOCK : 65536u);
  size_t rx = (w->line->small ? 1u : 4u) * GS_FRAME_ENCODED_MAX(frame) + GS_RX_RESERVE;
  size_t keep = w->line->small ? 0 : 32u * (GS_REORDER_OVERHEAD + FRAME_DATA);
  uint8_t *at = w->memory;
  h->engine_memory.block_max = w->block;
  h->memory.rx = at;
  h->memory.rx_cap = rx;
  h->memory.frame = at += rx;
  h->memory.frame_cap = frame + 4u;
  h->memory.assembly = at += frame + 4u;
  h->memory.assembly_cap = w->block;
  h->memory.reorder = keep > 0 ? at + w->block : NULL;
  h->memory.reorder_cap = keep;
  fake_engine_reset(&h->engine, &h->port, &h->engine_memory);
  assert_int_equal(gs_session_init(&h->session, &h->engine, &h->memory, h->now_ms), GS_OK);
  uint8_t envelope[100] = {1};
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_begin_tag};
  host_hello(h);
  assert_int_equal(
      host_load(h, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST, envelope, sizeof envelope), GS_OK);
  fake_engine_writing(&h->engine, w->block, w->line->image);
  assert_int_equal(host_ask(h, &r), GS_OK);
  memset(fake.page_needed, 0, sizeof fake.page_needed);
  fake_engine_count_needed(&h->engine);
  for (uint32_t i = 0; i < w->line->image / w->block && w->line->erase_us > 0; i += 16) {
    fake.erases[i] = true;
  }
  host_needs(h, w->line->small ? SMALL_BLOCK : FRAME_DATA);
}

static enum gs_status run(struct world *w) {
  const gapseal_v1_NeedsReply *needs = &w->host.reply.body.needs;
  uint8_t *needed = calloc(1, needs->total / 8 + 1);
  assert_non_null(needed);
  memset(needed, 0xFF, needs->total / 8 + 1);
  struct gsh_transfer_plan plan = {.total = needs->total,
                                   .needed = needed,
                                   .item_size = w->block,
                                   .last_size = w->line->image - (needs->total - 1) * w->block,
                                   .frame_data = w->line->small ? SMALL_BLOCK : FRAME_DATA,
                                   .limit = needs->limit};
  gsh_pace_init(&plan.pace, true);
  assert_int_equal(gsh_transfer_start(&w->flow, &plan, 0), GS_OK);
  enum gs_status status = GS_OK;
  while (status == GS_OK && !w->flow.all && w->now_us < GIVE_UP_US) {
    send_frames(w);
    tick(w);
    w->now_us += TICK_US;
    status = w->flow.failed ? GS_E_STATE : gsh_transfer_timer(&w->flow, w->now_us / 1000);
  }
  free(needed);
  return status;
}

void flow_line_run(const struct flow_line *line, struct flow_result *out) {
  struct world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->line = line;
  w->random = line->seed * 2654435761u + 12345u;
  w->image = malloc(line->image);
  w->down.cap = w->up.cap = 1024u * 1024u;
  w->down.bytes = malloc(w->down.cap);
  w->up.bytes = malloc(w->up.cap);
  assert_true(w->image != NULL && w->down.bytes != NULL && w->up.bytes != NULL);
  for (uint32_t i = 0; i < line->image; i++) {
    w->image[i] = line->zeros ? 0 : (uint8_t)(uniform(w) * 256);
  }
  w->down.next_flip = gap(w, line->bit_errors);
  w->up.next_flip = gap(w, line->bit_errors);
  w->down.next_drop = gap(w, line->drops);
  w->up.next_drop = gap(w, line->drops);
  gs_deframer_init(&w->deframer, w->frame, sizeof w->frame);
  open_flow(w);
  fake.calls = 0;
  memset(out, 0, sizeof *out);
  out->status = run(w);
  bool whole = w->stored * (uint64_t)w->block >= line->image && !w->broken && w->flow.all;
  out->status = out->status == GS_OK && !whole ? GS_E_INTERNAL : out->status;
  out->us = w->now_us;
  out->goodput = (double)line->image / ((double)w->now_us / 1e6) / (line->baud / 10.0);
  out->counts = w->flow.counts;
  out->flips = w->flips;
  out->waiting_most = w->waiting_most;
  free(w->image);
  free(w->down.bytes);
  free(w->up.bytes);
  free(w);
}
