/* SPDX-License-Identifier: Apache-2.0 */
#include "receipts.h"

#include <pb_decode.h>
#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "gapseal/v1/wire.pb.h"

static bool is_receipt(const uint8_t *encoded, size_t len) {
  static uint8_t content[SIM_FRAME_MAX];
  struct gs_deframer d;
  size_t taken, content_len = 0;
  gs_deframer_init(&d, content, sizeof content);
  if (!gs_deframer_push(&d, encoded, len, &taken, &content_len)) {
    return false;
  }
  struct gs_reader r = gs_reader_init(content, content_len);
  uint8_t type = gs_read_u8(&r);
  (void)gs_read_u8(&r);
  uint16_t message_len = gs_read_u16(&r);
  const uint8_t *message = gs_read_view(&r, message_len);
  gapseal_v1_Reply reply = gapseal_v1_Reply_init_zero;
  if (message == NULL || type != GS_FRAME_REPLY) {
    return false;
  }
  pb_istream_t stream = pb_istream_from_buffer(message, message_len);
  return pb_decode(&stream, gapseal_v1_Reply_fields, &reply) &&
         reply.which_body == gapseal_v1_Reply_receipt_tag;
}

/* A whole frame, or one too long to be a receipt: it leaves, or is swallowed. */
static size_t release(struct sim_receipts *r, uint8_t *out) {
  size_t n = r->used;
  r->used = 0;
  if (r->to_drop > 0 && is_receipt(r->frame, n)) {
    r->to_drop -= r->to_drop != SIM_DROP_ALL;
    return 0;
  }
  memcpy(out, r->frame, n);
  return n;
}

size_t sim_receipts_pass(struct sim_receipts *r, const uint8_t *data, size_t len, uint8_t *out) {
  size_t given = 0;
  size_t i = 0;
  while (i < len && (r->to_drop > 0 || r->used > 0)) {
    r->frame[r->used++] = data[i];
    if (data[i++] == 0 || r->used == sizeof r->frame) {
      given += release(r, out + given);
    }
  }
  memcpy(out + given, data + i, len - i);
  return given + len - i;
}
