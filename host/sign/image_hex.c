/* SPDX-License-Identifier: Apache-2.0
 * Intel HEX, strictly: every record complete and its checksum right, types 0 to 5 only, an end
 * record, nothing after it. Overlaps are refused by the caller. Source: Intel Hexadecimal Object
 * File Format Specification, revision A, 1988.
 */
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "platform.h"

#define READ_BYTES 65536u
#define RECORD_MAX (1u + 2u * (5u + 255u)) /* ':' and the digits */
#define SEGMENT_BYTES 0x10000u

struct hex_reader {
  struct image *im;
  char line[RECORD_MAX + 2]; /* room for a carriage return */
  size_t line_len;
  size_t number; /* of the line, from 1 */
  uint64_t base;
  bool segmented; /* base came from a type 2 record: offsets wrap at 64 KiB */
  bool ended;
};

static int nibble(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes of the record on this line; *len of them, the checksum included and verified. */
static enum gs_status decode_line(const struct hex_reader *h, uint8_t *bytes, size_t *len,
                                  struct gsh_error *err) {
  size_t digits = h->line_len - 1;
  if (h->line[0] != ':' || digits % 2 != 0 || digits < 10) {
    return image_fail(h->im, err, "line %zu: no Intel HEX record", h->number);
  }
  uint8_t sum = 0;
  for (size_t i = 0; i < digits / 2; i++) {
    int high = nibble(h->line[1 + 2 * i]);
    int low = nibble(h->line[2 + 2 * i]);
    if (high < 0 || low < 0) {
      return image_fail(h->im, err, "line %zu: no hexadecimal digit in column %zu", h->number,
                        2 * i + (high < 0 ? 2u : 3u));
    }
    bytes[i] = (uint8_t)(high * 16 + low);
    sum = (uint8_t)(sum + bytes[i]);
  }
  *len = digits / 2;
  if (*len != (size_t)bytes[0] + 5) {
    return image_fail(h->im, err, "line %zu: says %u data bytes and holds %zu", h->number, bytes[0],
                      *len >= 5 ? *len - 5 : 0);
  }
  return sum == 0 ? GS_OK : image_fail(h->im, err, "line %zu: wrong checksum", h->number);
}

static enum gs_status append_data(struct image *im, const uint8_t *data, size_t len,
                                  struct gsh_error *err) {
  if (len > IMAGE_HEX_MAX - im->data_len) {
    return image_fail(im, err, "more than %u bytes of data", IMAGE_HEX_MAX);
  }
  if (len > im->data_cap - im->data_len) {
    size_t cap = im->data_cap == 0 ? READ_BYTES : 2 * im->data_cap;
    uint8_t *more = realloc(im->data, cap);
    if (more == NULL) {
      return gsh_fail(err, GS_E_NO_MEMORY, "no memory for the image");
    }
    im->data = more;
    im->data_cap = cap;
  }
  memcpy(im->data + im->data_len, data, len);
  im->data_len += len;
  return GS_OK;
}

static enum gs_status take_data(struct hex_reader *h, uint32_t offset, const uint8_t *data,
                                size_t len, struct gsh_error *err) {
  struct image *im = h->im;
  uint64_t address = h->base + offset;
  if (len == 0) {
    return GS_OK;
  }
  if (h->segmented && offset + len > SEGMENT_BYTES) {
    return image_fail(im, err, "line %zu: crosses the end of its 64 KiB segment", h->number);
  }
  if (address + len - 1 > UINT32_MAX) {
    return image_fail(im, err, "line %zu: crosses the end of the 4 GiB address space", h->number);
  }
  struct image_range *last = im->count > 0 ? &im->ranges[im->count - 1] : NULL;
  enum gs_status status = GS_OK;
  if (last != NULL && last->address + last->len == address) {
    last->len += len;
  } else {
    status = image_add_range(im, address, len, im->data_len, h->number, err);
  }
  return status == GS_OK ? append_data(im, data, len, err) : status;
}

static enum gs_status expect_len(const struct hex_reader *h, size_t len, size_t wanted,
                                 struct gsh_error *err) {
  return len == wanted ? GS_OK
                       : image_fail(h->im, err, "line %zu: this record type has %zu data bytes",
                                    h->number, wanted);
}

static enum gs_status take_record(struct hex_reader *h, const uint8_t *bytes,
                                  struct gsh_error *err) {
  size_t len = bytes[0];
  uint32_t offset = (uint32_t)bytes[1] << 8 | bytes[2];
  uint32_t word = len >= 2 ? (uint32_t)bytes[4] << 8 | bytes[5] : 0;
  enum gs_status status;
  switch (bytes[3]) {
    case 0:
      return take_data(h, offset, bytes + 4, len, err);
    case 1:
      status = expect_len(h, len, 0, err);
      h->ended = status == GS_OK;
      return status;
    case 2:
    case 4:
      h->segmented = bytes[3] == 2;
      h->base = (uint64_t)word << (h->segmented ? 4 : 16);
      return expect_len(h, len, 2, err);
    case 3:
    case 5: /* where execution starts: the device knows that itself */
      return expect_len(h, len, 4, err);
    default:
      return image_fail(h->im, err, "line %zu: record type %u is not Intel HEX", h->number,
                        bytes[3]);
  }
}

static enum gs_status take_line(struct hex_reader *h, struct gsh_error *err) {
  uint8_t bytes[RECORD_MAX / 2 + 1] = {0};
  size_t len;
  h->number++;
  if (h->line_len > 0 && h->line[h->line_len - 1] == '\r') {
    h->line_len--;
  }
  if (h->line_len == 0) {
    return GS_OK;
  }
  if (h->ended) {
    return image_fail(h->im, err, "line %zu: comes after the end record", h->number);
  }
  if (h->line_len > RECORD_MAX) {
    return image_fail(h->im, err, "line %zu: no Intel HEX record", h->number);
  }
  enum gs_status status = decode_line(h, bytes, &len, err);
  if (status == GS_OK) {
    status = take_record(h, bytes, err);
  }
  h->line_len = 0;
  return status;
}

static enum gs_status take_text(struct hex_reader *h, const uint8_t *text, size_t len,
                                struct gsh_error *err) {
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '\n') {
      enum gs_status status = take_line(h, err);
      if (status != GS_OK) {
        return status;
      }
      h->line_len = 0;
    } else if (h->line_len == sizeof h->line) {
      return image_fail(h->im, err, "line %zu: too long for an Intel HEX record", h->number + 1);
    } else {
      h->line[h->line_len++] = (char)text[i];
    }
  }
  return GS_OK;
}

enum gs_status image_read_hex(struct image *im, struct gsh_error *err) {
  struct hex_reader h = {.im = im};
  uint8_t *text = malloc(READ_BYTES);
  if (text == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory to read the image");
  }
  enum gs_status status = GS_OK;
  for (uint64_t off = 0; status == GS_OK && off < im->file_size;) {
    size_t n = im->file_size - off < READ_BYTES ? (size_t)(im->file_size - off) : READ_BYTES;
    status = gsh_file_read_at(im->fd, off, text, n, err);
    if (status == GS_OK) {
      status = take_text(&h, text, n, err);
    }
    off += n;
  }
  free(text);
  if (status == GS_OK && h.line_len > 0) { /* the last line may lack its newline */
    status = take_line(&h, err);
  }
  if (status == GS_OK && !h.ended) {
    status =
        image_fail(im, err, "ends at line %zu without an end record; it may be cut off", h.number);
  }
  return status;
}
