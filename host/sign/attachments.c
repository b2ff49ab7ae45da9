/* SPDX-License-Identifier: Apache-2.0 */
#include "attachments.h"

#include <stdlib.h>
#include <string.h>

#include "gapseal/crypto.h"

#define CHUNK_BYTES 65536u

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/* Hash a file of known size; with an output also copy it. */
static enum gs_status pass_over(const struct attachment *a, struct gsh_output *o, uint64_t to,
                                uint64_t *size, uint8_t digest[GS_DIGEST_BYTES],
                                struct gsh_error *err) {
  uint8_t chunk[CHUNK_BYTES];
  struct gs_sha256 h;
  int fd;
  enum gs_status status = gsh_file_open(a->path, &fd, size, err);
  if (status != GS_OK) {
    return status;
  }
  if (gs_sha256_start(&h) != GS_OK) {
    gsh_file_close(fd);
    return gsh_fail(err, GS_E_INTERNAL, "the cryptographic library failed");
  }
  for (uint64_t off = 0; status == GS_OK && off < *size;) {
    size_t n = *size - off < sizeof chunk ? (size_t)(*size - off) : sizeof chunk;
    status = gsh_file_read_at(fd, off, chunk, n, err);
    if (status == GS_OK && gs_sha256_add(&h, chunk, n) != GS_OK) {
      status = gsh_fail(err, GS_E_INTERNAL, "the cryptographic library failed");
    }
    if (status == GS_OK && o != NULL) {
      status = gsh_output_write_at(o, to + off, chunk, n, err);
    }
    off += n;
  }
  gsh_file_close(fd);
  if (status != GS_OK) {
    gs_sha256_abort(&h);
    return status;
  }
  return gs_sha256_finish(&h, digest) == GS_OK
             ? GS_OK
             : gsh_fail(err, GS_E_INTERNAL, "the cryptographic library failed");
}

static enum gs_status add(struct attachments *out, const char *path, const char *type,
                          struct gsh_error *err) {
  char shown[GSS_SHOWN];
  if (out->count == GSH_ATTACHMENTS_MAX) {
    return gss_usage(err, "at most %u attachments", GSH_ATTACHMENTS_MAX);
  }
  struct attachment *a = &out->items[out->count];
  *a = (struct attachment){.path = path, .name = base_name(path), .type = type};
  if (!gsh_attachment_name_ok(a->name)) {
    return gss_usage(err,
                     "%s: an attachment's name is 1 to 64 of A-Z a-z 0-9 . _ - and starts "
                     "with no dot",
                     gss_shown(path, shown));
  }
  for (size_t i = 0; i < out->count; i++) {
    if (strcmp(out->items[i].name, a->name) == 0) {
      return gss_usage(err, "two attachments are named %s", a->name);
    }
  }
  enum gs_status status = pass_over(a, NULL, 0, &a->size, a->sha256, err);
  if (status != GS_OK) {
    return status;
  }
  if (a->size > GS_PACKAGE_ATTACHMENTS_MAX - out->bytes) {
    return gss_usage(err, "the attachments hold more than %u bytes", GS_PACKAGE_ATTACHMENTS_MAX);
  }
  out->bytes += a->size;
  out->count++;
  return GS_OK;
}

enum gs_status attachments_read(const struct gss_args *args, struct attachments *out,
                                struct gsh_error *err) {
  static const struct {
    const char *option, *type;
  } kinds[] = {{"sbom", "sbom"}, {"attach", "file"}};
  memset(out, 0, sizeof *out);
  for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
    for (size_t i = 0; i < gss_count(args, kinds[k].option); i++) {
      enum gs_status status = add(out, gss_nth(args, kinds[k].option, i), kinds[k].type, err);
      if (status != GS_OK) {
        return status;
      }
    }
  }
  return GS_OK;
}

enum gs_status attachments_write(const struct attachments *a, struct gsh_output *o, uint64_t off,
                                 struct gsh_error *err) {
  for (size_t i = 0; i < a->count; i++) {
    const struct attachment *one = &a->items[i];
    uint8_t digest[GS_DIGEST_BYTES];
    uint64_t size;
    enum gs_status status = pass_over(one, o, off, &size, digest, err);
    if (status != GS_OK) {
      return status;
    }
    if (size != one->size || memcmp(digest, one->sha256, sizeof digest) != 0) {
      char shown[GSS_SHOWN];
      return gsh_fail(err, GS_E_FILE_CHANGED, "%s: changed while it was being packed",
                      gss_shown(one->path, shown));
    }
    off += size;
  }
  return GS_OK;
}
