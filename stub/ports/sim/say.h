/* SPDX-License-Identifier: Apache-2.0
 * What a simulated device has to say to people: lines on stderr that begin with the name of the
 * program that it runs in.
 */
#ifndef GAPSEAL_SIM_SAY_H
#define GAPSEAL_SIM_SAY_H

#include <stdbool.h>

void sim_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "WHERE: WHY". Always false, to be returned. */
bool sim_fault(const char *where, const char *why);

/* End what was printed to stdout. False: it did not get there (a full disk), and that was said. */
bool sim_printed(void);

#endif
