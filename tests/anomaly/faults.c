/* SPDX-License-Identifier: Apache-2.0
 * The n-th call to this computer fails: a library to be loaded before the C library's own
 * (LD_PRELOAD). Calls are counted by class; one of them, or every one from it on, fails as asked.
 *
 *   FAULTS=CLASS:N:HOW[:on]   N 0: count only. "on": every call of the class from the N-th
 *   FAULTS_PROGRAM=NAME       only in a program of this name
 *   FAULTS_REPORT=FILE        at the end, one line: "calls=K failed=NAME"; failed is "-" where
 *                             nothing did
 *
 *   CLASS   memory  malloc and its kin, those of other libraries too
 *           crypto  the same, called by the cryptographic library: thousands
 *           open    open of files and directories
 *           read    read of regular files
 *           list    readdir
 *           write   write, pwrite and ftruncate of regular files
 *           sync    fsync, fdatasync
 *           name    rename, link, mkdir
 *           remove  unlink
 *           look    stat and its kin, access, statvfs, realpath, lseek, fchmod
 *           lock    flock
 *           close   close of regular files (they are closed all the same)
 *           out     what is written to standard output
 *           link    connect, poll, read and write of sockets and terminals
 *           random  getrandom
 *   HOW     an errno (ENOMEM, EIO, ENOSPC, EINTR, EPIPE, EACCES, EMFILE, ...), "short" (one byte
 *           is moved), "end" (read says the end), "gone" (a socket is shut down and the call made),
 *           or a signal (INT, TERM, HUP, PIPE, STOP) that comes before the call is made
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
  bool active;
  enum fault_class class_;
  unsigned long at; /* 0: count only */
  bool on;
  enum fault_how how;
  int number; /* an errno or a signal */
  unsigned long calls;
  const char *failed;
  char report[512];
} state = {.failed = "-"};

static const char *const classes[] = {
#define FAULT_NAME(NAME, name) name,
    FAULT_CLASSES(FAULT_NAME)
#undef FAULT_NAME
};

static const struct {
  const char *name;
  enum fault_how how;
  int number;
} hows[] = {{"ENOMEM", FAULT_ERROR, ENOMEM}, {"EIO", FAULT_ERROR, EIO},
            {"ENOSPC", FAULT_ERROR, ENOSPC}, {"EDQUOT", FAULT_ERROR, EDQUOT},
            {"EINTR", FAULT_ERROR, EINTR},   {"EPIPE", FAULT_ERROR, EPIPE},
            {"EACCES", FAULT_ERROR, EACCES}, {"EROFS", FAULT_ERROR, EROFS},
            {"EMFILE", FAULT_ERROR, EMFILE}, {"ENODEV", FAULT_ERROR, ENODEV},
            {"ESTALE", FAULT_ERROR, ESTALE}, {"ECONNRESET", FAULT_ERROR, ECONNRESET},
            {"ENOENT", FAULT_ERROR, ENOENT}, {"ENOLCK", FAULT_ERROR, ENOLCK},
            {"short", FAULT_SHORT, 0},       {"end", FAULT_END, 0},
            {"gone", FAULT_GONE, EIO},       {"INT", FAULT_SIGNAL, SIGINT},
            {"TERM", FAULT_SIGNAL, SIGTERM}, {"HUP", FAULT_SIGNAL, SIGHUP},
            {"PIPE", FAULT_SIGNAL, SIGPIPE}, {"STOP", FAULT_SIGNAL, SIGSTOP}};

/* A wish that is not understood must not pass for a clean run. */
static void bad_wish(const char *what) {
  static const char text[] = "faults: not understood: ";
  (void)!syscall(SYS_write, 2, text, sizeof text - 1);
  (void)!syscall(SYS_write, 2, what, strlen(what));
  (void)!syscall(SYS_write, 2, "\n", 1ul);
  _exit(98);
}

static bool read_how(const char *text, size_t len) {
  for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++) {
    if (strlen(hows[i].name) == len && memcmp(hows[i].name, text, len) == 0) {
      state.how = hows[i].how;
      state.number = hows[i].number;
      return true;
    }
  }
  return false;
}

static bool read_wish(const char *wish) {
  size_t len = strcspn(wish, ":");
  size_t i = 0;
  while (i < FAULT_CLASS_COUNT &&
         (strlen(classes[i]) != len || memcmp(classes[i], wish, len) != 0)) {
    i++;
  }
  if (i == FAULT_CLASS_COUNT || wish[len] != ':') {
    return false;
  }
  char *rest = NULL;
  state.class_ = (enum fault_class)i;
  state.at = strtoul(wish + len + 1, &rest, 10);
  if (rest == wish + len + 1 || *rest != ':') {
    return false;
  }
  len = strcspn(rest + 1, ":");
  state.on = strcmp(rest + 1 + len, ":on") == 0;
  return read_how(rest + 1, len) && (state.on || rest[1 + len] == '\0');
}

static void report_in(void) {
  if (state.report[0] == '\0') {
    return;
  }
  char line[128];
  int n = snprintf(line, sizeof line, "calls=%lu failed=%s\n", state.calls, state.failed);
  long fd = syscall(SYS_openat, AT_FDCWD, state.report, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd >= 0) {
    (void)!syscall(SYS_write, fd, line, (size_t)n);
    (void)syscall(SYS_close, fd);
  }
}

__attribute__((constructor)) static void start(void) {
  const char *wish = getenv("FAULTS");
  const char *program = getenv("FAULTS_PROGRAM");
  const char *report = getenv("FAULTS_REPORT");
  /* What this program starts is not meant. */
  (void)unsetenv("LD_PRELOAD");
  if (wish == NULL || (program != NULL && strcmp(program, program_invocation_short_name) != 0)) {
    return;
  }
  if (!read_wish(wish) || (report != NULL && strlen(report) >= sizeof state.report)) {
    bad_wish(wish);
  }
  (void)snprintf(state.report, sizeof state.report, "%s", report != NULL ? report : "");
  fault_memory_start();
  fault_output_start();
  state.active = true;
}

/* After all other ends: what they call counts too. */
__attribute__((destructor)) static void end(void) {
  if (state.active) {
    state.active = false;
    report_in();
  }
}

enum fault_how fault_due(enum fault_class class_, const char *name) {
  if (!state.active || class_ != state.class_) {
    return FAULT_NONE;
  }
  unsigned long call = __atomic_add_fetch(&state.calls, 1, __ATOMIC_RELAXED);
  if (state.at == 0 || call < state.at || (call > state.at && !state.on)) {
    return FAULT_NONE;
  }
  if (call == state.at) {
    state.failed = name;
    report_in(); /* should it not live to its end */
  }
  if (state.how == FAULT_SIGNAL) {
    (void)raise(state.number);
    return FAULT_NONE;
  }
  errno = state.number;
  return state.how;
}

enum fault_class fault_class_of(int fd, enum fault_class file) {
  static int (*look)(int, struct stat *);
  struct stat st;
  if (look == NULL) {
    void *found = fault_next("fstat"); /* not our own, which counts */
    memcpy(&look, &found, sizeof look);
  }
  int number = errno;
  if (look(fd, &st) != 0) {
    errno = number;
    return FAULT_CLASS_COUNT;
  }
  if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
    return file;
  }
  return S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode) ? FAULT_CLASS_LINK : FAULT_CLASS_COUNT;
}

/* A function of the same name further on. */
void *fault_next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) {
    bad_wish(name);
  }
  return found;
}
