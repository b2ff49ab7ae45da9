/* SPDX-License-Identifier: Apache-2.0 */
#include "strict.h"

#include <pb_common.h>
#include <string.h>

#include "objects.h"
#include "varint.h"

/* Receipt { DeviceState { SlotInfo } } is the deepest. */
#define DEPTH_MAX 4u
#define FORMAT_NUMBER 1u
#define FORMAT_KNOWN 1u

struct level {
  const pb_msgdesc_t *message;
  void *fields; /* the struct that it describes */
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

static enum gs_status push(struct scan *s, const pb_msgdesc_t *message, void *fields,
                           const uint8_t *at, size_t len) {
  if (s->depth == DEPTH_MAX) {
    return GS_E_INTERNAL;
  }
  s->stack[s->depth] =
      (struct level){.message = message, .fields = fields, .in = gs_reader_init(at, len)};
  s->depth++;
  return GS_OK;
}

/* A message has ended: is every field there that must be? */
static void note_missing(struct scan *s, const struct level *l) {
  pb_field_iter_t field;
  if (s->scheme->open || !pb_field_iter_begin_const(&field, l->message, NULL)) {
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

/* Where the field's value goes: that it is there is noted. */
static void *place(const struct level *l, const pb_field_iter_t *field) {
  uint8_t *at = field->pData;
  if (PB_HTYPE(field->type) == PB_HTYPE_REPEATED) {
    *(pb_size_t *)field->pSize = (pb_size_t)l->count;
    at += (l->count - 1u) * field->data_size;
  } else if (PB_HTYPE(field->type) == PB_HTYPE_ONEOF) {
    *(pb_size_t *)field->pSize = field->tag;
    memset(at, 0, field->data_size);
  } else if (field->pSize != NULL) {
    *(bool *)field->pSize = true;
  }
  return at;
}

/* A word; or a bool, or an enumeration where the compiler makes them small. */
static void store_number(struct scan *s, void *at, pb_size_t width, uint32_t value) {
  if (width == sizeof value) {
    memcpy(at, &value, sizeof value);
    return;
  }
  if (value > UINT8_MAX) {
    note(s, GS_E_UNSUPPORTED);
  }
  *(uint8_t *)at = (uint8_t)value;
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
  store_number(s, place(l, field), field->data_size, value);
  return GS_OK;
}

static bool text_ok(const struct scan *s, const uint8_t *at, uint32_t len) {
  return s->scheme->text_ok == NULL || s->scheme->text_ok((const char *)at, len);
}

static enum gs_status store_bytes(struct scan *s, const pb_field_iter_t *field, void *to,
                                  const uint8_t *at, uint32_t len) {
  switch (PB_LTYPE(field->type)) {
    case PB_LTYPE_SUBMESSAGE:
      return push(s, field->submsg_desc, to, at, len);
    case PB_LTYPE_FIXED_LENGTH_BYTES:
      if (len != field->data_size) {
        return GS_E_MALFORMED;
      }
      break;
    case PB_LTYPE_STRING: /* the zero behind it stands there */
      if (len >= field->data_size || !text_ok(s, at, len)) {
        note(s, GS_E_BAD_TEXT);
        return GS_OK;
      }
      break;
    default:
      if (len > field->data_size - offsetof(pb_bytes_array_t, bytes)) {
        return GS_E_MALFORMED;
      }
      *(pb_size_t *)to = (pb_size_t)len;
      to = ((pb_bytes_array_t *)to)->bytes;
      break;
  }
  memcpy(to, at, len);
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
  for (size_t i = 0; l == &s->stack[0] && i < s->view_count; i++) {
    if (s->views[i].number == field->tag) {
      s->views[i].at = at;
      s->views[i].len = len;
      return GS_OK;
    }
  }
  return store_bytes(s, field, place(l, field), at, len);
}

/* Protobuf's way to grow: what an older end does not know it passes over. */
static enum gs_status skip_field(struct gs_reader *in, enum gs_wire_type type) {
  enum gs_status st = GS_OK;
  uint32_t len = 0;
  if (type == GS_WIRE_VARINT) {
    while ((gs_read_u8(in) & 0x80u) != 0) {
    }
  } else if (type == GS_WIRE_BYTES) {
    st = gs_varint_read(in, &len);
  } else {
    len = type == GS_WIRE_FIXED64 ? 8 : 4;
  }
  return gs_read_view(in, len) != NULL ? st : GS_E_TRUNCATED;
}

/* Each field once, or up to its limit, and the fields in order. */
static enum gs_status check_turn(const struct scan *s, struct level *l,
                                 const pb_field_iter_t *field) {
  bool repeated = PB_HTYPE(field->type) == PB_HTYPE_REPEATED;
  bool same = field->tag == l->last;
  if (!s->scheme->open && (field->tag < l->last || (same && !repeated))) {
    return GS_E_NONCANONICAL;
  }
  l->count = same && repeated ? l->count + 1 : 1;
  if (l->count > field->array_size) {
    return GS_E_MALFORMED;
  }
  l->last = field->tag;
  l->seen |= UINT32_C(1) << (field->tag & 31u);
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
  if (!pb_field_iter_begin(&field, l->message, l->fields) || !pb_field_iter_find(&field, number)) {
    return s->scheme->open ? skip_field(&l->in, type) : GS_E_UNKNOWN_FIELD;
  }
  st = check_turn(s, l, &field);
  if (st != GS_OK) {
    return st;
  }
  bool is_varint = PB_LTYPE(field.type) <= PB_LTYPE_UVARINT;
  if (type != (is_varint ? GS_WIRE_VARINT : GS_WIRE_BYTES)) {
    return GS_E_MALFORMED;
  }
  return is_varint ? scan_varint(s, l, &field) : scan_bytes(s, l, &field);
}

static enum gs_status scan_body(struct scan *s, const uint8_t *body, size_t len, void *out) {
  enum gs_status st = push(s, s->scheme->message, out, body, len);
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
  if (s->scheme->open) {
    return s->content;
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
  return scan_body(&s, body, len, out);
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
