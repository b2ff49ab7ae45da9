/* SPDX-License-Identifier: Apache-2.0
 * The text of a link, as people write it: read to the point where a port, a socket or a process
 * would be opened, which the linker replaces by failures.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "fuzz.h"
#include "gapseal/crypto.h"
#include "link.h"

static bool closed; /* nothing outside this process may be opened */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socketpair(int domain, int type, int protocol, int pair[2]);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out);
pid_t __wrap_fork(void);
int __wrap_sp_get_port_by_name(const char *name, void **port);

int __wrap_open(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
  va_end(args);
  if (closed) {
    errno = strlen(path) % 2u == 0 ? ENOENT : EACCES;
    return -1;
  }
  return __real_open(path, flags, mode);
}

int __wrap_socket(int domain, int type, int protocol) {
  (void)domain;
  (void)type;
  (void)protocol;
  errno = ECONNREFUSED;
  return -1;
}

int __wrap_socketpair(int domain, int type, int protocol, int pair[2]) {
  (void)pair;
  return __wrap_socket(domain, type, protocol);
}

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out) {
  (void)hints;
  *out = NULL;
  FUZZ_MUST(node != NULL && service != NULL);
  return EAI_NONAME;
}

pid_t __wrap_fork(void) {
  abort();
}

int __wrap_sp_get_port_by_name(const char *name, void **port) {
  *port = NULL;
  FUZZ_MUST(name != NULL);
  return -1;
}

void fuzz_start(void) {
  FUZZ_MUST(gs_crypto_init() == GS_OK);
}

void fuzz_one(const uint8_t *data, size_t len) {
  const struct gsh_link_options options = {.tcp_anywhere = len % 2u == 0};
  struct gsh_link *link = NULL;
  struct gsh_error err = {.status = GS_OK};
  char *text = malloc(len + 1);
  FUZZ_MUST(text != NULL);
  if (len > 0) {
    memcpy(text, data, len);
  }
  text[len] = '\0';
  bool known = gsh_link_known(text);
  closed = true;
  enum gs_status status = gsh_link_open(text, &options, &link, &err);
  closed = false;
  FUZZ_MUST(status != GS_OK && link == NULL);
  FUZZ_MUST(known || status == GS_E_USAGE);
  FUZZ_MUST(err.status == status && err.what[0] != '\0');
  FUZZ_MUST(fuzz_text_safe(err.what) && fuzz_text_safe(err.next_step));
  free(text);
}

void fuzz_seeds(void) {
  static const char *const links[] = {"unix:dev1.sock",    "tcp:127.0.0.1:4000",
                                      "tcp:[::1]:4000",    "pty:/dev/pts/3@115200",
                                      "exec:ssh gate cat", "serial:/dev/ttyUSB0@921600",
                                      "usb:0042-1187",     "unix:\x1b[2J\xe2\x80\xae"};
  for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
    char name[] = {'l', (char)('0' + i), '\0'};
    fuzz_seed(name, links[i], strlen(links[i]));
  }
}
