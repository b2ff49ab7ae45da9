/* SPDX-License-Identifier: Apache-2.0
 * Signatures for fuzzers: a digest of key and hash, so that they cost nothing, the tests' keys can
 * make them, and an input that was changed can be signed again. The linker puts them in the place
 * of ECDSA (fuzz_SIGN_WRAPS in CMakeLists.txt); everything else of gapseal/crypto.h is real.
 */
#ifndef GAPSEAL_FUZZ_SIGN_H
#define GAPSEAL_FUZZ_SIGN_H

#include "fixture.h"
#include "fuzz.h"

/* Makes the library ready; must come first. */
void fuzz_sign_start(void);
/* From now on no signature holds. */
void fuzz_sign_refuse_all(void);
/* Signatures by a release or recovery key that held so far. */
uint32_t fuzz_sign_held_manifests(void);

/* Sign an envelope again: each signature by a key of the tests fits the body afterwards. False
 * where it cannot be read; nothing is changed then. */
bool fuzz_sign_again(enum gs_object_type type, uint8_t *envelope, size_t len);
/* The same with another body; returns the length, or 0 where it cannot be read or does not fit. */
size_t fuzz_sign_body(enum gs_object_type type, const uint8_t *envelope, size_t len,
                      const uint8_t *body, size_t body_len, uint8_t *out, size_t cap);

#endif
