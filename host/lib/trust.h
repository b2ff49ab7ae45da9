/* SPDX-License-Identifier: Apache-2.0
 * Whom this user trusts: makers' identity keys (PEM) and makers' keyrings (.gsk), one file
 * each in one directory. Nothing enters it but by trust add.
 */
#ifndef GSH_TRUST_H
#define GSH_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "gapseal/host.h"
#include "ident.h"
#include "keyring_file.h"

#define GSH_TRUST_MAX 64u /* items of each kind */

struct gsh_trusted_keyring {
  char path[GSH_PATH_MAX];
  struct gsh_keyring_file file;
};

struct gsh_trust {
  struct gsh_maker makers[GSH_TRUST_MAX];
  char maker_paths[GSH_TRUST_MAX][GSH_PATH_MAX];
  size_t maker_count;
  struct gsh_trusted_keyring keyrings[GSH_TRUST_MAX];
  size_t keyring_count;
};

/* Read the store; a directory that is not there is an empty store. A file in it that does not
 * hold is an error, never skipped. On GS_OK released with gsh_trust_free. */
enum gs_status gsh_trust_load(const char *dir, struct gsh_trust **out, struct gsh_error *err);
void gsh_trust_free(struct gsh_trust *t);

struct gsh_makers gsh_trust_makers(const struct gsh_trust *t);
/* The newest keyring of each chain, as gsh_package_judge takes them. Returns how many. */
size_t gsh_trust_newest(const struct gsh_trust *t, const uint8_t *envelopes[GSH_TRUST_MAX],
                        size_t lens[GSH_TRUST_MAX]);

enum gs_status gsh_trust_put(const char *dir, const char *path, struct gsh_trust_item *item,
                             bool *fresh, struct gsh_error *err);
enum gs_status gsh_trust_drop(const char *dir, const char *id, struct gsh_trust_item *item,
                              struct gsh_error *err);
void gsh_trust_describe_maker(const struct gsh_trust *t, size_t i, struct gsh_trust_item *out);
enum gs_status gsh_trust_describe_keyring(const struct gsh_trust *t, size_t i,
                                          struct gsh_trust_item *out, struct gsh_error *err);

#endif
