/* SPDX-License-Identifier: Apache-2.0
 * What a package carries for people: the about document and the attachments.
 */
#ifndef GSS_ATTACHMENTS_H
#define GSS_ATTACHMENTS_H

#include "command.h"
#include "facts.h"
#include "package_format.h"
#include "platform.h"

struct attachment {
  const char *path;
  const char *name; /* the last part of path */
  const char *type;
  uint64_t size;
  uint8_t sha256[GS_DIGEST_BYTES];
};

struct attachments {
  struct attachment items[GSH_ATTACHMENTS_MAX];
  size_t count;
  uint64_t bytes; /* in all */
};

/* Hash the files of --sbom and --attach, in this order. */
enum gs_status attachments_read(const struct gss_args *args, struct attachments *out,
                                struct gsh_error *err);

/* Copy them into the package, checked against what was hashed. */
enum gs_status attachments_write(const struct attachments *a, struct gsh_output *o, uint64_t off,
                                 struct gsh_error *err);

/* The about document. changelog: a path or NULL. *text is to be released with cJSON_free. */
enum gs_status about_build(const struct facts *f, const struct attachments *a,
                           const char *changelog, char **text, struct gsh_error *err);

#endif
