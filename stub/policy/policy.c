/* SPDX-License-Identifier: Apache-2.0
 * Is a verified manifest for this device, and new enough? Rules 6 to 9 of docs/spec/policy.md,
 * in that order. Numbers compare unsigned; no clock is looked at.
 */
#include "gapseal/policy.h"

#include <string.h>

/* Refuse, with the numbers behind it: what the device wants, what the manifest says. */
static enum gs_status refuse(struct gs_policy_result *out, enum gs_status status, uint32_t expected,
                             uint32_t got) {
  out->expected = expected;
  out->got = got;
  return status;
}

static enum gs_status judge_hardware(const gapseal_v1_Manifest *m, const struct gs_policy_device *d,
                                     struct gs_policy_result *out) {
  uint32_t nearest = 0;
  for (size_t i = 0; i < m->hardware_count; i++) {
    const gapseal_v1_Hardware *h = &m->hardware[i];
    if (memcmp(h->id, d->hardware, GS_ID_BYTES) != 0) {
      continue;
    }
    if (d->revision >= h->first_revision && d->revision <= h->last_revision) {
      return GS_OK;
    }
    nearest = d->revision < h->first_revision ? h->first_revision : h->last_revision;
  }
  return refuse(out, GS_E_HARDWARE, d->revision, nearest);
}

/* Rule 6. */
static enum gs_status judge_device(const gapseal_v1_Manifest *m, const struct gs_policy_device *d,
                                   struct gs_policy_result *out) {
  if (memcmp(m->product, d->product, GS_ID_BYTES) != 0) {
    return GS_E_PRODUCT;
  }
  enum gs_status st = judge_hardware(m, d, out);
  if (st != GS_OK) {
    return st;
  }
  if (m->min_stub > d->stub_version) {
    return refuse(out, GS_E_STUB_OLD, d->stub_version, m->min_stub);
  }
  return GS_OK;
}

/* Rule 7: the first variant for the staging slot is the only one, as masks do not overlap. */
static enum gs_status find_variant(const gapseal_v1_Manifest *m, const struct gs_policy_device *d,
                                   struct gs_policy_result *out) {
  if (d->staging_slot > 1) {
    return GS_E_INTERNAL;
  }
  for (uint32_t i = 0; i < m->variants_count; i++) {
    const gapseal_v1_Variant *v = &m->variants[i];
    if ((v->slots & (UINT32_C(1) << d->staging_slot)) == 0) {
      continue;
    }
    uint32_t address = d->slot_address[d->staging_slot];
    if (v->has_load_address && v->load_address != address) {
      return refuse(out, GS_E_NO_VARIANT, address, v->load_address);
    }
    out->variant = i;
    return GS_OK;
  }
  return GS_E_NO_VARIANT;
}

static enum gs_status judge_image(const struct gs_manifest *m, const struct gs_policy_device *d,
                                  struct gs_policy_result *out) {
  enum gs_status st = find_variant(&m->fields, d, out);
  if (st != GS_OK) {
    return st;
  }
  const gapseal_v1_Variant *v = &m->fields.variants[out->variant];
  if (v->block_size > d->block_max) {
    return refuse(out, GS_E_BLOCK_SIZE, d->block_max, v->block_size);
  }
  uint32_t room = gs_trailer_offset(d->slot_size, d->erase_size, d->write_size, d->manifest_max,
                                    v->block_size, gs_manifest_table(m, out->variant).pages);
  if (v->size > room) {
    return refuse(out, GS_E_IMAGE_SIZE, room, v->size);
  }
  return GS_OK;
}

/* Rule 8. */
static enum gs_status judge_floor(const gapseal_v1_Manifest *m, const struct gs_policy_device *d,
                                  struct gs_policy_result *out) {
  if (m->security_version < d->floor) {
    return refuse(out, GS_E_BELOW_FLOOR, d->floor, m->security_version);
  }
  if (m->security_version - d->floor > d->security_step_max) {
    uint32_t room = UINT32_MAX - d->floor;
    uint32_t step = d->security_step_max < room ? d->security_step_max : room;
    return refuse(out, GS_E_VERSION_JUMP, d->floor + step, m->security_version);
  }
  if (m->raises_floor_to > d->floor && m->raises_floor_to > d->floor_max) {
    return refuse(out, GS_E_FLOOR_EXHAUSTED, d->floor_max, m->raises_floor_to);
  }
  return GS_OK;
}

/* Rule 9. */
static enum gs_status judge_running(const gapseal_v1_Manifest *m,
                                    const uint8_t digest[GS_DIGEST_BYTES],
                                    const struct gs_policy_device *d,
                                    struct gs_policy_result *out) {
  if (!d->has_running) {
    return GS_OK;
  }
  out->already_running = memcmp(digest, d->running_package, GS_DIGEST_BYTES) == 0;
  if (out->already_running && !d->reinstall) {
    return GS_E_ALREADY;
  }
  if (m->release < d->running_release && !d->older_allowed) {
    return refuse(out, GS_E_OLDER, d->running_release, m->release);
  }
  if (m->security_version < d->running_security_version && !d->older_allowed) {
    return refuse(out, GS_E_OLDER, d->running_security_version, m->security_version);
  }
  if (d->running_release < m->requires_release) {
    return refuse(out, GS_E_REQUIRES, m->requires_release, d->running_release);
  }
  return GS_OK;
}

enum gs_status gs_policy_judge(const struct gs_manifest *manifest,
                               const uint8_t digest[GS_DIGEST_BYTES],
                               const struct gs_policy_device *device,
                               struct gs_policy_result *out) {
  *out = (struct gs_policy_result){.staging_slot = device->staging_slot};
  enum gs_status st = judge_device(&manifest->fields, device, out);
  if (st != GS_OK) {
    return st;
  }
  st = judge_image(manifest, device, out);
  if (st != GS_OK) {
    return st;
  }
  st = judge_floor(&manifest->fields, device, out);
  if (st != GS_OK) {
    return st;
  }
  return judge_running(&manifest->fields, digest, device, out);
}
