/* SPDX-License-Identifier: Apache-2.0
 * Runs the port conformance suite on one port, as a process; prints a line a check.
 */
#include <stdio.h>

#include "under_test.h"

static unsigned checks;

static void report(void *ctx, enum gs_check result, const char *what, const char *why) {
  (void)ctx;
  checks++;
  switch (result) {
    case GS_CHECK_OK:
      printf("ok - %s\n", what);
      break;
    case GS_CHECK_FAILED:
      printf("not ok - %s: %s\n", what, why);
      break;
    case GS_CHECK_NOT_DONE:
      printf("ok - %s # SKIP %s\n", what, why);
      break;
  }
}

typedef uint32_t half_fn(struct gs_conformance *c);

static bool run_half(int argc, char **argv, half_fn *half) {
  static uint8_t envelope[GS_CONFORMANCE_ENVELOPE_MAX];
  static uint8_t block[GS_CONFORMANCE_BLOCK_MAX];
  struct gs_conformance c = {.envelope = envelope, .block = block, .report = report};
  if (!under_test_on(argc, argv, &c)) {
    printf("not ok - the port can be opened\n");
    return false;
  }
  uint32_t failed = half(&c);
  under_test_off();
  return failed == 0;
}

int main(int argc, char **argv) {
  if (gs_crypto_init() != GS_OK) {
    printf("not ok - the cryptographic library works\n");
    return 1;
  }
  bool before = run_half(argc - 1, argv + 1, gs_conformance_before_reset);
  bool after = before && run_half(argc - 1, argv + 1, gs_conformance_after_reset);
  if (!before) {
    printf("# what is left needs these to hold first\n");
  }
  printf("1..%u\n", checks);
  return before && after ? 0 : 1;
}
