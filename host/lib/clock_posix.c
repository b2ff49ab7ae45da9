/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <stdbool.h>
#include <time.h>

uint64_t gsh_clock_ms(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

double gsh_clock_s(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void gsh_clock_sleep(uint32_t ms) {
  struct timespec t = {.tv_sec = (time_t)(ms / 1000u), .tv_nsec = (long)(ms % 1000u) * 1000000L};
  (void)nanosleep(&t, NULL);
}

static bool now_utc(struct tm *tm) {
  time_t now = time(NULL);
  return gmtime_r(&now, tm) != NULL;
}

void gsh_clock_text(char out[32]) {
  struct tm tm;
  if (!now_utc(&tm) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
    out[0] = '\0';
  }
}

void gsh_clock_stamp(char out[32]) {
  struct tm tm;
  if (!now_utc(&tm) || strftime(out, 32, "%Y%m%dT%H%M%SZ", &tm) == 0) {
    out[0] = '\0';
  }
}
