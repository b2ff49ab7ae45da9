/* SPDX-License-Identifier: Apache-2.0
 * The other end of a real session: requests as frames in, replies as frames out. It knows the
 * wire and nothing of what a device decides.
 */
#ifndef GAPSEAL_WIRE_CLIENT_H
#define GAPSEAL_WIRE_CLIENT_H

#include "vector_device.h"

#define WIRE_CONTENT_MAX 4096u

struct wire_client {
  struct vector_device *d;
  uint32_t id;
  gapseal_v1_Reply reply; /* the newest */
  uint8_t tail[WIRE_CONTENT_MAX];
  size_t tail_len;
  uint8_t hello_sha256[GS_DIGEST_BYTES]; /* of the newest hello, both ways */
  struct gs_deframer deframer;
  uint8_t frame[WIRE_CONTENT_MAX + 4u];
  uint8_t sent[WIRE_CONTENT_MAX], received[WIRE_CONTENT_MAX]; /* contents */
  size_t sent_len, received_len;
  struct gs_ack ack; /* the newest */
};

void wire_open(struct wire_client *c, struct vector_device *d);

/* Bytes to the device; one step of it, and what it says. */
void wire_put(struct wire_client *c, const uint8_t *data, size_t len);
void wire_step(struct wire_client *c);

/* One request and its reply's status; id is the client's. Aborts where no reply comes. */
enum gs_status wire_ask(struct wire_client *c, gapseal_v1_Request *request, const uint8_t *tail,
                        size_t tail_len);

enum gs_status wire_hello(struct wire_client *c);
/* Load an object in pieces of at most `piece` bytes; the first refusal ends it. */
enum gs_status wire_load(struct wire_client *c, gapseal_v1_ObjectKind kind, const uint8_t *data,
                         size_t len, size_t piece);
enum gs_status wire_link(struct wire_client *c);
enum gs_status wire_check(struct wire_client *c, bool older, bool reinstall);
/* With the device's nonce where older asks for it. */
enum gs_status wire_begin(struct wire_client *c, bool older, bool reinstall);
/* Store the linked keyring. */
enum gs_status wire_keyring(struct wire_client *c);

/* Where the bytes of a package's variant are. */
struct wire_image {
  const uint8_t *pages; /* end to end */
  const uint8_t *image;
  struct gs_table_shape table;
};
/*
 * After an accepted begin: send what the device needs, have it check the whole, and install it.
 * Nothing is lost on this wire. Returns the first status that is not GS_OK.
 */
enum gs_status wire_install(struct wire_client *c, const struct wire_image *from,
                            const uint8_t package[GS_DIGEST_BYTES]);

/* The device's ident and its maker's statement, both in c->tail. */
enum gs_status wire_ident(struct wire_client *c, const uint8_t nonce[GS_HOST_NONCE_BYTES]);

#endif
