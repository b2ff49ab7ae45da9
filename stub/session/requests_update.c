/* SPDX-License-Identifier: Apache-2.0
 * Requests that bring a package: load, link, check, begin, needs, finish, install, keyring.
 * The session moves bytes into RAM and asks the engine; every verdict is the engine's.
 */
#include <string.h>

#include "session_internal.h"

/* Bytes that an object of this kind may have; 0: no such kind. */
static size_t object_max(const struct gs_session *s, gapseal_v1_ObjectKind kind) {
  const struct gs_engine_memory *m = gs_engine_memory(s->engine);
  size_t cap = 0;
  if (kind == gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST) {
    cap = m->manifest_cap;
  } else if (kind == gapseal_v1_ObjectKind_OBJECT_KIND_KEYRING) {
    cap = m->keyring_cap;
  }
  return cap < s->memory.object_cap ? cap : s->memory.object_cap;
}

static enum gs_status start_object(struct gs_session *s, const gapseal_v1_LoadRequest *r) {
  size_t max = object_max(s, r->kind);
  if (max == 0) {
    return GS_E_UNSUPPORTED;
  }
  if (r->total == 0) {
    return GS_E_EMPTY;
  }
  if (r->total > max) {
    return GS_E_TOO_BIG;
  }
  gs_flow_close(s); /* assembly may be the same memory as object */
  s->object = (struct gs_session_object){.kind = r->kind, .total = r->total};
  return GS_OK;
}

enum gs_status gs_on_load(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_LoadRequest *r = &c->request->body.load;
  struct gs_session_object *o = &s->object;
  enum gs_status status = r->offset == 0 ? start_object(s, r) : GS_OK;
  if (status == GS_OK && (r->offset != o->loaded || r->total != o->total || r->kind != o->kind ||
                          c->tail_len == 0 || c->tail_len > o->total - o->loaded)) {
    status = GS_E_RANGE;
  }
  if (status == GS_OK) {
    memcpy(s->memory.object + o->loaded, c->tail, c->tail_len);
    o->loaded += (uint32_t)c->tail_len;
  }
  c->reply->which_body = gapseal_v1_Reply_load_tag;
  c->reply->body.load.loaded = o->loaded;
  return status;
}

static bool has_loaded(const struct gs_session *s, gapseal_v1_ObjectKind kind) {
  return s->object.kind == kind && s->object.total > 0 && s->object.loaded == s->object.total;
}

enum gs_status gs_on_link(struct gs_session *s, struct gs_call *c) {
  if (!has_loaded(s, gapseal_v1_ObjectKind_OBJECT_KIND_KEYRING)) {
    return GS_E_NO_LOADED;
  }
  enum gs_status status = gs_engine_link(s->engine, s->memory.object, s->object.loaded);
  if (status == GS_OK) {
    s->object = (struct gs_session_object){.total = 0}; /* the engine has its copy */
  }
  c->reply->which_body = gapseal_v1_Reply_link_tag;
  c->reply->body.link.version = gs_engine_keyring_version(s->engine);
  return status;
}

static void note_verdict(struct gs_call *c, const struct gs_verdict *v) {
  memcpy(c->about.package, v->package, sizeof c->about.package);
  c->about.release = v->release;
  c->about.security_version = v->security_version;
}

enum gs_status gs_on_check(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_CheckRequest *r = &c->request->body.check;
  gapseal_v1_CheckReply *out = &c->reply->body.check;
  const struct gs_begin_options options = {
      .older = r->older, .reinstall = r->reinstall, .door = GS_DOOR_WIRE};
  struct gs_verdict v = {.variant = 0};
  if (!has_loaded(s, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST)) {
    return GS_E_NO_LOADED;
  }
  enum gs_status status =
      gs_engine_check(s->engine, s->memory.object, s->object.loaded, &options, &v);
  note_verdict(c, &v);
  c->reply->which_body = gapseal_v1_Reply_check_tag;
  out->package.size = sizeof v.package;
  memcpy(out->package.bytes, v.package, sizeof v.package);
  out->staging_slot = v.staging_slot;
  out->gives_up_last_good = v.gives_up_last_good;
  out->already_running = v.already_running;
  out->expected = v.expected;
  out->got = v.got;
  return status;
}

static void fill_begin(const struct gs_session *s, const struct gs_verdict *v,
                       gapseal_v1_BeginReply *out) {
  const struct gs_engine_progress *p = gs_engine_progress(s->engine);
  out->package.size = sizeof v->package;
  memcpy(out->package.bytes, v->package, sizeof v->package);
  out->expected = v->expected;
  out->got = v->got;
  out->staging_slot = v->staging_slot;
  out->variant = v->variant;
  if (s->begun) {
    out->resumed = p->resumed;
    out->pages = p->pages;
    out->blocks = p->blocks;
  }
}

enum gs_status gs_on_begin(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_BeginRequest *r = &c->request->body.begin;
  const struct gs_begin_options options = {
      .older = r->older, .reinstall = r->reinstall, .door = GS_DOOR_WIRE};
  struct gs_verdict v = {.variant = 0};
  if (!has_loaded(s, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST)) {
    return GS_E_NO_LOADED;
  }
  if (r->older) {
    enum gs_status nonce = gs_nonce_check(s, c, r->nonce.bytes, r->nonce.size);
    if (nonce != GS_OK) {
      return nonce;
    }
  }
  enum gs_status status =
      gs_engine_begin(s->engine, s->memory.object, s->object.loaded, &options, &v);
  note_verdict(c, &v);
  s->begun = status == GS_OK;
  s->scanned = false;
  gs_flow_close(s);
  c->reply->which_body = gapseal_v1_Reply_begin_tag;
  fill_begin(s, &v, &c->reply->body.begin);
  return status;
}

/* Items that one reply's bitmap describes. */
static uint32_t bitmap_items(uint32_t first, uint32_t total) {
  const uint32_t max = 8u * (uint32_t)sizeof((gapseal_v1_NeedsReply_bitmap_t){.size = 0}).bytes;
  return total - first < max ? total - first : max;
}

void gs_needs_fill(struct gs_session *s, uint32_t first, gapseal_v1_NeedsReply *out) {
  const struct gs_engine_progress *p = gs_engine_progress(s->engine);
  out->pages = p->pages_needed > 0;
  out->first = first;
  out->total = out->pages ? p->pages : p->blocks;
  out->needed = out->pages ? p->pages_needed : p->blocks_needed;
  out->copied_bytes = p->copied_bytes;
  out->kept_bytes = p->kept_bytes;
  out->limit = s->flow.limit;
  out->count = bitmap_items(first, out->total);
  out->bitmap.size = (pb_size_t)((out->count + 7u) / 8u);
  memset(out->bitmap.bytes, 0, sizeof out->bitmap.bytes);
  for (uint32_t i = 0; i < out->count; i++) {
    bool needed = out->pages ? gs_engine_page_needed(s->engine, first + i)
                             : gs_engine_block_needed(s->engine, first + i);
    out->bitmap.bytes[i / 8u] |= (uint8_t)(needed ? 1u << (i % 8u) : 0u);
  }
}

/* Opening a flow ends what was loaded and judged: assembly may be the same memory. */
static void forget_objects(struct gs_session *s) {
  s->object = (struct gs_session_object){.total = 0};
  gs_engine_unlink(s->engine);
}

enum gs_status gs_on_needs(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_NeedsRequest *r = &c->request->body.needs;
  const struct gs_engine_progress *p = gs_engine_progress(s->engine);
  bool pages = p->pages_needed > 0;
  if (!s->begun || gs_engine_table(s->engine) == NULL ||
      gs_session_state(s) != gapseal_v1_State_STATE_WRITING) {
    return GS_E_STATE;
  }
  if (r->first >= (pages ? p->pages : p->blocks) || (r->first == 0 && r->frame_data == 0)) {
    return GS_E_RANGE;
  }
  if (r->first != 0 && !pages && !s->scanned) {
    return GS_E_STATE;
  }
  if (r->first == 0) {
    forget_objects(s);
    gs_flow_close(s);
    if (!pages && !s->scanned) {
      gs_job_start(s, GS_JOB_SCAN, c->request->id);
      s->job.frame_data = r->frame_data;
      c->pending = true;
      return GS_OK;
    }
    gs_flow_open(s, pages, r->frame_data);
  }
  c->reply->which_body = gapseal_v1_Reply_needs_tag;
  gs_needs_fill(s, r->first, &c->reply->body.needs);
  return GS_OK;
}

/* Does the request name the package that is being written or is staged? */
static enum gs_status names_staged(struct gs_session *s, const uint8_t *package, size_t len,
                                   gapseal_v1_State *state) {
  gapseal_v1_DeviceState now;
  if (len != GS_DIGEST_BYTES) {
    return GS_E_REQUEST_BAD;
  }
  gs_engine_state(s->engine, &now);
  *state = now.state;
  if (now.state < gapseal_v1_State_STATE_WRITING || now.state > gapseal_v1_State_STATE_STAGED) {
    return GS_E_STATE;
  }
  return gs_equal(package, now.staged_package, len) ? GS_OK : GS_E_DIGEST;
}

enum gs_status gs_on_finish(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_FinishRequest *r = &c->request->body.finish;
  gapseal_v1_State state;
  enum gs_status status = names_staged(s, r->package.bytes, r->package.size, &state);
  if (status != GS_OK) {
    return status;
  }
  c->reply->which_body = gapseal_v1_Reply_finish_tag;
  if (state != gapseal_v1_State_STATE_WRITING) {
    return GS_OK; /* done before, and its reply was lost */
  }
  if (!s->begun || gs_engine_table(s->engine) == NULL) {
    return GS_E_STATE;
  }
  gs_flow_close(s);
  gs_job_start(s, GS_JOB_FINISH, c->request->id);
  c->pending = true;
  return GS_OK;
}

enum gs_status gs_on_install(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_InstallRequest *r = &c->request->body.install;
  gapseal_v1_State state;
  enum gs_status status = names_staged(s, r->package.bytes, r->package.size, &state);
  if (status != GS_OK) {
    return status;
  }
  memcpy(c->about.package, r->package.bytes, sizeof c->about.package);
  status = gs_engine_install(s->engine, r->package.bytes);
  s->reset_owed = s->reset_owed || status == GS_OK;
  return status;
}

enum gs_status gs_on_keyring(struct gs_session *s, struct gs_call *c) {
  const gapseal_v1_NonceRequest *r = &c->request->body.keyring;
  enum gs_status status = gs_nonce_check(s, c, r->nonce.bytes, r->nonce.size);
  return status == GS_OK ? gs_engine_store_keyring(s->engine) : status;
}
