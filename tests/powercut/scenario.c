/* SPDX-License-Identifier: Apache-2.0
 * The stories. Each is told by a host that knows nothing but what the device says: whatever
 * was cut, it looks at the state and goes on from there.
 */
#include <string.h>

#include "powercut.h"

static gapseal_v1_State state_of(const struct fake_device *d) {
  return (gapseal_v1_State)d->engine.state.state;
}

static bool runs(const struct fake_device *d, const struct fake_package *p) {
  return d->engine.state.has_running &&
         memcmp(d->engine.state.running.digest, p->digest, GS_DIGEST_BYTES) == 0;
}

/* Bring a package to its first start, from whatever state. */
static void push(struct fake_device *d, const struct fake_package *p, enum gs_reset_cause *next) {
  if (fake_deliver(d, p) == GS_OK) {
    *next = GS_RESET_REQUESTED;
  }
}

static bool install_until_confirmed(struct fake_device *d, const struct fake_package *p,
                                    enum gs_reset_cause *next) {
  if (state_of(d) == gapseal_v1_State_STATE_TRIAL) {
    return gs_engine_healthy(&d->engine) == GS_OK &&
           gs_engine_confirm(&d->engine, p->digest) == GS_OK;
  }
  if (runs(d, p)) {
    return state_of(d) == gapseal_v1_State_STATE_READY;
  }
  push(d, p, next);
  return false;
}

static void prepare_nothing(struct fake_device *d, const struct world *w) {
  (void)d;
  (void)w;
}

static void prepare_one(struct fake_device *d, const struct world *w) {
  fake_install(d, &w->package[WORLD_ONE]);
}

static void prepare_two(struct fake_device *d, const struct world *w) {
  fake_install(d, &w->package[WORLD_ONE]);
  fake_install(d, &w->package[WORLD_TWO]);
}

static bool act_first(struct fake_device *d, const struct world *w,
                      const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  (void)boot;
  return install_until_confirmed(d, &w->package[WORLD_ONE], next);
}

static bool act_update(struct fake_device *d, const struct world *w,
                       const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  (void)boot;
  return install_until_confirmed(d, &w->package[WORLD_TWO], next);
}

/* The image on trial crashes each time; the device must go back by itself. */
static bool act_crash(struct fake_device *d, const struct world *w,
                      const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  const struct fake_package *bad = &w->package[WORLD_BAD];
  const struct gs_state *s = &d->engine.state;
  if (boot->action == GS_BOOT_TRY) {
    *next = GS_RESET_WATCHDOG;
    return false;
  }
  if (s->state == gapseal_v1_State_STATE_REJECTED && s->reason == GS_E_NOT_STARTED) {
    return runs(d, &w->package[WORLD_ONE]) && boot->action == GS_BOOT_RUN &&
           s->outcome == GS_E_NOT_STARTED;
  }
  push(d, bad, next);
  return false;
}

static bool act_reject(struct fake_device *d, const struct world *w,
                       const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  const struct fake_package *two = &w->package[WORLD_TWO];
  const struct gs_state *s = &d->engine.state;
  if (s->state == gapseal_v1_State_STATE_TRIAL) {
    *next = GS_RESET_REQUESTED;
    enum gs_status status = gs_engine_reject(&d->engine, two->digest);
    (void)status; /* a cut shows at the next start */
    return false;
  }
  if (s->state == gapseal_v1_State_STATE_REJECTED && s->reason == GS_E_REJECTED) {
    return boot->action == GS_BOOT_RUN && gs_engine_acknowledge(&d->engine) == GS_OK;
  }
  if (s->state == gapseal_v1_State_STATE_READY &&
      s->operation == gapseal_v1_Operation_OPERATION_REJECT) {
    return true;
  }
  push(d, two, next);
  return false;
}

static bool act_rollback(struct fake_device *d, const struct world *w,
                         const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  const struct gs_state *s = &d->engine.state;
  if (runs(d, &w->package[WORLD_ONE])) {
    return boot->action == GS_BOOT_RUN && s->state == gapseal_v1_State_STATE_READY &&
           s->operation == gapseal_v1_Operation_OPERATION_ROLLBACK &&
           s->outcome == GS_E_ROLLED_BACK && !s->promised;
  }
  if (gs_engine_rollback(&d->engine, w->package[WORLD_TWO].digest) == GS_OK) {
    *next = GS_RESET_REQUESTED;
  }
  return false;
}

/* The running image is damaged; the promised one runs again by itself. */
static void prepare_damaged(struct fake_device *d, const struct world *w) {
  prepare_two(d, w);
  enum gs_area area = d->engine.state.running_slot == 0 ? GS_AREA_SLOT_A : GS_AREA_SLOT_B;
  gs_flash_model_bytes(d->flash, area)[17] ^= 4;
}

static bool act_damaged(struct fake_device *d, const struct world *w,
                        const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  (void)next;
  return runs(d, &w->package[WORLD_ONE]) && boot->action == GS_BOOT_RUN &&
         state_of(d) == gapseal_v1_State_STATE_REJECTED;
}

static bool act_keyring(struct fake_device *d, const struct world *w,
                        const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  (void)boot;
  *next = GS_RESET_POWER;
  enum gs_status status = gs_engine_link(&d->engine, w->keyring, w->keyring_len);
  if (status == GS_E_ALREADY) {
    return d->engine.state.keyring_version == 2;
  }
  return status == GS_OK && gs_engine_store_keyring(&d->engine) == GS_OK;
}

/* Begin, some blocks, cancel; over when nothing is being written any more. */
static bool act_cancel(struct fake_device *d, const struct world *w,
                       const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  (void)boot;
  *next = GS_RESET_POWER;
  const struct gs_state *s = &d->engine.state;
  if (s->outcome == GS_E_CANCELLED) {
    return s->state == gapseal_v1_State_STATE_READY && runs(d, &w->package[WORLD_ONE]);
  }
  return fake_begin(d, &w->package[WORLD_TWO]) == GS_OK &&
         fake_transfer(d, &w->package[WORLD_TWO]) == GS_OK && gs_engine_cancel(&d->engine) == GS_OK;
}

static bool act_provision(struct fake_device *d, const struct world *w,
                          const struct gs_boot_output *boot, enum gs_reset_cause *next) {
  (void)boot;
  *next = GS_RESET_POWER;
  if (!d->engine.lost) {
    return true;
  }
  return gs_engine_provision(&d->engine, w->maker.keyring, w->maker.keyring_len, 1) == GS_OK;
}

const struct scenario scenarios[] = {
    {"provision", true, prepare_nothing, act_provision},
    {"first", false, prepare_nothing, act_first},
    {"update", false, prepare_one, act_update},
    {"crash", false, prepare_one, act_crash},
    {"reject", false, prepare_one, act_reject},
    {"rollback", false, prepare_two, act_rollback},
    {"damaged", false, prepare_damaged, act_damaged},
    {"keyring", false, prepare_one, act_keyring},
    {"cancel", false, prepare_one, act_cancel},
};
const unsigned scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);
