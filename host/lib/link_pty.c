/* SPDX-License-Identifier: Apache-2.0
 * pty:PATH[@BAUD] - a terminal device in raw mode, without any control line touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "link_internal.h"
#include "tty.h"

struct speed {
  unsigned long baud;
  speed_t code;
};

static const struct speed speeds[] = {
    {9600, B9600},       {19200, B19200},   {38400, B38400},
    {57600, B57600},     {115200, B115200}, {230400, B230400},
#ifdef B460800
    {460800, B460800},
#endif
#ifdef B500000
    {500000, B500000},
#endif
#ifdef B921600
    {921600, B921600},
#endif
#ifdef B1000000
    {1000000, B1000000},
#endif
#ifdef B1500000
    {1500000, B1500000},
#endif
#ifdef B2000000
    {2000000, B2000000},
#endif
#ifdef B3000000
    {3000000, B3000000},
#endif
};

/* *code stays B0 where no rate is named. */
static enum gs_status split(const char *rest, char path[GSH_LINK_PATH_MAX], speed_t *code,
                            struct gsh_error *err) {
  unsigned long baud = 0;
  *code = B0;
  enum gs_status status = gsh_link_split_rate(rest, path, &baud, err);
  if (status != GS_OK || baud == 0) {
    return status;
  }
  for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
    if (speeds[i].baud == baud) {
      *code = speeds[i].code;
      return GS_OK;
    }
  }
  gsh_fail(err, GS_E_USAGE, "the rate behind @ is not one this computer offers");
  gsh_next_step(err, "use a usual rate, for example @115200 or @921600");
  return GS_E_USAGE;
}

static bool make_raw(int fd, speed_t code) {
  struct termios t;
  if (tcgetattr(fd, &t) != 0) {
    return false;
  }
  t.c_iflag &=
      ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF | IXANY);
  t.c_oflag &= ~(tcflag_t)OPOST;
  t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | HUPCL);
  t.c_cflag |= (tcflag_t)(CS8 | CREAD | CLOCAL);
  t.c_cc[VMIN] = 1;
  t.c_cc[VTIME] = 0;
  if (code != B0 && (cfsetispeed(&t, code) != 0 || cfsetospeed(&t, code) != 0)) {
    return false;
  }
  return tcsetattr(fd, TCSANOW, &t) == 0;
}

static bool discard(struct gsh_link *l) {
  return tcflush(l->write_fd, TCOFLUSH) == 0;
}

enum gs_status gsh_link_open_pty(const char *rest, const struct gsh_link_options *options,
                                 struct gsh_link *l, struct gsh_error *err) {
  (void)options;
  char path[GSH_LINK_PATH_MAX];
  speed_t code;
  enum gs_status status = split(rest, path, &code, err);
  if (status != GS_OK) {
    return status;
  }
  int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  l->read_fd = fd;
  l->write_fd = fd;
  l->slow = true;
  l->discard = discard;
  if (fd < 0) {
    return gsh_tty_trouble(path, errno, err);
  }
  if (isatty(fd) == 0) {
    gsh_fail(err, GS_E_USAGE, "it is not a terminal device");
    gsh_next_step(err, "give the path of a pty or of a tty");
    return GS_E_USAGE;
  }
  status = gsh_tty_claim(fd, false, path, err);
  if (status != GS_OK) {
    return status;
  }
  if (!make_raw(fd, code)) {
    return gsh_link_errno(err, path, errno);
  }
  (void)tcflush(fd, TCIFLUSH);
  return GS_OK;
}
