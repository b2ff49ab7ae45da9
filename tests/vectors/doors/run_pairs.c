/* SPDX-License-Identifier: Apache-2.0
 * Generated packages on devices of every history, at every door: one verdict, one flash.
 *
 * usage: run_pairs [--seed N] [--count N] | run_pairs SEED:INDEX
 *
 * A pair is named SEED:INDEX, and by that alone it can be run again.
 */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "generate.h"

#define SEED 20u
#define COUNT 2400u
#define LONG_COUNT 60000u /* with GAPSEAL_LONG */
#define STATUS_MAX 300u
#define SHOWN_MAX 20u

struct run {
  struct bench_pair *pairs; /* one a state, made when it is first needed */
  struct offer_files files;
  unsigned failed, accepted, installed, refused, verified;
  unsigned by_status[STATUS_MAX];
};

static struct bench_pair *pair_of(struct run *run, size_t state) {
  struct bench_pair *p = &run->pairs[state];
  if (p->wire.base == NULL) {
    bench_make(p, &bench_states[state]);
  }
  return p;
}

static void run_one(struct run *run, const char *program, uint64_t seed, uint64_t index) {
  static struct generated g;
  static uint8_t held[DEVICE_OBJECT_MAX];
  struct verdicts v;
  size_t state = (size_t)(index % bench_state_count);
  struct bench_pair *p = pair_of(run, state);
  size_t held_len = generate_keyring(bench_states[state].keyring, held);
  generate_offer(&p->told, seed, index, &g);
  offer_judge(p, &g.offer, held, held_len, &run->files, &v);
  run->by_status[(unsigned)v.wire < STATUS_MAX ? (unsigned)v.wire : 0]++;
  run->accepted += v.wire == GS_OK;
  run->refused += v.wire != GS_OK;
  run->installed += v.installed;
  run->verified += v.verifier_asked;
  if (v.wrong[0] == '\0') {
    return;
  }
  run->failed++;
  if (run->failed <= SHOWN_MAX) {
    printf(
        "not ok - pair %llu:%llu: %s\n#   a device that is \"%s\"\n#   offered:%s\n"
        "#   alone: %s %llu:%llu\n",
        (unsigned long long)seed, (unsigned long long)index, v.wrong, bench_states[state].name,
        g.what, program, (unsigned long long)seed, (unsigned long long)index);
  }
}

static void show(const struct run *run) {
  unsigned kinds = 0;
  for (unsigned i = 0; i < STATUS_MAX; i++) {
    kinds += run->by_status[i] > 0;
  }
  printf(
      "# %u accepted (%u installed, started and confirmed), %u refused, in %u statuses; "
      "the verifier was asked %u times\n",
      run->accepted, run->installed, run->refused, kinds, run->verified);
  for (unsigned i = 0; i < STATUS_MAX; i++) {
    if (run->by_status[i] > 0) {
      printf("#   %6u %s\n", run->by_status[i], gs_status_info(i)->name);
    }
  }
}

/* A run that never reaches a rule proves nothing of it. */
static void expect_all_rules(struct run *run) {
  static const enum gs_status rules[] = {GS_OK,
                                         GS_E_ALREADY,
                                         GS_E_TOO_BIG,
                                         GS_E_STORE_LOST,
                                         GS_E_KEYRING_NONE,
                                         GS_E_SIG_MISSING,
                                         GS_E_SIG_BAD,
                                         GS_E_KEY_UNKNOWN,
                                         GS_E_KEY_REVOKED,
                                         GS_E_KEY_ROLE,
                                         GS_E_KEY_TEST,
                                         GS_E_KEYRING_GAP,
                                         GS_E_REVOKED,
                                         GS_E_NONCANONICAL,
                                         GS_E_MALFORMED,
                                         GS_E_UNKNOWN_FIELD,
                                         GS_E_INCOMPLETE,
                                         GS_E_BAD_VALUE,
                                         GS_E_UNSUPPORTED,
                                         GS_E_BELOW_MINIMUM,
                                         GS_E_PRODUCT,
                                         GS_E_HARDWARE,
                                         GS_E_STUB_OLD,
                                         GS_E_NO_VARIANT,
                                         GS_E_IMAGE_SIZE,
                                         GS_E_BLOCK_SIZE,
                                         GS_E_BELOW_FLOOR,
                                         GS_E_VERSION_JUMP,
                                         GS_E_FLOOR_EXHAUSTED,
                                         GS_E_OLDER,
                                         GS_E_REQUIRES,
                                         GS_E_IN_TRIAL,
                                         GS_E_STATE,
                                         GS_E_BUSY_DOOR,
                                         GS_E_BUSY_OTHER};
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    if (run->by_status[rules[i]] == 0) {
      printf("not ok - no pair came to %s\n", gs_status_info((uint32_t)rules[i])->name);
      run->failed++;
    }
  }
}

static bool make_files(struct offer_files *f, char directory[256]) {
  const char *base = getenv("TMPDIR");
  int n = snprintf(directory, 256, "%s/gapseal-pairs.XXXXXX",
                   base == NULL || base[0] == '\0' ? "/tmp" : base);
  if (n <= 0 || n >= 256 || mkdtemp(directory) == NULL) {
    return false;
  }
  (void)snprintf(f->package, sizeof f->package, "%s/pair.gsp", directory);
  (void)snprintf(f->keyring, sizeof f->keyring, "%s/pair.gsk", directory);
  return true;
}

static int finish(struct run *run, const char *directory) {
  (void)remove(run->files.package);
  (void)remove(run->files.keyring);
  (void)rmdir(directory);
  for (size_t i = 0; i < bench_state_count; i++) {
    if (run->pairs[i].wire.base != NULL) {
      bench_free(&run->pairs[i]);
    }
  }
  free(run->pairs);
  return run->failed == 0 ? 0 : 1;
}

static int usage(const char *program) {
  (void)fprintf(stderr, "usage: %s [--seed N] [--count N] | %s SEED:INDEX\n", program, program);
  return 2;
}

int main(int argc, char **argv) {
  static struct run run;
  char directory[256];
  unsigned long long seed = SEED;
  unsigned long long index = 0;
  unsigned long long count = COUNT;
  const char *campaign = getenv("GAPSEAL_LONG");
  if (campaign != NULL && *campaign != '\0') {
    count = LONG_COUNT;
  }
  bool one = argc == 2 && sscanf(argv[1], "%llu:%llu", &seed, &index) == 2;
  for (int i = 1; i < argc && !one; i += 2) {
    bool known =
        i + 1 < argc && (strcmp(argv[i], "--seed") == 0 || strcmp(argv[i], "--count") == 0);
    if (!known || sscanf(argv[i + 1], "%llu", argv[i][2] == 's' ? &seed : &count) != 1) {
      return usage(argv[0]);
    }
  }
  run.pairs = calloc(bench_state_count, sizeof *run.pairs);
  if (run.pairs == NULL || gs_crypto_init() != GS_OK || !make_files(&run.files, directory)) {
    (void)fprintf(stderr, "%s: cannot start\n", argv[0]);
    return 2;
  }
  if (one) {
    run_one(&run, argv[0], seed, index);
    show(&run);
    return finish(&run, directory);
  }
  for (index = 0; index < count; index++) {
    run_one(&run, argv[0], seed, index);
  }
  show(&run);
  if (count >= COUNT) {
    expect_all_rules(&run);
  }
  printf(
      "%s - %llu pairs of seed %llu, on %zu histories: one verdict at every door, and the same "
      "flash\n",
      run.failed == 0 ? "ok" : "not ok", count, seed, bench_state_count);
  return finish(&run, directory);
}
