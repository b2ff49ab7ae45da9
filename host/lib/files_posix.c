/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "platform.h"
#include "text.h"

#define PROBE_MAX 4096u

#define LOCK_TRIES 100 /* of 50 ms */

static enum gs_status disk(struct gsh_error *err, const char *doing, const char *path) {
  int number = errno;
  char shown[256];
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  gsh_fail(err, GS_E_DISK, "%s %s: %s", doing, shown, strerror(number));
  if (number != ENOSPC && number != EDQUOT && number != EFBIG && number != EIO) {
    gsh_next_step(err, "check the path and who may write there, then run the same command");
  }
  return GS_E_DISK;
}

enum gs_status gsh_state_failed(enum gs_status status, struct gsh_error *err) {
  if (status == GS_E_DISK) {
    gsh_next_step(err,
                  "check the path, the space and who may write there, or choose another --state"
                  " directory, then run the same command");
  } else if (status == GS_E_PERMISSION) {
    gsh_next_step(err, "ask its owner for the right to read it, or name another --state directory");
  }
  return status;
}

enum gs_status gsh_path_join(char *out, size_t cap, const char *dir, const char *name,
                             struct gsh_error *err) {
  int n = snprintf(out, cap, "%s/%s", dir, name);
  if (n < 0 || (size_t)n >= cap) {
    return gsh_fail(err, GS_E_DISK, "a path is too long");
  }
  return GS_OK;
}

enum gs_status gsh_path_xdg(char *out, size_t cap, const char *variable, const char *fallback,
                            struct gsh_error *err) {
  const char *base = getenv(variable);
  /* A relative path there is to be ignored, as the XDG specification says. */
  if (base != NULL && base[0] == '/') {
    return gsh_path_join(out, cap, base, "gapseal", err);
  }
  const char *home = getenv("HOME");
  if (home == NULL || home[0] != '/') {
    gsh_fail(err, GS_E_DISK, "neither %s nor HOME names a directory: HOME %s", variable,
             home == NULL      ? "is not set"
             : home[0] == '\0' ? "is empty"
                               : "does not begin with /");
    gsh_next_step(err, "set HOME to your directory, then run the same command");
    return GS_E_DISK;
  }
  int n = snprintf(out, cap, "%s/%s/gapseal", home, fallback);
  if (n < 0 || (size_t)n >= cap) {
    return gsh_fail(err, GS_E_DISK, "a path is too long");
  }
  return GS_OK;
}

enum gs_status gsh_dir_make(const char *path, struct gsh_error *err) {
  char part[4096];
  size_t len = strlen(path);
  if (len == 0 || len >= sizeof part) {
    return gsh_fail(err, GS_E_DISK, "a path is too long");
  }
  memcpy(part, path, len + 1);
  for (size_t i = 1; i <= len; i++) {
    if (part[i] != '/' && part[i] != '\0') {
      continue;
    }
    char kept = part[i];
    part[i] = '\0';
    if (mkdir(part, 0700) != 0 && errno != EEXIST) {
      return disk(err, "cannot make the directory", part);
    }
    part[i] = kept;
  }
  struct stat st;
  if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
    errno = ENOTDIR;
    return disk(err, "cannot use", path);
  }
  return GS_OK;
}

enum gs_status gsh_file_look(const char *path, bool *there, struct gsh_error *err) {
  *there = false;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd >= 0) {
    (void)close(fd);
    *there = true;
    return GS_OK;
  }
  if (errno == ENOENT) {
    return GS_OK;
  }
  bool forbidden = errno == EACCES || errno == EPERM;
  int number = errno;
  char shown[256];
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  gsh_fail(err, forbidden ? GS_E_PERMISSION : GS_E_FILE_READ, "cannot open %s: %s", shown,
           strerror(number));
  if (forbidden) {
    gsh_next_step(err, "ask its owner for the right to read it");
  }
  return err->status;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_with(const char *name, const char *suffix, bool any_case) {
  size_t n = strlen(name);
  size_t s = strlen(suffix);
  return n > s && (any_case ? strcasecmp(name + n - s, suffix) : strcmp(name + n - s, suffix)) == 0;
}

void gsh_names_free(struct gsh_names *names) {
  for (size_t i = 0; i < names->count; i++) {
    free(names->items[i]);
  }
  free(names->items);
  memset(names, 0, sizeof *names);
}

static enum gs_status add_name(struct gsh_names *names, const char *name, struct gsh_error *err) {
  char *copy = strdup(name);
  char **more = realloc(names->items, (names->count + 1) * sizeof *more);
  names->items = more != NULL ? more : names->items;
  if (copy == NULL || more == NULL) {
    free(copy);
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory to read a directory");
  }
  more[names->count++] = copy;
  return GS_OK;
}

/* *number: errno of what kept the directory from being read to its end, or 0. */
static enum gs_status collect_names(DIR *dir, const char *suffix, bool any_case, size_t max,
                                    struct gsh_names *out, int *number, struct gsh_error *err) {
  enum gs_status status = GS_OK;
  memset(out, 0, sizeof *out);
  *number = 0;
  while (status == GS_OK && !out->more) {
    errno = 0;
    struct dirent *e = readdir(dir);
    if (e == NULL) {
      *number = errno;
      break;
    }
    if (e->d_name[0] == '.' || !ends_with(e->d_name, suffix, any_case)) {
      continue;
    }
    out->more = out->count == max;
    status = out->more ? GS_OK : add_name(out, e->d_name, err);
  }
  if (out->count > 1) {
    qsort(out->items, out->count, sizeof *out->items, by_name);
  }
  return status;
}

static enum gs_status cannot_read_dir(const char *path, int number, struct gsh_error *err) {
  char shown[256];
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  return gsh_fail(err, GS_E_FILE_READ, "cannot read the directory %s: %s", shown, strerror(number));
}

enum gs_status gsh_names_read(const char *path, const char *suffix, size_t max,
                              struct gsh_names *out, struct gsh_error *err) {
  memset(out, 0, sizeof *out);
  DIR *dir = opendir(path);
  if (dir == NULL) {
    return cannot_read_dir(path, errno, err);
  }
  int number = 0;
  enum gs_status status = collect_names(dir, suffix, true, max, out, &number, err);
  if (status == GS_OK && number != 0) {
    status = cannot_read_dir(path, number, err);
  }
  closedir(dir);
  if (status != GS_OK) {
    gsh_names_free(out);
  }
  return status;
}

enum gs_status gsh_dir_each(const char *path, const char *suffix, gsh_name_fn fn, void *ctx,
                            struct gsh_error *err) {
  struct gsh_names names;
  DIR *dir = opendir(path);
  if (dir == NULL) {
    return errno == ENOENT ? GS_OK : disk(err, "cannot read the directory", path);
  }
  int number = 0;
  enum gs_status status = collect_names(dir, suffix, false, SIZE_MAX, &names, &number, err);
  if (status == GS_OK && number != 0) {
    errno = number;
    status = disk(err, "cannot read the directory", path);
  }
  closedir(dir);
  for (size_t i = 0; status == GS_OK && i < names.count; i++) {
    status = fn(ctx, names.items[i], err);
  }
  gsh_names_free(&names);
  return status;
}

/* False with errno set. Leaves nothing behind. */
static bool takes_files(const char *path) {
  char probe[PROBE_MAX];
  int n = snprintf(probe, sizeof probe, "%s/.gapseal-XXXXXX", path);
  return n > 0 && (size_t)n < sizeof probe && mkdtemp(probe) != NULL && rmdir(probe) == 0;
}

enum gs_status gsh_dir_room(const char *path, uint64_t bytes, struct gsh_error *err) {
  struct statvfs v;
  if (statvfs(path, &v) != 0) {
    return disk(err, "cannot use", path);
  }
  if (!gsh_file_is_dir(path)) {
    errno = ENOTDIR;
    return disk(err, "cannot write into", path);
  }
  if (access(path, W_OK) != 0) {
    return disk(err, "cannot write into", path);
  }
  /* A file system that counts no blocks cannot say how many are left, and of some (/proc) root may
   * write into a directory in which nothing can be made. */
  if (v.f_blocks == 0 && !takes_files(path)) {
    return disk(err, "cannot write into", path);
  }
  uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
  if (v.f_blocks != 0 && room < bytes) {
    char shown[256];
    gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
    return gsh_fail(err, GS_E_DISK, "too little room in %s: it needs %llu KiB, %llu are free",
                    shown, (unsigned long long)(bytes / 1024u), (unsigned long long)(room / 1024u));
  }
  return GS_OK;
}

enum gs_status gsh_grow_open(const char *path, int *fd, struct gsh_error *err) {
  *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat st;
  if (*fd < 0 || fstat(*fd, &st) != 0) {
    enum gs_status status = disk(err, "cannot open", path);
    gsh_grow_close(*fd);
    return status;
  }
  if (!S_ISREG(st.st_mode)) {
    errno = EINVAL;
    enum gs_status status = disk(err, "not a plain file:", path);
    gsh_grow_close(*fd);
    return status;
  }
  for (int tries = 0; flock(*fd, LOCK_EX | LOCK_NB) != 0; tries++) {
    if (tries == LOCK_TRIES || (errno != EWOULDBLOCK && errno != EINTR)) {
      enum gs_status status = disk(err, "another program keeps the lock of", path);
      gsh_grow_close(*fd);
      return status;
    }
    (void)usleep(50000);
  }
  return GS_OK;
}

void gsh_grow_close(int fd) {
  if (fd >= 0) {
    (void)close(fd);
  }
}

enum gs_status gsh_grow_read(int fd, size_t limit, char **data, size_t *len,
                             struct gsh_error *err) {
  struct stat st;
  *data = NULL;
  if (fstat(fd, &st) != 0) {
    return disk(err, "cannot read", "the journal");
  }
  if ((uint64_t)st.st_size > limit) {
    return gsh_fail(err, GS_E_JOURNAL, "the journal is longer than %zu bytes", limit);
  }
  size_t size = (size_t)st.st_size;
  char *buf = malloc(size + 1);
  if (buf == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory to read the journal");
  }
  size_t used = 0;
  while (used < size) {
    ssize_t n = pread(fd, buf + used, size - used, (off_t)used);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      free(buf);
      return disk(err, "cannot read", "the journal");
    }
    used += (size_t)n;
  }
  buf[size] = '\0';
  *data = buf;
  *len = size;
  return GS_OK;
}

enum gs_status gsh_grow_cut(int fd, uint64_t len, struct gsh_error *err) {
  return ftruncate(fd, (off_t)len) == 0 ? GS_OK : disk(err, "cannot mend", "the journal");
}

enum gs_status gsh_grow_append(int fd, const char *data, size_t len, struct gsh_error *err) {
  off_t end = lseek(fd, 0, SEEK_END);
  size_t used = 0;
  bool good = end >= 0;
  while (good && used < len) {
    ssize_t n = write(fd, data + used, len - used);
    if (n > 0) {
      used += (size_t)n;
    } else if (n == 0 || errno != EINTR) {
      good = false;
    }
  }
  if (good && fsync(fd) == 0) {
    return GS_OK;
  }
  enum gs_status status = disk(err, "cannot write", "the journal");
  if (end >= 0 && ftruncate(fd, end) != 0) {
    gsh_context(err, "and what was written stays");
  }
  return status;
}
