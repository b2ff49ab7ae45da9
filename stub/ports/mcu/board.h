/* SPDX-License-Identifier: Apache-2.0
 * What a board gives to the shared part of the microcontroller ports: one directory of
 * stub/ports per board implements it. There is one board, so its functions take no context. All
 * are called from the one thread, with interrupts on, unless said otherwise.
 */
#ifndef GAPSEAL_MCU_BOARD_H
#define GAPSEAL_MCU_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "fifo.h"
#include "gapseal/port.h"

/* Where things lie in the address space. Constant; map_NAME.c of a board. */
struct gs_board_map {
  uint32_t flash, flash_bytes; /* all of it */
  struct gs_geometry geometry[GS_AREA_COUNT];
  uint32_t address[GS_AREA_COUNT];
  uint32_t factory; /* of struct gs_factory */
  uint32_t erase_ms_max, program_ms_max, signature_ms_max;
  uint32_t reset_ms_max; /* from the last byte said to the start of the window after it */
  bool erase_stops_reception;
};
extern const struct gs_board_map gs_board;

/* Clock, tick, memory protection and UART with its interrupts; called once, interrupts off. */
void gs_board_start(void);
/* Milliseconds since gs_board_start. */
uint32_t gs_board_now_ms(void);
/* A number that differs from call to call as finely as the board can measure time. */
uint32_t gs_board_ticks(void);

/* Bytes of the UART, filled and emptied by its interrupts. */
extern struct gs_fifo gs_uart_in, gs_uart_out;
/* The queue has room again; bytes were put into the queue. */
void gs_board_uart_took(void);
void gs_board_uart_put(void);
/* All bytes have left the chip. */
bool gs_board_uart_sent(void);

/* As program and erase of struct gs_port, by address. */
enum gs_status gs_board_program(uint32_t address, const void *src, uint32_t len);
enum gs_status gs_board_erase(uint32_t address, uint32_t len);

/* How the last start ended. end: what the mailbox says of it (mailbox.h). */
enum gs_reset_cause gs_board_reset_cause(uint32_t end);
_Noreturn void gs_board_reset(void);

/* For so long after a reset a host can make the stub stay: docs/spec/boot.md. */
#define GS_WINDOW_MS 300u

/* An application that does not feed the watchdog for so long is reset. On trial nothing feeds it
 * before the application said that it works. */
#define GS_WATCHDOG_MS 4000u

/* Reset unless it is fed within ms; it cannot be stopped. A board without one does nothing. */
void gs_board_watchdog_start(uint32_t ms);
void gs_board_watchdog_feed(void);

/* Start the image whose vector table lies at address. Interrupts are off and none is pending. */
_Noreturn void gs_board_jump(uint32_t address);

#endif
