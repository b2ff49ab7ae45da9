/* SPDX-License-Identifier: Apache-2.0 */
#include "ota_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

#define SILENCE_MS 30000 /* a sender that says nothing for so long is gone */
#define HOST_MAX 128u

/* Waits for bytes: a regular file always has some, or its end. */
static enum gs_status read_some(void *ctx, uint8_t *buf, size_t cap, size_t *got) {
  const struct ota_input *in = ctx;
  struct pollfd p = {.fd = in->fd, .events = POLLIN};
  *got = 0;
  for (;;) {
    int ready = poll(&p, 1, SILENCE_MS);
    ssize_t n = ready > 0 ? read(in->fd, buf, cap) : 0;
    if (ready > 0 && n >= 0) {
      *got = (size_t)n;
      return GS_OK;
    }
    if (ready == 0) {
      (void)sim_fault(in->spec, "nothing came for 30 seconds");
      return GS_E_LINK_TIMEOUT;
    }
    if (errno != EINTR) {
      (void)sim_fault(in->spec, strerror(errno));
      return errno == ECONNRESET ? GS_E_LINK_LOST : GS_E_FILE_READ;
    }
  }
}

/* HOST:PORT, or [HOST]:PORT. */
static bool split(const char *text, char host[HOST_MAX], const char **port) {
  const char *colon = strrchr(text, ':');
  size_t len = colon != NULL ? (size_t)(colon - text) : 0;
  if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
    text++;
    len -= 2;
  }
  if (len == 0 || len >= HOST_MAX || colon[1] == '\0') {
    return false;
  }
  memcpy(host, text, len);
  host[len] = '\0';
  *port = colon + 1;
  return true;
}

static bool is_loopback(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  struct sockaddr_in6 v6;
  memcpy(&v6, address, sizeof v6);
  return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

/* False with errno set. */
static bool dial(struct ota_input *in, const struct addrinfo *a) {
  in->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
  if (in->fd >= 0 && connect(in->fd, a->ai_addr, a->ai_addrlen) == 0) {
    return true;
  }
  int number = errno;
  ota_input_close(in);
  errno = number;
  return false;
}

/* A name may have several addresses, and the server may listen at one of them alone. */
static bool dial_any(struct ota_input *in, const struct addrinfo *found, bool *usage) {
  *usage = true;
  for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
    if (is_loopback(a->ai_addr)) {
      *usage = false;
      if (dial(in, a)) {
        return true;
      }
    }
  }
  return sim_fault(in->spec, *usage ? "is not this computer" : strerror(errno));
}

/* An example speaks to this computer alone; a product puts its own client here, with TLS. */
static bool connect_to(struct ota_input *in, const char *address, bool *usage) {
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  char host[HOST_MAX];
  const char *port;
  if (!split(address, host, &port)) {
    *usage = true;
    return sim_fault(in->spec, "not tcp:HOST:PORT");
  }
  int why = getaddrinfo(host, port, &hints, &found);
  if (why != 0) {
    return sim_fault(in->spec, gai_strerror(why));
  }
  bool ok = dial_any(in, found, usage);
  freeaddrinfo(found);
  return ok;
}

static bool open_file(struct ota_input *in) {
  struct stat st;
  in->fd = open(in->spec, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (in->fd < 0 || fstat(in->fd, &st) != 0) {
    return sim_fault(in->spec, strerror(errno));
  }
  return !S_ISDIR(st.st_mode) || sim_fault(in->spec, "is a directory");
}

bool ota_input_open(struct ota_input *in, const char *spec, bool *usage) {
  *in = (struct ota_input){.source = {.ctx = in, .read = read_some}, .spec = spec, .fd = -1};
  *usage = false;
  if (strncmp(spec, "tcp:", 4) == 0) {
    return connect_to(in, spec + 4, usage);
  }
  if (strcmp(spec, "-") == 0) {
    in->fd = STDIN_FILENO;
    return true;
  }
  return open_file(in);
}

void ota_input_close(struct ota_input *in) {
  if (in->fd > STDIN_FILENO) {
    (void)close(in->fd);
  }
  in->fd = -1;
}
