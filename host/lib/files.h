/* SPDX-License-Identifier: Apache-2.0
 * Directories, and files that only grow: what trust store, journal and receipts ask of the
 * operating system beyond platform.h.
 */
#ifndef GSH_FILES_H
#define GSH_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Make a directory and those above it, for this user only. GS_E_DISK. */
enum gs_status gsh_dir_make(const char *path, struct gsh_error *err);

/*
 * Is there a file that this user may read? *there: false where nothing has that name.
 *
 * GS_E_PERMISSION or GS_E_FILE_READ: that cannot be told, or it is there and not to be read. Never
 * taken for "not there".
 */
enum gs_status gsh_file_look(const char *path, bool *there, struct gsh_error *err);

/* Call fn with each name that ends in suffix, in alphabetical order; stops at the first status
 * that is not GS_OK. A directory that is not there has no names. */
typedef enum gs_status (*gsh_name_fn)(void *ctx, const char *name, struct gsh_error *err);
enum gs_status gsh_dir_each(const char *path, const char *suffix, gsh_name_fn fn, void *ctx,
                            struct gsh_error *err);

/* Names of a directory's entries, in alphabetical order; those that begin with a dot are left out.
 */
struct gsh_names {
  char **items;
  size_t count;
  bool more; /* there are more than were asked for */
};
/* Read at most max names that end in suffix, in capitals or not. GS_E_FILE_READ: it is no
 * directory, or cannot be read. On GS_OK released with gsh_names_free. */
enum gs_status gsh_names_read(const char *path, const char *suffix, size_t max,
                              struct gsh_names *out, struct gsh_error *err);
void gsh_names_free(struct gsh_names *names);

/* GS_E_DISK: less than bytes are free where path lies, or it may not be written. */
enum gs_status gsh_dir_room(const char *path, uint64_t bytes, struct gsh_error *err);

/* Open a file that grows, with the lock that keeps other writers out until close. Made where it
 * is not there. GS_E_DISK. *fd is closed with gsh_grow_close. */
enum gs_status gsh_grow_open(const char *path, int *fd, struct gsh_error *err);
void gsh_grow_close(int fd);
/* The whole file, to be freed by the caller; GS_E_JOURNAL past limit bytes. */
enum gs_status gsh_grow_read(int fd, size_t limit, char **data, size_t *len, struct gsh_error *err);
/* Cut off what lies behind len. */
enum gs_status gsh_grow_cut(int fd, uint64_t len, struct gsh_error *err);
/* Write at the end and synchronise. On failure nothing of it stays. */
enum gs_status gsh_grow_append(int fd, const char *data, size_t len, struct gsh_error *err);

/* What failed lies in the directory of --state: say in the next step that another may be named.
 * Returns status. */
enum gs_status gsh_state_failed(enum gs_status status, struct gsh_error *err);

/* "a/b" into out; GS_E_RANGE where it does not fit. */
enum gs_status gsh_path_join(char *out, size_t cap, const char *dir, const char *name,
                             struct gsh_error *err);
/* $variable/gapseal, or $HOME/fallback/gapseal. GS_E_DISK: neither is set. */
enum gs_status gsh_path_xdg(char *out, size_t cap, const char *variable, const char *fallback,
                            struct gsh_error *err);

#endif
