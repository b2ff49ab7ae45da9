/* SPDX-License-Identifier: Apache-2.0
 * What the processor looks at: the end of the stack, and who takes which exception.
 */
#include "vectors.h"

#include "start.h"

extern gs_vector gs_stack_end; /* of the linker script: an address, not a function */

gs_vector *const gs_vectors[] __attribute__((section(".vectors"), used)) = {
    gs_stack_end,
    gs_reset_handler,
    gs_watchdog_handler, /* the watchdog's warning is the one source of NMI */
    gs_crash_handler,    /* hard fault, and all others until they are enabled */
    gs_crash_handler,
    gs_crash_handler,
    gs_crash_handler,
    0,
    0,
    0,
    0,
    gs_crash_handler, /* supervisor call: nobody makes one */
    gs_crash_handler,
    0,
    gs_crash_handler,
    gs_tick_handler,
    gs_uart_in_handler,
    gs_uart_out_handler,
};
