/* SPDX-License-Identifier: Apache-2.0
 * Private keys are in this process, and nowhere else.
 */
#ifndef GSS_NO_DUMP_H
#define GSS_NO_DUMP_H

#include <stdbool.h>

/*
 * From here on no core dump is made of this process, whatever the limits were, nor given to a
 * program that collects them, and no other program of this user may look into its memory.
 *
 * False: the operating system refuses. Then no key may be read.
 */
bool gss_no_dump(void);

#endif
