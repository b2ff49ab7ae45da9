/* SPDX-License-Identifier: Apache-2.0
 * From reset to main, for stub and applications; and how faults end.
 */
#include "start.h"

#include "board.h"
#include "cpu.h"
#include "mailbox.h"

/* Of the linker script. */
extern uint32_t gs_stack_begin[], gs_paint_end[], gs_data_begin[], gs_data_end[], gs_bss_end[];
extern const uint32_t gs_data_stored[];

int main(void);

/* Shows afterwards how deep the stack was. */
static void paint_stack(void) {
  for (uint32_t *to = gs_stack_begin; to < gs_paint_end; to++) {
    *to = GS_STACK_PAINT;
  }
}

_Noreturn void gs_reset_handler(void) {
  const uint32_t *from = gs_data_stored;
  uint32_t *to = gs_data_begin;
  gs_irq_off();
  paint_stack();
  while (to < gs_data_end) {
    *to++ = *from++;
  }
  while (to < gs_bss_end) {
    *to++ = 0;
  }
  gs_board_start();
  gs_irq_on();
  (void)main();
  gs_crash_handler(); /* main does not return */
}

_Noreturn void gs_crash_handler(void) {
  gs_mailbox_end(GS_END_CRASH);
  gs_board_reset();
}

_Noreturn void gs_watchdog_handler(void) {
  gs_mailbox_end(GS_END_WATCHDOG);
  gs_board_reset();
}
