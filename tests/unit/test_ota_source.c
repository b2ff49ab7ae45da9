/* SPDX-License-Identifier: Apache-2.0
 * Which addresses of a name the OTA example connects to. getaddrinfo is wrapped: what a name means
 * on the computer of the test does not matter.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ota_source.h"
#include "unit.h"

static struct sockaddr_in addresses[3];
static struct addrinfo infos[3];
static struct ota_input in;
static bool usage;

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out) {
  (void)host;
  (void)port;
  (void)hints;
  *out = infos;
  return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *found);
void __wrap_freeaddrinfo(struct addrinfo *found) {
  (void)found;
}

/* The name has these addresses, in this order. */
static void name_means(size_t count, const uint32_t *list, const uint16_t *ports) {
  for (size_t i = 0; i < count; i++) {
    addresses[i] = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(ports[i]), .sin_addr.s_addr = htonl(list[i])};
    infos[i] = (struct addrinfo){.ai_family = AF_INET,
                                 .ai_socktype = SOCK_STREAM,
                                 .ai_addr = (struct sockaddr *)&addresses[i],
                                 .ai_addrlen = sizeof addresses[i],
                                 .ai_next = i + 1 < count ? &infos[i + 1] : NULL};
  }
}

/* A port of this computer; listening: somebody is there. */
static int take_port(bool listening, uint16_t *port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof a;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
  assert_true(!listening || listen(fd, 1) == 0);
  *port = ntohs(a.sin_port);
  return fd;
}

static void each_address_of_this_computer_is_tried(void **state) {
  (void)state;
  uint16_t ports[3] = {0, 0, 9};
  const uint32_t list[3] = {INADDR_LOOPBACK, INADDR_LOOPBACK, 0xC0000201u};
  int closed = take_port(false, &ports[0]);
  int open = take_port(true, &ports[1]);
  name_means(2, list, ports);
  assert_true(ota_input_open(&in, "tcp:name:1", &usage));
  assert_false(usage);
  ota_input_close(&in);
  name_means(1, list, ports);
  assert_false(ota_input_open(&in, "tcp:name:1", &usage));
  assert_false(usage);
  assert_int_equal(in.fd, -1);
  assert_int_equal(close(closed), 0);
  assert_int_equal(close(open), 0);
}

static void another_computer_is_never_asked(void **state) {
  (void)state;
  uint16_t ports[3] = {9, 0, 9};
  const uint32_t far[3] = {0xC0000201u, INADDR_LOOPBACK, 0xC0000202u};
  int open = take_port(true, &ports[1]);
  name_means(1, far, ports);
  assert_false(ota_input_open(&in, "tcp:name:1", &usage));
  assert_true(usage);
  name_means(3, far, ports);
  assert_true(ota_input_open(&in, "tcp:name:1", &usage));
  ota_input_close(&in);
  assert_int_equal(close(open), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_address_of_this_computer_is_tried),
      cmocka_unit_test(another_computer_is_never_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
