/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "say.h"

static void set_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0) {
    (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  }
}

static bool open_pty(struct sim_link *l) {
  l->in = l->out = sim_open_tty(l->where);
  return l->in >= 0 || sim_fault(l->where, strerror(errno));
}

static bool open_stdio(struct sim_link *l) {
  l->in = STDIN_FILENO;
  l->out = STDOUT_FILENO;
  set_nonblocking(l->in);
  set_nonblocking(l->out);
  return true;
}

static bool starts(const char *spec, const char *prefix, const char **rest) {
  size_t n = strlen(prefix);
  *rest = spec + n;
  return strncmp(spec, prefix, n) == 0;
}

bool sim_link_open(struct sim_link *l, const char *spec, bool force_remote, bool *usage) {
  *l = (struct sim_link){.listener = -1, .in = -1, .out = -1};
  *usage = false;
  (void)snprintf(l->shown, sizeof l->shown, "%s", spec);
  if (starts(spec, "unix:", &l->where)) {
    l->kind = SIM_LINK_UNIX;
    return sim_listen_unix(l);
  }
  if (starts(spec, "tcp:", &l->where)) {
    l->kind = SIM_LINK_TCP;
    return sim_listen_tcp(l, force_remote, usage);
  }
  if (starts(spec, "pty:", &l->where)) {
    l->kind = SIM_LINK_PTY;
    return open_pty(l);
  }
  l->kind = SIM_LINK_STDIO;
  return open_stdio(l);
}

static void close_fds(struct sim_link *l) {
  if (l->in >= 0) {
    (void)close(l->in);
  }
  l->in = l->out = -1;
}

void sim_link_close(struct sim_link *l) {
  if (l->kind != SIM_LINK_STDIO) {
    close_fds(l);
  }
  if (l->listener >= 0) {
    (void)close(l->listener);
    if (l->kind == SIM_LINK_UNIX) {
      (void)unlink(l->where);
    }
  }
  l->listener = -1;
}

bool sim_link_accept(struct sim_link *l) {
  int fd = accept(l->listener, NULL, NULL);
  if (fd < 0) {
    return false;
  }
  if (l->in >= 0) {
    (void)close(fd);
    return false;
  }
  (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  set_nonblocking(fd);
  l->in = l->out = fd;
  return true;
}

bool sim_link_ended(const struct sim_link *l) {
  struct pollfd p = {.fd = l->in, .events = POLLRDHUP};
  return l->in >= 0 && poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void sim_link_hang_up(struct sim_link *l) {
  if (l->listener >= 0) {
    close_fds(l);
  }
}

void sim_link_lost(struct sim_link *l) {
  if (l->kind != SIM_LINK_STDIO) {
    close_fds(l);
  } else {
    l->in = l->out = -1;
  }
}

bool sim_link_retry(struct sim_link *l) {
  l->in = l->out = sim_open_tty(l->where);
  return l->in >= 0;
}
