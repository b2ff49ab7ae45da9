/* SPDX-License-Identifier: Apache-2.0
 * Every vector at every door of a device at once: over the wire, through the OTA client, in the
 * host's pre-flight, and at the verifier, on two copies of the device that it is about. A keyring
 * comes in the chain of a good package.
 *
 * usage: run_doors DIR [NAME] | run_doors DIR --leave-out DOOR NAME
 *
 * --leave-out asks all doors but one, and must fail: so it is known that this would be noticed.
 */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "offer.h"
#include "package_layout.h"
#include "vector_run.h"

static struct offer_files files;
static unsigned leave_out;

/* A good manifest around a keyring. */
static size_t good_envelope(uint8_t out[FIXTURE_BODY_MAX]) {
  static const enum test_key release = TEST_KEY_RELEASE_1;
  struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX];
  fixture_manifest(&f, 1);
  return fixture_sign(GS_OBJECT_MANIFEST, body, fixture_manifest_body(&f, body), &release, 1, out,
                      FIXTURE_BODY_MAX);
}

/* The keyring that the device holds: a vector's own, or the first. */
static size_t held_by(const struct vector *v, uint8_t out[DEVICE_OBJECT_MAX]) {
  if (v->keyring_len == 0) {
    return fixture_keyring_envelope(1, out, DEVICE_OBJECT_MAX);
  }
  memcpy(out, v->keyring, v->keyring_len);
  return v->keyring_len;
}

/* In a package a keyring is judged as a successor, and passed over where it is not newer; the
 * manifest around it is one that both of the maker's keyrings take. */
static enum gs_status expect_of_keyring(const struct vector *v) {
  struct vector link = *v;
  uint32_t version = 0;
  uint32_t held = 0;
  static uint8_t first[DEVICE_OBJECT_MAX];
  link.object = VECTOR_KEYRING_LINK;
  link.keyring_len = held_by(v, first);
  memcpy(link.keyring, first, link.keyring_len);
  fixture_must(gs_keyring_peek(first, link.keyring_len, &held), "the device's keyring");
  if (gs_keyring_peek(v->bytes, v->len, &version) && version <= held) {
    return GS_OK;
  }
  enum gs_status status = vector_judge(&link);
  return status == GS_E_ALREADY ? GS_OK : status;
}

static enum gs_status expect(const struct vector *v) {
  return v->object == VECTOR_MANIFEST ? v->expect : expect_of_keyring(v);
}

static void judge(const struct vector *v, struct vector_result *out) {
  static struct bench_pair pair;
  static uint8_t envelope[FIXTURE_BODY_MAX], held[DEVICE_OBJECT_MAX];
  struct verdicts verdicts;
  size_t held_len = held_by(v, held);
  struct offer o = {.piece = 61, .leave_out = leave_out};
  o.keys.items[0] = held;
  o.keys.lens[0] = held_len;
  o.keys.count = 1;
  if (v->object == VECTOR_MANIFEST) {
    o.envelope = v->bytes;
    o.len = v->len;
    o.older = v->device.older_allowed;
    o.reinstall = v->device.reinstall;
  } else {
    o.len = good_envelope(envelope);
    o.envelope = envelope;
    o.keys.items[1] = v->bytes;
    o.keys.lens[1] = v->len;
    o.keys.count = 2;
  }
  bench_make_for(&pair, v);
  offer_judge(&pair, &o, held, held_len, &files, &verdicts);
  bench_free(&pair);
  out->got = verdicts.wire;
  if (verdicts.wrong[0] != '\0') {
    vector_wrong(out, "%s", verdicts.wrong);
  }
}

/* Takes "--leave-out DOOR" out of the arguments. */
static bool read_leave_out(int *argc, char **argv) {
  if (*argc != 5 || strcmp(argv[2], "--leave-out") != 0) {
    return true;
  }
  for (unsigned i = 0; i < OFFER_DOORS; i++) {
    leave_out |= strcmp(argv[3], offer_door_names[i]) == 0 ? 1u << i : 0u;
  }
  argv[2] = argv[4];
  *argc = 3;
  return leave_out != 0;
}

int main(int argc, char **argv) {
  static const struct vector_door doors = {
      .id = VECTOR_DOOR_ALL, .name = "doors", .expect = expect, .judge = judge};
  const char *base = getenv("TMPDIR");
  char directory[256];
  int n = snprintf(directory, sizeof directory, "%s/gapseal-doors.XXXXXX",
                   base == NULL || base[0] == '\0' ? "/tmp" : base);
  if (!read_leave_out(&argc, argv) || n <= 0 || (size_t)n >= sizeof directory ||
      mkdtemp(directory) == NULL) {
    (void)fprintf(stderr, "usage: %s DIR [NAME] | %s DIR --leave-out DOOR NAME\n", argv[0],
                  argv[0]);
    return 2;
  }
  (void)snprintf(files.package, sizeof files.package, "%s/vector.gsp", directory);
  (void)snprintf(files.keyring, sizeof files.keyring, "%s/vector.gsk", directory);
  int code = vector_run(&doors, argc, argv);
  (void)remove(files.package);
  (void)remove(files.keyring);
  (void)rmdir(directory);
  return code;
}
