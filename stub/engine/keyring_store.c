/* SPDX-License-Identifier: Apache-2.0
 * The device's keyring: two copies, half of the area's units each.
 *
 * Invariants:
 *   - the copy in use is never erased; the header that makes a copy count is programmed last;
 *   - an older keyring than the records remember is as good as none.
 */
#include "bytes.h"
#include "engine_internal.h"

#include <string.h>

#define HEADER_BYTES 16u
#define MAGIC 0x4b525347u /* "GSRK" */

static uint32_t half_size(const struct gs_engine *e) {
  const struct gs_geometry *g = &e->port->geometry[GS_AREA_KEYRING];
  return g->size / 2u & ~(g->erase_size - 1u);
}

/* The header fills one write unit, or 16 bytes. */
static uint32_t envelope_off(const struct gs_engine *e) {
  uint32_t unit = e->port->geometry[GS_AREA_KEYRING].write_size;
  return unit > HEADER_BYTES ? unit : HEADER_BYTES;
}

static uint32_t copy_crc(const struct gs_engine *e, const uint8_t *header, const uint8_t *envelope,
                         size_t len) {
  uint8_t both[8];
  struct gs_writer w = gs_writer_init(both, sizeof(both));
  gs_write_u32(&w, gs_device_crc(e->device_id, header, HEADER_BYTES - 4u));
  gs_write_u32(&w, gs_device_crc(e->device_id, envelope, len));
  return gs_device_crc(e->device_id, both, sizeof(both));
}

/* Read copy i into memory.keyring. False: it is not whole. */
static bool load_copy(struct gs_engine *e, uint32_t i, size_t *len, uint32_t *version) {
  const struct gs_port *port = e->port;
  uint32_t off = i * half_size(e);
  uint8_t header[HEADER_BYTES];
  if (port->read(port->ctx, GS_AREA_KEYRING, off, header, sizeof(header)) != GS_OK) {
    return false;
  }
  struct gs_reader r = gs_reader_init(header, sizeof(header));
  uint32_t magic = gs_read_u32(&r);
  uint32_t number = gs_read_u32(&r);
  uint32_t length = gs_read_u32(&r);
  uint32_t crc = gs_read_u32(&r);
  if (magic != MAGIC || length > e->memory.keyring_cap || length > half_size(e) - envelope_off(e) ||
      port->read(port->ctx, GS_AREA_KEYRING, off + envelope_off(e), e->memory.keyring, length) !=
          GS_OK ||
      crc != copy_crc(e, header, e->memory.keyring, length)) {
    return false;
  }
  *len = length;
  *version = number;
  return true;
}

const uint8_t *gs_keyring_in_use(const struct gs_engine *e, size_t *len) {
  bool candidate = e->candidate_len != 0;
  *len = candidate ? e->candidate_len : e->keyring_len;
  return candidate ? e->memory.candidate : e->memory.keyring;
}

/* Decode the one in use into memory.ring, which may be where a table page was. */
static enum gs_status decode(struct gs_engine *e, struct gs_signed *envelope) {
  size_t len;
  const uint8_t *in_use = gs_keyring_in_use(e, &len);
  e->page_loaded = GS_PAGES_MAX;
  enum gs_status status = gs_signed_parse(in_use, len, envelope);
  return status == GS_OK ? gs_keyring_decode(envelope->body, envelope->body_len, e->memory.ring)
                         : status;
}

enum gs_status gs_keyring_reload(struct gs_engine *e) {
  struct gs_signed envelope;
  e->candidate_len = 0;
  e->keyring_version = e->keyring_stored;
  if (e->keyring_len == 0) {
    return GS_E_KEYRING_NONE;
  }
  enum gs_status status = decode(e, &envelope);
  if (status == GS_OK) {
    status = gs_sha256(envelope.body, envelope.body_len, e->keyring_digest);
  }
  if (status != GS_OK || e->memory.ring->fields.version != e->keyring_stored) {
    e->keyring_len = 0;
    return GS_E_KEYRING_NONE;
  }
  return GS_OK;
}

enum gs_status gs_keyring_mount(struct gs_engine *e) {
  e->keyring_len = 0;
  e->keyring_stored = 0;
  e->keyring_verified = false;
  size_t len;
  uint32_t version[2] = {0, 0};
  bool whole[2];
  for (uint32_t i = 0; i < 2; i++) {
    whole[i] = load_copy(e, i, &len, &version[i]);
  }
  uint8_t best = whole[1] && (!whole[0] || version[1] > version[0]) ? 1 : 0;
  if (!whole[best] || version[best] < e->state.keyring_version ||
      !load_copy(e, best, &len, &version[best])) {
    return GS_E_KEYRING_NONE;
  }
  e->keyring_copy = best;
  e->keyring_len = len;
  e->keyring_stored = version[best];
  return gs_keyring_reload(e);
}

enum gs_status gs_keyring_ready(struct gs_engine *e) {
  struct gs_signed envelope;
  enum gs_status status = GS_E_KEYRING_NONE;
  if (e->keyring_len == 0) {
    return status;
  }
  if (e->keyring_verified) {
    return decode(e, &envelope);
  }
  e->page_loaded = GS_PAGES_MAX;
  status = gs_verify_keyring(e->memory.keyring, e->keyring_len, e->memory.ring);
  if (status != GS_OK && status != GS_E_CRYPTO) {
    e->keyring_len = 0;
    status = GS_E_KEYRING_NONE;
  }
  e->keyring_verified = status == GS_OK;
  return status;
}

enum gs_status gs_keyring_write(struct gs_engine *e, const uint8_t *envelope, size_t len,
                                uint32_t version) {
  const struct gs_port *port = e->port;
  uint32_t copy = e->keyring_len == 0 ? 0 : 1u - e->keyring_copy;
  uint32_t off = copy * half_size(e);
  if (len > half_size(e) - envelope_off(e) || len > e->memory.keyring_cap) {
    return GS_E_TOO_BIG;
  }
  uint8_t header[HEADER_BYTES];
  struct gs_writer w = gs_writer_init(header, sizeof(header));
  gs_write_u32(&w, MAGIC);
  gs_write_u32(&w, version);
  gs_write_u32(&w, (uint32_t)len);
  gs_write_u32(&w, copy_crc(e, header, envelope, len));
  uint32_t unit = port->geometry[GS_AREA_KEYRING].erase_size;
  uint32_t end = off + envelope_off(e) + (uint32_t)len;
  enum gs_status status =
      gs_flash_erase_range(port, GS_AREA_KEYRING, off, (end + unit - 1u) & ~(unit - 1u));
  if (status == GS_OK) {
    status = gs_flash_put(port, GS_AREA_KEYRING, off + envelope_off(e), envelope, (uint32_t)len,
                          e->cell);
  }
  if (status == GS_OK) {
    status = gs_flash_put(port, GS_AREA_KEYRING, off, header, sizeof(header), e->cell);
  }
  if (status != GS_OK) {
    return status;
  }
  memmove(e->memory.keyring, envelope, len);
  e->keyring_copy = (uint8_t)copy;
  e->keyring_len = len;
  e->keyring_stored = version;
  e->keyring_verified = true;
  return gs_keyring_reload(e);
}
