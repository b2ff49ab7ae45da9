/* SPDX-License-Identifier: Apache-2.0
 * Encoding by nanopb's descriptions, from the last byte to the first: a message's length is known
 * when its header is due, so that nothing is encoded twice and nothing calls itself.
 */
#include <pb_common.h>
#include <string.h>

#include "strict.h"
#include "varint.h"

/* Reply { StatusReply { DeviceState { SlotInfo } } } is the deepest. */
#define DEPTH_MAX 4u
#define VARINT_BYTES 5u

/* Where the bytes go, or what they are compared with: from the end downwards. */
struct sink {
  uint8_t *out;        /* NULL: compare */
  const uint8_t *want; /* NULL: store */
  size_t left;         /* bytes below the last one that was put */
  bool failed;
};

struct level {
  pb_field_iter_t field; /* the one that was looked at last */
  pb_size_t due;         /* the number to look at next; it counts down */
  pb_size_t items;       /* of the field, still to be put */
  size_t end;            /* sink.left when the message began */
};

struct encoder {
  const struct gs_strict_source *source;
  struct sink sink;
  struct level stack[DEPTH_MAX];
  size_t depth;
};

static void put(struct sink *o, const void *data, size_t len) {
  if (o->failed || len > o->left) {
    o->failed = true;
    return;
  }
  o->left -= len;
  if (o->want != NULL) {
    o->failed = memcmp(o->want + o->left, data, len) != 0;
  } else {
    memcpy(o->out + o->left, data, len);
  }
}

static void put_varint(struct sink *o, uint32_t value) {
  uint8_t bytes[VARINT_BYTES];
  size_t len = 0;
  for (; value > 0x7Fu; value >>= 7) {
    bytes[len++] = (uint8_t)(value | 0x80u);
  }
  bytes[len++] = (uint8_t)value;
  put(o, bytes, len);
}

static uint32_t read_number(const pb_field_iter_t *field) {
  uint32_t value = 0;
  if (field->data_size == sizeof value) {
    memcpy(&value, field->pData, sizeof value);
    return value;
  }
  return *(const uint8_t *)field->pData;
}

/* Callback fields belong to the outermost message. */
static const struct gs_strict_view *view_of(const struct gs_strict_source *source, pb_size_t tag) {
  for (size_t i = 0; i < source->view_count; i++) {
    if (source->views[i].number == tag) {
      return &source->views[i];
    }
  }
  return NULL;
}

/* Where the bytes of a field are, and how many. */
static const void *bytes_of(const pb_field_iter_t *field, size_t *len) {
  const pb_bytes_array_t *array = field->pData;
  const char *text = field->pData;
  switch (PB_LTYPE(field->type)) {
    case PB_LTYPE_STRING:
      for (*len = 0; *len + 1u < field->data_size && text[*len] != '\0';) {
        ++*len;
      }
      return text;
    case PB_LTYPE_BYTES:
      *len = array->size;
      return array->bytes;
    default:
      *len = field->data_size;
      return text;
  }
}

static bool is_number(const pb_field_iter_t *field) {
  return PB_LTYPE(field->type) <= PB_LTYPE_FIXED32;
}

/* How many of this field are there? Where no flag says so, one that is not zero. */
static pb_size_t count(const pb_field_iter_t *field) {
  size_t len = 0;
  switch (PB_HTYPE(field->type)) {
    case PB_HTYPE_REPEATED:
      return *(const pb_size_t *)field->pSize;
    case PB_HTYPE_ONEOF:
      return *(const pb_size_t *)field->pSize == field->tag;
    default:
      break;
  }
  if (field->pSize != NULL) {
    return *(const bool *)field->pSize;
  }
  if (is_number(field)) {
    return read_number(field) != 0;
  }
  (void)bytes_of(field, &len);
  return len != 0;
}

static void put_header(struct sink *o, pb_size_t tag, enum gs_wire_type type) {
  put_varint(o, (uint32_t)tag << 3 | type);
}

static void put_number(struct sink *o, const pb_field_iter_t *field) {
  uint32_t value = read_number(field);
  if (PB_LTYPE(field->type) == PB_LTYPE_FIXED32) {
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    put(o, bytes, sizeof bytes);
    put_header(o, field->tag, GS_WIRE_FIXED32);
  } else {
    put_varint(o, value);
    put_header(o, field->tag, GS_WIRE_VARINT);
  }
}

static void put_bytes(struct sink *o, const void *data, size_t len, pb_size_t tag) {
  put(o, data, len);
  put_varint(o, (uint32_t)len);
  put_header(o, tag, GS_WIRE_BYTES);
}

static void open_message(struct encoder *e, const pb_msgdesc_t *message, const void *fields) {
  if (e->depth == DEPTH_MAX) {
    e->sink.failed = true;
    return;
  }
  struct level *l = &e->stack[e->depth++];
  l->items = 0;
  l->due = 0; /* a message without fields */
  if (pb_field_iter_begin_const(&l->field, message, fields)) {
    l->due = message->largest_tag;
  }
  l->end = e->sink.left;
}

static void close_message(struct encoder *e) {
  size_t len = e->stack[--e->depth].end - e->sink.left;
  if (e->depth > 0) {
    put_varint(&e->sink, (uint32_t)len);
    put_header(&e->sink, e->stack[e->depth - 1].field.tag, GS_WIRE_BYTES);
  }
}

/* The field before the one that was put last. */
static void next_field(struct encoder *e, struct level *l) {
  if (!pb_field_iter_find(&l->field, l->due--)) {
    return;
  }
  if (PB_ATYPE(l->field.type) == PB_ATYPE_STATIC) {
    l->items = count(&l->field);
    return;
  }
  const struct gs_strict_view *view = view_of(e->source, l->field.tag);
  if (view != NULL && view->len > 0) {
    put_bytes(&e->sink, view->at, view->len, l->field.tag);
  }
}

static void put_item(struct encoder *e, struct level *l) {
  pb_field_iter_t *field = &l->field;
  l->items--;
  field->pData = (uint8_t *)field->pField + (size_t)l->items * field->data_size;
  if (is_number(field)) {
    put_number(&e->sink, field);
  } else if (PB_LTYPE(field->type) == PB_LTYPE_SUBMESSAGE) {
    open_message(e, field->submsg_desc, field->pData);
  } else {
    size_t len = 0;
    const void *at = bytes_of(field, &len);
    put_bytes(&e->sink, at, len, field->tag);
  }
}

/* Bytes left over in front; SIZE_MAX: too few, or they differ. */
static size_t encode(const struct gs_strict_source *source, struct sink sink) {
  struct encoder e = {.source = source, .sink = sink};
  open_message(&e, source->message, source->fields);
  while (e.depth > 0 && !e.sink.failed) {
    struct level *l = &e.stack[e.depth - 1];
    if (l->items > 0) {
      put_item(&e, l);
    } else if (l->due > 0) {
      next_field(&e, l);
    } else {
      close_message(&e);
    }
  }
  return e.sink.failed ? SIZE_MAX : e.sink.left;
}

enum gs_status gs_strict_compare(const struct gs_strict_source *source, const uint8_t *body,
                                 size_t len) {
  return encode(source, (struct sink){.want = body, .left = len}) == 0 ? GS_OK : GS_E_NONCANONICAL;
}

size_t gs_strict_encode_back(const struct gs_strict_source *source, uint8_t *out, size_t cap) {
  size_t left = encode(source, (struct sink){.out = out, .left = cap});
  return left == SIZE_MAX ? 0 : cap - left;
}

size_t gs_strict_encode(const pb_msgdesc_t *message, const void *fields, uint8_t *out, size_t cap) {
  const struct gs_strict_source source = {.message = message, .fields = fields};
  size_t len = gs_strict_encode_back(&source, out, cap);
  memmove(out, out + cap - len, len);
  return len;
}
