/* SPDX-License-Identifier: Apache-2.0 */
#include "ota_client.h"

#include <string.h>

#include "package_layout.h"

/* -- the stream -------------------------------------------------------------------------------- */

/* Exactly len bytes. */
static enum gs_status take(struct ota_client *c, uint8_t *buf, size_t len) {
  while (len > 0) {
    size_t got = 0;
    enum gs_status status = c->source->read(c->source->ctx, buf, len, &got);
    if (status != GS_OK) {
      return status;
    }
    if (got == 0 || got > len) {
      return GS_E_MORE_NEEDED;
    }
    c->read_bytes += got;
    buf += got;
    len -= got;
  }
  return GS_OK;
}

/* Read on without keeping anything. */
static enum gs_status pass(struct ota_client *c, uint64_t len) {
  enum gs_status status = GS_OK;
  while (status == GS_OK && len > 0) {
    size_t n = len < c->memory.block_max ? (size_t)len : c->memory.block_max;
    status = take(c, c->memory.block, n);
    len -= n;
  }
  return status;
}

/* A section's header; the content follows in the stream. */
static enum gs_status open_section(struct ota_client *c, enum gs_package_section section,
                                   uint64_t *len) {
  uint8_t header[GS_PACKAGE_HEADER_BYTES];
  enum gs_status status = take(c, header, sizeof header);
  if (status != GS_OK) {
    return status;
  }
  bool good = gs_package_header_read(header, section, len);
  return good && *len <= gs_package_section_max(section) ? GS_OK : GS_E_FILE_MALFORMED;
}

static enum gs_status pass_section(struct ota_client *c, enum gs_package_section section) {
  uint64_t len = 0;
  enum gs_status status = open_section(c, section, &len);
  return status == GS_OK ? pass(c, len) : status;
}

/* Pages and images are as long as the manifest says, and not a byte else. */
static enum gs_status open_exact(struct ota_client *c, enum gs_package_section section,
                                 uint64_t expected) {
  uint64_t len = 0;
  enum gs_status status = open_section(c, section, &len);
  return status == GS_OK && len != expected ? GS_E_FILE_MALFORMED : status;
}

static enum gs_status expect_end(struct ota_client *c) {
  size_t got = 0;
  enum gs_status status = c->source->read(c->source->ctx, c->memory.block, 1, &got);
  return status == GS_OK && got > 0 ? GS_E_FILE_MALFORMED : status;
}

/* -- what the engine judges -------------------------------------------------------------------- */

/* A refusal is evidence: it is counted, and the log tells it once something is accepted. */
static enum gs_status judged(struct ota_client *c, enum gs_status status) {
  if (status != GS_OK && status != GS_E_ALREADY) {
    gs_engine_count_refusal(c->engine);
  }
  return status;
}

static enum gs_status read_manifest(struct ota_client *c, size_t *len) {
  static const uint8_t magic[GS_PACKAGE_MAGIC_BYTES + 1] = GS_PACKAGE_MAGIC;
  uint8_t first[GS_PACKAGE_MAGIC_BYTES];
  uint64_t n = 0;
  enum gs_status status = take(c, first, sizeof first);
  if (status == GS_OK && memcmp(first, magic, sizeof first) != 0) {
    status = GS_E_FILE_MALFORMED;
  }
  if (status == GS_OK) {
    status = open_section(c, GS_PACKAGE_MANIFEST, &n);
  }
  if (status == GS_OK && (n == 0 || n > c->memory.manifest_cap)) {
    status = n == 0 ? GS_E_EMPTY : GS_E_TOO_BIG; /* nothing that could be shown to the engine */
  }
  if (status == GS_OK) {
    *len = (size_t)n;
    status = take(c, c->memory.manifest, *len);
  }
  return status;
}

/* The engine judges each newer keyring as the successor of the one before. One that is not newer is
 * passed over: the engine would have no use for it. */
static enum gs_status read_keyring(struct ota_client *c, size_t len, uint32_t held) {
  uint8_t *keyring = c->memory.keyring;
  uint32_t version = 0;
  size_t head = len < GS_KEYRING_PEEK_BYTES ? len : GS_KEYRING_PEEK_BYTES;
  if (head > c->memory.keyring_cap) {
    return GS_E_TOO_BIG;
  }
  enum gs_status status = take(c, keyring, head);
  if (status != GS_OK) {
    return status;
  }
  if (gs_keyring_peek(keyring, head, &version) && version <= held) {
    return pass(c, len - head);
  }
  if (len > c->memory.keyring_cap) {
    return GS_E_TOO_BIG;
  }
  status = take(c, keyring + head, len - head);
  if (status == GS_OK) {
    status = judged(c, gs_engine_link(c->engine, keyring, len));
  }
  return status == GS_E_ALREADY ? GS_OK : status;
}

static enum gs_status read_keyrings(struct ota_client *c) {
  uint8_t number[4];
  uint64_t left = 0;
  gapseal_v1_DeviceState state;
  gs_engine_state(c->engine, &state);
  enum gs_status status = open_section(c, GS_PACKAGE_KEYRINGS, &left);
  while (status == GS_OK && left > 0) {
    struct gs_reader r = gs_reader_init(number, sizeof number);
    status = left < sizeof number ? GS_E_FILE_MALFORMED : take(c, number, sizeof number);
    if (status == GS_OK) {
      uint32_t len = gs_read_u32(&r);
      left -= sizeof number;
      bool fits = len > 0 && len <= left;
      left -= fits ? len : 0;
      status = fits ? read_keyring(c, len, state.keyring_version) : GS_E_FILE_MALFORMED;
    }
  }
  return status;
}

/* Verdict on the manifest. Nothing of it is looked at here before the engine has verified it. */
static enum gs_status judge(struct ota_client *c, const struct gs_begin_options *options,
                            size_t len) {
  struct gs_signed envelope;
  enum gs_status status =
      judged(c, gs_engine_check(c->engine, c->memory.manifest, len, options, &c->verdict));
  if (status == GS_OK) {
    status = gs_signed_parse(c->memory.manifest, len, &envelope);
  }
  return status == GS_OK ? gs_manifest_decode(envelope.body, envelope.body_len, &c->manifest)
                         : status;
}

/* -- what the engine needs --------------------------------------------------------------------- */

static enum gs_status take_pages_of(struct ota_client *c, const struct gs_table_shape *table) {
  enum gs_status status = GS_OK;
  for (uint32_t i = 0; status == GS_OK && i < table->pages; i++) {
    uint32_t len = gs_table_page_len(table, i);
    if (!gs_engine_page_needed(c->engine, i)) {
      status = pass(c, len);
      continue;
    }
    status = take(c, c->memory.block, len);
    if (status == GS_OK) {
      status = gs_engine_page(c->engine, i, c->memory.block, len);
    }
  }
  return status;
}

static enum gs_status take_blocks_of(struct ota_client *c, const struct gs_table_shape *table) {
  enum gs_status status = GS_OK;
  for (uint32_t i = 0; status == GS_OK && i < table->blocks; i++) {
    uint32_t len = gs_table_block_len(table, i);
    if (!gs_engine_block_needed(c->engine, i)) {
      status = pass(c, len);
      continue;
    }
    status = take(c, c->memory.block, len);
    if (status == GS_OK) {
      status = gs_engine_block(c->engine, i, c->memory.block, len);
      c->taken_bytes += status == GS_OK ? len : 0;
    }
  }
  return status;
}

/* One of the variants is this device's; the other one's pages are in the same section. */
static enum gs_status take_pages(struct ota_client *c) {
  enum gs_status status = GS_OK;
  for (uint32_t v = 0; status == GS_OK && v < c->manifest.fields.variants_count; v++) {
    struct gs_table_shape table = gs_manifest_table(&c->manifest, v);
    status = v == c->verdict.variant ? take_pages_of(c, &table)
                                     : pass(c, (uint64_t)table.blocks * GS_DIGEST_BYTES);
  }
  return status;
}

static enum gs_status take_blocks(struct ota_client *c) {
  enum gs_status status = open_exact(c, GS_PACKAGE_DATA, gs_package_data_len(&c->manifest));
  for (uint32_t v = 0; status == GS_OK && v < c->manifest.fields.variants_count; v++) {
    struct gs_table_shape table = gs_manifest_table(&c->manifest, v);
    status = v == c->verdict.variant ? take_blocks_of(c, &table)
                                     : pass(c, c->manifest.fields.variants[v].size);
  }
  return status == GS_OK ? expect_end(c) : status;
}

/* What do the slots hold already? */
static enum gs_status scan(struct ota_client *c) {
  enum gs_status status = GS_OK;
  for (bool done = false; status == GS_OK && !done;) {
    status = gs_engine_scan(c->engine, &done);
  }
  return status;
}

/* The engine reads the whole image back before it lets the next start have it. */
static enum gs_status install(struct ota_client *c) {
  enum gs_status status = GS_OK;
  for (bool done = false; status == GS_OK && !done;) {
    status = gs_engine_finish(c->engine, &done);
  }
  return status == GS_OK ? gs_engine_install(c->engine, c->verdict.package) : status;
}

/* -- an update --------------------------------------------------------------------------------- */

static enum gs_status update(struct ota_client *c, const struct gs_begin_options *options) {
  size_t len = 0;
  enum gs_status status = read_manifest(c, &len);
  if (status == GS_OK) {
    status = read_keyrings(c);
  }
  if (status == GS_OK) {
    status = judge(c, options, len);
  }
  if (status == GS_OK) {
    status = pass_section(c, GS_PACKAGE_ABOUT);
  }
  if (status == GS_OK) {
    status = pass_section(c, GS_PACKAGE_ATTACHMENTS);
  }
  if (status == GS_OK) {
    status = open_exact(c, GS_PACKAGE_PAGES, gs_package_pages_len(&c->manifest));
  }
  if (status == GS_OK) { /* from here on the device is written to */
    status = gs_engine_begin(c->engine, c->memory.manifest, len, options, &c->verdict);
    c->begun = status == GS_OK;
  }
  if (status == GS_OK) {
    status = take_pages(c);
  }
  if (status == GS_OK) {
    status = scan(c);
  }
  if (status == GS_OK) {
    status = take_blocks(c);
  }
  return status == GS_OK ? install(c) : status;
}

enum gs_status ota_update(struct ota_client *c, bool older, bool reinstall) {
  const struct gs_begin_options options = {
      .older = older, .reinstall = reinstall, .door = GS_DOOR_OTA};
  memset(&c->verdict, 0, sizeof c->verdict);
  c->begun = false;
  c->read_bytes = 0;
  c->taken_bytes = 0;
  enum gs_status status = update(c, &options);
  gs_engine_unlink(c->engine); /* what was not stored is forgotten */
  return status;
}
