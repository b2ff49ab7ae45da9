/* SPDX-License-Identifier: Apache-2.0
 * A link: two byte streams to a device, whatever carries them. Nothing here knows frames.
 *
 *   serial:PATH[@BAUD]   unix:PATH   tcp:HOST:PORT   pty:PATH[@BAUD]   exec:COMMAND
 *
 * A new kind of link is a file with an open function and one row in link.c.
 */
#ifndef GSH_LINK_H
#define GSH_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct gsh_link; /* opaque; laid out in link_internal.h */

struct gsh_link_options {
  bool tcp_anywhere; /* let tcp: go to another computer than this one */
};

/*
 * Open the link a text names.
 *
 * GS_E_USAGE: the text is not in the grammar, or this build has no such link. GS_E_NO_DEVICE:
 * nothing there. GS_E_PERMISSION, GS_E_PORT_BUSY. On GS_OK closed with gsh_link_close.
 */
enum gs_status gsh_link_open(const char *text, const struct gsh_link_options *options,
                             struct gsh_link **out, struct gsh_error *err);
void gsh_link_close(struct gsh_link *l);

/* Is the text in the grammar of links? Opens nothing. */
bool gsh_link_known(const char *text);

/*
 * Wait until the link can be read, or written where want_write is set.
 *
 * timeout_ms  0: look only.
 *
 * GS_OK also when the time passed or a signal came, with both flags false.
 */
enum gs_status gsh_link_wait(struct gsh_link *l, bool want_write, uint32_t timeout_ms,
                             bool *readable, bool *writable, struct gsh_error *err);

/* Read what is there, at most cap bytes; *got 0: nothing. Never blocks. GS_E_LINK_LOST. */
enum gs_status gsh_link_read(struct gsh_link *l, uint8_t *buf, size_t cap, size_t *got,
                             struct gsh_error *err);
/* Write what fits now; *taken may be 0. Never blocks. GS_E_LINK_LOST. */
enum gs_status gsh_link_write(struct gsh_link *l, const uint8_t *buf, size_t len, size_t *taken,
                              struct gsh_error *err);

/* Throw away what was written and did not leave this computer yet, where the link can. The other
 * end may be left with half a frame. False: it cannot, and nothing was thrown away. */
bool gsh_link_discard(struct gsh_link *l);

/* The bytes go over a line with a baud rate: little should wait in this computer's buffers, and
 * shorter frames lose less. */
bool gsh_link_slow(const struct gsh_link *l);

#endif
