/* SPDX-License-Identifier: Apache-2.0
 * Pre-flight: the device's own rules, run here on what the device said of itself under its
 * signature. It is gs_verify_manifest and gs_policy_begin with a device's values in them, and
 * leaves out nothing but what nobody here knows: a keyring that this computer has never seen.
 */
#include <stdio.h>
#include <string.h>

#include "gapseal/crypto.h"
#include "gapseal/policy.h"
#include "host_internal.h"

static void fill_device(const struct gsh_device *d, bool older, bool reinstall,
                        struct gs_policy_device *out) {
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
  out->staging_slot = s->staging_slot;
  out->floor = s->floor;
  out->floor_max = f->floor_max;
  out->security_step_max = f->security_step_max;
  out->older_allowed = older;
  out->reinstall = reinstall;
  const gapseal_v1_SlotInfo *confirmed = gsh_confirmed_slot(s);
  if (confirmed != NULL) {
    out->has_running = true;
    memcpy(out->running_package, confirmed->package, GS_DIGEST_BYTES);
    out->running_release = confirmed->release;
    out->running_security_version = confirmed->security_version;
  }
}

static void fill_state(const gapseal_v1_DeviceState *s, struct gs_policy_state *out) {
  memset(out, 0, sizeof *out);
  out->state = (int)s->state;
  out->door = (int)s->door;
  out->unconfirmed_runs = s->running == gapseal_v1_Running_RUNNING_APPLICATION &&
                          !(s->confirmed && s->running_slot != s->staging_slot);
  memcpy(out->package, s->staged_package, GS_DIGEST_BYTES);
}

/* Is this the keyring that the device holds? */
static bool is_held(const struct gsh_device *d, const uint8_t *envelope, size_t len,
                    struct gsh_keyring_head *out) {
  struct gsh_error ignored;
  uint8_t digest[GS_DIGEST_BYTES];
  return gsh_keyring_head_open(envelope, len, out, &ignored) == GS_OK &&
         gs_sha256(out->body, out->body_len, digest) == GS_OK &&
         gs_equal(digest, d->ident.state.keyring_sha256, sizeof digest);
}

static bool find_in(const struct gsh_device *d, const struct gsh_keyring_chain *c,
                    struct gsh_keyring_head *out) {
  for (size_t i = 0; i < c->count; i++) {
    if (is_held(d, c->items[i], c->lens[i], out)) {
      return true;
    }
  }
  return false;
}

static bool find_keyring(const struct gsh_preflight *q, struct gsh_keyring_head *out) {
  bool found = find_in(q->device, &q->chain, out);
  for (size_t i = 0; !found && q->device->trust != NULL && i < q->device->trust->keyring_count;
       i++) {
    found = find_in(q->device, &q->device->trust->keyrings[i].file.chain, out);
  }
  return found;
}

/* The newer keyrings of the package, as they would be shown to the device. */
static enum gs_status follow_chain(const struct gsh_preflight *q, struct gsh_keyring_head *head) {
  for (size_t i = 0; i < q->chain.count; i++) {
    uint32_t version = 0;
    if (gs_keyring_peek(q->chain.items[i], q->chain.lens[i], &version) &&
        version <= q->device->ident.state.keyring_version) {
      continue;
    }
    if (q->chain.lens[i] > q->device->hello.limits.keyring_max) {
      return GS_E_TOO_BIG;
    }
    enum gs_status status = gsh_keyring_head_follow(head, q->chain.items[i], q->chain.lens[i]);
    if (status != GS_OK && status != GS_E_ALREADY) {
      return status;
    }
  }
  return GS_OK;
}

/* Rules 1, 3 and the part of 2 that needs no keyring. */
static enum gs_status read_manifest(const struct gsh_preflight *q, bool production,
                                    struct gs_manifest *out, uint8_t digest[GS_DIGEST_BYTES]) {
  struct gs_signed s;
  enum gs_status status = gs_signed_parse(q->envelope, q->len, &s);
  for (size_t i = 0; status == GS_OK && production && i < s.signature_count; i++) {
    status = gs_is_test_key(s.signatures[i].key_id) ? GS_E_KEY_TEST : GS_OK;
  }
  if (status == GS_OK) {
    status = gs_manifest_decode(s.body, s.body_len, out);
  }
  return status == GS_OK ? gs_sha256(s.body, s.body_len, digest) : status;
}

/* Rules 0 to 5. */
static enum gs_status judge_manifest(const struct gsh_preflight *q, bool production,
                                     struct gs_manifest *out, struct gs_policy_result *numbers,
                                     uint8_t digest[GS_DIGEST_BYTES]) {
  const gapseal_v1_DeviceState *s = &q->device->ident.state;
  struct gsh_keyring_head head;
  bool recovery;
  if (q->len > q->device->hello.limits.manifest_max) {
    numbers->expected = q->device->hello.limits.manifest_max;
    numbers->got = (uint32_t)q->len;
    return GS_E_TOO_BIG;
  }
  if (q->len == 0) {
    return GS_E_EMPTY;
  }
  if (s->state == gapseal_v1_State_STATE_READY && s->reason == GS_E_STORE_LOST) {
    return GS_E_STORE_LOST;
  }
  if (s->keyring_version == 0) {
    return GS_E_KEYRING_NONE;
  }
  bool known = find_keyring(q, &head);
  enum gs_status status = known ? follow_chain(q, &head) : GS_OK;
  if (status != GS_OK) {
    return status;
  }
  return known ? gs_verify_manifest(q->envelope, q->len, &head.keyring, production, out, digest,
                                    &recovery)
               : read_manifest(q, production, out, digest);
}

enum gs_status gsh_preflight_judge(const struct gsh_preflight *q, struct gs_policy_result *out) {
  struct gs_policy_device device;
  struct gs_policy_state now;
  struct gs_manifest manifest;
  uint8_t digest[GS_DIGEST_BYTES];
  *out = (struct gs_policy_result){0};
  fill_device(q->device, q->older, q->reinstall, &device);
  fill_state(&q->device->ident.state, &now);
  if (q->whatever_state) {
    now = (struct gs_policy_state){.state = gapseal_v1_State_STATE_READY};
  }
  enum gs_status status = judge_manifest(q, device.production, &manifest, out, digest);
  return status == GS_OK
             ? gs_policy_begin(&manifest, digest, &device, &now, gapseal_v1_Door_DOOR_WIRE, out)
             : status;
}

/* -- in words ---------------------------------------------------------------------------------- */

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

void gsh_say_behind(struct gsh_error *err, const struct gsh_device *d, const struct gsh_package *p,
                    enum gs_status status, const struct gs_policy_result *r) {
  bool numbers = (status >= GS_E_STUB_OLD && status <= GS_E_FLOOR_EXHAUSTED) ||
                 status == GS_E_BELOW_MINIMUM || status == GS_E_TOO_BIG;
  if (status == GS_E_NO_VARIANT) {
    say_addresses(err, d, p, r->staging_slot);
  } else if (numbers) {
    say_numbers(err, r->expected, r->got);
  }
}

static enum gs_status preflight(const struct gsh_device *d, struct gsh_package *p,
                                struct gsh_preflight *q, struct gsh_error *err) {
  struct gs_policy_result result;
  q->device = d;
  q->envelope = gsh_package_envelope(p, &q->len);
  q->chain.count = gsh_package_keyring_count(p);
  for (size_t i = 0; i < q->chain.count; i++) {
    q->chain.items[i] = gsh_package_keyring(p, i, &q->chain.lens[i]);
  }
  enum gs_status status = gsh_preflight_judge(q, &result);
  if (status != GS_OK && status != GS_E_ALREADY) {
    gsh_fail(err, status, "%s", gs_status_info(status)->sentence);
    gsh_say_behind(err, d, p, status, &result);
  }
  return status;
}

enum gs_status gsh_preflight(const struct gsh_device *d, struct gsh_package *p, bool older,
                             bool reinstall, struct gsh_error *err) {
  struct gsh_preflight q = {.older = older, .reinstall = reinstall};
  return preflight(d, p, &q, err);
}

enum gs_status gsh_preflight_fits(const struct gsh_device *d, struct gsh_package *p, bool older,
                                  bool reinstall, struct gsh_error *err) {
  struct gsh_preflight q = {.older = older, .reinstall = reinstall, .whatever_state = true};
  return preflight(d, p, &q, err);
}
