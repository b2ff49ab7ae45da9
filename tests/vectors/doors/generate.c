/* SPDX-License-Identifier: Apache-2.0 */
#include "generate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "gapseal/config.h"

#define BODY_MAX 6000u

/* -- numbers ----------------------------------------------------------------------------------- */

struct random {
  uint64_t state;
};

/* splitmix64 */
static uint64_t next(struct random *r) {
  r->state += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t z = r->state;
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static uint32_t below(struct random *r, uint32_t n) {
  return (uint32_t)(next(r) % n);
}

static bool one_in(struct random *r, uint32_t n) {
  return below(r, n) == 0;
}

/* -- a package in the making ------------------------------------------------------------------- */

struct making {
  struct random r;
  const gapseal_v1_DeviceFacts *facts;
  const gapseal_v1_DeviceState *state;
  const gapseal_v1_SlotInfo *confirmed; /* NULL: none */
  uint32_t block_max, manifest_max;
  struct fixture_manifest f;
  bool described; /* the variants are those of images that exist */
  struct generated *out;
  size_t said;
};

static void say(struct making *m, const char *what, ...) __attribute__((format(printf, 2, 3)));
static void say(struct making *m, const char *what, ...) {
  va_list args;
  va_start(args, what);
  int n = vsnprintf(m->out->what + m->said, sizeof m->out->what - m->said, what, args);
  va_end(args);
  if (n > 0 && m->said + (size_t)n < sizeof m->out->what) {
    m->said += (size_t)n;
  }
}

/* A number that some comparison turns at. */
static uint32_t boundary(struct making *m) {
  uint32_t floor = m->state->floor;
  uint32_t version = m->confirmed != NULL ? m->confirmed->security_version : floor;
  uint32_t release = m->confirmed != NULL ? m->confirmed->release : 1u;
  const uint32_t numbers[] = {
      0,
      1,
      2,
      floor - 1u,
      floor,
      floor + 1u,
      floor + GS_SECURITY_STEP_MAX - 1u,
      floor + GS_SECURITY_STEP_MAX,
      floor + GS_SECURITY_STEP_MAX + 1u,
      version - 1u,
      version,
      version + 1u,
      release - 1u,
      release,
      release + 1u,
      m->facts->floor_max - 1u,
      m->facts->floor_max,
      m->facts->floor_max + 1u,
      0x7FFFFFFFu,
      0x80000000u,
      0xFFFFFFFEu,
      0xFFFFFFFFu,
  };
  return numbers[below(&m->r, sizeof numbers / sizeof numbers[0])];
}

/* What this device would take, if its state let it. */
static void start_good(struct making *m) {
  uint32_t version = m->state->floor;
  uint32_t release = BENCH_UPDATE_RELEASE;
  if (m->confirmed != NULL) {
    version = m->confirmed->security_version > version ? m->confirmed->security_version : version;
    release = m->confirmed->release < UINT32_MAX ? m->confirmed->release + 1u : UINT32_MAX;
  }
  bench_manifest(&m->f, release, version, m->state->floor);
  m->described = true;
}

static gapseal_v1_Variant *some_variant(struct making *m) {
  gapseal_v1_Manifest *f = &m->f.m.fields;
  return &f->variants[f->variants_count == 2 ? below(&m->r, 2) : 0];
}

/* -- changes ----------------------------------------------------------------------------------- */

static void change_release(struct making *m) {
  m->f.m.fields.release = boundary(m);
  say(m, " release=%lu", (unsigned long)m->f.m.fields.release);
}

static void change_version(struct making *m) {
  m->f.m.fields.security_version = boundary(m);
  if (!one_in(&m->r, 4)) { /* else it may be below what it raises to */
    m->f.m.fields.raises_floor_to = one_in(&m->r, 2) ? m->f.m.fields.security_version : 0;
  }
  say(m, " version=%lu raises=%lu", (unsigned long)m->f.m.fields.security_version,
      (unsigned long)m->f.m.fields.raises_floor_to);
}

static void change_raises(struct making *m) {
  m->f.m.fields.raises_floor_to = boundary(m);
  if (one_in(&m->r, 2) && m->f.m.fields.security_version < m->f.m.fields.raises_floor_to) {
    m->f.m.fields.security_version = m->f.m.fields.raises_floor_to;
  }
  say(m, " raises=%lu version=%lu", (unsigned long)m->f.m.fields.raises_floor_to,
      (unsigned long)m->f.m.fields.security_version);
}

static void change_requires(struct making *m) {
  m->f.m.fields.requires_release = boundary(m);
  say(m, " requires=%lu", (unsigned long)m->f.m.fields.requires_release);
}

static void change_stub(struct making *m) {
  static const uint32_t stubs[] = {0, 1, 2, 0x7FFFFFFFu, 0xFFFFFFFFu};
  m->f.m.fields.min_stub = stubs[below(&m->r, 5)];
  say(m, " min_stub=%lu", (unsigned long)m->f.m.fields.min_stub);
}

static void change_confirm(struct making *m) {
  static const uint8_t kinds[] = {0, 1, 2, 2, 3, 77};
  m->f.m.fields.confirm = (gapseal_v1_Confirm)kinds[below(&m->r, 6)];
  say(m, " confirm=%d", (int)m->f.m.fields.confirm);
}

static void change_product(struct making *m) {
  uint8_t *product = m->f.m.fields.product;
  switch (below(&m->r, 3)) {
    case 0:
      memcpy(product, fixture_other_product, GS_ID_BYTES);
      break;
    case 1:
      product[below(&m->r, GS_ID_BYTES)] ^= (uint8_t)(1u << below(&m->r, 8));
      break;
    default:
      memset(product, one_in(&m->r, 2) ? 0 : 0xFF, GS_ID_BYTES);
      break;
  }
  say(m, " product=%02x%02x..", product[0], product[1]);
}

static uint32_t revision(struct making *m) {
  const uint32_t numbers[] = {0, m->facts->revision - 1u, m->facts->revision,
                              m->facts->revision + 1u, UINT32_MAX};
  return numbers[below(&m->r, 5)];
}

static void change_hardware(struct making *m) {
  gapseal_v1_Manifest *f = &m->f.m.fields;
  f->hardware_count = (pb_size_t)below(&m->r, 5);
  for (pb_size_t i = 0; i < f->hardware_count; i++) {
    gs_fields_all_present(&gapseal_v1_Hardware_msg, &f->hardware[i]);
    memcpy(f->hardware[i].id, fixture_hardware, GS_ID_BYTES);
    if (one_in(&m->r, 3)) {
      f->hardware[i].id[below(&m->r, GS_ID_BYTES)] ^= 0x10u;
    }
    f->hardware[i].first_revision = revision(m);
    f->hardware[i].last_revision = revision(m);
    say(m, " board=%02x:%lu..%lu", f->hardware[i].id[0],
        (unsigned long)f->hardware[i].first_revision, (unsigned long)f->hardware[i].last_revision);
  }
  say(m, " boards=%u", (unsigned)f->hardware_count);
}

static void change_slots(struct making *m) {
  gapseal_v1_Variant *v = some_variant(m);
  v->slots = below(&m->r, 6);
  say(m, " slots=%lu", (unsigned long)v->slots);
}

static void change_address(struct making *m) {
  const uint32_t addresses[] = {0, m->facts->slot_address_a, m->facts->slot_address_b,
                                m->facts->slot_address_a + 1u, UINT32_MAX};
  gapseal_v1_Variant *v = some_variant(m);
  v->has_load_address = true;
  v->load_address = addresses[below(&m->r, 5)];
  say(m, " address=%08lx", (unsigned long)v->load_address);
}

static void two_variants(struct making *m) {
  gapseal_v1_Manifest *f = &m->f.m.fields;
  f->variants_count = 2;
  f->variants[1] = f->variants[0];
  for (uint32_t i = 0; i < 2; i++) {
    f->variants[i].slots = 1u << i;
    f->variants[i].has_load_address = one_in(&m->r, 2);
    f->variants[i].load_address = i == 0 ? m->facts->slot_address_a : m->facts->slot_address_b;
  }
  fixture_describe_image(&m->f, 1, 1008, 5000, FIXTURE_BLOCK_BYTES);
  say(m, " variants=2");
}

static void change_variants(struct making *m) {
  if (m->described && m->f.m.fields.variants_count == 1 && !one_in(&m->r, 6)) {
    two_variants(m);
    return;
  }
  m->f.m.fields.variants_count = 0;
  say(m, " variants=0");
}

/* Sizes of images that are made: the slot holds 61,440 bytes and its trailer. */
static void change_image(struct making *m) {
  static const uint32_t sizes[] = {1,    255,  1023,  1024,  1025,  4095, 4096,
                                   4097, 8192, 61439, 61440, 61441, 65536};
  static const uint32_t blocks[] = {256, 512, 1024, 1024, 1024, 2048, 4096, 65536};
  uint32_t size = sizes[below(&m->r, sizeof sizes / sizeof sizes[0])];
  uint32_t block = blocks[below(&m->r, sizeof blocks / sizeof blocks[0])];
  if (m->f.m.fields.variants_count != 1 || (uint64_t)size * 32u > 32ull * block * block) {
    return;
  }
  fixture_describe_image(&m->f, 0, 8, size, block);
  say(m, " image=%lu blocks of %lu", (unsigned long)size, (unsigned long)block);
}

/* Sizes that are said and not made; the table fits them or does not. */
static void change_sizes(struct making *m) {
  static const uint32_t sizes[] = {0,       1,           1024,        61440,      61441,
                                   1048576, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu};
  static const uint32_t blocks[] = {0, 128, 255, 256, 257, 1024, 1000, 65536, 131072, 0x80000000u};
  gapseal_v1_Variant *v = some_variant(m);
  v->size = sizes[below(&m->r, sizeof sizes / sizeof sizes[0])];
  if (one_in(&m->r, 2)) {
    v->block_size = blocks[below(&m->r, sizeof blocks / sizeof blocks[0])];
  }
  bool sane = v->size > 0 && v->block_size >= 256 && v->block_size <= 65536;
  struct gs_table_shape shape = {0};
  if (sane && m->f.m.fields.variants_count == 1) {
    shape = gs_manifest_table(&m->f.m, 0);
  }
  if (shape.pages > 0 && shape.pages <= GS_PAGES_MAX && !one_in(&m->r, 3)) {
    memset(m->f.table, 0x3C, sizeof m->f.table);
    m->f.m.table_len = (size_t)shape.pages * GS_DIGEST_BYTES;
  }
  m->described = false;
  say(m, " size=%lu block=%lu table=%zu", (unsigned long)v->size, (unsigned long)v->block_size,
      m->f.m.table_len);
}

static void change_table(struct making *m) {
  static const int by[] = {-32, -1, 1, 32, 64};
  int change = by[below(&m->r, 5)];
  int len = (int)m->f.m.table_len + change;
  m->f.m.table_len = len < 0 ? 0 : (size_t)len;
  say(m, " table=%zu", m->f.m.table_len);
}

static void change_digest(struct making *m) {
  uint8_t *digests[] = {m->f.m.fields.about, some_variant(m)->sha256, m->f.table};
  uint8_t *digest = digests[below(&m->r, 3)];
  if (one_in(&m->r, 2)) {
    memset(digest, one_in(&m->r, 2) ? 0 : 0xFF, GS_DIGEST_BYTES);
  } else {
    digest[below(&m->r, GS_DIGEST_BYTES)] ^= 1u;
  }
  m->described = false;
  say(m, " digest=%02x%02x..", digest[0], digest[1]);
}

static void change_reserved(struct making *m) {
  gapseal_v1_Manifest *f = &m->f.m.fields;
  static const uint8_t values[] = {1, 77};
  uint8_t value = values[below(&m->r, 2)];
  switch (below(&m->r, 3)) {
    case 0:
      f->encoding = (gapseal_v1_Encoding)value;
      break;
    case 1:
      f->encryption = (gapseal_v1_Encryption)value;
      break;
    default:
      f->format = below(&m->r, 3);
      break;
  }
  say(m, " format=%lu encoding=%d encryption=%d", (unsigned long)f->format, (int)f->encoding,
      (int)f->encryption);
}

static void change_absent(struct making *m) {
  gapseal_v1_Manifest *f = &m->f.m.fields;
  bool *const flags[] = {&f->has_format,
                         &f->has_product,
                         &f->has_release,
                         &f->has_security_version,
                         &f->has_raises_floor_to,
                         &f->has_requires_release,
                         &f->has_min_stub,
                         &f->has_confirm,
                         &f->has_encoding,
                         &f->has_encryption,
                         &f->has_about,
                         &f->variants[0].has_size,
                         &f->variants[0].has_slots,
                         &f->hardware[0].has_id};
  uint32_t i = below(&m->r, sizeof flags / sizeof flags[0]);
  *flags[i] = false;
  m->described = false;
  say(m, " absent=%lu", (unsigned long)i);
}

static void (*const changes[])(struct making *m) = {
    change_release,  change_version, change_raises,   change_requires, change_stub,
    change_confirm,  change_product, change_hardware, change_slots,    change_address,
    change_variants, change_image,   change_sizes,    change_table,    change_digest,
    change_reserved, change_absent,  change_release,  change_version,  change_raises,
};

/* -- the whole --------------------------------------------------------------------------------- */

static void make_manifest(struct making *m) {
  uint32_t kind = below(&m->r, 20);
  if (kind < 2) {
    bench_running_manifest(&m->f);
    say(m, " the running package");
    return;
  }
  if (kind < 5) {
    bench_update_manifest(&m->f);
    say(m, " the update");
    return;
  }
  if (one_in(&m->r, 40)) {
    fixture_release_manifest(&m->f, 6, 3, 3);
    say(m, " the package that keyring 2 revokes");
    return;
  }
  start_good(m);
  static const uint8_t counts[] = {0, 1, 1, 1, 1, 1, 2, 3};
  for (uint32_t n = counts[below(&m->r, 8)]; n > 0; n--) {
    changes[below(&m->r, sizeof changes / sizeof changes[0])](m);
  }
}

/* Faults of form, in a body that is then signed with a good key. */
static size_t spoil_body(struct making *m, uint8_t *body, size_t len) {
  static const uint8_t unknown[] = {0xa2, 0x06, 0x01, 0x2a};
  switch (below(&m->r, 4)) {
    case 0:
      memcpy(body + len, unknown, sizeof unknown);
      say(m, " unknown field");
      return len + sizeof unknown;
    case 1:
      say(m, " cut");
      return below(&m->r, (uint32_t)len);
    default: {
      uint32_t at = below(&m->r, (uint32_t)len);
      uint8_t bit = (uint8_t)(1u << below(&m->r, 8));
      body[at] ^= bit;
      m->described = false;
      say(m, " body[%lu]^=%02x", (unsigned long)at, bit);
      return len;
    }
  }
}

static size_t make_signers(struct making *m, enum test_key keys[GS_SIGNATURES_MAX + 1]) {
  static const enum test_key some[] = {
      TEST_KEY_RECOVERY_1, TEST_KEY_RELEASE_2,   TEST_KEY_ROOT_1,   TEST_KEY_ROOT_2,
      TEST_KEY_STRANGER,   TEST_KEY_CATALOGUE_1, TEST_KEY_RELEASE_1};
  keys[0] = TEST_KEY_RELEASE_1;
  if (!one_in(&m->r, 8)) {
    return 1;
  }
  size_t count = below(&m->r, GS_SIGNATURES_MAX + 2);
  for (size_t i = 0; i < count; i++) {
    keys[i] = some[below(&m->r, sizeof some / sizeof some[0])];
    say(m, " key=%s", test_keys[keys[i]].name);
  }
  say(m, " signatures=%zu", count);
  return count;
}

static enum gs_object_type make_context(struct making *m) {
  static const enum gs_object_type others[] = {GS_OBJECT_KEYRING, GS_OBJECT_RECEIPT,
                                               GS_OBJECT_IDENTITY};
  if (!one_in(&m->r, 40)) {
    return GS_OBJECT_MANIFEST;
  }
  say(m, " for another type");
  return others[below(&m->r, 3)];
}

/* Damage after signing. */
static size_t spoil_envelope(struct making *m, uint8_t *envelope, size_t len) {
  switch (below(&m->r, 4)) {
    case 0:
      len = below(&m->r, (uint32_t)len + 1u);
      say(m, " envelope cut to %zu", len);
      return len;
    case 1: {
      uint32_t more = one_in(&m->r, 2) ? 1u : m->manifest_max;
      memset(envelope + len, 0, more);
      say(m, " envelope and %lu", (unsigned long)more);
      return len + more;
    }
    default: {
      uint32_t at = below(&m->r, (uint32_t)len);
      uint8_t bit = (uint8_t)(1u << below(&m->r, 8));
      envelope[at] ^= bit;
      say(m, " envelope[%lu]^=%02x", (unsigned long)at, bit);
      return len;
    }
  }
}

static void make_envelope(struct making *m) {
  uint8_t body[BODY_MAX];
  enum test_key keys[GS_SIGNATURES_MAX + 1];
  struct offer *o = &m->out->offer;
  m->f.m.table = m->f.table;
  size_t len = gs_manifest_encode(&m->f.m, body, FIXTURE_BODY_MAX);
  fixture_must(len > 0, "a manifest is encoded, whatever it says");
  if (one_in(&m->r, 12)) {
    len = spoil_body(m, body, len);
  }
  size_t count = make_signers(m, keys);
  enum gs_object_type type = make_context(m);
  o->len = fixture_sign(type, body, len, keys, count, m->out->envelope, FIXTURE_BODY_MAX);
  if (one_in(&m->r, 16)) {
    o->len = spoil_envelope(m, m->out->envelope, o->len);
  }
  o->envelope = m->out->envelope;
}

static size_t keyring_3(uint8_t *out) {
  static const enum test_key roots[] = {TEST_KEY_ROOT_2, TEST_KEY_ROOT_3};
  struct fixture_keyring f;
  uint8_t body[FIXTURE_BODY_MAX];
  fixture_keyring(&f, 3);
  return fixture_sign(GS_OBJECT_KEYRING, body, fixture_keyring_body(&f, body), roots, 2, out,
                      DEVICE_OBJECT_MAX);
}

size_t generate_keyring(uint32_t version, uint8_t out[DEVICE_OBJECT_MAX]) {
  static uint8_t made[4][DEVICE_OBJECT_MAX];
  static size_t lens[4];
  fixture_must(version >= 1 && version <= 3, "a version of the keyring");
  if (lens[version] == 0) {
    lens[version] = version == 3 ? keyring_3(made[3])
                                 : fixture_keyring_envelope(version, made[version], sizeof made[0]);
  }
  memcpy(out, made[version], lens[version]);
  return lens[version];
}

/* Which keyrings come along: a digit each, 9 for a damaged second version. */
static void make_chain(struct making *m) {
  static const char *const chains[] = {"", "", "", "", "1", "12", "2", "123", "3", "9", "19", "23"};
  const char *chain = chains[below(&m->r, sizeof chains / sizeof chains[0])];
  struct package_keys *keys = &m->out->offer.keys;
  for (; *chain != '\0'; chain++) {
    uint8_t *envelope = m->out->keyrings[keys->count];
    uint32_t version = *chain == '9' ? 2u : (uint32_t)(*chain - '0');
    size_t len = generate_keyring(version, envelope);
    if (*chain == '9') {
      envelope[below(&m->r, (uint32_t)len)] ^= (uint8_t)(1u << below(&m->r, 8));
    }
    keys->items[keys->count] = envelope;
    keys->lens[keys->count] = len;
    keys->count++;
    say(m, " keyring %c", *chain);
  }
}

void generate_offer(const struct gsh_device *told, uint64_t seed, uint64_t index,
                    struct generated *out) {
  static struct making m;
  memset(&m, 0, sizeof m);
  memset(out, 0, sizeof *out);
  m.r.state = seed * UINT64_C(0x100000001b3) + index;
  (void)next(&m.r);
  m.facts = &told->ident.facts;
  m.state = &told->ident.state;
  m.confirmed = gsh_confirmed_slot(m.state);
  m.block_max = told->hello.limits.block_max;
  m.manifest_max = told->hello.limits.manifest_max;
  m.out = out;
  make_manifest(&m);
  make_envelope(&m);
  make_chain(&m);
  out->offer.older = one_in(&m.r, 5);
  out->offer.reinstall = one_in(&m.r, 6);
  out->offer.piece = below(&m.r, 100);
  say(&m, "%s%s", out->offer.older ? " --older" : "", out->offer.reinstall ? " --reinstall" : "");
}
