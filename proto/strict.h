/* SPDX-License-Identifier: Apache-2.0
 * Reading the body of a signed object strictly, for any nanopb description: one pass over the
 * bytes that accepts nothing but the one allowed encoding, and stores what it reads; then an
 * encoding that is compared and not stored. nanopb's decoder would take the last of two equal
 * fields, padded varints, unknown fields and enumeration values, and any text (measured with
 * 0.4.7). Of nanopb this needs the descriptions and their iterator. A device reads its requests
 * with the same pass, which then lets fields come in any order and be unknown.
 */
#ifndef GAPSEAL_STRICT_H
#define GAPSEAL_STRICT_H

#include <pb.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* What nanopb's description of a message does not say about one of its fields. */
struct gs_strict_field {
  const pb_msgdesc_t *message;
  uint8_t number;
  uint8_t first, last; /* an enumeration's allowed values; GS_STRICT_MAY_BE_ABSENT */
};
#define GS_STRICT_MAY_BE_ABSENT 1, 0

/* A bytes field of the top message whose place is wanted: nanopb sees it as a callback. */
struct gs_strict_view {
  uint32_t number;
  const uint8_t *at; /* NULL: the field is absent */
  size_t len;
};

struct gs_strict_scheme {
  const pb_msgdesc_t *message; /* its field 1 is `format`, unless open */
  const struct gs_strict_field *fields;
  size_t field_count;
  /* Which texts an object may hold. NULL: it holds none, or any will do. */
  bool (*text_ok)(const char *text, size_t len);
  bool open; /* a message of the wire: nothing must be there, what is unknown is passed over */
};

/*
 * Decode body into out, the scheme's nanopb struct.
 *
 * out    zeroed by the caller.
 * views  written as far as the fields are met.
 *
 * GS_E_EMPTY, GS_E_TRUNCATED, GS_E_MALFORMED, GS_E_NONCANONICAL and GS_E_UNKNOWN_FIELD come
 * first, in the order of the bytes; then GS_E_FORMAT_VERSION; then the first of
 * GS_E_UNSUPPORTED, GS_E_BAD_TEXT and GS_E_INCOMPLETE. out is meaningful on GS_OK only. Time
 * is linear in len.
 */
GS_MUST_USE enum gs_status gs_strict_decode(const struct gs_strict_scheme *scheme,
                                            const uint8_t *body, size_t len, void *out,
                                            struct gs_strict_view *views, size_t view_count);

/* What is encoded: a struct, and the bytes of its callback fields. */
struct gs_strict_source {
  const pb_msgdesc_t *message;
  const void *fields;
  const struct gs_strict_view *views;
  size_t view_count;
};

/* Encode again and compare with body. GS_E_NONCANONICAL where they differ. */
GS_MUST_USE enum gs_status gs_strict_compare(const struct gs_strict_source *source,
                                             const uint8_t *body, size_t len);

/* Encode at the end of out; bytes, or 0 when cap is too small. */
size_t gs_strict_encode_back(const struct gs_strict_source *source, uint8_t *out, size_t cap);

/* Encode at the start of out a message without views; 0 when cap is too small. */
size_t gs_strict_encode(const pb_msgdesc_t *message, const void *fields, uint8_t *out, size_t cap);

/* All bytes are 0x00, or all are 0xFF: erased, forgotten, never a digest or an id. */
bool gs_strict_blank(const uint8_t *data, size_t len);

#endif
