/* SPDX-License-Identifier: Apache-2.0
 * What a factory does once: read a keyring file (.gsk, docs/spec/keyring.md), judge its chain,
 * and put the last keyring into the device.
 */
#ifndef GAPSEAL_SIM_PROVISION_H
#define GAPSEAL_SIM_PROVISION_H

#include <stdbool.h>

#include "gapseal/engine_types.h"

/* False: a message was printed. Flash must be erased; the engine is to be started anew. */
bool sim_provision(struct gs_engine *engine, const struct gs_port *port,
                   const struct gs_engine_memory *memory, const char *path);

#endif
