/* SPDX-License-Identifier: Apache-2.0
 * Making text from outside safe to show, and small formatting helpers.
 */
#ifndef GSH_TEXT_H
#define GSH_TEXT_H

#include <stdbool.h>
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
/* "131,072". Returns out. */
char *gsh_count(uint64_t n, char out[32]);
/* Bytes of exactly 2 * len hex digits, either case. False otherwise; out is then undefined. */
bool gsh_unhex(const char *text, uint8_t *out, size_t len);

/* Length of the UTF-8 character at s, 1..4, or 0 where none of at most len bytes starts: too
 * long an encoding, a surrogate, past U+10FFFF. code may be NULL. */
size_t gsh_utf8_next(const char *s, size_t len, uint32_t *code);
/* True where every byte of text belongs to such a character. */
bool gsh_utf8_ok(const char *text, size_t len);

#endif
