/* SPDX-License-Identifier: Apache-2.0
 * From an accepted begin to a device that holds every block: asks what is needed, sends it, and
 * asks again until nothing is. The flow itself is transfer.c; here are bytes and time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "host_internal.h"
#include "mark.h"
#include "text.h"
#include "transfer.h"

#define SLOW_FRAME_DATA 2048u
#define FRAME_DATA_MAX 65536u
/* Encoded bytes kept ready for the link. On a slow line they would only be in the way of a new
 * hello or of what must go again; pace.c says how much may be under way in all. */
#define QUEUE_SLOW 4096u
#define QUEUE_FAST 65536u
#define ITEM_TRIES 3u /* after the device found a block bad */
#define PROGRESS_MS 100u
#define RATE_MS 2000u

struct sending {
  struct gsh_device *d;
  struct gsh_package *p;
  uint32_t variant;
  struct gsh_send_counts *counts;
  struct gsh_transfer flow;
  struct gsh_pace pace; /* what the flows before this one learnt of the line */
  struct gsh_mark mark;
  uint8_t *needed; /* bitmap */
  uint8_t *item;   /* the item being cut into frames */
  uint32_t item_index;
  size_t item_len;
  bool item_held;
  uint64_t told_ms;
  double rate_from_s; /* the rate shown is that of the time since then */
  uint64_t rate_from_bytes;
  double rate;
};

static uint32_t frame_data(const struct gsh_device *d) {
  uint32_t most = d->hello.frame_max - GS_BLOCK_HEADER_BYTES;
  uint32_t want = gsh_link_slow(d->conn->link) ? SLOW_FRAME_DATA : FRAME_DATA_MAX;
  return most < want ? most : want;
}

static enum gs_status ask_needs(struct gsh_device *d, uint32_t first, gapseal_v1_NeedsReply *out,
                                struct gsh_error *err) {
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_needs_tag;
  request.body.needs.first = first;
  request.body.needs.frame_data = frame_data(d);
  d->loaded = false; /* opening a flow ends what was loaded */
  enum gs_status status =
      gsh_conn_call(d->conn, &request, NULL, 0, gapseal_v1_Reply_needs_tag, err);
  if (status == GS_OK) {
    *out = d->conn->client.reply.body.needs;
  }
  return status;
}

/* Items there must be, by the manifest. */
static uint32_t items_of(const struct sending *s, bool pages) {
  struct gs_table_shape shape = gs_manifest_table(gsh_package_manifest(s->p), s->variant);
  return pages ? shape.pages : shape.blocks;
}

static enum gs_status needs_nonsense(struct gsh_error *err) {
  return gsh_fail(err, GS_E_PROTOCOL, "the device's list of what it needs cannot be");
}

/* Copy a reply's bits into the bitmap; first and count are whole bytes but for the end. */
static enum gs_status take_bits(struct sending *s, const gapseal_v1_NeedsReply *r, uint32_t first,
                                uint32_t total, struct gsh_error *err) {
  if (r->first != first || r->total != total || r->count == 0 || r->count > total - first ||
      r->bitmap.size != (r->count + 7u) / 8u || first % 8u != 0 ||
      (r->count % 8u != 0 && first + r->count != total)) {
    return needs_nonsense(err);
  }
  memcpy(s->needed + first / 8u, r->bitmap.bytes, r->bitmap.size);
  return GS_OK;
}

static uint32_t count_bits(const uint8_t *bits, uint32_t total) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < total; i++) {
    n += bits[i / 8u] >> (i % 8u) & 1u;
  }
  return n;
}

/* Ask for the whole list. *first: the reply that opened the flow. */
static enum gs_status list_needs(struct sending *s, gapseal_v1_NeedsReply *first,
                                 struct gsh_error *err) {
  enum gs_status status = ask_needs(s->d, 0, first, err);
  if (status != GS_OK) {
    return status;
  }
  uint32_t total = items_of(s, first->pages);
  free(s->needed);
  s->needed = calloc(1, (total + 7u) / 8u + 1u);
  if (s->needed == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for the list of blocks");
  }
  status = take_bits(s, first, 0, total, err);
  uint32_t known = first->count;
  while (status == GS_OK && known < total) {
    gapseal_v1_NeedsReply more;
    status = ask_needs(s->d, known, &more, err);
    if (status == GS_OK && more.pages != first->pages) {
      status = needs_nonsense(err);
    }
    if (status == GS_OK) {
      status = take_bits(s, &more, known, total, err);
      known += more.count;
    }
  }
  if (status == GS_OK && count_bits(s->needed, total) != first->needed) {
    status = needs_nonsense(err);
  }
  return status;
}

static enum gs_status read_item(struct sending *s, uint32_t index, struct gsh_error *err) {
  if (s->item_held && s->item_index == index) {
    return GS_OK;
  }
  s->item_held = false;
  enum gs_status status =
      s->flow.plan.pages ? gsh_package_page(s->p, s->variant, index, s->item, &s->item_len, err)
                         : gsh_package_block(s->p, s->variant, index, s->item, &s->item_len, err);
  if (status == GS_OK) {
    s->item_held = true;
    s->item_index = index;
  }
  return status;
}

/* Encode frames ahead of the line, as far as credit goes. */
static enum gs_status fill_queue(struct sending *s, struct gsh_error *err) {
  struct gsh_client *client = &s->d->conn->client;
  size_t most = gsh_link_slow(s->d->conn->link) ? QUEUE_SLOW : QUEUE_FAST;
  for (;;) {
    struct gs_block_header h;
    uint32_t len = 0;
    size_t waiting = 0;
    (void)gsh_client_output(client, &waiting);
    if (waiting >= most || !gsh_transfer_next(&s->flow, &h, &len)) {
      return GS_OK;
    }
    enum gs_status status = read_item(s, h.index & ~GS_ITEM_PAGE, err);
    if (status != GS_OK) {
      return status;
    }
    if (h.offset > s->item_len || len > s->item_len - h.offset) {
      return gsh_fail(err, GS_E_INTERNAL, "a block is shorter than the manifest says");
    }
    if (!gsh_client_block(client, &h, s->item + h.offset, len)) {
      return waiting > 0 ? GS_OK : gsh_fail(err, GS_E_INTERNAL, "a block fits no frame");
    }
    if (s->counts->started_s <= 0 && !s->flow.plan.pages) {
      s->counts->started_s = gsh_clock_s();
    }
    gsh_transfer_sent(&s->flow, gsh_clock_ms());
  }
}

static void tell_progress(struct sending *s, bool last) {
  uint64_t now = gsh_clock_ms();
  if (s->flow.plan.pages || s->d->h->config.event == NULL ||
      (!last && now < s->told_ms + PROGRESS_MS)) {
    return;
  }
  double now_s = gsh_clock_s();
  double span = now_s - s->rate_from_s;
  if (span > 0) {
    s->rate = (double)(s->flow.done_bytes - s->rate_from_bytes) / span;
  }
  if (span * 1000 > RATE_MS) {
    s->rate_from_s = now_s;
    s->rate_from_bytes = s->flow.done_bytes;
  }
  s->told_ms = now;
  uint64_t left = s->flow.all_bytes - s->flow.done_bytes;
  struct gsh_event event = {.kind = GSH_EVENT_PROGRESS,
                            .name = "send",
                            .text = "",
                            .done = s->flow.done_bytes,
                            .total = s->flow.all_bytes,
                            .rate = s->rate,
                            .left_s = s->rate > 0 ? (double)left / s->rate : -1};
  s->d->h->config.event(s->d->h->config.event_ctx, &event);
}

static enum gs_status flow_failed(struct sending *s, struct gsh_error *err) {
  enum gs_status status = gsh_transfer_verdict(s->flow.status);
  if (status == GS_E_LINK_LOST) {
    return gsh_fail(err, status, "the device started over meanwhile");
  }
  if (status == GS_E_PROTOCOL) {
    return gsh_fail(err, status, "the device ended the transfer and did not say why");
  }
  s->d->conn->device_said = true;
  return gsh_fail(err, status, "%s", gs_status_info(status)->sentence);
}

static enum gs_status take_event(struct sending *s, enum gsh_client_event event,
                                 struct gsh_error *err) {
  struct gsh_client *client = &s->d->conn->client;
  if (event == GSH_CLIENT_BUSY) {
    gsh_transfer_busy(&s->flow, client->busy_until_ms);
    return GS_OK;
  }
  if (event != GSH_CLIENT_ACK) {
    return GS_OK;
  }
  uint32_t backs = s->flow.backs;
  enum gs_status status = gsh_transfer_ack(&s->flow, &client->ack, gsh_clock_ms());
  if (s->flow.backs != backs) {
    /* What is queued behind the loss would be dropped at the other end. */
    gsh_client_unqueue(client, gsh_conn_discard(s->d->conn));
  }
  if (status != GS_OK) {
    return gsh_fail(err, status, "the device acknowledged what it was never sent");
  }
  return s->flow.failed ? flow_failed(s, err) : GS_OK;
}

static enum gs_status stopped(const struct sending *s, struct gsh_error *err) {
  char done[32];
  char all[32];
  if (s->flow.plan.pages) {
    return gsh_fail(err, GS_E_INTERRUPTED, "stopped by a person before the image was sent");
  }
  return gsh_fail(err, GS_E_INTERRUPTED, "stopped by a person after %s of %s bytes",
                  gsh_count(s->flow.done_bytes, done), gsh_count(s->flow.all_bytes, all));
}

static enum gs_status pump_flow(struct sending *s, struct gsh_error *err) {
  struct gsh_conn *c = s->d->conn;
  enum gs_status status = fill_queue(s, err);
  if (status != GS_OK) {
    return status;
  }
  enum gsh_client_event event;
  /* All that came before now is heard first: a computer that stood still must not take it for
   * silence. */
  uint64_t now = gsh_clock_ms();
  uint32_t wait = gsh_transfer_idle_ms(&s->flow, now);
  status = gsh_conn_pump(c, wait < 100 ? wait : 100, &event, err);
  if (status == GS_OK) {
    status = take_event(s, event, err);
  }
  if (status != GS_OK || s->flow.all) {
    return status;
  }
  size_t waiting = 0;
  (void)gsh_client_output(&c->client, &waiting);
  if (gsh_client_silent(&c->client, now)) {
    status = GS_E_LINK_TIMEOUT;
  } else if (gsh_client_flooded(&c->client)) {
    status = GS_E_PROTOCOL;
  } else if (waiting > 0) {
    /* It is the line that is slow, and the timer must not add to it. */
    status = gsh_transfer_stuck(&s->flow, now) ? GS_E_LINK_NOISE : GS_OK;
  } else {
    status = gsh_transfer_timer(&s->flow, now);
  }
  if (status != GS_OK) {
    return gsh_fail(err, status, "%s", gs_status_info(status)->sentence);
  }
  if (gsh_conn_stopped(c)) {
    return stopped(s, err);
  }
  return GS_OK;
}

static void keep_mark(struct sending *s) {
  uint64_t given[2] = {s->counts->given[0], s->counts->given[1]};
  given[s->flow.plan.pages ? 0 : 1] = s->flow.given;
  gsh_mark_put(&s->mark, given);
}

static void add_counts(struct sending *s, uint64_t wire_before) {
  struct gsh_send_counts *c = s->counts;
  size_t queued = 0;
  (void)gsh_client_output(&s->d->conn->client, &queued);
  /* What broke off while it waited here was not sent. */
  c->sent += s->flow.counts.bytes > queued ? s->flow.counts.bytes - queued : 0;
  c->given[s->flow.plan.pages ? 0 : 1] = s->flow.given;
  c->resent += s->flow.counts.resent_bytes;
  c->lost += s->flow.counts.lost + s->flow.counts.timeouts;
  c->wire += s->d->conn->wire_bytes - wire_before;
  if (!s->flow.plan.pages) {
    c->image += s->flow.done_bytes;
    c->ended_s = gsh_clock_s();
  }
}

/* Send everything one needs reply asked for. */
static enum gs_status run_flow(struct sending *s, const gapseal_v1_NeedsReply *needs,
                               struct gsh_error *err) {
  struct gs_table_shape shape = gs_manifest_table(gsh_package_manifest(s->p), s->variant);
  uint32_t block_size = gsh_package_manifest(s->p)->fields.variants[s->variant].block_size;
  struct gsh_transfer_plan plan = {
      .pages = needs->pages,
      .total = needs->pages ? shape.pages : shape.blocks,
      .needed = s->needed,
      .item_size = block_size,
      .last_size = needs->pages ? shape.last_page_len : shape.last_block_len,
      .frame_data = frame_data(s->d),
      .limit = needs->limit,
      .given_before = s->counts->given[needs->pages ? 0 : 1],
      .pace = s->pace,
  };
  if (gsh_transfer_start(&s->flow, &plan, gsh_clock_ms()) != GS_OK) {
    return needs_nonsense(err);
  }
  s->item_held = false;
  s->rate_from_s = gsh_clock_s();
  s->rate_from_bytes = 0;
  s->rate = 0;
  s->told_ms = 0;
  uint64_t wire_before = s->d->conn->wire_bytes;
  gsh_client_flow(&s->d->conn->client, gsh_clock_ms());
  enum gs_status status = GS_OK;
  while (status == GS_OK && !s->flow.all) {
    status = pump_flow(s, err);
    keep_mark(s);
    tell_progress(s, status == GS_OK && s->flow.all);
  }
  s->pace = s->flow.pace;
  add_counts(s, wire_before);
  return status;
}

/* What is not asked for is there: copied from the other slot, or left by an earlier run, be it one
 * of this session of the device or of one before. */
static void note_found(struct sending *s, const gapseal_v1_NeedsReply *needs) {
  const gapseal_v1_Variant *image = &gsh_package_manifest(s->p)->fields.variants[s->variant];
  struct gs_table_shape shape = gs_manifest_table(gsh_package_manifest(s->p), s->variant);
  uint32_t last = shape.blocks - 1u;
  bool short_one = (s->needed[last / 8u] >> (last % 8u) & 1u) != 0;
  uint64_t asked = (uint64_t)needs->needed * image->block_size -
                   (short_one ? image->block_size - shape.last_block_len : 0u);
  uint64_t held = image->size - asked;
  if (s->counts->image == 0) { /* later, what this run brought is among it */
    s->counts->found = held;
  }
  if (held > 0) {
    char count[32];
    gsh_tell(s->d->h, GSH_EVENT_NOTE, "needs", "the device holds %s bytes of the image already",
             gsh_count(held, count));
  }
}

static enum gs_status send_all(struct sending *s, struct gsh_error *err) {
  uint32_t bad = 0;
  bool counted = false;
  struct gsh_transfer_phases phases = {0};
  for (;;) {
    gapseal_v1_NeedsReply needs;
    enum gs_status status = list_needs(s, &needs, err);
    if (status != GS_OK) {
      return status;
    }
    if (!needs.pages && !counted) {
      note_found(s, &needs);
      counted = true;
    }
    if (!gsh_transfer_phase(&phases, needs.pages, needs.needed)) {
      return gsh_fail(err, GS_E_PROTOCOL, "the device asks for the same pages again and again");
    }
    if (needs.needed == 0) {
      return needs.pages ? needs_nonsense(err) : GS_OK;
    }
    status = run_flow(s, &needs, err);
    if (status == GS_OK && !needs.pages) {
      return GS_OK;
    }
    if (status == GS_E_BLOCK_BAD && ++bad < ITEM_TRIES) {
      /* The file is read and verified again; the line may have fooled its CRC. */
      gsh_tell(s->d->h, GSH_EVENT_NOTE, "send", "a block arrived damaged; sending it again");
      continue;
    }
    if (status != GS_OK) {
      return status;
    }
  }
}

enum gs_status gsh_send(struct gsh_device *d, struct gsh_package *p, uint32_t variant,
                        struct gsh_send_counts *counts, struct gsh_error *err) {
  const struct gs_manifest *m = gsh_package_manifest(p);
  d->conn->device_said = false; /* what this computer fails at is not the device's word */
  if (variant >= m->fields.variants_count) {
    return gsh_fail(err, GS_E_PROTOCOL, "the device wants an image that the package does not have");
  }
  struct sending s = {.d = d, .p = p, .variant = variant, .counts = counts};
  gsh_pace_init(&s.pace, gsh_link_slow(d->conn->link));
  gsh_mark_open(&s.mark, d, p);
  memcpy(counts->given, s.mark.given, sizeof counts->given);
  s.item = malloc(m->fields.variants[variant].block_size);
  if (s.item == NULL) {
    gsh_mark_close(&s.mark, false);
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a block");
  }
  enum gs_status status = send_all(&s, err);
  gsh_mark_close(&s.mark, status == GS_OK);
  free(s.item);
  free(s.needed);
  return status;
}
