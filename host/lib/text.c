/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <stdio.h>
#include <string.h>

#include "objects.h"

static const char digits[] = "0123456789abcdef";

size_t gsh_utf8_next(const char *s, size_t len, uint32_t *code) {
  uint32_t unasked;
  return len == 0 ? 0 : gs_utf8_next((const uint8_t *)s, len, code != NULL ? code : &unasked);
}

bool gsh_utf8_ok(const char *text, size_t len) {
  while (len > 0) {
    size_t n = gsh_utf8_next(text, len, NULL);
    if (n == 0) {
      return false;
    }
    text += n;
    len -= n;
  }
  return true;
}

/* Characters that signed texts may hold but that show nothing, or change how others show. */
static bool invisible(uint32_t c) {
  return c == 0xAD || c == 0x34F || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) ||
         (c >= 0xE000 && c <= 0xF8FF) || c >= 0xE0000;
}

/* Bytes of the next character to show as it is, or 0: escape one byte. */
static size_t showable(const char *text, size_t len, int ascii) {
  uint32_t code = 0;
  size_t n = gsh_utf8_next(text, len, &code);
  if (n == 0 || (ascii && n > 1) || invisible(code) || !gs_text_ok(text, n)) {
    return 0;
  }
  return n;
}

char *gsh_text_escape(const char *text, size_t len, int ascii, char *out, size_t cap) {
  size_t used = 0;
  size_t cut = 0; /* where "..." still fits */
  if (cap == 0) {
    return out;
  }
  while (len > 0) {
    size_t n = showable(text, len, ascii);
    size_t need = n > 0 ? n : 4;
    size_t taken = n > 0 ? n : 1;
    if (need > cap - 1 - used) {
      used = cut;
      size_t dots = cap - 1 - used < 3 ? cap - 1 - used : 3;
      memcpy(out + used, "...", dots);
      used += dots;
      break;
    }
    if (n > 0) {
      memcpy(out + used, text, n);
    } else {
      unsigned char byte = (unsigned char)text[0];
      char escaped[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
      memcpy(out + used, escaped, sizeof escaped);
    }
    used += need;
    if (cap - 1 - used >= 3) {
      cut = used;
    }
    text += taken;
    len -= taken;
  }
  out[used] = '\0';
  return out;
}

char *gsh_hex(const uint8_t *data, size_t len, char *out) {
  for (size_t i = 0; i < len; i++) {
    out[2 * i] = digits[data[i] >> 4];
    out[2 * i + 1] = digits[data[i] & 15];
  }
  out[2 * len] = '\0';
  return out;
}

char *gsh_hex_short(const uint8_t *data, size_t len, char *out) {
  if (len < 4) {
    return gsh_hex(data, len, out);
  }
  (void)gsh_hex(data, 2, out);
  memcpy(out + 4, "..", 2);
  (void)gsh_hex(data + len - 1, 1, out + 6);
  return out;
}

static int digit_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool gsh_unhex(const char *text, uint8_t *out, size_t len) {
  for (size_t i = 0; i < len; i++) {
    int high = digit_value(text[2 * i]);
    int low = high < 0 ? -1 : digit_value(text[2 * i + 1]);
    if (low < 0) {
      return false;
    }
    out[i] = (uint8_t)(high * 16 + low);
  }
  return text[2 * len] == '\0';
}

char *gsh_count(uint64_t n, char out[32]) {
  char text[24];
  int len = snprintf(text, sizeof text, "%llu", (unsigned long long)n);
  size_t used = 0;
  for (int i = 0; i < len; i++) {
    if (i > 0 && (len - i) % 3 == 0) {
      out[used++] = ',';
    }
    out[used++] = text[i];
  }
  out[used] = '\0';
  return out;
}
