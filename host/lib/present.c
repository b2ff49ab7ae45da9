/* SPDX-License-Identifier: Apache-2.0
 * Objects to the device's RAM: the newer keyrings of a package's chain, and its manifest.
 */
#include <stdio.h>

#include "host_internal.h"

#define PIECE_MAX 32768u
/* What a load request adds to its piece in a frame, generously. */
#define PIECE_OVERHEAD 64u

enum gs_status gsh_device_load(struct gsh_device *d, int kind, const uint8_t *data, size_t len,
                               struct gsh_error *err) {
  size_t piece_max = d->hello.frame_max - PIECE_OVERHEAD;
  piece_max = piece_max < PIECE_MAX ? piece_max : PIECE_MAX;
  for (size_t at = 0; at < len;) {
    size_t n = len - at < piece_max ? len - at : piece_max;
    gapseal_v1_Request request = gapseal_v1_Request_init_zero;
    request.which_body = gapseal_v1_Request_load_tag;
    request.body.load.kind = (gapseal_v1_ObjectKind)kind;
    request.body.load.total = (uint32_t)len;
    request.body.load.offset = (uint32_t)at;
    enum gs_status status =
        gsh_conn_call(d->conn, &request, data + at, n, gapseal_v1_Reply_load_tag, err);
    if (status != GS_OK) {
      return status;
    }
    at += n;
    if (d->conn->client.reply.body.load.loaded != at) {
      return gsh_fail(err, GS_E_PROTOCOL,
                      "the device took another number of bytes than it was sent");
    }
  }
  return GS_OK;
}

/* Refused here, before a byte of it is sent: the device told its limits. */
static enum gs_status fits(struct gsh_device *d, size_t len, uint32_t max, const char *what,
                           struct gsh_error *err) {
  d->conn->device_said = false;
  if (len <= max) {
    return GS_OK;
  }
  gsh_fail(err, GS_E_TOO_BIG, "the %s has %zu bytes, the device takes %lu", what, len,
           (unsigned long)max);
  (void)snprintf(err->expected, sizeof err->expected, "%lu", (unsigned long)max);
  (void)snprintf(err->got, sizeof err->got, "%zu", len);
  return GS_E_TOO_BIG;
}

static enum gs_status present_keyring(struct gsh_device *d, const uint8_t *envelope, size_t len,
                                      struct gsh_error *err) {
  struct gs_keyring keyring;
  const uint8_t *body = NULL;
  size_t body_len = 0;
  d->conn->device_said = false;
  enum gs_status status = gsh_keyring_open(envelope, len, &keyring, &body, &body_len, err);
  if (status != GS_OK) {
    return status;
  }
  if (keyring.fields.version <= d->ident.state.keyring_version) {
    return GS_OK;
  }
  status = fits(d, len, d->hello.limits.keyring_max, "keyring", err);
  if (status == GS_OK) {
    status = gsh_device_load(d, gapseal_v1_ObjectKind_OBJECT_KIND_KEYRING, envelope, len, err);
  }
  if (status == GS_OK) {
    gapseal_v1_Request request = gapseal_v1_Request_init_zero;
    request.which_body = gapseal_v1_Request_link_tag;
    status = gsh_conn_call(d->conn, &request, NULL, 0, 0, err);
  }
  if (status == GS_E_ALREADY) {
    d->conn->device_said = false;
    return GS_OK;
  }
  return status == GS_OK
             ? status
             : gsh_context(err, "keyring version %lu", (unsigned long)keyring.fields.version);
}

enum gs_status gsh_device_present(struct gsh_device *d, struct gsh_package *p,
                                  struct gsh_error *err) {
  if (d->loaded) {
    return GS_OK;
  }
  size_t len = 0;
  const uint8_t *envelope = gsh_package_envelope(p, &len);
  enum gs_status status = fits(d, len, d->hello.limits.manifest_max, "manifest", err);
  for (size_t i = 0; status == GS_OK && i < gsh_package_keyring_count(p); i++) {
    size_t keyring_len = 0;
    const uint8_t *keyring = gsh_package_keyring(p, i, &keyring_len);
    status = present_keyring(d, keyring, keyring_len, err);
  }
  if (status == GS_OK) {
    status = gsh_device_load(d, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST, envelope, len, err);
  }
  d->loaded = status == GS_OK;
  return status;
}

void gsh_tell_keyring(const struct gsh_device *d, const struct gsh_package *p) {
  struct gs_keyring keyring;
  struct gsh_error ignored;
  const uint8_t *body = NULL;
  size_t body_len = 0;
  size_t len = 0;
  size_t count = gsh_package_keyring_count(p);
  uint32_t now = d->ident.state.keyring_version;
  const uint8_t *newest = count > 0 ? gsh_package_keyring(p, count - 1, &len) : NULL;
  if (newest != NULL &&
      gsh_keyring_open(newest, len, &keyring, &body, &body_len, &ignored) == GS_OK &&
      keyring.fields.version > now) {
    gsh_tell(d->h, GSH_EVENT_NOTE, "keyring",
             "with this package the device's keyring goes from version %lu to %lu",
             (unsigned long)now, (unsigned long)keyring.fields.version);
  }
}
