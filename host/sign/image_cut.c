/* SPDX-License-Identifier: Apache-2.0
 * Which part of an image goes into the package. Neighbouring ranges are named as one.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "image.h"

/* Without --region a span may hold this many times its data in gaps, and always SLACK. */
#define GAP_FACTOR 3u
#define SLACK_BYTES (64u * 1024u)
#define NAMED_MAX 6u

/* One stretch of neighbouring ranges, from the i-th on. Returns the index after it. */
static size_t stretch(const struct image *im, size_t i, uint64_t *address, uint64_t *len) {
  *address = im->ranges[i].address;
  *len = 0;
  while (i < im->count && im->ranges[i].address == *address + *len) {
    *len += im->ranges[i++].len;
  }
  return i;
}

/* "243852 bytes at 0x0, 28 bytes at 0x100010C0" */
static void name_stretches(const struct image *im, char *text, size_t cap) {
  size_t used = 0;
  unsigned named = 0;
  text[0] = '\0';
  for (size_t i = 0; i < im->count && named <= NAMED_MAX; named++) {
    uint64_t address;
    uint64_t len;
    i = stretch(im, i, &address, &len);
    int n = named == NAMED_MAX
                ? snprintf(text + used, cap - used, " and more")
                : snprintf(text + used, cap - used, "%s%llu bytes at 0x%llX", named > 0 ? ", " : "",
                           (unsigned long long)len, (unsigned long long)address);
    if (n < 0 || (size_t)n >= cap - used) {
      return;
    }
    used += (size_t)n;
  }
}

static uint64_t data_bytes(const struct image *im) {
  uint64_t sum = 0;
  for (size_t i = 0; i < im->count; i++) {
    sum += im->ranges[i].len;
  }
  return sum;
}

static enum gs_status refuse_holes(const struct image *im, struct gsh_error *err) {
  uint64_t data = data_bytes(im);
  uint64_t gaps = image_size(im) - data;
  if (gaps <= SLACK_BYTES || gaps / GAP_FACTOR <= data) {
    return GS_OK;
  }
  char text[GSH_ERROR_TEXT_MAX];
  uint64_t address;
  uint64_t len;
  name_stretches(im, text, sizeof text);
  (void)stretch(im, 0, &address, &len);
  (void)image_fail(im, err, "mostly empty: it would become %llu bytes, and it holds %s",
                   (unsigned long long)image_size(im), text);
  gsh_next_step(err, "choose what to take, for example --region 0x%llX:0x%llX --drop-outside",
                (unsigned long long)address, (unsigned long long)len);
  return GS_E_IMAGE_FILE;
}

/* Split the ranges at the window's edges: inside stays in im, outside goes to the other list,
 * which shares nothing with im but its path. */
static enum gs_status split_at_window(struct image *im, struct image *outside, uint64_t start,
                                      uint64_t end, struct gsh_error *err) {
  struct image inside = {.path = im->path, .fd = -1};
  enum gs_status status = GS_OK;
  for (size_t i = 0; status == GS_OK && i < im->count; i++) {
    const struct image_range *r = &im->ranges[i];
    uint64_t cuts[4] = {r->address, start, end, r->address + r->len};
    for (size_t c = 1; c <= 2; c++) { /* keep the cuts inside the range, in order */
      cuts[c] = cuts[c] < cuts[0] ? cuts[0] : cuts[c] > cuts[3] ? cuts[3] : cuts[c];
    }
    for (size_t c = 0; status == GS_OK && c < 3; c++) {
      if (cuts[c] < cuts[c + 1]) {
        status = image_add_range(c == 1 ? &inside : outside, cuts[c], cuts[c + 1] - cuts[c],
                                 r->from + (cuts[c] - r->address), r->line, err);
      }
    }
  }
  struct image_range *old = im->ranges;
  im->ranges = inside.ranges;
  im->count = inside.count;
  im->cap = inside.cap;
  inside.ranges = old;
  inside.path = NULL;
  image_close(&inside);
  return status;
}

static enum gs_status cut_to_window(struct image *im, const struct image_window *w,
                                    struct gsh_error *err) {
  char text[GSH_ERROR_TEXT_MAX];
  char shown[GSS_SHOWN];
  struct image outside = {.path = im->path, .fd = -1};
  enum gs_status status = split_at_window(im, &outside, w->start, w->start + w->len, err);
  if (status == GS_OK && outside.count > 0) {
    name_stretches(&outside, text, sizeof text);
    if (!w->drop_outside) {
      status = image_fail(im, err, "outside --region: %s", text);
      gsh_next_step(err, "widen --region, or leave that out with --drop-outside");
    } else {
      (void)fprintf(stderr, "%s: left out %s\n", gss_shown(im->path, shown), text);
    }
  }
  outside.path = NULL;
  image_close(&outside);
  if (status == GS_OK && im->count == 0) {
    status = image_fail(im, err, "holds nothing inside --region");
    gsh_next_step(err, "choose another --region");
  }
  return status;
}

static void say_gaps(const struct image *im) {
  char shown[GSS_SHOWN];
  uint64_t address;
  uint64_t len;
  for (size_t i = stretch(im, 0, &address, &len); i < im->count;) {
    uint64_t gap = address + len;
    i = stretch(im, i, &address, &len);
    (void)fprintf(stderr, "%s: filled %llu bytes at 0x%llX with 0xFF\n", gss_shown(im->path, shown),
                  (unsigned long long)(address - gap), (unsigned long long)gap);
  }
}

enum gs_status image_cut(struct image *im, const struct image_window *window,
                         struct gsh_error *err) {
  enum gs_status status = window->given ? cut_to_window(im, window, err) : refuse_holes(im, err);
  if (status != GS_OK) {
    return status;
  }
  uint64_t size = image_size(im);
  if (size > UINT32_MAX) {
    status = image_fail(im, err, "%llu bytes, and at most 4,294,967,295 are taken",
                        (unsigned long long)size);
    gsh_next_step(err, "choose a part with --region");
    return status;
  }
  if (im->has_address && image_base(im) + size - 1 > UINT32_MAX) {
    status = image_fail(im, err, "loaded at 0x%llX, and addresses above 4 GiB are not supported",
                        (unsigned long long)image_base(im));
    gsh_next_step(err, "link it below 4 GiB, or pack it as a raw binary");
    return status;
  }
  say_gaps(im);
  return GS_OK;
}
