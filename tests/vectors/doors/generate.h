/* SPDX-License-Identifier: Apache-2.0
 * Packages made up for a device: a good one, changed at a boundary or two. A function of two
 * numbers, so that a finding has a name.
 */
#ifndef GAPSEAL_DOORS_GENERATE_H
#define GAPSEAL_DOORS_GENERATE_H

#include "offer.h"

#define GENERATED_TEXT_MAX 320u

struct generated {
  struct offer offer; /* points into what follows */
  uint8_t envelope[VECTOR_OBJECT_MAX];
  uint8_t keyrings[PACKAGE_KEYS_MAX][DEVICE_OBJECT_MAX];
  char what[GENERATED_TEXT_MAX]; /* what was changed, in words */
};

/*
 * told   what the device says of itself: boundaries lie where its numbers are.
 * seed, index  the same give the same.
 */
void generate_offer(const struct gsh_device *told, uint64_t seed, uint64_t index,
                    struct generated *out);

/* The maker's keyring of a version, 1 to 3, each the successor of the one before. Returns its
 * length; made once a run. */
size_t generate_keyring(uint32_t version, uint8_t out[DEVICE_OBJECT_MAX]);

#endif
