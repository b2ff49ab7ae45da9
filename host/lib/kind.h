/* SPDX-License-Identifier: Apache-2.0
 * Files that gapseal writes begin with eight bytes that say what they are. An output takes the
 * place of nothing else than a file of its own kind.
 */
#ifndef GSH_KIND_H
#define GSH_KIND_H

#include <stdint.h>

#include "error.h"

#define GSH_KIND_BYTES 8u

enum gsh_kind { GSH_KIND_PACKAGE, GSH_KIND_KEYRING, GSH_KIND_RECEIPT, GSH_KIND_LOG };

/* The GSH_KIND_BYTES with which such a file begins. */
const uint8_t *gsh_kind_magic(enum gsh_kind kind);

/*
 * May an output of this kind be written at path? GS_OK: nothing has that name, or a regular file
 * of the kind has, or a symbolic link to one. Changes nothing.
 *
 * GS_E_USAGE: what is there is something else; it is said what. GS_E_FILE_READ: it cannot be told.
 */
enum gs_status gsh_kind_replaces(enum gsh_kind kind, const char *path, struct gsh_error *err);

#endif
