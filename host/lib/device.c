/* SPDX-License-Identifier: Apache-2.0
 * One device: opening it, having it prove who made it, and the requests that need no more than
 * one frame each way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "gapseal/crypto.h"
#include "host_internal.h"
#include "text.h"

#define LAST_WORD_MS 2000u

static enum gs_status hello_refused(struct gsh_device *d, struct gsh_error *err) {
  const gapseal_v1_HelloReply *h = &d->hello;
  if (h->version != GSH_CLIENT_VERSION) {
    return gsh_fail(err, GS_E_WIRE_VERSION, "the device speaks version %lu of the protocol",
                    (unsigned long)h->version);
  }
  if (!h->has_limits || h->limits.block_max < GS_BLOCK_SIZE_MIN ||
      h->limits.block_max > GS_BLOCK_SIZE_MAX || h->frame_max < 96 || h->frame_max > 131072 ||
      h->window_bytes < h->frame_max) {
    return gsh_fail(err, GS_E_PROTOCOL, "the device tells limits that cannot be");
  }
  return GS_OK;
}

static enum gs_status say_hello(struct gsh_device *d, struct gsh_error *err) {
  struct gsh_client *client = &d->conn->client;
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_hello_tag;
  gapseal_v1_HelloRequest *h = &request.body.hello;
  h->version_min = GSH_CLIENT_VERSION;
  h->version_max = GSH_CLIENT_VERSION;
  h->frame_max = GSH_CLIENT_FRAME_MAX;
  (void)snprintf(h->host_software, sizeof h->host_software, "gapseal %s", gsh_version());
  enum gs_status status =
      gsh_conn_call(d->conn, &request, NULL, 0, gapseal_v1_Reply_hello_tag, err);
  if (status != GS_OK) {
    return status;
  }
  struct gs_sha256 hash;
  status = gs_sha256_start(&hash);
  if (status == GS_OK) {
    status = gs_sha256_add(&hash, client->memory.request, client->request_len);
  }
  if (status == GS_OK) {
    status = gs_sha256_add(&hash, client->content, client->content_len);
  }
  if (status == GS_OK) {
    status = gs_sha256_finish(&hash, d->hello_sha256);
  }
  if (status != GS_OK) {
    return gsh_fail_crypto(err);
  }
  d->hello = client->reply.body.hello;
  d->loaded = false;
  return hello_refused(d, err);
}

static void describe(struct gsh_device *d) {
  struct gsh_device_info *i = &d->info;
  gsh_describe(d->h, &d->ident.facts, &d->ident.state, i);
  gsh_text_escape(d->link, strlen(d->link), 0, i->link, sizeof i->link);
  gsh_hex(d->identity.device_id, GS_KEY_ID_BYTES, i->device_id);
  gsh_hex(d->identity.maker_id, GS_KEY_ID_BYTES, i->maker_id);
  i->genuine = true;
  i->block_max = d->hello.limits.block_max;
  i->frame_max = d->hello.frame_max;
  i->window_bytes = d->hello.window_bytes;
}

/* The two envelopes of an ident reply. */
static enum gs_status split_ident(struct gsh_device *d, struct gsh_bytes *ident,
                                  struct gsh_bytes *statement, struct gsh_error *err) {
  const struct gsh_client *client = &d->conn->client;
  const gapseal_v1_IdentReply *r = &client->reply.body.ident;
  if (r->ident_len > client->tail_len || r->statement_len != client->tail_len - r->ident_len ||
      r->ident_len > GSH_ENVELOPE_MAX || r->statement_len > GSH_ENVELOPE_MAX) {
    return gsh_fail(err, GS_E_PROTOCOL, "the lengths in the device's answer do not add up");
  }
  *ident = (struct gsh_bytes){client->tail, r->ident_len};
  *statement = (struct gsh_bytes){r->statement_len > 0 ? client->tail + r->ident_len : NULL,
                                  r->statement_len};
  return GS_OK;
}

/* The same device as before, if there was one before. */
static enum gs_status same_device(const struct gsh_device *d, const struct gsh_identity *found,
                                  struct gsh_error *err) {
  if (!d->known || gs_equal(d->identity.device_id, found->device_id, GS_KEY_ID_BYTES)) {
    return GS_OK;
  }
  gsh_fail(err, GS_E_NOT_GENUINE, "another device answers now than before");
  gsh_next_step(err, "connect the device with serial number %s again and run the same command",
                d->info.serial);
  return GS_E_NOT_GENUINE;
}

enum gs_status gsh_device_ident(struct gsh_device *d, struct gsh_error *err) {
  struct gsh_identity identity;
  struct gsh_ident_expectation expected = {.identity = &identity, .hello = &d->hello};
  memcpy(expected.hello_sha256, d->hello_sha256, sizeof expected.hello_sha256);
  if (gs_random(expected.host_nonce, sizeof expected.host_nonce) != GS_OK) {
    return gsh_fail(err, GS_E_INTERNAL, "this computer gives no random numbers");
  }
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_ident_tag;
  request.body.ident.host_nonce.size = GS_HOST_NONCE_BYTES;
  memcpy(request.body.ident.host_nonce.bytes, expected.host_nonce, GS_HOST_NONCE_BYTES);
  enum gs_status status =
      gsh_conn_call(d->conn, &request, NULL, 0, gapseal_v1_Reply_ident_tag, err);
  struct gsh_bytes ident = {0};
  struct gsh_bytes statement = {0};
  if (status == GS_OK) {
    status = split_ident(d, &ident, &statement, err);
  }
  struct gsh_makers makers = gsh_trust_makers(d->trust);
  if (status == GS_OK) {
    status = gsh_identity_verify(statement.data, statement.len, &makers, &identity, err);
  }
  gapseal_v1_Ident found;
  if (status == GS_OK) {
    status = gsh_ident_verify(ident.data, ident.len, &expected, &found, err);
  }
  if (status == GS_OK) {
    status = same_device(d, &identity, err);
  }
  if (status != GS_OK) {
    return status;
  }
  d->identity = identity;
  d->ident = found;
  if (statement.len > 0) { /* memcpy may not be given NULL, even for no bytes */
    memcpy(d->statement, statement.data, statement.len);
  }
  d->statement_len = statement.len;
  d->known = true;
  d->stale = false;
  describe(d);
  return GS_OK;
}

void gsh_device_believe(struct gsh_device *d, const gapseal_v1_DeviceState *state) {
  d->ident.state = *state;
  d->stale = false;
  describe(d);
}

static uint32_t patience(const struct gsh_device *d) {
  uint32_t ms = d->h->config.request_ms != 0 ? d->h->config.request_ms : GSH_REQUEST_MS;
  uint32_t sign = d->hello.has_port ? d->hello.port.signature_ms_max : 0;
  /* An ident takes a signature, a check several; the device announces the longer ones. */
  sign = sign < GSH_SIGN_MS_MAX / 2 ? sign * 2 : GSH_SIGN_MS_MAX;
  return ms > sign ? ms : sign;
}

/* A hello that had to be repeated may have been answered twice, and the ident then covers the
 * other answer; a fresh pair decides. */
enum gs_status gsh_device_introduce(struct gsh_device *d, struct gsh_error *err) {
  enum gs_status status = say_hello(d, err);
  if (status == GS_OK) {
    uint32_t repeats = d->conn->client.repeats;
    d->let_go = false;
    d->conn->client.timeout_ms = patience(d);
    d->conn->client.repeat_ms = GSH_CLIENT_REPEAT_MS;
    d->greeted = true;
    status = gsh_device_ident(d, err);
    if (status == GS_E_NOT_GENUINE && repeats > 0 && !gsh_conn_stopped(d->conn)) {
      status = say_hello(d, err);
      if (status == GS_OK) {
        status = gsh_device_ident(d, err);
      }
    }
  }
  return status;
}

enum gs_status gsh_device_link(struct gsh_device *d, uint32_t patience_ms, struct gsh_error *err) {
  struct gsh_conn_options options = {.timeout_ms = patience_ms,
                                     .stop = d->h->config.stop,
                                     .trace = d->h->trace,
                                     .tcp_anywhere = d->h->config.tcp_anywhere};
  gsh_device_drop(d);
  enum gs_status status = gsh_conn_open(d->link, &options, &d->conn, err);
  if (status == GS_OK && d->hello_ms != 0) {
    d->conn->client.repeat_ms = d->hello_ms;
  }
  return status;
}

enum gs_status gsh_device_open(struct gsh_device *d, uint32_t patience_ms, struct gsh_error *err) {
  enum gs_status status = gsh_device_link(d, patience_ms, err);
  if (status == GS_OK) {
    status = gsh_device_introduce(d, err);
  }
  if (status != GS_OK) {
    gsh_device_drop(d);
  } else {
    gsh_place_remember(&d->place, d->link);
  }
  return status;
}

void gsh_device_drop(struct gsh_device *d) {
  gsh_conn_close(d->conn);
  d->conn = NULL;
  d->loaded = false;
}

enum gs_status gsh_device_status(struct gsh_device *d, gapseal_v1_StatusReply *out,
                                 struct gsh_error *err) {
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_status_tag;
  enum gs_status status =
      gsh_conn_call(d->conn, &request, NULL, 0, gapseal_v1_Reply_device_tag, err);
  if (status == GS_OK && !d->conn->client.reply.body.device.has_state) {
    return gsh_fail(err, GS_E_PROTOCOL, "the device's answer lacks its state");
  }
  if (status == GS_OK) {
    *out = d->conn->client.reply.body.device;
  }
  return status;
}

enum gs_status gsh_device_acknowledge(struct gsh_device *d, struct gsh_error *err) {
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  enum gs_status status = gsh_device_ident(d, err);
  if (status != GS_OK) {
    return status;
  }
  request.which_body = gapseal_v1_Request_status_tag;
  request.body.status.acknowledge = true;
  request.body.status.nonce.size = GS_NONCE_BYTES;
  memcpy(request.body.status.nonce.bytes, d->ident.device_nonce, GS_NONCE_BYTES);
  return gsh_device_change(d, &request, 0, err);
}

/* Did the device say no, so that nothing can have come of the request? */
static bool refused(const struct gsh_conn *c, enum gs_status status) {
  if (!c->device_said) {
    return false;
  }
  switch (gs_status_info(status)->class_) {
    case GS_CLASS_REFUSED:
    case GS_CLASS_DAMAGED:
    case GS_CLASS_BUSY:
    case GS_CLASS_UNSUPPORTED:
    case GS_CLASS_CALLER:
      return true;
    case GS_CLASS_NONE:
    case GS_CLASS_DEVICE:
    case GS_CLASS_LINK:
    case GS_CLASS_HOST:
      break;
  }
  return false;
}

enum gs_status gsh_device_change(struct gsh_device *d, gapseal_v1_Request *request, pb_size_t which,
                                 struct gsh_error *err) {
  bool before = d->written;
  bool stale = d->stale;
  d->written = true;
  d->stale = true;
  enum gs_status status = gsh_conn_call(d->conn, request, NULL, 0, which, err);
  if (refused(d->conn, status)) {
    d->written = before;
    d->stale = stale;
  }
  return status;
}

enum gs_status gsh_device_decide(struct gsh_device *d, pb_size_t which,
                                 const uint8_t package[GS_DIGEST_BYTES], struct gsh_error *err) {
  enum gs_status status = gsh_device_ident(d, err);
  if (status != GS_OK) {
    return status;
  }
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = which;
  /* The three bodies are one type, at one place of the union. */
  gapseal_v1_DecideRequest *r = &request.body.confirm;
  r->nonce.size = GS_NONCE_BYTES;
  memcpy(r->nonce.bytes, d->ident.device_nonce, GS_NONCE_BYTES);
  r->package.size = GS_DIGEST_BYTES;
  memcpy(r->package.bytes, package, GS_DIGEST_BYTES);
  return gsh_device_change(d, &request, 0, err);
}

enum gs_status gsh_device_nonce_request(struct gsh_device *d, pb_size_t which,
                                        struct gsh_error *err) {
  enum gs_status status = gsh_device_ident(d, err);
  if (status != GS_OK) {
    return status;
  }
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = which;
  gapseal_v1_NonceRequest *r = &request.body.cancel;
  r->nonce.size = GS_NONCE_BYTES;
  memcpy(r->nonce.bytes, d->ident.device_nonce, GS_NONCE_BYTES);
  if (which != gapseal_v1_Request_reboot_tag) {
    return gsh_device_change(d, &request, 0, err);
  }
  status = gsh_conn_call(d->conn, &request, NULL, 0, 0, err);
  d->let_go = status == GS_OK;
  if (!refused(d->conn, status)) {
    d->stale = true;
    d->quiet_until_ms = gsh_clock_ms() + gsh_device_quiet_ms(&d->hello);
  }
  return status;
}

enum gs_status gsh_device_reboot(struct gsh_device *d, struct gsh_error *err) {
  /* Longer than the 10 s after a start in which a device refuses an unauthenticated reboot. */
  uint64_t until = gsh_clock_ms() + 15000u;
  bool told = false;
  for (;;) {
    enum gs_status status = gsh_device_nonce_request(d, gapseal_v1_Request_reboot_tag, err);
    if (status != GS_E_RATE || gsh_clock_ms() >= until) {
      return status;
    }
    if (!told) {
      gsh_tell(d->h, GSH_EVENT_NOTE, "reboot",
               "the device started a moment ago and takes a reboot only after 10 s; waiting");
      told = true;
    }
    for (int i = 0; i < 5 && !gsh_stopped(d->h); i++) {
      gsh_clock_sleep(100);
    }
  }
}

bool gsh_failed_here(enum gs_status status) {
  return status == GS_E_INTERNAL ||
         (gs_status_info(status)->class_ == GS_CLASS_HOST && status != GS_E_INTERRUPTED);
}

static enum gs_status ask_again(struct gsh_device *d) {
  struct gsh_error ignored;
  struct gsh_conn *c = d->conn;
  if (c == NULL) {
    return gsh_device_reopen(d, LAST_WORD_MS, &ignored);
  }
  bool said = c->device_said;
  const volatile sig_atomic_t *stop = c->stop;
  uint32_t timeout_ms = c->client.timeout_ms;
  c->stop = NULL;
  c->client.timeout_ms = LAST_WORD_MS;
  /* Blocks that wait here have no further use. */
  gsh_client_unqueue(&c->client, gsh_link_discard(c->link));
  enum gs_status status = gsh_device_ident(d, &ignored);
  c->device_said = said;
  c->stop = stop;
  c->client.timeout_ms = timeout_ms;
  return status;
}

void gsh_device_last_word(struct gsh_device *d, enum gs_status status) {
  const volatile sig_atomic_t *stop = d->h->config.stop;
  bool useless = status == GS_E_LINK_LOST || status == GS_E_LINK_TIMEOUT ||
                 status == GS_E_NOT_GENUINE ||
                 (d->conn == NULL && status != GS_E_INTERRUPTED && !gsh_failed_here(status));
  bool quiet = gsh_clock_ms() < d->quiet_until_ms;
  d->h->config.stop = NULL;
  if (quiet || (!useless && ask_again(d) != GS_OK)) {
    gsh_device_drop(d);
  }
  d->h->config.stop = stop;
  gapseal_v1_State state = d->ident.state.state;
  /* These two go on by themselves. */
  bool passing = state == gapseal_v1_State_STATE_STAGED || state == gapseal_v1_State_STATE_TRIAL;
  if (d->known && (d->stale || (passing && d->conn == NULL))) {
    d->info.state = "unknown";
  }
}
