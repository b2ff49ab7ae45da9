/* SPDX-License-Identifier: Apache-2.0
 * What went wrong, for people and for programs. Lives in the caller; gains context on the way
 * up ("sending block 14 of 90: ...").
 */
#ifndef GSH_ERROR_H
#define GSH_ERROR_H

#include "status.h"

#define GSH_ERROR_TEXT_MAX 512u

struct gsh_error {
  enum gs_status status;
  char what[GSH_ERROR_TEXT_MAX];      /* what is wrong, one sentence without a full stop */
  char next_step[GSH_ERROR_TEXT_MAX]; /* "": the one of status.def */
  char expected[96], got[96];         /* "" where there is nothing to compare */
};

/* Start an error; what is a printf format. Texts that come from outside go through
 * gsh_text_escape first. */
void gsh_note(struct gsh_error *e, enum gs_status status, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
static inline enum gs_status gsh_failed(enum gs_status status) {
  return status;
}
/* The same, and status comes back, so that callers can return it. A macro, so that compilers and
 * analysers see in the caller alone that what failed is not GS_OK. Evaluates status twice. */
#define gsh_fail(e, status, ...) (gsh_note((e), (status), __VA_ARGS__), gsh_failed(status))
/* Put context before what is there: "context: what". */
enum gs_status gsh_context(struct gsh_error *e, const char *context, ...)
    __attribute__((format(printf, 2, 3)));
/* The cryptographic library failed, as it does where memory runs out: nothing is known of what it
 * was to judge, and nobody is blamed for it. Returns GS_E_NO_MEMORY. */
enum gs_status gsh_fail_crypto(struct gsh_error *e);
/* Say what to do next. */
void gsh_next_step(struct gsh_error *e, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

#endif
