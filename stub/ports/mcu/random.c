/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <string.h>

/* The library asks for random bytes without saying for whom, so there is one stream. */
static struct {
  uint8_t key[GS_DIGEST_BYTES];
  uint32_t blocks; /* given; 0 with ready false: none was begun */
  bool ready;
} stream;

enum gs_status gs_random_begin(const uint8_t seed[GS_FACTORY_SEED_BYTES], const void *data,
                               size_t len) {
  struct gs_sha256 h;
  stream.ready = false;
  enum gs_status status = gs_sha256_start(&h);
  if (status == GS_OK) {
    status = gs_sha256_add(&h, seed, GS_FACTORY_SEED_BYTES);
  }
  if (status == GS_OK) {
    status = gs_sha256_add(&h, data, len);
  }
  if (status == GS_OK) {
    status = gs_sha256_finish(&h, stream.key);
  } else {
    gs_sha256_abort(&h);
  }
  stream.blocks = 0;
  stream.ready = status == GS_OK;
  return status;
}

enum gs_status gs_random(void *out, size_t len) {
  uint8_t *to = out;
  uint8_t input[GS_DIGEST_BYTES + sizeof stream.blocks];
  uint8_t block[GS_DIGEST_BYTES];
  enum gs_status status = stream.ready ? GS_OK : GS_E_NO_RANDOM;
  memcpy(input, stream.key, GS_DIGEST_BYTES);
  while (len > 0 && status == GS_OK) {
    size_t n = len < sizeof block ? len : sizeof block;
    memcpy(input + GS_DIGEST_BYTES, &stream.blocks, sizeof stream.blocks);
    stream.blocks++;
    status = gs_sha256(input, sizeof input, block);
    memcpy(to, block, n);
    to += n;
    len -= n;
  }
  gs_wipe(input, sizeof input);
  gs_wipe(block, sizeof block);
  return status;
}
