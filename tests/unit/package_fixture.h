/* SPDX-License-Identifier: Apache-2.0
 * Files and packages for the tests of the host's readers, in a directory of their own.
 */
#ifndef GAPSEAL_PACKAGE_FIXTURE_H
#define GAPSEAL_PACKAGE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "command.h"

/* Make a directory and work in it; the group set-up and tear-down of a test. */
int fixture_enter(void **state);
int fixture_leave(void **state);

void fixture_write(const char *name, const void *data, size_t len);
/* To be freed. */
uint8_t *fixture_read(const char *name, size_t *len);

/* Run a command of gapseal-sign as main does; words end with NULL. err may be NULL. */
enum gs_status fixture_run(const struct gss_command *command, struct gsh_error *err, ...);

/* root.pem, release.pem, recovery.pem, stranger.pem; acme.gsk of root, release and recovery. */
void fixture_keys(void);
/* NAME: a package of len bytes of firmware, signed by release.pem. changes: members of the
 * facts that replace those of the default, as JSON text, or "". */
void fixture_package(const char *name, size_t len, const char *changes);
/* The same without a signature. */
void fixture_unsigned(const char *name, size_t len, const char *changes);

#endif
