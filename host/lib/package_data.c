/* SPDX-License-Identifier: Apache-2.0
 * Pages, blocks and attachments: each is hashed every time it is read.
 */
#include <stdlib.h>
#include <string.h>

#include "package_internal.h"
#include "platform.h"
#include "text.h"

#define CHUNK_BYTES (1024u * 1024u) /* a multiple of every block size */

/* What is done so far, over attachments, pages and images. */
struct watch {
  gsh_progress_fn progress;
  void *ctx;
  uint64_t done, total;
};

static enum gs_status advance(struct watch *w, uint64_t bytes, struct gsh_error *err) {
  w->done += bytes;
  if (w->progress != NULL && w->progress(w->ctx, w->done, w->total) != 0) {
    return gsh_fail(err, GS_E_INTERRUPTED, "interrupted while reading the package");
  }
  return GS_OK;
}

uint64_t gsh_package_pages_off(const struct gsh_package *p, uint32_t variant) {
  uint64_t off = p->sections[GS_PACKAGE_PAGES].off;
  return variant == 0 ? off : off + (uint64_t)p->tables[0].blocks * GS_DIGEST_BYTES;
}

uint64_t gsh_package_image_off(const struct gsh_package *p, uint32_t variant) {
  uint64_t off = p->sections[GS_PACKAGE_DATA].off;
  return variant == 0 ? off : off + p->manifest.fields.variants[0].size;
}

/* The verified page i in p->page. */
static enum gs_status load_page(struct gsh_package *p, uint32_t variant, uint32_t i,
                                enum gs_status mismatch, struct gsh_error *err) {
  if (p->page_valid && p->page_variant == variant && p->page_index == i) {
    return GS_OK;
  }
  const struct gs_table_shape *shape = &p->tables[variant];
  size_t len = gs_table_page_len(shape, i);
  uint64_t off =
      gsh_package_pages_off(p, variant) + (uint64_t)i * shape->digests_a_page * GS_DIGEST_BYTES;
  p->page_valid = false;
  enum gs_status status = gsh_file_read_at(p->fd, off, p->page, len, err);
  if (status != GS_OK) {
    return status;
  }
  uint8_t digest[GS_DIGEST_BYTES];
  if (gs_sha256(p->page, len, digest) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  if (!gs_equal(digest, shape->digests + (size_t)i * GS_DIGEST_BYTES, sizeof digest)) {
    return gsh_fail(err, mismatch, "table page %lu of %lu does not match the manifest",
                    (unsigned long)i + 1, (unsigned long)shape->pages);
  }
  p->page_variant = variant;
  p->page_index = i;
  p->page_valid = true;
  return GS_OK;
}

/* Compare data with the digest that the block table gives for block i. */
static enum gs_status check_block(struct gsh_package *p, uint32_t variant, uint32_t i,
                                  const uint8_t *data, size_t len, enum gs_status mismatch,
                                  struct gsh_error *err) {
  const struct gs_table_shape *shape = &p->tables[variant];
  enum gs_status status = load_page(p, variant, i / shape->digests_a_page, mismatch, err);
  if (status != GS_OK) {
    return status;
  }
  uint8_t digest[GS_DIGEST_BYTES];
  if (gs_sha256(data, len, digest) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  size_t at = (size_t)(i % shape->digests_a_page) * GS_DIGEST_BYTES;
  if (!gs_equal(digest, p->page + at, sizeof digest)) {
    return gsh_fail(err, mismatch, "block %lu of %lu does not match the manifest",
                    (unsigned long)i + 1, (unsigned long)shape->blocks);
  }
  return GS_OK;
}

static enum gs_status check_index(const struct gsh_package *p, uint32_t variant, uint32_t i,
                                  bool page, struct gsh_error *err) {
  if (variant >= p->manifest.fields.variants_count ||
      i >= (page ? p->tables[variant].pages : p->tables[variant].blocks)) {
    return gsh_fail(err, GS_E_RANGE, "no such block or page");
  }
  return GS_OK;
}

enum gs_status gsh_package_page(struct gsh_package *p, uint32_t variant, uint32_t i, uint8_t *buf,
                                size_t *len, struct gsh_error *err) {
  enum gs_status status = check_index(p, variant, i, true, err);
  if (status == GS_OK) {
    p->page_valid = false; /* asked for again: read again */
    status = load_page(p, variant, i, GS_E_FILE_CHANGED, err);
  }
  if (status != GS_OK) {
    return status;
  }
  *len = gs_table_page_len(&p->tables[variant], i);
  memcpy(buf, p->page, *len);
  return GS_OK;
}

enum gs_status gsh_package_block(struct gsh_package *p, uint32_t variant, uint32_t i, uint8_t *buf,
                                 size_t *len, struct gsh_error *err) {
  enum gs_status status = check_index(p, variant, i, false, err);
  if (status != GS_OK) {
    return status;
  }
  const struct gs_table_shape *shape = &p->tables[variant];
  uint32_t block_size = p->manifest.fields.variants[variant].block_size;
  size_t n = gs_table_block_len(shape, i);
  uint64_t off = gsh_package_image_off(p, variant) + (uint64_t)i * block_size;
  status = gsh_file_read_at(p->fd, off, buf, n, err);
  if (status == GS_OK) {
    status = check_block(p, variant, i, buf, n, GS_E_FILE_CHANGED, err);
  }
  if (status == GS_OK) {
    *len = n;
  }
  return status;
}

/* The blocks of one chunk, which starts with block first. */
static enum gs_status check_chunk(struct gsh_package *p, uint32_t variant, uint32_t first,
                                  const uint8_t *chunk, size_t len, struct gsh_error *err) {
  size_t block_size = p->manifest.fields.variants[variant].block_size;
  uint32_t i = first;
  while (len > 0) {
    size_t n = len < block_size ? len : block_size;
    enum gs_status status = check_block(p, variant, i++, chunk, n, GS_E_FILE_MALFORMED, err);
    if (status != GS_OK) {
      return status;
    }
    chunk += n;
    len -= n;
  }
  return GS_OK;
}

static enum gs_status verify_image_with(struct gsh_package *p, uint32_t variant, uint8_t *chunk,
                                        struct gs_sha256 *whole, struct watch *w,
                                        struct gsh_error *err) {
  const gapseal_v1_Variant *v = &p->manifest.fields.variants[variant];
  uint64_t off = gsh_package_image_off(p, variant);
  for (uint64_t at = 0; at < v->size;) {
    size_t n = v->size - at < CHUNK_BYTES ? (size_t)(v->size - at) : CHUNK_BYTES;
    enum gs_status status = gsh_file_read_at(p->fd, off + at, chunk, n, err);
    if (status == GS_OK) {
      status = check_chunk(p, variant, (uint32_t)(at / v->block_size), chunk, n, err);
    }
    if (status == GS_OK && gs_sha256_add(whole, chunk, n) != GS_OK) {
      status = gsh_fail_crypto(err);
    }
    if (status == GS_OK) {
      status = advance(w, n, err);
    }
    if (status != GS_OK) {
      return status;
    }
    at += n;
  }
  return GS_OK;
}

static enum gs_status verify_image(struct gsh_package *p, uint32_t variant, uint8_t *chunk,
                                   struct watch *w, struct gsh_error *err) {
  struct gs_sha256 whole;
  uint8_t digest[GS_DIGEST_BYTES];
  if (gs_sha256_start(&whole) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  enum gs_status status = verify_image_with(p, variant, chunk, &whole, w, err);
  if (status != GS_OK) {
    gs_sha256_abort(&whole);
    return status;
  }
  if (gs_sha256_finish(&whole, digest) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  if (!gs_equal(digest, p->manifest.fields.variants[variant].sha256, sizeof digest)) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "image %lu does not match the manifest",
                    (unsigned long)variant + 1);
  }
  return GS_OK;
}

static enum gs_status hash_range(struct gsh_package *p, uint64_t off, uint64_t len, uint8_t *chunk,
                                 struct watch *w, uint8_t digest[GS_DIGEST_BYTES],
                                 struct gsh_error *err) {
  struct gs_sha256 h;
  if (gs_sha256_start(&h) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  while (len > 0) {
    size_t n = len < CHUNK_BYTES ? (size_t)len : CHUNK_BYTES;
    enum gs_status status = gsh_file_read_at(p->fd, off, chunk, n, err);
    if (status == GS_OK && gs_sha256_add(&h, chunk, n) != GS_OK) {
      status = gsh_fail_crypto(err);
    }
    if (status == GS_OK) {
      status = advance(w, n, err);
    }
    if (status != GS_OK) {
      gs_sha256_abort(&h);
      return status;
    }
    off += n;
    len -= n;
  }
  return gs_sha256_finish(&h, digest) == GS_OK ? GS_OK : gsh_fail_crypto(err);
}

static enum gs_status verify_attachments(struct gsh_package *p, uint8_t *chunk, struct watch *w,
                                         struct gsh_error *err) {
  for (size_t i = 0; i < p->attachment_count; i++) {
    const struct gsh_attachment *a = &p->attachments[i];
    uint8_t digest[GS_DIGEST_BYTES];
    enum gs_status status = hash_range(p, a->off, a->size, chunk, w, digest, err);
    if (status != GS_OK) {
      return status;
    }
    if (!gs_equal(digest, a->sha256, sizeof digest)) {
      return gsh_fail(err, GS_E_FILE_MALFORMED, "attachment %s does not match the about document",
                      a->name);
    }
  }
  return GS_OK;
}

static enum gs_status verify_pages(struct gsh_package *p, uint32_t variant, struct watch *w,
                                   struct gsh_error *err) {
  for (uint32_t i = 0; i < p->tables[variant].pages; i++) {
    enum gs_status status = load_page(p, variant, i, GS_E_FILE_MALFORMED, err);
    if (status == GS_OK) {
      status = advance(w, gs_table_page_len(&p->tables[variant], i), err);
    }
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

enum gs_status gsh_package_verify(struct gsh_package *p, gsh_progress_fn progress, void *ctx,
                                  struct gsh_error *err) {
  struct watch w = {progress, ctx, 0, 0};
  w.total = p->sections[GS_PACKAGE_ATTACHMENTS].len + p->sections[GS_PACKAGE_PAGES].len +
            p->sections[GS_PACKAGE_DATA].len;
  uint8_t *chunk = malloc(CHUNK_BYTES);
  if (chunk == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory to read the package");
  }
  p->page_valid = false;
  enum gs_status status = verify_attachments(p, chunk, &w, err);
  for (uint32_t v = 0; status == GS_OK && v < p->manifest.fields.variants_count; v++) {
    status = verify_pages(p, v, &w, err);
  }
  for (uint32_t v = 0; status == GS_OK && v < p->manifest.fields.variants_count; v++) {
    status = verify_image(p, v, chunk, &w, err);
  }
  free(chunk);
  if (status != GS_OK) {
    char shown[200];
    gsh_text_escape(p->path, strlen(p->path), 0, shown, sizeof shown);
    return gsh_context(err, "%s", shown);
  }
  return GS_OK;
}
