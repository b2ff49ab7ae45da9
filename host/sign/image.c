/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "platform.h"

void image_note(const struct image *im, struct gsh_error *err, const char *what, ...) {
  char text[GSH_ERROR_TEXT_MAX];
  char shown[GSS_SHOWN];
  va_list list;
  va_start(list, what);
  (void)vsnprintf(text, sizeof text, what, list);
  va_end(list);
  (void)gsh_fail(err, GS_E_IMAGE_FILE, "%s", text);
  (void)gsh_context(err, "%s", gss_shown(im->path, shown));
}

enum gs_status image_add_range(struct image *im, uint64_t address, uint64_t len, uint64_t from,
                               size_t line, struct gsh_error *err) {
  if (im->count == IMAGE_RANGES_MAX) {
    return image_fail(im, err, "more than %u separate ranges", IMAGE_RANGES_MAX);
  }
  if (im->count == im->cap) {
    size_t cap = im->cap == 0 ? 16 : 2 * im->cap;
    struct image_range *more = realloc(im->ranges, cap * sizeof *more);
    if (more == NULL) {
      return gsh_fail(err, GS_E_NO_MEMORY, "no memory for the image's ranges");
    }
    im->ranges = more;
    im->cap = cap;
  }
  im->ranges[im->count++] =
      (struct image_range){.address = address, .len = len, .from = from, .line = line};
  return GS_OK;
}

static int compare_ranges(const void *a, const void *b) {
  const struct image_range *x = a;
  const struct image_range *y = b;
  return x->address < y->address ? -1 : x->address > y->address;
}

static enum gs_status sort_ranges(struct image *im, struct gsh_error *err) {
  if (im->count == 0) {
    return image_fail(im, err, "holds nothing to load");
  }
  qsort(im->ranges, im->count, sizeof im->ranges[0], compare_ranges);
  for (size_t i = 1; i < im->count; i++) {
    const struct image_range *a = &im->ranges[i - 1];
    const struct image_range *b = &im->ranges[i];
    if (b->address - a->address >= a->len) {
      continue;
    }
    if (b->line > 0) {
      return image_fail(im, err, "the data starting at lines %zu and %zu overlap at 0x%llX",
                        a->line, b->line, (unsigned long long)b->address);
    }
    return image_fail(im, err, "two segments overlap at 0x%llX", (unsigned long long)b->address);
  }
  return GS_OK;
}

static enum image_format detect(const uint8_t *start, size_t len) {
  static const char first_of_hex[] = "0123456789ABCDEFabcdef";
  if (len >= 4 && memcmp(start,
                         "\x7f"
                         "ELF",
                         4) == 0) {
    return IMAGE_ELF;
  }
  if (len < 11 || start[0] != ':') {
    return IMAGE_RAW;
  }
  for (size_t i = 1; i < 11; i++) { /* the shortest record: ":00000001FF" */
    if (start[i] == '\0' || strchr(first_of_hex, start[i]) == NULL) {
      return IMAGE_RAW;
    }
  }
  return IMAGE_HEX;
}

/* FILE@ADDRESS: only where what follows the last @ is a number. */
static enum gs_status split_argument(struct image *im, const char *argument, bool *given,
                                     uint64_t *address, struct gsh_error *err) {
  const char *at = strrchr(argument, '@');
  *given = at != NULL && gss_number(at + 1, false, UINT64_MAX, address);
  size_t len = *given ? (size_t)(at - argument) : strlen(argument);
  im->path = malloc(len + 1);
  if (im->path == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a file name");
  }
  memcpy(im->path, argument, len);
  im->path[len] = '\0';
  return GS_OK;
}

static enum gs_status find_ranges(struct image *im, enum image_format format, bool given,
                                  uint64_t address, struct gsh_error *err) {
  uint8_t start[16];
  size_t len = im->file_size < sizeof start ? (size_t)im->file_size : sizeof start;
  if (len == 0) {
    return image_fail(im, err, "is empty");
  }
  enum gs_status status = gsh_file_read_at(im->fd, 0, start, len, err);
  if (status != GS_OK) {
    return status;
  }
  im->format = format == IMAGE_AUTO ? detect(start, len) : format;
  if (im->format != IMAGE_RAW) {
    if (given) {
      return gss_usage(err, "@ADDRESS is for raw images; this file says itself where it is loaded");
    }
    im->has_address = true;
    return im->format == IMAGE_HEX ? image_read_hex(im, err) : image_read_elf(im, err);
  }
  im->has_address = given;
  if (given && address > UINT64_MAX - im->file_size) {
    return image_fail(im, err, "ends past the last address");
  }
  return image_add_range(im, given ? address : 0, im->file_size, 0, 0, err);
}

enum gs_status image_open(struct image *im, const char *argument, enum image_format format,
                          struct gsh_error *err) {
  bool given = false;
  uint64_t address = 0;
  memset(im, 0, sizeof *im);
  im->fd = -1;
  enum gs_status status = split_argument(im, argument, &given, &address, err);
  if (status == GS_OK) {
    status = gsh_file_open(im->path, &im->fd, &im->file_size, err);
  }
  if (status == GS_OK) {
    status = find_ranges(im, format, given, address, err);
  }
  return status == GS_OK ? sort_ranges(im, err) : status;
}

void image_close(struct image *im) {
  if (im->fd >= 0) {
    gsh_file_close(im->fd);
  }
  free(im->path);
  free(im->data);
  free(im->ranges);
  memset(im, 0, sizeof *im);
  im->fd = -1;
}

uint64_t image_base(const struct image *im) {
  return im->ranges[0].address;
}

uint64_t image_size(const struct image *im) {
  const struct image_range *last = &im->ranges[im->count - 1];
  return last->address - im->ranges[0].address + last->len;
}

/* First range that ends after an address. */
static size_t first_after(const struct image *im, uint64_t address) {
  size_t low = 0;
  size_t high = im->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct image_range *r = &im->ranges[middle];
    if (address >= r->address && address - r->address >= r->len) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

enum gs_status image_read(struct image *im, uint64_t off, uint8_t *buf, size_t len,
                          struct gsh_error *err) {
  uint64_t start = image_base(im) + off;
  uint64_t end = start + len;
  memset(buf, IMAGE_FILL, len);
  for (size_t i = first_after(im, start); i < im->count && im->ranges[i].address < end; i++) {
    const struct image_range *r = &im->ranges[i];
    uint64_t from = r->address > start ? r->address : start;
    uint64_t to = end - r->address < r->len ? end : r->address + r->len;
    uint64_t source = r->from + (from - r->address);
    uint8_t *into = buf + (size_t)(from - start);
    if (im->format == IMAGE_HEX) {
      memcpy(into, im->data + source, (size_t)(to - from));
      continue;
    }
    enum gs_status status = gsh_file_read_at(im->fd, source, into, (size_t)(to - from), err);
    if (status != GS_OK) {
      char shown[GSS_SHOWN];
      return gsh_context(err, "%s", gss_shown(im->path, shown));
    }
  }
  return GS_OK;
}
