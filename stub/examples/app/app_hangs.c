/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "cpu.h"

/* Also deaf: the watchdog's warning is all that comes through. */
_Noreturn void app_run(void) {
  gs_irq_off();
  for (;;) {
  }
}
