/* SPDX-License-Identifier: Apache-2.0
 * A preloaded library under which it is another time of day: a computer whose battery is empty, or
 * whose owner mistook the year. For tests alone.
 *
 *   GAPSEAL_CLOCK  seconds since 1970 at which the program starts
 *
 * Clocks that do not tell the time of day go on as they are.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *out) {
  static int (*next)(clockid_t, struct timespec *);
  static time_t ahead;
  if (next == NULL) {
    void *symbol = dlsym(RTLD_NEXT, "clock_gettime");
    memcpy(&next, &symbol, sizeof next);
    const char *start = getenv("GAPSEAL_CLOCK");
    struct timespec now;
    if (start != NULL && next(CLOCK_REALTIME, &now) == 0) {
      ahead = (time_t)strtoll(start, NULL, 10) - now.tv_sec;
    }
  }
  int code = next(clock, out);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    out->tv_sec += ahead;
  }
  return code;
}

time_t time(time_t *out) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec now;
  (void)zone;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}
