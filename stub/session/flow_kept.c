/* SPDX-License-Identifier: Apache-2.0
 * Block frames that came before their turn, in memory.reorder: places of equal size, each the
 * length of the data and the frame's content as it came. The frame with sequence number n lies in
 * place n modulo places; from the expected one on at most that many are kept, so that no two want
 * one place. What is kept is looked at again when its turn comes; until then nothing but its
 * sequence number counts.
 */
#include <string.h>

#include "session_internal.h"

static size_t place_bytes(uint32_t frame_data) {
  return GS_REORDER_OVERHEAD + (size_t)frame_data;
}

uint32_t gs_kept_places(const struct gs_session *s) {
  size_t places = s->memory.reorder_cap / place_bytes(s->flow.frame_data);
  return places < GS_ACK_HELD_MAX ? (uint32_t)places : GS_ACK_HELD_MAX;
}

static uint8_t *place_of(const struct gs_session *s, uint32_t sequence) {
  return s->memory.reorder + sequence % gs_kept_places(s) * place_bytes(s->flow.frame_data);
}

bool gs_kept_put(struct gs_session *s, const struct gs_block_header *h, uint32_t data_len) {
  struct gs_flow *f = &s->flow;
  uint32_t above = h->sequence - f->next_sequence;
  if (above >= gs_kept_places(s) || data_len == 0 || data_len > f->frame_data) {
    return false;
  }
  uint32_t bit = (uint32_t)1 << above;
  if ((f->held & bit) == 0) {
    uint8_t *place = place_of(s, h->sequence);
    memcpy(place, &data_len, sizeof data_len);
    memcpy(place + sizeof data_len, s->memory.frame, GS_BLOCK_HEADER_BYTES + (size_t)data_len);
    f->held |= bit;
  }
  return true;
}

enum gs_status gs_kept_get(const struct gs_session *s, struct gs_block_header *h,
                           const uint8_t **data, uint32_t *data_len) {
  const uint8_t *place = place_of(s, s->flow.next_sequence);
  memcpy(data_len, place, sizeof *data_len);
  *data = place + sizeof *data_len + GS_BLOCK_HEADER_BYTES;
  return gs_block_header_decode(place + sizeof *data_len, GS_BLOCK_HEADER_BYTES, h);
}
