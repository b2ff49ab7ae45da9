/* SPDX-License-Identifier: Apache-2.0
 * Keys, keyring, manifests and images that the suite makes for itself.
 */
#ifndef GAPSEAL_CONFORMANCE_JOB_H
#define GAPSEAL_CONFORMANCE_JOB_H

#include "conformance.h"

/* An image is a formula: its bytes follow from release and offset. */
struct job_image {
  uint32_t release;
  uint32_t size;
  uint32_t block_size;
  struct gs_table_shape shape; /* its digests are not kept: NULL */
  uint8_t package[GS_DIGEST_BYTES];
  size_t envelope_len;
};

/* Write the suite's keyring, signed. Returns its bytes, or 0. */
size_t job_keyring(uint8_t *out, size_t cap);

/*
 * Describe an image for the port's device, and write its signed manifest to c->envelope.
 *
 * release  also the security version, and where the floor rises to.
 * slot     where it is to go.
 *
 * Uses c->block.
 */
GS_MUST_USE enum gs_status job_make(struct gs_conformance *c, uint32_t release, uint32_t slot,
                                    struct job_image *out);

/* Block i, table page i, into out: block_size bytes at most. */
void job_block(const struct job_image *image, uint32_t i, uint8_t *out);
GS_MUST_USE enum gs_status job_page(const struct job_image *image, uint32_t i, uint8_t *out);

#endif
