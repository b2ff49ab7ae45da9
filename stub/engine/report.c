/* SPDX-License-Identifier: Apache-2.0
 * What the device says of itself.
 */
#include "engine_internal.h"

#include <string.h>

void gs_engine_facts(const struct gs_engine *e, gapseal_v1_DeviceFacts *out) {
  const struct gs_device_facts *f = e->port->facts;
  const struct gs_geometry *g = &e->port->geometry[GS_AREA_SLOT_A];
  memset(out, 0, sizeof(*out));
  memcpy(out->serial, f->serial, sizeof(out->serial) - 1u);
  memcpy(out->product, f->product, sizeof(out->product));
  memcpy(out->hardware, f->hardware, sizeof(out->hardware));
  out->revision = f->revision;
  out->stub_version = GS_STUB_VERSION;
  out->slot_model = (gapseal_v1_SlotModel)f->slot_model;
  out->lifecycle = (gapseal_v1_Lifecycle)f->lifecycle;
  out->key_protection = (gapseal_v1_KeyProtection)f->key_protection;
  out->slot_size = g->size;
  out->erase_size = g->erase_size;
  out->slot_address_a = f->slot_address[0];
  out->slot_address_b = f->slot_address[1];
  out->security_step_max = GS_SECURITY_STEP_MAX;
  out->write_size = g->write_size;
  out->floor_max = gs_floor_max(e->port);
  gs_fields_all_present(gapseal_v1_DeviceFacts_fields, out);
}

bool gs_confirmed_starts(const struct gs_engine *e) {
  return e->state.has_running && !e->recovery;
}

uint32_t gs_staging_slot(const struct gs_engine *e) {
  const struct gs_state *s = &e->state;
  if (gs_update_exists(s->state) && !s->rollback) {
    return s->slot;
  }
  return s->has_running && s->running_slot == 0 ? 1 : 0;
}

/* The record names the confirmed package, whatever the slot's own head says. */
static void slot_info(const struct gs_engine *e, uint8_t slot, gapseal_v1_SlotInfo *out) {
  const struct gs_slot_info *info = &e->slot[slot];
  bool confirmed = gs_confirmed_starts(e) && slot == e->state.running_slot;
  const struct gs_package_id *package = confirmed ? &e->state.running : &info->package;
  out->present = info->present;
  if (info->present || confirmed) {
    memcpy(out->package, package->digest, sizeof(out->package));
    out->release = package->release;
    out->security_version = package->security_version;
  }
  out->size = info->present ? info->size : 0;
  gs_fields_all_present(gapseal_v1_SlotInfo_fields, out);
}

/* Why it is REJECTED or FAILED; in recovery, why the stub answers. A device that never ran an
 * image has no reason to give. */
static uint32_t reason_of(const struct gs_engine *e) {
  if (e->lost) {
    return GS_E_STORE_LOST;
  }
  if (e->state.reason != 0 || !e->recovery || e->stub_reason == GS_E_NOT_FOUND) {
    return e->state.reason;
  }
  return e->stub_reason;
}

static void update_part(const struct gs_engine *e, gapseal_v1_DeviceState *out) {
  const struct gs_state *s = &e->state;
  out->state = e->lost ? gapseal_v1_State_STATE_READY : (gapseal_v1_State)s->state;
  out->reason = reason_of(e);
  memcpy(out->staged_package, s->update.digest, sizeof(out->staged_package));
  out->healthy = s->healthy;
  out->attempts_left = s->attempts_left;
  out->rollback_promised = s->promised;
  if (gs_update_exists((int)out->state) || out->state == gapseal_v1_State_STATE_TRIAL) {
    out->door = s->rollback ? gapseal_v1_Door_DOOR_NONE : (gapseal_v1_Door)s->door;
  }
  out->staging_slot = gs_staging_slot(e);
  out->confirmed = gs_confirmed_starts(e);
}

static void evidence_part(const struct gs_engine *e, gapseal_v1_DeviceState *out) {
  out->floor = e->state.floor;
  out->policy = gapseal_v1_Policy_POLICY_OPEN;
  if (e->keyring_len != 0) {
    out->keyring_version = e->keyring_stored;
    memcpy(out->keyring_sha256, e->keyring_digest, sizeof(out->keyring_sha256));
  }
  out->log_sequence = e->log.newest;
  memcpy(out->log_head, e->log.head, sizeof(out->log_head));
  out->boot_count = e->state.boot_count;
  out->wear = e->lost ? 0 : gs_store_wear(&e->store, e->port);
  out->refused_unauthenticated = e->refusals;
}

void gs_engine_state(struct gs_engine *e, gapseal_v1_DeviceState *out) {
  memset(out, 0, sizeof(*out));
  update_part(e, out);
  out->running =
      e->application ? gapseal_v1_Running_RUNNING_APPLICATION : gapseal_v1_Running_RUNNING_STUB;
  out->running_slot = e->active_slot;
  slot_info(e, 0, &out->slot_a);
  slot_info(e, 1, &out->slot_b);
  evidence_part(e, out);
  gs_fields_all_present(gapseal_v1_DeviceState_fields, out);
}

void gs_engine_outcome(const struct gs_engine *e, struct gs_outcome *out) {
  const struct gs_state *s = &e->state;
  memset(out, 0, sizeof(*out));
  out->operation = s->operation;
  out->status = (enum gs_status)s->outcome;
  memcpy(out->package, s->outcome_package.digest, sizeof(out->package));
  out->release = s->outcome_package.release;
  out->security_version = s->outcome_package.security_version;
}

const struct gs_port *gs_engine_port(const struct gs_engine *e) {
  return e->port;
}

const struct gs_engine_memory *gs_engine_memory(const struct gs_engine *e) {
  return &e->memory;
}

uint32_t gs_engine_boot_count(const struct gs_engine *e) {
  return e->state.boot_count;
}

uint32_t gs_engine_keyring_version(const struct gs_engine *e) {
  return e->keyring_version;
}
