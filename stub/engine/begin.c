/* SPDX-License-Identifier: Apache-2.0
 * Judging a manifest or a keyring, and accepting one.
 *
 * Invariants:
 *   - nothing is written before every rule of docs/spec/policy.md held;
 *   - the order of writes is: log intent, keyring, record, trailer;
 *   - what is decided on after acceptance is the engine's sealed copy.
 */
#include "engine_internal.h"

#include <string.h>

struct judged {
  bool continues;          /* the same package is being written, or is staged */
  bool takes_running_slot; /* recovery: the damaged running slot is the one to write */
};

/* Rules 6 to 10, on what the records say. */
static enum gs_status judge_policy(struct gs_engine *e, const struct gs_begin_options *options,
                                   struct judged *j, struct gs_verdict *out) {
  const struct gs_state *s = &e->state;
  struct gs_policy_device device;
  struct gs_policy_state now;
  struct gs_policy_result result;
  gs_device_facts_for_policy(e, gs_staging_slot(e), &device);
  device.has_running = gs_confirmed_starts(e);
  memcpy(device.running_package, s->running.digest, sizeof(device.running_package));
  device.running_release = s->running.release;
  device.running_security_version = s->running.security_version;
  device.older_allowed = options->older;
  device.reinstall = options->reinstall;
  now = (struct gs_policy_state){.state = s->state,
                                 .door = s->rollback ? GS_DOOR_NONE : s->door,
                                 .unconfirmed_runs = gs_executes_unconfirmed(e)};
  memcpy(now.package, s->update.digest, sizeof(now.package));
  enum gs_status status =
      gs_policy_begin(&e->manifest, out->package, &device, &now, (int)options->door, &result);
  j->continues = result.continues;
  j->takes_running_slot = s->has_running && result.staging_slot == s->running_slot;
  out->staging_slot = result.staging_slot;
  out->variant = result.variant;
  out->expected = result.expected;
  out->got = result.got;
  out->already_running = result.already_running;
  return status;
}

static enum gs_status judge(struct gs_engine *e, const uint8_t *envelope, size_t len,
                            const struct gs_begin_options *options, struct judged *j,
                            struct gs_verdict *out) {
  memset(out, 0, sizeof(*out));
  memset(j, 0, sizeof(*j));
  if (len > e->memory.manifest_cap) {
    out->expected = (uint32_t)e->memory.manifest_cap;
    out->got = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
    return GS_E_TOO_BIG;
  }
  enum gs_status status = gs_engine_may_change(e);
  if (status == GS_OK) {
    status = gs_keyring_ready(e);
  }
  if (status != GS_OK) {
    return status;
  }
  bool recovery;
  status =
      gs_verify_manifest(envelope, len, e->memory.ring, e->port->facts->lifecycle != GS_DEVELOPMENT,
                         &e->manifest, out->package, &recovery);
  if (status != GS_OK) {
    return status;
  }
  out->release = e->manifest.fields.release;
  out->security_version = e->manifest.fields.security_version;
  status = judge_policy(e, options, j, out);
  out->gives_up_last_good = status == GS_OK && e->state.promised && !j->continues;
  return status;
}

enum gs_status gs_engine_check(struct gs_engine *e, const uint8_t *envelope, size_t len,
                               const struct gs_begin_options *options, struct gs_verdict *out) {
  struct judged j;
  return judge(e, envelope, len, options, &j, out);
}

/* Take the one copy that is decided on from now on, and prove that it is what was judged. */
static enum gs_status seal(struct gs_engine *e, const uint8_t *envelope, size_t len,
                           const struct gs_verdict *verdict) {
  struct gs_signed parsed;
  uint8_t digest[GS_DIGEST_BYTES];
  memmove(e->memory.manifest, envelope, len);
  enum gs_status status = gs_signed_parse(e->memory.manifest, len, &parsed);
  if (status == GS_OK) {
    status = gs_sha256(parsed.body, parsed.body_len, digest);
  }
  if (status != GS_OK) {
    return status;
  }
  if (!gs_equal(digest, verdict->package, sizeof(digest))) {
    return GS_E_INTERNAL;
  }
  e->envelope_len = len;
  return gs_manifest_decode(parsed.body, parsed.body_len, &e->manifest);
}

static enum gs_status open_update(struct gs_engine *e, const struct gs_verdict *verdict) {
  const struct gs_geometry *g = &e->port->geometry[GS_AREA_SLOT_A];
  const gapseal_v1_Variant *image = &e->manifest.fields.variants[verdict->variant];
  e->table = gs_manifest_table(&e->manifest, verdict->variant);
  enum gs_status status =
      gs_trailer_layout(g->size, g->erase_size, g->write_size, (uint32_t)e->memory.manifest_cap,
                        image->block_size, e->table.pages, &e->trailer);
  if (status == GS_OK && image->size > e->trailer.begin) {
    status = GS_E_IMAGE_SIZE;
  }
  if (status != GS_OK) {
    return status;
  }
  e->progress = (struct gs_engine_progress){.variant = verdict->variant,
                                            .staging_slot = verdict->staging_slot,
                                            .pages = e->table.pages,
                                            .blocks = e->table.blocks,
                                            .total_bytes = image->size};
  memcpy(e->image_sha256, image->sha256, sizeof(e->image_sha256));
  gs_scan_restart(e);
  e->open = true;
  return GS_OK;
}

/* Everything is there: nothing to send, and the final check has been made. */
static void mark_complete(struct gs_engine *e) {
  e->pages_needed = 0;
  e->progress.pages_needed = 0;
  memset(e->memory.bitmap, 0, (e->table.blocks + 7u) / 8u);
  e->progress.blocks_needed = 0;
  e->progress.kept_bytes = e->progress.total_bytes;
  e->progress.resumed = true;
  e->step = GS_STEP_DONE;
}

static enum gs_status store_candidate(struct gs_engine *e) {
  uint32_t version = e->keyring_version;
  enum gs_status status = gs_keyring_write(e, e->memory.candidate, e->candidate_len, version);
  if (status != GS_OK) {
    return status;
  }
  struct gs_state *next = gs_next_state(e);
  next->keyring_version = version;
  return gs_commit(e, GS_LOG_KEYRING, GS_OK, version, GS_SUBJECT_NONE);
}

static enum gs_status record_writing(struct gs_engine *e, const struct gs_verdict *verdict,
                                     const struct gs_begin_options *options, const struct judged *j,
                                     const struct gs_package_id *package) {
  struct gs_state *next = gs_next_state(e);
  bool promised = next->promised;
  next->state = gapseal_v1_State_STATE_WRITING;
  next->reason = 0;
  next->slot = (uint8_t)verdict->staging_slot;
  next->door = (uint8_t)options->door;
  next->update = *package;
  next->update_id = e->store.sequence;
  next->update_floor = e->manifest.fields.raises_floor_to;
  next->update_self_confirm = e->manifest.fields.confirm == gapseal_v1_Confirm_CONFIRM_BY_DEVICE;
  next->healthy = false;
  next->started = false;
  next->rollback = false;
  next->promised = false;
  if (j->takes_running_slot) {
    next->has_running = false;
  }
  e->slot[verdict->staging_slot].present = false;
  if (!promised) {
    return gs_commit_quiet(e);
  }
  return gs_commit(e, GS_LOG_GAVE_UP_LAST_GOOD, GS_OK, 0, GS_SUBJECT_NONE);
}

static enum gs_status accept_new(struct gs_engine *e, const uint8_t *envelope, size_t len,
                                 const struct gs_begin_options *options, const struct judged *j,
                                 const struct gs_verdict *verdict) {
  struct gs_package_id package = {.release = verdict->release,
                                  .security_version = verdict->security_version};
  memcpy(package.digest, verdict->package, sizeof(package.digest));
  gs_close_update(e);
  enum gs_status status = seal(e, envelope, len, verdict);
  if (status == GS_OK) {
    status = gs_log_append_about(e, GS_LOG_BEGIN, 0, &package, options->door,
                                 (uint8_t)verdict->staging_slot);
  }
  if (status == GS_OK && e->candidate_len != 0) {
    status = store_candidate(e);
  }
  if (status == GS_OK) {
    status = record_writing(e, verdict, options, j, &package);
  }
  if (status == GS_OK) {
    status = open_update(e, verdict);
  }
  if (status == GS_OK) {
    status = gs_slot_write_head(e);
  }
  if (status == GS_OK) {
    status = gs_pages_find(e);
  }
  return status;
}

/*
 * Write the trailer again. The new id comes first: what an erase cut short leaves of the old
 * head must not count.
 */
static enum gs_status rewrite_trailer(struct gs_engine *e) {
  struct gs_state *next = gs_next_state(e);
  next->update_id = e->store.sequence;
  enum gs_status status = gs_commit_quiet(e);
  if (status == GS_OK) {
    status = gs_slot_write_head(e);
  }
  if (status == GS_OK) {
    status = gs_pages_find(e);
  }
  return status;
}

/* The record names this package already: what lies in flash decides where to go on. */
static enum gs_status continue_update(struct gs_engine *e, const uint8_t *envelope, size_t len,
                                      const struct gs_verdict *verdict) {
  if (e->open) {
    e->progress.resumed = true;
    return GS_OK;
  }
  enum gs_status status = seal(e, envelope, len, verdict);
  if (status == GS_OK) {
    status = open_update(e, verdict);
  }
  if (status != GS_OK) {
    return status;
  }
  if (e->state.state != gapseal_v1_State_STATE_WRITING) {
    mark_complete(e);
    return GS_OK;
  }
  e->progress.resumed = true;
  status = gs_slot_head_whole(e) ? gs_pages_find(e) : GS_E_FLASH_VERIFY;
  bool spoilt = status == GS_E_FLASH_VERIFY || status == GS_E_FLASH_READ;
  return spoilt ? rewrite_trailer(e) : status;
}

enum gs_status gs_engine_begin(struct gs_engine *e, const uint8_t *envelope, size_t len,
                               const struct gs_begin_options *options, struct gs_verdict *out) {
  struct judged j;
  enum gs_status status = judge(e, envelope, len, options, &j, out);
  if (status != GS_OK) {
    return status;
  }
  if (!j.continues) {
    gs_tell_refusals(e);
    status = accept_new(e, envelope, len, options, &j, out);
  } else {
    status = continue_update(e, envelope, len, out);
  }
  if (status != GS_OK) {
    gs_close_update(e);
  }
  return status;
}

enum gs_status gs_engine_link(struct gs_engine *e, const uint8_t *envelope, size_t len) {
  struct gs_signed current;
  enum gs_status status = gs_engine_may_change(e);
  if (status == GS_OK) {
    status = gs_keyring_ready(e);
  }
  if (status == GS_OK && len > e->memory.keyring_cap) {
    status = GS_E_TOO_BIG;
  }
  if (status == GS_OK) {
    size_t current_len;
    const uint8_t *in_use = gs_keyring_in_use(e, &current_len);
    status = gs_signed_parse(in_use, current_len, &current);
  }
  if (status == GS_OK) {
    status = gs_verify_keyring_link(e->memory.ring, current.body, current.body_len, envelope, len,
                                    e->memory.successor);
  }
  if (status != GS_OK) {
    return status;
  }
  e->keyring_version = e->memory.successor->fields.version;
  memmove(e->memory.candidate, envelope, len);
  e->candidate_len = len;
  return GS_OK;
}

void gs_engine_unlink(struct gs_engine *e) {
  e->candidate_len = 0;
  e->keyring_version = e->keyring_stored;
}

enum gs_status gs_engine_store_keyring(struct gs_engine *e) {
  enum gs_status status = gs_engine_may_change(e);
  if (status != GS_OK) {
    return status;
  }
  if (e->candidate_len == 0) {
    return GS_E_NO_LOADED;
  }
  gs_tell_refusals(e);
  return store_candidate(e);
}
