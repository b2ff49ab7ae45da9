/* SPDX-License-Identifier: Apache-2.0
 * Verdicts: any manifest that the reader takes, on any device, gets the first rule of
 * docs/spec/policy.md that refuses it, as it is written down a second time here.
 *
 * Input: numbers for the manifest, then for the device; most are picked from a list of edges.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "fuzz.h"
#include "gapseal/crypto.h"
#include "gapseal/policy.h"

static struct fixture_manifest base[2]; /* of one variant, of two */
static struct gs_policy_device base_device;

void fuzz_start(void) {
  FUZZ_MUST(gs_crypto_init() == GS_OK);
  fixture_manifest(&base[0], 1);
  fixture_manifest(&base[1], 2);
  fixture_device(&base_device);
}

static uint32_t number(struct fuzz_script *s) {
  static const uint32_t edges[] = {0,          1,          2,          3,          4,
                                   7,          8,          1000,       1003,       1004,
                                   0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF};
  uint8_t pick = fuzz_u8(s);
  size_t count = sizeof edges / sizeof edges[0];
  return pick < count ? edges[pick] : pick < 128u ? pick : fuzz_u32(s);
}

static void choose_id(struct fuzz_script *s, uint8_t out[GS_ID_BYTES]) {
  uint8_t pick = fuzz_u8(s) % 8u;
  if (pick < 2u) {
    memset(out, pick + 1, GS_ID_BYTES);
  }
}

/* -- the manifest -------------------------------------------------------------------------------
 */

static void choose_variant(struct fuzz_script *s, gapseal_v1_Variant *v) {
  uint8_t flags = fuzz_u8(s);
  if ((flags & 1u) != 0) {
    v->has_load_address = (flags & 2u) != 0;
    v->load_address = number(s);
  }
  if ((flags & 4u) != 0) {
    v->slots = fuzz_u8(s) % 4u;
  }
  if ((flags & 8u) != 0) { /* sizes near the slot's, so that the trailer decides */
    v->block_size = 256u << fuzz_u8(s) % 9u;
    v->size = (flags & 16u) != 0 ? number(s) : 40000u + fuzz_u16(s);
  }
}

/* False: no reader takes it. */
static bool choose_manifest(struct fuzz_script *s, struct gs_manifest *out, uint8_t *body) {
  static uint8_t table[2u * GS_PAGES_MAX * GS_DIGEST_BYTES];
  uint8_t flags = fuzz_u8(s);
  struct gs_manifest m = base[flags & 1u].m;
  gapseal_v1_Manifest *f = &m.fields;
  f->release = (flags & 2u) != 0 ? number(s) : f->release;
  f->security_version = (flags & 4u) != 0 ? number(s) : f->security_version;
  f->raises_floor_to = (flags & 8u) != 0 ? number(s) : f->raises_floor_to;
  f->requires_release = (flags & 16u) != 0 ? number(s) : f->requires_release;
  f->min_stub = (flags & 32u) != 0 ? number(s) : f->min_stub;
  choose_id(s, f->product);
  f->hardware_count = (pb_size_t)(1u + fuzz_u8(s) % 4u);
  for (size_t i = 0; i < f->hardware_count; i++) {
    f->hardware[i] = f->hardware[0];
    choose_id(s, f->hardware[i].id);
    if ((flags & 64u) != 0) {
      f->hardware[i].first_revision = number(s);
      f->hardware[i].last_revision = number(s);
    }
  }
  size_t pages = 0;
  for (uint32_t i = 0; i < f->variants_count; i++) {
    choose_variant(s, &f->variants[i]);
    struct gs_table_shape shape = gs_manifest_table(&m, i);
    pages += shape.pages <= GS_PAGES_MAX ? shape.pages : GS_PAGES_MAX;
  }
  memset(table, 0x77, sizeof table);
  m.table = table;
  m.table_len = pages * GS_DIGEST_BYTES;
  size_t len = gs_manifest_encode(&m, body, FIXTURE_BODY_MAX);
  return len > 0 && gs_manifest_decode(body, len, out) == GS_OK;
}

/* -- the device ---------------------------------------------------------------------------------
 */

static void choose_device(struct fuzz_script *s, struct gs_policy_device *d,
                          const uint8_t digest[GS_DIGEST_BYTES]) {
  uint8_t flags = fuzz_u8(s);
  *d = base_device;
  choose_id(s, d->product);
  choose_id(s, d->hardware);
  d->revision = (flags & 1u) != 0 ? number(s) : d->revision;
  d->stub_version = (flags & 2u) != 0 ? number(s) : d->stub_version;
  d->staging_slot = fuzz_u8(s) & 1u;
  d->erase_size = 256u << fuzz_u8(s) % 9u;
  d->write_size = 1u << fuzz_u8(s) % 10u;
  d->slot_size = d->erase_size * (1u + 65536u / d->erase_size);
  d->block_max = 256u << fuzz_u8(s) % 9u;
  d->manifest_max = 256u + fuzz_u16(s) % 4096u;
  if ((flags & 4u) != 0) {
    d->slot_address[d->staging_slot] = number(s);
  }
  flags = fuzz_u8(s);
  d->has_running = (flags & 1u) == 0;
  d->older_allowed = (flags & 2u) != 0;
  d->reinstall = (flags & 4u) != 0;
  if ((flags & 8u) != 0) {
    memcpy(d->running_package, digest, GS_DIGEST_BYTES);
  }
  d->running_release = (flags & 16u) != 0 ? number(s) : d->running_release;
  d->running_security_version = (flags & 32u) != 0 ? number(s) : d->running_security_version;
  d->floor = (flags & 64u) != 0 ? number(s) : d->floor;
  d->floor_max = (flags & 128u) != 0 ? number(s) : d->floor_max;
  d->security_step_max = number(s);
}

/* -- the rules, once more ------------------------------------------------------------------------
 */

static int64_t up(int64_t n, int64_t to) {
  return (n + to - 1) / to * to;
}

/* Where the trailer begins, by docs/spec/flash.md; negative: nowhere. */
static int64_t trailer(const struct gs_policy_device *d, int64_t block_size, int64_t pages) {
  int64_t unit = d->write_size;
  int64_t erase = d->erase_size;
  int64_t head = up(16, unit) + up(d->manifest_max, unit) + 2 * up(64, unit);
  int64_t at = (int64_t)d->slot_size - head;
  int64_t stride = up(block_size, unit);
  if (at < 0) {
    return at;
  }
  if (stride % erase == 0) {
    at = at / erase * erase;
  }
  at -= pages * stride;
  return at < 0 ? at : at / erase * erase;
}

static bool board_fits(const gapseal_v1_Manifest *f, const struct gs_policy_device *d) {
  for (size_t i = 0; i < f->hardware_count; i++) {
    const gapseal_v1_Hardware *h = &f->hardware[i];
    if (memcmp(h->id, d->hardware, GS_ID_BYTES) == 0 && d->revision >= h->first_revision &&
        d->revision <= h->last_revision) {
      return true;
    }
  }
  return false;
}

/* Rule 7. */
static enum gs_status by_slot(const struct gs_manifest *m, const struct gs_policy_device *d) {
  for (uint32_t i = 0; i < m->fields.variants_count; i++) {
    const gapseal_v1_Variant *v = &m->fields.variants[i];
    if ((v->slots >> d->staging_slot & 1u) == 0) {
      continue;
    }
    if (v->has_load_address && v->load_address != d->slot_address[d->staging_slot]) {
      return GS_E_NO_VARIANT;
    }
    if (v->block_size > d->block_max) {
      return GS_E_BLOCK_SIZE;
    }
    int64_t at = trailer(d, v->block_size, gs_manifest_table(m, i).pages);
    return (int64_t)v->size <= at ? GS_OK : GS_E_IMAGE_SIZE;
  }
  return GS_E_NO_VARIANT;
}

/* Rules 8 and 9. */
static enum gs_status by_numbers(const gapseal_v1_Manifest *f, const struct gs_policy_device *d,
                                 bool same) {
  if (f->security_version < d->floor) {
    return GS_E_BELOW_FLOOR;
  }
  if (f->security_version - d->floor > d->security_step_max) {
    return GS_E_VERSION_JUMP;
  }
  if (f->raises_floor_to > d->floor && f->raises_floor_to > d->floor_max) {
    return GS_E_FLOOR_EXHAUSTED;
  }
  if (!d->has_running) {
    return GS_OK;
  }
  if (same && !d->reinstall) {
    return GS_E_ALREADY;
  }
  if (!d->older_allowed &&
      (f->release < d->running_release || f->security_version < d->running_security_version)) {
    return GS_E_OLDER;
  }
  return f->requires_release > d->running_release ? GS_E_REQUIRES : GS_OK;
}

static enum gs_status expected(const struct gs_manifest *m, const struct gs_policy_device *d,
                               bool same) {
  const gapseal_v1_Manifest *f = &m->fields;
  if (memcmp(f->product, d->product, GS_ID_BYTES) != 0) {
    return GS_E_PRODUCT;
  }
  if (!board_fits(f, d)) {
    return GS_E_HARDWARE;
  }
  if (f->min_stub > d->stub_version) {
    return GS_E_STUB_OLD;
  }
  enum gs_status status = by_slot(m, d);
  return status == GS_OK ? by_numbers(f, d, same) : status;
}

void fuzz_one(const uint8_t *data, size_t len) {
  static uint8_t body[FIXTURE_BODY_MAX];
  struct fuzz_script s = {data, len};
  struct gs_manifest m;
  struct gs_policy_device d;
  struct gs_policy_result result;
  uint8_t digest[GS_DIGEST_BYTES];
  memset(digest, 0x33, sizeof digest);
  if (!choose_manifest(&s, &m, body)) {
    return;
  }
  choose_device(&s, &d, digest);
  bool same = memcmp(digest, d.running_package, sizeof digest) == 0;
  enum gs_status want = expected(&m, &d, same);
  enum gs_status got = gs_policy_judge(&m, digest, &d, &result);
  if (want != got) {
    (void)fprintf(stderr, "expected %s, got %s\n", gs_status_info(want)->name,
                  gs_status_info(got)->name);
  }
  FUZZ_MUST(want == got);
  FUZZ_MUST(gs_policy_judge(&m, digest, &d, &result) == got);
}

void fuzz_seeds(void) {
  static const uint8_t plain[40];
  static const uint8_t numbers[] = {0x7e, 8, 5, 4, 7, 1,    7, 0, 7, 1,  3, 0, 7, 7, 7, 0,
                                    0,    4, 3, 7, 0, 0xf0, 7, 3, 3, 14, 7, 7, 7, 7, 7};
  static const uint8_t two[] = {1, 7, 0, 7, 7, 3, 7, 8, 3, 9, 9, 2,
                                0, 7, 7, 0, 4, 3, 4, 9, 9, 0, 7};
  fuzz_seed("plain", plain, sizeof plain);
  fuzz_seed("numbers", numbers, sizeof numbers);
  fuzz_seed("two", two, sizeof two);
}
