/* SPDX-License-Identifier: Apache-2.0
 * Arm MPS2 with the AN385 image (Cortex-M3), as QEMU's machine mps2-an385 models it: CMSDK UART
 * and watchdog, and 16 MiB of PSRAM that stand for flash. An MPU region keeps that window read-only
 * but for this driver, so that a stray store faults.
 *
 * Source: Arm Cortex-M System Design Kit, Technical Reference Manual; application note AN385;
 * ARMv7-M architecture reference manual, memory protection unit.
 */
#include "board.h"

#include <string.h>

#include "cpu.h"
#include "mailbox.h"
#include "vectors.h"

#define CLOCK_HZ 25000000u

/* -- clock ------------------------------------------------------------------------------------ */

#define TICK_MS 10u
#define TICK_CLOCKS (CLOCK_HZ / 1000u * TICK_MS)
#define SYSTICK_ON 7u /* enabled, interrupt, processor clock */

static volatile uint32_t ticks;

void gs_tick_handler(void) {
  ticks++;
}

/* Clocks since the start, as far as the tick tells them. */
static uint32_t tick_and_clocks(uint32_t *clocks) {
  gs_irq_off();
  uint32_t value = GS_SYSTICK_VALUE;
  uint32_t count = ticks;
  if ((GS_SCB_ICSR & GS_ICSR_SYSTICK_PENDING) != 0) {
    value = GS_SYSTICK_VALUE; /* it came round, and its interrupt is not taken yet */
    count++;
  }
  gs_irq_on();
  *clocks = TICK_CLOCKS - 1u - value;
  return count;
}

uint32_t gs_board_now_ms(void) {
  uint32_t clocks;
  uint32_t count = tick_and_clocks(&clocks);
  return count * TICK_MS + clocks / (CLOCK_HZ / 1000u);
}

uint32_t gs_board_ticks(void) {
  uint32_t clocks;
  uint32_t count = tick_and_clocks(&clocks);
  return count * TICK_CLOCKS + clocks;
}

/* -- UART 0 ----------------------------------------------------------------------------------- */

#define UART_DATA GS_REGISTER(0x40004000u)
#define UART_STATE GS_REGISTER(0x40004004u)
#define UART_CONTROL GS_REGISTER(0x40004008u)
#define UART_CLEAR GS_REGISTER(0x4000400Cu)
#define UART_DIVIDER GS_REGISTER(0x40004010u)
#define STATE_OUT_FULL 1u
#define STATE_IN_FULL 2u
#define CONTROL_ON 0x0Fu /* both ways, with interrupts */
#define CLEAR_OUT 1u
#define CLEAR_IN 2u
#define BAUD 115200u
#define IRQ_UART_IN (1u << 0)
#define IRQ_UART_OUT (1u << 1)

/* A byte that the queue has no room for waits in the UART. */
void gs_uart_in_handler(void) {
  if (gs_fifo_full(&gs_uart_in)) {
    GS_NVIC_DISABLE = IRQ_UART_IN;
    return;
  }
  UART_CLEAR = CLEAR_IN;
  if ((UART_STATE & STATE_IN_FULL) != 0) {
    gs_fifo_put(&gs_uart_in, (uint8_t)UART_DATA);
  }
}

static void put_next(void) {
  if ((UART_STATE & STATE_OUT_FULL) == 0 && gs_fifo_used(&gs_uart_out) > 0) {
    UART_DATA = gs_fifo_take(&gs_uart_out);
  }
}

void gs_uart_out_handler(void) {
  UART_CLEAR = CLEAR_OUT;
  put_next();
}

void gs_board_uart_took(void) {
  GS_NVIC_ENABLE = IRQ_UART_IN;
}

void gs_board_uart_put(void) {
  gs_irq_off();
  put_next();
  gs_irq_on();
}

bool gs_board_uart_sent(void) {
  return (UART_STATE & STATE_OUT_FULL) == 0;
}

/* -- flash ------------------------------------------------------------------------------------ */

#define MPU_CONTROL GS_REGISTER(0xE000ED94u)
#define MPU_REGION GS_REGISTER(0xE000ED98u)
#define MPU_BASE GS_REGISTER(0xE000ED9Cu)
#define MPU_ATTRIBUTES GS_REGISTER(0xE000EDA0u)
#define MPU_ON 5u /* enabled, and all else as without it */
#define WINDOW_16_MIB_NORMAL ((23u << 1) | (6u << 16) | 1u)
#define WINDOW_READ_ONLY (6u << 24)
#define WINDOW_OPEN (3u << 24)

static void window(uint32_t access) {
  gs_barrier();
  MPU_REGION = 0;
  MPU_ATTRIBUTES = 0;
  MPU_BASE = gs_board.flash;
  MPU_ATTRIBUTES = access | WINDOW_16_MIB_NORMAL;
  gs_barrier();
}

/* Flash turns ones into zeros and nothing else. */
enum gs_status gs_board_program(uint32_t address, const void *src, uint32_t len) {
  volatile uint32_t *to = (volatile uint32_t *)(uintptr_t)address;
  const uint8_t *from = src;
  enum gs_status status = GS_OK;
  window(WINDOW_OPEN);
  for (; len > 0 && status == GS_OK; len -= 4u, from += 4) {
    uint32_t word;
    memcpy(&word, from, sizeof word);
    if ((word & ~*to) != 0) {
      status = GS_E_FLASH_PROGRAM;
    } else {
      *to++ = word;
    }
  }
  window(WINDOW_READ_ONLY);
  return status;
}

enum gs_status gs_board_erase(uint32_t address, uint32_t len) {
  volatile uint32_t *to = (volatile uint32_t *)(uintptr_t)address;
  window(WINDOW_OPEN);
  for (; len > 0; len -= 4u) {
    *to++ = UINT32_MAX;
  }
  window(WINDOW_READ_ONLY);
  return GS_OK;
}

/* -- reset and watchdog ----------------------------------------------------------------------- */

#define WATCHDOG_LOAD GS_REGISTER(0x40008000u)
#define WATCHDOG_CONTROL GS_REGISTER(0x40008008u)
#define WATCHDOG_CLEAR GS_REGISTER(0x4000800Cu)
#define WATCHDOG_LOCK GS_REGISTER(0x40008C00u)
#define WATCHDOG_KEY 0x1ACCE551u
#define WATCHDOG_ON 3u /* warns by an interrupt that nothing masks, then resets */

/* The board has no register that tells: the mailbox does. What ended without a word while it ran
 * was ended by the watchdog, whose warning it could not take. */
enum gs_reset_cause gs_board_reset_cause(uint32_t end) {
  switch (end) {
    case GS_END_POWER:
      return GS_RESET_POWER;
    case GS_END_ASKED:
      return GS_RESET_REQUESTED;
    case GS_END_CRASH:
      return GS_RESET_CRASH;
    default:
      return GS_RESET_WATCHDOG;
  }
}

_Noreturn void gs_board_reset(void) {
  gs_irq_off();
  gs_barrier();
  GS_SCB_AIRCR = GS_AIRCR_RESET;
  gs_barrier();
  for (;;) {
  }
}

void gs_board_watchdog_start(uint32_t ms) {
  WATCHDOG_LOCK = WATCHDOG_KEY;
  WATCHDOG_LOAD = CLOCK_HZ / 1000u * ms;
  WATCHDOG_CONTROL = WATCHDOG_ON;
  WATCHDOG_LOCK = 0;
}

void gs_board_watchdog_feed(void) {
  WATCHDOG_LOCK = WATCHDOG_KEY;
  WATCHDOG_CLEAR = 1;
  WATCHDOG_LOCK = 0;
}

/* -- start ------------------------------------------------------------------------------------ */

void gs_board_start(void) {
  GS_SCB_VTOR = (uint32_t)(uintptr_t)gs_vectors;
  window(WINDOW_READ_ONLY);
  MPU_CONTROL = MPU_ON;
  GS_SYSTICK_RELOAD = TICK_CLOCKS - 1u;
  GS_SYSTICK_VALUE = 0;
  GS_SYSTICK_CONTROL = SYSTICK_ON;
  UART_DIVIDER = CLOCK_HZ / BAUD;
  UART_CONTROL = CONTROL_ON;
  UART_CLEAR = CLEAR_OUT | CLEAR_IN;
  GS_NVIC_ENABLE = IRQ_UART_IN | IRQ_UART_OUT;
}

_Noreturn void gs_board_jump(uint32_t address) {
  const uint32_t *vector = (const uint32_t *)(uintptr_t)address;
  GS_SCB_VTOR = address;
  gs_barrier();
  __asm__ volatile("msr msp, %0\n\tbx %1" ::"r"(vector[0]), "r"(vector[1]) : "memory");
  for (;;) {
  }
}
