/* SPDX-License-Identifier: Apache-2.0
 * Writes proto/vectors, the same bytes each time: keys are fixed and signatures deterministic.
 *
 * usage: generate_vectors DIR | generate_vectors --check DIR
 */
#include <stdio.h>
#include <string.h>

#include "draft.h"
#include "gapseal/crypto.h"

int main(int argc, char **argv) {
  bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
  if ((argc != 2 && !check) || gs_crypto_init() != GS_OK) {
    (void)fprintf(stderr, "usage: generate_vectors [--check] DIR\n");
    return 2;
  }
  struct draft_run run = {.dir = argv[argc - 1], .check = check};
  draft_golden(&run);
  draft_form(&run);
  draft_content(&run);
  draft_signatures(&run);
  draft_keyrings(&run);
  draft_policy(&run);
  draft_identities(&run);
  draft_evidences(&run);
  printf("%u vectors, %u differ from their file\n", run.written, run.different);
  return run.different == 0 ? 0 : 1;
}
