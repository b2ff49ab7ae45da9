/* SPDX-License-Identifier: Apache-2.0
 * struct gs_port over a board (board.h).
 */
#ifndef GAPSEAL_PORT_MCU_H
#define GAPSEAL_PORT_MCU_H

#include "gapseal/port.h"

/* Read what the factory wrote and fill the port in. Without it the port is that of a device
 * without key and statement, which says so. Both live for ever. */
const struct gs_port *gs_port_mcu_open(void);

#endif
