/* SPDX-License-Identifier: Apache-2.0
 * Terminal devices of this computer: where a path leads, who may open it, who has it. Files of
 * one system each; links, lists and the doctor ask here. Nothing here opens a port.
 */
#ifndef GSH_TTY_H
#define GSH_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define GSH_TTY_PATH_MAX 256u
#define GSH_TTY_NAME_MAX 64u

/*
 * Follow a path to the device it names.
 *
 * real  on GS_OK: without symbolic links, such as those of udev.
 *
 * GS_E_NO_DEVICE: nothing is there; a link that leads nowhere is named as one. GS_E_USAGE: it is
 * something else than a terminal device. GS_E_PERMISSION: on the way there.
 */
enum gs_status gsh_tty_find(const char *path, char real[GSH_TTY_PATH_MAX], struct gsh_error *err);

/* A pseudo terminal? real: from gsh_tty_find. */
bool gsh_tty_is_pty(const char *real);

/*
 * The serial ports that the system knows and that have a device file, as names below /dev, in
 * order of kind and number. Virtual terminals are none; a system that has no list has no ports.
 *
 * count  on GS_OK: how many; at most max.
 *
 * GS_E_NO_MEMORY, GS_E_INTERNAL: the system's list cannot be read, with the reason.
 */
enum gs_status gsh_tty_names(char names[][GSH_TTY_NAME_MAX], size_t max, size_t *count,
                             struct gsh_error *err);

/* May this user open it? Asks the system, opens nothing. GS_E_PERMISSION as below. */
enum gs_status gsh_tty_may_open(const char *real, struct gsh_error *err);

/* Is a program on it, as far as this user can see? Looks at lock files, locks and open files.
 * GS_E_PORT_BUSY with its name and what ends it. */
enum gs_status gsh_tty_in_use(const char *real, struct gsh_error *err);

/* Does a lock file (uucp's, minicom's) name a running program? Asked before a port is opened.
 * GS_E_PORT_BUSY. */
enum gs_status gsh_tty_lock_file(const char *real, struct gsh_error *err);

/* Keep others out of an open port. Two programs on one line would mix their frames.
 * serial: also those that look at no lock, and closing leaves the modem lines as they are.
 * GS_E_PORT_BUSY. On GS_OK gsh_tty_release before it is closed. */
enum gs_status gsh_tty_claim(int fd, bool serial, const char *real, struct gsh_error *err);
void gsh_tty_release(int fd);

/* Find out why a port could not be opened: the cause, checked, and the one command that ends it.
 * number: errno. */
enum gs_status gsh_tty_trouble(const char *real, int number, struct gsh_error *err);

/* -- for the files of this header and their tests ------------------------------------------------
 */

/* Is this process in the group? Is its user, by the lists of this computer? group: may be NULL. */
struct group;
bool gsh_tty_group_now(unsigned gid);
bool gsh_tty_group_written(const struct group *group, unsigned gid);

/* What decides who may open a file. */
struct gsh_tty_rights {
  unsigned mode; /* permission bits */
  bool root, owner;
  bool group_now;     /* this process is in the file's group */
  bool group_written; /* the user is in it, by the lists of this computer */
  bool group_system;  /* it is the administrator's own group */
  char user[64], group[64], path[GSH_TTY_PATH_MAX]; /* safe to print */
};
/* Which of these keeps the user out, and what to do about it. Always GS_E_PERMISSION. */
enum gs_status gsh_tty_judge(const struct gsh_tty_rights *r, struct gsh_error *err);

/* A program that may be on a port. */
struct gsh_tty_holder {
  long pid; /* 0: none */
  bool foreign;
  char name[64]; /* safe to print */
};
/* A program that holds a lock on the file or has it open, as far as this user may see. */
void gsh_tty_holder(const char *real, struct gsh_tty_holder *out);
/* A running program of this name. */
void gsh_tty_program(const char *name, struct gsh_tty_holder *out);
/* The same for a process number that a file tells. pid 0 where it does not run. */
void gsh_tty_process(long pid, struct gsh_tty_holder *out);

#endif
