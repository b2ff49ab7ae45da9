/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gapseal/crypto.h"

const uint8_t fixture_product[GS_ID_BYTES] = {0x7a, 0x81, 0xab, 0x6f, 0x52, 0x3d, 0x78, 0x76,
                                              0x2c, 0xba, 0x7d, 0xb2, 0xce, 0xdf, 0x36, 0x66};
const uint8_t fixture_other_product[GS_ID_BYTES] = {0xf3, 0x6e, 0xa5, 0xc3, 0xda, 0x09, 0x87, 0xc9,
                                                    0x8f, 0x0d, 0x34, 0x88, 0x75, 0x96, 0x76, 0xac};
const uint8_t fixture_hardware[GS_ID_BYTES] = {0x62, 0x6f, 0x61, 0x72, 0x64, 0x20, 0x6f, 0x6e,
                                               0x65, 0x20, 0x69, 0x64, 0x20, 0x20, 0x20, 0x31};

const char fixture_about[] =
    "{\"format\":1,\"name\":\"vectors\",\"version\":\"8.0.0\",\"product\":\"com.example.one\"}";
const char fixture_other_about[] =
    "{\"format\":1,\"name\":\"vectors\",\"version\":\"8.0.0\",\"product\":\"com.example.two\"}";

void fixture_must(bool ok, const char *what) {
  if (!ok) {
    (void)fprintf(stderr, "fixture: %s\n", what);
    abort();
  }
}

/* Computed once a run: tests sign thousands of times. */
void fixture_public_key(enum test_key key, uint8_t out[GS_PUBLIC_KEY_BYTES]) {
  static uint8_t keys[TEST_KEY_COUNT][GS_PUBLIC_KEY_BYTES];
  static bool known[TEST_KEY_COUNT];
  if (!known[key]) {
    fixture_must(gs_ecdsa_public(test_keys[key].scalar, keys[key]) == GS_OK, "public key");
    known[key] = true;
  }
  memcpy(out, keys[key], GS_PUBLIC_KEY_BYTES);
}

void fixture_key_id(enum test_key key, uint8_t out[GS_KEY_ID_BYTES]) {
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  fixture_public_key(key, public_key);
  fixture_must(gs_key_id(public_key, out) == GS_OK, "key id");
}

size_t fixture_sign(enum gs_object_type type, const uint8_t *body, size_t len,
                    const enum test_key *keys, size_t key_count, uint8_t *out, size_t cap) {
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t ids[GS_SIGNATURES_MAX + 1][GS_KEY_ID_BYTES];
  uint8_t sigs[GS_SIGNATURES_MAX + 1][GS_SIGNATURE_BYTES];
  struct gs_signature signatures[GS_SIGNATURES_MAX + 1];
  fixture_must(key_count <= GS_SIGNATURES_MAX + 1, "too many signers");
  fixture_must(gs_signed_hash(type, body, len, hash) == GS_OK, "hash");
  for (size_t i = 0; i < key_count; i++) {
    fixture_key_id(keys[i], ids[i]);
    fixture_must(gs_ecdsa_sign(test_keys[keys[i]].scalar, hash, sigs[i]) == GS_OK, "sign");
    signatures[i] =
        (struct gs_signature){.key_id = ids[i], .sig = sigs[i], .sig_len = GS_SIGNATURE_BYTES};
  }
  size_t used = gs_signed_write(body, len, signatures, key_count, out, cap);
  fixture_must(used > 0, "envelope");
  return used;
}

void fixture_image(uint32_t seed, uint8_t *out, size_t len) {
  for (uint32_t i = 0; (size_t)i * GS_DIGEST_BYTES < len; i++) {
    uint8_t text[40];
    int n = snprintf((char *)text, sizeof text, "gapseal test image %u %u", (unsigned)seed,
                     (unsigned)i);
    uint8_t digest[GS_DIGEST_BYTES];
    fixture_must(gs_sha256(text, (size_t)n, digest) == GS_OK, "image");
    size_t left = len - (size_t)i * GS_DIGEST_BYTES;
    memcpy(out + (size_t)i * GS_DIGEST_BYTES, digest, left < sizeof digest ? left : sizeof digest);
  }
}

size_t fixture_page(const uint8_t *image, const struct gs_table_shape *shape, uint32_t block_size,
                    uint32_t page, uint8_t *out) {
  uint32_t first = page * shape->digests_a_page;
  uint32_t end = first + shape->digests_a_page;
  if (end > shape->blocks) {
    end = shape->blocks;
  }
  for (uint32_t block = first; block < end; block++) {
    size_t len = block + 1 == shape->blocks ? shape->last_block_len : block_size;
    fixture_must(gs_sha256(image + (size_t)block * block_size, len,
                           out + (size_t)(block - first) * GS_DIGEST_BYTES) == GS_OK,
                 "block");
  }
  return (size_t)(end - first) * GS_DIGEST_BYTES;
}

void fixture_describe_image(struct fixture_manifest *f, uint32_t i, uint32_t seed, uint32_t size,
                            uint32_t block_size) {
  gapseal_v1_Variant *v = &f->m.fields.variants[i];
  uint8_t *image = malloc(size);
  uint8_t *page = malloc(block_size);
  fixture_must(image != NULL && page != NULL, "memory");
  fixture_image(seed, image, size);
  v->size = size;
  v->block_size = block_size;
  fixture_must(gs_sha256(image, size, v->sha256) == GS_OK, "digest");
  f->m.table = f->table;
  struct gs_table_shape shape = gs_manifest_table(&f->m, i);
  size_t at = (size_t)(shape.digests - f->table);
  for (uint32_t p = 0; p < shape.pages; p++) {
    fixture_must(at + GS_DIGEST_BYTES <= sizeof f->table, "table");
    size_t len = fixture_page(image, &shape, block_size, p, page);
    fixture_must(gs_sha256(page, len, f->table + at) == GS_OK, "page");
    at += GS_DIGEST_BYTES;
  }
  f->m.table_len = at;
  free(page);
  free(image);
}

static void start_manifest(struct fixture_manifest *f, uint32_t variants) {
  memset(f, 0, sizeof *f);
  gapseal_v1_Manifest *m = &f->m.fields;
  gs_fields_all_present(&gapseal_v1_Manifest_msg, m);
  m->format = 1;
  memcpy(m->product, fixture_product, GS_ID_BYTES);
  m->hardware_count = 1;
  gs_fields_all_present(&gapseal_v1_Hardware_msg, &m->hardware[0]);
  memcpy(m->hardware[0].id, fixture_hardware, GS_ID_BYTES);
  m->hardware[0].first_revision = 1;
  m->hardware[0].last_revision = 3;
  m->min_stub = 1;
  m->confirm = gapseal_v1_Confirm_CONFIRM_BY_HOST;
  m->variants_count = (pb_size_t)variants;
  for (uint32_t i = 0; i < variants; i++) {
    gs_fields_all_present(&gapseal_v1_Variant_msg, &m->variants[i]);
    m->variants[i].has_load_address = variants == 2;
    m->variants[i].load_address = i == 0 ? FIXTURE_ADDRESS_A : FIXTURE_ADDRESS_B;
    m->variants[i].slots = variants == 2 ? 1u << i : 3u;
  }
  fixture_must(gs_sha256(fixture_about, strlen(fixture_about), m->about) == GS_OK, "about");
}

void fixture_manifest(struct fixture_manifest *f, uint32_t variants) {
  start_manifest(f, variants);
  f->m.fields.release = 8;
  f->m.fields.security_version = 4;
  f->m.fields.raises_floor_to = 4;
  for (uint32_t i = 0; i < variants; i++) {
    fixture_describe_image(f, i, 8 + 1000 * i, FIXTURE_IMAGE_BYTES, FIXTURE_BLOCK_BYTES);
  }
}

void fixture_release_manifest(struct fixture_manifest *f, uint32_t release,
                              uint32_t security_version, uint32_t raises_floor_to) {
  start_manifest(f, 1);
  f->m.fields.release = release;
  f->m.fields.security_version = security_version;
  f->m.fields.raises_floor_to = raises_floor_to;
  fixture_describe_image(f, 0, FIXTURE_RUNNING_SEED, FIXTURE_IMAGE_BYTES, FIXTURE_BLOCK_BYTES);
}

void fixture_running_manifest(struct fixture_manifest *f) {
  fixture_release_manifest(f, 7, 3, 3);
}

size_t fixture_manifest_body(const struct fixture_manifest *f, uint8_t out[FIXTURE_BODY_MAX]) {
  size_t len = gs_manifest_encode(&f->m, out, FIXTURE_BODY_MAX);
  fixture_must(len > 0, "manifest body");
  return len;
}

void fixture_add_key(struct fixture_keyring *f, enum test_key key, int role) {
  gapseal_v1_Keyring *k = &f->k.fields;
  gapseal_v1_Key *entry = &k->keys[k->keys_count];
  fixture_must(k->keys_count < sizeof k->keys / sizeof k->keys[0], "too many keys");
  gs_fields_all_present(&gapseal_v1_Key_msg, entry);
  entry->has_product = false;
  entry->role = (gapseal_v1_Role)role;
  entry->algorithm = gapseal_v1_Algorithm_ALGORITHM_ECDSA_P256;
  fixture_public_key(key, entry->key);
  k->keys_count++;
}

static int by_role_and_key(const void *a, const void *b) {
  const gapseal_v1_Key *x = a;
  const gapseal_v1_Key *y = b;
  return x->role != y->role ? (x->role < y->role ? -1 : 1) : memcmp(x->key, y->key, sizeof x->key);
}

static int by_digest(const void *a, const void *b) {
  return memcmp(a, b, GS_DIGEST_BYTES);
}

void fixture_sort_keyring(struct fixture_keyring *f) {
  gapseal_v1_Keyring *k = &f->k.fields;
  qsort(k->keys, k->keys_count, sizeof k->keys[0], by_role_and_key);
  qsort(f->revoked_keys, f->k.revoked_keys_count, GS_KEY_ID_BYTES, by_digest);
  qsort(f->revoked_packages, f->k.revoked_packages_count, GS_DIGEST_BYTES, by_digest);
  f->k.revoked_keys = f->revoked_keys;
  f->k.revoked_packages = f->revoked_packages;
}

/* The package that version 2 revokes: the running one's sister of release 6. */
static void revoke_package(struct fixture_keyring *f) {
  struct fixture_manifest m;
  uint8_t body[FIXTURE_BODY_MAX];
  fixture_running_manifest(&m);
  m.m.fields.release = 6;
  size_t len = fixture_manifest_body(&m, body);
  fixture_must(gs_sha256(body, len, f->revoked_packages) == GS_OK, "revoked package");
  f->k.revoked_packages_count = 1;
}

void fixture_keyring(struct fixture_keyring *f, uint32_t version) {
  memset(f, 0, sizeof *f);
  gapseal_v1_Keyring *k = &f->k.fields;
  gs_fields_all_present(&gapseal_v1_Keyring_msg, k);
  k->format = 1;
  k->version = version;
  k->root_threshold = version == 1 ? 1 : 2;
  fixture_add_key(f, version == 1 ? TEST_KEY_ROOT_1 : TEST_KEY_ROOT_3, gapseal_v1_Role_ROLE_ROOT);
  fixture_add_key(f, TEST_KEY_ROOT_2, gapseal_v1_Role_ROLE_ROOT);
  fixture_add_key(f, TEST_KEY_RELEASE_1, gapseal_v1_Role_ROLE_RELEASE);
  fixture_add_key(f, TEST_KEY_RECOVERY_1, gapseal_v1_Role_ROLE_RECOVERY);
  fixture_add_key(f, TEST_KEY_CATALOGUE_1, gapseal_v1_Role_ROLE_CATALOGUE);
  if (version == 1) {
    fixture_add_key(f, TEST_KEY_RELEASE_2, gapseal_v1_Role_ROLE_RELEASE);
    gapseal_v1_Key *scoped = &k->keys[k->keys_count - 1];
    scoped->has_product = true;
    memcpy(scoped->product, fixture_other_product, GS_ID_BYTES);
  } else {
    fixture_key_id(TEST_KEY_ROOT_1, f->revoked_keys);
    fixture_key_id(TEST_KEY_RELEASE_2, f->revoked_keys + GS_KEY_ID_BYTES);
    f->k.revoked_keys_count = 2;
    revoke_package(f);
    k->minimums_count = 1;
    gs_fields_all_present(&gapseal_v1_ProductMinimum_msg, &k->minimums[0]);
    memcpy(k->minimums[0].product, fixture_product, GS_ID_BYTES);
    k->minimums[0].security_version = 3;
  }
  fixture_sort_keyring(f);
}

size_t fixture_keyring_body(const struct fixture_keyring *f, uint8_t out[FIXTURE_BODY_MAX]) {
  size_t len = gs_keyring_encode(&f->k, out, FIXTURE_BODY_MAX);
  fixture_must(len > 0, "keyring body");
  return len;
}

size_t fixture_keyring_envelope(uint32_t version, uint8_t *out, size_t cap) {
  static const enum test_key roots[] = {TEST_KEY_ROOT_1, TEST_KEY_ROOT_2, TEST_KEY_ROOT_3};
  struct fixture_keyring f;
  uint8_t body[FIXTURE_BODY_MAX];
  fixture_keyring(&f, version);
  size_t len = fixture_keyring_body(&f, body);
  return fixture_sign(GS_OBJECT_KEYRING, body, len, roots, version == 1 ? 1 : 3, out, cap);
}

void fixture_device(struct gs_policy_device *d) {
  memset(d, 0, sizeof *d);
  memcpy(d->product, fixture_product, GS_ID_BYTES);
  memcpy(d->hardware, fixture_hardware, GS_ID_BYTES);
  d->revision = 2;
  d->stub_version = 1;
  d->slot_size = 65536;
  d->erase_size = 4096;
  d->write_size = 8;
  d->slot_address[0] = FIXTURE_ADDRESS_A;
  d->slot_address[1] = FIXTURE_ADDRESS_B;
  d->manifest_max = 1024;
  d->block_max = FIXTURE_BLOCK_BYTES;
  d->staging_slot = 1;
  d->has_running = true;
  d->floor_max = 0xFFFFFFFFu;
  d->security_step_max = 1000;
  fixture_device_runs(d, 3, 3);
}

void fixture_device_runs(struct gs_policy_device *d, uint32_t security_version, uint32_t floor) {
  struct fixture_manifest running;
  uint8_t body[FIXTURE_BODY_MAX];
  d->running_release = 7;
  d->running_security_version = security_version;
  d->floor = floor;
  fixture_release_manifest(&running, 7, security_version, floor);
  size_t len = fixture_manifest_body(&running, body);
  fixture_must(gs_sha256(body, len, d->running_package) == GS_OK, "running package");
}
