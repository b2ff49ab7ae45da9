/* SPDX-License-Identifier: Apache-2.0
 * Pre-flight: the device's own rules, run here on what the device said of itself under its
 * signature. The device's verdict stands above it; where the two differ nothing is sent.
 */
#include <stdio.h>
#include <string.h>

#include "gapseal/crypto.h"
#include "gapseal/policy.h"
#include "host_internal.h"

/* running: the confirmed image, in slot; NULL: none, and any slot will do. */
static void fill_policy(const struct gsh_device *d, const gapseal_v1_SlotInfo *running,
                        uint32_t slot, bool older, bool reinstall, struct gs_policy_device *out) {
  const gapseal_v1_DeviceFacts *f = &d->ident.facts;
  const gapseal_v1_DeviceState *s = &d->ident.state;
  memset(out, 0, sizeof *out);
  memcpy(out->product, f->product, GS_ID_BYTES);
  memcpy(out->hardware, f->hardware, GS_ID_BYTES);
  out->revision = f->revision;
  out->stub_version = f->stub_version;
  out->production = f->lifecycle != gapseal_v1_Lifecycle_LIFECYCLE_DEVELOPMENT;
  out->slot_size = f->slot_size;
  out->erase_size = f->erase_size;
  out->write_size = f->write_size;
  out->slot_address[0] = f->slot_address_a;
  out->slot_address[1] = f->slot_address_b;
  out->manifest_max = d->hello.limits.manifest_max;
  out->block_max = d->hello.limits.block_max;
  out->floor = s->floor;
  out->floor_max = UINT32_MAX; /* the device alone knows what its counter reaches */
  out->security_step_max = f->security_step_max;
  out->older_allowed = older;
  out->reinstall = reinstall;
  if (running != NULL) {
    out->staging_slot = 1u - slot;
    out->has_running = true;
    memcpy(out->running_package, running->package, GS_DIGEST_BYTES);
    out->running_release = running->release;
    out->running_security_version = running->security_version;
  }
}

static void say_numbers(struct gsh_error *err, uint32_t expected, uint32_t got) {
  (void)snprintf(err->expected, sizeof err->expected, "%lu", (unsigned long)expected);
  (void)snprintf(err->got, sizeof err->got, "%lu", (unsigned long)got);
}

/* Which address the image must be linked for, and which it is. */
static void say_addresses(struct gsh_error *err, const struct gsh_device *d,
                          const struct gsh_package *p, uint32_t slot) {
  const gapseal_v1_DeviceFacts *f = &d->ident.facts;
  const gapseal_v1_Manifest *m = &gsh_package_manifest(p)->fields;
  (void)snprintf(err->expected, sizeof err->expected, "0x%08lx",
                 (unsigned long)(slot == 0 ? f->slot_address_a : f->slot_address_b));
  (void)snprintf(err->got, sizeof err->got, "no address");
  size_t used = 0;
  for (pb_size_t i = 0; i < m->variants_count; i++) {
    if (m->variants[i].has_load_address && used < sizeof err->got) {
      int n = snprintf(err->got + used, sizeof err->got - used, "%s0x%08lx",
                       used > 0 ? " and " : "", (unsigned long)m->variants[i].load_address);
      used += n > 0 ? (size_t)n : 0;
    }
  }
}

/* Statuses whose two numbers mean something to a person. */
static bool has_numbers(enum gs_status status) {
  return (status >= GS_E_STUB_OLD && status <= GS_E_FLOOR_EXHAUSTED && status != GS_E_NO_VARIANT) ||
         status == GS_E_BELOW_MINIMUM || status == GS_E_ROLLBACK_FLOOR;
}

/* Of rules 1 and 2 what depends on the device: how long a manifest it takes, and that one in
 * production takes no published test key. The signatures themselves were judged with the file. */
static enum gs_status judge_envelope(const struct gsh_device *d, const struct gsh_package *p,
                                     struct gsh_error *err) {
  struct gs_signed s;
  size_t len = 0;
  const uint8_t *envelope = gsh_package_envelope(p, &len);
  uint32_t max = d->hello.limits.manifest_max;
  if (len > max) {
    gsh_fail(err, GS_E_TOO_BIG, "%s", gs_status_info(GS_E_TOO_BIG)->sentence);
    say_numbers(err, max, (uint32_t)len);
    return GS_E_TOO_BIG;
  }
  if (d->ident.facts.lifecycle == gapseal_v1_Lifecycle_LIFECYCLE_DEVELOPMENT) {
    return GS_OK;
  }
  enum gs_status status = gs_signed_parse(envelope, len, &s);
  for (size_t i = 0; status == GS_OK && i < s.signature_count; i++) {
    if (gs_is_test_key(s.signatures[i].key_id)) {
      status = GS_E_KEY_TEST;
    }
  }
  return status == GS_OK ? GS_OK : gsh_fail(err, status, "%s", gs_status_info(status)->sentence);
}

/* Rules 6 to 9. */
static enum gs_status judge_rules(const struct gsh_device *d, struct gsh_package *p,
                                  struct gs_policy_device *device, struct gsh_error *err) {
  struct gs_policy_result result = {0};
  const struct gs_manifest *m = gsh_package_manifest(p);
  enum gs_status status = gs_policy_judge(m, gsh_package_digest(p), device, &result);
  if (status == GS_E_NO_VARIANT && !device->has_running && device->staging_slot == 0) {
    device->staging_slot = 1;
    status = gs_policy_judge(m, gsh_package_digest(p), device, &result);
  }
  if (status == GS_OK || status == GS_E_ALREADY) {
    return status;
  }
  gsh_fail(err, status, "%s", gs_status_info(status)->sentence);
  if (has_numbers(status)) {
    say_numbers(err, result.expected, result.got);
  }
  if (status == GS_E_NO_VARIANT) {
    say_addresses(err, d, p, device->staging_slot);
  }
  return status;
}

enum gs_status gsh_preflight(const struct gsh_device *d, struct gsh_package *p, bool older,
                             bool reinstall, struct gsh_error *err) {
  struct gs_policy_device device;
  const gapseal_v1_DeviceState *s = &d->ident.state;
  const gapseal_v1_SlotInfo *running = gsh_running_slot(s);
  enum gs_status status = judge_envelope(d, p, err);
  if (status != GS_OK) {
    return status;
  }
  /* Rule 10 and the recovery stub's choice of a slot are the device's to judge. */
  if (s->state != gapseal_v1_State_STATE_READY || running == NULL) {
    return GS_OK;
  }
  fill_policy(d, running, s->running_slot, older, reinstall, &device);
  return judge_rules(d, p, &device, err);
}

/* The confirmed image, as far as a signed state tells it; NULL: none, or it cannot be told. */
static const gapseal_v1_SlotInfo *confirmed_slot(const gapseal_v1_DeviceState *s, uint32_t *slot) {
  const gapseal_v1_SlotInfo *slots[2] = {&s->slot_a, &s->slot_b};
  *slot = s->running_slot == 0 ? 0 : 1;
  if (s->running != gapseal_v1_Running_RUNNING_APPLICATION) {
    /* A stub that was asked to stay has no reason to tell; in recovery rule 9 is not judged. */
    bool asked_to_stay = s->state == gapseal_v1_State_STATE_READY && s->reason == 0;
    return asked_to_stay && slots[*slot]->present ? slots[*slot] : NULL;
  }
  if (s->state == gapseal_v1_State_STATE_TRIAL ||
      (s->state == gapseal_v1_State_STATE_REJECTED &&
       gs_equal(slots[*slot]->package, s->staged_package, GS_DIGEST_BYTES))) {
    *slot = 1u - *slot; /* what executes was never confirmed */
  }
  return slots[*slot]->present ? slots[*slot] : NULL;
}

enum gs_status gsh_preflight_fits(const struct gsh_device *d, struct gsh_package *p, bool older,
                                  bool reinstall, struct gsh_error *err) {
  struct gs_policy_device device;
  uint32_t slot = 0;
  enum gs_status status = judge_envelope(d, p, err);
  if (status != GS_OK) {
    return status;
  }
  const gapseal_v1_SlotInfo *confirmed = confirmed_slot(&d->ident.state, &slot);
  fill_policy(d, confirmed, slot, older, reinstall, &device);
  return judge_rules(d, p, &device, err);
}

enum gs_status gsh_device_check(struct gsh_device *d, struct gsh_package *p, bool older,
                                bool reinstall, gapseal_v1_CheckReply *out, bool *asked,
                                struct gsh_error *err) {
  struct gsh_error own_err = {0};
  enum gs_status own = gsh_preflight(d, p, older, reinstall, &own_err);
  *asked = false;
  memset(out, 0, sizeof *out);
  enum gs_status status = gsh_device_present(d, p, err);
  if (status != GS_OK) {
    *asked = d->conn->device_said;
    return status;
  }
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_check_tag;
  request.body.check.older = older;
  request.body.check.reinstall = reinstall;
  status = gsh_conn_call(d->conn, &request, NULL, 0, 0, err);
  *asked = status == GS_OK || d->conn->device_said;
  if (!*asked) {
    return status;
  }
  const gapseal_v1_Reply *reply = &d->conn->client.reply;
  if (reply->which_body == gapseal_v1_Reply_check_tag) {
    *out = reply->body.check;
  } else if (status == GS_OK) {
    return gsh_fail(err, GS_E_PROTOCOL, "the device's answer is of another kind than the question");
  }
  if (status != GS_OK) {
    if (has_numbers(status)) {
      say_numbers(err, out->expected, out->got);
    }
    if (status == GS_E_NO_VARIANT) {
      say_addresses(err, d, p, out->staging_slot);
    }
    return status;
  }
  if (out->package.size != GS_DIGEST_BYTES ||
      memcmp(out->package.bytes, gsh_package_digest(p), GS_DIGEST_BYTES) != 0) {
    return gsh_fail(err, GS_E_PROTOCOL, "the device judged another package than it was shown");
  }
  if (own != GS_OK && own != GS_E_ALREADY) {
    /* The device would take what its own rules, run here, refuse: something is not as it says. */
    *err = own_err;
    *asked = false;
    gsh_context(err, "the device would take it, but by what it says of itself");
    return own;
  }
  gsh_tell_keyring(d, p);
  return GS_OK;
}
