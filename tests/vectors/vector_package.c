/* SPDX-License-Identifier: Apache-2.0 */
#include "vector_package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fixture.h"
#include "gapseal/crypto.h"
#include "package_format.h"

#define FILE_BYTES_MAX (512u * 1024u)
#define IMAGE_MAX (128u * 1024u)

static const char keyring_magic[] = "gapkeys\x01";

/* Seeds of the images that fixtures describe. */
static const uint32_t seeds[] = {8, FIXTURE_RUNNING_SEED, 1008};

/* What the envelope says, read as far as it can be; otherwise what a good one says. */
static void read_manifest(const uint8_t *envelope, size_t len, struct fixture_manifest *room,
                          struct gs_manifest *out) {
  struct gs_signed s;
  if (gs_signed_parse(envelope, len, &s) == GS_OK &&
      gs_manifest_decode(s.body, s.body_len, out) == GS_OK) {
    return;
  }
  fixture_manifest(room, 1);
  *out = room->m;
}

static bool is_about(const char *about, const struct gs_manifest *m) {
  uint8_t digest[GS_DIGEST_BYTES];
  fixture_must(gs_sha256(about, strlen(about), digest) == GS_OK, "about");
  return memcmp(digest, m->fields.about, sizeof digest) == 0;
}

/* The image of a variant; NULL where no seed gives it. */
static uint8_t *image_of(const gapseal_v1_Variant *v) {
  uint8_t digest[GS_DIGEST_BYTES];
  uint8_t *image = v->size <= IMAGE_MAX ? malloc(v->size) : NULL;
  for (size_t i = 0; image != NULL && i < sizeof seeds / sizeof seeds[0]; i++) {
    fixture_image(seeds[i], image, v->size);
    fixture_must(gs_sha256(image, v->size, digest) == GS_OK, "image");
    if (memcmp(digest, v->sha256, sizeof digest) == 0) {
      return image;
    }
  }
  free(image);
  return NULL;
}

/* A section whose length is put in once its content is written. */
static size_t begin_section(struct gs_writer *w, enum gs_package_section i) {
  gs_package_header_write(w, i, 0);
  return w->used - 8u;
}

static void end_section(struct gs_writer *w, uint8_t *file, size_t at) {
  struct gs_writer len = gs_writer_init(file + at, 8);
  gs_write_u64(&len, w->used - at - 8);
}

static void put_section(struct gs_writer *w, uint8_t *file, enum gs_package_section i,
                        const void *data, size_t len) {
  size_t at = begin_section(w, i);
  if (len > 0) {
    gs_write_bytes(w, data, len);
  }
  end_section(w, file, at);
}

static void put_keys(struct gs_writer *w, const struct package_keys *keys) {
  for (size_t i = 0; i < keys->count; i++) {
    gs_write_u32(w, (uint32_t)keys->lens[i]);
    gs_write_bytes(w, keys->items[i], keys->lens[i]);
  }
}

/* Returns whether they are those that the manifest names. */
static bool put_pages(struct gs_writer *w, const struct gs_manifest *m, uint32_t variant,
                      const uint8_t *image) {
  uint8_t page[GS_BLOCK_SIZE_MAX];
  uint32_t block_size = m->fields.variants[variant].block_size;
  struct gs_table_shape shape = gs_manifest_table(m, variant);
  bool fit = true;
  for (uint32_t i = 0; i < shape.pages; i++) {
    uint8_t digest[GS_DIGEST_BYTES];
    size_t len = fixture_page(image, &shape, block_size, i, page);
    gs_write_bytes(w, page, len);
    fixture_must(gs_sha256(page, len, digest) == GS_OK, "page");
    fit = fit && memcmp(digest, shape.digests + (size_t)i * GS_DIGEST_BYTES, sizeof digest) == 0;
  }
  return fit;
}

/* Pages and images. Where there is no image the headers say what the manifest says, and the file
 * ends where the pages would begin. */
static bool put_images(struct gs_writer *w, const struct gs_manifest *m, bool *fit) {
  uint8_t *images[2] = {NULL, NULL};
  bool whole = true;
  gs_package_header_write(w, GS_PACKAGE_PAGES, gs_package_pages_len(m));
  for (uint32_t v = 0; v < m->fields.variants_count && whole; v++) {
    images[v] = image_of(&m->fields.variants[v]);
    whole = images[v] != NULL;
  }
  for (uint32_t v = 0; v < m->fields.variants_count && whole; v++) {
    *fit = put_pages(w, m, v, images[v]) && *fit;
  }
  if (whole) {
    gs_package_header_write(w, GS_PACKAGE_DATA, gs_package_data_len(m));
  }
  for (uint32_t v = 0; v < m->fields.variants_count; v++) {
    if (whole) {
      gs_write_bytes(w, images[v], m->fields.variants[v].size);
    }
    free(images[v]);
  }
  return whole;
}

static void write_file(const char *path, const uint8_t *data, size_t len) {
  FILE *f = fopen(path, "wb");
  fixture_must(f != NULL && fwrite(data, 1, len, f) == len && fclose(f) == 0, "write a file");
}

bool vector_package_build(struct vector_package *out, const uint8_t *envelope, size_t len,
                          const struct package_keys *keys) {
  static struct fixture_manifest room;
  struct gs_manifest m;
  out->bytes = malloc(FILE_BYTES_MAX);
  fixture_must(out->bytes != NULL, "memory for a package");
  read_manifest(envelope, len, &room, &m);
  const char *about = is_about(fixture_other_about, &m) ? fixture_other_about : fixture_about;
  out->fits = is_about(about, &m);
  struct gs_writer w = gs_writer_init(out->bytes, FILE_BYTES_MAX);
  gs_write_bytes(&w, GS_PACKAGE_MAGIC, GS_PACKAGE_MAGIC_BYTES);
  put_section(&w, out->bytes, GS_PACKAGE_MANIFEST, envelope, len);
  size_t at = begin_section(&w, GS_PACKAGE_KEYRINGS);
  put_keys(&w, keys);
  end_section(&w, out->bytes, at);
  put_section(&w, out->bytes, GS_PACKAGE_ABOUT, about, strlen(about));
  put_section(&w, out->bytes, GS_PACKAGE_ATTACHMENTS, NULL, 0);
  out->pages_at = w.used + GS_PACKAGE_HEADER_BYTES;
  bool whole = put_images(&w, &m, &out->fits);
  fixture_must(!w.failed, "a package is too long");
  out->len = w.used;
  out->data_at = out->pages_at + (size_t)gs_package_pages_len(&m) + GS_PACKAGE_HEADER_BYTES;
  return whole;
}

void vector_package_write(const char *path, const uint8_t *envelope, size_t len,
                          const struct package_keys *keys) {
  struct vector_package p;
  fixture_must(vector_package_build(&p, envelope, len, keys), "no fixture's image has this digest");
  write_file(path, p.bytes, p.len);
  free(p.bytes);
}

void vector_keyring_file_write(const char *path, const struct package_keys *keys) {
  static uint8_t file[4u * VECTOR_OBJECT_MAX];
  struct gs_writer w = gs_writer_init(file, sizeof file);
  gs_write_bytes(&w, keyring_magic, sizeof keyring_magic - 1);
  put_keys(&w, keys);
  fixture_must(!w.failed, "a keyring file is too long");
  write_file(path, file, w.used);
}
