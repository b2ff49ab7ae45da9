/* SPDX-License-Identifier: Apache-2.0 */
#include "computer.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"
#include "tty.h"

bool gsh_computer_all_powerful(char user[64]) {
  const struct passwd *p = getpwuid(geteuid());
  if (p != NULL) {
    gsh_text_escape(p->pw_name, strlen(p->pw_name), 1, user, 64);
  } else {
    (void)snprintf(user, 64, "#%ld", (long)geteuid());
  }
  return geteuid() == 0;
}

enum gsh_computer_group gsh_computer_serial_group(char group[64]) {
  static const char *const names[] = {"dialout", "uucp"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const struct group *g = getgrnam(names[i]);
    if (g != NULL) {
      (void)snprintf(group, 64, "%s", names[i]);
      if (gsh_tty_group_now(g->gr_gid)) {
        return GSH_GROUP_IN;
      }
      return gsh_tty_group_written(g, g->gr_gid) ? GSH_GROUP_LATER : GSH_GROUP_OUT;
    }
  }
  group[0] = '\0';
  return GSH_GROUP_NONE;
}

bool gsh_computer_rule(const char *name, char path[256]) {
  static const char *const places[] = {"/etc/udev/rules.d", "/run/udev/rules.d",
                                       "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
                                       "/lib/udev/rules.d"};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    (void)snprintf(path, 256, "%s/%s", places[i], name);
    if (access(path, F_OK) == 0) {
      return true;
    }
  }
  return false;
}

bool gsh_computer_may_write(const char *path) {
  return access(path, W_OK) == 0;
}
