/* SPDX-License-Identifier: Apache-2.0
 * One entry of the device's log, as it lies in flash, crosses the wire and is kept as
 * evidence. docs/spec/log.md. chain = SHA-256("gapseal:log:v1\0" || chain of the entry before
 * || bytes 0..63 of this one); before the first entry stands the device id.
 */
#ifndef GAPSEAL_LOG_ENTRY_H
#define GAPSEAL_LOG_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#define GS_LOG_ENTRY_BYTES 96u
#define GS_LOG_CHAINED_BYTES 64u

/* GS_LOG_EVENT(number, NAME, "name", "what it says") */
#define GS_LOG_EVENTS(X)                                                                \
  X(1, PROVISIONED, "provisioned", "identity and keyring were put in")                  \
  X(2, BEGIN, "begin", "a package was accepted for staging")                            \
  X(3, DELIVERED, "delivered", "the staged image was read back and verified")           \
  X(4, INSTALL, "install", "the staged image will be started at the next reset")        \
  X(5, TRIAL, "trial", "the image was verified again and started on trial")             \
  X(6, ATTEMPT_LOST, "attempt-lost", "a start of the trial ended without healthy")      \
  X(7, HEALTHY, "healthy", "the image on trial reported healthy")                       \
  X(8, CONFIRM, "confirm", "the image was confirmed; extra: 1 by the device itself")    \
  X(9, REJECT, "reject", "the image on trial was rejected; status says why")            \
  X(10, ROLLBACK, "rollback", "a rollback was asked for and accepted")                  \
  X(11, RETURNED, "returned", "the last good image runs again; status says why")        \
  X(12, CANCEL, "cancel", "an update was cancelled")                                    \
  X(13, REFUSED, "refused", "an authorised request was refused; status says why")       \
  X(14, REFUSALS, "refusals", "extra: refused unauthenticated requests since the last") \
  X(15, KEYRING, "keyring", "a keyring was stored; extra: its version")                 \
  X(16, RECOVERY, "recovery", "nothing could be started; the stub answers")             \
  X(17, WRAPPED, "wrapped", "extra: older entries dropped before this one")             \
  X(18, REPAIRED, "repaired", "torn or damaged records were found; extra: how many")    \
  X(19, GAVE_UP_LAST_GOOD, "gave-up-last-good", "the last good image was given up for staging")

enum gs_log_event {
#define GS_LOG_EVENT_ENUM(number, NAME, name, text) GS_LOG_##NAME = (number),
  GS_LOG_EVENTS(GS_LOG_EVENT_ENUM)
#undef GS_LOG_EVENT_ENUM
};

enum gs_door { GS_DOOR_NONE = 0, GS_DOOR_WIRE = 1, GS_DOOR_OTA = 2, GS_DOOR_BOOT = 3 };

/* Layout: u32 sequence, u32 boot_count, u16 event, u16 status, u32 release,
 * u32 security_version, u32 floor, u32 extra, u8 door, u8 slot, u16 0, package[32]; then
 * chain[32]. */
struct gs_log_entry {
  uint32_t sequence; /* from 1, no gaps */
  uint32_t boot_count;
  uint16_t event;
  uint16_t status;
  uint32_t release;
  uint32_t security_version;
  uint32_t floor; /* after the event */
  uint32_t extra;
  uint8_t door;
  uint8_t slot; /* 0 A, 1 B, 0xFF none */
  uint8_t package[32];
  uint8_t chain[32];
};

void gs_log_entry_encode(const struct gs_log_entry *e, uint8_t out[GS_LOG_ENTRY_BYTES]);
/* False when the bytes that must be zero are not. */
bool gs_log_entry_decode(const uint8_t in[GS_LOG_ENTRY_BYTES], struct gs_log_entry *e);

#endif
