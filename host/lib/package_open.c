/* SPDX-License-Identifier: Apache-2.0
 * Reading a package's head. Every length is compared with its limit and with the file before
 * anything is allocated or read by it.
 */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "package_internal.h"
#include "platform.h"
#include "text.h"

enum gs_status gsh_package_fail_status(struct gsh_error *err, enum gs_status status,
                                       const char *what) {
  return gsh_fail(err, status, "%s: %s", what, gs_status_info(status)->sentence);
}

static enum gs_status read_section_header(struct gsh_package *p, enum gs_package_section i,
                                          uint64_t *at, struct gsh_error *err) {
  uint8_t header[GS_PACKAGE_HEADER_BYTES];
  const char *name = gs_package_section_name(i);
  uint64_t len;
  if (p->file_size - *at < sizeof header) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "ends at byte %llu, where section %s should start",
                    (unsigned long long)p->file_size, name);
  }
  enum gs_status status = gsh_file_read_at(p->fd, *at, header, sizeof header, err);
  if (status != GS_OK) {
    return status;
  }
  *at += sizeof header;
  if (!gs_package_header_read(header, i, &len)) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "section %s is not where it belongs, at byte %llu",
                    name, (unsigned long long)(*at - sizeof header));
  }
  if (len > gs_package_section_max(i)) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "section %s: %llu bytes, and at most %llu are taken",
                    name, (unsigned long long)len, (unsigned long long)gs_package_section_max(i));
  }
  if (len > p->file_size - *at) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "ends at byte %llu, inside section %s",
                    (unsigned long long)p->file_size, name);
  }
  p->sections[i] = (struct gsh_section){.off = *at, .len = len};
  *at += len;
  return GS_OK;
}

static enum gs_status read_layout(struct gsh_package *p, struct gsh_error *err) {
  uint8_t magic[GS_PACKAGE_MAGIC_BYTES];
  if (p->file_size < sizeof magic) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "not a package file: %llu bytes",
                    (unsigned long long)p->file_size);
  }
  enum gs_status status = gsh_file_read_at(p->fd, 0, magic, sizeof magic, err);
  if (status != GS_OK) {
    return status;
  }
  if (memcmp(magic, GS_PACKAGE_MAGIC, sizeof magic) != 0) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "not a package file");
  }
  uint64_t at = sizeof magic;
  for (int i = 0; i < GS_PACKAGE_SECTIONS; i++) {
    status = read_section_header(p, (enum gs_package_section)i, &at, err);
    if (status != GS_OK) {
      return status;
    }
  }
  if (at != p->file_size) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "%llu unexpected bytes after the package",
                    (unsigned long long)(p->file_size - at));
  }
  return GS_OK;
}

/* Bytes of a section whose limit was checked; one zero after them. */
static enum gs_status read_section(struct gsh_package *p, enum gs_package_section i, uint8_t **data,
                                   struct gsh_error *err) {
  size_t len = (size_t)p->sections[i].len;
  *data = malloc(len + 1);
  if (*data == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for %zu bytes", len);
  }
  (*data)[len] = 0;
  return gsh_file_read_at(p->fd, p->sections[i].off, *data, len, err);
}

static enum gs_status read_manifest(struct gsh_package *p, struct gsh_error *err) {
  enum gs_status status = read_section(p, GS_PACKAGE_MANIFEST, &p->envelope, err);
  if (status != GS_OK) {
    return status;
  }
  p->envelope_len = (size_t)p->sections[GS_PACKAGE_MANIFEST].len;
  status = gs_signed_parse(p->envelope, p->envelope_len, &p->sealed);
  if (status == GS_OK) {
    status = gs_manifest_decode(p->sealed.body, p->sealed.body_len, &p->manifest);
  }
  if (status != GS_OK) {
    return gsh_package_fail_status(err, status, "manifest");
  }
  if (gs_sha256(p->sealed.body, p->sealed.body_len, p->digest) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  for (uint32_t v = 0; v < p->manifest.fields.variants_count; v++) {
    p->tables[v] = gs_manifest_table(&p->manifest, v);
  }
  return GS_OK;
}

static enum gs_status check_data_lengths(const struct gsh_package *p, struct gsh_error *err) {
  uint64_t pages = gs_package_pages_len(&p->manifest);
  uint64_t data = gs_package_data_len(&p->manifest);
  if (p->sections[GS_PACKAGE_PAGES].len != pages || p->sections[GS_PACKAGE_DATA].len != data) {
    return gsh_fail(err, GS_E_FILE_MALFORMED,
                    "holds %llu bytes of block table and %llu of image where the manifest says "
                    "%llu and %llu",
                    (unsigned long long)p->sections[GS_PACKAGE_PAGES].len,
                    (unsigned long long)p->sections[GS_PACKAGE_DATA].len, (unsigned long long)pages,
                    (unsigned long long)data);
  }
  return GS_OK;
}

static enum gs_status read_about_text(struct gsh_package *p, struct gsh_error *err) {
  uint8_t *text = NULL;
  enum gs_status status = read_section(p, GS_PACKAGE_ABOUT, &text, err);
  p->about_text = (char *)text;
  p->about_len = (size_t)p->sections[GS_PACKAGE_ABOUT].len;
  return status;
}

/* The content of KEYS, and the chain in it. */
static enum gs_status read_keyrings(struct gsh_package *p, bool verify, struct gsh_error *err) {
  size_t len = (size_t)p->sections[GS_PACKAGE_KEYRINGS].len;
  enum gs_status status = read_section(p, GS_PACKAGE_KEYRINGS, &p->keys, err);
  if (status != GS_OK) {
    return status;
  }
  return verify ? gsh_keyring_chain_read(p->keys, len, &p->chain, err)
                : gsh_keyring_chain_split(p->keys, len, &p->chain, err);
}

/* verify: the keyring chain too. */
static enum gs_status read_head(struct gsh_package *p, bool verify, struct gsh_error *err) {
  enum gs_status status = read_layout(p, err);
  if (status == GS_OK) {
    status = read_manifest(p, err);
  }
  if (status == GS_OK) {
    status = check_data_lengths(p, err);
  }
  if (status == GS_OK) {
    status = read_keyrings(p, verify, err);
  }
  if (status == GS_OK) {
    status = read_about_text(p, err);
  }
  if (status == GS_OK) {
    status = gsh_package_read_about(p, err);
  }
  if (status == GS_OK) {
    p->page = malloc(GS_BLOCK_SIZE_MAX);
    if (p->page == NULL) {
      status = gsh_fail(err, GS_E_NO_MEMORY, "no memory for a table page");
    }
  }
  return status;
}

static struct gsh_package *allocate(const char *path) {
  struct gsh_package *p = calloc(1, sizeof *p);
  if (p == NULL) {
    return NULL;
  }
  p->fd = -1;
  size_t len = strlen(path) + 1;
  p->path = malloc(len);
  if (p->path == NULL) {
    free(p);
    return NULL;
  }
  memcpy(p->path, path, len);
  return p;
}

static enum gs_status open_file(const char *path, bool verify, struct gsh_package **out,
                                struct gsh_error *err) {
  *out = NULL;
  struct gsh_package *p = allocate(path);
  if (p == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a package");
  }
  enum gs_status status = gsh_file_open(path, &p->fd, &p->file_size, err);
  if (status != GS_OK) {
    gsh_package_close(p);
    return status; /* names the file already */
  }
  status = read_head(p, verify, err);
  if (status != GS_OK) {
    gsh_package_close(p);
    char shown[200];
    gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
    return gsh_context(err, "%s", shown);
  }
  *out = p;
  return GS_OK;
}

enum gs_status gsh_package_open(const char *path, struct gsh_package **out, struct gsh_error *err) {
  return open_file(path, true, out, err);
}

enum gs_status gsh_package_look(const char *path, struct gsh_package **out, struct gsh_error *err) {
  return open_file(path, false, out, err);
}
