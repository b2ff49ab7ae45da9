/* SPDX-License-Identifier: Apache-2.0
 * What every port owes, as checks that run on the port itself: on a chip, in an emulator or as a
 * process. The same suite for all of them; docs/porting.md tells when to run it.
 *
 * It is for a device that may lose everything: it erases all areas, programs them with
 * patterns, and leaves a device provisioned with keys of its own, which nobody else may use.
 * Never link it into what is shipped.
 *
 * Two calls, with a reset of the device in between (power off, where that is possible), because
 * a port must keep what it stored:
 *
 *   gs_conformance_before_reset      facts, time, randomness, signature, every area
 *   gs_conformance_after_reset       what was stored is still there; then a whole update
 *
 * Freestanding: no heap, no stdio. Blocks for as long as the flash takes.
 */
#ifndef GAPSEAL_CONFORMANCE_H
#define GAPSEAL_CONFORMANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "gapseal/engine_types.h"

enum gs_check {
  GS_CHECK_OK = 0,
  GS_CHECK_FAILED = 1,
  GS_CHECK_NOT_DONE = 2, /* it cannot be checked here; the text says why */
};

/* Bytes of work memory: an envelope and a block. */
#define GS_CONFORMANCE_ENVELOPE_MAX 1024u
#define GS_CONFORMANCE_BLOCK_MAX 1024u

struct gs_conformance {
  const struct gs_port *port;
  struct gs_engine *engine; /* the caller's; overwritten */
  struct gs_engine_memory memory;
  uint8_t *envelope;      /* GS_CONFORMANCE_ENVELOPE_MAX bytes, the caller's */
  uint8_t *block;         /* GS_CONFORMANCE_BLOCK_MAX bytes, the caller's */
  bool may_raise_counter; /* a counter in fuses is used up by each raise */

  /*
   * Told each check once, as it ends.
   *
   * what  a sentence: what the port owes. why: NULL where it is met, otherwise what was seen.
   * Both live for ever.
   */
  void (*report)(void *ctx, enum gs_check result, const char *what, const char *why);
  void *ctx;

  uint32_t failed; /* so far; 0 at first */
};

/* Both return how many checks failed in the call. gs_crypto_init must have succeeded before. */
uint32_t gs_conformance_before_reset(struct gs_conformance *c);
uint32_t gs_conformance_after_reset(struct gs_conformance *c);

#endif
