/* SPDX-License-Identifier: Apache-2.0
 * One process at a time works on a device's directory: two would write into one flash.
 */
#ifndef GAPSEAL_SIM_LOCK_H
#define GAPSEAL_SIM_LOCK_H

#include "options.h"

/*
 * Take the file "lock" in the options' directory, which must be there. Waits a moment for a
 * process that is just ending.
 *
 * *fd  on SIM_EXIT_OK the lock, held until it is closed or the process is gone in whatever way.
 *
 * SIM_EXIT_IN_USE, SIM_EXIT_FAILED: a message was printed.
 */
enum sim_exit sim_lock(const struct sim_options *o, int *fd);

#endif
