/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <string.h>

#include "gs_app.h"
#include "uart.h"

/* A byte 0 after it: a host that listens to frames takes none of its frames for a part of this. */
void app_print(const char *text) {
  size_t left = strlen(text) + 1u;
  const uint8_t *at = (const uint8_t *)text;
  while (left > 0) {
    size_t n = gs_uart_room();
    n = n < left ? n : left;
    gs_uart_write(at, n);
    at += n;
    left -= n;
  }
}

int main(void) {
  struct gs_app_status status;
  (void)gs_app_status(&status);
  app_print("\r\napplication " APP_VERSION);
  app_print(status.slot == 0 ? " in slot A" : " in slot B");
  app_print(status.trial ? ", on trial\r\n" : "\r\n");
  app_run();
}
