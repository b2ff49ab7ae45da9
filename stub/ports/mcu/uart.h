/* SPDX-License-Identifier: Apache-2.0
 * The link of a microcontroller: bytes of the UART's rings.
 */
#ifndef GAPSEAL_MCU_UART_H
#define GAPSEAL_MCU_UART_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that are there now, at most cap. */
size_t gs_uart_read(uint8_t *out, size_t cap);
/* Room for bytes that gs_uart_write will take now. */
size_t gs_uart_room(void);
/* len is at most gs_uart_room. */
void gs_uart_write(const uint8_t *data, size_t len);
/* Wait until all of it has left the chip. */
void gs_uart_flush(void);
/* Sleep until a byte comes, or one may have left, or an interrupt of the clock. */
void gs_uart_wait(void);

#endif
