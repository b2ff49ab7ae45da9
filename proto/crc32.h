/* SPDX-License-Identifier: Apache-2.0
 * CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320, initial value and final
 * inversion 0xFFFFFFFF). It finds line noise and torn flash writes; it proves nothing about
 * who wrote the bytes.
 */
#ifndef GAPSEAL_CRC32_H
#define GAPSEAL_CRC32_H

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

#endif
