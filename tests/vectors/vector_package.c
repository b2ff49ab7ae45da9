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

static const char *about_of(const struct gs_manifest *m) {
  uint8_t digest[GS_DIGEST_BYTES];
  fixture_must(gs_sha256(fixture_other_about, strlen(fixture_other_about), digest) == GS_OK,
               "about");
  return memcmp(digest, m->fields.about, sizeof digest) == 0 ? fixture_other_about : fixture_about;
}

/* The image of a variant. Aborts where no seed gives it: a package could not be made. */
static uint8_t *image_of(const gapseal_v1_Variant *v) {
  uint8_t digest[GS_DIGEST_BYTES];
  uint8_t *image = v->size <= IMAGE_MAX ? malloc(v->size) : NULL;
  fixture_must(image != NULL, "memory for an image");
  for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
    fixture_image(seeds[i], image, v->size);
    fixture_must(gs_sha256(image, v->size, digest) == GS_OK, "image");
    if (memcmp(digest, v->sha256, sizeof digest) == 0) {
      return image;
    }
  }
  fixture_must(false, "no fixture's image has this digest");
  return image;
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

static void put_pages(struct gs_writer *w, const struct gs_manifest *m, uint32_t variant,
                      const uint8_t *image) {
  uint8_t page[GS_BLOCK_SIZE_MAX];
  uint32_t block_size = m->fields.variants[variant].block_size;
  struct gs_table_shape shape = gs_manifest_table(m, variant);
  for (uint32_t i = 0; i < shape.pages; i++) {
    size_t len = fixture_page(image, &shape, block_size, i, page);
    gs_write_bytes(w, page, len);
  }
}

static void put_images(struct gs_writer *w, uint8_t *file, const struct gs_manifest *m) {
  uint8_t *images[2] = {NULL, NULL};
  size_t at = begin_section(w, GS_PACKAGE_PAGES);
  for (uint32_t v = 0; v < m->fields.variants_count; v++) {
    images[v] = image_of(&m->fields.variants[v]);
    put_pages(w, m, v, images[v]);
  }
  end_section(w, file, at);
  at = begin_section(w, GS_PACKAGE_DATA);
  for (uint32_t v = 0; v < m->fields.variants_count; v++) {
    gs_write_bytes(w, images[v], m->fields.variants[v].size);
    free(images[v]);
  }
  end_section(w, file, at);
}

static void write_file(const char *path, const uint8_t *data, size_t len) {
  FILE *f = fopen(path, "wb");
  fixture_must(f != NULL && fwrite(data, 1, len, f) == len && fclose(f) == 0, "write a file");
}

void vector_package_write(const char *path, const uint8_t *envelope, size_t len,
                          const struct package_keys *keys) {
  static struct fixture_manifest room;
  struct gs_manifest m;
  uint8_t *file = malloc(FILE_BYTES_MAX);
  fixture_must(file != NULL, "memory for a package");
  read_manifest(envelope, len, &room, &m);
  const char *about = about_of(&m);
  struct gs_writer w = gs_writer_init(file, FILE_BYTES_MAX);
  gs_write_bytes(&w, GS_PACKAGE_MAGIC, GS_PACKAGE_MAGIC_BYTES);
  put_section(&w, file, GS_PACKAGE_MANIFEST, envelope, len);
  size_t at = begin_section(&w, GS_PACKAGE_KEYRINGS);
  put_keys(&w, keys);
  end_section(&w, file, at);
  put_section(&w, file, GS_PACKAGE_ABOUT, about, strlen(about));
  put_section(&w, file, GS_PACKAGE_ATTACHMENTS, NULL, 0);
  put_images(&w, file, &m);
  fixture_must(!w.failed, "a package is too long");
  write_file(path, file, w.used);
  free(file);
}

void vector_keyring_file_write(const char *path, const struct package_keys *keys) {
  static uint8_t file[4u * VECTOR_OBJECT_MAX];
  struct gs_writer w = gs_writer_init(file, sizeof file);
  gs_write_bytes(&w, keyring_magic, sizeof keyring_magic - 1);
  put_keys(&w, keys);
  fixture_must(!w.failed, "a keyring file is too long");
  write_file(path, file, w.used);
}
