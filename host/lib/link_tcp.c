/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link_internal.h"

#define CONNECT_MS 3000

static bool is_loopback(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    return (ntohl(in.sin_addr.s_addr) >> 24) == 127;
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) != 0;
  }
  return false;
}

/* 0, or an errno. */
static int connect_in_time(int fd, const struct addrinfo *to) {
  if (connect(fd, to->ai_addr, to->ai_addrlen) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) {
    return errno;
  }
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  int n = poll(&p, 1, CONNECT_MS);
  if (n <= 0) {
    return n == 0 ? ETIMEDOUT : errno;
  }
  int number = 0;
  socklen_t len = sizeof number;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &len) == 0 ? number : errno;
}

static enum gs_status try_address(const struct addrinfo *to, const char *rest,
                                  const struct gsh_link_options *options, struct gsh_link *l,
                                  struct gsh_error *err) {
  if (!options->tcp_anywhere && !is_loopback(to->ai_addr)) {
    gsh_fail(err, GS_E_USAGE, "the address is not on this computer");
    gsh_next_step(err,
                  "carry the frames inside TLS or SSH to this computer, or add --tcp-anywhere");
    return GS_E_USAGE;
  }
  int fd = socket(to->ai_family, SOCK_STREAM, 0);
  if (fd < 0 || !gsh_link_prepare_fd(fd)) {
    int number = errno;
    if (fd >= 0) {
      close(fd);
    }
    return gsh_link_errno(err, rest, number);
  }
  int number = connect_in_time(fd, to);
  if (number != 0) {
    close(fd);
    return gsh_link_errno(err, rest, number);
  }
  int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  l->read_fd = fd;
  l->write_fd = fd;
  return GS_OK;
}

/* HOST:PORT, or [ADDRESS]:PORT. */
static bool split(const char *rest, char host[256], char port[16]) {
  const char *colon = strrchr(rest, ':');
  if (colon == NULL) {
    return false;
  }
  const char *from = rest;
  size_t len = (size_t)(colon - rest);
  if (len >= 2 && rest[0] == '[' && rest[len - 1] == ']') {
    from++;
    len -= 2;
  }
  size_t port_len = strlen(colon + 1);
  if (len == 0 || len >= 256 || port_len == 0 || port_len >= 16 ||
      strspn(colon + 1, "0123456789") != port_len) {
    return false;
  }
  memcpy(host, from, len);
  host[len] = '\0';
  memcpy(port, colon + 1, port_len + 1);
  return true;
}

enum gs_status gsh_link_open_tcp(const char *rest, const struct gsh_link_options *options,
                                 struct gsh_link *l, struct gsh_error *err) {
  char host[256];
  char port[16];
  if (!split(rest, host, port)) {
    gsh_fail(err, GS_E_USAGE, "no host and port can be read from it");
    gsh_next_step(err, "write tcp:HOST:PORT, for example tcp:127.0.0.1:7000");
    return GS_E_USAGE;
  }
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
  struct addrinfo *list = NULL;
  int failed = getaddrinfo(host, port, &hints, &list);
  if (failed != 0) {
    return gsh_fail(err, GS_E_NO_DEVICE, "the address is not known: %s", gai_strerror(failed));
  }
  enum gs_status status = GS_E_NO_DEVICE;
  for (const struct addrinfo *a = list; a != NULL && status != GS_OK; a = a->ai_next) {
    status = try_address(a, rest, options, l, err);
  }
  freeaddrinfo(list);
  return status;
}
