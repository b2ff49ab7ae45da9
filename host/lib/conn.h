/* SPDX-License-Identifier: Apache-2.0
 * A client on a link: blocking requests with time limits, and the stop flag.
 */
#ifndef GSH_CONN_H
#define GSH_CONN_H

#include <signal.h>
#include <stdbool.h>

#include "client.h"
#include "error.h"
#include "link.h"
#include "trace.h"

typedef void (*gsh_busy_fn)(void *ctx, const struct gs_busy *busy);

struct gsh_conn {
  struct gsh_link *link;
  struct gsh_client client;
  const volatile sig_atomic_t *stop; /* NULL: nobody stops it */
  struct gsh_tap *tap;               /* NULL: nothing is recorded */
  gsh_busy_fn busy;                  /* NULL, or told of each busy frame */
  void *busy_ctx;
  char name[128];       /* of the link, safe to print */
  uint64_t wire_bytes;  /* written to the link */
  uint64_t other_bytes; /* read from the link before the first whole frame */
  bool heard;           /* a whole frame came */
  bool device_said;     /* what failed last failed by the device's word, a status that we know */
  uint8_t *in_data;     /* read and not yet taken: [in_from, in_to) */
  size_t in_from, in_to;
  uint8_t *memory;
};

struct gsh_conn_options {
  uint32_t timeout_ms;
  const volatile sig_atomic_t *stop;
  struct gsh_trace *trace; /* NULL: none */
  bool tcp_anywhere;
};

/* Open a link and get ready to speak; sends nothing yet. */
enum gs_status gsh_conn_open(const char *text, const struct gsh_conn_options *options,
                             struct gsh_conn **out, struct gsh_error *err);
void gsh_conn_close(struct gsh_conn *c);

/*
 * Move bytes both ways until one whole frame came, or wait_ms passed, or a signal came.
 *
 * event  what came; GSH_CLIENT_NOTHING where nothing did. Its data is in c->client.
 */
enum gs_status gsh_conn_pump(struct gsh_conn *c, uint32_t wait_ms, enum gsh_client_event *event,
                             struct gsh_error *err);

/*
 * Ask, and wait for the reply: c->client.reply, .tail.
 *
 * which  the reply body that GS_OK must come with (gapseal_v1_Reply_*_tag); 0: any.
 *
 * Returns the status the device said, with err filled from status.def, or why none came.
 * device_said is true after a refusal alone: not after GS_OK, not after a status unknown here.
 * GS_E_INTERRUPTED once *stop is set.
 */
enum gs_status gsh_conn_call(struct gsh_conn *c, gapseal_v1_Request *request, const uint8_t *tail,
                             size_t tail_len, pb_size_t which, struct gsh_error *err);

bool gsh_conn_stopped(const struct gsh_conn *c);
/* gsh_link_discard. */
bool gsh_conn_discard(struct gsh_conn *c);

#endif
