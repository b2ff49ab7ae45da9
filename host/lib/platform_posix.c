/* SPDX-License-Identifier: Apache-2.0
 * platform.h on POSIX. A write goes to "<path>.<pid>.part" in the same directory, so that the
 * rename cannot cross file systems.
 */
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#define SHOWN_PATH_MAX 200u
#define TEMP_TRIES 100u
#define TEMP_SUFFIX_MAX 40u

static enum gs_status fail_errno(struct gsh_error *err, enum gs_status status, const char *path,
                                 const char *what) {
  const char *why = strerror(errno);
  char shown[SHOWN_PATH_MAX];
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  return gsh_fail(err, status, "%s: %s: %s", shown, what, why);
}

/* A file that says 0 bytes and has some, as those of /proc do, must not pass for an empty one. */
static bool is_empty(int fd) {
  uint8_t byte;
  ssize_t n;
  do {
    n = pread(fd, &byte, 1, 0);
  } while (n < 0 && errno == EINTR);
  return n == 0;
}

enum gs_status gsh_file_open(const char *path, int *fd, uint64_t *size, struct gsh_error *err) {
  /* O_NONBLOCK: opening a named pipe must not wait for a writer. */
  int f = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (f < 0) {
    return fail_errno(err, GS_E_FILE_READ, path, "cannot be opened");
  }
  struct stat st;
  if (fstat(f, &st) != 0) {
    enum gs_status status = fail_errno(err, GS_E_FILE_READ, path, "cannot be read");
    close(f);
    return status;
  }
  if (!S_ISREG(st.st_mode)) {
    close(f);
    char shown[SHOWN_PATH_MAX];
    gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
    return gsh_fail(err, GS_E_FILE_READ, "%s: not a regular file", shown);
  }
  if (st.st_size == 0 && !is_empty(f)) {
    close(f);
    char shown[SHOWN_PATH_MAX];
    gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
    return gsh_fail(err, GS_E_FILE_READ, "%s: holds more than the 0 bytes it says", shown);
  }
  *fd = f;
  *size = (uint64_t)st.st_size;
  return GS_OK;
}

void gsh_file_close(int fd) {
  close(fd);
}

/* Something of that name is there. A terminal or /dev/null may be written to all the same. */
static int open_device(const char *path) {
  struct stat st;
  /* O_NONBLOCK: opening a named pipe must not wait for a reader. */
  int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    return -1;
  }
  int flags = fcntl(fd, F_GETFL);
  if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && flags >= 0 &&
      fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

enum gs_status gsh_lines_open(struct gsh_lines *l, const char *path, struct gsh_error *err) {
  l->size = 0;
  l->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
  if (l->fd >= 0) {
    return GS_OK;
  }
  if (errno != EEXIST) {
    return fail_errno(err, GS_E_DISK, path, "cannot be created");
  }
  l->fd = open_device(path);
  if (l->fd >= 0) {
    return GS_OK;
  }
  char shown[SHOWN_PATH_MAX];
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  gsh_fail(err, GS_E_USAGE, "%s is there already, and is not written over", shown);
  gsh_next_step(err, "name a file that is not there yet");
  return GS_E_USAGE;
}

enum gs_status gsh_lines_add(struct gsh_lines *l, const char *line, size_t len,
                             struct gsh_error *err) {
  size_t done = 0;
  while (done < len) {
    ssize_t n = write(l->fd, line + done, len - done);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      int number = n < 0 ? errno : EIO;
      if (ftruncate(l->fd, (off_t)l->size) != 0 && done > 0 && errno != EINVAL) {
        number = errno; /* half a line stays, and that is worth knowing */
      }
      return gsh_fail(err, GS_E_DISK, "cannot be written: %s", strerror(number));
    }
    done += (size_t)n;
  }
  l->size += len;
  return GS_OK;
}

void gsh_lines_close(struct gsh_lines *l) {
  if (l->fd >= 0) {
    close(l->fd);
  }
  l->fd = -1;
}

enum gs_status gsh_file_read_at(int fd, uint64_t off, void *buf, size_t len,
                                struct gsh_error *err) {
  uint8_t *to = buf;
  while (len > 0) {
    ssize_t n = pread(fd, to, len, (off_t)off);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return gsh_fail(err, GS_E_FILE_READ, "cannot be read at byte %llu: %s",
                      (unsigned long long)off, strerror(errno));
    }
    if (n == 0) {
      return gsh_fail(err, GS_E_FILE_CHANGED, "ends at byte %llu, and was longer before",
                      (unsigned long long)off);
    }
    to += n;
    off += (uint64_t)n;
    len -= (size_t)n;
  }
  return GS_OK;
}

enum gs_status gsh_file_read_all(const char *path, size_t limit, uint8_t **data, size_t *len,
                                 struct gsh_error *err) {
  int fd = -1;
  uint64_t size = 0;
  enum gs_status status = gsh_file_open(path, &fd, &size, err);
  if (status != GS_OK) {
    return status;
  }
  char shown[SHOWN_PATH_MAX];
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  if (size > limit) {
    gsh_file_close(fd);
    return gsh_fail(err, GS_E_FILE_MALFORMED, "%s: %llu bytes, and at most %llu are taken", shown,
                    (unsigned long long)size, (unsigned long long)limit);
  }
  uint8_t *buf = malloc((size_t)size + 1);
  if (buf == NULL) {
    gsh_file_close(fd);
    return gsh_fail(err, GS_E_NO_MEMORY, "%s: no memory for %llu bytes", shown,
                    (unsigned long long)size);
  }
  status = gsh_file_read_at(fd, 0, buf, (size_t)size, err);
  gsh_file_close(fd);
  if (status != GS_OK) {
    free(buf);
    return gsh_context(err, "%s", shown);
  }
  buf[size] = 0;
  *data = buf;
  *len = (size_t)size;
  return GS_OK;
}

bool gsh_file_exists(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0;
}

enum gsh_form gsh_file_form(const char *path) {
  struct stat st;
  if (stat(path, &st) == 0) {
    return S_ISREG(st.st_mode)   ? GSH_FORM_FILE
           : S_ISDIR(st.st_mode) ? GSH_FORM_DIRECTORY
                                 : GSH_FORM_OTHER;
  }
  bool absent = errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ENAMETOOLONG;
  bool looped = errno == ELOOP;
  if (!absent && !looped) {
    return GSH_FORM_UNKNOWN;
  }
  return lstat(path, &st) == 0 ? GSH_FORM_DANGLING : GSH_FORM_NOTHING;
}

bool gsh_file_is_dir(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool gsh_file_same(const char *a, const char *b) {
  struct stat x;
  struct stat y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

void gsh_file_remove(const char *path) {
  (void)unlink(path);
}

static void output_forget(struct gsh_output *o) {
  free(o->path);
  free(o->temp);
  memset(o, 0, sizeof *o);
}

/* The permissions of the file that is replaced are kept; a new one gets those of the umask. */
static int create_temp(struct gsh_output *o, size_t temp_cap, const char *path) {
  for (unsigned i = 0; i < TEMP_TRIES; i++) {
    (void)snprintf(o->temp, temp_cap, "%s.%ld-%u.part", path, (long)getpid(), i);
    int fd = open(o->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd >= 0 || errno != EEXIST) {
      return fd;
    }
  }
  return -1;
}

enum gs_status gsh_output_open(struct gsh_output *o, const char *path, enum gsh_kind kind,
                               struct gsh_error *err) {
  memset(o, 0, sizeof *o);
  enum gs_status allowed = gsh_kind_replaces(kind, path, err);
  if (allowed != GS_OK) {
    return allowed;
  }
  struct stat st;
  bool replaces = stat(path, &st) == 0;
  if (!replaces && errno != ENOENT) {
    return fail_errno(err, GS_E_DISK, path, "cannot be created");
  }
  /* A symbolic link stays one: what it points at is replaced. */
  o->path = replaces ? realpath(path, NULL) : strdup(path);
  size_t cap = (o->path != NULL ? strlen(o->path) : 0) + TEMP_SUFFIX_MAX;
  o->temp = malloc(cap);
  if (o->path == NULL || o->temp == NULL) {
    output_forget(o);
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a file name");
  }
  o->fd = create_temp(o, cap, o->path);
  if (o->fd < 0) {
    enum gs_status status = fail_errno(err, GS_E_DISK, path, "cannot be created");
    output_forget(o);
    return status;
  }
  o->open = true;
  if (replaces && fchmod(o->fd, st.st_mode & 0777) != 0) {
    enum gs_status status = fail_errno(err, GS_E_DISK, path, "cannot be created");
    gsh_output_abandon(o);
    return status;
  }
  return GS_OK;
}

enum gs_status gsh_output_write_at(struct gsh_output *o, uint64_t off, const void *data, size_t len,
                                   struct gsh_error *err) {
  const uint8_t *from = data;
  while (len > 0) {
    if (gsh_interrupted()) {
      return gsh_fail(err, GS_E_INTERRUPTED, "interrupted; nothing was written");
    }
    ssize_t n = pwrite(o->fd, from, len, (off_t)off);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return fail_errno(err, GS_E_DISK, o->path, "cannot be written");
    }
    from += n;
    off += (uint64_t)n;
    len -= (size_t)n;
  }
  return GS_OK;
}

/* So that the new name survives a power cut as well. Some file systems cannot; that is no
 * reason to call a complete file a failure. */
static void sync_directory_of(const char *path) {
  char *dir = strdup(path);
  if (dir == NULL) {
    return;
  }
  char *slash = strrchr(dir, '/');
  if (slash == dir) {
    dir[1] = '\0';
  } else if (slash != NULL) {
    *slash = '\0';
  }
  int fd = open(slash != NULL ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    (void)fsync(fd);
    close(fd);
  }
  free(dir);
}

enum gs_status gsh_output_commit(struct gsh_output *o, struct gsh_error *err) {
  enum gs_status status = GS_OK;
  if (gsh_interrupted()) {
    status = gsh_fail(err, GS_E_INTERRUPTED, "interrupted; nothing was written");
  } else if (fsync(o->fd) != 0) {
    status = fail_errno(err, GS_E_DISK, o->path, "cannot be written");
  }
  if (close(o->fd) != 0 && status == GS_OK) {
    status = fail_errno(err, GS_E_DISK, o->path, "cannot be written");
  }
  if (status == GS_OK && rename(o->temp, o->path) != 0) {
    status = fail_errno(err, GS_E_DISK, o->path, "cannot be replaced");
  }
  if (status == GS_OK) {
    sync_directory_of(o->path);
  } else {
    (void)unlink(o->temp);
  }
  output_forget(o);
  return status;
}

void gsh_output_abandon(struct gsh_output *o) {
  if (!o->open) {
    return;
  }
  close(o->fd);
  (void)unlink(o->temp);
  output_forget(o);
}

enum gs_status gsh_file_write_all(const char *path, enum gsh_kind kind, const void *data,
                                  size_t len, struct gsh_error *err) {
  struct gsh_output o;
  enum gs_status status = gsh_output_open(&o, path, kind, err);
  if (status != GS_OK) {
    return status;
  }
  status = gsh_output_write_at(&o, 0, data, len, err);
  if (status != GS_OK) {
    gsh_output_abandon(&o);
    return status;
  }
  return gsh_output_commit(&o, err);
}

/* A signal handler can reach nothing but a global. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

void gsh_catch_interrupts(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  (void)sigemptyset(&action.sa_mask);
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
  (void)sigaction(SIGHUP, &action, NULL);
  /* A file that may not grow further is an error of write, and no end of this process. */
  action.sa_handler = SIG_IGN;
  (void)sigaction(SIGXFSZ, &action, NULL);
}

bool gsh_interrupted(void) {
  return interrupted != 0;
}
