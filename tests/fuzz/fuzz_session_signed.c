/* SPDX-License-Identifier: Apache-2.0
 * The stub's session, asked by somebody whose signatures hold and who knows the nonce, over
 * restarts and power cuts: blocks, final check, install, trial, confirm, rollback, keyrings.
 */
#include "session_script.h"

void fuzz_start(void) {
  fuzz_sign_start();
  fuzz_device_start();
}

void fuzz_one(const uint8_t *data, size_t len) {
  session_script(data, len, true);
}

void fuzz_seeds(void) {
  session_seeds();
}
