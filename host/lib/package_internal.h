/* SPDX-License-Identifier: Apache-2.0
 * Inside of struct gsh_package, shared by the package_*.c files only.
 */
#ifndef GSH_PACKAGE_INTERNAL_H
#define GSH_PACKAGE_INTERNAL_H

#include "gapseal/crypto.h"
#include "json.h"
#include "keyring_file.h"
#include "package.h"
#include "package_format.h"

struct gsh_section {
  uint64_t off; /* of the content */
  uint64_t len;
};

struct gsh_attachment {
  const char *name; /* in the about document's tree */
  const char *type;
  uint64_t off; /* in the file */
  uint64_t size;
  uint8_t sha256[GS_DIGEST_BYTES];
};

struct gsh_package {
  int fd; /* -1: not open */
  char *path;
  uint64_t file_size;
  struct gsh_section sections[GS_PACKAGE_SECTIONS];

  uint8_t *envelope;
  size_t envelope_len;
  struct gs_signed sealed;     /* points into envelope */
  struct gs_manifest manifest; /* points into envelope */
  uint8_t digest[GS_DIGEST_BYTES];
  struct gs_table_shape tables[2];

  uint8_t *keys; /* content of KEYS */
  struct gsh_keyring_chain chain;

  char *about_text;
  size_t about_len;
  cJSON *about_tree;
  struct gsh_about about;
  struct gsh_attachment attachments[GSH_ATTACHMENTS_MAX];
  size_t attachment_count;

  uint8_t *page; /* the table page last read, verified; block_size bytes */
  bool page_valid;
  uint32_t page_variant, page_index;
};

/* Where a variant's pages and image begin in the file. */
uint64_t gsh_package_pages_off(const struct gsh_package *p, uint32_t variant);
uint64_t gsh_package_image_off(const struct gsh_package *p, uint32_t variant);

/* Parse and check the about document: p->about_text is there already, p->manifest too. */
enum gs_status gsh_package_read_about(struct gsh_package *p, struct gsh_error *err);

/* "block 3 of 90: ..." for statuses of the strict readers. */
enum gs_status gsh_package_fail_status(struct gsh_error *err, enum gs_status status,
                                       const char *what);

#endif
