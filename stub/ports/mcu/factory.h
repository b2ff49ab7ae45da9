/* SPDX-License-Identifier: Apache-2.0
 * What the factory writes into a device, once, in a part of flash that nothing else uses: who it
 * is, its key, its seed, and the maker's statement. gapseal-factory writes it on a computer, the
 * firmware reads it in place. Little endian, no gaps.
 */
#ifndef GAPSEAL_MCU_FACTORY_H
#define GAPSEAL_MCU_FACTORY_H

#include <stdint.h>

#include "gapseal/crypto.h"
#include "signed.h"

#define GS_FACTORY_MAGIC 0x31667367u
#define GS_FACTORY_SEED_BYTES 32u
#define GS_FACTORY_STATEMENT_MAX 272u

struct gs_factory {
  uint32_t magic;
  uint32_t crc; /* of all bytes after it */
  uint32_t revision;
  uint32_t lifecycle; /* enum gs_lifecycle */
  uint32_t statement_len;
  uint8_t product[GS_ID_BYTES];
  uint8_t hardware[GS_ID_BYTES];
  uint8_t private_key[GS_PRIVATE_KEY_BYTES];
  uint8_t device_key[GS_PUBLIC_KEY_BYTES];
  uint8_t seed[GS_FACTORY_SEED_BYTES]; /* random, this device's own, never told */
  char serial[36];                     /* zero terminated */
  uint8_t statement[GS_FACTORY_STATEMENT_MAX];
};

_Static_assert(sizeof(struct gs_factory) == 488u, "the layout has no gaps");

#endif
