/* SPDX-License-Identifier: Apache-2.0
 * The invariants, checked from outside: with the flash's bytes and the packages' own images,
 * not with the engine's word.
 */
#include <string.h>

#include "powercut.h"

static bool holds(struct fake_device *d, uint32_t slot, const struct fake_package *p) {
  const uint8_t *bytes =
      gs_flash_model_bytes(d->flash, slot == 0 ? GS_AREA_SLOT_A : GS_AREA_SLOT_B);
  return memcmp(bytes, p->image, p->size) == 0;
}

/* INV-1, INV-2, INV-3: what is about to run is a whole signed image at or above the floor. */
static const char *check_started(const struct oracle *o, struct fake_device *d,
                                 const struct gs_boot_output *boot) {
  const struct gs_state *s = &d->engine.state;
  const uint8_t *digest = boot->action == GS_BOOT_TRY ? s->update.digest : s->running.digest;
  for (int i = 0; i < WORLD_PACKAGES; i++) {
    if (memcmp(o->world->package[i].digest, digest, GS_DIGEST_BYTES) != 0) {
      continue;
    }
    if (!holds(d, boot->slot, &o->world->package[i])) {
      return "INV-1: an image runs that is not the signed one";
    }
    if (o->world->security_version[i] < s->floor) {
      return "INV-3: an image below the floor runs";
    }
    return "";
  }
  return "INV-1: an unknown package runs";
}

/* INV-4: the confirmed image stays untouched, whatever is under way. */
static const char *check_running_slot(const struct oracle *o, struct fake_device *d) {
  const struct gs_state *s = &d->engine.state;
  for (int i = 0; s->has_running && i < WORLD_PACKAGES; i++) {
    if (memcmp(o->world->package[i].digest, s->running.digest, GS_DIGEST_BYTES) == 0) {
      return holds(d, s->running_slot, &o->world->package[i])
                 ? ""
                 : "INV-4: the confirmed image was touched";
    }
  }
  return s->has_running ? "INV-1: an unknown package is confirmed" : "";
}

static const char *check_chain(const uint8_t *entry, uint8_t chain[GS_DIGEST_BYTES]) {
  static const char context[] = "gapseal:log:v1";
  uint8_t all[sizeof(context) + GS_DIGEST_BYTES + GS_LOG_CHAINED_BYTES];
  memcpy(all, context, sizeof(context));
  memcpy(all + sizeof(context), chain, GS_DIGEST_BYTES);
  memcpy(all + sizeof(context) + GS_DIGEST_BYTES, entry, GS_LOG_CHAINED_BYTES);
  if (gs_sha256(all, sizeof(all), chain) != GS_OK ||
      memcmp(chain, entry + GS_LOG_CHAINED_BYTES, GS_DIGEST_BYTES) != 0) {
    return "E07: the log's chain is broken";
  }
  return "";
}

/* E07: every entry follows the one before, and the oldest follows what was dropped. */
static const char *check_log(struct fake_device *d) {
  enum { BATCH = 4 };
  uint8_t out[BATCH * GS_LOG_ENTRY_BYTES];
  uint8_t chain[GS_DIGEST_BYTES];
  uint32_t count;
  uint32_t oldest;
  uint32_t newest;
  uint32_t next = 0;
  do {
    if (gs_engine_log_read(&d->engine, next, out, BATCH, &count, &oldest, &newest) != GS_OK) {
      return "E07: the log cannot be read";
    }
    for (uint32_t i = 0; i < count; i++) {
      const uint8_t *bytes = out + (size_t)i * GS_LOG_ENTRY_BYTES;
      struct gs_log_entry entry;
      if (!gs_log_entry_decode(bytes, &entry) || (next != 0 && entry.sequence != next)) {
        return "E07: the log has a gap";
      }
      if (next == 0 && entry.sequence == 1) {
        memcpy(chain, d->engine.device_id, sizeof(chain));
      }
      if (next != 0 || entry.sequence == 1) {
        const char *broken = check_chain(bytes, chain);
        if (broken[0] != '\0') {
          return broken;
        }
      }
      memcpy(chain, entry.chain, sizeof(chain));
      next = entry.sequence + 1u;
    }
  } while (count != 0);
  return newest != 0 && next != newest + 1u ? "E07: the log ends early" : "";
}

static const char *check_numbers(struct oracle *o, const struct gs_state *s) {
  if (s->floor < o->floor) {
    return "INV-3: the floor went down";
  }
  if (s->boot_count <= o->boot_count) {
    return "a boot count was used twice";
  }
  if (o->had_running && !s->has_running) {
    return "INV-2: the confirmed image was forgotten";
  }
  o->floor = s->floor;
  o->boot_count = s->boot_count;
  o->had_running = s->has_running;
  return "";
}

/* An image whose bytes differ from one read to the next may be refused at any start: the stub
 * answers then. */
static bool unstable_running(const struct fake_device *d) {
  return gs_flash_model_is_unstable(
      d->flash, d->engine.state.running_slot == 0 ? GS_AREA_SLOT_A : GS_AREA_SLOT_B);
}

const char *oracle_check(struct oracle *o, struct fake_device *d,
                         const struct gs_boot_output *boot) {
  const char *broken = check_numbers(o, &d->engine.state);
  if (broken[0] == '\0') {
    broken = check_running_slot(o, d);
  }
  if (broken[0] == '\0' && boot->action != GS_BOOT_STUB) {
    broken = check_started(o, d, boot);
  }
  if (broken[0] == '\0' && boot->action == GS_BOOT_STUB && o->had_running && !unstable_running(d)) {
    broken = "INV-2: nothing runs, and there was a confirmed image";
  }
  return broken[0] == '\0' ? check_log(d) : broken;
}
