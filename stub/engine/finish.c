/* SPDX-License-Identifier: Apache-2.0
 * The whole image once more, from flash: only its digest makes a candidate.
 */
#include "engine_internal.h"

static enum gs_status fail(struct gs_engine *e, enum gs_status reason) {
  struct gs_state *next = gs_next_state(e);
  next->state = gapseal_v1_State_STATE_FAILED;
  next->reason = (uint16_t)reason;
  gs_set_outcome(next, gapseal_v1_Operation_OPERATION_INSTALL, reason, &e->state.update);
  enum gs_status status = gs_commit(e, GS_LOG_REJECT, reason, 0, GS_SUBJECT_UPDATE);
  gs_close_update(e);
  return status == GS_OK ? reason : status;
}

static enum gs_status step_hash(struct gs_engine *e) {
  uint32_t left = e->progress.total_bytes - e->step_off;
  uint32_t n = left < e->memory.block_max ? left : (uint32_t)e->memory.block_max;
  enum gs_status status = e->port->read(e->port->ctx, gs_slot_area(e->progress.staging_slot),
                                        e->step_off, e->memory.block, n);
  if (status == GS_OK) {
    status = gs_sha256_add(&e->hash, e->memory.block, n);
  }
  e->step_off += n;
  e->progress.done_bytes = e->step_off;
  return status;
}

static enum gs_status deliver(struct gs_engine *e) {
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gs_sha256_finish(&e->hash, digest);
  if (status != GS_OK) {
    return status;
  }
  if (!gs_equal(digest, e->image_sha256, sizeof(digest)) || !gs_image_tail_blank(e)) {
    return GS_E_IMAGE_BAD;
  }
  struct gs_state *next = gs_next_state(e);
  next->state = gapseal_v1_State_STATE_CANDIDATE;
  status = gs_commit(e, GS_LOG_DELIVERED, GS_OK, 0, GS_SUBJECT_UPDATE);
  if (status == GS_OK) {
    e->slot[e->progress.staging_slot] = (struct gs_slot_info){
        .present = true, .package = e->state.update, .size = e->progress.total_bytes};
  }
  return status;
}

/* A verdict on the image ends the update; a fault in writing the verdict down does not. */
static bool is_verdict(enum gs_status status) {
  return status == GS_E_IMAGE_BAD || status == GS_E_FLASH_READ || status == GS_E_CRYPTO;
}

enum gs_status gs_engine_finish(struct gs_engine *e, bool *done) {
  *done = false;
  if (!e->open) {
    return GS_E_STATE;
  }
  if (e->state.state != gapseal_v1_State_STATE_WRITING) {
    *done = true; /* it was delivered before */
    return GS_OK;
  }
  if (e->pages_needed != 0 || e->progress.blocks_needed != 0 ||
      (e->step != GS_STEP_DONE && e->step != GS_STEP_HASH)) {
    return GS_E_MORE_NEEDED;
  }
  enum gs_status status = GS_OK;
  if (e->step == GS_STEP_DONE) {
    status = gs_sha256_start(&e->hash);
    e->step_off = 0;
    e->step = GS_STEP_HASH;
  }
  if (status == GS_OK) {
    status = step_hash(e);
  }
  if (status == GS_OK && e->step_off == e->progress.total_bytes) {
    status = deliver(e);
    e->step = GS_STEP_DONE;
    *done = status == GS_OK;
  }
  if (status != GS_OK) {
    gs_sha256_abort(&e->hash);
    e->step = GS_STEP_DONE;
  }
  return is_verdict(status) ? fail(e, status) : status;
}
