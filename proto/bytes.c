/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <string.h>

struct gs_reader gs_reader_init(const uint8_t *data, size_t len) {
  return (struct gs_reader){.at = data, .left = len, .failed = false};
}

const uint8_t *gs_read_view(struct gs_reader *r, size_t len) {
  if (r->failed || len > r->left) {
    r->failed = true;
    return NULL;
  }
  const uint8_t *view = r->at;
  r->at += len;
  r->left -= len;
  return view;
}

/* Little endian, up to 4 bytes. */
static uint32_t get(const uint8_t *at, size_t width) {
  uint32_t v = 0;
  while (width > 0) {
    width--;
    v = (v << 8) | at[width];
  }
  return v;
}

static uint32_t read_int(struct gs_reader *r, size_t width) {
  const uint8_t *view = gs_read_view(r, width);
  return view != NULL ? get(view, width) : 0;
}

uint8_t gs_read_u8(struct gs_reader *r) {
  return (uint8_t)read_int(r, 1);
}

uint16_t gs_read_u16(struct gs_reader *r) {
  return (uint16_t)read_int(r, 2);
}

uint32_t gs_read_u32(struct gs_reader *r) {
  return read_int(r, 4);
}

uint64_t gs_read_u64(struct gs_reader *r) {
  const uint8_t *view = gs_read_view(r, 8);
  return view != NULL ? (uint64_t)get(view + 4, 4) << 32 | get(view, 4) : 0;
}

struct gs_writer gs_writer_init(uint8_t *data, size_t cap) {
  return (struct gs_writer){.start = data, .used = 0, .cap = cap, .failed = false};
}

void gs_write_bytes(struct gs_writer *w, const void *data, size_t len) {
  if (w->failed || len > w->cap - w->used) {
    w->failed = true;
    return;
  }
  if (len > 0) { /* memcpy may not be given NULL, even for no bytes */
    memcpy(w->start + w->used, data, len);
  }
  w->used += len;
}

static void write_int(struct gs_writer *w, uint32_t v, size_t width) {
  uint8_t raw[4];
  for (size_t i = 0; i < sizeof raw; i++) {
    raw[i] = (uint8_t)v;
    v >>= 8;
  }
  gs_write_bytes(w, raw, width);
}

void gs_write_u8(struct gs_writer *w, uint8_t v) {
  write_int(w, v, 1);
}

void gs_write_u16(struct gs_writer *w, uint16_t v) {
  write_int(w, v, 2);
}

void gs_write_u32(struct gs_writer *w, uint32_t v) {
  write_int(w, v, 4);
}

void gs_write_u64(struct gs_writer *w, uint64_t v) {
  uint8_t raw[8];
  for (size_t i = 0; i < sizeof raw; i++) {
    raw[i] = (uint8_t)v;
    v >>= 8;
  }
  gs_write_bytes(w, raw, sizeof raw);
}
