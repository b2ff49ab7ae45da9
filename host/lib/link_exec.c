/* SPDX-License-Identifier: Apache-2.0
 * exec:COMMAND - a command whose standard input and output lead to the device (ssh, socat, a
 * simulator). The person at the keyboard wrote it; nothing of it comes from a file or a device.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link_internal.h"

static void run_child(int fd, const char *command) {
  /* A group of its own, so that Ctrl-C at the terminal stops gapseal at a safe point first. */
  (void)setpgid(0, 0);
  (void)signal(SIGPIPE, SIG_DFL);
  (void)signal(SIGXFSZ, SIG_DFL);
  if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0) {
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
  }
  _exit(127);
}

enum gs_status gsh_link_open_exec(const char *rest, const struct gsh_link_options *options,
                                  struct gsh_link *l, struct gsh_error *err) {
  (void)options;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
    return gsh_link_errno(err, rest, errno);
  }
  l->read_fd = pair[0];
  l->write_fd = pair[0];
  bool ready = gsh_link_prepare_fd(pair[0]);
  pid_t child = ready ? fork() : -1;
  int number = errno;
  if (child == 0) {
    close(pair[0]);
    run_child(pair[1], rest);
  }
  close(pair[1]);
  if (child < 0) {
    return gsh_link_errno(err, rest, number);
  }
  (void)setpgid(child, child);
  l->child = child;
  return GS_OK;
}
