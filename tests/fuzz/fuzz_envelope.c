/* SPDX-License-Identifier: Apache-2.0
 * The signed envelope: what is read is what writing it gives, and all of it lies in the input.
 */
#include <string.h>

#include "fuzz.h"
#include "fuzz_sign.h"

#define INPUT_MAX 65536u

void fuzz_start(void) {
  fuzz_sign_start();
}

static bool inside(const uint8_t *data, size_t len, const uint8_t *at, size_t n) {
  return at >= data && at <= data + len && n <= (size_t)(data + len - at);
}

void fuzz_one(const uint8_t *data, size_t len) {
  static uint8_t out[INPUT_MAX];
  struct gs_signed s;
  struct gs_signed again;
  enum gs_status status = gs_signed_parse(data, len, &s);
  FUZZ_MUST(gs_signed_parse(data, len, &again) == status);
  if (status != GS_OK) {
    FUZZ_MUST(status >= GS_E_EMPTY && status <= GS_E_UNKNOWN_FIELD);
    return;
  }
  FUZZ_MUST(s.body_len > 0 && inside(data, len, s.body, s.body_len));
  FUZZ_MUST(s.signature_count <= GS_SIGNATURES_MAX);
  bool fixed = true; /* all signatures have the length that the writer takes */
  for (size_t i = 0; i < s.signature_count; i++) {
    const struct gs_signature *sig = &s.signatures[i];
    FUZZ_MUST(inside(data, len, sig->key_id, GS_KEY_ID_BYTES));
    FUZZ_MUST(sig->sig_len > 0 && inside(data, len, sig->sig, sig->sig_len));
    for (size_t k = 0; k < i; k++) {
      FUZZ_MUST(memcmp(s.signatures[k].key_id, sig->key_id, GS_KEY_ID_BYTES) != 0);
    }
    fixed = fixed && sig->sig_len == GS_SIGNATURE_BYTES;
  }
  if (fixed && len <= sizeof out) {
    FUZZ_MUST(gs_signed_write(s.body, s.body_len, s.signatures, s.signature_count, out, len) ==
              len);
    FUZZ_MUST(memcmp(out, data, len) == 0);
    FUZZ_MUST(gs_signed_write(s.body, s.body_len, s.signatures, s.signature_count, out, len - 1) ==
              0);
  }
}

void fuzz_seeds(void) {
  static const enum test_key keys[] = {TEST_KEY_RELEASE_1, TEST_KEY_RELEASE_2, TEST_KEY_RECOVERY_1,
                                       TEST_KEY_ROOT_1};
  static uint8_t body[300];
  uint8_t out[1024];
  for (size_t i = 0; i <= 4; i++) {
    char name[] = {'s', 'i', 'g', (char)('0' + i), '\0'};
    size_t len = fixture_sign(GS_OBJECT_MANIFEST, body, i * 40u + 5u, keys, i, out, sizeof out);
    fuzz_seed(name, out, len);
  }
}
