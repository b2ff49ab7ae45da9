/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the power-cut suite share.
 */
#ifndef GAPSEAL_POWERCUT_H
#define GAPSEAL_POWERCUT_H

#include "device.h"

/* The packages that exist in the world of one geometry. */
enum world_package { WORLD_ONE, WORLD_TWO, WORLD_BAD, WORLD_PACKAGES };

struct world {
  struct fake_maker maker;
  struct fake_package package[WORLD_PACKAGES];
  uint32_t security_version[WORLD_PACKAGES];
  uint8_t keyring[FAKE_KEYRING_CAP]; /* version 2 */
  size_t keyring_len;
};

/* A story: where it starts, what is done after each start, and when it is over. */
struct scenario {
  const char *name;
  bool starts_unprovisioned;
  /* Bring a provisioned device to where the story starts. */
  void (*prepare)(struct fake_device *d, const struct world *w);
  /* After a start: do what a host would. True: the story is over. *next: the next reset. */
  bool (*act)(struct fake_device *d, const struct world *w, const struct gs_boot_output *boot,
              enum gs_reset_cause *next);
};
extern const struct scenario scenarios[];
extern const unsigned scenario_count;

/* What has been seen of one device so far. */
struct oracle {
  const struct world *world;
  uint32_t floor;
  uint32_t boot_count;
  bool had_running;
};
/* Check the invariants on a device that just started; "" or what is broken. */
const char *oracle_check(struct oracle *o, struct fake_device *d,
                         const struct gs_boot_output *boot);

#endif
