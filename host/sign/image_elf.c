/* SPDX-License-Identifier: Apache-2.0
 * ELF: the bytes of the loadable segments at their physical addresses, 32 and 64 bit, either
 * byte order. Every offset and count in the file is checked before it is used. Source: System V
 * ABI, chapters 4 and 5.
 */
#include <string.h>

#include "image.h"
#include "platform.h"

#define IDENT_BYTES 16u
#define HEADER_MAX 64u
#define ENTRY_MAX 56u
#define TYPE_EXECUTABLE 2u
#define TYPE_SHARED 3u /* position independent executables */
#define SEGMENT_LOAD 1u
#define COUNT_ELSEWHERE 0xFFFFu

struct elf {
  struct image *im;
  bool wide; /* 64 bit */
  bool big;  /* endian */
};

static uint64_t get(const struct elf *e, const uint8_t *at, size_t len) {
  uint64_t v = 0;
  for (size_t i = 0; i < len; i++) {
    v = v << 8 | at[e->big ? i : len - 1 - i];
  }
  return v;
}

/* A field of native width. */
static uint64_t get_word(const struct elf *e, const uint8_t *at) {
  return get(e, at, e->wide ? 8 : 4);
}

static enum gs_status check_ident(struct elf *e, const uint8_t *header, struct gsh_error *err) {
  if (memcmp(header,
             "\x7f"
             "ELF",
             4) != 0) {
    return image_fail(e->im, err, "not an ELF file");
  }
  if ((header[4] != 1 && header[4] != 2) || (header[5] != 1 && header[5] != 2) || header[6] != 1) {
    return image_fail(e->im, err, "an ELF file of an unknown class, byte order or version");
  }
  e->wide = header[4] == 2;
  e->big = header[5] == 2;
  return GS_OK;
}

static enum gs_status take_segment(struct elf *e, const uint8_t *entry, size_t number,
                                   struct gsh_error *err) {
  if (get(e, entry, 4) != SEGMENT_LOAD) {
    return GS_OK;
  }
  uint64_t off = get_word(e, entry + (e->wide ? 8 : 4));
  uint64_t address = get_word(e, entry + (e->wide ? 24 : 12));
  uint64_t in_file = get_word(e, entry + (e->wide ? 32 : 16));
  uint64_t in_memory = get_word(e, entry + (e->wide ? 40 : 20));
  if (in_file == 0) {
    return GS_OK; /* zeros made at start-up */
  }
  if (off > e->im->file_size || in_file > e->im->file_size - off) {
    return image_fail(e->im, err, "segment %zu lies outside the file", number);
  }
  uint64_t last = e->wide ? UINT64_MAX - 1 : UINT32_MAX;
  if (in_file > in_memory || address > last || in_file - 1 > last - address) {
    return image_fail(e->im, err, "segment %zu has an impossible size or address", number);
  }
  return image_add_range(e->im, address, in_file, off, 0, err);
}

static enum gs_status take_segments(struct elf *e, const uint8_t *header, struct gsh_error *err) {
  uint64_t table = get_word(e, header + (e->wide ? 32 : 28));
  uint64_t entry_size = get(e, header + (e->wide ? 54 : 42), 2);
  uint64_t count = get(e, header + (e->wide ? 56 : 44), 2);
  size_t known = e->wide ? ENTRY_MAX : 32u;
  if (count == COUNT_ELSEWHERE || (count > 0 && entry_size < known)) {
    return image_fail(e->im, err, "its program header table cannot be read");
  }
  if (table > e->im->file_size || count * entry_size > e->im->file_size - table) {
    return image_fail(e->im, err, "its program header table lies outside the file");
  }
  for (uint64_t i = 0; i < count; i++) {
    uint8_t entry[ENTRY_MAX];
    enum gs_status status = gsh_file_read_at(e->im->fd, table + i * entry_size, entry, known, err);
    if (status == GS_OK) {
      status = take_segment(e, entry, (size_t)i, err);
    }
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

enum gs_status image_read_elf(struct image *im, struct gsh_error *err) {
  struct elf e = {.im = im};
  uint8_t header[HEADER_MAX];
  if (im->file_size < IDENT_BYTES) {
    return image_fail(im, err, "ends inside the ELF header");
  }
  enum gs_status status = gsh_file_read_at(im->fd, 0, header, IDENT_BYTES, err);
  if (status == GS_OK) {
    status = check_ident(&e, header, err);
  }
  if (status != GS_OK) {
    return status;
  }
  size_t len = e.wide ? HEADER_MAX : 52u;
  if (im->file_size < len) {
    return image_fail(im, err, "ends inside the ELF header");
  }
  status = gsh_file_read_at(im->fd, 0, header, len, err);
  if (status != GS_OK) {
    return status;
  }
  uint64_t type = get(&e, header + 16, 2);
  if (type != TYPE_EXECUTABLE && type != TYPE_SHARED) {
    return image_fail(im, err, "an ELF file that is no executable (type %u)", (unsigned)type);
  }
  return take_segments(&e, header, err);
}
