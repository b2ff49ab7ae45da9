/* SPDX-License-Identifier: Apache-2.0
 * What Linux tells of its terminal devices in /sys and /proc. Reads only: a port that belongs to
 * a running machine is not opened to be listed. (libserialport opens ports of the 8250 driver to
 * tell those that exist; their attribute "type" tells it as well.)
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "text.h"
#include "tty.h"

#define CLASS "/sys/class/tty"
#define PTY_MAJOR_FIRST 136u
#define PTY_MAJOR_LAST 143u

/* Why ports cannot be listed. number: errno. */
static enum gs_status no_list(int number, struct gsh_error *err) {
  gsh_fail(err, number == ENOMEM ? GS_E_NO_MEMORY : GS_E_INTERNAL,
           "this computer's serial ports cannot be listed: " CLASS ": %s", strerror(number));
  if (number != ENOMEM) {
    gsh_next_step(err, "see whether this user may read " CLASS);
  }
  return err->status;
}

/* *port: hardware stands behind it, and there is a file to open. Returns 0, or ENOMEM: it is not
 * known. */
static int look(const char *name, bool *port) {
  char path[sizeof CLASS + 256 + 16];
  char type[8] = "";
  struct stat st;
  *port = false;
  (void)snprintf(path, sizeof path, CLASS "/%s/device", name);
  if (stat(path, &st) != 0) {
    return errno == ENOMEM ? ENOMEM : 0;
  }
  (void)snprintf(path, sizeof path, CLASS "/%s/type", name);
  FILE *f = fopen(path, "re");
  if (f != NULL) {
    bool read = fgets(type, sizeof type, f) != NULL;
    (void)fclose(f);
    if (read && strcmp(type, "0\n") == 0) {
      return 0; /* a place of the 8250 driver without a chip */
    }
  }
  (void)snprintf(path, sizeof path, "/dev/%s", name);
  if (stat(path, &st) != 0) {
    return errno == ENOMEM ? ENOMEM : 0;
  }
  *port = S_ISCHR(st.st_mode);
  return 0;
}

/* ttyACM0, ttyUSB2, ttyUSB10 */
static int by_kind_and_number(const void *a, const void *b) {
  const char *x = a;
  const char *y = b;
  size_t n = strcspn(x, "0123456789");
  size_t m = strcspn(y, "0123456789");
  int order = strncmp(x, y, n > m ? n : m);
  if (order != 0) {
    return order;
  }
  unsigned long i = strtoul(x + n, NULL, 10);
  unsigned long j = strtoul(y + m, NULL, 10);
  return i != j ? (i > j) - (i < j) : strcmp(x, y);
}

/* Returns 0, or errno. */
static int read_names(DIR *dir, char names[][GSH_TTY_NAME_MAX], size_t max, size_t *count) {
  while (*count < max) {
    errno = 0;
    const struct dirent *e = readdir(dir);
    if (e == NULL) {
      return errno;
    }
    size_t n = strlen(e->d_name);
    if (e->d_name[0] == '.' || n >= GSH_TTY_NAME_MAX) {
      continue;
    }
    bool port = false;
    int error = look(e->d_name, &port);
    if (error != 0) {
      return error;
    }
    if (port) {
      memcpy(names[(*count)++], e->d_name, n + 1);
    }
  }
  return 0;
}

enum gs_status gsh_tty_names(char names[][GSH_TTY_NAME_MAX], size_t max, size_t *count,
                             struct gsh_error *err) {
  *count = 0;
  DIR *dir = opendir(CLASS);
  if (dir == NULL) {
    return errno == ENOENT ? GS_OK : no_list(errno, err);
  }
  int number = read_names(dir, names, max, count);
  (void)closedir(dir);
  if (number != 0) {
    *count = 0;
    return no_list(number, err);
  }
  qsort(names, *count, GSH_TTY_NAME_MAX, by_kind_and_number);
  return GS_OK;
}

/* -- who has it ---------------------------------------------------------------------------------
 */

static bool read_name(long pid, char out[64]) {
  char path[64];
  char name[64] = "";
  (void)snprintf(path, sizeof path, "/proc/%ld/comm", pid);
  FILE *f = fopen(path, "re");
  if (f == NULL) {
    return false;
  }
  bool read = fgets(name, sizeof name, f) != NULL;
  (void)fclose(f);
  gsh_text_escape(name, strcspn(name, "\n"), 0, out, 64);
  return read;
}

void gsh_tty_process(long pid, struct gsh_tty_holder *out) {
  char path[64];
  struct stat st;
  memset(out, 0, sizeof *out);
  (void)snprintf(path, sizeof path, "/proc/%ld", pid);
  if (stat(path, &st) == 0 && read_name(pid, out->name)) {
    out->pid = pid;
    out->foreign = geteuid() != 0 && st.st_uid != geteuid();
  }
}

typedef bool (*process_fn)(long pid, const void *ctx);

/* The first other process that fn says yes to. */
static void find_process(process_fn fn, const void *ctx, struct gsh_tty_holder *out) {
  memset(out, 0, sizeof *out);
  DIR *dir = opendir("/proc");
  if (dir == NULL) {
    return;
  }
  for (const struct dirent *e = readdir(dir); e != NULL && out->pid == 0; e = readdir(dir)) {
    char *end = NULL;
    long pid = strtol(e->d_name, &end, 10);
    if (isdigit((unsigned char)e->d_name[0]) && *end == '\0' && pid != (long)getpid() &&
        fn(pid, ctx)) {
      gsh_tty_process(pid, out);
    }
  }
  (void)closedir(dir);
}

/* A device has one number, however many files lead to it; a pseudo terminal has it only within its
 * mount of devpts, of which each container has its own. */
static bool same_device(const struct stat *a, const struct stat *b) {
  unsigned kind = major(a->st_rdev);
  bool pty = kind >= PTY_MAJOR_FIRST && kind <= PTY_MAJOR_LAST;
  return a->st_rdev == b->st_rdev && (!pty || a->st_dev == b->st_dev);
}

/* ctx: the device's struct stat. Other users' processes do not tell. */
static bool has_open(long pid, const void *ctx) {
  const struct stat *device = ctx;
  char path[64];
  bool found = false;
  (void)snprintf(path, sizeof path, "/proc/%ld/fd", pid);
  DIR *dir = opendir(path);
  if (dir == NULL) {
    return false;
  }
  int fd = dirfd(dir);
  for (const struct dirent *e = readdir(dir); e != NULL && fd >= 0 && !found; e = readdir(dir)) {
    struct stat st;
    found = fstatat(fd, e->d_name, &st, 0) == 0 && S_ISCHR(st.st_mode) && same_device(&st, device);
  }
  (void)closedir(dir);
  return found;
}

static bool has_name(long pid, const void *ctx) {
  char name[64];
  return read_name(pid, name) && strcmp(name, ctx) == 0;
}

/* /proc/locks names the holder of a lock whoever that is:
 * "3: FLOCK  ADVISORY  WRITE 812 00:05:631 0 EOF", the file by device and inode. */
static long lock_holder(const struct stat *file) {
  char line[160];
  long found = 0;
  FILE *f = fopen("/proc/locks", "re");
  while (f != NULL && found == 0 && fgets(line, sizeof line, f) != NULL) {
    long pid = 0;
    unsigned major_number = 0;
    unsigned minor_number = 0;
    unsigned long inode = 0;
    if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &pid, &major_number, &minor_number,
               &inode) == 4 &&
        inode == file->st_ino && major_number == major(file->st_dev) &&
        minor_number == minor(file->st_dev) && pid != (long)getpid()) {
      found = pid;
    }
  }
  if (f != NULL) {
    (void)fclose(f);
  }
  return found;
}

void gsh_tty_holder(const char *real, struct gsh_tty_holder *out) {
  struct stat st;
  memset(out, 0, sizeof *out);
  if (stat(real, &st) != 0) {
    return;
  }
  long pid = lock_holder(&st);
  if (pid > 0) {
    gsh_tty_process(pid, out);
  }
  if (out->pid == 0) {
    find_process(has_open, &st, out);
  }
}

void gsh_tty_program(const char *name, struct gsh_tty_holder *out) {
  find_process(has_name, name, out);
}
