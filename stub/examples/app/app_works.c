/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "gs_app.h"
#include "uart.h"

#define CELLS 64u

/* What a product tests is its own affair: sensors, storage, the bus. Here it is RAM. */
static bool self_test(void) {
  static volatile uint32_t cell[CELLS];
  bool good = true;
  for (uint32_t i = 0; i < CELLS; i++) {
    cell[i] = i * 0x01010101u;
  }
  for (uint32_t i = 0; i < CELLS; i++) {
    good = good && cell[i] == i * 0x01010101u;
  }
  return good;
}

/* The line is the application's, until a host asks for something. */
_Noreturn void app_run(void) {
  struct gs_app_ear ear = {.at = 0};
  uint8_t byte;
  if (!self_test()) {
    gs_app_reject();
  }
  gs_app_healthy();
  for (;;) {
    gs_app_alive();
    while (gs_uart_read(&byte, 1) == 1) {
      if (gs_app_hears(&ear, byte)) {
        gs_app_enter_stub();
      }
    }
    gs_uart_wait();
  }
}
