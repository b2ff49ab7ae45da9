/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "gapseal/crypto.h"
#include "text.h"

#define READ_BYTES 65536u
/* A block frame of the longest kind, twice, so that the line never waits for the encoder. */
#define OUT_BYTES (2u * GS_FRAME_ENCODED_MAX(131072u))
#define REQUEST_BYTES 131072u

enum gs_status gsh_conn_open(const char *text, const struct gsh_conn_options *options,
                             struct gsh_conn **out, struct gsh_error *err) {
  *out = NULL;
  struct gsh_conn *c = calloc(1, sizeof *c);
  size_t in_cap = GSH_CLIENT_FRAME_MAX + 4u;
  uint8_t *memory = malloc(in_cap + OUT_BYTES + REQUEST_BYTES + READ_BYTES);
  uint32_t first_id = 0;
  if (c == NULL || memory == NULL) {
    free(c);
    free(memory);
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a connection");
  }
  c->memory = memory;
  c->stop = options->stop;
  gsh_text_escape(text, strlen(text), 0, c->name, sizeof c->name);
  c->in_data = memory + in_cap + OUT_BYTES + REQUEST_BYTES;
  struct gsh_link_options link_options = {.tcp_anywhere = options->tcp_anywhere};
  enum gs_status status = gs_random(&first_id, sizeof first_id);
  if (status != GS_OK) {
    gsh_fail(err, GS_E_INTERNAL, "this computer gives no random numbers");
  } else {
    status = gsh_link_open(text, &link_options, &c->link, err);
    c->tap = gsh_tap_open(options->trace, text, status != GS_OK ? err->what : NULL);
  }
  if (status != GS_OK) {
    bool stopped = gsh_conn_stopped(c);
    gsh_conn_close(c);
    return stopped ? gsh_fail(err, GS_E_INTERRUPTED, "stopped") : status;
  }
  struct gsh_client_memory m = {.in = memory,
                                .in_cap = in_cap,
                                .out = memory + in_cap,
                                .out_cap = OUT_BYTES,
                                .request = memory + in_cap + OUT_BYTES,
                                .request_cap = REQUEST_BYTES};
  gsh_client_init(&c->client, &m, options->timeout_ms, first_id, gsh_clock_ms());
  gsh_client_resync(&c->client);
  *out = c;
  return GS_OK;
}

void gsh_conn_close(struct gsh_conn *c) {
  if (c != NULL) {
    gsh_tap_close(c->tap);
    gsh_link_close(c->link);
    free(c->memory);
    free(c);
  }
}

bool gsh_conn_stopped(const struct gsh_conn *c) {
  return c->stop != NULL && *c->stop != 0;
}

bool gsh_conn_discard(struct gsh_conn *c) {
  bool discarded = gsh_link_discard(c->link);
  if (discarded) {
    gsh_tap_event(c->tap, "discarded", NULL);
  }
  return discarded;
}

static enum gs_status lost(struct gsh_conn *c, enum gs_status status, const struct gsh_error *err) {
  if (status != GS_OK) {
    gsh_tap_event(c->tap, "lost", err->what);
  }
  return status;
}

static enum gs_status write_some(struct gsh_conn *c, struct gsh_error *err) {
  size_t len = 0;
  const uint8_t *data = gsh_client_output(&c->client, &len);
  size_t taken = 0;
  if (len == 0) {
    return GS_OK;
  }
  enum gs_status status = gsh_link_write(c->link, data, len, &taken, err);
  gsh_tap_out(c->tap, data, taken);
  gsh_client_sent(&c->client, taken);
  c->wire_bytes += taken;
  return lost(c, status, err);
}

/* Take what was read, up to the end of one frame. */
static enum gsh_client_event take_frame(struct gsh_conn *c) {
  enum gsh_client_event event = GSH_CLIENT_NOTHING;
  while (event == GSH_CLIENT_NOTHING && c->in_from < c->in_to) {
    size_t taken = 0;
    uint32_t unasked = c->client.unasked;
    event = gsh_client_input(&c->client, c->in_data + c->in_from, c->in_to - c->in_from, &taken,
                             gsh_clock_ms());
    c->in_from += taken;
    if (event != GSH_CLIENT_NOTHING || c->client.unasked != unasked) {
      c->heard = true;
    } else if (!c->heard) {
      c->other_bytes += taken;
    }
  }
  if (event == GSH_CLIENT_BUSY && c->busy != NULL) {
    c->busy(c->busy_ctx, &c->client.busy);
  }
  return event;
}

enum gs_status gsh_conn_pump(struct gsh_conn *c, uint32_t wait_ms, enum gsh_client_event *event,
                             struct gsh_error *err) {
  gsh_tap_look(c->tap);
  *event = take_frame(c);
  enum gs_status status = write_some(c, err);
  if (*event != GSH_CLIENT_NOTHING || status != GS_OK) {
    return status;
  }
  size_t waiting = 0;
  (void)gsh_client_output(&c->client, &waiting);
  bool readable = false;
  bool writable = false;
  status = gsh_link_wait(c->link, waiting > 0, wait_ms, &readable, &writable, err);
  if (status != GS_OK) {
    return lost(c, status, err);
  }
  if (writable) {
    status = write_some(c, err);
  }
  if (status == GS_OK && readable) {
    c->in_from = 0;
    c->in_to = 0;
    status = gsh_link_read(c->link, c->in_data, READ_BYTES, &c->in_to, err);
    gsh_tap_in(c->tap, c->in_data, c->in_to);
    (void)lost(c, status, err);
    *event = take_frame(c);
  }
  return status;
}

static enum gs_status timed_out(struct gsh_conn *c, enum gs_status status, struct gsh_error *err) {
  if (status == GS_E_PROTOCOL && !gsh_client_flooded(&c->client)) {
    gsh_fail(err, status, "the device worked on one request for %u minutes, without an end",
             GSH_CLIENT_WORK_MS_MAX / 60000u);
    gsh_next_step(err,
                  "start the device anew and try once more; if it takes as long again, its "
                  "stub is too slow for its memory: ask its maker");
    return status;
  }
  if (status != GS_E_LINK_TIMEOUT || c->heard) {
    return gsh_fail(err, status, "%s", gs_status_info(status)->sentence);
  }
  if (c->other_bytes == 0) {
    return gsh_fail(err, status, "no answer from a recovery stub on %s", c->name);
  }
  return gsh_fail(err, status,
                  "no answer from a recovery stub on %s (%llu bytes of other data seen)", c->name,
                  (unsigned long long)c->other_bytes);
}

static enum gs_status judge_reply(struct gsh_conn *c, pb_size_t asked, pb_size_t which,
                                  struct gsh_error *err) {
  uint32_t status = c->client.reply.status;
  if (status == GS_OK) {
    if (which != 0 && c->client.reply.which_body != which) {
      return gsh_fail(err, GS_E_PROTOCOL,
                      "the device's answer is of another kind than the question");
    }
    return GS_OK;
  }
  if (status == GS_E_NO_HELLO) {
    return gsh_fail(err, GS_E_LINK_LOST, "the device started over meanwhile");
  }
  const struct gs_status_info *info = gs_status_info(status);
  if (status >= GS_E_USAGE || info->number != status) {
    /* Numbers from 256 on are ours to say; an unknown one must never count as success. */
    gsh_fail(err, GS_E_PROTOCOL,
             "the device refused with status %lu, which this tool does not know",
             (unsigned long)status);
    gsh_next_step(err, "update this tool");
    return GS_E_PROTOCOL;
  }
  /* A bare status proves nothing. One that means success may come only where a receipt or a
   * signed ident is asked for it afterwards. */
  bool proven_later = status == GS_E_ALREADY && (asked == gapseal_v1_Request_check_tag ||
                                                 asked == gapseal_v1_Request_link_tag);
  if (info->exit_code == 0 && !proven_later) {
    return gsh_fail(err, GS_E_PROTOCOL, "the device answers a question with an outcome, \"%s\"",
                    info->name);
  }
  c->device_said = true;
  return gsh_fail(err, info->number, "%s", info->sentence);
}

enum gs_status gsh_conn_call(struct gsh_conn *c, gapseal_v1_Request *request, const uint8_t *tail,
                             size_t tail_len, pb_size_t which, struct gsh_error *err) {
  c->device_said = false;
  if (gsh_conn_stopped(c)) {
    return gsh_fail(err, GS_E_INTERRUPTED, "stopped");
  }
  enum gs_status status = gsh_client_ask(&c->client, request, tail, tail_len, gsh_clock_ms());
  if (status != GS_OK) {
    return gsh_fail(err, GS_E_INTERNAL, "a request does not fit its buffer");
  }
  for (;;) {
    status = gsh_client_step(&c->client, gsh_clock_ms());
    if (status != GS_OK) {
      return timed_out(c, status, err);
    }
    enum gsh_client_event event;
    uint32_t wait = gsh_client_idle_ms(&c->client, gsh_clock_ms());
    status = gsh_conn_pump(c, wait < 200 ? wait : 200, &event, err);
    if (status != GS_OK) {
      return status;
    }
    if (event == GSH_CLIENT_REPLY) {
      return judge_reply(c, request->which_body, which, err);
    }
    if (gsh_conn_stopped(c)) {
      return gsh_fail(err, GS_E_INTERRUPTED, "stopped");
    }
  }
}
