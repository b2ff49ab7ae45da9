/* SPDX-License-Identifier: Apache-2.0
 * Changes one section of a package at a time and then makes the rest fit, so that what lies behind
 * digests and signatures is reached.
 */
#include <string.h>

#include "package_parts.h"

#define DATA_MAX 20000u /* of an image, when the mutator makes one */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed) {
  static uint8_t section[PARTS_PACKAGE_MAX];
  static uint8_t out[2u * PARTS_PACKAGE_MAX];
  struct package_parts p;
  unsigned what = seed % 16u;
  if (what == 0 || !package_split(data, size, &p)) {
    return LLVMFuzzerMutate(data, size, max);
  }
  unsigned i = seed / 16u % GS_PACKAGE_SECTIONS;
  size_t cap = i == GS_PACKAGE_DATA ? DATA_MAX : sizeof section / 2u;
  if (p.len[i] > cap) {
    return LLVMFuzzerMutate(data, size, max);
  }
  if (p.len[i] > 0) {
    memcpy(section, p.data[i], p.len[i]);
  }
  if (i == GS_PACKAGE_MANIFEST && what % 2u == 0) { /* the body alone */
    static uint8_t body[GS_PACKAGE_ENVELOPE_MAX];
    struct gs_signed s;
    if (gs_signed_parse(p.data[i], p.len[i], &s) == GS_OK && s.body_len <= sizeof body / 2u) {
      memcpy(body, s.body, s.body_len);
      size_t n = LLVMFuzzerMutate(body, s.body_len, sizeof body / 2u);
      size_t sealed =
          fuzz_sign_body(GS_OBJECT_MANIFEST, section, p.len[i], body, n, out, sizeof out);
      memcpy(section, out, sealed);
      p.len[i] = sealed;
    }
  } else {
    p.len[i] = LLVMFuzzerMutate(section, p.len[i], cap);
  }
  p.data[i] = section;
  size_t n = what == 1 ? package_join(&p, out, sizeof out) : package_mend(&p, out, sizeof out);
  if (n == 0 || n > max) {
    return LLVMFuzzerMutate(data, size, max);
  }
  memcpy(data, out, n);
  return n;
}
