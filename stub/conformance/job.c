/* SPDX-License-Identifier: Apache-2.0
 * A whole update through the engine, on the port: what flash checks alone do not show, because
 * records, log, trailer and image share the device.
 */
#include <string.h>

#include "conformance_internal.h"
#include "gapseal/crypto.h"
#include "job.h"

static enum gs_status start(struct gs_conformance *c, enum gs_reset_cause cause,
                            struct gs_boot_output *out) {
  enum gs_status status = gs_engine_init(c->engine, c->port, &c->memory);
  if (status == GS_OK) {
    status = gs_engine_start(c->engine);
  }
  return status == GS_OK ? gs_engine_boot(c->engine, cause, false, out) : status;
}

static uint32_t floor_of(struct gs_conformance *c) {
  gapseal_v1_DeviceState s;
  gs_engine_state(c->engine, &s);
  return s.floor;
}

static enum gs_status begin(struct gs_conformance *c, const struct job_image *image) {
  struct gs_begin_options options = {.door = GS_DOOR_WIRE};
  struct gs_verdict verdict;
  return gs_engine_begin(c->engine, c->envelope, image->envelope_len, &options, &verdict);
}

static enum gs_status send_pages(struct gs_conformance *c, const struct job_image *image) {
  enum gs_status status = GS_OK;
  for (uint32_t i = 0; status == GS_OK && i < image->shape.pages; i++) {
    if (gs_engine_page_needed(c->engine, i)) {
      status = job_page(image, i, c->block);
      if (status == GS_OK) {
        status = gs_engine_page(c->engine, i, c->block, gs_table_page_len(&image->shape, i));
      }
    }
  }
  return status;
}

/* Blocks that are needed, at most `most` of them. */
static enum gs_status send_blocks(struct gs_conformance *c, const struct job_image *image,
                                  uint32_t most) {
  enum gs_status status = GS_OK;
  for (uint32_t i = 0; status == GS_OK && most > 0 && i < image->shape.blocks; i++) {
    if (gs_engine_block_needed(c->engine, i)) {
      job_block(image, i, c->block);
      status = gs_engine_block(c->engine, i, c->block, gs_table_block_len(&image->shape, i));
      most--;
    }
  }
  return status;
}

static enum gs_status scan(struct gs_conformance *c) {
  bool done = false;
  enum gs_status status = GS_OK;
  while (status == GS_OK && !done) {
    status = gs_engine_scan(c->engine, &done);
  }
  return status;
}

static enum gs_status accept(struct gs_conformance *c, const struct job_image *image) {
  enum gs_status status = begin(c, image);
  if (status == GS_OK) {
    status = send_pages(c, image);
  }
  return status == GS_OK ? scan(c) : status;
}

static enum gs_status complete(struct gs_conformance *c, const struct job_image *image) {
  enum gs_status status = send_blocks(c, image, UINT32_MAX);
  bool done = false;
  while (status == GS_OK && !done) {
    status = gs_engine_finish(c->engine, &done);
  }
  return status == GS_OK ? gs_engine_install(c->engine, image->package) : status;
}

/* Records as a device has them that was never used. */
static bool wipe(struct gs_conformance *c) {
  static const enum gs_area areas[] = {GS_AREA_STATE, GS_AREA_LOG, GS_AREA_KEYRING};
  for (unsigned i = 0; i < sizeof areas / sizeof areas[0]; i++) {
    const struct gs_geometry *g = &c->port->geometry[areas[i]];
    for (uint32_t off = 0; off < g->size; off += g->erase_size) {
      if (c->port->erase(c->port->ctx, areas[i], off) != GS_OK) {
        return false;
      }
    }
  }
  return true;
}

static bool check_provision(struct gs_conformance *c) {
  struct gs_boot_output out;
  size_t len = job_keyring(c->envelope, GS_CONFORMANCE_ENVELOPE_MAX);
  bool ok = wipe(c) && gs_engine_init(c->engine, c->port, &c->memory) == GS_OK &&
            gs_engine_start(c->engine) == GS_E_STORE_LOST && len > 0 &&
            gs_engine_provision(c->engine, c->envelope, len, 0) == GS_OK;
  (void)gs_check_that(c, ok, "an empty device can be provisioned", "the engine refused");
  ok = ok && start(c, GS_RESET_POWER, &out) == GS_OK && out.action == GS_BOOT_STUB;
  return gs_check_that(c, ok, "a provisioned device starts, and waits for its first image",
                       "the engine does not start");
}

static bool check_first(struct gs_conformance *c) {
  struct job_image image;
  struct gs_boot_output out = {.action = GS_BOOT_STUB};
  bool ok = job_make(c, 1, 0, &image) == GS_OK && accept(c, &image) == GS_OK &&
            send_blocks(c, &image, image.shape.blocks / 2u) == GS_OK;
  (void)gs_check_that(c, ok, "half an image is taken", "the engine refused it");
  ok = ok && start(c, GS_RESET_POWER, &out) == GS_OK && accept(c, &image) == GS_OK;
  const struct gs_engine_progress *progress = gs_engine_progress(c->engine);
  ok = gs_check_that(c, ok && progress->resumed && progress->blocks_needed < image.shape.blocks,
                     "after a reset the other half is enough", "nothing was kept over the reset");
  ok = ok && complete(c, &image) == GS_OK && start(c, GS_RESET_REQUESTED, &out) == GS_OK &&
       out.action == GS_BOOT_TRY;
  ok = gs_check_that(c, ok, "the whole image is verified in flash, and started on trial",
                     "it was not") &&
       gs_engine_healthy(c->engine) == GS_OK &&
       gs_engine_confirm(c->engine, image.package) == GS_OK;
  return gs_check_that(c, ok && floor_of(c) == 1, "confirming it raises the floor",
                       "the floor is another");
}

static void check_refusals(struct gs_conformance *c) {
  struct job_image image;
  enum gs_status made = job_make(c, 2, 1, &image);
  c->envelope[image.envelope_len - 1u] ^= 1u;
  (void)gs_check_that(c, made == GS_OK && begin(c, &image) == GS_E_SIG_BAD,
                      "a forged manifest is refused", "it was not");
  made = job_make(c, 0, 1, &image);
  (void)gs_check_that(c, made == GS_OK && begin(c, &image) == GS_E_BELOW_FLOOR,
                      "a manifest below the floor is refused", "it was not");
}

static void check_second(struct gs_conformance *c) {
  struct job_image image;
  struct gs_boot_output out = {.action = GS_BOOT_STUB};
  bool ok = job_make(c, 2, 1, &image) == GS_OK && accept(c, &image) == GS_OK &&
            complete(c, &image) == GS_OK && start(c, GS_RESET_REQUESTED, &out) == GS_OK &&
            out.action == GS_BOOT_TRY && out.slot == 1;
  (void)gs_check_that(c, ok, "the next image starts on trial from the other slot", "it does not");
  ok = ok && gs_engine_reject(c->engine, image.package) == GS_OK &&
       start(c, GS_RESET_REQUESTED, &out) == GS_OK && out.action == GS_BOOT_RUN && out.slot == 0;
  (void)gs_check_that(c, ok && floor_of(c) == 1,
                      "rejected, the image before it runs, and the floor stays", "it does not");
}

void gs_check_job(struct gs_conformance *c) {
  if (check_provision(c) && check_first(c)) {
    check_refusals(c);
    check_second(c);
  }
}
