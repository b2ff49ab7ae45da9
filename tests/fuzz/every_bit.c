/* SPDX-License-Identifier: Apache-2.0 */
#include "every_bit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "gapseal/crypto.h"

#define COPY_MAX 8192u
#define REMEMBERED 64u

/* -- signatures: the doors ask for the same ones, one after the other ----------------------------
 */

enum gs_status __real_gs_ecdsa_verify(const uint8_t *public_key, const uint8_t *hash,
                                      const uint8_t *sig, size_t sig_len);
enum gs_status __wrap_gs_ecdsa_verify(const uint8_t *public_key, const uint8_t *hash,
                                      const uint8_t *sig, size_t sig_len);
enum gs_status __real_gs_ecdsa_check_public(const uint8_t *public_key);
enum gs_status __wrap_gs_ecdsa_check_public(const uint8_t *public_key);

/* What the real function said of these bytes. */
struct said {
  uint8_t input[GS_PUBLIC_KEY_BYTES + GS_DIGEST_BYTES + GS_SIGNATURE_BYTES];
  size_t len;
  enum gs_status status;
};
static struct said verified[REMEMBERED], checked[REMEMBERED];
static size_t verified_next, checked_next;
static unsigned long asked;

static const struct said *find(const struct said *list, const uint8_t *input, size_t len) {
  for (size_t i = 0; i < REMEMBERED; i++) {
    if (list[i].len == len && memcmp(list[i].input, input, len) == 0) {
      return &list[i];
    }
  }
  return NULL;
}

static void keep(struct said *list, size_t *next, const uint8_t *input, size_t len,
                 enum gs_status status) {
  struct said *s = &list[(*next)++ % REMEMBERED];
  memcpy(s->input, input, len);
  s->len = len;
  s->status = status;
}

enum gs_status __wrap_gs_ecdsa_verify(const uint8_t *public_key, const uint8_t *hash,
                                      const uint8_t *sig, size_t sig_len) {
  uint8_t input[GS_PUBLIC_KEY_BYTES + GS_DIGEST_BYTES + GS_SIGNATURE_BYTES];
  if (sig_len != GS_SIGNATURE_BYTES) {
    return __real_gs_ecdsa_verify(public_key, hash, sig, sig_len);
  }
  memcpy(input, public_key, GS_PUBLIC_KEY_BYTES);
  memcpy(input + GS_PUBLIC_KEY_BYTES, hash, GS_DIGEST_BYTES);
  memcpy(input + GS_PUBLIC_KEY_BYTES + GS_DIGEST_BYTES, sig, GS_SIGNATURE_BYTES);
  const struct said *before = find(verified, input, sizeof input);
  if (before != NULL) {
    return before->status;
  }
  enum gs_status status = __real_gs_ecdsa_verify(public_key, hash, sig, sig_len);
  keep(verified, &verified_next, input, sizeof input, status);
  asked++;
  return status;
}

enum gs_status __wrap_gs_ecdsa_check_public(const uint8_t *public_key) {
  const struct said *before = find(checked, public_key, GS_PUBLIC_KEY_BYTES);
  if (before != NULL) {
    return before->status;
  }
  enum gs_status status = __real_gs_ecdsa_check_public(public_key);
  keep(checked, &checked_next, public_key, GS_PUBLIC_KEY_BYTES, status);
  return status;
}

/* -- the sweep -----------------------------------------------------------------------------------
 */

struct sweep {
  const struct bit_object *object;
  uint8_t copy[COPY_MAX];
  unsigned long flips, cuts, extensions;
  unsigned long taken; /* by a door that must not */
};

static void expect_refused(struct sweep *s, size_t len, const char *how, size_t n) {
  for (size_t i = 0; i < BIT_DOORS_MAX && s->object->doors[i].name != NULL; i++) {
    if (s->object->doors[i].takes(s->copy, len)) {
      printf("# %s: %s %zu: taken by %s\n", s->object->name, how, n, s->object->doors[i].name);
      s->taken++;
    }
  }
}

static bool expect_taken(const struct bit_object *o) {
  bool all = true;
  for (size_t i = 0; i < BIT_DOORS_MAX && o->doors[i].name != NULL; i++) {
    if (!o->doors[i].takes(o->bytes, o->len)) {
      printf("# %s: the object itself is refused by %s\n", o->name, o->doors[i].name);
      all = false;
    }
  }
  return all;
}

static bool is_spared(const struct bit_object *o, size_t at) {
  for (size_t i = 0; i < BIT_SPARED_MAX; i++) {
    if (at >= o->spared[i].off && at - o->spared[i].off < o->spared[i].len) {
      return true;
    }
  }
  return false;
}

static void flip_all(struct sweep *s) {
  for (size_t bit = 0; bit < 8u * s->object->len; bit++) {
    if (!is_spared(s->object, bit / 8u)) {
      s->copy[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
      expect_refused(s, s->object->len, "bit", bit);
      s->copy[bit / 8u] ^= (uint8_t)(1u << bit % 8u);
      s->flips++;
    }
  }
}

static void extend(struct sweep *s, const uint8_t *more, size_t len, const char *how) {
  memcpy(s->copy + s->object->len, more, len);
  expect_refused(s, s->object->len + len, how, len);
  s->extensions++;
}

static void extend_all(struct sweep *s) {
  static const uint8_t zeros[1024];
  static const uint8_t ones[] = {0xFF};
  static const uint8_t empty_field[] = {0x12, 0x00};
  static const uint8_t unknown_field[] = {0x1A, 0x01, 0x00};
  static const uint8_t far_field[] = {0xA2, 0x06, 0x01, 0x00};
  extend(s, zeros, 1, "longer by zeros");
  extend(s, zeros, 4, "longer by zeros");
  extend(s, zeros, sizeof zeros, "longer by zeros");
  extend(s, ones, sizeof ones, "longer by ones");
  extend(s, empty_field, sizeof empty_field, "longer by an empty signature");
  extend(s, unknown_field, sizeof unknown_field, "longer by a field");
  extend(s, far_field, sizeof far_field, "longer by a far field");
  extend(s, s->object->bytes, s->object->len < 512u ? s->object->len : 512u, "longer by itself");
}

bool every_bit(const struct bit_object *object) {
  static struct sweep s;
  memset(&s, 0, sizeof s);
  s.object = object;
  asked = 0;
  fixture_must(object->len + 1024u <= sizeof s.copy, "an object is too long for the sweep");
  memcpy(s.copy, object->bytes, object->len);
  bool taken = expect_taken(object);
  flip_all(&s);
  for (size_t len = 0; len < object->len; len++) {
    if (len != object->whole_at || len == 0) {
      expect_refused(&s, len, "cut to", len);
      s.cuts++;
    }
  }
  extend_all(&s);
  taken = expect_taken(object) && taken;
  size_t doors = 0;
  while (doors < BIT_DOORS_MAX && object->doors[doors].name != NULL) {
    doors++;
  }
  bool ok = taken && s.taken == 0;
  printf(
      "# %s: %zu bytes, %zu doors: %lu flips, %lu cuts, %lu extensions; %lu signatures verified\n",
      object->name, object->len, doors, s.flips, s.cuts, s.extensions, asked);
  printf("%s - %s: %lu damaged copies, %lu taken by any door\n", ok ? "ok" : "not ok", object->name,
         s.flips + s.cuts + s.extensions, s.taken);
  (void)fflush(stdout);
  return ok;
}

const char *bit_file(unsigned slot, const uint8_t *data, size_t len) {
  static int fds[4];
  static char paths[4][32];
  if (paths[slot][0] == '\0') {
    fds[slot] = memfd_create("object", MFD_CLOEXEC);
    fixture_must(fds[slot] >= 0, "a file in memory");
    (void)snprintf(paths[slot], sizeof paths[slot], "/proc/self/fd/%d", fds[slot]);
  }
  fixture_must(
      ftruncate(fds[slot], 0) == 0 && (len == 0 || pwrite(fds[slot], data, len, 0) == (ssize_t)len),
      "a file in memory");
  return paths[slot];
}
