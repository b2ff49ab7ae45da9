/* SPDX-License-Identifier: Apache-2.0
 * Who may open a terminal device, and what keeps the others out.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link_internal.h"
#include "text.h"
#include "tty.h"

#define OWNER_RW 0600u
#define GROUP_RW 0060u

bool gsh_tty_group_now(unsigned gid) {
  int count = getgroups(0, NULL);
  gid_t *groups = count > 0 ? malloc((size_t)count * sizeof *groups) : NULL;
  bool found = getegid() == gid;
  count = groups != NULL ? getgroups(count, groups) : 0;
  for (int i = 0; i < count; i++) {
    found = found || groups[i] == gid;
  }
  free(groups);
  return found;
}

bool gsh_tty_group_written(const struct group *group, unsigned gid) {
  const struct passwd *user = getpwuid(geteuid());
  if (user == NULL) {
    return false;
  }
  bool found = user->pw_gid == gid;
  for (char **m = group != NULL ? group->gr_mem : NULL; m != NULL && *m != NULL; m++) {
    found = found || strcmp(*m, user->pw_name) == 0;
  }
  return found;
}

static void collect(const char *real, const struct stat *st, struct gsh_tty_rights *r) {
  const struct passwd *user = getpwuid(geteuid());
  const struct group *group = getgrgid(st->st_gid);
  memset(r, 0, sizeof *r);
  r->mode = st->st_mode & 0777u;
  r->root = geteuid() == 0;
  r->owner = st->st_uid == geteuid();
  r->group_now = gsh_tty_group_now(st->st_gid);
  r->group_written = gsh_tty_group_written(group, st->st_gid);
  r->group_system = st->st_gid == 0;
  if (user != NULL) {
    gsh_text_escape(user->pw_name, strlen(user->pw_name), 1, r->user, sizeof r->user);
  } else {
    (void)snprintf(r->user, sizeof r->user, "#%ld", (long)geteuid());
  }
  if (group != NULL) {
    gsh_text_escape(group->gr_name, strlen(group->gr_name), 1, r->group, sizeof r->group);
  } else {
    (void)snprintf(r->group, sizeof r->group, "#%ld", (long)st->st_gid);
  }
  gsh_text_escape(real, strlen(real), 0, r->path, sizeof r->path);
}

static void judge_group(const struct gsh_tty_rights *r, struct gsh_error *err) {
  if (r->group_written) {
    gsh_fail(err, GS_E_PERMISSION,
             "it is for group %s; %s was put into that group, but this login began before",
             r->group, r->user);
    gsh_next_step(err, "log in again, or run in this terminal: newgrp %s", r->group);
  } else {
    gsh_fail(err, GS_E_PERMISSION, "it is for group %s, and %s is not in it", r->group, r->user);
    gsh_next_step(err, "run: sudo usermod -aG %s %s, then log in again", r->group, r->user);
  }
}

enum gs_status gsh_tty_judge(const struct gsh_tty_rights *r, struct gsh_error *err) {
  if (r->root) {
    gsh_fail(err, GS_E_PERMISSION,
             "not even the administrator may open it here; a container without this device is one");
    gsh_next_step(err, "give the device to the container, for example with --device %s", r->path);
  } else if (r->owner && (r->mode & OWNER_RW) != OWNER_RW) {
    gsh_fail(err, GS_E_PERMISSION, "it belongs to %s, and its mode %03o keeps its owner out",
             r->user, r->mode);
    gsh_next_step(err, "run: chmod u+rw %s", r->path);
  } else if ((r->mode & GROUP_RW) == GROUP_RW && !r->group_now && !r->group_system) {
    judge_group(r, err);
  } else if (!r->owner && !(r->group_now && (r->mode & GROUP_RW) == GROUP_RW)) {
    gsh_fail(err, GS_E_PERMISSION, "its mode %03o lets neither %s nor a group of users open it",
             r->mode, r->user);
    gsh_next_step(err, "run: sudo chown %s %s (until it is plugged in again)", r->user, r->path);
  } else {
    gsh_fail(err, GS_E_PERMISSION,
             "owner, group and mode %03o would let %s open it, and something else does not",
             r->mode, r->user);
    gsh_next_step(err, "look at its access list: getfacl %s", r->path);
  }
  return GS_E_PERMISSION;
}

enum gs_status gsh_tty_may_open(const char *real, struct gsh_error *err) {
  struct stat st;
  if (access(real, R_OK | W_OK) == 0) {
    return GS_OK;
  }
  int number = errno;
  if (number != EACCES && number != EPERM) {
    return gsh_link_errno(err, real, number);
  }
  if (stat(real, &st) != 0) {
    return gsh_link_errno(err, real, errno);
  }
  struct gsh_tty_rights r;
  collect(real, &st, &r);
  return gsh_tty_judge(&r, err);
}
