/* SPDX-License-Identifier: Apache-2.0 */
#include "offer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "ota_client.h"
#include "package_layout.h"
#include "verify.h"
#include "wire_client.h"

#define PIECE 197u /* bytes a load */

const char *const offer_door_names[OFFER_DOORS] = {
    [OFFER_WIRE] = "wire",
    [OFFER_OTA] = "OTA client",
    [OFFER_PREFLIGHT] = "pre-flight",
    [OFFER_VERIFIER] = "verifier",
};

/* Numbers behind a verdict, as far as a door tells them. */
struct behind {
  bool told;
  uint8_t package[GS_DIGEST_BYTES];
  uint32_t staging_slot, expected, got;
  bool gives_up_last_good, already_running;
};

static void wrong(struct verdicts *v, const char *what, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct verdicts *v, const char *what, ...) {
  if (v->wrong[0] != '\0') {
    return;
  }
  va_list args;
  va_start(args, what);
  (void)vsnprintf(v->wrong, sizeof v->wrong, what, args);
  va_end(args);
}

static void note_asked(struct verdicts *v, enum offer_door door) {
  v->asked |= 1u << door;
}

static const char *name_of(enum gs_status status) {
  return gs_status_info((uint32_t)status)->name;
}

/* -- over the wire ----------------------------------------------------------------------------- */

static uint32_t version_held(struct bench *b) {
  gapseal_v1_DeviceState state;
  gs_engine_state(&b->d.engine, &state);
  return state.keyring_version;
}

static enum gs_status load_manifest(struct wire_client *c, const struct offer *o) {
  return wire_load(c, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST, o->envelope, o->len, PIECE);
}

/* As a host does it: no manifest that is too large, the newer keyrings, the manifest. */
static enum gs_status present(struct wire_client *c, const struct offer *o, uint32_t held) {
  enum gs_status status = load_manifest(c, o);
  for (size_t i = 0; status == GS_OK && i < o->keys.count; i++) {
    uint32_t version = 0;
    if (gs_keyring_peek(o->keys.items[i], o->keys.lens[i], &version) && version <= held) {
      continue;
    }
    status = wire_load(c, gapseal_v1_ObjectKind_OBJECT_KIND_KEYRING, o->keys.items[i],
                       o->keys.lens[i], PIECE);
    if (status == GS_OK) {
      status = wire_link(c);
    }
    status = status == GS_E_ALREADY ? GS_OK : status;
  }
  return status == GS_OK && o->keys.count > 0 ? load_manifest(c, o) : status;
}

static void note_check(const gapseal_v1_CheckReply *r, struct behind *out) {
  out->told = r->package.size == GS_DIGEST_BYTES;
  memcpy(out->package, r->package.bytes, GS_DIGEST_BYTES);
  out->staging_slot = r->staging_slot;
  out->expected = r->expected;
  out->got = r->got;
  out->gives_up_last_good = r->gives_up_last_good;
  out->already_running = r->already_running;
}

static void install_by_wire(struct wire_client *c, const struct vector_package *file,
                            const struct offer *o, const struct behind *behind,
                            struct verdicts *v) {
  struct gs_signed s;
  struct gs_manifest m;
  uint32_t variant = c->reply.body.begin.variant;
  struct wire_image from = {.pages = file->bytes + file->pages_at,
                            .image = file->bytes + file->data_at};
  if (gs_signed_parse(o->envelope, o->len, &s) != GS_OK ||
      gs_manifest_decode(s.body, s.body_len, &m) != GS_OK || variant >= m.fields.variants_count) {
    wrong(v, "the device took a manifest that cannot be read");
    return;
  }
  for (uint32_t i = 0; i < variant; i++) {
    from.pages += (size_t)gs_manifest_table(&m, i).blocks * GS_DIGEST_BYTES;
    from.image += m.fields.variants[i].size;
  }
  from.table = gs_manifest_table(&m, variant);
  v->delivered = wire_install(c, &from, behind->package);
}

static void by_wire(struct bench_pair *p, const struct offer *o, const struct vector_package *file,
                    bool whole, struct behind *behind, struct verdicts *v) {
  static struct wire_client c;
  struct bench *b = &p->wire;
  bench_start(b);
  wire_open(&c, &b->d);
  fixture_must(wire_hello(&c) == GS_OK, "hello");
  v->wire = present(&c, o, version_held(b));
  note_asked(v, OFFER_WIRE);
  if (v->wire == GS_OK) {
    v->wire = wire_check(&c, o->older, o->reinstall);
    note_check(&c.reply.body.check, behind);
  }
  if (!vector_device_unchanged(&b->d)) {
    wrong(v, "flash was written before begin");
  }
  if (v->wire != GS_OK) {
    return;
  }
  enum gs_status begun = wire_begin(&c, o->older, o->reinstall);
  if (begun != GS_OK) {
    wrong(v, "check says ok, and begin says %s", name_of(begun));
  } else if (whole) {
    install_by_wire(&c, file, o, behind, v);
  }
}

/* -- through the OTA client -------------------------------------------------------------------- */

struct stream {
  const uint8_t *at;
  size_t left;
  uint32_t piece;
};

static enum gs_status read_stream(void *ctx, uint8_t *buf, size_t cap, size_t *got) {
  struct stream *s = ctx;
  size_t n = s->left < cap ? s->left : cap;
  n = s->piece != 0 && n > s->piece ? s->piece : n;
  memcpy(buf, s->at, n);
  s->at += n;
  s->left -= n;
  *got = n;
  return GS_OK;
}

static void note_verdict(const struct gs_verdict *from, struct behind *out) {
  out->told = true;
  memcpy(out->package, from->package, GS_DIGEST_BYTES);
  out->staging_slot = from->staging_slot;
  out->expected = from->expected;
  out->got = from->got;
  out->gives_up_last_good = from->gives_up_last_good;
  out->already_running = from->already_running;
}

static void by_ota(struct bench_pair *p, const struct offer *o, const struct vector_package *file,
                   bool whole, struct behind *behind, struct verdicts *v) {
  static uint8_t manifest[DEVICE_OBJECT_MAX], block[FIXTURE_BLOCK_BYTES];
  static uint8_t keyring[DEVICE_OBJECT_MAX];
  struct bench *b = &p->ota;
  struct stream stream = {.at = file->bytes, .left = file->len, .piece = o->piece};
  const struct ota_source source = {.ctx = &stream, .read = read_stream};
  struct ota_client client = {.engine = &b->d.engine, .source = &source};
  const struct gs_engine_memory *m = &b->d.engine_memory;
  client.memory = (struct ota_memory){.manifest = manifest,
                                      .manifest_cap = m->manifest_cap,
                                      .keyring = keyring,
                                      .keyring_cap = m->keyring_cap,
                                      .block = block,
                                      .block_max = sizeof block};
  bench_start(b);
  v->ota = ota_update(&client, o->older, o->reinstall);
  note_asked(v, OFFER_OTA);
  note_verdict(&client.verdict, behind);
  if (client.begun) {
    enum gs_status expected = whole ? v->delivered : GS_E_MORE_NEEDED; /* there is no image */
    if (v->ota != expected) {
      wrong(v, "the OTA client ends with %s where the wire does with %s", name_of(v->ota),
            name_of(expected));
    }
    v->ota = GS_OK;
  } else if (!vector_device_unchanged(&b->d)) {
    wrong(v, "the OTA client was refused (%s), and flash was written", name_of(v->ota));
  }
}

/* -- in the host's pre-flight ------------------------------------------------------------------ */

static void by_preflight(const struct bench_pair *p, const struct offer *o, struct behind *behind,
                         struct verdicts *v) {
  struct gsh_preflight q = {.device = &p->told,
                            .envelope = o->envelope,
                            .len = o->len,
                            .older = o->older,
                            .reinstall = o->reinstall};
  struct gs_policy_result result;
  q.chain.count = o->keys.count;
  for (size_t i = 0; i < o->keys.count; i++) {
    q.chain.items[i] = o->keys.items[i];
    q.chain.lens[i] = o->keys.lens[i];
  }
  v->preflight = gsh_preflight_judge(&q, &result);
  note_asked(v, OFFER_PREFLIGHT);
  behind->told = true;
  behind->staging_slot = result.staging_slot;
  behind->expected = result.expected;
  behind->got = result.got;
  behind->already_running = result.already_running;
}

/* The same where the device's keyring is not known here: all rules but 2, 4 and 5 remain. */
static bool of_keys(enum gs_status status) {
  return (status >= GS_E_SIG_MISSING && status <= GS_E_KEYRING_GAP && status != GS_E_KEY_TEST) ||
         status == GS_E_REVOKED || status == GS_E_BELOW_MINIMUM;
}

static void by_preflight_without_keyring(struct bench_pair *p, const struct offer *o,
                                         struct verdicts *v) {
  struct verdicts blind = {.wire = GS_OK};
  struct behind ignored;
  struct offer bare = *o;
  struct gsh_trust *trust = p->told.trust;
  bare.keys.count = 0;
  p->told.trust = NULL;
  by_preflight(p, &bare, &ignored, &blind);
  p->told.trust = trust;
  if (!of_keys(v->wire) && o->keys.count == 0 && blind.preflight != v->wire) {
    wrong(v, "pre-flight without the keyring says %s", name_of(blind.preflight));
  }
}

/* -- at the verifier --------------------------------------------------------------------------- */

/* The keyring that the device judges with, once the package's newer ones were linked. False: one of
 * them was refused, which is a word about the device's own keyring. */
static bool follow(struct gsv_keyring *trusted, const struct offer *o) {
  struct gsv_error e;
  uint32_t held = trusted->keyring.fields.version;
  for (size_t i = 0; i < o->keys.count; i++) {
    static struct gsv_keyring next;
    uint32_t version = 0;
    if (gs_keyring_peek(o->keys.items[i], o->keys.lens[i], &version) && version <= held) {
      continue;
    }
    if (o->keys.lens[i] > sizeof next.envelope) {
      return false;
    }
    memcpy(next.envelope, o->keys.items[i], o->keys.lens[i]);
    if (gsv_keyring_verify(&next, o->keys.lens[i], trusted, &e) != GS_OK) {
      return false;
    }
    gsv_keyring_copy(trusted, &next, o->keys.lens[i]);
  }
  return true;
}

/* Rules 1 to 5, as the verifier has written them down for itself. */
static enum gs_status rules_1_to_5(const struct gsv_keyring *trusted, const struct offer *o) {
  const gapseal_v1_Key *signers[GS_SIGNATURES_MAX] = {NULL};
  uint8_t digest[GS_DIGEST_BYTES];
  struct gs_signed object;
  struct gs_manifest m;
  struct gsv_error e;
  enum gs_status status = gs_signed_parse(o->envelope, o->len, &object);
  if (status == GS_OK) {
    status = gsv_manifest_signatures(&object, trusted, signers, &e);
  }
  if (status == GS_OK) {
    status = gs_manifest_decode(object.body, object.body_len, &m);
  }
  if (status == GS_OK) {
    status = gs_sha256(object.body, object.body_len, digest);
  }
  return status == GS_OK ? gsv_manifest_allowed(&m, digest, &trusted->keyring, signers,
                                                object.signature_count, &e)
                         : status;
}

static void by_verifier(const struct offer *o, const uint8_t *held, size_t held_len,
                        struct verdicts *v) {
  static struct gsv_keyring trusted;
  struct gsv_error e;
  memcpy(trusted.envelope, held, held_len);
  fixture_must(gsv_keyring_verify(&trusted, held_len, NULL, &e) == GS_OK, "the device's keyring");
  v->verifier_asked = follow(&trusted, o);
  note_asked(v, OFFER_VERIFIER);
  if (!v->verifier_asked) {
    return;
  }
  v->verifier = rules_1_to_5(&trusted, o);
  if (vector_needs_no_device(v->wire) && v->verifier != v->wire) {
    wrong(v, "the verifier says %s", name_of(v->verifier));
  }
  bool device_first = v->wire == GS_E_TOO_BIG || v->wire == GS_E_STORE_LOST ||
                      v->wire == GS_E_KEYRING_NONE || v->wire == GS_E_KEY_TEST;
  if (!device_first && !vector_needs_no_device(v->wire) && v->verifier != GS_OK) {
    wrong(v, "the verifier says %s of a manifest that is well signed", name_of(v->verifier));
  }
}

/* A chain is read whole, also what a device passes over. */
static bool chain_holds(const struct package_keys *keys) {
  static struct gsv_keyring links[PACKAGE_KEYS_MAX];
  struct gsv_error e;
  for (size_t i = 0; i < keys->count; i++) {
    memcpy(links[i].envelope, keys->items[i], keys->lens[i]);
    if (gsv_keyring_verify(&links[i], keys->lens[i], i > 0 ? &links[i - 1u] : NULL, &e) != GS_OK) {
      return false;
    }
  }
  return true;
}

/* gapseal-verify on the file itself. */
static void by_verifier_file(const struct offer *o, const uint8_t *held, size_t held_len,
                             const struct offer_files *files, struct verdicts *v) {
  const struct package_keys one = {.count = 1, .items = {held}, .lens = {held_len}};
  const struct gsv_options options = {.keyring = files->keyring};
  struct gsv_report report = {.json = cJSON_CreateObject()};
  struct gsv_error e = {.status = GS_OK};
  vector_keyring_file_write(files->keyring, &one);
  vector_package_write(files->package, o->envelope, o->len, &o->keys);
  enum gs_status status = gsv_package(files->package, &options, &report, &e);
  if (status != v->verifier) {
    wrong(v, "gapseal-verify says %s of the file: %s", name_of(status), e.what);
  }
  cJSON_Delete(report.json);
}

/* -- together ---------------------------------------------------------------------------------- */

static void compare_behind(const struct behind *wire, const struct behind *ota,
                           const struct behind *preflight, struct verdicts *v) {
  if (!wire->told || v->wire != v->ota || v->wire != v->preflight) {
    return;
  }
  if (memcmp(wire->package, ota->package, GS_DIGEST_BYTES) != 0 ||
      wire->staging_slot != ota->staging_slot || wire->expected != ota->expected ||
      wire->got != ota->got || wire->gives_up_last_good != ota->gives_up_last_good ||
      wire->already_running != ota->already_running) {
    wrong(v, "wire and OTA client tell other reasons for %s", name_of(v->wire));
  }
  bool judged = v->wire == GS_OK || v->wire >= GS_E_PRODUCT; /* rules 6 to 10 were reached */
  if (judged && v->wire != GS_E_REVOKED && v->wire != GS_E_BELOW_MINIMUM &&
      v->wire != GS_E_STORE_LOST &&
      (wire->staging_slot != preflight->staging_slot || wire->expected != preflight->expected ||
       wire->got != preflight->got || wire->already_running != preflight->already_running)) {
    wrong(v, "the device and pre-flight tell other reasons for %s", name_of(v->wire));
  }
}

static void compare_flash(struct bench_pair *p, const struct behind *behind, bool install,
                          struct verdicts *v) {
  char why[160];
  if (!bench_same(&p->wire, &p->ota, why, sizeof why)) {
    wrong(v, "after %s %s", name_of(v->wire), why);
    return;
  }
  if (!install) {
    return;
  }
  bench_finish(&p->wire, behind->package);
  bench_finish(&p->ota, behind->package);
  v->installed = p->wire.boot.action == GS_BOOT_TRY;
  if (!bench_same(&p->wire, &p->ota, why, sizeof why)) {
    wrong(v, "after the reset %s", why);
  }
}

static void want_all_asked(const struct offer *o, struct verdicts *v) {
  for (unsigned door = 0; door < OFFER_DOORS; door++) {
    if ((v->asked & 1u << door) == 0) {
      wrong(v, "it was left out of the %s", offer_door_names[door]);
    }
  }
  if (o->leave_out == 0 && (v->wire != v->ota || v->wire != v->preflight)) {
    wrong(v, "the wire says %s, the OTA client %s, pre-flight %s", name_of(v->wire),
          name_of(v->ota), name_of(v->preflight));
  }
}

static bool asks(const struct offer *o, enum offer_door door) {
  return (o->leave_out & 1u << door) == 0;
}

void offer_judge(struct bench_pair *p, const struct offer *o, const uint8_t *held, size_t held_len,
                 const struct offer_files *files, struct verdicts *out) {
  struct vector_package file;
  struct behind wire = {.told = false};
  struct behind ota = {.told = false};
  struct behind preflight = {.told = false};
  memset(out, 0, sizeof *out);
  bool whole = vector_package_build(&file, o->envelope, o->len, &o->keys);
  if (asks(o, OFFER_WIRE)) {
    by_wire(p, o, &file, whole, &wire, out);
  }
  if (asks(o, OFFER_OTA)) {
    by_ota(p, o, &file, whole, &ota, out);
  }
  if (asks(o, OFFER_PREFLIGHT)) {
    by_preflight(p, o, &preflight, out);
  }
  if (asks(o, OFFER_VERIFIER)) {
    by_verifier(o, held, held_len, out);
  }
  want_all_asked(o, out);
  bool delivered = whole && out->wire == GS_OK && out->delivered == GS_OK;
  if (out->asked == (1u << OFFER_DOORS) - 1u) {
    compare_behind(&wire, &ota, &preflight, out);
    by_preflight_without_keyring(p, o, out);
    compare_flash(p, &wire, delivered, out);
  }
  if (delivered && out->verifier_asked && file.fits && chain_holds(&o->keys)) {
    by_verifier_file(o, held, held_len, files, out);
  }
  free(file.bytes);
}
