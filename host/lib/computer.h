/* SPDX-License-Identifier: Apache-2.0
 * What the doctor asks of the operating system. One implementation file per system.
 */
#ifndef GSH_COMPUTER_H
#define GSH_COMPUTER_H

#include <stdbool.h>

/* May this process do everything? user: its name, safe to print. */
bool gsh_computer_all_powerful(char user[64]);

/* Is the user in the group that serial ports usually belong to? */
enum gsh_computer_group {
  GSH_GROUP_NONE,  /* there is no such group here */
  GSH_GROUP_IN,    /* yes */
  GSH_GROUP_LATER, /* yes, but this login began before */
  GSH_GROUP_OUT    /* no */
};
enum gsh_computer_group gsh_computer_serial_group(char group[64]);

/* Is a rule file of this name installed for the program that names devices? path: where. */
bool gsh_computer_rule(const char *name, char path[256]);

/* May a file or directory that is there be written? */
bool gsh_computer_may_write(const char *path);

#endif
