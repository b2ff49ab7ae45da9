/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_image.h"

#include <stdlib.h>
#include <string.h>

#define READ_MAX (256u * 1024u)

static void check_ranges(const struct image *im) {
  FUZZ_MUST(im->count >= 1 && im->count <= IMAGE_RANGES_MAX);
  for (size_t i = 0; i < im->count; i++) {
    const struct image_range *r = &im->ranges[i];
    FUZZ_MUST(r->len >= 1 && r->address + r->len > r->address);
    if (i > 0) {
      const struct image_range *before = &im->ranges[i - 1];
      FUZZ_MUST(before->address + before->len <= r->address);
    }
  }
  const struct image_range *last = &im->ranges[im->count - 1];
  FUZZ_MUST(image_base(im) == im->ranges[0].address);
  FUZZ_MUST(image_size(im) == last->address + last->len - im->ranges[0].address);
}

static bool covered(const struct image *im, uint64_t address) {
  for (size_t i = 0; i < im->count; i++) {
    const struct image_range *r = &im->ranges[i];
    if (address >= r->address && address - r->address < r->len) {
      return true;
    }
  }
  return false;
}

static void check_reading(struct image *im) {
  struct gsh_error err;
  size_t len = (size_t)image_size(im);
  uint8_t *whole = malloc(len);
  uint8_t *pieces = malloc(len);
  FUZZ_MUST(whole != NULL && pieces != NULL);
  FUZZ_MUST(image_read(im, 0, whole, len, &err) == GS_OK);
  for (size_t at = 0; at < len;) {
    size_t n = 1 + at % 251u;
    n = n < len - at ? n : len - at;
    FUZZ_MUST(image_read(im, at, pieces + at, n, &err) == GS_OK);
    at += n;
  }
  FUZZ_MUST(memcmp(whole, pieces, len) == 0);
  for (size_t at = 0; at < len && at < 2048u; at++) {
    FUZZ_MUST(whole[at] == IMAGE_FILL || covered(im, image_base(im) + at));
  }
  free(pieces);
  free(whole);
}

static void check_cut(struct image *im) {
  struct image_window window = {.given = true, .drop_outside = true};
  struct gsh_error err = {.status = GS_OK};
  uint64_t size = image_size(im);
  window.start = image_base(im) + size / 3u;
  window.len = size / 2u + 1u;
  uint64_t end = window.start + window.len;
  enum gs_status status = image_cut(im, &window, &err);
  if (status == GS_OK) {
    check_ranges(im);
    FUZZ_MUST(image_base(im) >= window.start && image_base(im) + image_size(im) <= end);
  } else {
    FUZZ_MUST(fuzz_text_safe(err.what) && fuzz_text_safe(err.next_step));
  }
}

bool fuzz_image_open(const uint8_t *data, size_t len, enum image_format format, struct image *im) {
  struct gsh_error err = {.status = GS_OK};
  enum gs_status status = image_open(im, fuzz_file(0, data, len), format, &err);
  if (status != GS_OK) {
    FUZZ_MUST(err.what[0] != '\0' && fuzz_text_safe(err.what) && fuzz_text_safe(err.next_step));
    image_close(im);
    return false;
  }
  check_ranges(im);
  if (image_size(im) <= READ_MAX) {
    check_reading(im);
    struct image again;
    FUZZ_MUST(image_open(&again, fuzz_file(0, data, len), format, &err) == GS_OK);
    check_cut(&again);
    image_close(&again);
  }
  return true;
}
