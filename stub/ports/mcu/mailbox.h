/* SPDX-License-Identifier: Apache-2.0
 * The words in RAM that outlive a reset: stub and application leave them for each other. At the
 * same address in every linker script of a board.
 */
#ifndef GAPSEAL_MCU_MAILBOX_H
#define GAPSEAL_MCU_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

/* How what ran last ended. */
enum gs_end {
  GS_END_POWER = 0,    /* the words do not hold: power was off */
  GS_END_NONE = 1,     /* it was running: whatever ended it did not say so */
  GS_END_ASKED = 2,    /* it asked for the reset */
  GS_END_CRASH = 3,    /* a fault */
  GS_END_WATCHDOG = 4, /* the watchdog's warning came */
};

/* What an application asks of the stub. Bits. */
enum gs_asks {
  GS_ASKS_HEALTHY = 1, /* it works */
  GS_ASKS_REJECT = 2,  /* it does not, and last-good may return */
  GS_ASKS_STAY = 4,    /* the stub shall stay and answer */
  GS_ASKS_CONFIRM = 8, /* the same, where a host is still to confirm */
};

struct gs_mailbox {
  uint32_t magic;
  uint32_t end;      /* enum gs_end */
  uint32_t asks;     /* enum gs_asks */
  uint32_t running;  /* 1 while an application runs, not the stub */
  uint32_t slot;     /* told to the application: which slot it runs from, */
  uint32_t trial;    /* 1: it is on trial, */
  uint32_t attempts; /* and so many attempts are left */
  uint32_t check;    /* all words with this one give 0 in sum */
};

extern struct gs_mailbox gs_mailbox; /* of the linker script */

/* Do the words hold? False after a power loss. */
bool gs_mailbox_holds(void);
/* Fill in magic and check. */
void gs_mailbox_seal(void);
/* The reset that follows was caused by this. */
void gs_mailbox_end(enum gs_end end);

#endif
