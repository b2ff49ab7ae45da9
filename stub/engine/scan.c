/* SPDX-License-Identifier: Apache-2.0
 * What is there already? Blocks that staging holds are kept, by whole erase units; blocks that
 * the running slot holds at the same place are copied through RAM and hashed there. One block
 * a step.
 */
#include "engine_internal.h"

#include <string.h>

void gs_scan_restart(struct gs_engine *e) {
  e->step = GS_STEP_STAGED;
  e->step_block = 0;
  e->page_loaded = GS_PAGES_MAX;
  memset(e->memory.bitmap, 0, e->memory.block_max / 8u);
  e->progress.blocks_needed = 0;
  for (uint32_t i = 0; i < e->table.blocks; i++) {
    gs_block_mark(e, i, true);
  }
}

/* Does the slot hold block i at its place? Leaves the bytes in memory.block. */
static enum gs_status holds(struct gs_engine *e, uint32_t slot, uint32_t i, bool *yes) {
  const uint8_t *expect;
  uint8_t digest[GS_DIGEST_BYTES];
  *yes = false;
  enum gs_status status = gs_block_digest(e, i, &expect);
  if (status != GS_OK) {
    return status;
  }
  uint32_t len = gs_block_len(e, i);
  if (e->port->read(e->port->ctx, gs_slot_area(slot), gs_block_off(e, i), e->memory.block, len) !=
      GS_OK) {
    return GS_OK; /* what cannot be read is not held */
  }
  status = gs_sha256(e->memory.block, len, digest);
  if (status == GS_OK) {
    *yes = gs_equal(digest, expect, sizeof(digest));
  }
  return status;
}

static bool may_copy(const struct gs_engine *e) {
  const struct gs_state *s = &e->state;
  return e->port->facts->slot_model == GS_SLOTS_SAME_ADDRESS && s->has_running &&
         s->running_slot != e->progress.staging_slot;
}

static void keep_group(struct gs_engine *e, uint32_t first, uint32_t count) {
  for (uint32_t i = first; i < first + count; i++) {
    gs_block_mark(e, i, false);
    e->progress.kept_bytes += gs_block_len(e, i);
  }
}

static void next_block(struct gs_engine *e) {
  e->step_block++;
  if (e->step_block >= e->table.blocks) {
    e->step = GS_STEP_DONE;
  }
}

/* The unit is kept when all of its blocks hold, and what follows the image in it is erased. */
static enum gs_status step_staged(struct gs_engine *e) {
  uint32_t first;
  uint32_t count;
  bool yes;
  uint32_t i = e->step_block;
  gs_block_group(e, i, &first, &count);
  enum gs_status status = holds(e, e->progress.staging_slot, i, &yes);
  if (status != GS_OK) {
    return status;
  }
  if (yes && i + 1u == e->table.blocks) {
    yes = gs_image_tail_blank(e);
  }
  if (yes && i + 1u == first + count) {
    keep_group(e, first, count);
    next_block(e);
  } else if (yes) {
    e->step_block++;
  } else if (may_copy(e)) {
    e->step_block = first;
    e->step = GS_STEP_COPY;
  } else {
    e->step_block = first + count - 1u;
    next_block(e);
  }
  return GS_OK;
}

static enum gs_status step_copy(struct gs_engine *e) {
  uint32_t first;
  uint32_t count;
  bool yes;
  uint32_t i = e->step_block;
  gs_block_group(e, i, &first, &count);
  enum gs_status status = holds(e, e->state.running_slot, i, &yes);
  if (status == GS_OK && yes) {
    status = gs_block_store(e, i, e->memory.block);
    if (status == GS_OK) {
      e->progress.copied_bytes += gs_block_len(e, i);
    }
  }
  if (i + 1u == first + count) {
    e->step = GS_STEP_STAGED;
  }
  next_block(e);
  return status;
}

enum gs_status gs_engine_scan(struct gs_engine *e, bool *done) {
  *done = false;
  if (!e->open) {
    return GS_E_STATE;
  }
  if (e->pages_needed != 0) {
    return GS_E_MORE_NEEDED;
  }
  enum gs_status status = GS_OK;
  if (e->step == GS_STEP_STAGED) {
    status = step_staged(e);
  } else if (e->step == GS_STEP_COPY) {
    status = step_copy(e);
  }
  *done = e->step == GS_STEP_DONE || e->step == GS_STEP_HASH;
  e->progress.done_bytes = *done ? e->progress.total_bytes : gs_block_off(e, e->step_block);
  return status;
}
