/* SPDX-License-Identifier: Apache-2.0
 * Intel HEX: what was read, written out as HEX and read again, is the same image.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_image.h"

void fuzz_start(void) {
  FUZZ_MUST(freopen("/dev/null", "w", stdout) != NULL);
}

static void put_record(FILE *f, unsigned type, unsigned offset, const uint8_t *data, size_t len) {
  unsigned sum = (unsigned)len + (offset >> 8) + (offset & 0xFFu) + type;
  (void)fprintf(f, ":%02X%04X%02X", (unsigned)len, offset, type);
  for (size_t i = 0; i < len; i++) {
    (void)fprintf(f, "%02X", data[i]);
    sum += data[i];
  }
  (void)fprintf(f, "%02X\n", (0x100u - (sum & 0xFFu)) & 0xFFu);
}

static void write_hex(FILE *f, const struct image *im) {
  for (size_t i = 0; i < im->count; i++) {
    const struct image_range *r = &im->ranges[i];
    for (uint64_t at = 0; at < r->len;) {
      uint64_t address = r->address + at;
      const uint8_t high[2] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16)};
      size_t n = r->len - at < 16u ? (size_t)(r->len - at) : 16u;
      put_record(f, 4, 0, high, sizeof high);
      put_record(f, 0, (unsigned)(address & 0xFFFFu), im->data + r->from + at, n);
      at += n;
    }
  }
  put_record(f, 1, 0, NULL, 0);
}

static uint64_t sum_of(const struct image *im) {
  uint64_t sum = 14695981039346656037ull;
  for (size_t i = 0; i < im->count; i++) {
    for (uint64_t at = 0; at < im->ranges[i].len; at++) {
      sum = (sum ^ (im->ranges[i].address + at)) * 1099511628211ull;
      sum = (sum ^ im->data[im->ranges[i].from + at]) * 1099511628211ull;
    }
  }
  return sum;
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct image im;
  struct image again;
  struct gsh_error err;
  if (!fuzz_image_open(data, len, IMAGE_HEX, &im)) {
    return;
  }
  char *text = NULL;
  size_t text_len = 0;
  FILE *f = open_memstream(&text, &text_len);
  FUZZ_MUST(f != NULL);
  write_hex(f, &im);
  FUZZ_MUST(fclose(f) == 0);
  FUZZ_MUST(image_open(&again, fuzz_file(1, text, text_len), IMAGE_HEX, &err) == GS_OK);
  FUZZ_MUST(image_base(&again) == image_base(&im) && image_size(&again) == image_size(&im));
  FUZZ_MUST(sum_of(&again) == sum_of(&im));
  image_close(&again);
  image_close(&im);
  free(text);
}

void fuzz_seeds(void) {
  static const char plain[] =
      ":020000040800F2\n:10000000000102030405060708090A0B0C0D0E0F78\n:04001000FFFFFFFFF0\n"
      ":0400000508000000EF\n:00000001FF\n";
  static const char segments[] =
      ":020000021000EC\r\n:02FFFE00AABB9C\r\n:0400000300003800C1\r\n:020000020000FC\r\n"
      ":0100100055BA\r\n\r\n:00000001FF";
  fuzz_seed("plain", plain, sizeof plain - 1);
  fuzz_seed("segments", segments, sizeof segments - 1);
}
