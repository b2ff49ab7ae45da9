/* SPDX-License-Identifier: Apache-2.0 */
#include "package_layout.h"

#include <string.h>

#include "gapseal/v1/keyring.pb.h"
#include "varint.h"

#define NAME_BYTES 4u

static const struct {
  char name[NAME_BYTES + 1u];
  uint64_t max;
} sections[GS_PACKAGE_SECTIONS] = {
    [GS_PACKAGE_MANIFEST] = {"MNFS", GS_PACKAGE_ENVELOPE_MAX},
    [GS_PACKAGE_KEYRINGS] = {"KEYS", GS_KEYRING_CHAIN_BYTES_MAX},
    [GS_PACKAGE_ABOUT] = {"ABOU", GS_PACKAGE_ABOUT_MAX},
    [GS_PACKAGE_ATTACHMENTS] = {"ATTA", GS_PACKAGE_ATTACHMENTS_MAX},
    [GS_PACKAGE_PAGES] = {"PAGE", UINT64_MAX},
    [GS_PACKAGE_DATA] = {"DATA", UINT64_MAX},
};

const char *gs_package_section_name(enum gs_package_section section) {
  return sections[section].name;
}

uint64_t gs_package_section_max(enum gs_package_section section) {
  return sections[section].max;
}

void gs_package_header_write(struct gs_writer *w, enum gs_package_section section, uint64_t len) {
  gs_write_bytes(w, sections[section].name, NAME_BYTES);
  gs_write_u64(w, len);
}

bool gs_package_header_read(const uint8_t *in, enum gs_package_section section, uint64_t *len) {
  struct gs_reader r = gs_reader_init(in, GS_PACKAGE_HEADER_BYTES);
  const uint8_t *name = gs_read_view(&r, NAME_BYTES);
  *len = gs_read_u64(&r);
  return memcmp(name, sections[section].name, NAME_BYTES) == 0;
}

uint64_t gs_package_pages_len(const struct gs_manifest *m) {
  uint64_t len = 0;
  for (uint32_t i = 0; i < m->fields.variants_count; i++) {
    len += (uint64_t)gs_manifest_table(m, i).blocks * GS_DIGEST_BYTES;
  }
  return len;
}

uint64_t gs_package_data_len(const struct gs_manifest *m) {
  uint64_t len = 0;
  for (uint32_t i = 0; i < m->fields.variants_count; i++) {
    len += m->fields.variants[i].size;
  }
  return len;
}

enum gs_status gs_keyring_item_read(struct gs_reader *r, const uint8_t **item, size_t *len) {
  uint32_t n = gs_read_u32(r);
  *len = 0;
  if (!r->failed && n > GS_KEYRING_ENVELOPE_MAX) {
    *len = n;
    return GS_E_FILE_MALFORMED;
  }
  const uint8_t *at = gs_read_view(r, n);
  if (at == NULL || n == 0) {
    return GS_E_FILE_MALFORMED;
  }
  *item = at;
  *len = n;
  return GS_OK;
}

/* A number field of this number, and nothing else. */
static bool read_number(struct gs_reader *r, uint32_t number, uint32_t *value) {
  uint32_t got = 0;
  enum gs_wire_type type = GS_WIRE_BYTES;
  return gs_field_read(r, &got, &type) == GS_OK && got == number && type == GS_WIRE_VARINT &&
         gs_varint_read(r, value) == GS_OK;
}

bool gs_keyring_peek(const uint8_t *head, size_t len, uint32_t *version) {
  struct gs_reader r = gs_reader_init(head, len);
  uint32_t number = 0;
  uint32_t body_len = 0;
  uint32_t format = 0;
  enum gs_wire_type type = GS_WIRE_VARINT;
  return gs_field_read(&r, &number, &type) == GS_OK && number == 1u && type == GS_WIRE_BYTES &&
         gs_varint_read(&r, &body_len) == GS_OK &&
         read_number(&r, gapseal_v1_Keyring_format_tag, &format) && format == 1u &&
         read_number(&r, gapseal_v1_Keyring_version_tag, version);
}
