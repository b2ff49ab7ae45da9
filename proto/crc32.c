/* SPDX-License-Identifier: Apache-2.0 */
#include "crc32.h"

#define CRC_BYTES 4u

uint32_t gs_crc32(uint32_t crc, const void *data, size_t len) {
  /* One entry per value of four bits: 64 bytes of flash instead of 1 KiB. */
  static const uint32_t table[16] = {0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu,
                                     0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
                                     0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
                                     0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};
  const uint8_t *bytes = data;
  crc = ~crc;
  for (size_t i = 0; i < len; i++) {
    crc ^= bytes[i];
    crc = table[crc & 15u] ^ (crc >> 4);
    crc = table[crc & 15u] ^ (crc >> 4);
  }
  return ~crc;
}

void gs_crc32_append(uint8_t *data, size_t len) {
  uint32_t crc = gs_crc32(0, data, len);
  for (uint8_t *at = data + len; at < data + len + CRC_BYTES; at++) {
    *at = (uint8_t)crc;
    crc >>= 8;
  }
}

#define POLYNOMIAL 0xEDB88320u

static bool is_power_of_two(uint32_t x) {
  return (x & (x - 1u)) == 0;
}

bool gs_crc32_mend(uint8_t *data, size_t len) {
  if (len <= CRC_BYTES || len > GS_CRC32_MEND_MAX) {
    return false;
  }
  size_t at = len - CRC_BYTES;
  uint32_t told = (uint32_t)data[at] | (uint32_t)data[at + 1] << 8 | (uint32_t)data[at + 2] << 16 |
                  (uint32_t)data[at + 3] << 24;
  uint32_t wrong = told ^ gs_crc32(0, data, at);
  if (is_power_of_two(wrong)) {
    return true; /* nothing, or a bit of the CRC itself */
  }
  /* What a flipped bit does to the CRC, from the last bit to the first: each is the one after it,
   * passed through the register once more. */
  uint32_t does = POLYNOMIAL;
  while (at > 0) {
    at--;
    for (uint8_t bit = 0x80; bit != 0; bit >>= 1) {
      if (does == wrong) {
        data[at] ^= bit;
        return true;
      }
      does = (does & 1u) != 0 ? does >> 1 ^ POLYNOMIAL : does >> 1;
    }
  }
  return false;
}
