/* SPDX-License-Identifier: Apache-2.0
 * The simulator's port, on a device directory that gapseal-sim made: port_sim DIR.
 */
#include <stdio.h>

#include "device.h"
#include "under_test.h"

static struct sim_device device;

bool under_test_on(int argc, char **argv, struct gs_conformance *out) {
  if (argc != 1) {
    fprintf(stderr, "usage: conform_sim DIR\n");
    return false;
  }
  struct sim_options options = {.dir = argv[0]};
  if (sim_device_open(&device, &options) != SIM_EXIT_OK) {
    sim_device_close(&device);
    return false;
  }
  out->port = &device.port;
  out->engine = &device.engine;
  out->memory = device.engine_memory;
  out->may_raise_counter = true;
  return true;
}

void under_test_off(void) {
  sim_device_close(&device);
}
