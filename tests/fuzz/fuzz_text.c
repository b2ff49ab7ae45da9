/* SPDX-License-Identifier: Apache-2.0
 * Text from outside on its way to a terminal, a log or a JSON string: the host library's escaping
 * and gapseal-verify's, in room of any size.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "objects.h"
#include "text.h"
#include "verify.h"

void fuzz_start(void) {
}

static bool ascii(const char *text) {
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7E) {
      return false;
    }
  }
  return true;
}

static void check_escape(const char *text, size_t len, size_t cap) {
  char *out = malloc(cap);
  FUZZ_MUST(out != NULL);
  for (int only_ascii = 0; only_ascii <= 1; only_ascii++) {
    FUZZ_MUST(gsh_text_escape(text, len, only_ascii, out, cap) == out);
    FUZZ_MUST(memchr(out, '\0', cap) != NULL && fuzz_text_safe(out));
    FUZZ_MUST(only_ascii == 0 || ascii(out));
  }
  free(out);
}

/* Room enough: nothing is cut, and what is plain stays as it is. */
static void check_whole(const char *text, size_t len) {
  char *out = malloc(4 * len + 1);
  FUZZ_MUST(out != NULL);
  gsh_text_escape(text, len, 0, out, 4 * len + 1);
  FUZZ_MUST(strlen(out) >= len);
  if (strlen(text) == len && ascii(text)) {
    FUZZ_MUST(strlen(out) == len && memcmp(out, text, len) == 0);
  }
  free(out);
}

static void check_utf8(const char *text, size_t len) {
  bool ok = true;
  for (size_t at = 0; at < len;) {
    uint32_t code = 0;
    size_t n = gsh_utf8_next(text + at, len - at, &code);
    FUZZ_MUST(n <= 4 && n <= len - at);
    FUZZ_MUST(n == 0 || (code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF)));
    ok = ok && n > 0;
    at += n > 0 ? n : 1;
  }
  FUZZ_MUST(gsh_utf8_ok(text, len) == ok);
  FUZZ_MUST(!gs_text_ok(text, len) || ok);
}

static void check_verifier(const char *text, size_t cap) {
  char *out = malloc(cap);
  FUZZ_MUST(out != NULL);
  FUZZ_MUST(gsv_escape(text, out, cap) == out);
  FUZZ_MUST(memchr(out, '\0', cap) != NULL && ascii(out));
  free(out);
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct fuzz_script s = {data, len};
  size_t cap = 1u + fuzz_u8(&s);
  char *text = malloc(s.left + 1);
  uint8_t *bytes = malloc(s.left / 2u + 1u);
  FUZZ_MUST(text != NULL && bytes != NULL);
  if (s.left > 0) {
    memcpy(text, s.at, s.left);
  }
  text[s.left] = '\0';
  check_escape(text, s.left, cap);
  check_whole(text, s.left);
  check_utf8(text, s.left);
  check_verifier(text, cap);
  if (gsh_unhex(text, bytes, s.left / 2u)) {
    FUZZ_MUST(strspn(text, "0123456789abcdefABCDEF") == s.left / 2u * 2u);
  }
  free(bytes);
  free(text);
}

void fuzz_seeds(void) {
  static const char plain[] =
      "\x40"
      "press-7 4.1.0";
  static const char bad[] =
      "\x10"
      "a\x1b[2J\x9b\r\n\xe2\x80\xae\xf0\x9f\x98\x80\xc0\x80\xff\\x41";
  static const char hex[] =
      "\xff"
      "00ffA5";
  fuzz_seed("plain", plain, sizeof plain - 1);
  fuzz_seed("bad", bad, sizeof bad - 1);
  fuzz_seed("hex", hex, sizeof hex - 1);
}
