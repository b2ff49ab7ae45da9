/* SPDX-License-Identifier: Apache-2.0
 * The over-the-air client on a watched device (fuzz_device.h), given package files: what it
 * installs is the image of the file, and it takes each file that the host's reader and the device's
 * own check take. Inputs are those of fuzz_package, and so is the mutator.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz_device.h"
#include "ota_client.h"
#include "package.h"
#include "package_parts.h"

static struct fuzz_device *const d = &fuzz_device;

void fuzz_start(void) {
  fuzz_sign_start();
  fuzz_device_start();
}

static enum gs_status give(void *ctx, uint8_t *buf, size_t cap, size_t *got) {
  struct fuzz_script *file = ctx;
  const uint8_t *at = fuzz_bytes(file, cap < 97u ? cap : 97u, got);
  FUZZ_MUST(cap > 0);
  if (*got > 0) {
    memcpy(buf, at, *got);
  }
  return GS_OK;
}

static enum gs_status by_ota(const uint8_t *data, size_t len, struct ota_client *c) {
  static uint8_t manifest[FUZZ_MANIFEST_MAX], keyring[FUZZ_KEYRING_MAX], block[FUZZ_BLOCK];
  struct fuzz_script file = {data, len};
  const struct ota_source source = {&file, give};
  *c = (struct ota_client){.engine = &d->engine,
                           .source = &source,
                           .memory = {.manifest = manifest,
                                      .manifest_cap = sizeof manifest,
                                      .keyring = keyring,
                                      .keyring_cap = sizeof keyring,
                                      .block = block,
                                      .block_max = sizeof block}};
  enum gs_status status = ota_update(c, false, false);
  FUZZ_MUST(c->read_bytes <= len);
  return status;
}

/* The host's reader against the device's keyring, and the device's check of the manifest. */
static bool others_take_it(const uint8_t *data, size_t len) {
  const struct gs_begin_options options = {.door = GS_DOOR_OTA};
  const uint8_t *trusted[] = {fuzz_keyrings[1].envelope};
  struct gsh_judgement judgement;
  struct gsh_package *p = NULL;
  struct gsh_error err;
  struct gs_verdict verdict;
  size_t envelope_len;
  bool ok = gsh_package_open(fuzz_file(0, data, len), &p, &err) == GS_OK &&
            gsh_package_judge(p, trusted, &fuzz_keyrings[1].len, 1, &judgement, &err) == GS_OK &&
            judgement.keyring_version == 1 && gsh_package_verify(p, NULL, NULL, &err) == GS_OK;
  if (ok) {
    const uint8_t *envelope = gsh_package_envelope(p, &envelope_len);
    ok = gs_engine_check(&d->engine, envelope, envelope_len, &options, &verdict) == GS_OK;
  }
  gsh_package_close(p);
  return ok;
}

/* The slot that was written holds the file's image of that slot's variant. */
static void check_image(const uint8_t *data, size_t len, const struct ota_client *c) {
  struct package_parts parts;
  FUZZ_MUST(package_split(data, len, &parts));
  const gapseal_v1_Manifest *m = &c->manifest.fields;
  uint32_t v = c->verdict.variant;
  uint64_t off = 0;
  for (uint32_t i = 0; i < v; i++) {
    off += m->variants[i].size;
  }
  const uint8_t *slot = gs_flash_model_bytes(d->flash, (enum gs_area)c->verdict.staging_slot);
  FUZZ_MUST(v < m->variants_count && off + m->variants[v].size <= parts.len[GS_PACKAGE_DATA]);
  FUZZ_MUST(memcmp(slot, parts.data[GS_PACKAGE_DATA] + off, m->variants[v].size) == 0);
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct ota_client c;
  gapseal_v1_DeviceState state;
  fuzz_device_be(len % 2u == 0 ? FUZZ_IN_READY : FUZZ_IN_FIRST);
  bool expected = others_take_it(data, len);
  uint32_t before = gs_flash_model_ops(d->flash);
  enum gs_status status = by_ota(data, len, &c);
  gs_engine_state(&d->engine, &state);
  FUZZ_MUST(!expected || status == GS_OK);
  FUZZ_MUST(c.begun || gs_flash_model_ops(d->flash) == before);
  FUZZ_MUST((status == GS_OK) == (state.state == gapseal_v1_State_STATE_STAGED));
  if (status == GS_OK) {
    check_image(data, len, &c);
  }
  fuzz_device_check();
}

void fuzz_seeds(void) {
  static uint8_t out[PARTS_PACKAGE_MAX];
  for (uint32_t keyrings = 0; keyrings <= 2; keyrings++) {
    char name[] = {'k', (char)('0' + keyrings), '\0'};
    size_t n = package_good(1, keyrings, fixture_about, NULL, 0, out, sizeof out);
    fuzz_seed(name, out, n);
  }
}
