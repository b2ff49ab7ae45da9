/* SPDX-License-Identifier: Apache-2.0
 * What an application says to the stub that started it. No engine, no cryptography, no heap: words
 * in a mailbox that outlives a reset, and the watchdog. The stub decides what they are worth.
 *
 * For applications in one of the two slots, from one thread. The stub started the watchdog:
 * GS_WATCHDOG_MS after the last gs_app_alive it resets the device, which counts as a crash.
 */
#ifndef GAPSEAL_APP_H
#define GAPSEAL_APP_H

#include <stdbool.h>
#include <stdint.h>

struct gs_app_status {
  uint32_t slot;          /* 0 A, 1 B */
  bool trial;             /* not confirmed yet */
  uint32_t attempts_left; /* of the trial */
};

/* False: nobody told (the application was not started by a stub), and out is all zero. */
bool gs_app_status(struct gs_app_status *out);

/* It is alive. On trial this counts for nothing before gs_app_healthy: an image that runs and never
 * works is taken back as one that hangs is. */
void gs_app_alive(void);

/*
 * It works. On trial the device resets and does not return: the stub records it, confirms where the
 * manifest lets it, and otherwise stays for a host to confirm. Else it returns, and is told to the
 * stub with the next reset.
 */
void gs_app_healthy(void);

/* It does not work. On trial last-good starts after the reset; else it is a plain reset. */
_Noreturn void gs_app_reject(void);

/* A plain reset: of an image that staged an update itself, say. */
_Noreturn void gs_app_restart(void);

/* Hand the device over to the stub, which stays until the next reset. */
_Noreturn void gs_app_enter_stub(void);

/* Tells a host's request from other bytes on a shared line. Zeroed at first. */
struct gs_app_ear {
  uint32_t at; /* bytes of the frame so far that fit; UINT32_MAX: it is none */
};

/* The next byte of the line. True: a request ended; a host waits for an answer. Form only: a
 * checksum is not computed, and the stub judges what is asked. */
bool gs_app_hears(struct gs_app_ear *ear, uint8_t byte);

#endif
