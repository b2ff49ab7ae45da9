/* SPDX-License-Identifier: Apache-2.0 */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void sim_say(const char *format, ...) {
  va_list args;
  (void)fprintf(stderr, "%s: ", program_invocation_short_name);
  va_start(args, format);
  (void)vfprintf(stderr, format, args);
  va_end(args);
  (void)fputc('\n', stderr);
}

bool sim_fault(const char *where, const char *why) {
  sim_say("%s: %s", where, why);
  return false;
}

bool sim_printed(void) {
  return (fflush(stdout) == 0 && ferror(stdout) == 0) ||
         sim_fault("standard output", "what was asked for could not be written");
}
