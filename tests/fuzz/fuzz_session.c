/* SPDX-License-Identifier: Apache-2.0
 * The stub's session, asked by somebody who holds no signature and no nonce: whatever comes, no
 * operation reaches the flash but the staging of what was accepted before, and hello is answered
 * afterwards.
 */
#include "session_script.h"

void fuzz_start(void) {
  fuzz_sign_start();
  fuzz_device_start();
  fuzz_sign_refuse_all();
}

void fuzz_one(const uint8_t *data, size_t len) {
  session_script(data, len, false);
}

void fuzz_seeds(void) {
  session_seeds();
}
