/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "link.h"
#include "say.h"

#define BACKLOG 8

/* A socket that nobody answers at is left over from a process that was killed. */
static void remove_stale(const struct sockaddr_un *address) {
  struct stat st;
  if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
    return;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) {
    return;
  }
  if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
      errno == ECONNREFUSED) {
    (void)unlink(address->sun_path);
  }
  (void)close(fd);
}

static bool listen_on(struct sim_link *l, int fd) {
  int flags = fcntl(fd, F_GETFL);
  (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || listen(fd, BACKLOG) != 0) {
    int why = errno;
    (void)close(fd);
    return sim_fault(l->where, strerror(why));
  }
  l->listener = fd;
  return true;
}

bool sim_listen_unix(struct sim_link *l) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t len = strlen(l->where);
  if (len == 0 || len >= sizeof address.sun_path) {
    return sim_fault(l->where, "path too long for a socket");
  }
  memcpy(address.sun_path, l->where, len + 1);
  remove_stale(&address);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) {
    return sim_fault(l->where, strerror(errno));
  }
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    int why = errno;
    (void)close(fd);
    return sim_fault(l->where, strerror(why));
  }
  return listen_on(l, fd);
}

static bool is_loopback(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
  }
  return false;
}

/* HOST:PORT, or [HOST]:PORT. */
static bool split_address(const char *where, char host[128], char port[8]) {
  const char *colon = strrchr(where, ':');
  if (colon == NULL || strlen(colon + 1) == 0 || strlen(colon + 1) >= 8) {
    return false;
  }
  const char *start = where;
  size_t len = (size_t)(colon - where);
  if (len >= 2 && where[0] == '[' && where[len - 1] == ']') {
    start++;
    len -= 2;
  }
  if (len == 0 || len >= 128) {
    return false;
  }
  memcpy(host, start, len);
  host[len] = '\0';
  memcpy(port, colon + 1, strlen(colon + 1) + 1);
  return true;
}

/* Port 0 is any free one: say which. */
static void show_port(struct sim_link *l, int fd, const char *host) {
  struct sockaddr_storage address;
  socklen_t len = sizeof address;
  char port[8];
  if (getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
      getnameinfo((struct sockaddr *)&address, len, NULL, 0, port, sizeof port, NI_NUMERICSERV) ==
          0) {
    (void)snprintf(l->shown, sizeof l->shown, "tcp:%s:%s", host, port);
  }
}

static bool bind_tcp(struct sim_link *l, const struct addrinfo *info, const char *host) {
  int one = 1;
  int fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
  if (fd < 0) {
    return sim_fault(l->where, strerror(errno));
  }
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* accepted ones inherit it */
  if (bind(fd, info->ai_addr, info->ai_addrlen) != 0) {
    int why = errno;
    (void)close(fd);
    return sim_fault(l->where, strerror(why));
  }
  show_port(l, fd, host);
  return listen_on(l, fd);
}

bool sim_listen_tcp(struct sim_link *l, bool force_remote, bool *usage) {
  const struct addrinfo hints = {
      .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
  struct addrinfo *found = NULL;
  char host[128];
  char port[8];
  if (!split_address(l->where, host, port)) {
    *usage = true;
    return sim_fault(l->where, "not HOST:PORT");
  }
  int why = getaddrinfo(host, port, &hints, &found);
  if (why != 0) {
    return sim_fault(l->where, gai_strerror(why));
  }
  bool ok;
  if (!force_remote && !is_loopback(found->ai_addr)) {
    *usage = true;
    ok = sim_fault(l->where, "other computers could reach this; --force-remote allows it");
  } else {
    ok = bind_tcp(l, found, host);
  }
  freeaddrinfo(found);
  return ok;
}
