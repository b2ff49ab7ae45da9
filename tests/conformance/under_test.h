/* SPDX-License-Identifier: Apache-2.0
 * What a port brings to run_port.c: one file per port, port_NAME.c.
 */
#ifndef GAPSEAL_UNDER_TEST_H
#define GAPSEAL_UNDER_TEST_H

#include "conformance.h"

/*
 * Switch the device on.
 *
 * argc, argv  what was given to the program, without its name.
 * out         port, engine, memory and may_raise_counter are filled in.
 *
 * Called twice, with under_test_off in between: what was stored must survive that. False: a
 * message was printed.
 */
bool under_test_on(int argc, char **argv, struct gs_conformance *out);
/* Switch it off, without a chance to put anything away. */
void under_test_off(void);

#endif
