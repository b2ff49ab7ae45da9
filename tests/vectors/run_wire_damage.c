/* SPDX-License-Identifier: Apache-2.0
 * One good manifest over the wire with every single bit flipped, and cut at every byte: none is
 * accepted, none makes the device write, and the good one still is.
 *
 * usage: run_wire_damage DIR [flip BIT | cut BYTES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gapseal/crypto.h"
#include "wire_client.h"

#define GOOD "golden-manifest-1.vec"
/* Longer than a device makes wait after refused signatures: what is measured is the verdict. */
#define PATIENCE_MS 3000u

struct sweep {
  struct vector_device d;
  struct wire_client c;
  struct vector v;
  unsigned refused, failed;
};

static enum gs_status check(struct sweep *s, const uint8_t *data, size_t len) {
  s->d.now_ms += PATIENCE_MS;
  enum gs_status status =
      wire_load(&s->c, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST, data, len, GS_FRAME_MAX_MIN * 4);
  return status == GS_OK ? wire_check(&s->c, false, false) : status;
}

static const char *name_of(enum gs_status status) {
  return gs_status_info((uint32_t)status)->name;
}

/* A refusal is one about the object: 10 to 59. */
static void expect_refusal(struct sweep *s, const uint8_t *data, size_t len, const char *how,
                           size_t n) {
  enum gs_status got = check(s, data, len);
  bool refused = got >= GS_E_EMPTY && got <= GS_E_KEYRING_NONE;
  bool unchanged = vector_device_unchanged(&s->d);
  if (refused && unchanged) {
    s->refused++;
    return;
  }
  printf("not ok - %s at the wire, %s %zu: got %s%s\n#   alone: run_wire_damage DIR %s %zu\n", GOOD,
         how, n, name_of(got), unchanged ? "" : "; flash was written", how, n);
  s->failed++;
}

static void flip(struct sweep *s, size_t bit) {
  uint8_t copy[DEVICE_OBJECT_MAX];
  memcpy(copy, s->v.bytes, s->v.len);
  copy[bit / 8u] ^= (uint8_t)(1u << (bit % 8u));
  expect_refusal(s, copy, s->v.len, "flip", bit);
}

static void cut(struct sweep *s, size_t len) {
  expect_refusal(s, s->v.bytes, len, "cut", len);
}

static void sweep(struct sweep *s) {
  for (size_t len = 0; len < s->v.len; len++) {
    cut(s, len);
  }
  for (size_t bit = 0; bit < s->v.len * 8u; bit++) {
    flip(s, bit);
  }
}

/* The device is not stuck: the manifest itself is what it takes. */
static void expect_good(struct sweep *s) {
  enum gs_status got = check(s, s->v.bytes, s->v.len);
  if (got != GS_OK || !vector_device_unchanged(&s->d)) {
    printf("not ok - %s at the wire, whole: got %s\n", GOOD, name_of(got));
    s->failed++;
  }
}

static bool start(struct sweep *s, const char *dir) {
  char why[160];
  if (gs_crypto_init() != GS_OK || !vector_read(dir, GOOD, &s->v, why, sizeof why) ||
      s->v.len > DEVICE_OBJECT_MAX) {
    return false;
  }
  vector_device_make(&s->d, &s->v, GS_DOOR_WIRE);
  wire_open(&s->c, &s->d);
  return wire_hello(&s->c) == GS_OK;
}

int main(int argc, char **argv) {
  static struct sweep s;
  if ((argc != 2 && argc != 4) || !start(&s, argv[1])) {
    (void)fprintf(stderr, "usage: %s DIR [flip BIT | cut BYTES]\n", argv[0]);
    return 2;
  }
  vector_device_mark(&s.d);
  expect_good(&s);
  if (argc == 2) {
    sweep(&s);
  } else {
    size_t n = (size_t)strtoul(argv[3], NULL, 10);
    bool is_cut = strcmp(argv[2], "cut") == 0;
    if (n >= s.v.len * (is_cut ? 1u : 8u)) {
      (void)fprintf(stderr, "%s: %s is %zu bytes long\n", argv[0], GOOD, s.v.len);
      return 2;
    }
    (is_cut ? cut : flip)(&s, n);
  }
  expect_good(&s);
  printf("# wire: %zu bytes, %u damaged copies refused, %u failed\n", s.v.len, s.refused, s.failed);
  if (s.failed == 0) {
    printf("ok - every damaged copy of %s is refused at the wire and nothing is written\n", GOOD);
  }
  vector_device_free(&s.d);
  return s.failed == 0 ? 0 : 1;
}
