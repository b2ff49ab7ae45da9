/* SPDX-License-Identifier: Apache-2.0
 * A preloaded library that shows a program serial ports which are pseudo terminals, so that
 * libserialport, which opens none of those, can be tested from end to end without hardware.
 *
 *   GAPSEAL_SHIM_ROOT  a folder that stands in for the few places where ports are looked for:
 *                      DIR/dev/ttyUSB0 (a link to a pty), DIR/sys/class/tty/..., DIR/var/lock/...
 *   GAPSEAL_SHIM_GONE  set: ports have no input queue any more, as where an adapter was pulled
 * whose driver wakes nobody GAPSEAL_SHIM_LOG   NULL, or a file that gets a line for each change of
 * the modem lines
 *
 * Modem lines, which a pty has not, are remembered here: a port that is opened has DTR and RTS.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Each name is looked up once, in the library that would have had it. */
#define NEXT(name)                          \
  static __typeof__(&(name)) next;          \
  if (next == NULL) {                       \
    void *symbol = dlsym(RTLD_NEXT, #name); \
    memcpy(&next, &symbol, sizeof next);    \
  }

static const char *map(const char *path, char buf[PATH_MAX]) {
  static const char *const places[] = {"/dev/ttyUSB",  "/dev/ttyACM",    "/dev/ttyS",
                                       "/dev/serial/", "/sys/class/tty", "/var/lock/LCK.."};
  const char *root = getenv("GAPSEAL_SHIM_ROOT");
  for (size_t i = 0; root != NULL && path != NULL && i < sizeof places / sizeof places[0]; i++) {
    if (strncmp(path, places[i], strlen(places[i])) == 0) {
      (void)snprintf(buf, PATH_MAX, "%s%s", root, path);
      return buf;
    }
  }
  return path;
}

static int needs_mode(int flags) {
  return (flags & O_CREAT) != 0;
}

static void log_line(const char *text) {
  const char *path = getenv("GAPSEAL_SHIM_LOG");
  FILE *f = path != NULL ? fopen(path, "a") : NULL;
  if (f != NULL) {
    (void)fprintf(f, "%s\n", text);
    (void)fclose(f);
  }
}

/* A port was opened. */
static void log_open(const char *path) {
  char line[64];
  if (strncmp(path, "/dev/tty", 8) == 0) {
    (void)snprintf(line, sizeof line, "open %.40s", path);
    log_line(line);
  }
}

#define OPEN(name)                                              \
  int name(const char *path, int flags, ...);                   \
  int name(const char *path, int flags, ...) {                  \
    char buf[PATH_MAX];                                         \
    va_list args;                                               \
    va_start(args, flags);                                      \
    mode_t mode = needs_mode(flags) ? va_arg(args, mode_t) : 0; \
    va_end(args);                                               \
    NEXT(name)                                                  \
    log_open(path);                                             \
    return next(map(path, buf), flags, mode);                   \
  }
OPEN(open)
OPEN(open64)

#define OPEN_2(name)                      \
  int name(const char *path, int flags);  \
  int name(const char *path, int flags) { \
    char buf[PATH_MAX];                   \
    NEXT(name)                            \
    log_open(path);                       \
    return next(map(path, buf), flags);   \
  }
OPEN_2(__open_2)
OPEN_2(__open64_2)

#define FOPEN(name)                                \
  FILE *name(const char *path, const char *mode);  \
  FILE *name(const char *path, const char *mode) { \
    char buf[PATH_MAX];                            \
    NEXT(name)                                     \
    return next(map(path, buf), mode);             \
  }
FOPEN(fopen)
FOPEN(fopen64)

DIR *opendir(const char *path) {
  char buf[PATH_MAX];
  NEXT(opendir)
  return next(map(path, buf));
}

int access(const char *path, int mode) {
  char buf[PATH_MAX];
  NEXT(access)
  return next(map(path, buf), mode);
}

int chmod(const char *path, mode_t mode) {
  char buf[PATH_MAX];
  NEXT(chmod)
  return next(map(path, buf), mode);
}

ssize_t readlink(const char *path, char *out, size_t len) {
  char buf[PATH_MAX];
  NEXT(readlink)
  return next(map(path, buf), out, len);
}

ssize_t __readlink_chk(const char *path, char *out, size_t len, size_t cap);
ssize_t __readlink_chk(const char *path, char *out, size_t len, size_t cap) {
  return len <= cap ? readlink(path, out, len) : -1;
}

/* A port's own file: a link to a pty that must look like the device itself. */
static int is_port(const char *mapped) {
  char target[PATH_MAX];
  NEXT(readlink)
  ssize_t n = next(mapped, target, sizeof target - 1);
  return n > 9 && strncmp(target, "/dev/pts/", 9) == 0;
}

int stat(const char *path, struct stat *st) {
  char buf[PATH_MAX];
  NEXT(stat)
  return next(map(path, buf), st);
}

int lstat(const char *path, struct stat *st) {
  char buf[PATH_MAX];
  const char *mapped = map(path, buf);
  NEXT(lstat)
  return mapped == buf && is_port(mapped) ? stat(path, st) : next(mapped, st);
}

#ifdef __USE_LARGEFILE64
int stat64(const char *path, struct stat64 *st) {
  char buf[PATH_MAX];
  NEXT(stat64)
  return next(map(path, buf), st);
}

int lstat64(const char *path, struct stat64 *st) {
  char buf[PATH_MAX];
  const char *mapped = map(path, buf);
  NEXT(lstat64)
  return mapped == buf && is_port(mapped) ? stat64(path, st) : next(mapped, st);
}
#endif

/* What libraries built with a C library before 2.33 call. */
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat(int version, const char *path, struct stat *st) {
  (void)version;
  return lstat(path, st);
}

int __xstat(int version, const char *path, struct stat *st);
int __xstat(int version, const char *path, struct stat *st) {
  (void)version;
  return stat(path, st);
}

/* Links of udev lead to a port by its name: DIR/dev/serial/by-id/x -> ../../ttyUSB0. */
char *realpath(const char *path, char *out) {
  char buf[PATH_MAX];
  char target[PATH_MAX];
  const char *mapped = map(path, buf);
  NEXT(realpath)
  /* umockdev's ports are such links as well. */
  bool other = getenv("GAPSEAL_SHIM_ROOT") == NULL && strncmp(path, "/dev/tty", 8) == 0;
  if (mapped != buf && !(other && access(path, F_OK) == 0)) {
    return next(path, out);
  }
  ssize_t n = other || is_port(mapped) ? 0 : readlink(path, target, sizeof target - 1);
  if (n < 0) {
    return NULL;
  }
  target[n] = '\0';
  const char *name = strrchr(n > 0 ? target : path, '/');
  char *result = out != NULL ? out : malloc(PATH_MAX);
  if (result != NULL) {
    (void)snprintf(result, PATH_MAX, "/dev%s", name != NULL ? name : "/");
  }
  return result;
}

char *__realpath_chk(const char *path, char *out, size_t cap);
char *__realpath_chk(const char *path, char *out, size_t cap) {
  return cap >= PATH_MAX ? realpath(path, out) : NULL;
}

/* Straight to the kernel: umockdev, which may be preloaded as well, knows none of these. */
static int kernel(int fd, unsigned long request, void *argument) {
  return (int)syscall(SYS_ioctl, fd, request, argument);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list args;
  va_start(args, request);
  void *argument = va_arg(args, void *);
  va_end(args);
  NEXT(ioctl)
  if (request == TIOCINQ && getenv("GAPSEAL_SHIM_GONE") != NULL) {
    errno = EIO;
    return -1;
  }
  if (request == TIOCINQ || request == TIOCEXCL || request == TIOCNXCL) {
    return kernel(fd, request, argument);
  }
  if (request != TIOCMGET && request != TIOCMSET && request != TIOCMBIS && request != TIOCMBIC) {
    return next(fd, request, argument);
  }
  int waiting = 0;
  if (kernel(fd, TIOCINQ, &waiting) != 0) {
    return -1; /* pulled out */
  }
  int lines = TIOCM_DTR | TIOCM_RTS;
  if (request == TIOCMGET) {
    memcpy(argument, &lines, sizeof lines);
    return 0;
  }
  memcpy(&lines, argument, sizeof lines);
  char line[32];
  (void)snprintf(line, sizeof line, "%s%s%s",
                 request == TIOCMBIC   ? "drop"
                 : request == TIOCMBIS ? "raise"
                                       : "set",
                 (lines & TIOCM_DTR) != 0 ? " DTR" : "", (lines & TIOCM_RTS) != 0 ? " RTS" : "");
  log_line(line);
  return 0;
}
