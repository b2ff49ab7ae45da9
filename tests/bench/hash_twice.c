/* SPDX-License-Identifier: Apache-2.0
 * What packing and verifying are measured against: hash every byte of a file twice with PSA
 * SHA-256, once a block and once for the whole, and do nothing else.
 *
 *   hash_twice FILE BLOCK_BYTES
 *
 * Prints the digest of the block digests followed by the image's, so that no hash can be left out.
 */
#include <psa/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct run {
  FILE *in;
  uint8_t *block;
  size_t block_len;
  psa_hash_operation_t image;
  psa_hash_operation_t table;
};

static int hash_file(struct run *r) {
  uint8_t digest[32];
  size_t len = 0;
  size_t got;
  while ((got = fread(r->block, 1, r->block_len, r->in)) > 0) {
    if (psa_hash_compute(PSA_ALG_SHA_256, r->block, got, digest, sizeof digest, &len) != 0 ||
        psa_hash_update(&r->table, digest, sizeof digest) != 0 ||
        psa_hash_update(&r->image, r->block, got) != 0) {
      return 1;
    }
  }
  if (ferror(r->in) != 0 || psa_hash_finish(&r->image, digest, sizeof digest, &len) != 0 ||
      psa_hash_update(&r->table, digest, sizeof digest) != 0 ||
      psa_hash_finish(&r->table, digest, sizeof digest, &len) != 0) {
    return 1;
  }
  for (size_t i = 0; i < sizeof digest; i++) {
    printf("%02x", digest[i]);
  }
  printf("\n");
  return 0;
}

int main(int argc, char **argv) {
  struct run r = {.block_len = argc == 3 ? (size_t)strtoul(argv[2], NULL, 10) : 0};
  if (r.block_len == 0) {
    fprintf(stderr, "usage: hash_twice FILE BLOCK_BYTES\n");
    return 2;
  }
  r.in = fopen(argv[1], "rb");
  r.block = malloc(r.block_len);
  int code = 1;
  if (r.in != NULL && r.block != NULL && psa_crypto_init() == 0 &&
      psa_hash_setup(&r.image, PSA_ALG_SHA_256) == 0 &&
      psa_hash_setup(&r.table, PSA_ALG_SHA_256) == 0) {
    code = hash_file(&r);
  }
  if (r.in != NULL) {
    (void)fclose(r.in);
  }
  free(r.block);
  return code;
}
