/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "link_internal.h"

enum gs_status gsh_link_open_unix(const char *rest, const struct gsh_link_options *options,
                                  struct gsh_link *l, struct gsh_error *err) {
  (void)options;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(rest) >= sizeof address.sun_path) {
    gsh_fail(err, GS_E_USAGE, "the path of a socket may have %zu characters at most",
             sizeof address.sun_path - 1);
    gsh_next_step(err, "change to its directory and give the file's name alone");
    return GS_E_USAGE;
  }
  memcpy(address.sun_path, rest, strlen(rest) + 1);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  l->read_fd = fd;
  l->write_fd = fd;
  if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
      !gsh_link_prepare_fd(fd)) {
    return gsh_link_errno(err, rest, errno);
  }
  return GS_OK;
}
