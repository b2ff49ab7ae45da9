/* SPDX-License-Identifier: Apache-2.0 */
#include "varint.h"

#define FIELD_NUMBER_MAX 0xFFFFu

enum gs_status gs_varint_read(struct gs_reader *r, uint32_t *value) {
  uint32_t v = 0;
  uint32_t shift = 0;
  for (;;) {
    uint8_t byte = gs_read_u8(r);
    if (r->failed) {
      return GS_E_TRUNCATED;
    }
    uint32_t bits = byte & 0x7Fu;
    if (shift >= 32 ? bits != 0 : (shift == 28 && bits > 0x0Fu)) {
      return GS_E_MALFORMED;
    }
    if (shift < 32) {
      v |= bits << shift;
      shift += 7;
    }
    if ((byte & 0x80u) == 0) {
      if (byte == 0 && shift > 7) {
        return GS_E_NONCANONICAL;
      }
      *value = v;
      return GS_OK;
    }
  }
}

enum gs_status gs_field_read(struct gs_reader *r, uint32_t *number, enum gs_wire_type *type) {
  uint32_t tag = 0;
  enum gs_status st = gs_varint_read(r, &tag);
  if (st != GS_OK) {
    return st;
  }
  switch (tag & 7u) {
    case GS_WIRE_VARINT:
    case GS_WIRE_FIXED64:
    case GS_WIRE_BYTES:
    case GS_WIRE_FIXED32:
      break;
    default:
      return GS_E_MALFORMED;
  }
  if (tag >> 3 > FIELD_NUMBER_MAX) {
    return GS_E_MALFORMED;
  }
  *number = tag >> 3;
  *type = (enum gs_wire_type)(tag & 7u);
  return GS_OK;
}
