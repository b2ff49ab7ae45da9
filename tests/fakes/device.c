/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG /* a fake that goes wrong must not go on */
#include "device.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum gs_status status) {
  if (status != GS_OK) {
    (void)fprintf(stderr, "fake device: status %d\n", (int)status);
    abort();
  }
}

static void public_of(const uint8_t *private_key, uint8_t *out) {
  must(gs_ecdsa_public(private_key, out));
}

void fake_maker_init(struct fake_maker *maker) {
  memset(maker, 0, sizeof(*maker));
  must(gs_crypto_init());
  must(gs_ecdsa_generate(maker->root));
  must(gs_ecdsa_generate(maker->release));
  must(gs_ecdsa_generate(maker->recovery));
  memset(maker->product, 0x50, sizeof(maker->product));
  memset(maker->hardware, 0x48, sizeof(maker->hardware));
  struct fake_keyring first = {.version = 1};
  maker->keyring_len = fake_keyring_make(maker, &first, maker->keyring, sizeof(maker->keyring));
}

/* Sign body and write the envelope. */
static size_t seal(enum gs_object_type type, const uint8_t *private_key, const uint8_t *body,
                   size_t body_len, uint8_t *out, size_t cap) {
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES];
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
  must(gs_signed_hash(type, body, body_len, hash));
  must(gs_ecdsa_sign(private_key, hash, sig));
  public_of(private_key, public_key);
  must(gs_key_id(public_key, id));
  struct gs_signature signature = {.key_id = id, .sig = sig, .sig_len = sizeof(sig)};
  size_t len = gs_signed_write(body, body_len, &signature, 1, out, cap);
  assert(len != 0);
  return len;
}

static void add_key(struct gs_keyring *ring, gapseal_v1_Role role, const uint8_t *private_key) {
  gapseal_v1_Key *key = &ring->fields.keys[ring->fields.keys_count++];
  key->has_key = true;
  public_of(private_key, key->key);
  key->has_role = true;
  key->role = role;
  key->has_algorithm = true;
  key->algorithm = gapseal_v1_Algorithm_ALGORITHM_ECDSA_P256;
}

size_t fake_keyring_make(const struct fake_maker *maker, const struct fake_keyring *wanted,
                         uint8_t *out, size_t cap) {
  static uint8_t body[FAKE_KEYRING_CAP];
  struct gs_keyring ring;
  uint8_t revoked[GS_KEY_ID_BYTES];
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  memset(&ring, 0, sizeof(ring));
  ring.fields.has_format = true;
  ring.fields.format = 1;
  ring.fields.has_version = true;
  ring.fields.version = wanted->version;
  ring.fields.has_root_threshold = true;
  ring.fields.root_threshold = 1;
  add_key(&ring, gapseal_v1_Role_ROLE_ROOT, maker->root);
  add_key(&ring, gapseal_v1_Role_ROLE_RELEASE, maker->release);
  add_key(&ring, gapseal_v1_Role_ROLE_RECOVERY, maker->recovery);
  if (wanted->revoke_release) {
    public_of(maker->release, public_key);
    must(gs_key_id(public_key, revoked));
    ring.revoked_keys = revoked;
    ring.revoked_keys_count = 1;
  }
  if (wanted->revoked_package != NULL) {
    ring.revoked_packages = wanted->revoked_package;
    ring.revoked_packages_count = 1;
  }
  if (wanted->minimum != 0) {
    ring.fields.minimums_count = 1;
    ring.fields.minimums[0].has_product = true;
    memcpy(ring.fields.minimums[0].product, maker->product, GS_ID_BYTES);
    ring.fields.minimums[0].has_security_version = true;
    ring.fields.minimums[0].security_version = wanted->minimum;
  }
  size_t body_len = gs_keyring_encode(&ring, body, sizeof(body));
  assert(body_len != 0);
  return seal(GS_OBJECT_KEYRING, maker->root, body, body_len, out, cap);
}

static void fill_image(struct fake_package *p, const struct fake_wish *wish) {
  uint32_t x = 0;
  for (uint32_t i = 0; i < p->size; i++) {
    if (i == 0 || i == wish->share) {
      x = 0x12345678u + (i >= wish->share ? wish->seed : 0) * 2654435761u;
    }
    x = x * 1664525u + 1013904223u;
    p->image[i] = (uint8_t)(x >> 24);
  }
}

static void build_table(struct fake_package *p) {
  for (uint32_t i = 0; i < p->blocks; i++) {
    uint32_t off = i * p->block_size;
    uint32_t len = p->size - off < p->block_size ? p->size - off : p->block_size;
    must(gs_sha256(p->image + off, len, p->table + (size_t)i * GS_DIGEST_BYTES));
  }
}

static uint32_t page_len(const struct fake_package *p, uint32_t i) {
  uint32_t all = p->blocks * GS_DIGEST_BYTES;
  uint32_t off = i * p->block_size;
  return all - off < p->block_size ? all - off : p->block_size;
}

static void fill_variant(gapseal_v1_Variant *v, const struct fake_package *p,
                         const struct fake_wish *wish) {
  v->has_slots = true;
  v->slots = wish->slots == 0 ? 3 : wish->slots;
  v->has_size = true;
  v->size = p->size;
  v->has_sha256 = true;
  must(gs_sha256(p->image, p->size, v->sha256));
  v->has_block_size = true;
  v->block_size = p->block_size;
}

static void fill_manifest(gapseal_v1_Manifest *m, const struct fake_maker *maker,
                          const struct fake_wish *wish) {
  m->has_format = true;
  m->format = 1;
  m->has_product = true;
  memcpy(m->product, maker->product, GS_ID_BYTES);
  if (wish->other_product) {
    m->product[0] ^= 1;
  }
  m->hardware_count = 1;
  m->hardware[0].has_id = true;
  memcpy(m->hardware[0].id, maker->hardware, GS_ID_BYTES);
  m->hardware[0].has_first_revision = true;
  m->hardware[0].has_last_revision = true;
  m->hardware[0].last_revision = 9;
  m->has_release = true;
  m->release = wish->release;
  m->has_security_version = true;
  m->security_version = wish->security_version;
  m->has_raises_floor_to = true;
  m->raises_floor_to = wish->raises_floor_to;
  m->has_requires_release = true;
  m->requires_release = wish->requires_release;
  m->has_min_stub = true;
  m->min_stub = 1;
  m->has_confirm = true;
  m->confirm = wish->confirm_by_device ? gapseal_v1_Confirm_CONFIRM_BY_DEVICE
                                       : gapseal_v1_Confirm_CONFIRM_BY_HOST;
  m->has_encoding = true;
  m->has_encryption = true;
  m->has_about = true;
  memset(m->about, 0xAB, sizeof(m->about));
}

void fake_package_make(struct fake_package *p, const struct fake_maker *maker,
                       const struct fake_wish *wish) {
  static uint8_t body[FAKE_MANIFEST_CAP];
  static struct gs_manifest m;
  uint8_t digests[GS_PAGES_MAX * GS_DIGEST_BYTES];
  memset(p, 0, sizeof(*p));
  memset(&m, 0, sizeof(m));
  p->release = wish->release;
  p->size = wish->size;
  p->block_size = wish->block_size;
  p->blocks = (p->size + p->block_size - 1u) / p->block_size;
  p->pages = (p->blocks * GS_DIGEST_BYTES + p->block_size - 1u) / p->block_size;
  p->image = malloc(p->size);
  p->table = malloc((size_t)p->blocks * GS_DIGEST_BYTES);
  assert(p->image != NULL && p->table != NULL && p->pages <= GS_PAGES_MAX);
  fill_image(p, wish);
  build_table(p);
  for (uint32_t i = 0; i < p->pages; i++) {
    must(gs_sha256(p->table + (size_t)i * p->block_size, page_len(p, i),
                   digests + (size_t)i * GS_DIGEST_BYTES));
  }
  fill_manifest(&m.fields, maker, wish);
  m.fields.variants_count = 1;
  fill_variant(&m.fields.variants[0], p, wish);
  m.table = digests;
  m.table_len = (size_t)p->pages * GS_DIGEST_BYTES;
  size_t body_len = gs_manifest_encode(&m, body, sizeof(body));
  assert(body_len != 0);
  must(gs_sha256(body, body_len, p->digest));
  p->envelope_len =
      seal(GS_OBJECT_MANIFEST, wish->by_recovery_key ? maker->recovery : maker->release, body,
           body_len, p->envelope, sizeof(p->envelope));
}

void fake_package_free(struct fake_package *p) {
  free(p->image);
  free(p->table);
  memset(p, 0, sizeof(*p));
}

struct layout {
  uint32_t erase, write, slot, state, log, keyring, block, image;
};

static const struct layout layouts[FAKE_GEOMETRIES] = {
    [FAKE_SMALL] = {1024, 4, 16 * 1024, 4 * 1024, 2 * 1024, 4 * 1024, 1024, 5 * 1024 + 333},
    [FAKE_MIDDLE] = {4096, 8, 48 * 1024, 8 * 1024, 8 * 1024, 8 * 1024, 1024, 13 * 1024 + 77},
    [FAKE_LARGE] = {65536, 512, 512 * 1024, 128 * 1024, 128 * 1024, 128 * 1024, 16384,
                    9 * 16384 + 4097},
};

uint32_t fake_block_size(enum fake_geometry geometry) {
  return layouts[geometry].block;
}

uint32_t fake_image_size(enum fake_geometry geometry) {
  return layouts[geometry].image;
}

static uint32_t now_ms(void *ctx) {
  (void)ctx;
  return 0;
}

static enum gs_status entropy(void *ctx, void *out, size_t len) {
  (void)ctx;
  memset(out, 0x5A, len);
  return GS_OK;
}

static enum gs_status sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                           uint8_t sig[GS_SIGNATURE_BYTES]) {
  const struct fake_device *d = ctx;
  return gs_ecdsa_sign(d->key, hash, sig);
}

static void make_port(struct fake_device *d, enum fake_geometry geometry, bool counter) {
  const struct layout *l = &layouts[geometry];
  struct gs_geometry areas[GS_AREA_COUNT] = {
      [GS_AREA_SLOT_A] = {l->slot, l->erase, l->write},
      [GS_AREA_SLOT_B] = {l->slot, l->erase, l->write},
      [GS_AREA_STATE] = {l->state, l->erase, l->write},
      [GS_AREA_LOG] = {l->log, l->erase, l->write},
      [GS_AREA_KEYRING] = {l->keyring, l->erase, l->write},
  };
  d->flash = gs_flash_model_new(areas);
  assert(d->flash != NULL);
  gs_flash_model_port_ops(d->flash, &d->port, counter);
  d->port.ctx = d;
  d->port.facts = &d->facts;
  d->port.now_ms = now_ms;
  d->port.entropy = entropy;
  d->port.sign = sign;
}

void fake_device_init(struct fake_device *d, enum fake_geometry geometry,
                      const struct fake_maker *maker, bool counter) {
  memset(d, 0, sizeof(*d));
  must(gs_ecdsa_generate(d->key));
  public_of(d->key, d->facts.device_key);
  memcpy(d->facts.serial, "0042", 5);
  memcpy(d->facts.product, maker->product, sizeof(d->facts.product));
  memcpy(d->facts.hardware, maker->hardware, sizeof(d->facts.hardware));
  d->facts.revision = 3;
  d->facts.slot_model = GS_SLOTS_SAME_ADDRESS;
  d->facts.lifecycle = GS_PRODUCTION;
  d->facts.key_protection = GS_KEY_IN_FLASH;
  make_port(d, geometry, counter);
  uint32_t block_max = layouts[geometry].block;
  d->block = malloc(block_max);
  d->page = malloc(block_max);
  d->bitmap = malloc(block_max / 8u);
  assert(d->block != NULL && d->page != NULL && d->bitmap != NULL);
  d->memory = (struct gs_engine_memory){.manifest = d->manifest,
                                        .manifest_cap = sizeof(d->manifest),
                                        .keyring = d->keyring,
                                        .keyring_cap = sizeof(d->keyring),
                                        .candidate = d->candidate,
                                        .block = d->block,
                                        .page = d->page,
                                        .ring = &d->ring[0],
                                        .successor = &d->ring[1],
                                        .block_max = block_max,
                                        .bitmap = d->bitmap};
}

void fake_device_free(struct fake_device *d) {
  gs_flash_model_free(d->flash);
  free(d->block);
  free(d->page);
  free(d->bitmap);
  memset(d, 0, sizeof(*d));
}

static enum gs_status start(struct fake_device *d) {
  memset(&d->engine, 0xA5, sizeof(d->engine));
  memset(d->manifest, 0xA5, sizeof(d->manifest));
  memset(d->keyring, 0xA5, sizeof(d->keyring));
  must(gs_engine_init(&d->engine, &d->port, &d->memory));
  return gs_engine_start(&d->engine);
}

enum gs_status fake_device_start(struct fake_device *d) {
  gs_flash_model_power_on(d->flash);
  return start(d);
}

enum gs_status fake_device_restart(struct fake_device *d, enum gs_reset_cause cause,
                                   struct gs_boot_output *out) {
  enum gs_status status = start(d);
  enum gs_status boot = gs_engine_boot(&d->engine, cause, false, out);
  return status == GS_OK ? boot : status;
}

enum gs_status fake_device_boot(struct fake_device *d, enum gs_reset_cause cause,
                                struct gs_boot_output *out) {
  gs_flash_model_power_on(d->flash);
  return fake_device_restart(d, cause, out);
}

void fake_device_provision(struct fake_device *d, const struct fake_maker *maker, uint32_t floor) {
  enum gs_status status = fake_device_start(d);
  assert(status == GS_E_STORE_LOST);
  must(gs_engine_provision(&d->engine, maker->keyring, maker->keyring_len, floor));
  struct gs_boot_output out;
  must(fake_device_boot(d, GS_RESET_POWER, &out));
}

enum gs_status fake_begin(struct fake_device *d, const struct fake_package *p) {
  struct gs_begin_options options = {.door = GS_DOOR_WIRE};
  struct gs_verdict verdict;
  return gs_engine_begin(&d->engine, p->envelope, p->envelope_len, &options, &verdict);
}

static enum gs_status send_pages(struct fake_device *d, const struct fake_package *p) {
  for (uint32_t i = 0; i < p->pages; i++) {
    if (!gs_engine_page_needed(&d->engine, i)) {
      continue;
    }
    enum gs_status status =
        gs_engine_page(&d->engine, i, p->table + (size_t)i * p->block_size, page_len(p, i));
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

static enum gs_status send_blocks(struct fake_device *d, const struct fake_package *p) {
  for (uint32_t i = 0; i < p->blocks; i++) {
    if (!gs_engine_block_needed(&d->engine, i)) {
      continue;
    }
    uint32_t off = i * p->block_size;
    uint32_t len = p->size - off < p->block_size ? p->size - off : p->block_size;
    enum gs_status status = gs_engine_block(&d->engine, i, p->image + off, len);
    if (status != GS_OK) {
      return status;
    }
  }
  return GS_OK;
}

enum gs_status fake_transfer(struct fake_device *d, const struct fake_package *p) {
  bool done = false;
  enum gs_status status = send_pages(d, p);
  while (status == GS_OK && !done) {
    status = gs_engine_scan(&d->engine, &done);
  }
  if (status == GS_OK) {
    status = send_blocks(d, p);
  }
  done = false;
  while (status == GS_OK && !done) {
    status = gs_engine_finish(&d->engine, &done);
  }
  return status;
}

enum gs_status fake_deliver(struct fake_device *d, const struct fake_package *p) {
  enum gs_status status = fake_begin(d, p);
  if (status == GS_OK) {
    status = fake_transfer(d, p);
  }
  if (status == GS_OK) {
    status = gs_engine_install(&d->engine, p->digest);
  }
  return status;
}

void fake_install(struct fake_device *d, const struct fake_package *p) {
  struct gs_boot_output out;
  must(fake_deliver(d, p));
  must(fake_device_boot(d, GS_RESET_REQUESTED, &out));
  assert(out.action == GS_BOOT_TRY);
  must(gs_engine_healthy(&d->engine));
  must(gs_engine_confirm(&d->engine, p->digest));
}
