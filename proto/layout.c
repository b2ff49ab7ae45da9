/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <string.h>

void gs_layout_write(const struct gs_layout_field *fields, size_t count, const void *from,
                     uint8_t *out) {
  for (const struct gs_layout_field *f = fields; f < fields + count; f++) {
    const uint8_t *member = (const uint8_t *)from + f->member;
    uint8_t *at = out + f->off;
    uint16_t half;
    uint32_t word;
    switch (f->width) {
      case 2:
        memcpy(&half, member, sizeof half);
        at[0] = (uint8_t)half;
        at[1] = (uint8_t)(half >> 8);
        break;
      case 4:
        memcpy(&word, member, sizeof word);
        for (size_t i = 0; i < sizeof word; i++) {
          at[i] = (uint8_t)word;
          word >>= 8;
        }
        break;
      default:
        memcpy(at, member, f->width);
        break;
    }
  }
}

void gs_layout_read(const struct gs_layout_field *fields, size_t count, const uint8_t *in,
                    void *to) {
  for (const struct gs_layout_field *f = fields; f < fields + count; f++) {
    uint8_t *member = (uint8_t *)to + f->member;
    const uint8_t *at = in + f->off;
    uint16_t half;
    uint32_t word = 0;
    switch (f->width) {
      case 2:
        half = (uint16_t)(at[0] | at[1] << 8);
        memcpy(member, &half, sizeof half);
        break;
      case 4:
        for (size_t i = sizeof word; i > 0; i--) {
          word = word << 8 | at[i - 1];
        }
        memcpy(member, &word, sizeof word);
        break;
      default:
        memcpy(member, at, f->width);
        break;
    }
  }
}
