/* SPDX-License-Identifier: Apache-2.0
 * The few instructions and registers that all Cortex-M cores share.
 *
 * Source: ARMv6-M and ARMv7-M architecture reference manuals, system control space.
 */
#ifndef GAPSEAL_MCU_CPU_H
#define GAPSEAL_MCU_CPU_H

#include <stdint.h>

#define GS_REGISTER(address) (*(volatile uint32_t *)(address))

#define GS_NVIC_ENABLE GS_REGISTER(0xE000E100u)
#define GS_NVIC_DISABLE GS_REGISTER(0xE000E180u)
#define GS_NVIC_UNPEND GS_REGISTER(0xE000E280u)
#define GS_SYSTICK_CONTROL GS_REGISTER(0xE000E010u)
#define GS_SYSTICK_RELOAD GS_REGISTER(0xE000E014u)
#define GS_SYSTICK_VALUE GS_REGISTER(0xE000E018u)
#define GS_SCB_ICSR GS_REGISTER(0xE000ED04u)
#define GS_SCB_VTOR GS_REGISTER(0xE000ED08u) /* not on ARMv6-M without it */
#define GS_SCB_AIRCR GS_REGISTER(0xE000ED0Cu)

#define GS_ICSR_SYSTICK_PENDING (1u << 26)
#define GS_ICSR_SYSTICK_CLEAR (1u << 25)
#define GS_AIRCR_RESET 0x05FA0004u

static inline void gs_irq_off(void) {
  __asm__ volatile("cpsid i" ::: "memory");
}
static inline void gs_irq_on(void) {
  __asm__ volatile("cpsie i" ::: "memory");
}
static inline void gs_barrier(void) {
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}
/* With interrupts off: returns once one is pending, which is taken when they are on again. */
static inline void gs_wait_for_interrupt(void) {
  __asm__ volatile("dsb\n\twfi" ::: "memory");
}

#endif
