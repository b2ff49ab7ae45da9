/* SPDX-License-Identifier: Apache-2.0
 * The simulator's command line.
 */
#ifndef GAPSEAL_SIM_OPTIONS_H
#define GAPSEAL_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "flash_model.h"
#include "receipts.h"

/* Exit codes of the simulator: SIM_EXIT_OK, ... */
enum sim_exit {
#define SIM_EXIT(NAME, code, meaning) SIM_EXIT_##NAME = (code),
#include "options.def"
};

enum sim_profile { SIM_PROFILE_LINUX = 0, SIM_PROFILE_MCU = 1 };

/* What a device is; kept in its directory from its first start on. */
struct sim_identity {
  enum sim_profile profile;
  char serial[33];
  char product[128];
  char hardware[128];
  uint32_t revision;
  uint32_t slot_bytes;
  bool production;
  bool hw_counter;
};

struct sim_options {
  const char *dir;
  const char *listen;
  const char *provision; /* NULL: not given; likewise maker_key */
  const char *maker_key;
  struct sim_identity identity; /* with defaults where not given */
  unsigned given;               /* bit SIM_GIVEN_* for each part of identity that was */
  uint32_t power_cut_at;        /* 0: never */
  enum gs_cut_mode torn;
  uint32_t torn_seed;
  uint64_t die_after_bytes; /* 0: never */
  uint32_t drop_receipts;   /* SIM_DROP_ALL: every one */
  bool app_silent;          /* while an application runs nobody answers */
  bool force_remote;
  bool verbose;
};

enum sim_given {
  SIM_GIVEN_PROFILE = 1,
  SIM_GIVEN_SERIAL = 2,
  SIM_GIVEN_PRODUCT = 4,
  SIM_GIVEN_HARDWARE = 8,
  SIM_GIVEN_REVISION = 16,
  SIM_GIVEN_SLOT_BYTES = 32,
  SIM_GIVEN_LIFECYCLE = 64,
  SIM_GIVEN_HW_COUNTER = 128,
};

/*
 * Read the command line.
 *
 * out  points into argv, which lives as long.
 *
 * Returns true to go on; false to exit with *exit_code (--help, --version, a mistake that was
 * printed).
 */
bool sim_options_read(int argc, char **argv, struct sim_options *out, int *exit_code);

#endif
