/* SPDX-License-Identifier: Apache-2.0
 * The manifest's body: one encoding for each meaning, and every rule of docs/spec/manifest.md
 * holds of what was accepted.
 */
#include <string.h>

#include "fuzz.h"
#include "fuzz_sign.h"
#include "strict.h"

void fuzz_start(void) {
  fuzz_sign_start();
}

static void check_variant(const struct gs_manifest *m, uint32_t i, uint64_t *pages) {
  const gapseal_v1_Variant *v = &m->fields.variants[i];
  struct gs_table_shape t = gs_manifest_table(m, i);
  FUZZ_MUST(v->slots >= 1 && v->slots <= 3 && v->size >= 1);
  FUZZ_MUST(i == 0 || (v->slots & m->fields.variants[0].slots) == 0);
  FUZZ_MUST(!gs_strict_blank(v->sha256, GS_DIGEST_BYTES));
  FUZZ_MUST(v->block_size >= GS_BLOCK_SIZE_MIN && v->block_size <= GS_BLOCK_SIZE_MAX &&
            (v->block_size & (v->block_size - 1u)) == 0);
  uint64_t blocks = ((uint64_t)v->size + v->block_size - 1u) / v->block_size;
  uint64_t a_page = v->block_size / GS_DIGEST_BYTES;
  FUZZ_MUST(t.blocks == blocks && t.digests_a_page == a_page);
  FUZZ_MUST(t.pages == (blocks + a_page - 1u) / a_page && t.pages <= GS_PAGES_MAX);
  FUZZ_MUST((blocks - 1u) * v->block_size + t.last_block_len == v->size);
  FUZZ_MUST(t.last_block_len >= 1 && t.last_block_len <= v->block_size);
  FUZZ_MUST((t.pages - 1u) * a_page * GS_DIGEST_BYTES + t.last_page_len ==
            blocks * GS_DIGEST_BYTES);
  FUZZ_MUST(t.digests == m->table + *pages * GS_DIGEST_BYTES);
  *pages += t.pages;
}

static void check_rules(const struct gs_manifest *m) {
  const gapseal_v1_Manifest *f = &m->fields;
  uint64_t pages = 0;
  FUZZ_MUST(f->format == 1 && f->release >= 1 && f->raises_floor_to <= f->security_version);
  FUZZ_MUST(f->confirm == 1 || f->confirm == 2);
  FUZZ_MUST(f->encoding == 0 && f->encryption == 0);
  FUZZ_MUST(!gs_strict_blank(f->product, GS_ID_BYTES));
  FUZZ_MUST(!gs_strict_blank(f->about, GS_DIGEST_BYTES));
  FUZZ_MUST(f->hardware_count >= 1 && f->hardware_count <= 4);
  for (size_t i = 0; i < f->hardware_count; i++) {
    FUZZ_MUST(!gs_strict_blank(f->hardware[i].id, GS_ID_BYTES));
    FUZZ_MUST(f->hardware[i].first_revision <= f->hardware[i].last_revision);
  }
  FUZZ_MUST(f->variants_count == 1 || f->variants_count == 2);
  for (uint32_t i = 0; i < f->variants_count; i++) {
    check_variant(m, i, &pages);
  }
  FUZZ_MUST(m->table_len == pages * GS_DIGEST_BYTES);
  for (size_t i = 0; i < pages; i++) {
    FUZZ_MUST(!gs_strict_blank(m->table + i * GS_DIGEST_BYTES, GS_DIGEST_BYTES));
  }
}

void fuzz_one(const uint8_t *data, size_t len) {
  static uint8_t out[65536];
  struct gs_manifest m;
  struct gs_manifest again;
  enum gs_status status = gs_manifest_decode(data, len, &m);
  FUZZ_MUST(gs_manifest_decode(data, len, &again) == status);
  if (status != GS_OK) {
    FUZZ_MUST(status >= GS_E_EMPTY && status < GS_E_SIG_MISSING);
    return;
  }
  check_rules(&m);
  FUZZ_MUST(len <= sizeof out && gs_manifest_encode(&m, out, len) == len);
  FUZZ_MUST(memcmp(out, data, len) == 0);
  FUZZ_MUST(gs_manifest_encode(&m, out, len - 1) == 0);
}

void fuzz_seeds(void) {
  uint8_t body[FIXTURE_BODY_MAX];
  struct fixture_manifest f;
  for (uint32_t variants = 1; variants <= 2; variants++) {
    fixture_manifest(&f, variants);
    size_t len = fixture_manifest_body(&f, body);
    fuzz_seed(variants == 1 ? "one" : "two", body, len);
  }
  fixture_manifest(&f, 1);
  f.m.fields.hardware_count = 4;
  for (size_t i = 1; i < 4; i++) {
    f.m.fields.hardware[i] = f.m.fields.hardware[0];
  }
  fixture_describe_image(&f, 0, 1, 256u * 8u * 32u, 256);
  size_t len = fixture_manifest_body(&f, body);
  fuzz_seed("full", body, len);
}
