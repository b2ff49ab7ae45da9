/* SPDX-License-Identifier: Apache-2.0
 * The host's end of the wire, without I/O and without a clock: bytes in, bytes out, and the
 * time as a parameter. It makes requests, repeats them, matches replies, and hands out what else
 * the device says. docs/spec/wire.md.
 *
 * One request at a time:
 *
 *   gsh_client_ask(c, &request, tail, tail_len, now)
 *   loop: gsh_client_output -> link;  link -> gsh_client_input;  gsh_client_step(c, now)
 *   until input returns GSH_CLIENT_REPLY or step returns anything but GS_OK
 */
#ifndef GSH_CLIENT_H
#define GSH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "gapseal/v1/wire.pb.h"
#include "status.h"

#define GSH_CLIENT_VERSION 1u       /* of the wire */
#define GSH_CLIENT_FRAME_MAX 16384u /* longest content this host takes */
#define GSH_CLIENT_REPEAT_MS 500u   /* a request that was not answered is repeated */
/* Announced silence. Before hello it is a stranger's word; after it the device's own facts say
 * what one announcement may ask for, within these bounds. */
#define GSH_CLIENT_STALL_MS_HELLO 2000u
#define GSH_CLIENT_STALL_MS_MIN 5000u
#define GSH_CLIENT_STALL_MS_MAX 120000u
/* All of it together, until work is done: before hello, and after it. */
#define GSH_CLIENT_STALLS_MS_HELLO 3000u
#define GSH_CLIENT_STALLS_MS_MAX 120000u
/* Work is done when an announcement's bytes rose by this part of its total. Only needs and finish
 * work, and no request takes longer than this: twice 4 GiB at 8 MB/s. */
#define GSH_CLIENT_WORK_PARTS 256u
#define GSH_CLIENT_WORK_MS_MAX 1200000u
/* After hello, while a reply grows: an ident takes 9 s at 1,200 baud. So long it is not repeated,
 * and so much longer it is waited for. */
#define GSH_CLIENT_GROWS_MS_MAX 10000u
#define GSH_CLIENT_ARRIVING_MS_MAX 20000u
#define GSH_CLIENT_UNASKED_MAX 1000u /* frames during one request or flow */

/* Buffers, the caller's for as long as the client lives. Sizes in bytes. */
struct gsh_client_memory {
  uint8_t *in; /* one frame's content and CRC; GSH_CLIENT_FRAME_MAX + 4 */
  size_t in_cap;
  uint8_t *out; /* encoded frames on their way out */
  size_t out_cap;
  uint8_t *request; /* the content of the outstanding request, for repeats */
  size_t request_cap;
};

struct gsh_client {
  struct gsh_client_memory memory;
  struct gs_deframer deframer;
  size_t out_from, out_to; /* waiting in memory.out */
  size_t request_len;
  uint32_t id;
  bool waiting;           /* a request is outstanding */
  bool repeated;          /* it was sent more than once: its round trip tells nothing */
  unsigned unreadable;    /* times the device could not read it */
  uint64_t began_ms;      /* when it was sent first */
  uint64_t asked_ms;      /* when it was sent last */
  size_t grown;           /* bytes of a reply that is arriving; 0: none is */
  uint64_t grows_from_ms; /* when the first of them came, */
  uint64_t grows_ms;      /* and the last */
  bool flowing;           /* blocks are under way, and acknowledgements are asked for */
  uint64_t heard_ms;      /* when the device last said something of use */
  uint64_t busy_until_ms; /* the device announced silence until then */
  uint32_t busy_ms;       /* announced since heard_ms, as far as it is believed */
  uint32_t stall_ms_max;  /* one announcement; 0: no hello was answered yet */
  bool works;             /* the request may take long, as long as its work gets on */
  bool worked;            /* an announcement said how far the work is: */
  uint32_t work_done, work_total;
  uint32_t timeout_ms; /* give up when nothing of use came for so long */
  uint32_t repeat_ms;  /* GSH_CLIENT_REPEAT_MS, unless the caller is in a hurry */
  uint32_t rtt_ms;     /* smoothed round trip of a request; 0: not measured */
  uint32_t repeats, unasked;
  uint32_t unasked_before; /* this request or flow */

  /* What input found last; the views live until the next call of input. */
  const uint8_t *content;
  size_t content_len;
  gapseal_v1_Reply reply;
  const uint8_t *tail;
  size_t tail_len;
  struct gs_ack ack;
  struct gs_busy busy;
};

enum gsh_client_event {
  GSH_CLIENT_NOTHING, /* all input was taken, or the frame said nothing of use */
  GSH_CLIENT_REPLY,   /* to the outstanding request: reply, tail */
  GSH_CLIENT_ACK,     /* ack */
  GSH_CLIENT_BUSY,    /* busy */
};

/* first_id: where request ids start; any, best a random one, so that a reply to a host that died
 * before is not taken for ours. */
void gsh_client_init(struct gsh_client *c, const struct gsh_client_memory *memory,
                     uint32_t timeout_ms, uint32_t first_id, uint64_t now_ms);

/* End whatever half frame the other end may hold, so that the next frame is read whole. */
void gsh_client_resync(struct gsh_client *c);

/*
 * Send a request; its id is chosen here.
 *
 * tail  tail_len bytes that follow the message; may be NULL where tail_len is 0.
 *
 * GS_E_RANGE: it does not fit the buffers.
 */
GS_MUST_USE enum gs_status gsh_client_ask(struct gsh_client *c, gapseal_v1_Request *request,
                                          const uint8_t *tail, size_t tail_len, uint64_t now_ms);

/*
 * Take bytes up to the end of one frame.
 *
 * taken  how many bytes were used; always written. Call again with the rest.
 */
enum gsh_client_event gsh_client_input(struct gsh_client *c, const uint8_t *data, size_t len,
                                       size_t *taken, uint64_t now_ms);

/* Repeat what must be repeated. GS_E_LINK_TIMEOUT: no reply came within the time limit and what
 * the device may add to it. GS_E_REQUEST_BAD: the device cannot read the request. GS_E_PROTOCOL:
 * it says too much that was not asked. */
GS_MUST_USE enum gs_status gsh_client_step(struct gsh_client *c, uint64_t now_ms);

/* Milliseconds until step has something to do. */
uint32_t gsh_client_idle_ms(const struct gsh_client *c, uint64_t now_ms);

/* Encoded bytes to send, in place; gsh_client_sent says how many of them went out. */
const uint8_t *gsh_client_output(const struct gsh_client *c, size_t *len);
void gsh_client_sent(struct gsh_client *c, size_t len);

/* Forget the queued frames: behind a loss the other end would only drop them. Not while a request
 * is outstanding. all: also the one that was being sent, whose beginning is lost anyway; its half
 * is ended first. */
void gsh_client_unqueue(struct gsh_client *c, bool all);

/* Queue one block frame. False: the buffer has no room for it now. */
bool gsh_client_block(struct gsh_client *c, const struct gs_block_header *h, const uint8_t *data,
                      size_t len);

/* A flow of blocks begins: until the next request acknowledgements count as heard. */
void gsh_client_flow(struct gsh_client *c, uint64_t now_ms);
/* Has nothing of use come for the time limit, announced silence aside? */
bool gsh_client_silent(const struct gsh_client *c, uint64_t now_ms);
/* Does the device say too much that was not asked? */
bool gsh_client_flooded(const struct gsh_client *c);

#endif
