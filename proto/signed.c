/* SPDX-License-Identifier: Apache-2.0 */
#include "signed.h"

#include <string.h>

#include "bytes.h"
#include "varint.h"

/* Field numbers of Signed and of Signature inside it. */
enum { BODY = 1, SIGNATURES = 2, KEY_ID = 1, SIG = 2 };

#define TAG(number) (((number) << 3) | GS_WIRE_BYTES)

/* Header and bytes of a length-delimited field. Every field of an envelope is one. */
static enum gs_status read_field(struct gs_reader *r, uint32_t *number, struct gs_reader *value) {
  enum gs_wire_type type = GS_WIRE_VARINT;
  enum gs_status st = gs_field_read(r, number, &type);
  if (st != GS_OK) {
    return st;
  }
  if (*number == 0) {
    return GS_E_TRAILING;
  }
  if (*number > SIGNATURES) {
    return GS_E_UNKNOWN_FIELD;
  }
  if (type != GS_WIRE_BYTES) {
    return GS_E_MALFORMED;
  }
  uint32_t len = 0;
  st = gs_varint_read(r, &len);
  if (st != GS_OK) {
    return st;
  }
  const uint8_t *at = gs_read_view(r, len);
  if (at == NULL) {
    return GS_E_TRUNCATED;
  }
  *value = gs_reader_init(at, len);
  return GS_OK;
}

static enum gs_status read_signature(struct gs_reader in, struct gs_signature *out) {
  struct gs_signature got = {.key_id = NULL, .sig = NULL, .sig_len = 0};
  uint32_t last = 0;
  while (in.left > 0) {
    uint32_t number = 0;
    struct gs_reader value;
    enum gs_status st = read_field(&in, &number, &value);
    if (st != GS_OK) {
      /* The signature's own length is in the envelope: nothing trails or is cut inside it. */
      return st == GS_E_TRAILING || st == GS_E_TRUNCATED ? GS_E_MALFORMED : st;
    }
    if (number <= last || value.left == 0) {
      return GS_E_NONCANONICAL;
    }
    last = number;
    if (number == KEY_ID) {
      if (value.left != GS_KEY_ID_BYTES) {
        return GS_E_MALFORMED;
      }
      got.key_id = value.at;
    } else {
      got.sig = value.at;
      got.sig_len = value.left;
    }
  }
  if (got.key_id == NULL) {
    return GS_E_MALFORMED;
  }
  *out = got;
  return GS_OK;
}

/* The signature behind the counted ones is by a key that signed before. Whoever counts
 * signatures counts keys. */
static bool names_key_twice(const struct gs_signed *s) {
  const uint8_t *newest = s->signatures[s->signature_count].key_id;
  for (size_t i = 0; i < s->signature_count; i++) {
    if (memcmp(s->signatures[i].key_id, newest, GS_KEY_ID_BYTES) == 0) {
      return true;
    }
  }
  return false;
}

enum gs_status gs_signed_parse(const uint8_t *data, size_t len, struct gs_signed *out) {
  struct gs_signed got = {.body = NULL, .body_len = 0, .signature_count = 0};
  struct gs_reader in = gs_reader_init(data, len);
  while (in.left > 0) {
    uint32_t number = 0;
    struct gs_reader value;
    enum gs_status st = read_field(&in, &number, &value);
    if (st != GS_OK) {
      return st == GS_E_TRAILING && got.body == NULL ? GS_E_MALFORMED : st;
    }
    if (number == BODY) {
      if (got.body != NULL) {
        return GS_E_NONCANONICAL;
      }
      if (value.left == 0) {
        return GS_E_EMPTY;
      }
      got.body = value.at;
      got.body_len = value.left;
      continue;
    }
    if (got.body == NULL) {
      return GS_E_EMPTY;
    }
    if (got.signature_count == GS_SIGNATURES_MAX) {
      return GS_E_MALFORMED;
    }
    st = read_signature(value, &got.signatures[got.signature_count]);
    if (st == GS_OK && names_key_twice(&got)) {
      st = GS_E_NONCANONICAL;
    }
    if (st != GS_OK) {
      return st;
    }
    got.signature_count++;
  }
  if (got.body == NULL) {
    return GS_E_EMPTY;
  }
  *out = got;
  return GS_OK;
}

const char *gs_signed_context(enum gs_object_type type, size_t *len) {
  static const char contexts[][sizeof "gapseal:catalogue:v1"] = {
      [GS_OBJECT_MANIFEST] = "gapseal:manifest:v1",   [GS_OBJECT_KEYRING] = "gapseal:keyring:v1",
      [GS_OBJECT_ORDER] = "gapseal:order:v1",         [GS_OBJECT_IDENTITY] = "gapseal:identity:v1",
      [GS_OBJECT_IDENT] = "gapseal:ident:v1",         [GS_OBJECT_RECEIPT] = "gapseal:receipt:v1",
      [GS_OBJECT_CATALOGUE] = "gapseal:catalogue:v1",
  };
  if ((size_t)type >= sizeof contexts / sizeof contexts[0]) {
    *len = 0;
    return "";
  }
  *len = strlen(contexts[type]) + 1u;
  return contexts[type];
}

/* Bytes of a varint. */
static size_t varint_len(size_t v) {
  size_t n = 1;
  while (v > 0x7Fu) {
    v >>= 7;
    n++;
  }
  return n;
}

static void write_header(struct gs_writer *w, uint8_t tag, size_t len) {
  gs_write_u8(w, tag);
  while (len > 0x7Fu) {
    gs_write_u8(w, (uint8_t)(len | 0x80u));
    len >>= 7;
  }
  gs_write_u8(w, (uint8_t)len);
}

size_t gs_signed_write(const uint8_t *body, size_t body_len, const struct gs_signature *signatures,
                       size_t signature_count, uint8_t *out, size_t cap) {
  size_t before = 1 + varint_len(body_len);
  if (body_len > UINT32_MAX || before > cap || body_len > cap - before) {
    return 0;
  }
  /* First the body: it may lie where the header goes. */
  memmove(out + before, body, body_len);
  struct gs_writer w = gs_writer_init(out, cap);
  write_header(&w, TAG(BODY), body_len);
  w.used += body_len;
  for (size_t i = 0; i < signature_count; i++) {
    size_t inner = 2 + GS_KEY_ID_BYTES + 2 + GS_SIGNATURE_BYTES;
    write_header(&w, TAG(SIGNATURES), inner);
    write_header(&w, TAG(KEY_ID), GS_KEY_ID_BYTES);
    gs_write_bytes(&w, signatures[i].key_id, GS_KEY_ID_BYTES);
    write_header(&w, TAG(SIG), GS_SIGNATURE_BYTES);
    gs_write_bytes(&w, signatures[i].sig, GS_SIGNATURE_BYTES);
  }
  return w.failed ? 0 : w.used;
}
