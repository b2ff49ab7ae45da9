/* SPDX-License-Identifier: Apache-2.0 */
#include "crc32.h"
#include "engine_internal.h"

#include <string.h>

#define CHUNK 64u

static uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

enum gs_status gs_flash_same(const struct gs_port *port, enum gs_area area, uint32_t off,
                             const uint8_t *data, uint32_t len) {
  uint8_t chunk[CHUNK];
  for (uint32_t at = 0; at < len; at += CHUNK) {
    uint32_t n = smaller(len - at, CHUNK);
    enum gs_status status = port->read(port->ctx, area, off + at, chunk, n);
    if (status != GS_OK) {
      return status;
    }
    if (memcmp(chunk, data + at, n) != 0) {
      return GS_E_FLASH_VERIFY;
    }
  }
  return GS_OK;
}

enum gs_status gs_flash_put(const struct gs_port *port, enum gs_area area, uint32_t off,
                            const uint8_t *data, uint32_t len, uint8_t *scratch) {
  uint32_t unit = port->geometry[area].write_size;
  uint32_t whole = len & ~(unit - 1u); /* a power of two */
  if (whole != 0) {
    enum gs_status status = port->program(port->ctx, area, off, data, whole);
    if (status != GS_OK) {
      return status;
    }
  }
  if (whole != len) {
    memset(scratch, 0xFF, unit);
    memcpy(scratch, data + whole, len - whole);
    enum gs_status status = port->program(port->ctx, area, off + whole, scratch, unit);
    if (status != GS_OK) {
      return status;
    }
  }
  return gs_flash_same(port, area, off, data, len);
}

enum gs_status gs_flash_erase_range(const struct gs_port *port, enum gs_area area, uint32_t from,
                                    uint32_t to) {
  for (uint32_t off = from; off < to; off += port->geometry[area].erase_size) {
    enum gs_status status = port->erase(port->ctx, area, off);
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

bool gs_flash_blank(const struct gs_port *port, enum gs_area area, uint32_t off, uint32_t len) {
  uint8_t chunk[CHUNK];
  for (uint32_t at = 0; at < len; at += CHUNK) {
    uint32_t n = smaller(len - at, CHUNK);
    if (port->read(port->ctx, area, off + at, chunk, n) != GS_OK) {
      return false;
    }
    for (uint32_t i = 0; i < n; i++) {
      if (chunk[i] != 0xFF) {
        return false;
      }
    }
  }
  return true;
}

uint32_t gs_device_crc(const uint8_t device_id[GS_DIGEST_BYTES], const uint8_t *data, size_t len) {
  return gs_crc32(gs_crc32(0, device_id, GS_DIGEST_BYTES), data, len);
}
