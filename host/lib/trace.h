/* SPDX-License-Identifier: Apache-2.0
 * The record of a session (docs/spec/trace.md): every byte of every link, both ways, and what
 * happened to the links, as JSON lines. A record that cannot be written ends, says so once, and
 * keeps nobody from anything.
 *
 * A trace is a file; a tap is one connection in it. A NULL tap takes everything and does nothing.
 */
#ifndef GSH_TRACE_H
#define GSH_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct gsh_trace;
struct gsh_tap;

/* Told once, when the record ends early; text is safe to print. */
typedef void (*gsh_trace_ended_fn)(void *ctx, const char *text);

/* GS_E_USAGE: there is a file of that name. GS_E_DISK, GS_E_NO_MEMORY. On GS_OK *out is to be
 * closed with gsh_trace_close, after its taps. */
enum gs_status gsh_trace_open(const char *path, gsh_trace_ended_fn ended, void *ctx,
                              struct gsh_trace **out, struct gsh_error *err);
void gsh_trace_close(struct gsh_trace *t);

/* A link that was opened, or (why not NULL) could not be. t may be NULL. NULL: nothing is
 * recorded of it. link: as the user wrote it. */
struct gsh_tap *gsh_tap_open(struct gsh_trace *t, const char *link, const char *why);
void gsh_tap_close(struct gsh_tap *tap);
/* Bytes that the link took, and bytes that came. */
void gsh_tap_out(struct gsh_tap *tap, const uint8_t *data, size_t len);
void gsh_tap_in(struct gsh_tap *tap, const uint8_t *data, size_t len);
/* Time goes by: what was gathered for long is written. Now and then, also where nothing came. */
void gsh_tap_look(struct gsh_tap *tap);
/* "lost", "discarded". why: NULL, or safe to print. */
void gsh_tap_event(struct gsh_tap *tap, const char *event, const char *why);

/* -- for trace.c and tap.c ------------------------------------------------------------------------
 */

/* Milliseconds since the trace was opened. */
uint64_t gsh_trace_ms(const struct gsh_trace *t);
bool gsh_trace_on(const struct gsh_trace *t);
/* A line: {"ms": N, "conn": CONN, what..., "hex": "..."}. ms: at most gsh_trace_ms, and not before
 * that of the line before; what: members, or ""; conn 0 and data NULL: without that member. */
void gsh_trace_line(struct gsh_trace *t, uint64_t ms, uint32_t conn, const char *what,
                    const uint8_t *data, size_t len);
/* A link could not be opened. However often that is tried with nothing else in between: one line
 * for the first time, and one with their number for the others. why: safe to print. */
void gsh_trace_missing(struct gsh_trace *t, const char *why);
/* It cannot go on: told once, and nothing is recorded any more. */
void gsh_trace_end(struct gsh_trace *t, const char *why);
uint32_t gsh_trace_next_conn(struct gsh_trace *t);
/* "text" as a JSON string into out, for text that is safe to print. Returns out. */
char *gsh_trace_string(const char *text, char *out, size_t cap);
/* Members that name a frame's content for people: type, and what it is about. */
void gsh_trace_describe(const uint8_t *content, size_t len, char *out, size_t cap);

#endif
