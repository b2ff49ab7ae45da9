/* SPDX-License-Identifier: Apache-2.0
 * Bounded cursors over bytes: the only way this product reads or writes a byte layout that
 * is not protobuf. Little endian. A cursor that ran out stays failed, so that a caller may
 * check once at the end.
 */
#ifndef GAPSEAL_BYTES_H
#define GAPSEAL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gs_reader {
  const uint8_t *at;
  size_t left;
  bool failed;
};

struct gs_writer {
  uint8_t *start;
  size_t used;
  size_t cap;
  bool failed;
};

struct gs_reader gs_reader_init(const uint8_t *data, size_t len);
uint8_t gs_read_u8(struct gs_reader *r); /* 0 once failed */
uint16_t gs_read_u16(struct gs_reader *r);
uint32_t gs_read_u32(struct gs_reader *r);
uint64_t gs_read_u64(struct gs_reader *r);
/* A view of the next len bytes, or NULL once failed. */
const uint8_t *gs_read_view(struct gs_reader *r, size_t len);

struct gs_writer gs_writer_init(uint8_t *data, size_t cap);
void gs_write_u8(struct gs_writer *w, uint8_t v);
void gs_write_u16(struct gs_writer *w, uint16_t v);
void gs_write_u32(struct gs_writer *w, uint32_t v);
void gs_write_u64(struct gs_writer *w, uint64_t v);
void gs_write_bytes(struct gs_writer *w, const void *data, size_t len);

#endif
