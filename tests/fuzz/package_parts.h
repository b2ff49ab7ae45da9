/* SPDX-License-Identifier: Apache-2.0
 * A package file taken apart and put together again, for inputs that must fit what they say of
 * themselves: digests of about document, pages and images, lengths, and signatures.
 */
#ifndef GAPSEAL_FUZZ_PACKAGE_PARTS_H
#define GAPSEAL_FUZZ_PACKAGE_PARTS_H

#include "fuzz_sign.h"
#include "package_layout.h"

#define PARTS_PACKAGE_MAX 65536u

/* Contents of the six sections; views, or NULL and 0. */
struct package_parts {
  const uint8_t *data[GS_PACKAGE_SECTIONS];
  size_t len[GS_PACKAGE_SECTIONS];
};

/* False: the six headers are not all there. */
bool package_split(const uint8_t *file, size_t len, struct package_parts *out);
/* Write the file as the parts are. Returns its length, or 0 where it does not fit. */
size_t package_join(const struct package_parts *p, uint8_t *out, size_t cap);

/*
 * Make the parts fit each other: the manifest takes the digest of the about document and describes
 * the data (one variant: whatever its length; two: as long as their sizes are), pages are made from
 * it, and manifest and keyrings are signed again. The same as package_join where the manifest
 * cannot be read.
 */
size_t package_mend(const struct package_parts *p, uint8_t *out, size_t cap);

/* A good package of small images; variants 1 or 2. keyrings: 0 to 2 in its chain. */
size_t package_good(uint32_t variants, uint32_t keyrings, const char *about,
                    const uint8_t *attachments, size_t attachments_len, uint8_t *out, size_t cap);

#endif
