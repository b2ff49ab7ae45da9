/* SPDX-License-Identifier: Apache-2.0
 * Moving bytes over file descriptors; what all links of a POSIX system share.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "link_internal.h"

bool gsh_link_prepare_fd(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
         fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

enum gs_status gsh_link_errno(struct gsh_error *err, const char *what, int number) {
  switch (number) {
    case ENOENT:
    case ECONNREFUSED:
    case ENXIO:
    case ENODEV:
    case ENOTDIR:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
      return gsh_fail(err, GS_E_NO_DEVICE, "nobody is there: %s", strerror(number));
    case EACCES:
    case EPERM:
      gsh_fail(err, GS_E_PERMISSION, "it may not be opened: %s", strerror(number));
      gsh_next_step(err, "ask for the right to use it: ls -l %s shows whose it is", what);
      return GS_E_PERMISSION;
    case EBUSY:
    case EAGAIN:
      return gsh_fail(err, GS_E_PORT_BUSY, "another program uses it");
    default:
      return gsh_fail(err, GS_E_NO_DEVICE, "it cannot be opened: %s", strerror(number));
  }
}

static void end_child(pid_t child) {
  /* A command that ends by itself once its input is closed gets the time to do so. */
  for (int tries = 0; tries < 20; tries++) {
    if (waitpid(child, NULL, WNOHANG) != 0) {
      return;
    }
    nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
  }
  kill(-child, SIGTERM);
  for (int tries = 0; tries < 50; tries++) {
    if (waitpid(child, NULL, WNOHANG) != 0) {
      return;
    }
    nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
  }
  kill(-child, SIGKILL);
  waitpid(child, NULL, 0);
}

void gsh_link_close(struct gsh_link *l) {
  if (l == NULL) {
    return;
  }
  if (l->end != NULL) {
    l->end(l);
  }
  if (l->write_fd >= 0 && l->write_fd != l->read_fd) {
    close(l->write_fd);
  }
  if (l->read_fd >= 0) {
    close(l->read_fd);
  }
  if (l->child > 0) {
    end_child(l->child);
  }
  free(l);
}

enum gs_status gsh_link_wait(struct gsh_link *l, bool want_write, uint32_t timeout_ms,
                             bool *readable, bool *writable, struct gsh_error *err) {
  struct pollfd fds[2] = {{.fd = l->read_fd, .events = POLLIN},
                          {.fd = want_write ? l->write_fd : -1, .events = POLLOUT}};
  *readable = false;
  *writable = false;
  int n = poll(fds, 2, timeout_ms > 60000 ? 60000 : (int)timeout_ms);
  if (n < 0) {
    if (errno == EINTR) {
      return GS_OK;
    }
    return gsh_fail(err, GS_E_LINK_LOST, "waiting for the link failed: %s", strerror(errno));
  }
  *readable = (fds[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0 ||
              (n == 0 && l->gone != NULL && l->gone(l));
  *writable = (fds[1].revents & (POLLOUT | POLLHUP | POLLERR | POLLNVAL)) != 0;
  return GS_OK;
}

static bool nothing_now(int number) {
  return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

/* Whoever serves one at a time closes on the next one before a word. */
static enum gs_status closed(const struct gsh_link *l, int number, struct gsh_error *err) {
  gsh_fail(err, GS_E_LINK_LOST, "the link was closed%s%s", number != 0 ? ": " : "",
           number != 0 ? strerror(number) : "");
  if (!l->heard && l->child == 0 && l->read == NULL) {
    gsh_next_step(err,
                  "another program may have the device: end that one, or connect it again, and"
                  " run the same command");
  }
  return GS_E_LINK_LOST;
}

enum gs_status gsh_link_read(struct gsh_link *l, uint8_t *buf, size_t cap, size_t *got,
                             struct gsh_error *err) {
  *got = 0;
  if (l->read != NULL) {
    return l->read(l, buf, cap, got, err);
  }
  ssize_t n = read(l->read_fd, buf, cap);
  if (n > 0) {
    l->heard = true;
    *got = (size_t)n;
    return GS_OK;
  }
  if (n < 0 && nothing_now(errno)) {
    return GS_OK;
  }
  return closed(l, n < 0 ? errno : 0, err);
}

enum gs_status gsh_link_write(struct gsh_link *l, const uint8_t *buf, size_t len, size_t *taken,
                              struct gsh_error *err) {
  *taken = 0;
  /* A socket whose other end is gone must not end this process with SIGPIPE. */
  ssize_t n = send(l->write_fd, buf, len, MSG_NOSIGNAL);
  if (n < 0 && errno == ENOTSOCK) {
    n = write(l->write_fd, buf, len);
  }
  if (n >= 0) {
    *taken = (size_t)n;
    return GS_OK;
  }
  if (nothing_now(errno)) {
    return GS_OK;
  }
  return closed(l, errno, err);
}
