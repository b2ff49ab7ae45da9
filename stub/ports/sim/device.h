/* SPDX-License-Identifier: Apache-2.0
 * A simulated device: flash in a file, a port over it, and the engine on top. Who speaks to it is
 * the program's: a session (main.c), or an OTA client (stub/examples).
 */
#ifndef GAPSEAL_SIM_DEVICE_H
#define GAPSEAL_SIM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "flash_model.h"
#include "gapseal/session_types.h"
#include "identity.h"
#include "options.h"

struct sim_device {
  struct gs_flash_model *flash; /* first: the model's port functions look for it here */
  struct sim_identity identity;
  struct sim_keys keys;
  struct gs_device_facts facts;
  struct gs_port port;
  int lock;     /* of the directory; -1: not held */
  void *memory; /* of the profile, on the heap */
  struct gs_engine_memory engine_memory;
  struct gs_session_memory session_memory;
  struct gs_engine engine;
};

/*
 * Open the device in the options' directory, or make one there.
 *
 * Returns SIM_EXIT_OK, or what the process is to exit with: a message was printed. Ends with
 * sim_device_close either way.
 */
enum sim_exit sim_device_open(struct sim_device *d, const struct sim_options *o);
void sim_device_close(struct sim_device *d);

/* A start: mount, decide what runs. stay: the stub is asked to stay. False: a message was printed.
 */
bool sim_device_start(struct sim_device *d, enum gs_reset_cause cause, bool stay,
                      struct gs_boot_output *out);

uint32_t sim_now_ms(void);

#endif
