/* SPDX-License-Identifier: Apache-2.0
 * Making text from outside safe to show, and small formatting helpers.
 */
#ifndef GSH_TEXT_H
#define GSH_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Copy text so that a terminal, a log or a JSON string cannot be misled: printable UTF-8 stays
 * (ASCII only where ascii is non-zero), everything else becomes \xNN. Always zero terminated;
 * cut at a whole character with "..." where cap is too small.
 *
 * text, len  any bytes. Returns out.
 */
char *gsh_text_escape(const char *text, size_t len, int ascii, char *out, size_t cap);

/* Lower case hex of len bytes; out holds 2 * len + 1. Returns out. */
char *gsh_hex(const uint8_t *data, size_t len, char *out);
/* "9c1f..02": enough of a digest for people. out holds 9. */
char *gsh_hex_short(const uint8_t *data, size_t len, char *out);

#endif
