/* SPDX-License-Identifier: Apache-2.0
 * Protobuf's field headers, read strictly: what envelope and bodies of signed objects share.
 */
#ifndef GAPSEAL_VARINT_H
#define GAPSEAL_VARINT_H

#include "bytes.h"
#include "status.h"

/* Wire types of protobuf that a signed object may hold. */
enum gs_wire_type {
  GS_WIRE_VARINT = 0,
  GS_WIRE_FIXED64 = 1,
  GS_WIRE_BYTES = 2,
  GS_WIRE_FIXED32 = 5,
};

/*
 * Read a varint of at most 2^32 - 1 in its shortest form.
 *
 * GS_E_TRUNCATED: the bytes end within it. GS_E_MALFORMED: a larger value. GS_E_NONCANONICAL:
 * padded with zero bits, however long. *value is written on GS_OK only.
 */
GS_MUST_USE enum gs_status gs_varint_read(struct gs_reader *r, uint32_t *value);

/*
 * Read a field header. number 0 is returned as it is: the caller knows what it means.
 *
 * As gs_varint_read, and GS_E_MALFORMED also for groups, for the wire types that do not exist,
 * and for a field number above 65,535, which no description of ours can hold.
 */
GS_MUST_USE enum gs_status gs_field_read(struct gs_reader *r, uint32_t *number,
                                         enum gs_wire_type *type);

#endif
