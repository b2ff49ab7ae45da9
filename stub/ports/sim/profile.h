/* SPDX-License-Identifier: Apache-2.0
 * The two kinds of device that the simulator can be: memory and flash of each.
 */
#ifndef GAPSEAL_SIM_PROFILE_H
#define GAPSEAL_SIM_PROFILE_H

#include "gapseal/session_types.h"
#include "options.h"

void sim_profile_geometry(const struct sim_identity *id, struct gs_geometry out[GS_AREA_COUNT]);

/* One piece of heap that both tables point into; the caller frees it. NULL: no memory. */
void *sim_profile_memory(const struct sim_identity *id, struct gs_engine_memory *engine,
                         struct gs_session_memory *session);

#endif
