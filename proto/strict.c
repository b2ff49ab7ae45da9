/* SPDX-License-Identifier: Apache-2.0 */
#include "strict.h"

#include <pb_common.h>
#include <pb_decode.h>
#include <pb_encode.h>
#include <string.h>

#include "objects.h"
#include "varint.h"

/* Receipt { DeviceState { SlotInfo } } is the deepest. */
#define DEPTH_MAX 4u
#define FORMAT_NUMBER 1u
#define FORMAT_KNOWN 1u

struct level {
  const pb_msgdesc_t *message;
  struct gs_reader in;
  uint32_t last;  /* field number */
  uint32_t count; /* of that field in a row */
  uint32_t seen;  /* bit n: field n; numbers of ours are below 32 */
};

/* Faults of content wait until the form of the whole body is known to be right. */
struct scan {
  const struct gs_strict_scheme *scheme;
  struct gs_strict_view *views;
  size_t view_count;
  struct level stack[DEPTH_MAX];
  size_t depth;
  bool format_known;
  enum gs_status content;
};

static void note(struct scan *s, enum gs_status fault) {
  if (s->content == GS_OK) {
    s->content = fault;
  }
}

static const struct gs_strict_field *field_rule(const struct gs_strict_scheme *scheme,
                                                const pb_msgdesc_t *message, uint32_t number) {
  for (size_t i = 0; i < scheme->field_count; i++) {
    if (scheme->fields[i].message == message && scheme->fields[i].number == number) {
      return &scheme->fields[i];
    }
  }
  return NULL;
}

static enum gs_status push(struct scan *s, const pb_msgdesc_t *message, const uint8_t *at,
                           size_t len) {
  if (s->depth == DEPTH_MAX) {
    return GS_E_INTERNAL;
  }
  s->stack[s->depth] = (struct level){.message = message, .in = gs_reader_init(at, len)};
  s->depth++;
  return GS_OK;
}

/* A message has ended: is every field there that must be? */
static void note_missing(struct scan *s, const struct level *l) {
  pb_field_iter_t field;
  if (!pb_field_iter_begin_const(&field, l->message, NULL)) {
    return;
  }
  do {
    bool present = field.tag < 32u && (l->seen & (UINT32_C(1) << field.tag)) != 0;
    const struct gs_strict_field *rule = field_rule(s->scheme, l->message, field.tag);
    bool may_be_absent = rule != NULL && rule->first > rule->last;
    if (PB_HTYPE(field.type) == PB_HTYPE_OPTIONAL && !present && !may_be_absent) {
      note(s, GS_E_INCOMPLETE);
    }
  } while (pb_field_iter_next(&field));
}

static enum gs_status scan_varint(struct scan *s, struct level *l, const pb_field_iter_t *field) {
  uint32_t value = 0;
  enum gs_status st = gs_varint_read(&l->in, &value);
  if (st != GS_OK) {
    return st;
  }
  if (PB_LTYPE(field->type) == PB_LTYPE_BOOL && value > 1) {
    return GS_E_NONCANONICAL;
  }
  const struct gs_strict_field *rule = field_rule(s->scheme, l->message, field->tag);
  if (rule != NULL && rule->first <= rule->last && (value < rule->first || value > rule->last)) {
    note(s, GS_E_UNSUPPORTED);
  }
  if (l == &s->stack[0] && field->tag == FORMAT_NUMBER) {
    s->format_known = value == FORMAT_KNOWN;
  }
  return GS_OK;
}

static enum gs_status scan_bytes(struct scan *s, struct level *l, const pb_field_iter_t *field) {
  uint32_t len = 0;
  enum gs_status st = gs_varint_read(&l->in, &len);
  if (st != GS_OK) {
    return st;
  }
  const uint8_t *at = gs_read_view(&l->in, len);
  if (at == NULL) { /* the body's own length was signed: nothing was cut off on the way */
    return GS_E_MALFORMED;
  }
  if (PB_LTYPE(field->type) == PB_LTYPE_SUBMESSAGE) {
    return push(s, field->submsg_desc, at, len);
  }
  if (PB_LTYPE(field->type) == PB_LTYPE_FIXED_LENGTH_BYTES && len != field->data_size) {
    return GS_E_MALFORMED;
  }
  if (PB_LTYPE(field->type) == PB_LTYPE_STRING &&
      (len >= field->data_size || !gs_text_ok((const char *)at, len))) {
    note(s, GS_E_BAD_TEXT);
  }
  for (size_t i = 0; l == &s->stack[0] && i < s->view_count; i++) {
    if (s->views[i].number == field->tag) {
      s->views[i].at = at;
      s->views[i].len = len;
    }
  }
  return GS_OK;
}

/* One field of the innermost message. */
static enum gs_status scan_field(struct scan *s, struct level *l) {
  uint32_t number = 0;
  enum gs_wire_type type = GS_WIRE_VARINT;
  enum gs_status st = gs_field_read(&l->in, &number, &type);
  if (st != GS_OK) {
    return st;
  }
  pb_field_iter_t field;
  if (number == 0) {
    return GS_E_MALFORMED;
  }
  if (!pb_field_iter_begin_const(&field, l->message, NULL) || !pb_field_iter_find(&field, number)) {
    return GS_E_UNKNOWN_FIELD;
  }
  bool repeated = PB_HTYPE(field.type) == PB_HTYPE_REPEATED;
  if (number < l->last || (number == l->last && !repeated)) {
    return GS_E_NONCANONICAL;
  }
  l->count = number == l->last ? l->count + 1 : 1;
  if (l->count > field.array_size) {
    return GS_E_MALFORMED;
  }
  l->last = number;
  l->seen |= UINT32_C(1) << (number & 31u);
  bool is_varint = PB_LTYPE(field.type) <= PB_LTYPE_UVARINT;
  if (type != (is_varint ? GS_WIRE_VARINT : GS_WIRE_BYTES)) {
    return GS_E_MALFORMED;
  }
  return is_varint ? scan_varint(s, l, &field) : scan_bytes(s, l, &field);
}

static enum gs_status scan_body(struct scan *s, const uint8_t *body, size_t len) {
  enum gs_status st = push(s, s->scheme->message, body, len);
  while (st == GS_OK && s->depth > 0) {
    struct level *l = &s->stack[s->depth - 1];
    if (l->in.left == 0) {
      note_missing(s, l);
      s->depth--;
    } else {
      st = scan_field(s, l);
    }
  }
  if (st != GS_OK) {
    return st;
  }
  bool has_format = (s->stack[0].seen & (UINT32_C(1) << FORMAT_NUMBER)) != 0;
  return has_format && !s->format_known ? GS_E_FORMAT_VERSION : s->content;
}

enum gs_status gs_strict_decode(const struct gs_strict_scheme *scheme, const uint8_t *body,
                                size_t len, void *out, struct gs_strict_view *views,
                                size_t view_count) {
  if (len == 0) {
    return GS_E_EMPTY;
  }
  struct scan s = {.scheme = scheme, .views = views, .view_count = view_count, .content = GS_OK};
  enum gs_status st = scan_body(&s, body, len);
  if (st != GS_OK) {
    return st;
  }
  pb_istream_t in = pb_istream_from_buffer(body, len);
  return pb_decode(&in, scheme->message, out) ? GS_OK : GS_E_MALFORMED;
}

static bool compare_write(pb_ostream_t *stream, const pb_byte_t *data, size_t len) {
  struct gs_reader *rest = stream->state;
  const uint8_t *want = gs_read_view(rest, len);
  return want != NULL && memcmp(want, data, len) == 0;
}

enum gs_status gs_strict_compare(const pb_msgdesc_t *message, const void *fields,
                                 const uint8_t *body, size_t len) {
  struct gs_reader rest = gs_reader_init(body, len);
  pb_ostream_t out = {.callback = compare_write, .state = &rest, .max_size = SIZE_MAX};
  bool same = pb_encode(&out, message, fields) && rest.left == 0;
  return same ? GS_OK : GS_E_NONCANONICAL;
}

size_t gs_strict_encode(const pb_msgdesc_t *message, const void *fields, uint8_t *out, size_t cap) {
  pb_ostream_t stream = pb_ostream_from_buffer(out, cap);
  return pb_encode(&stream, message, fields) ? stream.bytes_written : 0;
}

void gs_fields_all_present(const pb_msgdesc_t *message, void *fields) {
  pb_field_iter_t field;
  if (!pb_field_iter_begin(&field, message, fields)) {
    return;
  }
  do {
    if (PB_HTYPE(field.type) == PB_HTYPE_OPTIONAL && PB_ATYPE(field.type) == PB_ATYPE_STATIC &&
        field.pSize != NULL) {
      *(bool *)field.pSize = true;
    }
  } while (pb_field_iter_next(&field));
}

bool gs_strict_blank(const uint8_t *data, size_t len) {
  uint8_t ones = 0xFF;
  uint8_t zeros = 0;
  for (size_t i = 0; i < len; i++) {
    ones &= data[i];
    zeros |= data[i];
  }
  return ones == 0xFF || zeros == 0;
}
