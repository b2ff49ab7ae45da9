/* SPDX-License-Identifier: Apache-2.0
 * gapseal-verify package: docs/spec/package.md read once, from front to back.
 */
#include <stdlib.h>
#include <string.h>

#include "verify.h"

#define ENVELOPE_MAX 4096u
#define ABOUT_MAX (256u * 1024u)
#define ATTACHMENTS_MAX 16

struct walk {
  struct gsv_file file;
  uint8_t envelope[ENVELOPE_MAX];
  struct gs_signed object;
  struct gs_manifest manifest;
  uint8_t digest[GS_DIGEST_BYTES];
  struct gsv_keyring trusted; /* from the .gsk file, then from the package's chain */
  size_t trusted_len;
  struct gsv_keyring link[2]; /* of the package's chain: this one, and the one before */
  cJSON *about;
  uint8_t *table; /* block digests of both variants, verified */
  uint8_t *buf;   /* GS_BLOCK_SIZE_MAX */
};

static enum gs_status bad(struct gsv_error *e, const char *what) {
  return gsv_fail(e, GS_E_FILE_MALFORMED, "%s", what);
}

static enum gs_status crypto_failed(struct gsv_error *e) {
  return gsv_fail_as(e, GS_E_CRYPTO, "hashing");
}

static enum gs_status section(struct walk *w, const char name[4], uint64_t limit, uint64_t *len,
                              struct gsv_error *e) {
  uint8_t head[12];
  enum gs_status status = gsv_read(&w->file, head, sizeof head, e);
  if (status != GS_OK) {
    return status;
  }
  *len = 0;
  for (size_t i = 0; i < 8; i++) {
    *len |= (uint64_t)head[4 + i] << (8 * i);
  }
  if (memcmp(head, name, 4) != 0) {
    return gsv_fail(e, GS_E_FILE_MALFORMED, "section %.4s is not where it belongs", name);
  }
  return *len <= limit ? GS_OK : gsv_fail(e, GS_E_FILE_MALFORMED, "section %.4s is too long", name);
}

static enum gs_status read_envelope(struct walk *w, struct gsv_error *e) {
  uint64_t len;
  enum gs_status status = gsv_expect_magic(&w->file, "gapseal\x01", "package", e);
  if (status == GS_OK) {
    status = section(w, "MNFS", sizeof w->envelope, &len, e);
  }
  if (status == GS_OK) {
    status = gsv_read(&w->file, w->envelope, (size_t)len, e);
  }
  if (status != GS_OK) {
    return status;
  }
  status = gs_signed_parse(w->envelope, (size_t)len, &w->object);
  if (status != GS_OK) {
    return gsv_fail_as(e, status, "manifest");
  }
  return gs_sha256(w->object.body, w->object.body_len, w->digest) == GS_OK ? GS_OK
                                                                           : crypto_failed(e);
}

/* Verify the package's chain, and follow it from the trusted keyring where it leads on. */
static enum gs_status read_keyrings(struct walk *w, struct gsv_error *e) {
  uint64_t left;
  enum gs_status status = section(w, "KEYS", GSV_KEYRINGS_MAX * (GSV_KEYRING_MAX + 4u), &left, e);
  for (size_t i = 0; status == GS_OK && left > 0; i++) {
    struct gsv_keyring *k = &w->link[i % 2];
    size_t len = 0;
    if (left < 4 || i == GSV_KEYRINGS_MAX) {
      return bad(e, "section KEYS cannot be split into keyrings");
    }
    size_t cap = left - 4 < sizeof k->envelope ? (size_t)left - 4 : sizeof k->envelope;
    status = gsv_read_item(&w->file, k->envelope, cap, &len, e);
    if (status == GS_OK) {
      status = gsv_keyring_verify(k, len, i > 0 ? &w->link[(i + 1) % 2] : NULL, e);
    }
    bool follows = false;
    if (status == GS_OK) {
      status = gsv_keyring_follows(&w->trusted, k, &follows, e);
    }
    if (status == GS_OK && follows) {
      gsv_keyring_copy(&w->trusted, k, len);
    }
    left -= status == GS_OK ? 4 + len : 0;
  }
  return status;
}

static enum gs_status judge_manifest(struct walk *w, struct gsv_report *r, struct gsv_error *e) {
  const gapseal_v1_Key *signers[GS_SIGNATURES_MAX] = {NULL};
  const struct gs_keyring *k = &w->trusted.keyring;
  enum gs_status status = gsv_manifest_signatures(&w->object, &w->trusted, signers, e);
  if (status != GS_OK) {
    return status;
  }
  status = gs_manifest_decode(w->object.body, w->object.body_len, &w->manifest);
  if (status != GS_OK) {
    return gsv_fail_as(e, status, "manifest");
  }
  status = gsv_manifest_allowed(&w->manifest, w->digest, k, signers, w->object.signature_count, e);
  for (size_t i = 0; status == GS_OK && i < w->object.signature_count; i++) {
    char hex[2 * GS_KEY_ID_BYTES + 1];
    gsv_say(r, "the manifest is signed by %s key %s of keyring %lu",
            signers[i]->role == gapseal_v1_Role_ROLE_RECOVERY ? "recovery" : "release",
            gsv_hex(w->object.signatures[i].key_id, GS_KEY_ID_BYTES, hex),
            (unsigned long)k->fields.version);
  }
  return status;
}

static enum gs_status read_about(struct walk *w, struct gsv_error *e) {
  uint64_t len;
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = section(w, "ABOU", ABOUT_MAX, &len, e);
  if (status != GS_OK) {
    return status;
  }
  char *text = malloc((size_t)len + 1);
  if (text == NULL) {
    return gsv_fail(e, GS_E_NO_MEMORY, "no memory for the about document");
  }
  status = gsv_read(&w->file, text, (size_t)len, e);
  if (status == GS_OK && gs_sha256(text, (size_t)len, digest) != GS_OK) {
    status = crypto_failed(e);
  }
  if (status == GS_OK && memcmp(digest, w->manifest.fields.about, sizeof digest) != 0) {
    status = bad(e, "the about document does not match the manifest");
  }
  if (status == GS_OK) { /* only now: its digest is what the maker signed */
    text[len] = '\0';
    status = gsv_about_parse(text, (size_t)len, &w->manifest.fields, &w->about, e);
  }
  free(text);
  return status;
}

/* Hash the next len bytes of the file. */
static enum gs_status hash_next(struct walk *w, uint64_t len, uint8_t digest[GS_DIGEST_BYTES],
                                struct gsv_error *e) {
  struct gs_sha256 h;
  if (gs_sha256_start(&h) != GS_OK) {
    return crypto_failed(e);
  }
  while (len > 0) {
    size_t n = len < GS_BLOCK_SIZE_MAX ? (size_t)len : GS_BLOCK_SIZE_MAX;
    enum gs_status status = gsv_read(&w->file, w->buf, n, e);
    if (status == GS_OK && gs_sha256_add(&h, w->buf, n) != GS_OK) {
      status = crypto_failed(e);
    }
    if (status != GS_OK) {
      gs_sha256_abort(&h);
      return status;
    }
    len -= n;
  }
  return gs_sha256_finish(&h, digest) == GS_OK ? GS_OK : crypto_failed(e);
}

static enum gs_status read_attachments(struct walk *w, struct gsv_report *r, struct gsv_error *e) {
  uint64_t left;
  enum gs_status status = section(w, "ATTA", GSV_ATTACHMENTS_BYTES_MAX, &left, e);
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(w->about, "attachments");
  int count = cJSON_GetArraySize(list);
  if (status == GS_OK && ((list != NULL && !cJSON_IsArray(list)) || count > ATTACHMENTS_MAX)) {
    status = bad(e, "the list of attachments cannot be read");
  }
  for (int i = 0; status == GS_OK && i < count; i++) {
    const cJSON *item = cJSON_GetArrayItem(list, i);
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(item, "size");
    const char *expected = gsv_member(item, "sha256");
    uint8_t digest[GS_DIGEST_BYTES];
    char hex[2 * GS_DIGEST_BYTES + 1];
    if (!gsv_attachment_ok(list, i) || expected == NULL || size->valuedouble > (double)left) {
      return bad(e, "the list of attachments cannot be read");
    }
    uint64_t len = (uint64_t)size->valuedouble;
    status = hash_next(w, len, digest, e);
    if (status == GS_OK && strcmp(gsv_hex(digest, sizeof digest, hex), expected) != 0) {
      status = bad(e, "an attachment does not match the about document");
    }
    left -= len;
  }
  if (status == GS_OK && left != 0) {
    status = bad(e, "there are more attachment bytes than attachments");
  }
  if (status == GS_OK) {
    gsv_say(r, "the about document matches the manifest; attachments that match it: %d", count);
  }
  return status;
}

static enum gs_status read_pages(struct walk *w, struct gsv_error *e) {
  uint64_t len;
  uint64_t expected = 0;
  for (uint32_t v = 0; v < w->manifest.fields.variants_count; v++) {
    expected += (uint64_t)gs_manifest_table(&w->manifest, v).blocks * GS_DIGEST_BYTES;
  }
  enum gs_status status = section(w, "PAGE", expected, &len, e);
  if (status == GS_OK && (len != expected || len == 0)) {
    status = bad(e, "the block table has another length than the manifest says");
  }
  /* At most 32 pages of 64 KiB for each of two variants. */
  w->table = status == GS_OK ? malloc((size_t)len) : NULL;
  if (status == GS_OK && w->table == NULL) {
    status = gsv_fail(e, GS_E_NO_MEMORY, "no memory for the block table");
  }
  if (status == GS_OK) {
    status = gsv_read(&w->file, w->table, (size_t)len, e);
  }
  const uint8_t *page = w->table;
  for (uint32_t v = 0; status == GS_OK && v < w->manifest.fields.variants_count; v++) {
    struct gs_table_shape s = gs_manifest_table(&w->manifest, v);
    for (uint32_t i = 0; status == GS_OK && i < s.pages; i++) {
      uint8_t digest[GS_DIGEST_BYTES];
      size_t n = i + 1 == s.pages ? s.last_page_len : (size_t)s.digests_a_page * GS_DIGEST_BYTES;
      if (gs_sha256(page, n, digest) != GS_OK) {
        status = crypto_failed(e);
      } else if (memcmp(digest, s.digests + (size_t)i * GS_DIGEST_BYTES, sizeof digest) != 0) {
        status = gsv_fail(e, GS_E_FILE_MALFORMED, "table page %lu does not match the manifest",
                          (unsigned long)i + 1);
      }
      page += n;
    }
  }
  return status;
}

static enum gs_status read_image(struct walk *w, uint32_t v, const uint8_t *digests,
                                 struct gs_sha256 *whole, struct gsv_error *e) {
  struct gs_table_shape s = gs_manifest_table(&w->manifest, v);
  for (uint32_t i = 0; i < s.blocks; i++) {
    uint8_t digest[GS_DIGEST_BYTES];
    size_t n = i + 1 == s.blocks ? s.last_block_len : w->manifest.fields.variants[v].block_size;
    enum gs_status status = gsv_read(&w->file, w->buf, n, e);
    if (status != GS_OK) {
      return status;
    }
    if (gs_sha256(w->buf, n, digest) != GS_OK || gs_sha256_add(whole, w->buf, n) != GS_OK) {
      return crypto_failed(e);
    }
    if (memcmp(digest, digests + (size_t)i * GS_DIGEST_BYTES, sizeof digest) != 0) {
      return gsv_fail(e, GS_E_FILE_MALFORMED, "block %lu of %lu does not match the manifest",
                      (unsigned long)i + 1, (unsigned long)s.blocks);
    }
  }
  return GS_OK;
}

static enum gs_status read_images(struct walk *w, struct gsv_report *r, struct gsv_error *e) {
  const gapseal_v1_Manifest *m = &w->manifest.fields;
  const uint8_t *digests = w->table;
  uint64_t len;
  uint64_t expected = 0;
  for (pb_size_t v = 0; v < m->variants_count; v++) {
    expected += m->variants[v].size;
  }
  enum gs_status status = section(w, "DATA", expected, &len, e);
  if (status == GS_OK && len != expected) {
    status = bad(e, "the images have another length than the manifest says");
  }
  for (uint32_t v = 0; status == GS_OK && v < m->variants_count; v++) {
    struct gs_sha256 whole;
    uint8_t digest[GS_DIGEST_BYTES];
    if (gs_sha256_start(&whole) != GS_OK) {
      return crypto_failed(e);
    }
    status = read_image(w, v, digests, &whole, e);
    if (gs_sha256_finish(&whole, digest) != GS_OK && status == GS_OK) {
      status = crypto_failed(e);
    }
    if (status == GS_OK && memcmp(digest, m->variants[v].sha256, sizeof digest) != 0) {
      status = bad(e, "an image does not match the manifest");
    }
    if (status == GS_OK) {
      gsv_say(r, "image %lu, %lu bytes, matches the manifest block by block and as a whole",
              (unsigned long)v + 1, (unsigned long)m->variants[v].size);
    }
    digests += (size_t)gs_manifest_table(&w->manifest, v).blocks * GS_DIGEST_BYTES;
  }
  return status == GS_OK ? gsv_expect_end(&w->file, e) : status;
}

static enum gs_status walk(struct walk *w, const struct gsv_options *o, struct gsv_report *r,
                           struct gsv_error *e) {
  enum gs_status status = gsv_keyring_file(o->keyring, &w->trusted, &w->trusted_len, e);
  if (status == GS_OK) {
    status = read_envelope(w, e);
  }
  if (status == GS_OK) {
    status = read_keyrings(w, e);
  }
  if (status == GS_OK) {
    status = judge_manifest(w, r, e);
  }
  if (status == GS_OK) {
    status = read_about(w, e);
  }
  if (status == GS_OK) {
    status = read_attachments(w, r, e);
  }
  if (status == GS_OK) {
    status = read_pages(w, e);
  }
  return status == GS_OK ? read_images(w, r, e) : status;
}

static void summarise(const struct walk *w, struct gsv_report *r) {
  gsv_digest(r, "package", w->digest);
  gsv_text(r, "name", gsv_member(w->about, "name"));
  gsv_text(r, "version", gsv_member(w->about, "version"));
  gsv_text(r, "product", gsv_member(w->about, "product"));
  gsv_number(r, "release", w->manifest.fields.release);
  gsv_number(r, "security_version", w->manifest.fields.security_version);
}

enum gs_status gsv_package(const char *path, const struct gsv_options *o, struct gsv_report *r,
                           struct gsv_error *e) {
  struct walk *w = calloc(1, sizeof *w);
  uint8_t *buf = malloc(GS_BLOCK_SIZE_MAX);
  enum gs_status status = GS_E_NO_MEMORY;
  if (w == NULL || buf == NULL) {
    status = gsv_fail(e, status, "no memory to read the package");
  } else {
    w->buf = buf;
    status = gsv_open(&w->file, path, e);
    if (status == GS_OK) {
      status = walk(w, o, r, e);
    }
    if (status == GS_OK) {
      summarise(w, r);
    }
    gsv_close(&w->file);
    cJSON_Delete(w->about);
    free(w->table);
  }
  free(buf);
  free(w);
  return status;
}

enum gs_status gsv_package_digest(const char *path, uint8_t digest[GS_DIGEST_BYTES],
                                  struct gsv_error *e) {
  struct walk *w = calloc(1, sizeof *w);
  if (w == NULL) {
    return gsv_fail(e, GS_E_NO_MEMORY, "no memory to read the package");
  }
  enum gs_status status = gsv_open(&w->file, path, e);
  if (status == GS_OK) {
    status = read_envelope(w, e);
    gsv_close(&w->file);
  }
  if (status == GS_OK) {
    memcpy(digest, w->digest, GS_DIGEST_BYTES);
  }
  free(w);
  return status;
}
