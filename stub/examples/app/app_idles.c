/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "gs_app.h"
#include "uart.h"

/* Feeds the watchdog and never says that it works. */
_Noreturn void app_run(void) {
  for (;;) {
    gs_app_alive();
    gs_uart_wait();
  }
}
