/* SPDX-License-Identifier: Apache-2.0
 * Fixed layouts as tables: where each member of a struct lies among the bytes. Integers of 2 and 4
 * bytes are little endian; anything else is copied. One table reads and writes.
 */
#ifndef GAPSEAL_LAYOUT_H
#define GAPSEAL_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct gs_layout_field {
  uint8_t off; /* among the bytes */
  uint8_t width;
  uint8_t member; /* in the struct */
};

#define GS_LAYOUT_FIELD(off, type, name) \
  { off, sizeof(((type *)0)->name), offsetof(type, name) }

/* The caller's buffers hold what the table names; bytes that it does not name stay as they are. */
void gs_layout_write(const struct gs_layout_field *fields, size_t count, const void *from,
                     uint8_t *out);
void gs_layout_read(const struct gs_layout_field *fields, size_t count, const uint8_t *in,
                    void *to);

#endif
