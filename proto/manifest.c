/* SPDX-License-Identifier: Apache-2.0
 * The manifest's body. Rules: docs/spec/manifest.md.
 */
#include <string.h>

#include "objects.h"
#include "strict.h"

#define SLOTS_BOTH 3u

static const struct gs_strict_field field_rules[] = {
    {&gapseal_v1_Variant_msg, gapseal_v1_Variant_load_address_tag, GS_STRICT_MAY_BE_ABSENT},
    {&gapseal_v1_Manifest_msg, gapseal_v1_Manifest_confirm_tag, gapseal_v1_Confirm_CONFIRM_BY_HOST,
     gapseal_v1_Confirm_CONFIRM_BY_DEVICE},
    {&gapseal_v1_Manifest_msg, gapseal_v1_Manifest_encoding_tag, 0, 0},
    {&gapseal_v1_Manifest_msg, gapseal_v1_Manifest_encryption_tag, 0, 0},
};

static const struct gs_strict_scheme scheme = {
    .message = &gapseal_v1_Manifest_msg,
    .fields = field_rules,
    .field_count = sizeof field_rules / sizeof field_rules[0],
};

static bool is_power_of_two(uint32_t v) {
  return v != 0 && (v & (v - 1u)) == 0;
}

static uint32_t divide_up(uint32_t v, uint32_t by) {
  return v / by + (v % by != 0 ? 1u : 0u);
}

static enum gs_status check_identity(const gapseal_v1_Manifest *f) {
  if (gs_strict_blank(f->product, GS_ID_BYTES) || f->hardware_count == 0 ||
      f->variants_count == 0 || gs_strict_blank(f->about, GS_DIGEST_BYTES)) {
    return GS_E_INCOMPLETE;
  }
  for (size_t i = 0; i < f->hardware_count; i++) {
    if (gs_strict_blank(f->hardware[i].id, GS_ID_BYTES)) {
      return GS_E_INCOMPLETE;
    }
    if (f->hardware[i].first_revision > f->hardware[i].last_revision) {
      return GS_E_BAD_VALUE;
    }
  }
  return f->release == 0 || f->raises_floor_to > f->security_version ? GS_E_BAD_VALUE : GS_OK;
}

static enum gs_status check_variants(const struct gs_manifest *m) {
  uint32_t taken = 0;
  for (size_t i = 0; i < m->fields.variants_count; i++) {
    const gapseal_v1_Variant *v = &m->fields.variants[i];
    if (gs_strict_blank(v->sha256, GS_DIGEST_BYTES)) {
      return GS_E_INCOMPLETE;
    }
    bool slots_ok = v->slots != 0 && v->slots <= SLOTS_BOTH && (v->slots & taken) == 0;
    bool block_ok = is_power_of_two(v->block_size) && v->block_size >= GS_BLOCK_SIZE_MIN &&
                    v->block_size <= GS_BLOCK_SIZE_MAX;
    if (!slots_ok || !block_ok || v->size == 0) {
      return GS_E_BAD_VALUE;
    }
    taken |= v->slots;
  }
  return GS_OK;
}

static enum gs_status check_table(const struct gs_manifest *m) {
  size_t pages = 0;
  for (uint32_t i = 0; i < m->fields.variants_count; i++) {
    uint32_t of_variant = gs_manifest_table(m, i).pages;
    if (of_variant > GS_PAGES_MAX) {
      return GS_E_BAD_VALUE;
    }
    pages += of_variant;
  }
  if (m->table_len % GS_DIGEST_BYTES != 0) {
    return GS_E_MALFORMED;
  }
  if (m->table_len != pages * GS_DIGEST_BYTES) {
    return GS_E_BAD_VALUE;
  }
  for (size_t i = 0; i < pages; i++) {
    if (gs_strict_blank(m->table + i * GS_DIGEST_BYTES, GS_DIGEST_BYTES)) {
      return GS_E_INCOMPLETE;
    }
  }
  return GS_OK;
}

enum gs_status gs_manifest_decode(const uint8_t *body, size_t len, struct gs_manifest *out) {
  memset(out, 0, sizeof *out);
  struct gs_strict_view table = {.number = gapseal_v1_Manifest_table_tag};
  enum gs_status st = gs_strict_decode(&scheme, body, len, &out->fields, &table, 1);
  if (st != GS_OK) {
    return st;
  }
  out->table = table.at;
  out->table_len = table.len;
  const struct gs_strict_source again = {scheme.message, &out->fields, &table, 1};
  st = gs_strict_compare(&again, body, len);
  if (st == GS_OK) {
    st = check_identity(&out->fields);
  }
  if (st == GS_OK) {
    st = check_variants(out);
  }
  return st == GS_OK ? check_table(out) : st;
}

struct gs_table_shape gs_manifest_table(const struct gs_manifest *m, uint32_t variant) {
  struct gs_table_shape shape = {0};
  const uint8_t *digests = m->table;
  for (uint32_t i = 0; i <= variant; i++) {
    const gapseal_v1_Variant *v = &m->fields.variants[i];
    shape.digests = digests;
    shape.blocks = divide_up(v->size, v->block_size);
    shape.digests_a_page = v->block_size / GS_DIGEST_BYTES;
    shape.pages = divide_up(shape.blocks, shape.digests_a_page);
    shape.last_block_len = v->size - (shape.blocks - 1u) * v->block_size;
    shape.last_page_len =
        (shape.blocks - (shape.pages - 1u) * shape.digests_a_page) * GS_DIGEST_BYTES;
    if (i < variant) {
      digests += (size_t)shape.pages * GS_DIGEST_BYTES;
    }
  }
  return shape;
}

uint32_t gs_table_page_len(const struct gs_table_shape *shape, uint32_t i) {
  return i + 1u == shape->pages ? shape->last_page_len : shape->digests_a_page * GS_DIGEST_BYTES;
}

uint32_t gs_table_block_len(const struct gs_table_shape *shape, uint32_t i) {
  return i + 1u == shape->blocks ? shape->last_block_len : shape->digests_a_page * GS_DIGEST_BYTES;
}

size_t gs_manifest_encode(const struct gs_manifest *m, uint8_t *out, size_t cap) {
  const struct gs_strict_view table = {gapseal_v1_Manifest_table_tag, m->table, m->table_len};
  const struct gs_strict_source source = {scheme.message, &m->fields, &table, 1};
  size_t len = gs_strict_encode_back(&source, out, cap);
  memmove(out, out + cap - len, len);
  return len;
}
