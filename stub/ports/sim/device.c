/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lock.h"
#include "profile.h"
#include "provision.h"
#include "say.h"
#include "window.h"

#define MCU_SLOT_A_ADDRESS 0x08010000u
#define WINDOW_SPARE_MS 500u /* of a slow computer, between the reply and the window */

uint32_t sim_now_ms(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint32_t)((uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u);
}

static uint32_t port_now_ms(void *ctx) {
  (void)ctx;
  return sim_now_ms();
}

static enum gs_status port_entropy(void *ctx, void *out, size_t len) {
  (void)ctx;
  return gs_random(out, len) == GS_OK ? GS_OK : GS_E_NO_RANDOM;
}

static enum gs_status port_sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                                uint8_t sig[GS_SIGNATURE_BYTES]) {
  const struct sim_device *d = ctx;
  return gs_ecdsa_sign(d->keys.private_key, hash, sig);
}

/* The times are what a slow computer needs: flash of a file costs nothing. */
static bool fill_facts(struct sim_device *d, const struct sim_options *o) {
  const struct sim_identity *id = &d->identity;
  struct gs_device_facts *f = &d->facts;
  bool mcu = id->profile == SIM_PROFILE_MCU;
  *f = (struct gs_device_facts){
      .revision = id->revision,
      .slot_model = mcu ? GS_SLOTS_TWO_LINK : GS_SLOTS_SAME_ADDRESS,
      .lifecycle = id->production ? GS_PRODUCTION : GS_DEVELOPMENT,
      .key_protection = GS_KEY_IN_FLASH,
      .statement = d->keys.statement,
      .statement_len = d->keys.statement_len,
      .erase_ms_max = 1,
      .program_ms_max = 5,
      .signature_ms_max = 20,
      .stub_window_ms = o->app_silent ? SIM_WINDOW_MS + WINDOW_SPARE_MS : 0,
  };
  if (mcu) {
    f->slot_address[0] = MCU_SLOT_A_ADDRESS;
    f->slot_address[1] = MCU_SLOT_A_ADDRESS + id->slot_bytes;
  }
  memcpy(f->device_key, d->keys.public_key, sizeof f->device_key);
  memcpy(f->serial, id->serial, sizeof f->serial);
  return gs_id_from_name(id->product, f->product) == GS_OK &&
         gs_id_from_name(id->hardware, f->hardware) == GS_OK;
}

static bool fill_port(struct sim_device *d, const struct sim_options *o) {
  d->port = (struct gs_port){
      .ctx = d,
      .facts = &d->facts,
      .now_ms = port_now_ms,
      .entropy = port_entropy,
      .sign = port_sign,
  };
  gs_flash_model_port_ops(d->flash, &d->port, d->identity.hw_counter);
  return fill_facts(d, o);
}

static bool open_flash(struct sim_device *d, const struct sim_options *o, bool fresh) {
  struct gs_geometry geometry[GS_AREA_COUNT];
  char path[SIM_PATH_MAX];
  sim_profile_geometry(&d->identity, geometry);
  if (!sim_path(o, "flash", path)) {
    return false;
  }
  if (fresh && unlink(path) != 0 && errno != ENOENT) {
    return sim_fault(o->dir, strerror(errno));
  }
  d->flash = gs_flash_model_open(path, geometry);
  return d->flash != NULL ||
         sim_fault(o->dir, errno == EINVAL ? "slot size not possible" : strerror(errno));
}

static bool make(struct sim_device *d, const struct sim_options *o) {
  if (!sim_keys_make(o, &d->keys) || !open_flash(d, o, true) || !fill_port(d, o)) {
    return false;
  }
  return sim_provision(&d->engine, &d->port, &d->engine_memory, o->provision) &&
         sim_identity_store(o);
}

static bool open_old(struct sim_device *d, const struct sim_options *o) {
  if (o->provision != NULL || o->maker_key != NULL) {
    sim_say("%s: already provisioned; --provision and --maker-key ignored", o->dir);
  }
  return sim_keys_load(o, &d->keys) && open_flash(d, o, false) && fill_port(d, o);
}

/* A directory for the device, and nobody else in it. What is there is judged afterwards. */
static enum sim_exit enter_directory(struct sim_device *d, const struct sim_options *o) {
  char conf[SIM_PATH_MAX];
  if (!sim_path(o, "device.conf", conf)) {
    return SIM_EXIT_FAILED;
  }
  if (access(conf, F_OK) != 0) {
    if (o->provision == NULL || o->maker_key == NULL) {
      (void)sim_fault(o->dir,
                      "no device there; gapseal-sim makes one, with --provision and --maker-key");
      return SIM_EXIT_FAILED;
    }
    if (mkdir(o->dir, 0777) != 0 && errno != EEXIST) {
      (void)sim_fault(o->dir, strerror(errno));
      return SIM_EXIT_FAILED;
    }
  }
  return sim_lock(o, &d->lock);
}

static bool open_or_make(struct sim_device *d, const struct sim_options *o) {
  bool exists = false;
  if (!sim_identity_load(o, &d->identity, &exists)) {
    return false;
  }
  d->memory = sim_profile_memory(&d->identity, &d->engine_memory, &d->session_memory);
  if (d->memory == NULL) {
    return sim_fault(o->dir, "out of memory");
  }
  return exists ? open_old(d, o) : make(d, o);
}

enum sim_exit sim_device_open(struct sim_device *d, const struct sim_options *o) {
  memset(d, 0, sizeof *d);
  d->lock = -1;
  if (gs_crypto_init() != GS_OK) {
    (void)sim_fault(o->dir, "the cryptographic library does not work");
    return SIM_EXIT_FAILED;
  }
  enum sim_exit code = enter_directory(d, o);
  if (code == SIM_EXIT_OK && !open_or_make(d, o)) {
    code = SIM_EXIT_FAILED;
  }
  return code;
}

void sim_device_close(struct sim_device *d) {
  gs_flash_model_free(d->flash);
  free(d->memory);
  gs_wipe(&d->keys, sizeof d->keys);
  if (d->lock >= 0) {
    (void)close(d->lock); /* last: flash is closed by now */
  }
}

bool sim_device_start(struct sim_device *d, enum gs_reset_cause cause, bool stay,
                      struct gs_boot_output *out) {
  enum gs_status status = gs_engine_init(&d->engine, &d->port, &d->engine_memory);
  if (status != GS_OK) {
    sim_say("the engine refuses this geometry (status %d)", (int)status);
    return false;
  }
  status = gs_engine_start(&d->engine);
  if (status != GS_OK) { /* it answers questions all the same */
    sim_say("start: status %d", (int)status);
  }
  status = gs_engine_boot(&d->engine, cause, stay, out);
  if (status != GS_OK) {
    sim_say("boot: status %d", (int)status);
    out->action = GS_BOOT_STUB;
  }
  return true;
}
