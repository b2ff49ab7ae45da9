/* SPDX-License-Identifier: Apache-2.0
 * What the host asks of the operating system's files: reading at 64-bit offsets, and writing
 * a file that appears whole or not at all. One implementation file per system; the rest of the
 * package code is plain C.
 */
#ifndef GSH_PLATFORM_H
#define GSH_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "kind.h"

/*
 * Open a regular file for reading.
 *
 * fd    written on GS_OK; closed with gsh_file_close.
 * size  bytes, written on GS_OK.
 *
 * GS_E_FILE_READ: it cannot be opened, is not a regular file (a pipe cannot be read twice), or
 * does not tell its size.
 */
enum gs_status gsh_file_open(const char *path, int *fd, uint64_t *size, struct gsh_error *err);
void gsh_file_close(int fd);

/* A file that grows by whole lines, for this user only: what a crash leaves are whole lines. */
struct gsh_lines {
  int fd;
  uint64_t size; /* of the lines in it */
};
/*
 * A new regular file, or a character device such as a terminal.
 *
 * GS_E_USAGE: there is a file of that name, or something else than those. GS_E_DISK: it cannot be
 * made. On GS_OK closed with gsh_lines_close.
 */
enum gs_status gsh_lines_open(struct gsh_lines *l, const char *path, struct gsh_error *err);
/* len bytes, the line's end included. On anything but GS_OK nothing of the line stays. */
enum gs_status gsh_lines_add(struct gsh_lines *l, const char *line, size_t len,
                             struct gsh_error *err);
void gsh_lines_close(struct gsh_lines *l);

/*
 * Read exactly len bytes at an offset.
 *
 * GS_E_FILE_READ with the offset; GS_E_FILE_CHANGED when the file ends before.
 */
enum gs_status gsh_file_read_at(int fd, uint64_t off, void *buf, size_t len, struct gsh_error *err);

/*
 * Read a whole small file.
 *
 * limit  bytes; a larger file is GS_E_FILE_MALFORMED before anything is allocated.
 * data   on GS_OK: *len bytes and one zero after them, to be freed by the caller.
 */
enum gs_status gsh_file_read_all(const char *path, size_t limit, uint8_t **data, size_t *len,
                                 struct gsh_error *err);

bool gsh_file_exists(const char *path);
/* What has a name, a symbolic link followed. Dangling: a link to nothing, or to what cannot be
 * reached. Unknown: the system could not say, and errno says why. */
enum gsh_form {
  GSH_FORM_NOTHING,
  GSH_FORM_FILE,
  GSH_FORM_DIRECTORY,
  GSH_FORM_DANGLING,
  GSH_FORM_OTHER,
  GSH_FORM_UNKNOWN
};
enum gsh_form gsh_file_form(const char *path);
/* A directory, or a symbolic link to one. */
bool gsh_file_is_dir(const char *path);
/* Are both there, and one file, whatever their names? */
bool gsh_file_same(const char *a, const char *b);
void gsh_file_remove(const char *path);

/* A file being written beside its final name. Zeroed: not open. */
struct gsh_output {
  bool open;
  int fd;
  char *path; /* final */
  char *temp; /* where the bytes are until gsh_output_commit */
};

/*
 * Start writing a file of this kind at path: a new one, or in place of one of the same kind. Of a
 * symbolic link to one, the file is replaced and the link stays.
 *
 * Errors of gsh_kind_replaces. GS_E_DISK: the directory cannot be written; what to do next is the
 * caller's to say: it knows what the file is for and who chose its place.
 */
enum gs_status gsh_output_open(struct gsh_output *o, const char *path, enum gsh_kind kind,
                               struct gsh_error *err);

/* Write at an offset. GS_E_DISK; GS_E_INTERRUPTED once gsh_interrupted is true. */
enum gs_status gsh_output_write_at(struct gsh_output *o, uint64_t off, const void *data, size_t len,
                                   struct gsh_error *err);

/* Synchronise, give it its name, synchronise the directory. On failure nothing is left and the
 * file of that name is as before. Closes o either way. */
enum gs_status gsh_output_commit(struct gsh_output *o, struct gsh_error *err);

/* Throw away what was written. Harmless on a zeroed or committed output. */
void gsh_output_abandon(struct gsh_output *o);

/* Write a whole file at once, as above. */
enum gs_status gsh_file_write_all(const char *path, enum gsh_kind kind, const void *data,
                                  size_t len, struct gsh_error *err);

/* Make Ctrl-C, SIGTERM and SIGHUP set a flag instead of killing a half-done write. */
void gsh_catch_interrupts(void);
bool gsh_interrupted(void);

#endif
