/* SPDX-License-Identifier: Apache-2.0
 * Entries of a board's vector table.
 */
#ifndef GAPSEAL_MCU_START_H
#define GAPSEAL_MCU_START_H

#define GS_STACK_PAINT 0x5354414Bu /* a word of stack that was never used */

_Noreturn void gs_reset_handler(void);
_Noreturn void gs_crash_handler(void);
_Noreturn void gs_watchdog_handler(void);

#endif
