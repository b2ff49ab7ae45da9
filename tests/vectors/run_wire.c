/* SPDX-License-Identifier: Apache-2.0
 * The wire's door: each vector meets a real device over the wire. A refusal must be the expected
 * one, from `check` and from `begin` alike, and must leave every byte of flash as it was; what is
 * accepted must change it, so that the comparison is known to see.
 *
 * usage: run_wire DIR [NAME]
 */
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "vector_run.h"
#include "wire_client.h"

#define PIECE 97u /* bytes a load: an object comes in several */

static enum gs_status expect(const struct vector *v) {
  return v->wire.differs ? v->wire.status : v->expect;
}

static const char *name_of(enum gs_status status) {
  return gs_status_info((uint32_t)status)->name;
}

/* A request that must be refused in this way. */
static void want(struct vector_result *r, const char *what, enum gs_status expected,
                 enum gs_status got) {
  if (got != expected) {
    vector_wrong(r, "%s says %s where it must say %s", what, name_of(got), name_of(expected));
  }
}

static void want_unchanged(struct vector_result *r, const struct vector_device *d,
                           const char *what) {
  if (!vector_device_unchanged(d)) {
    vector_wrong(r, "%s was refused and flash was written", what);
  }
}

/* A device that refused something still answers. */
static void want_hello(struct vector_result *r, struct wire_client *c) {
  want(r, "hello after it", GS_OK, wire_hello(c));
}

static void judge_manifest(const struct vector *v, struct wire_client *c, struct vector_result *r) {
  struct vector_device *d = c->d;
  bool older = v->device.older_allowed;
  bool reinstall = v->device.reinstall;
  enum gs_status loaded =
      wire_load(c, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST, v->bytes, v->len, PIECE);
  r->got = loaded == GS_OK ? wire_check(c, older, reinstall) : loaded;
  want_unchanged(r, d, "check"); /* also where it was accepted: check writes nothing */
  enum gs_status begun = wire_begin(c, older, reinstall);
  want(r, "begin", loaded == GS_OK ? r->got : GS_E_NO_LOADED, begun);
  if (begun != GS_OK) {
    want_unchanged(r, d, "begin");
    want_hello(r, c);
    return;
  }
  gapseal_v1_DeviceState state;
  gs_engine_state(&d->engine, &state);
  if (vector_device_unchanged(d) || state.state != gapseal_v1_State_STATE_WRITING) {
    vector_wrong(r, "begin was accepted and nothing was written");
  }
}

/* The factory's way in judges the same keyring by itself. */
static void judge_at_factory(const struct vector *v, struct vector_result *r) {
  static struct vector_device d;
  struct gs_policy_device facts;
  fixture_device(&facts);
  vector_device_blank(&d, &facts);
  vector_device_mark(&d);
  want(r, "the factory", v->expect, gs_engine_provision(&d.engine, v->bytes, v->len, 1));
  if (v->expect != GS_OK) {
    want_unchanged(r, &d, "provisioning");
  } else if (vector_device_unchanged(&d)) {
    vector_wrong(r, "the factory stored nothing");
  }
  vector_device_free(&d);
}

static void judge_keyring(const struct vector *v, struct wire_client *c, struct vector_result *r) {
  struct vector_device *d = c->d;
  enum gs_status loaded =
      wire_load(c, gapseal_v1_ObjectKind_OBJECT_KIND_KEYRING, v->bytes, v->len, PIECE);
  r->got = loaded == GS_OK ? wire_link(c) : loaded;
  uint32_t version = c->reply.body.link.version;
  want_unchanged(r, d, "link"); /* it is kept in RAM until begin or keyring */
  enum gs_status stored = wire_keyring(c);
  want(r, "keyring", r->got == GS_OK ? GS_OK : GS_E_NO_LOADED, stored);
  if (stored != GS_OK) {
    want_unchanged(r, d, "keyring");
    want_hello(r, c);
    return;
  }
  gapseal_v1_DeviceState state;
  vector_device_restart(d);
  gs_engine_state(&d->engine, &state);
  if (state.keyring_version != version) {
    vector_wrong(r, "the stored keyring is gone after a restart");
  }
}

static void judge(const struct vector *v, struct vector_result *out) {
  static struct vector_device d;
  static struct wire_client c;
  vector_device_make(&d, v, GS_DOOR_WIRE);
  wire_open(&c, &d);
  want(out, "hello", GS_OK, wire_hello(&c));
  vector_device_mark(&d);
  if (v->object == VECTOR_MANIFEST) {
    judge_manifest(v, &c, out);
  } else {
    judge_keyring(v, &c, out);
  }
  if (gs_flash_model_violations(d.flash) != 0) {
    vector_wrong(out, "a rule of flash was broken: %s", gs_flash_model_violation(d.flash));
  }
  vector_device_free(&d);
  if (v->object == VECTOR_KEYRING) {
    judge_at_factory(v, out);
  }
}

int main(int argc, char **argv) {
  static const struct vector_door wire = {
      .id = VECTOR_DOOR_WIRE, .name = "wire", .expect = expect, .judge = judge};
  return vector_run(&wire, argc, argv);
}
