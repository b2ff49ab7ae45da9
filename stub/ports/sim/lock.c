/* SPDX-License-Identifier: Apache-2.0 */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "identity.h"
#include "say.h"

#define TRIES 25
#define PAUSE_NS 20000000L

static bool take(int fd) {
  const struct timespec pause = {.tv_nsec = PAUSE_NS};
  for (int i = 0; i < TRIES; i++) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
      return true;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return false;
    }
    (void)nanosleep(&pause, NULL);
  }
  errno = EWOULDBLOCK;
  return false;
}

enum sim_exit sim_lock(const struct sim_options *o, int *fd) {
  char path[SIM_PATH_MAX];
  if (!sim_path(o, "lock", path)) {
    return SIM_EXIT_FAILED;
  }
  int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (f >= 0 && take(f)) {
    *fd = f;
    return SIM_EXIT_OK;
  }
  int number = errno;
  if (f >= 0) {
    (void)close(f);
  }
  if (number == EWOULDBLOCK) {
    sim_say("%s is in use by another program", o->dir);
    return SIM_EXIT_IN_USE;
  }
  (void)sim_fault(path, strerror(number));
  return SIM_EXIT_FAILED;
}
