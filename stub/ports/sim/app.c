/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 64u
#define START_MS 50u
#define WATCHDOG_MS 300u

static enum sim_app_kind kind_of(const char text[TEXT_BYTES]) {
  static const struct {
    const char *text;
    enum sim_app_kind kind;
  } kinds[] = {
      {"gapseal-sim:crash", SIM_APP_CRASH},
      {"gapseal-sim:hang", SIM_APP_HANG},
      {"gapseal-sim:never-healthy", SIM_APP_IDLE},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (strncmp(text, kinds[i].text, TEXT_BYTES) == 0) {
      return kinds[i].kind;
    }
  }
  return SIM_APP_HEALTHY;
}

static enum sim_app_kind read_kind(struct sim_device *d, uint8_t slot) {
  gapseal_v1_DeviceState state;
  char text[TEXT_BYTES];
  gs_engine_state(&d->engine, &state);
  uint32_t size = slot == 0 ? state.slot_a.size : state.slot_b.size;
  enum gs_area area = slot == 0 ? GS_AREA_SLOT_A : GS_AREA_SLOT_B;
  if (size < TEXT_BYTES ||
      d->port.read(d->port.ctx, area, size - TEXT_BYTES, text, TEXT_BYTES) != GS_OK) {
    return SIM_APP_HEALTHY;
  }
  return kind_of(text);
}

void sim_app_start(struct sim_app *app, struct sim_device *d, const struct gs_boot_output *boot,
                   bool silent) {
  *app = (struct sim_app){.kind = SIM_APP_NONE};
  if (boot->action != GS_BOOT_STUB) {
    app->kind = read_kind(d, boot->slot);
    app->silent = silent;
    app->due_ms = sim_now_ms() + (app->kind == SIM_APP_HANG ? WATCHDOG_MS : START_MS);
  }
}

int sim_app_wait_ms(const struct sim_app *app) {
  if (app->kind == SIM_APP_NONE || app->kind == SIM_APP_IDLE) {
    return -1;
  }
  uint32_t left = app->due_ms - sim_now_ms();
  return left <= WATCHDOG_MS ? (int)left : 0;
}

static bool on_trial(struct sim_device *d) {
  gapseal_v1_DeviceState state;
  gs_engine_state(&d->engine, &state);
  return state.state == gapseal_v1_State_STATE_TRIAL;
}

bool sim_app_step(struct sim_app *app, struct sim_device *d, enum gs_reset_cause *cause) {
  if (sim_app_wait_ms(app) != 0) {
    return false;
  }
  if (app->kind == SIM_APP_HEALTHY) {
    /* Refused where nothing waits for it: a confirmed image that was healthy before. */
    enum gs_status status = gs_engine_healthy(&d->engine);
    if (status != GS_OK && status != GS_E_STATE) {
      (void)fprintf(stderr, "gapseal-sim: healthy: status %d\n", (int)status);
    }
    app->kind = SIM_APP_IDLE;
    app->asks_stub = app->silent && on_trial(d);
    *cause = GS_RESET_REQUESTED;
    return app->asks_stub;
  }
  *cause = app->kind == SIM_APP_CRASH ? GS_RESET_CRASH : GS_RESET_WATCHDOG;
  return true;
}

const char *sim_app_name(const struct sim_app *app) {
  switch (app->kind) {
    case SIM_APP_NONE:
      return "stub answers";
    case SIM_APP_HEALTHY:
      return "application starts";
    case SIM_APP_CRASH:
      return "application that crashes starts";
    case SIM_APP_HANG:
      return "application that hangs starts";
    case SIM_APP_IDLE:
      return "application that never reports healthy starts";
  }
  return "";
}
