/* SPDX-License-Identifier: Apache-2.0
 * A preloaded library that makes a program's random numbers the same in each run, so that it says
 * the same again to a recorded session (replay.py). For tests alone: no product has such a switch.
 *
 *   GAPSEAL_SAME_RANDOM  a number that chooses the sequence; 1 where it is not set
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/* The psa_status_t of <psa/crypto.h>, which this library does not need otherwise. */
int32_t psa_generate_random(uint8_t *output, size_t output_size);

static void fill(void *buf, size_t len) {
  static uint64_t state;
  uint8_t *out = buf;
  if (state == 0) {
    const char *seed = getenv("GAPSEAL_SAME_RANDOM");
    state = seed != NULL ? strtoull(seed, NULL, 10) : 0;
    state = state != 0 ? state : 1;
  }
  for (size_t i = 0; i < len; i++) {
    /* xorshift64: any sequence will do, as long as it is one. */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    out[i] = (uint8_t)(state >> 32);
  }
}

int32_t psa_generate_random(uint8_t *output, size_t output_size) {
  fill(output, output_size);
  return 0;
}

ssize_t getrandom(void *buffer, size_t length, unsigned int flags) {
  (void)flags;
  fill(buffer, length);
  return (ssize_t)length;
}

int getentropy(void *buffer, size_t length) {
  fill(buffer, length);
  return 0;
}
