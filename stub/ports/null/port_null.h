/* SPDX-License-Identifier: Apache-2.0
 * A port that has no hardware: the one to copy. It compiles, links and refuses everything.
 */
#ifndef GAPSEAL_PORT_NULL_H
#define GAPSEAL_PORT_NULL_H

#include "gapseal/port.h"

/* The one table of this build; the linker chooses which port's it is. */
extern const struct gs_port gs_port_null;

#endif
