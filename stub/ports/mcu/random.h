/* SPDX-License-Identifier: Apache-2.0
 * Randomness from a factory seed, for chips without a generator. Also the library's random source
 * for signatures.
 */
#ifndef GAPSEAL_MCU_RANDOM_H
#define GAPSEAL_MCU_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "factory.h"

/*
 * Begin a stream of random bytes, which gs_random then gives: hashes of the seed, data and a
 * counter. Before the first there are none.
 *
 * seed  GS_FACTORY_SEED_BYTES, secret.
 * data  what the stream belongs to. A signature's stream belongs to the hash that is signed: two
 *       hashes never share a number, also where every start repeats the one before.
 */
GS_MUST_USE enum gs_status gs_random_begin(const uint8_t seed[GS_FACTORY_SEED_BYTES],
                                           const void *data, size_t len);

#endif
