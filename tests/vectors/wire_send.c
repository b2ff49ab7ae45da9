/* SPDX-License-Identifier: Apache-2.0
 * Pages and blocks over the wire, as docs/spec/wire.md has it, where nothing is lost: frames in
 * ascending order, none past the limit that the device told.
 */
#include <string.h>

#include "fixture.h"
#include "wire_client.h"

#define STEPS_MAX 100000
#define FRAME_DATA (DEVICE_FRAME_MAX - GS_BLOCK_HEADER_BYTES)

/* One item at its place in the package. */
struct item {
  uint32_t index; /* with GS_ITEM_PAGE for a page */
  const uint8_t *data;
  uint32_t len;
};

static struct item item_of(const struct wire_image *from, bool page, uint32_t i) {
  size_t stride = (size_t)from->table.digests_a_page * GS_DIGEST_BYTES;
  return page ? (struct item){.index = i | GS_ITEM_PAGE,
                              .data = from->pages + i * stride,
                              .len = gs_table_page_len(&from->table, i)}
              : (struct item){.index = i,
                              .data = from->image + i * stride,
                              .len = gs_table_block_len(&from->table, i)};
}

static void send_frame(struct wire_client *c, const struct item *item, uint32_t offset,
                       uint32_t sequence) {
  uint8_t head[GS_BLOCK_HEADER_BYTES];
  uint8_t wire[GS_FRAME_ENCODED_MAX(DEVICE_FRAME_MAX)];
  const struct gs_block_header h = {.sequence = sequence, .index = item->index, .offset = offset};
  uint32_t n = item->len - offset < FRAME_DATA ? item->len - offset : FRAME_DATA;
  gs_block_header_encode(&h, head);
  size_t len = gs_frame_encode2(head, sizeof head, item->data + offset, n, wire, sizeof wire);
  fixture_must(len > 0, "block frame");
  wire_put(c, wire, len);
}

/* Wait for credit; false where the device ended the flow. */
static bool wait_for(struct wire_client *c, uint32_t sequence) {
  for (int i = 0; i < STEPS_MAX; i++) {
    if ((c->ack.flags & GS_ACK_FAILED) != 0 || sequence < c->ack.limit_sequence) {
      return (c->ack.flags & GS_ACK_FAILED) == 0;
    }
    wire_step(c);
  }
  fixture_must(false, "the device gives credit");
  return false;
}

static enum gs_status wait_for_all(struct wire_client *c) {
  for (int i = 0; i < STEPS_MAX; i++) {
    if ((c->ack.flags & GS_ACK_FAILED) != 0) {
      return (enum gs_status)c->ack.status;
    }
    if ((c->ack.flags & GS_ACK_ALL) != 0) {
      return GS_OK;
    }
    wire_step(c);
  }
  fixture_must(false, "the device says that it has all");
  return GS_E_INTERNAL;
}

/* What the newest reply to needs lists. */
static enum gs_status send_needed(struct wire_client *c, const struct wire_image *from) {
  const gapseal_v1_NeedsReply needs = c->reply.body.needs;
  uint32_t sequence = 0;
  fixture_must(needs.count == needs.total, "one bitmap names all items of a test");
  memset(&c->ack, 0, sizeof c->ack);
  c->ack.limit_sequence = needs.limit;
  if (needs.needed == 0) {
    return GS_OK;
  }
  for (uint32_t i = 0; i < needs.count; i++) {
    if ((needs.bitmap.bytes[i / 8u] >> (i % 8u) & 1u) == 0) {
      continue;
    }
    struct item item = item_of(from, needs.pages, i);
    for (uint32_t offset = 0; offset < item.len; offset += FRAME_DATA) {
      if (!wait_for(c, sequence)) {
        return (enum gs_status)c->ack.status;
      }
      send_frame(c, &item, offset, sequence++);
    }
  }
  return wait_for_all(c);
}

static enum gs_status ask_needs(struct wire_client *c) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_needs_tag};
  r.body.needs.frame_data = FRAME_DATA;
  return wire_ask(c, &r, NULL, 0);
}

enum gs_status wire_install(struct wire_client *c, const struct wire_image *from,
                            const uint8_t package[GS_DIGEST_BYTES]) {
  gapseal_v1_DeviceState state;
  gapseal_v1_Request finish = {.which_body = gapseal_v1_Request_finish_tag};
  gapseal_v1_Request install = {.which_body = gapseal_v1_Request_install_tag};
  gs_engine_state(&c->d->engine, &state);
  bool pages = state.state == gapseal_v1_State_STATE_WRITING;
  enum gs_status status = GS_OK;
  while (status == GS_OK && pages) { /* pages, as long as one is missing, then blocks */
    status = ask_needs(c);
    pages = c->reply.body.needs.pages;
    if (status == GS_OK) {
      status = send_needed(c, from);
    }
  }
  finish.body.finish.package.size = install.body.install.package.size = GS_DIGEST_BYTES;
  memcpy(finish.body.finish.package.bytes, package, GS_DIGEST_BYTES);
  memcpy(install.body.install.package.bytes, package, GS_DIGEST_BYTES);
  if (status == GS_OK) {
    status = wire_ask(c, &finish, NULL, 0);
  }
  return status == GS_OK ? wire_ask(c, &install, NULL, 0) : status;
}
