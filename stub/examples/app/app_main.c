/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <string.h>

#include "gs_app.h"
#include "uart.h"

static void print(const char *text, size_t left) {
  const uint8_t *at = (const uint8_t *)text;
  while (left > 0) {
    size_t n = gs_uart_room();
    n = n < left ? n : left;
    gs_uart_write(at, n);
    at += n;
    left -= n;
  }
}

void app_print(const char *text) {
  print(text, strlen(text));
}

/* A byte 0 at the end: a host that listens to frames then takes none for a part of this. */
int main(void) {
  struct gs_app_status status;
  (void)gs_app_status(&status);
  app_print("\r\napplication " APP_VERSION);
  app_print(status.slot == 0 ? " in slot A" : " in slot B");
  app_print(status.trial ? ", on trial\r\n" : "\r\n");
  print("", 1);
  app_run();
}
