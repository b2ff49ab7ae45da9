/* SPDX-License-Identifier: Apache-2.0
 * Many serial lines at little cost: each a terminal for the host, a socket of the device behind it,
 * and in between no more than BAUD/10 bytes a second each way.
 *
 *   paced_lines BAUD COUNT
 *
 * Line i joins the device at dev<i>.sock to a terminal that line<i> points to, both in the working
 * directory; a device that restarts is joined again. Runs until it is killed. One process and one
 * tick a millisecond for all lines, so that measuring sixteen hosts does not measure sixteen
 * emulators. Faults and latency are serial_line.py's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LINES_MAX 64
#define HELD_MAX 4096u
#define TICK_NS 1000000L
#define NS_A_SECOND 1000000000L

/* One direction of one line. */
struct way {
  int from, to;
  uint8_t held[HELD_MAX];
  size_t start, end;
  int64_t allowance; /* bytes times a second's nanoseconds */
};

struct line {
  struct way out, in;
};

static struct line lines[LINES_MAX];

static int connect_device(int i) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  (void)snprintf(a.sun_path, sizeof a.sun_path, "dev%d.sock", i);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) != 0) {
    (void)close(fd);
    return -1;
  }
  return fd;
}

static int open_terminal(int i) {
  char name[32];
  (void)snprintf(name, sizeof name, "line%d", i);
  int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  struct termios t;
  if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || tcgetattr(fd, &t) != 0) {
    return -1;
  }
  cfmakeraw(&t);
  (void)unlink(name);
  if (tcsetattr(fd, TCSANOW, &t) != 0 || symlink(ptsname(fd), name) != 0) {
    return -1;
  }
  return fd;
}

static bool open_line(struct line *l, int i) {
  int device = connect_device(i);
  int terminal = open_terminal(i);
  if (device < 0 || terminal < 0) {
    fprintf(stderr, "paced_lines: line %d: %s\n", i, strerror(errno));
    return false;
  }
  l->out.from = l->in.to = terminal;
  l->out.to = l->in.from = device;
  return true;
}

/* Move what the rate allows. False: an end has gone. A terminal that nobody has open has not. */
static bool move(struct way *w, int64_t rate, int64_t elapsed_ns) {
  w->allowance += rate * elapsed_ns;
  if (w->allowance > rate * 16 * TICK_NS) {
    w->allowance = rate * 16 * TICK_NS; /* an idle line saves nothing up */
  }
  size_t may = (size_t)(w->allowance / NS_A_SECOND);
  if (w->start == w->end && may > 0) {
    ssize_t n = read(w->from, w->held, may < HELD_MAX ? may : HELD_MAX);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EIO && errno != EINTR)) {
      return false;
    }
    w->start = 0;
    w->end = n > 0 ? (size_t)n : 0;
  }
  size_t left = w->end - w->start;
  ssize_t n = left > 0 && may > 0 ? write(w->to, w->held + w->start, left < may ? left : may) : 0;
  if (n > 0) {
    w->start += (size_t)n;
    w->allowance -= (int64_t)n * NS_A_SECOND;
  }
  return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* The device has gone: what was on its way is lost. Until it is back nothing moves. */
static void join_again(struct line *l, int i) {
  if (l->out.to >= 0) {
    (void)close(l->out.to);
  }
  l->out.to = l->in.from = connect_device(i);
  l->out.start = l->out.end = l->in.start = l->in.end = 0;
}

static void carry(struct line *l, int i, int64_t rate, int64_t elapsed_ns) {
  if (l->out.to < 0 || !move(&l->out, rate, elapsed_ns) || !move(&l->in, rate, elapsed_ns)) {
    join_again(l, i);
  }
}

static int64_t now_ns(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * NS_A_SECOND + t.tv_nsec;
}

static void tick(struct timespec *at) {
  at->tv_nsec += TICK_NS;
  if (at->tv_nsec >= NS_A_SECOND) {
    at->tv_nsec -= NS_A_SECOND;
    at->tv_sec++;
  }
  (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL);
}

int main(int argc, char **argv) {
  long baud = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
  long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
  if (baud < 10 || count < 1 || count > LINES_MAX) {
    fprintf(stderr, "usage: paced_lines BAUD COUNT\n");
    return 2;
  }
  for (long i = 0; i < count; i++) {
    if (!open_line(&lines[i], (int)i)) {
      return 1;
    }
  }
  struct timespec at;
  (void)clock_gettime(CLOCK_MONOTONIC, &at);
  int64_t before = now_ns();
  for (;;) {
    tick(&at);
    int64_t now = now_ns();
    for (long i = 0; i < count; i++) {
      carry(&lines[i], (int)i, baud / 10, now - before);
    }
    before = now;
  }
}
