/* SPDX-License-Identifier: Apache-2.0 */
#include "uart.h"

#include "board.h"
#include "cpu.h"

struct gs_fifo gs_uart_in, gs_uart_out;

size_t gs_uart_read(uint8_t *out, size_t cap) {
  size_t n = 0;
  while (n < cap && gs_fifo_used(&gs_uart_in) > 0) {
    out[n++] = gs_fifo_take(&gs_uart_in);
  }
  if (n > 0) {
    gs_board_uart_took();
  }
  return n;
}

size_t gs_uart_room(void) {
  return GS_FIFO_BYTES - gs_fifo_used(&gs_uart_out);
}

void gs_uart_write(const uint8_t *data, size_t len) {
  for (size_t i = 0; i < len; i++) {
    gs_fifo_put(&gs_uart_out, data[i]);
  }
  gs_board_uart_put();
}

void gs_uart_flush(void) {
  while (gs_fifo_used(&gs_uart_out) > 0 || !gs_board_uart_sent()) {
    gs_irq_off();
    if (gs_fifo_used(&gs_uart_out) > 0) {
      gs_wait_for_interrupt();
    }
    gs_irq_on();
  }
}

void gs_uart_wait(void) {
  gs_irq_off();
  if (gs_fifo_used(&gs_uart_in) == 0) {
    gs_wait_for_interrupt();
  }
  gs_irq_on();
}
