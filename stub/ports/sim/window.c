/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <pb_decode.h>
#include <string.h>

#include "bytes.h"
#include "device.h"
#include "gapseal/v1/wire.pb.h"

void sim_window_open(struct sim_window *w) {
  memset(w, 0, sizeof *w);
  w->open = true;
  w->until_ms = sim_now_ms() + SIM_WINDOW_MS;
  gs_deframer_init(&w->deframer, w->frame, sizeof w->frame);
}

size_t sim_window_room(const struct sim_window *w) {
  return sizeof w->heard - w->heard_len;
}

static bool is_hello(const uint8_t *content, size_t len) {
  struct gs_reader r = gs_reader_init(content, len);
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  uint8_t type = gs_read_u8(&r);
  uint8_t zero = gs_read_u8(&r);
  uint16_t n = gs_read_u16(&r);
  const uint8_t *message = gs_read_view(&r, n);
  if (r.failed || type != GS_FRAME_REQUEST || zero != 0) {
    return false;
  }
  pb_istream_t stream = pb_istream_from_buffer(message, n);
  return pb_decode(&stream, gapseal_v1_Request_fields, &request) &&
         request.which_body == gapseal_v1_Request_hello_tag;
}

void sim_window_input(struct sim_window *w, const uint8_t *data, size_t len) {
  size_t n = len < sim_window_room(w) ? len : sim_window_room(w);
  memcpy(w->heard + w->heard_len, data, n);
  w->heard_len += n;
  while (n > 0 && !w->hello) {
    size_t taken = 0;
    size_t content_len = 0;
    if (gs_deframer_push(&w->deframer, data, n, &taken, &content_len)) {
      w->hello = is_hello(w->frame, content_len);
    }
    data += taken;
    n -= taken;
  }
}

void sim_window_forget(struct sim_window *w) {
  w->heard_len = 0;
  gs_deframer_init(&w->deframer, w->frame, sizeof w->frame);
}

uint32_t sim_window_left_ms(const struct sim_window *w) {
  uint32_t left = w->until_ms - sim_now_ms();
  return w->hello || left > SIM_WINDOW_MS ? 0 : left;
}
