/* SPDX-License-Identifier: Apache-2.0
 * A package on offer, at every door: over the wire, through the OTA client, in the host's
 * pre-flight and at the independent verifier. One verdict is asked of all.
 */
#ifndef GAPSEAL_DOORS_OFFER_H
#define GAPSEAL_DOORS_OFFER_H

#include "bench.h"
#include "vector_package.h"

/* Who is asked. */
enum offer_door {
  OFFER_WIRE,
  OFFER_OTA,
  OFFER_PREFLIGHT,
  OFFER_VERIFIER,
  OFFER_DOORS,
};
extern const char *const offer_door_names[OFFER_DOORS];

struct offer {
  const uint8_t *envelope; /* of the manifest */
  size_t len;
  struct package_keys keys; /* the package's chain */
  bool older, reinstall;
  uint32_t piece;     /* bytes that the OTA client's stream gives at once, at most; 0: any */
  unsigned leave_out; /* bit n: do not ask door n; to prove that this is noticed */
};

/* What each door said. */
struct verdicts {
  unsigned asked; /* bit n: door n gave its word */
  enum gs_status wire, ota, preflight;
  enum gs_status verifier;  /* of what needs no device: rules 1 to 5 */
  enum gs_status delivered; /* what became of the image, where the manifest was taken */
  bool verifier_asked;      /* the device's own keyring had no say in it */
  bool installed;  /* and every byte of it was there: it was installed, started, confirmed */
  char wrong[256]; /* what did not hold, as a sentence; "": nothing */
};

/* Where the doors may write files. */
struct offer_files {
  char package[300], keyring[300];
};

/*
 * Give it to both copies of a device, and ask everybody.
 *
 * held, held_len  the keyring that the device was given; for the verifier.
 *
 * Everything that must hold is checked: that each door was asked, the same status and the same
 * numbers behind it, no flash touched by a refusal, the same flash afterwards.
 */
void offer_judge(struct bench_pair *p, const struct offer *o, const uint8_t *held, size_t held_len,
                 const struct offer_files *files, struct verdicts *out);

#endif
