/* SPDX-License-Identifier: Apache-2.0
 * Writing a package file (docs/spec/package.md). Each image is read once; its blocks and the
 * whole are hashed on the way into the file. Memory: one chunk, and 32 bytes for each block.
 */
#ifndef GSS_BUILD_H
#define GSS_BUILD_H

#include "attachments.h"
#include "facts.h"
#include "image.h"

#define BUILD_VARIANTS_MAX 2u

struct build {
  const struct facts *facts;
  const struct attachments *attachments;
  const char *about;
  struct image *images; /* one: for both slots; two: for slot A and slot B */
  size_t image_count;
  uint32_t block_size;
  bool state_address; /* put load addresses into the manifest */

  /* Results. */
  struct gs_manifest manifest;
  uint8_t table[BUILD_VARIANTS_MAX * GS_PAGES_MAX * GS_DIGEST_BYTES];
  uint8_t digest[GS_DIGEST_BYTES];
};

/* Write the package. A failed run leaves no file, and one that was there stays as it was. */
enum gs_status build_package(struct build *b, const char *path, struct gsh_error *err);

#endif
