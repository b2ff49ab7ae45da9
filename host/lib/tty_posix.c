/* SPDX-License-Identifier: Apache-2.0
 * Terminal devices: finding them and keeping others out.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "link_internal.h"
#include "text.h"
#include "tty.h"

#define LOCK_DIR "/var/lock"
#define NAMED_MAX 6u

/* What there is in its place. */
static void name_the_others(struct gsh_error *err) {
  char names[NAMED_MAX][GSH_TTY_NAME_MAX];
  char list[NAMED_MAX * (GSH_TTY_NAME_MAX + 8u)] = "";
  struct gsh_error unlisted;
  size_t count = 0;
  size_t used = 0;
  bool known = gsh_tty_names(names, NAMED_MAX, &count, &unlisted) == GS_OK;
  for (size_t i = 0; i < count; i++) {
    int n = snprintf(list + used, sizeof list - used, "%s/dev/%s", i > 0 ? ", " : "", names[i]);
    used += n > 0 ? (size_t)n : 0;
  }
  if (!known) {
    gsh_next_step(err, "plug the adapter in; %s", unlisted.what);
  } else if (count == 0) {
    gsh_next_step(err, "plug the adapter in, then run: gapseal list");
  } else {
    gsh_next_step(err, "plug the adapter in; serial ports that are there: %s", list);
  }
}

static enum gs_status nothing_there(const char *path, struct gsh_error *err) {
  char target[GSH_TTY_PATH_MAX];
  char shown[GSH_TTY_PATH_MAX];
  ssize_t n = readlink(path, target, sizeof target - 1);
  if (n > 0) {
    gsh_text_escape(target, (size_t)n, 0, shown, sizeof shown);
    gsh_fail(err, GS_E_NO_DEVICE, "it is a link to %s, and nothing is there", shown);
  } else {
    gsh_fail(err, GS_E_NO_DEVICE, "nobody is there: no such file");
  }
  name_the_others(err);
  return GS_E_NO_DEVICE;
}

enum gs_status gsh_tty_find(const char *path, char real[GSH_TTY_PATH_MAX], struct gsh_error *err) {
  struct stat st;
  if (stat(path, &st) != 0) {
    return errno == ENOENT ? nothing_there(path, err) : gsh_link_errno(err, path, errno);
  }
  if (!S_ISCHR(st.st_mode)) {
    gsh_fail(err, GS_E_USAGE, "it is not a terminal device");
    gsh_next_step(err, "give the path of a tty, for example /dev/ttyUSB0");
    return GS_E_USAGE;
  }
  char *resolved = NULL;
  const char *chosen = path;
  if (strncmp(path, "/dev/", 5) != 0 || (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))) {
    resolved = realpath(path, NULL);
    chosen = resolved;
  }
  if (chosen == NULL || strlen(chosen) >= GSH_TTY_PATH_MAX) {
    int number = chosen == NULL ? errno : ENAMETOOLONG;
    free(resolved);
    return gsh_link_errno(err, path, number);
  }
  memcpy(real, chosen, strlen(chosen) + 1);
  free(resolved);
  return GS_OK;
}

bool gsh_tty_is_pty(const char *real) {
  return strncmp(real, "/dev/pts/", 9) == 0;
}

static enum gs_status in_use_by(const struct gsh_tty_holder *h, struct gsh_error *err) {
  gsh_fail(err, GS_E_PORT_BUSY, "the program %s (process %ld) uses it", h->name, h->pid);
  if (strcmp(h->name, "ModemManager") == 0) {
    gsh_next_step(err, "run: sudo systemctl stop ModemManager");
  } else if (strncmp(h->name, "gapseal", 7) == 0) {
    gsh_next_step(err, "wait until it has ended, or run: %skill %ld", h->foreign ? "sudo " : "",
                  h->pid);
  } else {
    gsh_next_step(err, "end it, or run: %skill %ld", h->foreign ? "sudo " : "", h->pid);
  }
  return GS_E_PORT_BUSY;
}

/* Anybody may write there: what lies under that name must not make this program wait. */
static long read_lock(const char *path) {
  char text[16] = "";
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    return 0;
  }
  bool there = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read(fd, text, sizeof text - 1) > 0;
  (void)close(fd);
  return there ? strtol(text, NULL, 10) : 0;
}

/* Lock files as uucp's and minicom's: /var/lock/LCK..ttyUSB0 holds a process number in digits. A
 * file that was left behind may name a process that has nothing to do with the port. */
enum gs_status gsh_tty_lock_file(const char *real, struct gsh_error *err) {
  struct gsh_tty_holder holder = {0};
  char path[sizeof LOCK_DIR + 8 + GSH_TTY_PATH_MAX];
  char shown[sizeof path];
  const char *name = strrchr(real, '/');
  (void)snprintf(path, sizeof path, LOCK_DIR "/LCK..%s", name != NULL ? name + 1 : real);
  long pid = read_lock(path);
  if (pid > 0 && pid != (long)getpid()) {
    gsh_tty_process(pid, &holder);
  }
  if (holder.pid == 0) {
    return GS_OK;
  }
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  gsh_fail(err, GS_E_PORT_BUSY, "by its lock file the program %s (process %ld) uses it",
           holder.name, holder.pid);
  gsh_next_step(err, "end that program; where it does not use the port, delete %s", shown);
  return GS_E_PORT_BUSY;
}

enum gs_status gsh_tty_in_use(const char *real, struct gsh_error *err) {
  struct gsh_tty_holder holder;
  if (gsh_tty_lock_file(real, err) != GS_OK) {
    return err->status;
  }
  gsh_tty_holder(real, &holder);
  return holder.pid != 0 ? in_use_by(&holder, err) : GS_OK;
}

/* The system says that it is in use. */
static enum gs_status busy(const char *real, struct gsh_error *err) {
  if (gsh_tty_in_use(real, err) != GS_OK) {
    return err->status;
  }
  struct gsh_tty_holder manager;
  gsh_tty_program("ModemManager", &manager);
  if (geteuid() == 0) {
    gsh_fail(err, GS_E_PORT_BUSY, "its driver says that it is in use, and no program has it open");
    gsh_next_step(err, "unplug the adapter and plug it in again");
  } else if (manager.pid != 0) {
    gsh_fail(err, GS_E_PORT_BUSY,
             "a program of another user has it, and ModemManager (process %ld), which looks at"
             " every new port, runs",
             manager.pid);
    gsh_next_step(err, "run: sudo systemctl stop ModemManager");
  } else {
    char shown[GSH_TTY_PATH_MAX];
    gsh_text_escape(real, strlen(real), 0, shown, sizeof shown);
    gsh_fail(err, GS_E_PORT_BUSY, "a program of another user has it");
    gsh_next_step(err, "find it with: sudo fuser -v %s", shown);
  }
  return GS_E_PORT_BUSY;
}

/* Closing the port must not drop DTR and RTS: the next open would raise them again, and many boards
 * take that for a reset. Flow control that another program left on would stop the line for ever,
 * and libserialport 0.1.1 does not see it. */
static void keep_lines(int fd) {
  struct termios t;
  if (tcgetattr(fd, &t) == 0 && (t.c_cflag & (HUPCL | CRTSCTS)) != 0) {
    t.c_cflag &= ~(tcflag_t)(HUPCL | CRTSCTS);
    (void)tcsetattr(fd, TCSANOW, &t);
  }
}

enum gs_status gsh_tty_claim(int fd, bool serial, const char *real, struct gsh_error *err) {
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? busy(real, err) : gsh_link_errno(err, real, errno);
  }
  if (serial) {
    /* Drivers that cannot are as safe as the lock makes them. */
    (void)ioctl(fd, TIOCEXCL);
    keep_lines(fd);
  }
  return GS_OK;
}

void gsh_tty_release(int fd) {
  /* Where another program has the port open as well, the mark would outlive this one. */
  (void)ioctl(fd, TIOCNXCL);
}

enum gs_status gsh_tty_trouble(const char *real, int number, struct gsh_error *err) {
  if (number == EACCES || number == EPERM) {
    if (gsh_tty_may_open(real, err) == GS_OK) {
      char shown[GSH_TTY_PATH_MAX];
      gsh_text_escape(real, strlen(real), 0, shown, sizeof shown);
      gsh_fail(err, GS_E_PERMISSION, "its file may be opened by this user, yet its driver refuses");
      gsh_next_step(err, "look at what the driver says: sudo dmesg | tail");
    }
    return GS_E_PERMISSION;
  }
  if (number == EBUSY || number == EWOULDBLOCK) {
    return busy(real, err);
  }
  if (number == EIO) {
    gsh_fail(err, GS_E_NO_DEVICE, "there is no hardware behind it");
    name_the_others(err);
    return GS_E_NO_DEVICE;
  }
  return gsh_link_errno(err, real, number);
}
