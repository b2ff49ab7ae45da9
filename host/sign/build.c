/* SPDX-License-Identifier: Apache-2.0
 * The manifest's length does not depend on the digests in it, so the place of everything in
 * the file is known before the first image byte is read.
 */
#include "build.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "gapseal/crypto.h"

#define CHUNK_BYTES (1024u * 1024u) /* a multiple of every block size */

struct layout {
  uint64_t content[GS_PACKAGE_SECTIONS]; /* where each section's content begins */
  uint64_t len[GS_PACKAGE_SECTIONS];
};

static enum gs_status crypto_failed(struct gsh_error *err) {
  return gsh_fail(err, GS_E_INTERNAL, "the cryptographic library failed");
}

static void set_hardware(struct build *b) {
  gapseal_v1_Manifest *m = &b->manifest.fields;
  m->hardware_count = (pb_size_t)b->facts->hardware_count;
  for (size_t i = 0; i < b->facts->hardware_count; i++) {
    const struct facts_hardware *from = &b->facts->hardware[i];
    gapseal_v1_Hardware *to = &m->hardware[i];
    to->has_id = to->has_first_revision = to->has_last_revision = true;
    memcpy(to->id, from->id, sizeof to->id);
    to->first_revision = from->first_revision;
    to->last_revision = from->last_revision;
  }
}

static void set_variants(struct build *b) {
  gapseal_v1_Manifest *m = &b->manifest.fields;
  m->variants_count = (pb_size_t)b->image_count;
  for (size_t i = 0; i < b->image_count; i++) {
    gapseal_v1_Variant *v = &m->variants[i];
    v->has_slots = v->has_size = v->has_sha256 = v->has_block_size = true;
    v->slots = b->image_count == 1 ? 3u : (uint32_t)i + 1u;
    v->size = (uint32_t)image_size(&b->images[i]);
    v->block_size = b->block_size;
    v->has_load_address = b->state_address && b->images[i].has_address;
    v->load_address = v->has_load_address ? (uint32_t)image_base(&b->images[i]) : 0;
  }
}

static enum gs_status set_manifest(struct build *b, struct gsh_error *err) {
  const struct facts *f = b->facts;
  gapseal_v1_Manifest *m = &b->manifest.fields;
  memset(&b->manifest, 0, sizeof b->manifest);
  m->has_format = m->has_product = m->has_release = m->has_security_version = true;
  m->has_raises_floor_to = m->has_requires_release = m->has_min_stub = m->has_confirm = true;
  m->has_encoding = m->has_encryption = m->has_about = true;
  m->format = 1;
  memcpy(m->product, f->product_id, sizeof m->product);
  m->release = f->release;
  m->security_version = f->security_version;
  m->raises_floor_to = f->raises_floor_to;
  m->requires_release = f->requires_release;
  m->min_stub = f->min_stub;
  m->confirm = f->confirm;
  set_hardware(b);
  set_variants(b);
  b->manifest.table = b->table;
  for (uint32_t i = 0; i < b->image_count; i++) {
    b->manifest.table_len += gs_manifest_table(&b->manifest, i).pages * (size_t)GS_DIGEST_BYTES;
  }
  return gs_sha256(b->about, strlen(b->about), m->about) == GS_OK ? GS_OK : crypto_failed(err);
}

/* A block table has at most GS_PAGES_MAX pages, so a block size bounds the image's size. */
static enum gs_status check_sizes(const struct build *b, struct gsh_error *err) {
  uint64_t most = (uint64_t)GS_PAGES_MAX * (b->block_size / GS_DIGEST_BYTES) * b->block_size;
  for (size_t i = 0; i < b->image_count; i++) {
    uint64_t size = image_size(&b->images[i]);
    if (size <= most) {
      continue;
    }
    uint64_t enough = b->block_size;
    while (enough * enough < size) {
      enough *= 2;
    }
    (void)image_fail(
        &b->images[i], err, "%llu bytes, and with blocks of %lu bytes an image holds at most %llu",
        (unsigned long long)size, (unsigned long)b->block_size, (unsigned long long)most);
    gsh_next_step(err, "use --block-size %llu", (unsigned long long)enough);
    return GS_E_IMAGE_FILE;
  }
  return GS_OK;
}

static size_t write_envelope(const struct build *b, uint8_t out[GS_PACKAGE_ENVELOPE_MAX]) {
  uint8_t body[GS_PACKAGE_ENVELOPE_MAX];
  size_t len = gs_manifest_encode(&b->manifest, body, sizeof body);
  return len == 0 ? 0 : gs_signed_write(body, len, NULL, 0, out, GS_PACKAGE_ENVELOPE_MAX);
}

static enum gs_status plan(const struct build *b, struct layout *l, struct gsh_error *err) {
  uint8_t envelope[GS_PACKAGE_ENVELOPE_MAX];
  memset(l, 0, sizeof *l);
  l->len[GS_PACKAGE_MANIFEST] = write_envelope(b, envelope);
  if (l->len[GS_PACKAGE_MANIFEST] == 0) {
    return gsh_fail(err, GS_E_INTERNAL, "the manifest cannot be written");
  }
  l->len[GS_PACKAGE_ABOUT] = strlen(b->about);
  l->len[GS_PACKAGE_ATTACHMENTS] = b->attachments->bytes;
  l->len[GS_PACKAGE_PAGES] = gs_package_pages_len(&b->manifest);
  l->len[GS_PACKAGE_DATA] = gs_package_data_len(&b->manifest);
  uint64_t at = GS_PACKAGE_MAGIC_BYTES;
  for (size_t i = 0; i < GS_PACKAGE_SECTIONS; i++) {
    l->content[i] = at + GS_PACKAGE_HEADER_BYTES;
    at = l->content[i] + l->len[i];
  }
  return GS_OK;
}

/* Hash the blocks of one chunk into digests. */
static enum gs_status hash_blocks(const uint8_t *chunk, size_t len, uint32_t block_size,
                                  uint8_t *digests, struct gsh_error *err) {
  for (size_t at = 0; at < len; at += block_size) {
    size_t n = len - at < block_size ? len - at : block_size;
    if (gs_sha256(chunk + at, n, digests) != GS_OK) {
      return crypto_failed(err);
    }
    digests += GS_DIGEST_BYTES;
  }
  return GS_OK;
}

static enum gs_status copy_image(struct build *b, uint32_t i, struct gsh_output *o, uint64_t to,
                                 uint8_t *chunk, uint8_t *digests, struct gs_sha256 *whole,
                                 struct gsh_error *err) {
  uint64_t size = b->manifest.fields.variants[i].size;
  for (uint64_t off = 0; off < size;) {
    size_t n = size - off < CHUNK_BYTES ? (size_t)(size - off) : CHUNK_BYTES;
    enum gs_status status = image_read(&b->images[i], off, chunk, n, err);
    if (status == GS_OK) {
      status = hash_blocks(chunk, n, b->block_size, digests + off / b->block_size * GS_DIGEST_BYTES,
                           err);
    }
    if (status == GS_OK && gs_sha256_add(whole, chunk, n) != GS_OK) {
      status = crypto_failed(err);
    }
    if (status == GS_OK) {
      status = gsh_output_write_at(o, to + off, chunk, n, err);
    }
    if (status != GS_OK) {
      return status;
    }
    off += n;
  }
  return GS_OK;
}

/* Digests of the table pages into the manifest's table. */
static enum gs_status hash_pages(struct build *b, uint32_t i, const uint8_t *digests,
                                 struct gsh_error *err) {
  struct gs_table_shape shape = gs_manifest_table(&b->manifest, i);
  size_t page = (size_t)shape.digests_a_page * GS_DIGEST_BYTES;
  size_t at = (size_t)(shape.digests - b->table);
  for (uint32_t p = 0; p < shape.pages; p++) {
    size_t len = p + 1 == shape.pages ? shape.last_page_len : page;
    if (gs_sha256(digests + p * page, len, b->table + at + (size_t)p * GS_DIGEST_BYTES) != GS_OK) {
      return crypto_failed(err);
    }
  }
  return GS_OK;
}

static enum gs_status write_variant(struct build *b, uint32_t i, struct gsh_output *o,
                                    uint64_t pages_at, uint64_t data_at, struct gsh_error *err) {
  size_t table_len = (size_t)gs_manifest_table(&b->manifest, i).blocks * GS_DIGEST_BYTES;
  uint8_t *chunk = malloc(CHUNK_BYTES);
  uint8_t *digests = malloc(table_len);
  struct gs_sha256 whole;
  enum gs_status status = GS_OK;
  if (chunk == NULL || digests == NULL) {
    status = gsh_fail(err, GS_E_NO_MEMORY, "no memory for the block table");
  } else if (gs_sha256_start(&whole) != GS_OK) {
    status = crypto_failed(err);
  } else {
    status = copy_image(b, i, o, data_at, chunk, digests, &whole, err);
    if (status != GS_OK) {
      gs_sha256_abort(&whole);
    } else if (gs_sha256_finish(&whole, b->manifest.fields.variants[i].sha256) != GS_OK) {
      status = crypto_failed(err);
    }
  }
  if (status == GS_OK) {
    status = hash_pages(b, i, digests, err);
  }
  if (status == GS_OK) {
    status = gsh_output_write_at(o, pages_at, digests, table_len, err);
  }
  free(digests);
  free(chunk);
  return status;
}

static enum gs_status write_headers(const struct layout *l, struct gsh_output *o,
                                    struct gsh_error *err) {
  enum gs_status status = gsh_output_write_at(o, 0, GS_PACKAGE_MAGIC, GS_PACKAGE_MAGIC_BYTES, err);
  for (int i = 0; status == GS_OK && i < GS_PACKAGE_SECTIONS; i++) {
    uint8_t header[GS_PACKAGE_HEADER_BYTES];
    struct gs_writer w = gs_writer_init(header, sizeof header);
    gs_package_header_write(&w, (enum gs_package_section)i, l->len[i]);
    status = gsh_output_write_at(o, l->content[i] - sizeof header, header, sizeof header, err);
  }
  return status;
}

/* The manifest is complete now; read it as a device would. */
static enum gs_status write_manifest(struct build *b, const struct layout *l, struct gsh_output *o,
                                     struct gsh_error *err) {
  uint8_t envelope[GS_PACKAGE_ENVELOPE_MAX];
  struct gs_signed env;
  struct gs_manifest check;
  size_t len = write_envelope(b, envelope);
  if (len == 0 || len != l->len[GS_PACKAGE_MANIFEST] ||
      gs_signed_parse(envelope, len, &env) != GS_OK) {
    return gsh_fail(err, GS_E_INTERNAL, "the manifest changed its length");
  }
  enum gs_status status = gs_manifest_decode(env.body, env.body_len, &check);
  if (status != GS_OK) {
    return gsh_fail(err, status, "the manifest would be refused: %s",
                    gs_status_info(status)->sentence);
  }
  if (gs_sha256(env.body, env.body_len, b->digest) != GS_OK) {
    return crypto_failed(err);
  }
  return gsh_output_write_at(o, l->content[GS_PACKAGE_MANIFEST], envelope, len, err);
}

static enum gs_status write_content(struct build *b, const struct layout *l, struct gsh_output *o,
                                    struct gsh_error *err) {
  uint64_t pages_at = l->content[GS_PACKAGE_PAGES];
  uint64_t data_at = l->content[GS_PACKAGE_DATA];
  enum gs_status status = GS_OK;
  for (uint32_t i = 0; status == GS_OK && i < b->image_count; i++) {
    status = write_variant(b, i, o, pages_at, data_at, err);
    pages_at += (uint64_t)gs_manifest_table(&b->manifest, i).blocks * GS_DIGEST_BYTES;
    data_at += b->manifest.fields.variants[i].size;
  }
  if (status == GS_OK) {
    status = attachments_write(b->attachments, o, l->content[GS_PACKAGE_ATTACHMENTS], err);
  }
  if (status == GS_OK) {
    status = gsh_output_write_at(o, l->content[GS_PACKAGE_ABOUT], b->about, strlen(b->about), err);
  }
  if (status == GS_OK) {
    status = write_headers(l, o, err);
  }
  return status == GS_OK ? write_manifest(b, l, o, err) : status;
}

enum gs_status build_package(struct build *b, const char *path, struct gsh_error *err) {
  struct layout l;
  struct gsh_output o;
  enum gs_status status = check_sizes(b, err);
  if (status == GS_OK) {
    status = set_manifest(b, err);
  }
  if (status == GS_OK) {
    status = plan(b, &l, err);
  }
  if (status == GS_OK) {
    status = gsh_output_open(&o, path, GSH_KIND_PACKAGE, err);
  }
  if (status != GS_OK) {
    return status;
  }
  status = write_content(b, &l, &o, err);
  if (status != GS_OK) {
    gsh_output_abandon(&o);
    return status;
  }
  return gsh_output_commit(&o, err);
}
