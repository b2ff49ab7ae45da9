/* SPDX-License-Identifier: Apache-2.0
 * A firmware image from a file: raw, Intel HEX or ELF. All three become a list of ranges of
 * bytes at addresses; what lies between them reads as 0xFF, like erased flash.
 *
 * Raw and ELF images are read from the file as needed. The data of an Intel HEX file is kept in
 * memory, at most IMAGE_HEX_MAX of it.
 */
#ifndef GSS_IMAGE_H
#define GSS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define IMAGE_HEX_MAX (64u * 1024u * 1024u) /* bytes of data in an Intel HEX file */
#define IMAGE_RANGES_MAX 4096u
#define IMAGE_FILL 0xFFu

enum image_format { IMAGE_AUTO, IMAGE_RAW, IMAGE_HEX, IMAGE_ELF };

struct image_range {
  uint64_t address;
  uint64_t len;  /* bytes, >= 1; address + len does not wrap and is at most 2^64 - 1 */
  uint64_t from; /* where the bytes are: in the file, or in image.data */
  size_t line;   /* of an Intel HEX file; 0 otherwise */
};

struct image {
  char *path;
  int fd; /* -1: not open */
  uint64_t file_size;
  enum image_format format;
  bool has_address; /* the file or the command line says where it is loaded */
  uint8_t *data;    /* Intel HEX */
  size_t data_len, data_cap;
  struct image_range *ranges; /* ascending, not overlapping */
  size_t count, cap;
};

/* What to take of it. */
struct image_window {
  bool given;
  uint64_t start, len;
  bool drop_outside;
};

/*
 * Open a file and find its ranges.
 *
 * argument  FILE or FILE@ADDRESS, as on the command line.
 *
 * On GS_OK the ranges are sorted, non-overlapping and at least one. To be closed with
 * image_close in any case. GS_E_FILE_READ, GS_E_IMAGE_FILE, GS_E_USAGE, GS_E_NO_MEMORY.
 */
enum gs_status image_open(struct image *im, const char *argument, enum image_format format,
                          struct gsh_error *err);
void image_close(struct image *im);

/* Cut to the window, or refuse a span that is mostly holes. Says on stderr what it dropped and
 * filled. */
enum gs_status image_cut(struct image *im, const struct image_window *window,
                         struct gsh_error *err);

uint64_t image_base(const struct image *im);
uint64_t image_size(const struct image *im); /* bytes from the first range to the end of the last */

/* Bytes [off, off + len) of the image, gaps filled. */
enum gs_status image_read(struct image *im, uint64_t off, uint8_t *buf, size_t len,
                          struct gsh_error *err);

/* For the readers of the formats. */
enum gs_status image_add_range(struct image *im, uint64_t address, uint64_t len, uint64_t from,
                               size_t line, struct gsh_error *err);
void image_note(const struct image *im, struct gsh_error *err, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
/* Start an error about the image's file. Returns GS_E_IMAGE_FILE. */
#define image_fail(im, err, ...) (image_note((im), (err), __VA_ARGS__), gsh_failed(GS_E_IMAGE_FILE))
enum gs_status image_read_hex(struct image *im, struct gsh_error *err);
enum gs_status image_read_elf(struct image *im, struct gsh_error *err);

#endif
