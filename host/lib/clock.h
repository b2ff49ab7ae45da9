/* SPDX-License-Identifier: Apache-2.0
 * Time, for waiting and for the journal. Nothing here ever judges an image.
 */
#ifndef GSH_CLOCK_H
#define GSH_CLOCK_H

#include <stdint.h>

uint64_t gsh_clock_ms(void); /* since any start; never goes back */
double gsh_clock_s(void);    /* the same, finer */
/* Sleeps; a signal ends it early. */
void gsh_clock_sleep(uint32_t ms);
/* "2026-01-31T23:59:59Z", what this computer's clock says. */
void gsh_clock_text(char out[32]);
/* "20260131T235959Z": for file names. */
void gsh_clock_stamp(char out[32]);

#endif
