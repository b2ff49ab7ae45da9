/* SPDX-License-Identifier: Apache-2.0
 * The session speaks: bytes in, bytes out, no I/O, no transport, no clock of its own. One
 * session per link. A port runs this loop:
 *
 *   n = read(link, buf, gs_session_room(s));  gs_session_input(s, buf, n);
 *   gs_session_step(s, now_ms);                 one bounded unit of work
 *   n = gs_session_output(s, buf, cap);       write(link, buf, n);
 *   if (gs_session_wants_reset(s)) { flush; reset; }
 *
 * and sleeps no longer than gs_session_idle_ms. Whatever comes in, the session answers hello
 * within 2 s outside announced stalls.
 */
#ifndef GAPSEAL_SESSION_H
#define GAPSEAL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "gapseal/engine.h"

#define GS_WIRE_VERSION 1u

struct gs_session; /* laid out in gapseal/session_types.h */

/* Buffers, the caller's for as long as the session lives. Sizes in bytes. */
struct gs_session_memory {
  uint8_t *rx; /* bytes received and not yet looked at; the window is told from its size */
  size_t rx_cap;
  uint8_t *frame; /* one frame's content while it is read: frame_max + 4 */
  size_t frame_cap;
  uint8_t *reply; /* the last reply's content, kept for repeats */
  size_t reply_cap;
  uint8_t *tx; /* encoded bytes on their way out */
  size_t tx_cap;
  uint8_t *object; /* a manifest or keyring envelope while it is loaded */
  size_t object_cap;
  uint8_t *assembly; /* the block or page being received; block_max of the engine */
  size_t assembly_cap;
  uint8_t *reorder; /* block frames that came before their turn; NULL: they are dropped */
  size_t reorder_cap;
};

/* GS_E_RANGE: a buffer is too small (the smallest sizes are in docs/porting.md). */
GS_MUST_USE enum gs_status gs_session_init(struct gs_session *s, struct gs_engine *engine,
                                           const struct gs_session_memory *memory, uint32_t now_ms);

/* The link went away and came back: drop half frames and the flow, keep staging. */
void gs_session_link_reset(struct gs_session *s);

size_t gs_session_room(const struct gs_session *s); /* bytes gs_session_input will take now */
size_t gs_session_input(struct gs_session *s, const uint8_t *data, size_t len); /* taken */
void gs_session_step(struct gs_session *s, uint32_t now_ms);
size_t gs_session_output(struct gs_session *s, uint8_t *out, size_t cap); /* bytes given */

/* Nothing to do until more input or until the returned number of ms has passed; 0: call step
 * again at once. */
uint32_t gs_session_idle_ms(const struct gs_session *s, uint32_t now_ms);

/* A reboot was accepted and its reply is written: flush the link and reset. */
bool gs_session_wants_reset(const struct gs_session *s);

#endif
