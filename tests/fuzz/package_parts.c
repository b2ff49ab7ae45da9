/* SPDX-License-Identifier: Apache-2.0 */
#include "package_parts.h"

#include <string.h>

#include "bytes.h"
#include "gapseal/crypto.h"

#define GOOD_BLOCK 256u
#define GOOD_SIZE 2500u /* ten blocks: two pages */
#define KEYRINGS_BYTES 8192u

bool package_split(const uint8_t *file, size_t len, struct package_parts *out) {
  size_t at = GS_PACKAGE_MAGIC_BYTES;
  memset(out, 0, sizeof *out);
  for (int i = 0; i < GS_PACKAGE_SECTIONS; i++) {
    uint64_t n;
    if (at > len || len - at < GS_PACKAGE_HEADER_BYTES ||
        !gs_package_header_read(file + at, (enum gs_package_section)i, &n)) {
      return false;
    }
    at += GS_PACKAGE_HEADER_BYTES;
    n = n < len - at ? n : len - at;
    out->data[i] = file + at;
    out->len[i] = (size_t)n;
    at += (size_t)n;
  }
  return true;
}

size_t package_join(const struct package_parts *p, uint8_t *out, size_t cap) {
  struct gs_writer w = gs_writer_init(out, cap);
  gs_write_bytes(&w, GS_PACKAGE_MAGIC, GS_PACKAGE_MAGIC_BYTES);
  for (int i = 0; i < GS_PACKAGE_SECTIONS; i++) {
    gs_package_header_write(&w, (enum gs_package_section)i, p->len[i]);
    if (p->len[i] > 0) {
      gs_write_bytes(&w, p->data[i], p->len[i]);
    }
  }
  return w.failed ? 0 : w.used;
}

/* The table of the data as the manifest's variants cut it. False where it has no room. */
static bool describe(struct gs_manifest *m, const struct package_parts *p, uint8_t *pages,
                     size_t *pages_len, uint8_t *table) {
  size_t at = 0;
  *pages_len = 0;
  m->table_len = 0;
  m->table = table;
  if (m->fields.variants_count == 1) {
    m->fields.variants[0].size = (uint32_t)p->len[GS_PACKAGE_DATA];
  }
  for (uint32_t v = 0; v < m->fields.variants_count; v++) {
    gapseal_v1_Variant *variant = &m->fields.variants[v];
    const uint8_t *image = p->data[GS_PACKAGE_DATA] + at;
    if (variant->size == 0 || variant->size > p->len[GS_PACKAGE_DATA] - at) {
      return false;
    }
    at += variant->size;
    struct gs_table_shape shape = gs_manifest_table(m, v);
    if (shape.pages > GS_PAGES_MAX ||
        (uint64_t)shape.blocks * GS_DIGEST_BYTES > PARTS_PACKAGE_MAX - *pages_len) {
      return false;
    }
    FUZZ_MUST(gs_sha256(image, variant->size, variant->sha256) == GS_OK);
    for (uint32_t i = 0; i < shape.pages; i++) {
      size_t n = fixture_page(image, &shape, variant->block_size, i, pages + *pages_len);
      FUZZ_MUST(gs_sha256(pages + *pages_len, n, table + m->table_len) == GS_OK);
      *pages_len += n;
      m->table_len += GS_DIGEST_BYTES;
    }
  }
  return true;
}

static void mend_keyrings(struct package_parts *p, uint8_t room[KEYRINGS_BYTES]) {
  size_t len = p->len[GS_PACKAGE_KEYRINGS];
  if (len == 0 || len > KEYRINGS_BYTES) {
    return;
  }
  memcpy(room, p->data[GS_PACKAGE_KEYRINGS], len);
  p->data[GS_PACKAGE_KEYRINGS] = room;
  struct gs_reader r = gs_reader_init(room, len);
  const uint8_t *item;
  size_t n;
  while (r.left > 0 && gs_keyring_item_read(&r, &item, &n) == GS_OK) {
    (void)fuzz_sign_again(GS_OBJECT_KEYRING, room + (item - room), n);
  }
}

/* The manifest's envelope for these parts; 0 where there can be none. */
static size_t mend_manifest(struct package_parts *p, uint8_t *pages, uint8_t *out, size_t cap) {
  static uint8_t table[2u * GS_PAGES_MAX * GS_DIGEST_BYTES];
  static uint8_t body[GS_PACKAGE_ENVELOPE_MAX];
  struct gs_signed s;
  struct gs_manifest m;
  size_t pages_len;
  const uint8_t *envelope = p->data[GS_PACKAGE_MANIFEST];
  size_t len = p->len[GS_PACKAGE_MANIFEST];
  if (gs_signed_parse(envelope, len, &s) != GS_OK ||
      gs_manifest_decode(s.body, s.body_len, &m) != GS_OK) {
    return 0;
  }
  FUZZ_MUST(gs_sha256(p->data[GS_PACKAGE_ABOUT], p->len[GS_PACKAGE_ABOUT], m.fields.about) ==
            GS_OK);
  if (!describe(&m, p, pages, &pages_len, table)) {
    return 0;
  }
  size_t body_len = gs_manifest_encode(&m, body, sizeof body);
  if (body_len == 0) {
    return 0;
  }
  p->data[GS_PACKAGE_PAGES] = pages;
  p->len[GS_PACKAGE_PAGES] = pages_len;
  return fuzz_sign_body(GS_OBJECT_MANIFEST, envelope, len, body, body_len, out, cap);
}

size_t package_mend(const struct package_parts *p, uint8_t *out, size_t cap) {
  static uint8_t keyrings[KEYRINGS_BYTES];
  static uint8_t envelope[GS_PACKAGE_ENVELOPE_MAX];
  static uint8_t pages[PARTS_PACKAGE_MAX];
  struct package_parts q = *p;
  size_t len = mend_manifest(&q, pages, envelope, sizeof envelope);
  if (len > 0) {
    q.data[GS_PACKAGE_MANIFEST] = envelope;
    q.len[GS_PACKAGE_MANIFEST] = len;
  }
  mend_keyrings(&q, keyrings);
  return package_join(&q, out, cap);
}

static size_t good_keyrings(uint32_t count, uint8_t *out, size_t cap) {
  struct gs_writer w = gs_writer_init(out, cap);
  for (uint32_t i = 1; i <= count; i++) {
    uint8_t envelope[2048];
    size_t len = fixture_keyring_envelope(i, envelope, sizeof envelope);
    gs_write_u32(&w, (uint32_t)len);
    gs_write_bytes(&w, envelope, len);
  }
  FUZZ_MUST(!w.failed);
  return w.used;
}

size_t package_good(uint32_t variants, uint32_t keyrings, const char *about,
                    const uint8_t *attachments, size_t attachments_len, uint8_t *out, size_t cap) {
  static const enum test_key release = TEST_KEY_RELEASE_1;
  static uint8_t images[2u * GOOD_SIZE];
  uint8_t body[FIXTURE_BODY_MAX];
  uint8_t envelope[FIXTURE_BODY_MAX];
  uint8_t keys[KEYRINGS_BYTES];
  struct fixture_manifest f;
  struct package_parts p;
  memset(&p, 0, sizeof p);
  fixture_manifest(&f, variants);
  f.m.table_len = 0;
  for (uint32_t v = 0; v < variants; v++) {
    fixture_describe_image(&f, v, 8 + 1000 * v, GOOD_SIZE, GOOD_BLOCK);
    fixture_image(8 + 1000 * v, images + (size_t)v * GOOD_SIZE, GOOD_SIZE);
  }
  size_t len = fixture_manifest_body(&f, body);
  p.len[GS_PACKAGE_MANIFEST] =
      fixture_sign(GS_OBJECT_MANIFEST, body, len, &release, 1, envelope, sizeof envelope);
  p.data[GS_PACKAGE_MANIFEST] = envelope;
  p.len[GS_PACKAGE_KEYRINGS] = good_keyrings(keyrings, keys, sizeof keys);
  p.data[GS_PACKAGE_KEYRINGS] = keys;
  p.data[GS_PACKAGE_ABOUT] = (const uint8_t *)about;
  p.len[GS_PACKAGE_ABOUT] = strlen(about);
  p.data[GS_PACKAGE_ATTACHMENTS] = attachments;
  p.len[GS_PACKAGE_ATTACHMENTS] = attachments_len;
  p.data[GS_PACKAGE_DATA] = images;
  p.len[GS_PACKAGE_DATA] = (size_t)variants * GOOD_SIZE;
  return package_mend(&p, out, cap);
}
