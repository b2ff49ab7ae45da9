/* SPDX-License-Identifier: Apache-2.0
 * The application of a simulated device: a model of how an image behaves once it runs. The
 * last 64 bytes of an image may hold an ASCII text, filled up with zeros:
 *
 *   gapseal-sim:crash          faults shortly after it starts
 *   gapseal-sim:hang           hangs; the watchdog resets after 300 ms
 *   gapseal-sim:never-healthy  runs, and never reports that it works
 *
 * Any other image reports healthy shortly after it starts. One that is silent does not answer on
 * the link; on trial, once it has reported healthy, it asks for the stub, so that a host can
 * confirm it.
 */
#ifndef GAPSEAL_SIM_APP_H
#define GAPSEAL_SIM_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

enum sim_app_kind { SIM_APP_NONE, SIM_APP_HEALTHY, SIM_APP_CRASH, SIM_APP_HANG, SIM_APP_IDLE };

struct sim_app {
  enum sim_app_kind kind;
  uint32_t due_ms; /* when it does what it does */
  bool silent;     /* nobody answers while it runs */
  bool asks_stub;  /* it ended because it wants the stub to stay */
};

/* The boot decision is carried out; reads the image's trailer. silent: an image that runs is. */
void sim_app_start(struct sim_app *app, struct sim_device *d, const struct gs_boot_output *boot,
                   bool silent);
/* Milliseconds until sim_app_step has something to do; -1: never. */
int sim_app_wait_ms(const struct sim_app *app);
/* True: the application ended; reset with *cause. */
bool sim_app_step(struct sim_app *app, struct sim_device *d, enum gs_reset_cause *cause);
const char *sim_app_name(const struct sim_app *app);

#endif
