/* SPDX-License-Identifier: Apache-2.0
 * Says back what it hears, over the drivers of the stub: what a line to this board can carry.
 */
#include "uart.h"

int main(void) {
  uint8_t bytes[64];
  for (;;) {
    size_t room = gs_uart_room();
    size_t n = gs_uart_read(bytes, room < sizeof bytes ? room : sizeof bytes);
    gs_uart_write(bytes, n);
    if (n == 0) {
      gs_uart_wait();
    }
  }
}
