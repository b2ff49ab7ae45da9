/* SPDX-License-Identifier: Apache-2.0
 * What a slot holds: the head of its trailer, the verdict on all of it, its acceptance record.
 *
 * Invariants:
 *   - memory.manifest holds the only copy of an envelope that anything here decides on;
 *   - a header with this begin's id was programmed after the whole trailer was erased: what it
 *     finds blank there may be programmed;
 *   - a slot counts as verified only after every byte of its image was hashed, in this call.
 */
#include "bytes.h"
#include "engine_internal.h"

#include <string.h>

#define HEADER_MAGIC 0x53485347u     /* "GSHS" */
#define ACCEPTANCE_MAGIC 0x43415347u /* "GSAC" */
#define ACCEPTANCE_CRC_OFF (GS_ACCEPTANCE_BYTES - 4u)

static enum gs_status head_layout(const struct gs_engine *e, struct gs_trailer *out) {
  const struct gs_geometry *g = &e->port->geometry[GS_AREA_SLOT_A];
  return gs_trailer_layout(g->size, g->erase_size, g->write_size, (uint32_t)e->memory.manifest_cap,
                           0, 0, out);
}

static uint32_t head_crc(const struct gs_engine *e, uint32_t len, uint32_t id,
                         const uint8_t *envelope) {
  uint8_t both[12];
  struct gs_writer w = gs_writer_init(both, sizeof(both));
  gs_write_u32(&w, len);
  gs_write_u32(&w, id);
  gs_write_u32(&w, gs_device_crc(e->device_id, envelope, len));
  return gs_device_crc(e->device_id, both, sizeof(both));
}

static void head_encode(const struct gs_engine *e, uint8_t out[GS_TRAILER_HEADER_BYTES]) {
  struct gs_writer w = gs_writer_init(out, GS_TRAILER_HEADER_BYTES);
  gs_write_u32(&w, HEADER_MAGIC);
  gs_write_u32(&w, (uint32_t)e->envelope_len);
  gs_write_u32(&w, e->state.update_id);
  gs_write_u32(&w, head_crc(e, (uint32_t)e->envelope_len, e->state.update_id, e->memory.manifest));
}

enum gs_status gs_slot_load(struct gs_engine *e, uint8_t slot, size_t *len) {
  struct gs_trailer at;
  uint8_t header[GS_TRAILER_HEADER_BYTES];
  enum gs_status status = head_layout(e, &at);
  if (status == GS_OK) {
    status = e->port->read(e->port->ctx, gs_slot_area(slot), at.header, header, sizeof(header));
  }
  if (status != GS_OK) {
    return status;
  }
  struct gs_reader r = gs_reader_init(header, sizeof(header));
  uint32_t magic = gs_read_u32(&r);
  uint32_t length = gs_read_u32(&r);
  uint32_t id = gs_read_u32(&r);
  uint32_t crc = gs_read_u32(&r);
  if (magic != HEADER_MAGIC || length > e->memory.manifest_cap) {
    return GS_E_NOT_FOUND;
  }
  status = e->port->read(e->port->ctx, gs_slot_area(slot), at.envelope, e->memory.manifest, length);
  if (status != GS_OK) {
    return status;
  }
  if (crc != head_crc(e, length, id, e->memory.manifest)) {
    return GS_E_NOT_FOUND;
  }
  *len = length;
  return GS_OK;
}

bool gs_slot_head_whole(struct gs_engine *e) {
  uint8_t header[GS_TRAILER_HEADER_BYTES];
  enum gs_area area = gs_slot_area(e->progress.staging_slot);
  head_encode(e, header);
  return gs_flash_same(e->port, area, e->trailer.header, header, sizeof(header)) == GS_OK &&
         gs_flash_same(e->port, area, e->trailer.envelope, e->memory.manifest,
                       (uint32_t)e->envelope_len) == GS_OK;
}

enum gs_status gs_slot_write_head(struct gs_engine *e) {
  const struct gs_port *port = e->port;
  enum gs_area area = gs_slot_area(e->progress.staging_slot);
  uint8_t header[GS_TRAILER_HEADER_BYTES];
  enum gs_status status =
      gs_flash_erase_range(port, area, e->trailer.begin, port->geometry[area].size);
  if (status == GS_OK) {
    status = gs_flash_put(port, area, e->trailer.envelope, e->memory.manifest,
                          (uint32_t)e->envelope_len, e->cell);
  }
  if (status != GS_OK) {
    return status;
  }
  head_encode(e, header);
  return gs_flash_put(port, area, e->trailer.header, header, sizeof(header), e->cell);
}

static void acceptance_encode(const struct gs_engine *e, const uint8_t digest[GS_DIGEST_BYTES],
                              uint8_t out[GS_ACCEPTANCE_BYTES]) {
  memset(out, 0, GS_ACCEPTANCE_BYTES);
  struct gs_writer w = gs_writer_init(out, GS_ACCEPTANCE_BYTES);
  gs_write_u32(&w, ACCEPTANCE_MAGIC);
  gs_write_bytes(&w, digest, GS_DIGEST_BYTES);
  w = gs_writer_init(out + ACCEPTANCE_CRC_OFF, 4);
  gs_write_u32(&w, gs_device_crc(e->device_id, out, ACCEPTANCE_CRC_OFF));
}

static bool accepted(const struct gs_engine *e, uint8_t slot,
                     const uint8_t digest[GS_DIGEST_BYTES]) {
  struct gs_trailer at;
  uint8_t expect[GS_ACCEPTANCE_BYTES];
  if (head_layout(e, &at) != GS_OK) {
    return false;
  }
  acceptance_encode(e, digest, expect);
  for (uint32_t i = 0; i < GS_ACCEPTANCE_CELLS; i++) {
    uint32_t off = at.acceptance + i * at.acceptance_stride;
    if (gs_flash_same(e->port, gs_slot_area(slot), off, expect, sizeof(expect)) == GS_OK) {
      return true;
    }
  }
  return false;
}

void gs_slot_accept(struct gs_engine *e, uint8_t slot, const uint8_t digest[GS_DIGEST_BYTES]) {
  struct gs_trailer at;
  uint8_t bytes[GS_ACCEPTANCE_BYTES];
  if (head_layout(e, &at) != GS_OK) {
    return;
  }
  acceptance_encode(e, digest, bytes);
  for (uint32_t i = 0; i < GS_ACCEPTANCE_CELLS; i++) {
    uint32_t off = at.acceptance + i * at.acceptance_stride;
    if (gs_flash_blank(e->port, gs_slot_area(slot), off, at.acceptance_stride) &&
        gs_flash_put(e->port, gs_slot_area(slot), off, bytes, sizeof(bytes), e->cell) == GS_OK) {
      return;
    }
  }
}

void gs_device_facts_for_policy(const struct gs_engine *e, uint32_t slot,
                                struct gs_policy_device *out) {
  const struct gs_device_facts *f = e->port->facts;
  const struct gs_geometry *g = &e->port->geometry[GS_AREA_SLOT_A];
  memset(out, 0, sizeof(*out));
  memcpy(out->product, f->product, sizeof(out->product));
  memcpy(out->hardware, f->hardware, sizeof(out->hardware));
  out->revision = f->revision;
  out->stub_version = GS_STUB_VERSION;
  out->production = f->lifecycle != GS_DEVELOPMENT;
  out->slot_size = g->size;
  out->erase_size = g->erase_size;
  out->write_size = g->write_size;
  out->slot_address[0] = f->slot_address[0];
  out->slot_address[1] = f->slot_address[1];
  out->manifest_max = (uint32_t)e->memory.manifest_cap;
  out->block_max = (uint32_t)e->memory.block_max;
  out->staging_slot = slot;
  out->floor = e->state.floor;
  out->floor_max = gs_floor_max(e->port);
  out->security_step_max = GS_SECURITY_STEP_MAX;
}

/* Is this the package, and was it accepted here? Decodes it then: its signatures held once. */
static enum gs_status judge_accepted(struct gs_engine *e, uint8_t slot, size_t len,
                                     const struct gs_package_id *expect, bool *was_accepted) {
  struct gs_signed envelope;
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gs_signed_parse(e->memory.manifest, len, &envelope);
  if (status == GS_OK) {
    status = gs_sha256(envelope.body, envelope.body_len, digest);
  }
  if (status != GS_OK) {
    return status;
  }
  if (!gs_equal(digest, expect->digest, sizeof(digest))) {
    return GS_E_DIGEST;
  }
  *was_accepted = accepted(e, slot, digest);
  return *was_accepted ? gs_manifest_decode(envelope.body, envelope.body_len, &e->manifest) : GS_OK;
}

/* Signatures, keys and strict decoding. */
static enum gs_status judge_signed(struct gs_engine *e, size_t len, enum gs_slot_check check) {
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gs_keyring_ready(e);
  if (status != GS_OK) {
    return status;
  }
  struct gs_keyring *ring = e->memory.ring;
  if (check == GS_CHECK_BOOT) {
    /* They were judged when the package was accepted, and never bind a start. */
    ring->revoked_keys_count = 0;
    ring->revoked_packages_count = 0;
    ring->fields.minimums_count = 0;
  }
  bool recovery;
  return gs_verify_manifest(e->memory.manifest, len, ring,
                            e->port->facts->lifecycle != GS_DEVELOPMENT, &e->manifest, digest,
                            &recovery);
}

/* Product, hardware, floor and where it lies. What compares with the running image was judged
 * when the package was accepted. */
static enum gs_status judge_place(const struct gs_engine *e, uint8_t slot,
                                  const struct gs_package_id *expect, uint32_t *variant) {
  struct gs_policy_device device;
  struct gs_policy_result result;
  gs_device_facts_for_policy(e, slot, &device);
  device.security_step_max = UINT32_MAX;
  device.floor_max = UINT32_MAX;
  enum gs_status status = gs_policy_judge(&e->manifest, expect->digest, &device, &result);
  if (status == GS_OK) {
    *variant = result.variant;
  }
  return status;
}

static enum gs_status hash_image(struct gs_engine *e, uint8_t slot, uint32_t size,
                                 uint8_t out[GS_DIGEST_BYTES]) {
  enum gs_status status = gs_sha256_start(&e->hash);
  for (uint32_t off = 0; status == GS_OK && off < size;) {
    uint32_t n = size - off < e->memory.block_max ? size - off : (uint32_t)e->memory.block_max;
    status = e->port->read(e->port->ctx, gs_slot_area(slot), off, e->memory.block, n);
    if (status == GS_OK) {
      status = gs_sha256_add(&e->hash, e->memory.block, n);
    }
    off += n;
  }
  if (status != GS_OK) {
    gs_sha256_abort(&e->hash);
    return status;
  }
  return gs_sha256_finish(&e->hash, out);
}

static enum gs_status verify_all(struct gs_engine *e, uint8_t slot, size_t len,
                                 const struct gs_package_id *expect, enum gs_slot_check check,
                                 bool *was_accepted) {
  uint32_t variant;
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = judge_accepted(e, slot, len, expect, was_accepted);
  if (status == GS_OK && (!*was_accepted || check == GS_CHECK_COMMANDED)) {
    status = judge_signed(e, len, check);
  }
  if (status == GS_OK) {
    status = judge_place(e, slot, expect, &variant);
  }
  if (status != GS_OK) {
    return status;
  }
  const gapseal_v1_Variant *image = &e->manifest.fields.variants[variant];
  status = hash_image(e, slot, image->size, digest);
  if (status != GS_OK) {
    return status;
  }
  if (!gs_equal(digest, image->sha256, sizeof(digest))) {
    return GS_E_IMAGE_BAD;
  }
  e->slot[slot] = (struct gs_slot_info){.present = true, .package = *expect, .size = image->size};
  return GS_OK;
}

void gs_slot_peek(struct gs_engine *e, uint8_t slot, const struct gs_package_id *expect) {
  size_t len = 0;
  bool was_accepted = false;
  struct gs_slot_info *info = &e->slot[slot];
  info->present = false;
  if (gs_slot_load(e, slot, &len) != GS_OK ||
      judge_accepted(e, slot, len, expect, &was_accepted) != GS_OK || !was_accepted) {
    return;
  }
  for (pb_size_t i = 0; i < e->manifest.fields.variants_count; i++) {
    const gapseal_v1_Variant *image = &e->manifest.fields.variants[i];
    if ((image->slots >> slot & 1u) != 0) {
      *info = (struct gs_slot_info){.present = true, .package = *expect, .size = image->size};
      return;
    }
  }
}

enum gs_slot_verdict gs_slot_verify(struct gs_engine *e, uint8_t slot,
                                    const struct gs_package_id *expect, enum gs_slot_check check,
                                    enum gs_status *why) {
  size_t len = 0;
  bool was_accepted = false;
  e->slot[slot].present = false;
  *why = gs_slot_load(e, slot, &len);
  if (*why == GS_E_NOT_FOUND) {
    return GS_SLOT_EMPTY;
  }
  if (*why == GS_OK) {
    *why = verify_all(e, slot, len, expect, check, &was_accepted);
  }
  if (*why != GS_OK) {
    return GS_SLOT_BAD;
  }
  return was_accepted ? GS_SLOT_ACCEPTED : GS_SLOT_VERIFIED;
}
