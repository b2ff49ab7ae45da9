/* SPDX-License-Identifier: Apache-2.0
 * ELF: each range is the file's own bytes at the place that the file names, inside the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_image.h"

void fuzz_start(void) {
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct image im;
  if (!fuzz_image_open(data, len, IMAGE_ELF, &im)) {
    return;
  }
  for (size_t i = 0; i < im.count; i++) {
    const struct image_range *r = &im.ranges[i];
    uint8_t start[32];
    struct gsh_error err;
    size_t n = r->len < sizeof start ? (size_t)r->len : sizeof start;
    FUZZ_MUST(r->from <= len && r->len <= len - r->from);
    FUZZ_MUST(image_read(&im, r->address - image_base(&im), start, n, &err) == GS_OK);
    FUZZ_MUST(memcmp(start, data + r->from, n) == 0);
  }
  image_close(&im);
}

static void put(uint8_t *at, bool big, size_t width, uint64_t v) {
  for (size_t i = 0; i < width; i++) {
    at[big ? width - 1 - i : i] = (uint8_t)(v >> (8 * i));
  }
}

/* Two segments, 48 bytes of content. */
static size_t make(uint8_t out[512], bool wide, bool big) {
  size_t head = wide ? 64 : 52;
  size_t entry = wide ? 56 : 32;
  size_t word = wide ? 8 : 4;
  memset(out, 0, 512);
  memcpy(out, "\x7f\x45LF", 4);
  out[4] = wide ? 2 : 1;
  out[5] = big ? 2 : 1;
  out[6] = 1;
  put(out + 16, big, 2, 2);
  put(out + (wide ? 32 : 28), big, word, head);
  put(out + (wide ? 54 : 42), big, 2, entry);
  put(out + (wide ? 56 : 44), big, 2, 2);
  for (size_t i = 0; i < 2; i++) {
    uint8_t *e = out + head + i * entry;
    put(e, big, 4, 1);
    put(e + (wide ? 8 : 4), big, word, head + 2 * entry + i * 24);
    put(e + (wide ? 24 : 12), big, word, 0x8000u + i * 64);
    put(e + (wide ? 32 : 16), big, word, 24);
    put(e + (wide ? 40 : 20), big, word, 30);
  }
  memset(out + head + 2 * entry, 0xA5, 48);
  return head + 2 * entry + 48;
}

void fuzz_seeds(void) {
  uint8_t out[512];
  fuzz_seed("little32", out, make(out, false, false));
  fuzz_seed("big32", out, make(out, false, true));
  fuzz_seed("little64", out, make(out, true, false));
}
