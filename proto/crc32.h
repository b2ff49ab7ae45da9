/* SPDX-License-Identifier: Apache-2.0
 * CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320, initial value and final
 * inversion 0xFFFFFFFF). It finds line noise and torn flash writes; it proves nothing about
 * who wrote the bytes.
 */
#ifndef GAPSEAL_CRC32_H
#define GAPSEAL_CRC32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Continue a CRC over more bytes.
 *
 * crc  0 to start, or the result of the call before.
 *
 * The CRC of the ASCII text "123456789" is 0xCBF43926.
 */
uint32_t gs_crc32(uint32_t crc, const void *data, size_t len);

/* Put the CRC of the first len bytes behind them, little endian; there is room for it. */
void gs_crc32_append(uint8_t *data, size_t len);

/*
 * Mend one flipped bit.
 *
 * data  content and, behind it, its CRC, little endian; the bit that was flipped is turned back.
 * len   bytes of both; at most GS_CRC32_MEND_MAX, else nothing is mended.
 *
 * True: the CRC fits now. One flipped bit is always mended and two never are, as any two contents
 * of that length with the right CRC differ in four bits at least; more than two pass for one with a
 * chance of 8 * len in 2^32. So only what is verified by other means may be mended. Takes eight
 * short steps a byte.
 *
 * Source: Koopman, 32-Bit Cyclic Redundancy Codes for Internet Applications (2002), table 1: IEEE
 * 802.3 has a Hamming distance of 4 up to 91,607 bits.
 */
bool gs_crc32_mend(uint8_t *data, size_t len);
#define GS_CRC32_MEND_MAX 11450u

#endif
