/* SPDX-License-Identifier: Apache-2.0
 * Table pages and blocks: verified in RAM, then programmed, then read back.
 *
 * Invariants:
 *   - no byte is programmed that was not hashed first, in the buffer it is programmed from;
 *   - a unit of staging is erased by this session before it is programmed, and only while none
 *     of its blocks is held;
 *   - nothing at or beyond the trailer's begin is erased for a block.
 */
#include "engine_internal.h"

#include <string.h>

#define STORE_TRIES 2u

static uint32_t block_size(const struct gs_engine *e) {
  return e->table.digests_a_page * GS_DIGEST_BYTES;
}

uint32_t gs_block_off(const struct gs_engine *e, uint32_t i) {
  return i * block_size(e);
}

uint32_t gs_block_len(const struct gs_engine *e, uint32_t i) {
  return gs_table_block_len(&e->table, i);
}

static uint32_t page_len(const struct gs_engine *e, uint32_t i) {
  return gs_table_page_len(&e->table, i);
}

static enum gs_area staging(const struct gs_engine *e) {
  return gs_slot_area(e->progress.staging_slot);
}

static uint32_t erase_size(const struct gs_engine *e) {
  return e->port->geometry[GS_AREA_SLOT_A].erase_size;
}

void gs_block_group(const struct gs_engine *e, uint32_t i, uint32_t *first, uint32_t *count) {
  uint32_t size = block_size(e);
  uint32_t per_unit = size < erase_size(e) ? erase_size(e) / size : 1u;
  *first = i / per_unit * per_unit;
  *count = e->table.blocks - *first < per_unit ? e->table.blocks - *first : per_unit;
}

static bool bit(const struct gs_engine *e, uint32_t i) {
  return (e->memory.bitmap[i / 8u] >> (i % 8u) & 1u) != 0;
}

void gs_block_mark(struct gs_engine *e, uint32_t i, bool needed) {
  if (bit(e, i) == needed) {
    return;
  }
  e->memory.bitmap[i / 8u] ^= (uint8_t)(1u << (i % 8u));
  if (needed) {
    e->progress.blocks_needed++;
  } else {
    e->progress.blocks_needed--;
  }
}

/* No block of the erase unit is held: it may, and must, be erased. */
static bool group_untouched(const struct gs_engine *e, uint32_t first, uint32_t count) {
  for (uint32_t i = first; i < first + count; i++) {
    if (!bit(e, i)) {
      return false;
    }
  }
  return true;
}

static enum gs_status verify_page(struct gs_engine *e, uint32_t i, const uint8_t *data) {
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gs_sha256(data, page_len(e, i), digest);
  if (status != GS_OK) {
    return status;
  }
  const uint8_t *expect = e->table.digests + (size_t)i * GS_DIGEST_BYTES;
  return gs_equal(digest, expect, sizeof(digest)) ? GS_OK : GS_E_BLOCK_BAD;
}

static uint32_t page_off(const struct gs_engine *e, uint32_t i) {
  return e->trailer.pages + i * e->trailer.page_stride;
}

static enum gs_status load_page(struct gs_engine *e, uint32_t i) {
  if (e->page_loaded == i) {
    return GS_OK;
  }
  e->page_loaded = GS_PAGES_MAX;
  enum gs_status status =
      e->port->read(e->port->ctx, staging(e), page_off(e, i), e->memory.page, page_len(e, i));
  if (status == GS_OK) {
    status = verify_page(e, i, e->memory.page);
  }
  if (status == GS_OK) {
    e->page_loaded = i;
  }
  return status == GS_E_BLOCK_BAD ? GS_E_FLASH_VERIFY : status;
}

/* Pages in erase units of their own can be written again one by one. What a power cut left in
 * them is erased first, even where it reads blank. */
static bool pages_own_units(const struct gs_engine *e) {
  return (e->trailer.page_stride & (erase_size(e) - 1u)) == 0;
}

static enum gs_status clear_page(struct gs_engine *e, uint32_t i) {
  uint32_t bit_i = UINT32_C(1) << i;
  if ((e->pages_spoilt & bit_i) == 0) {
    return GS_OK;
  }
  enum gs_status status = gs_flash_erase_range(e->port, staging(e), page_off(e, i),
                                               page_off(e, i) + e->trailer.page_stride);
  if (status == GS_OK) {
    e->pages_spoilt &= ~bit_i;
  }
  return status;
}

enum gs_status gs_pages_find(struct gs_engine *e) {
  e->pages_needed = 0;
  e->pages_spoilt = 0;
  e->progress.pages_needed = 0;
  for (uint32_t i = 0; i < e->table.pages; i++) {
    enum gs_status status = load_page(e, i);
    if (status == GS_E_CRYPTO) {
      return status;
    }
    if (status == GS_OK) {
      continue;
    }
    if (e->progress.resumed && pages_own_units(e)) {
      e->pages_spoilt |= UINT32_C(1) << i;
    } else if (!gs_flash_blank(e->port, staging(e), page_off(e, i), e->trailer.page_stride)) {
      return status;
    }
    e->pages_needed |= UINT32_C(1) << i;
    e->progress.pages_needed++;
  }
  return GS_OK;
}

const struct gs_engine_progress *gs_engine_progress(const struct gs_engine *e) {
  return &e->progress;
}

const struct gs_table_shape *gs_engine_table(const struct gs_engine *e) {
  return e->open ? &e->table : NULL;
}

bool gs_engine_page_needed(const struct gs_engine *e, uint32_t i) {
  return e->open && i < e->table.pages && (e->pages_needed >> i & 1u) != 0;
}

bool gs_engine_block_needed(const struct gs_engine *e, uint32_t i) {
  return e->open && i < e->table.blocks && bit(e, i);
}

enum gs_status gs_engine_page(struct gs_engine *e, uint32_t i, const uint8_t *data, size_t len) {
  if (!e->open) {
    return GS_E_STATE;
  }
  if (i >= e->table.pages || len != page_len(e, i)) {
    return GS_E_BLOCK_RANGE;
  }
  if (!gs_engine_page_needed(e, i)) {
    return GS_OK;
  }
  enum gs_status status = verify_page(e, i, data);
  if (status == GS_OK) {
    status = clear_page(e, i);
  }
  if (status == GS_OK) {
    status = gs_flash_put(e->port, staging(e), page_off(e, i), data, (uint32_t)len, e->cell);
    if (status != GS_OK) {
      /* The page's place is spoilt: the next begin writes the trailer again. */
      gs_close_update(e);
    }
  }
  if (status != GS_OK) {
    return status;
  }
  e->pages_needed &= ~(UINT32_C(1) << i);
  e->progress.pages_needed--;
  return GS_OK;
}

enum gs_status gs_block_digest(struct gs_engine *e, uint32_t i, const uint8_t **digest) {
  enum gs_status status = load_page(e, i / e->table.digests_a_page);
  if (status == GS_OK) {
    *digest = e->memory.page + (size_t)(i % e->table.digests_a_page) * GS_DIGEST_BYTES;
  }
  return status;
}

static enum gs_status erase_group(struct gs_engine *e, uint32_t first, uint32_t count) {
  uint32_t unit = erase_size(e);
  uint32_t last = first + count - 1u;
  uint32_t from = first * block_size(e);
  uint32_t end = last * block_size(e) + gs_block_len(e, last);
  if (end > e->trailer.begin || (from & (unit - 1u)) != 0) {
    return GS_E_INTERNAL;
  }
  /* trailer.begin is a multiple of unit, so rounding up stays below it. */
  return gs_flash_erase_range(e->port, staging(e), from, (end + unit - 1u) & ~(unit - 1u));
}

enum gs_status gs_block_store(struct gs_engine *e, uint32_t i, const uint8_t *data) {
  uint32_t first;
  uint32_t count;
  enum gs_status status = GS_E_INTERNAL;
  gs_block_group(e, i, &first, &count);
  for (uint32_t tries = 0; tries < STORE_TRIES && status != GS_OK; tries++) {
    bool erases = group_untouched(e, first, count);
    status = erases ? erase_group(e, first, count) : GS_OK;
    if (status == GS_OK) {
      status =
          gs_flash_put(e->port, staging(e), gs_block_off(e, i), data, gs_block_len(e, i), e->cell);
    }
    if (status != GS_OK && !erases) {
      /* What else the unit held goes with it. */
      for (uint32_t n = first; n < first + count; n++) {
        gs_block_mark(e, n, true);
      }
      return status;
    }
  }
  if (status == GS_OK) {
    gs_block_mark(e, i, false);
  }
  return status;
}

bool gs_engine_page_erases(const struct gs_engine *e, uint32_t i) {
  return gs_engine_page_needed(e, i) && (e->pages_spoilt >> i & 1u) != 0;
}

bool gs_engine_block_erases(const struct gs_engine *e, uint32_t i) {
  if (!gs_engine_block_needed(e, i)) {
    return false;
  }
  uint32_t first;
  uint32_t count;
  gs_block_group(e, i, &first, &count);
  return group_untouched(e, first, count);
}

enum gs_status gs_engine_block(struct gs_engine *e, uint32_t i, const uint8_t *data, size_t len) {
  if (!e->open) {
    return GS_E_STATE;
  }
  if (e->pages_needed != 0) {
    return GS_E_MORE_NEEDED;
  }
  if (i >= e->table.blocks || len != gs_block_len(e, i)) {
    return GS_E_BLOCK_RANGE;
  }
  if (e->step != GS_STEP_DONE && e->step != GS_STEP_HASH) {
    return GS_E_STATE; /* what is needed is not known yet */
  }
  if (!bit(e, i)) {
    return GS_OK;
  }
  const uint8_t *expect;
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gs_block_digest(e, i, &expect);
  if (status == GS_OK) {
    status = gs_sha256(data, len, digest);
  }
  if (status != GS_OK) {
    return status;
  }
  if (!gs_equal(digest, expect, sizeof(digest))) {
    return GS_E_BLOCK_BAD;
  }
  return gs_block_store(e, i, data);
}

bool gs_image_tail_blank(const struct gs_engine *e) {
  uint32_t size = e->progress.total_bytes;
  uint32_t rest = size & (erase_size(e) - 1u);
  return rest == 0 || gs_flash_blank(e->port, staging(e), size, erase_size(e) - rest);
}
