/* SPDX-License-Identifier: Apache-2.0 */
#include "objects.h"

size_t gs_utf8_next(const uint8_t *at, size_t left, uint32_t *code) {
  static const struct {
    uint8_t mask, lead;
    uint32_t least;
  } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
  for (size_t len = 1; len <= sizeof forms / sizeof forms[0]; len++) {
    if ((at[0] & forms[len - 1].mask) != forms[len - 1].lead) {
      continue;
    }
    if (len > left) {
      return 0;
    }
    uint32_t value = at[0] & (uint8_t)~forms[len - 1].mask;
    for (size_t i = 1; i < len; i++) {
      if ((at[i] & 0xC0u) != 0x80u) {
        return 0;
      }
      value = (value << 6) | (at[i] & 0x3Fu);
    }
    bool scalar = value <= 0x10FFFFu && !(value >= 0xD800u && value <= 0xDFFFu);
    if (!scalar || value < forms[len - 1].least) {
      return 0;
    }
    *code = value;
    return len;
  }
  return 0;
}

static bool code_ok(uint32_t code) {
  static const struct {
    uint32_t first, last;
  } banned[] = {
      {0x0000, 0x001F}, /* C0, zero included */
      {0x007F, 0x009F}, /* DEL and C1 */
      {0x061C, 0x061C}, /* Arabic letter mark */
      {0x200E, 0x200F}, /* left-to-right and right-to-left mark */
      {0x2028, 0x202E}, /* line and paragraph separator, embeddings and overrides */
      {0x2066, 0x2069}, /* isolates */
      {0xFDD0, 0xFDEF}, /* noncharacters */
  };
  for (size_t i = 0; i < sizeof banned / sizeof banned[0]; i++) {
    if (code >= banned[i].first && code <= banned[i].last) {
      return false;
    }
  }
  return (code & 0xFFFEu) != 0xFFFEu; /* U+FFFE and U+FFFF of every plane */
}

bool gs_text_ok(const char *text, size_t len) {
  const uint8_t *at = (const uint8_t *)text;
  size_t left = len;
  while (left > 0) {
    uint32_t code = 0;
    size_t n = gs_utf8_next(at, left, &code);
    if (n == 0 || !code_ok(code)) {
      return false;
    }
    at += n;
    left -= n;
  }
  return true;
}
