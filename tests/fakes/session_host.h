/* SPDX-License-Identifier: Apache-2.0
 * The other end of a session, for tests: builds requests and block frames, gives them to a
 * session over a fake engine, takes apart what comes back. The clock is the test's.
 */
#ifndef SESSION_HOST_H
#define SESSION_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "fake_engine.h"
#include "gapseal/session_types.h"

#define HOST_FRAME_MAX 1040u
#define HOST_BLOCK 1024u
#define HOST_RX 4400u
#define HOST_ACKS 512u

struct session_host {
  struct gs_device_facts facts;
  struct gs_port port;
  struct gs_engine engine;
  struct gs_session session;
  struct gs_engine_memory engine_memory;
  struct gs_session_memory memory;
  uint8_t private_key[GS_PRIVATE_KEY_BYTES];
  uint8_t statement[200];
  uint32_t now_ms;
  uint32_t id;
  /* What entropy says, and fills in. */
  enum gs_status entropy_status;
  uint8_t entropy_byte;
  bool entropy_counts;
  uint32_t signatures; /* made with the device's key */
  /* What came back. */
  uint32_t replies, acks, busies, others;
  gapseal_v1_Reply reply; /* the newest */
  uint8_t content[8192];  /* of the newest reply */
  size_t content_len;
  uint8_t tail[8192];
  size_t tail_len;
  struct gs_ack ack[HOST_ACKS]; /* the newest at acks - 1, modulo */
  struct gs_busy busy;
  uint32_t busy_steps; /* steps taken when the newest busy came */
  uint32_t busy_acks;  /* acknowledgements that had come before it */
  uint32_t steps;
  uint8_t hello_content[256]; /* of the newest hello */
  size_t hello_len;
  struct gs_deframer deframer;
  uint8_t frame[8192];
  uint8_t buffers[64 * 1024];
};

/* A device in READY that answers; no hello was said. */
void host_init(struct session_host *h);
/* Bytes as they come from the line. */
void host_bytes(struct session_host *h, const void *data, size_t len);
/* One step, and what is said after it is taken apart. */
void host_step(struct session_host *h);
/* Steps until the session is idle; fails the test when that never comes. */
void host_run(struct session_host *h);
/* Lets ms pass, stepping once every 10. */
void host_pass(struct session_host *h, uint32_t ms);

/* A request's content; returns its length. */
size_t host_encode(const gapseal_v1_Request *r, uint8_t *content, size_t cap);
/* Give a request its id (the next one, unless it has one) and send it; nothing is run. */
void host_send(struct session_host *h, gapseal_v1_Request *r, const void *tail, size_t tail_len);
/* The same and run; the newest reply must answer it. Returns its status. */
uint32_t host_ask(struct session_host *h, gapseal_v1_Request *r);
uint32_t host_ask_tail(struct session_host *h, gapseal_v1_Request *r, const void *tail,
                       size_t tail_len);
/* hello, which must succeed. */
void host_hello(struct session_host *h);
/* Loads an object of len bytes in one piece. */
uint32_t host_load(struct session_host *h, gapseal_v1_ObjectKind kind, const void *data,
                   size_t len);
/* hello, load, begin, and engine WRITING with an image of size bytes. */
void host_begin(struct session_host *h, uint32_t size);
/* needs from 0, which must succeed; the reply is at h->reply. */
void host_needs(struct session_host *h, uint32_t frame_data);
/* A block frame; data of len bytes, each of the low byte of index. */
void host_block(struct session_host *h, uint8_t round, uint32_t sequence, uint32_t index,
                uint32_t offset, uint32_t len);
const struct gs_ack *host_last_ack(const struct session_host *h);
/* Requests that name nonce and package. */
void host_nonce(const struct session_host *h, uint8_t out[GS_NONCE_BYTES]);

#endif
