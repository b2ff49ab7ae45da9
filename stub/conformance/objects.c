/* SPDX-License-Identifier: Apache-2.0
 * The suite's signed objects. Its two keys are written here for everyone to read: a device that
 * trusts them is worth nothing, and is provisioned anew before it is used.
 */
#include <string.h>

#include "gapseal/crypto.h"
#include "job.h"

#define BLOCKS_MIN 5u
#define BLOCKS_MAX 64u
#define TAIL_BYTES 77u
#define PIECE_BYTES 64u
#define TABLE_PAGES_MAX 16u

static const uint8_t root_key[GS_PRIVATE_KEY_BYTES] = "gapseal conformance suite, root";
static const uint8_t release_key[GS_PRIVATE_KEY_BYTES] = "gapseal conformance suite, rel.";

/* Sign the body at out + GS_SIGNED_BODY_OFFSET_MAX and make it an envelope. 0: failed. */
static size_t seal(enum gs_object_type type, const uint8_t *key, size_t body_len, uint8_t *out,
                   size_t cap) {
  const uint8_t *body = out + GS_SIGNED_BODY_OFFSET_MAX;
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES];
  if (body_len == 0 || gs_ecdsa_public(key, public_key) != GS_OK ||
      gs_key_id(public_key, id) != GS_OK || gs_signed_hash(type, body, body_len, hash) != GS_OK ||
      gs_ecdsa_sign(key, hash, sig) != GS_OK) {
    return 0;
  }
  struct gs_signature signature = {.key_id = id, .sig = sig, .sig_len = sizeof sig};
  return gs_signed_write(body, body_len, &signature, 1, out, cap);
}

static bool add_key(struct gs_keyring *ring, gapseal_v1_Role role, const uint8_t *private_key) {
  gapseal_v1_Key *key = &ring->fields.keys[ring->fields.keys_count++];
  key->has_key = key->has_role = key->has_algorithm = true;
  key->role = role;
  key->algorithm = gapseal_v1_Algorithm_ALGORITHM_ECDSA_P256;
  return gs_ecdsa_public(private_key, key->key) == GS_OK;
}

size_t job_keyring(uint8_t *out, size_t cap) {
  struct gs_keyring ring;
  memset(&ring, 0, sizeof ring);
  ring.fields.has_format = ring.fields.has_version = ring.fields.has_root_threshold = true;
  ring.fields.format = ring.fields.version = ring.fields.root_threshold = 1;
  if (!add_key(&ring, gapseal_v1_Role_ROLE_ROOT, root_key) ||
      !add_key(&ring, gapseal_v1_Role_ROLE_RELEASE, release_key)) {
    return 0;
  }
  size_t len =
      gs_keyring_encode(&ring, out + GS_SIGNED_BODY_OFFSET_MAX, cap - GS_SIGNED_BODY_OFFSET_MAX);
  return seal(GS_OBJECT_KEYRING, root_key, len, out, cap);
}

/* Bytes [off, off + len) of the image. */
static void bytes_of(const struct job_image *image, uint32_t off, uint32_t len, uint8_t *out) {
  for (uint32_t k = 0; k < len; k++) {
    uint32_t x = (off + k + 1u) * 2654435761u + image->release * 40503u;
    out[k] = (uint8_t)(x >> 13);
  }
}

static enum gs_status digest_of(const struct job_image *image, uint32_t off, uint32_t len,
                                uint8_t digest[GS_DIGEST_BYTES]) {
  struct gs_sha256 h;
  uint8_t piece[PIECE_BYTES];
  enum gs_status status = gs_sha256_start(&h);
  while (status == GS_OK && len > 0) {
    uint32_t n = len < PIECE_BYTES ? len : PIECE_BYTES;
    bytes_of(image, off, n, piece);
    status = gs_sha256_add(&h, piece, n);
    off += n;
    len -= n;
  }
  return status == GS_OK ? gs_sha256_finish(&h, digest) : status;
}

void job_block(const struct job_image *image, uint32_t i, uint8_t *out) {
  bytes_of(image, i * image->block_size, gs_table_block_len(&image->shape, i), out);
}

enum gs_status job_page(const struct job_image *image, uint32_t i, uint8_t *out) {
  uint32_t first = i * image->shape.digests_a_page;
  uint32_t count = gs_table_page_len(&image->shape, i) / GS_DIGEST_BYTES;
  enum gs_status status = GS_OK;
  for (uint32_t k = 0; status == GS_OK && k < count; k++) {
    status = digest_of(image, (first + k) * image->block_size,
                       gs_table_block_len(&image->shape, first + k), out + k * GS_DIGEST_BYTES);
  }
  return status;
}

/* A few blocks, past the end of an erase unit, the last one short. */
static void choose_size(const struct gs_conformance *c, struct job_image *out) {
  uint32_t unit = c->port->geometry[GS_AREA_SLOT_A].erase_size;
  uint32_t most = c->memory.block_max < GS_CONFORMANCE_BLOCK_MAX ? (uint32_t)c->memory.block_max
                                                                 : GS_CONFORMANCE_BLOCK_MAX;
  uint32_t blocks = unit / most + BLOCKS_MIN;
  out->block_size = most;
  out->size = (blocks < BLOCKS_MAX ? blocks : BLOCKS_MAX) * most + TAIL_BYTES;
}

static void fill_variant(const struct gs_conformance *c, uint32_t slot,
                         const struct job_image *image, gapseal_v1_Variant *v) {
  const struct gs_device_facts *f = c->port->facts;
  gs_fields_all_present(&gapseal_v1_Variant_msg, v);
  v->slots = f->slot_model == GS_SLOTS_SAME_ADDRESS ? 3u : 1u << slot;
  v->has_load_address = f->slot_address[slot] != 0;
  v->load_address = f->slot_address[slot];
  v->size = image->size;
  v->block_size = image->block_size;
}

static void fill_manifest(const struct gs_conformance *c, uint32_t release,
                          gapseal_v1_Manifest *m) {
  const struct gs_device_facts *f = c->port->facts;
  gs_fields_all_present(&gapseal_v1_Manifest_msg, m);
  m->format = 1;
  memcpy(m->product, f->product, GS_ID_BYTES);
  m->hardware_count = 1;
  gs_fields_all_present(&gapseal_v1_Hardware_msg, &m->hardware[0]);
  memcpy(m->hardware[0].id, f->hardware, GS_ID_BYTES);
  m->hardware[0].first_revision = m->hardware[0].last_revision = f->revision;
  m->release = release + 1u; /* a release is never 0, a security version may be */
  m->security_version = m->raises_floor_to = release;
  m->min_stub = 1;
  m->confirm = gapseal_v1_Confirm_CONFIRM_BY_HOST;
  memset(m->about, 0x5A, sizeof m->about);
}

enum gs_status job_make(struct gs_conformance *c, uint32_t release, uint32_t slot,
                        struct job_image *out) {
  uint8_t digests[TABLE_PAGES_MAX * GS_DIGEST_BYTES];
  struct gs_manifest manifest;
  struct gs_manifest *m = &manifest;
  memset(m, 0, sizeof *m);
  memset(out, 0, sizeof *out);
  out->release = release;
  choose_size(c, out);
  fill_manifest(c, release, &m->fields);
  m->fields.variants_count = 1;
  fill_variant(c, slot, out, &m->fields.variants[0]);
  m->table = digests;
  out->shape = gs_manifest_table(m, 0);
  out->shape.digests = NULL;
  enum gs_status status = out->shape.pages <= TABLE_PAGES_MAX
                              ? digest_of(out, 0, out->size, m->fields.variants[0].sha256)
                              : GS_E_RANGE;
  for (uint32_t i = 0; status == GS_OK && i < out->shape.pages; i++) {
    status = job_page(out, i, c->block);
    if (status == GS_OK) {
      status =
          gs_sha256(c->block, gs_table_page_len(&out->shape, i), digests + i * GS_DIGEST_BYTES);
    }
  }
  if (status != GS_OK) {
    return status;
  }
  m->table_len = out->shape.pages * GS_DIGEST_BYTES;
  size_t len = gs_manifest_encode(m, c->envelope + GS_SIGNED_BODY_OFFSET_MAX,
                                  GS_CONFORMANCE_ENVELOPE_MAX - GS_SIGNED_BODY_OFFSET_MAX);
  status = gs_sha256(c->envelope + GS_SIGNED_BODY_OFFSET_MAX, len, out->package);
  out->envelope_len =
      seal(GS_OBJECT_MANIFEST, release_key, len, c->envelope, GS_CONFORMANCE_ENVELOPE_MAX);
  return status == GS_OK && out->envelope_len == 0 ? GS_E_RANGE : status;
}
