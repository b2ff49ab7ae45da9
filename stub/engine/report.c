/* SPDX-License-Identifier: Apache-2.0
 * What the device says of itself.
 */
#include "engine_internal.h"

#include <string.h>

void gs_engine_facts(const struct gs_engine *e, gapseal_v1_DeviceFacts *out) {
  const struct gs_device_facts *f = e->port->facts;
  const struct gs_geometry *g = &e->port->geometry[GS_AREA_SLOT_A];
  memset(out, 0, sizeof(*out));
  out->has_serial = true;
  memcpy(out->serial, f->serial, sizeof(out->serial) - 1u);
  out->has_product = true;
  memcpy(out->product, f->product, sizeof(out->product));
  out->has_hardware = true;
  memcpy(out->hardware, f->hardware, sizeof(out->hardware));
  out->has_revision = true;
  out->revision = f->revision;
  out->has_stub_version = true;
  out->stub_version = GS_STUB_VERSION;
  out->has_slot_model = true;
  out->slot_model = (gapseal_v1_SlotModel)f->slot_model;
  out->has_lifecycle = true;
  out->lifecycle = (gapseal_v1_Lifecycle)f->lifecycle;
  out->has_key_protection = true;
  out->key_protection = (gapseal_v1_KeyProtection)f->key_protection;
  out->has_slot_size = true;
  out->slot_size = g->size;
  out->has_erase_size = true;
  out->erase_size = g->erase_size;
  out->has_slot_address_a = true;
  out->slot_address_a = f->slot_address[0];
  out->has_slot_address_b = true;
  out->slot_address_b = f->slot_address[1];
  out->has_security_step_max = true;
  out->security_step_max = GS_SECURITY_STEP_MAX;
  out->has_write_size = true;
  out->write_size = g->write_size;
}

static void slot_info(const struct gs_slot_info *info, gapseal_v1_SlotInfo *out) {
  out->has_present = true;
  out->present = info->present;
  out->has_package = true;
  out->has_release = true;
  out->has_security_version = true;
  out->has_size = true;
  if (info->present) {
    memcpy(out->package, info->package.digest, sizeof(out->package));
    out->release = info->package.release;
    out->security_version = info->package.security_version;
    out->size = info->size;
  }
}

static void update_part(const struct gs_engine *e, gapseal_v1_DeviceState *out) {
  const struct gs_state *s = &e->state;
  out->has_state = true;
  out->state = e->lost ? gapseal_v1_State_STATE_READY : (gapseal_v1_State)s->state;
  out->has_reason = true;
  out->reason = e->lost ? (uint32_t)GS_E_STORE_LOST : s->reason;
  out->has_staged_package = true;
  memcpy(out->staged_package, s->update.digest, sizeof(out->staged_package));
  out->has_healthy = true;
  out->healthy = s->healthy;
  out->has_attempts_left = true;
  out->attempts_left = s->attempts_left;
  out->has_rollback_promised = true;
  out->rollback_promised = s->promised;
}

static void evidence_part(const struct gs_engine *e, gapseal_v1_DeviceState *out) {
  out->has_floor = true;
  out->floor = e->state.floor;
  out->has_policy = true;
  out->policy = gapseal_v1_Policy_POLICY_OPEN;
  out->has_keyring_version = true;
  out->has_keyring_sha256 = true;
  if (e->keyring_len != 0) {
    out->keyring_version = e->keyring_stored;
    memcpy(out->keyring_sha256, e->keyring_digest, sizeof(out->keyring_sha256));
  }
  out->has_log_sequence = true;
  out->log_sequence = e->log.newest;
  out->has_log_head = true;
  memcpy(out->log_head, e->log.head, sizeof(out->log_head));
  out->has_boot_count = true;
  out->boot_count = e->state.boot_count;
  out->has_wear = true;
  out->wear = e->lost ? 0 : gs_store_wear(&e->store, e->port);
  out->has_refused_unauthenticated = true;
  out->refused_unauthenticated = e->refusals;
}

void gs_engine_state(struct gs_engine *e, gapseal_v1_DeviceState *out) {
  memset(out, 0, sizeof(*out));
  update_part(e, out);
  out->has_running = true;
  out->running =
      e->application ? gapseal_v1_Running_RUNNING_APPLICATION : gapseal_v1_Running_RUNNING_STUB;
  out->has_running_slot = true;
  out->running_slot = e->active_slot;
  out->has_slot_a = true;
  slot_info(&e->slot[0], &out->slot_a);
  out->has_slot_b = true;
  slot_info(&e->slot[1], &out->slot_b);
  evidence_part(e, out);
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
