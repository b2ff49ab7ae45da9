/* SPDX-License-Identifier: Apache-2.0
 * What holds of an image whatever file it came from.
 */
#ifndef GAPSEAL_FUZZ_IMAGE_H
#define GAPSEAL_FUZZ_IMAGE_H

#include "fuzz.h"
#include "image.h"

/* Opens the file, checks the ranges and, where it is small, that reading it whole and in pieces
 * gives the same; 0xFF between the ranges. Returns true where it was taken; then *im is open. */
bool fuzz_image_open(const uint8_t *data, size_t len, enum image_format format, struct image *im);

#endif
