/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void gsh_note(struct gsh_error *e, enum gs_status status, const char *what, ...) {
  memset(e, 0, sizeof *e);
  e->status = status;
  va_list args;
  va_start(args, what);
  (void)vsnprintf(e->what, sizeof e->what, what, args);
  va_end(args);
}

enum gs_status gsh_fail_crypto(struct gsh_error *e) {
  return gsh_fail(e, GS_E_NO_MEMORY,
                  "cryptography failed on this computer, as it does where memory runs out");
}

static void append(char text[GSH_ERROR_TEXT_MAX], size_t *used, const char *more) {
  size_t n = strlen(more);
  size_t room = GSH_ERROR_TEXT_MAX - 1 - *used;
  n = n < room ? n : room;
  memcpy(text + *used, more, n);
  *used += n;
  text[*used] = '\0';
}

enum gs_status gsh_context(struct gsh_error *e, const char *context, ...) {
  char text[GSH_ERROR_TEXT_MAX];
  va_list args;
  va_start(args, context);
  int n = vsnprintf(text, sizeof text, context, args);
  va_end(args);
  size_t used = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
  append(text, &used, ": ");
  append(text, &used, e->what);
  memcpy(e->what, text, used + 1);
  return e->status;
}

void gsh_next_step(struct gsh_error *e, const char *text, ...) {
  va_list args;
  va_start(args, text);
  (void)vsnprintf(e->next_step, sizeof e->next_step, text, args);
  va_end(args);
}
