/* SPDX-License-Identifier: Apache-2.0
 * Calls on files, links and streams. Each has the C library's own name, and the checked twins that
 * _FORTIFY_SOURCE makes of some.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults.h"

/* The next function of this name and type, looked up once. */
#define NEXT(result, parameters, name)  \
  static result(*next) parameters;      \
  if (next == NULL) {                   \
    void *found = fault_next(name);     \
    memcpy(&next, &found, sizeof next); \
  }

/* A function that fails with -1, or is made. */
#define PLAIN(class_, name, parameters, arguments)                       \
  int name parameters;                                                   \
  int name parameters {                                                  \
    NEXT(int, parameters, #name)                                         \
    return fault_due(class_, #name) != FAULT_NONE ? -1 : next arguments; \
  }

PLAIN(FAULT_CLASS_SYNC, fsync, (int fd), (fd))
PLAIN(FAULT_CLASS_SYNC, fdatasync, (int fd), (fd))
PLAIN(FAULT_CLASS_NAME, rename, (const char *from, const char *to), (from, to))
PLAIN(FAULT_CLASS_NAME, link, (const char *from, const char *to), (from, to))
PLAIN(FAULT_CLASS_REMOVE, unlink, (const char *path), (path))
PLAIN(FAULT_CLASS_NAME, mkdir, (const char *path, mode_t mode), (path, mode))
PLAIN(FAULT_CLASS_LOOK, stat, (const char *path, struct stat *out), (path, out))
PLAIN(FAULT_CLASS_LOOK, lstat, (const char *path, struct stat *out), (path, out))
PLAIN(FAULT_CLASS_LOOK, fstat, (int fd, struct stat *out), (fd, out))
PLAIN(FAULT_CLASS_LOOK, access, (const char *path, int mode), (path, mode))
PLAIN(FAULT_CLASS_LOOK, statvfs, (const char *path, struct statvfs *out), (path, out))
PLAIN(FAULT_CLASS_LOCK, flock, (int fd, int operation), (fd, operation))
PLAIN(FAULT_CLASS_LOOK, fchmod, (int fd, mode_t mode), (fd, mode))
PLAIN(FAULT_CLASS_WRITE, ftruncate, (int fd, off_t len), (fd, len))
PLAIN(FAULT_CLASS_LINK, connect, (int fd, __CONST_SOCKADDR_ARG to, socklen_t len), (fd, to, len))
PLAIN(FAULT_CLASS_LINK, poll, (struct pollfd * fds, nfds_t count, int ms), (fds, count, ms))

/* On a 64-bit system the twins of large files are the same functions. */
PLAIN(FAULT_CLASS_LOOK, stat64, (const char *path, struct stat64 *out), (path, out))
PLAIN(FAULT_CLASS_LOOK, lstat64, (const char *path, struct stat64 *out), (path, out))
PLAIN(FAULT_CLASS_LOOK, fstat64, (int fd, struct stat64 *out), (fd, out))
PLAIN(FAULT_CLASS_LOOK, statvfs64, (const char *path, struct statvfs64 *out), (path, out))
PLAIN(FAULT_CLASS_WRITE, ftruncate64, (int fd, off64_t len), (fd, len))

off64_t lseek64(int fd, off64_t off, int whence) {
  NEXT(off64_t, (int, off64_t, int), "lseek64")
  return fault_due(FAULT_CLASS_LOOK, "lseek") != FAULT_NONE ? -1 : next(fd, off, whence);
}

off_t lseek(int fd, off_t off, int whence) {
  NEXT(off_t, (int, off_t, int), "lseek")
  return fault_due(FAULT_CLASS_LOOK, "lseek") != FAULT_NONE ? -1 : next(fd, off, whence);
}

static mode_t mode_of(int flags, va_list args) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(args, unsigned) : 0;
}

int open(const char *path, int flags, ...) {
  NEXT(int, (const char *, int, ...), "open")
  va_list args;
  va_start(args, flags);
  mode_t mode = mode_of(flags, args);
  va_end(args);
  return fault_due(FAULT_CLASS_OPEN, "open") != FAULT_NONE ? -1 : next(path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags) {
  return open(path, flags);
}

int open64(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  mode_t mode = mode_of(flags, args);
  va_end(args);
  return open(path, flags, mode);
}

DIR *opendir(const char *path) {
  NEXT(DIR *, (const char *), "opendir")
  return fault_due(FAULT_CLASS_OPEN, "opendir") != FAULT_NONE ? NULL : next(path);
}

struct dirent *readdir(DIR *dir) {
  NEXT(struct dirent *, (DIR *), "readdir")
  return fault_due(FAULT_CLASS_LIST, "readdir") != FAULT_NONE ? NULL : next(dir);
}

struct dirent64 *readdir64(DIR *dir) {
  NEXT(struct dirent64 *, (DIR *), "readdir64")
  return fault_due(FAULT_CLASS_LIST, "readdir") != FAULT_NONE ? NULL : next(dir);
}

int close(int fd) {
  NEXT(int, (int), "close")
  bool fails = fault_class_of(fd, FAULT_CLASS_CLOSE) == FAULT_CLASS_CLOSE &&
               fault_due(FAULT_CLASS_CLOSE, "close") != FAULT_NONE;
  int number = errno;
  int result = next(fd);
  if (!fails) {
    return result;
  }
  errno = number;
  return -1;
}

char *realpath(const char *path, char *out) {
  NEXT(char *, (const char *, char *), "realpath")
  return fault_due(FAULT_CLASS_LOOK, "realpath") != FAULT_NONE ? NULL : next(path, out);
}

char *__realpath_chk(const char *path, char *out, size_t len);
char *__realpath_chk(const char *path, char *out, size_t len) {
  (void)len;
  return realpath(path, out);
}

/* How much of len is moved: len where nothing fails, 1 where little is to be, else -1 or 0. */
static bool moves(enum fault_class class_, const char *name, int fd, size_t *len,
                  ssize_t *instead) {
  switch (fault_due(class_, name)) {
    case FAULT_SHORT:
      *len = *len < 1 ? *len : 1;
      return true;
    case FAULT_END:
      *instead = 0;
      return false;
    case FAULT_GONE:
      (void)shutdown(fd, SHUT_RDWR);
      return true;
    case FAULT_ERROR:
      *instead = -1;
      return false;
    case FAULT_NONE:
    case FAULT_SIGNAL:
      break;
  }
  return true;
}

ssize_t read(int fd, void *to, size_t len) {
  NEXT(ssize_t, (int, void *, size_t), "read")
  ssize_t instead = 0;
  return moves(fault_class_of(fd, FAULT_CLASS_READ), "read", fd, &len, &instead) ? next(fd, to, len)
                                                                                 : instead;
}

ssize_t __read_chk(int fd, void *to, size_t len, size_t room);
ssize_t __read_chk(int fd, void *to, size_t len, size_t room) {
  (void)room;
  return read(fd, to, len);
}

ssize_t pread(int fd, void *to, size_t len, off_t off) {
  NEXT(ssize_t, (int, void *, size_t, off_t), "pread")
  ssize_t instead = 0;
  return moves(FAULT_CLASS_READ, "pread", fd, &len, &instead) ? next(fd, to, len, off) : instead;
}

ssize_t __pread_chk(int fd, void *to, size_t len, off_t off, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t len, off_t off, size_t room) {
  (void)room;
  return pread(fd, to, len, off);
}

ssize_t pread64(int fd, void *to, size_t len, off64_t off) {
  return pread(fd, to, len, off);
}

ssize_t write(int fd, const void *from, size_t len) {
  NEXT(ssize_t, (int, const void *, size_t), "write")
  ssize_t instead = 0;
  return moves(fault_class_of(fd, FAULT_CLASS_WRITE), "write", fd, &len, &instead)
             ? next(fd, from, len)
             : instead;
}

ssize_t pwrite(int fd, const void *from, size_t len, off_t off) {
  NEXT(ssize_t, (int, const void *, size_t, off_t), "pwrite")
  ssize_t instead = 0;
  return moves(FAULT_CLASS_WRITE, "pwrite", fd, &len, &instead) ? next(fd, from, len, off)
                                                                : instead;
}

ssize_t pwrite64(int fd, const void *from, size_t len, off64_t off) {
  return pwrite(fd, from, len, off);
}

ssize_t send(int fd, const void *from, size_t len, int flags) {
  NEXT(ssize_t, (int, const void *, size_t, int), "send")
  ssize_t instead = 0;
  return moves(FAULT_CLASS_LINK, "send", fd, &len, &instead) ? next(fd, from, len, flags) : instead;
}

/* How libraries ask for random bytes without knowing of getrandom. */
long syscall(long number, ...) {
  NEXT(long, (long, ...), "syscall")
  va_list args;
  long a[6];
  va_start(args, number);
  for (size_t i = 0; i < 6; i++) {
    a[i] = va_arg(args, long);
  }
  va_end(args);
  if (number == SYS_getrandom && fault_due(FAULT_CLASS_RANDOM, "getrandom") != FAULT_NONE) {
    return -1;
  }
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t getrandom(void *to, size_t len, unsigned flags) {
  return syscall(SYS_getrandom, to, len, flags);
}

/* -- streams: what they move goes through the calls above -----------------------------------------
 */

static ssize_t stream_read(void *cookie, char *to, size_t len) {
  return read((int)(long)cookie, to, len);
}

/* 0, not -1, is how a stream's write says that it failed. */
static ssize_t stream_write(void *cookie, const char *from, size_t len) {
  ssize_t n = write((int)(long)cookie, from, len);
  return n < 0 ? 0 : n;
}

static int stream_close(void *cookie) {
  return close((int)(long)cookie);
}

FILE *fdopen(int fd, const char *mode) {
  cookie_io_functions_t functions = {
      .read = stream_read, .write = stream_write, .close = stream_close};
  return fopencookie((void *)(long)fd, mode, functions);
}

static ssize_t output_write(void *cookie, const char *from, size_t len) {
  NEXT(ssize_t, (int, const void *, size_t), "write")
  ssize_t instead = 0;
  ssize_t n = moves(FAULT_CLASS_OUT, "stdout", STDOUT_FILENO, &len, &instead)
                  ? next(STDOUT_FILENO, from, len)
                  : instead;
  (void)cookie;
  return n < 0 ? 0 : n;
}

void fault_output_start(void) {
  cookie_io_functions_t functions = {.write = output_write};
  FILE *stream = fopencookie(NULL, "w", functions);
  if (stream != NULL) {
    stdout = stream;
  }
}
