/* SPDX-License-Identifier: Apache-2.0
 * Histories of a device.
 */
#include <string.h>

#include "bench.h"
#include "fixture.h"

static void must(enum gs_status status, const char *what) {
  fixture_must(status == GS_OK, what);
}

void bench_manifest(struct fixture_manifest *f, uint32_t release, uint32_t security_version,
                    uint32_t raises_floor_to) {
  fixture_release_manifest(f, release, security_version, raises_floor_to);
  fixture_describe_image(f, 0, 8, BENCH_IMAGE_BYTES, FIXTURE_BLOCK_BYTES);
}

void bench_running_manifest(struct fixture_manifest *f) {
  fixture_release_manifest(f, BENCH_RUNNING_RELEASE, 3, 3);
  fixture_describe_image(f, 0, FIXTURE_RUNNING_SEED, BENCH_IMAGE_BYTES, FIXTURE_BLOCK_BYTES);
}

void bench_update_manifest(struct fixture_manifest *f) {
  bench_manifest(f, BENCH_UPDATE_RELEASE, 4, 4);
}

static void install(struct bench *b, uint32_t release, uint32_t version, uint32_t raises) {
  struct fixture_manifest f;
  bench_manifest(&f, release, version, raises);
  vector_device_install(&b->d, &f, 8, b->own, DEVICE_CONFIRMED);
}

static void runs(struct bench *b) {
  struct fixture_manifest f;
  bench_running_manifest(&f);
  vector_device_install(&b->d, &f, FIXTURE_RUNNING_SEED, b->own, DEVICE_CONFIRMED);
}

/* In slot B, with release 6 to go back to. */
static void runs_in_b(struct bench *b) {
  install(b, 6, 3, 3);
  runs(b);
}

static void update(struct bench *b, enum gs_door door, enum vector_device_until until) {
  struct fixture_manifest f;
  bench_update_manifest(&f);
  vector_device_install(&b->d, &f, 8, door, until);
}

static void writing(struct bench *b) {
  runs(b);
  update(b, b->own, DEVICE_BEGUN);
}

static void writing_half(struct bench *b) {
  runs_in_b(b);
  update(b, b->own, DEVICE_HALF);
}

static void writing_whole(struct bench *b) {
  runs(b);
  update(b, b->own, DEVICE_WHOLE);
}

static void writing_other(struct bench *b) {
  runs(b);
  update(b, b->other, DEVICE_HALF);
}

static void candidate(struct bench *b) {
  runs(b);
  update(b, b->own, DEVICE_CANDIDATE);
}

static void candidate_other(struct bench *b) {
  runs(b);
  update(b, b->other, DEVICE_CANDIDATE);
}

static void staged(struct bench *b) {
  runs(b);
  update(b, b->own, DEVICE_STAGED);
}

static void staged_other(struct bench *b) {
  runs(b);
  update(b, b->other, DEVICE_STAGED);
}

static void staged_first(struct bench *b) {
  update(b, b->own, DEVICE_STAGED);
}

static void update_digest(uint8_t out[GS_DIGEST_BYTES]) {
  struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX];
  bench_update_manifest(&f);
  must(gs_sha256(body, fixture_manifest_body(&f, body), out), "digest");
}

static void arrive_installed(struct bench *b) {
  uint8_t package[GS_DIGEST_BYTES];
  update_digest(package);
  must(gs_engine_install(&b->d.engine, package), "install");
}

static void arrive_healthy(struct bench *b) {
  must(gs_engine_healthy(&b->d.engine), "healthy");
}

static void arrive_confirmed(struct bench *b) {
  uint8_t package[GS_DIGEST_BYTES];
  update_digest(package);
  arrive_healthy(b);
  must(gs_engine_confirm(&b->d.engine, package), "confirm");
}

static void arrive_rejected(struct bench *b) {
  uint8_t package[GS_DIGEST_BYTES];
  update_digest(package);
  must(gs_engine_reject(&b->d.engine, package), "reject");
}

static void arrive_begun(struct bench *b) {
  update(b, b->own, DEVICE_HALF);
}

static void arrive_rolling_back(struct bench *b) {
  struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX];
  uint8_t package[GS_DIGEST_BYTES];
  bench_running_manifest(&f);
  must(gs_sha256(body, fixture_manifest_body(&f, body), package), "digest");
  must(gs_engine_rollback(&b->d.engine, package), "rollback");
}

static void rejected(struct bench *b) {
  staged(b);
  vector_device_restart(&b->d);
  arrive_rejected(b);
}

/* Starts that end in a crash, until the image is given up. */
static void crash(struct bench *b, uint32_t times) {
  for (uint32_t i = 0; i < times; i++) {
    (void)vector_device_power(&b->d, GS_RESET_CRASH, false, &b->boot);
  }
}

static void given_up(struct bench *b) {
  staged(b);
  vector_device_restart(&b->d);
  crash(b, GS_TRIAL_ATTEMPTS);
}

static void damage(struct bench *b, enum gs_area area, uint32_t off, uint32_t len) {
  memset(gs_flash_model_bytes(b->d.flash, area) + off, 0x5A, len);
}

/* The slot's last bytes: the header of its trailer is among them. */
static void damage_head(struct bench *b, enum gs_area area) {
  damage(b, area, b->d.geometry[area].size - 4096u, 4096u);
}

static void failed(struct bench *b) {
  bool done = false;
  enum gs_status status = GS_OK;
  runs(b);
  update(b, b->own, DEVICE_WHOLE);
  damage(b, GS_AREA_SLOT_B, 5000, 1);
  while (status == GS_OK && !done) {
    status = gs_engine_finish(&b->d.engine, &done);
  }
  fixture_must(status == GS_E_IMAGE_BAD, "a damaged image fails its final check");
}

static void erase(struct bench *b, enum gs_area area) {
  memset(gs_flash_model_bytes(b->d.flash, area), 0xFF, b->d.geometry[area].size);
}

static void floor_lost(struct bench *b) {
  runs(b);
  erase(b, GS_AREA_STATE);
}

static void keyring_lost(struct bench *b) {
  runs(b);
  erase(b, GS_AREA_KEYRING);
}

static void image_damaged(struct bench *b) {
  runs(b);
  damage(b, GS_AREA_SLOT_A, 100, 1);
}

static void image_damaged_writing(struct bench *b) {
  image_damaged(b);
  (void)vector_device_power(&b->d, GS_RESET_POWER, false, &b->boot);
  update(b, b->own, DEVICE_HALF);
}

static void head_damaged(struct bench *b) {
  runs(b);
  damage_head(b, GS_AREA_SLOT_A);
}

static void returned_to_last_good(struct bench *b) {
  runs_in_b(b);
  damage(b, GS_AREA_SLOT_B, 100, 1);
}

static void trial_confirmed_damaged(struct bench *b) {
  staged(b);
  vector_device_restart(&b->d);
  damage_head(b, GS_AREA_SLOT_A);
}

static void crashes(struct bench *b) {
  runs(b);
  crash(b, GS_CRASHES_MAX);
}

static void same_address(struct bench *b) {
  b->d.facts.slot_model = GS_SLOTS_SAME_ADDRESS;
  install(b, BENCH_RUNNING_RELEASE, 3, 3); /* the image of seed 8, as packages have it */
}

static void production(struct bench *b) {
  runs(b);
  b->d.facts.lifecycle = GS_PRODUCTION;
}

static void runs_at_floor(struct bench *b) {
  gapseal_v1_DeviceState s;
  gs_engine_state(&b->d.engine, &s);
  install(b, BENCH_RUNNING_RELEASE, s.floor, s.floor);
}

static void runs_above_floor(struct bench *b) {
  install(b, BENCH_RUNNING_RELEASE, 900, 3);
}

static void runs_newest(struct bench *b) {
  install(b, UINT32_MAX, 3, 3);
}

static void floor_0(struct gs_policy_device *f) {
  f->floor = 0;
}
static void floor_below_half(struct gs_policy_device *f) {
  f->floor = 0x7FFFFFFFu;
}
static void floor_half(struct gs_policy_device *f) {
  f->floor = 0x80000000u;
}
static void floor_top(struct gs_policy_device *f) {
  f->floor = UINT32_MAX;
}
static void floor_below_top(struct gs_policy_device *f) {
  f->floor = UINT32_MAX - 1u;
}
static void counter_ends(struct gs_policy_device *f) {
  f->floor_max = 3;
}
static void counter_ends_soon(struct gs_policy_device *f) {
  f->floor_max = 4;
}
static void not_mapped(struct gs_policy_device *f) {
  f->slot_address[0] = f->slot_address[1] = 0;
}

#define POWER GS_RESET_POWER
#define RESET GS_RESET_REQUESTED

const struct bench_state bench_states[] = {
    {"empty", NULL, 1, NULL, POWER, false, NULL},
    {"empty, floor 0", floor_0, 1, NULL, POWER, false, NULL},
    {"runs in A", NULL, 1, runs, POWER, false, NULL},
    {"runs in B, rollback promised", NULL, 1, runs_in_b, RESET, false, NULL},
    {"runs, stub asked to stay", NULL, 1, runs, RESET, true, NULL},
    {"runs above its floor", NULL, 1, runs_above_floor, POWER, false, NULL},
    {"runs the newest release", NULL, 1, runs_newest, POWER, false, NULL},
    {"runs, slots not mapped", not_mapped, 1, runs, POWER, false, NULL},
    {"writing", NULL, 1, writing, POWER, false, NULL},
    {"writing, half there", NULL, 1, writing_half, POWER, false, NULL},
    {"writing, all there", NULL, 1, writing_whole, RESET, false, NULL},
    {"writing, open in RAM", NULL, 1, runs, POWER, false, arrive_begun},
    {"writing through the other door", NULL, 1, writing_other, POWER, false, NULL},
    {"candidate", NULL, 1, candidate, POWER, false, NULL},
    {"candidate from the other door", NULL, 1, candidate_other, POWER, false, NULL},
    {"staged", NULL, 1, candidate, POWER, false, arrive_installed},
    {"staged, stub asked to stay", NULL, 1, staged, RESET, true, NULL},
    {"staged from the other door", NULL, 1, staged_other, RESET, true, NULL},
    {"staged to go back", NULL, 1, runs_in_b, POWER, false, arrive_rolling_back},
    {"first image on trial", NULL, 1, staged_first, RESET, false, NULL},
    {"on trial", NULL, 1, staged, RESET, false, NULL},
    {"on trial, healthy", NULL, 1, staged, RESET, false, arrive_healthy},
    {"on trial, stub asked to stay", NULL, 1, staged, RESET, true, NULL},
    {"on trial, confirmed image damaged", NULL, 1, trial_confirmed_damaged, POWER, false, NULL},
    {"confirmed in this start", NULL, 1, staged, RESET, false, arrive_confirmed},
    {"rejected, and still executes", NULL, 1, staged, RESET, false, arrive_rejected},
    {"rejected", NULL, 1, rejected, RESET, false, NULL},
    {"given up", NULL, 1, given_up, RESET, false, NULL},
    {"failed", NULL, 1, failed, POWER, false, NULL},
    {"floor lost", NULL, 1, floor_lost, POWER, false, NULL},
    {"keyring lost", NULL, 1, keyring_lost, POWER, false, NULL},
    {"keyring newer", NULL, 2, runs, POWER, false, NULL},
    {"keyring newer, empty", NULL, 2, NULL, POWER, false, NULL},
    {"image damaged", NULL, 1, image_damaged, POWER, false, NULL},
    {"image damaged, writing", NULL, 1, image_damaged_writing, POWER, false, NULL},
    {"head damaged", NULL, 1, head_damaged, POWER, false, NULL},
    {"returned to last-good", NULL, 1, returned_to_last_good, POWER, false, NULL},
    {"crashes", NULL, 1, crashes, POWER, false, NULL},
    {"same address", NULL, 1, same_address, POWER, false, NULL},
    {"production", NULL, 1, production, POWER, false, NULL},
    {"counter at its end", counter_ends, 1, runs_at_floor, POWER, false, NULL},
    {"counter one below its end", counter_ends_soon, 1, runs, POWER, false, NULL},
    {"floor 0", floor_0, 1, runs_at_floor, POWER, false, NULL},
    {"floor 2^31 - 1", floor_below_half, 1, runs_at_floor, POWER, false, NULL},
    {"floor 2^31", floor_half, 1, runs_at_floor, POWER, false, NULL},
    {"floor 2^32 - 2", floor_below_top, 1, runs_at_floor, POWER, false, NULL},
    {"floor 2^32 - 1", floor_top, 1, runs_at_floor, POWER, false, NULL},
};
const size_t bench_state_count = sizeof bench_states / sizeof bench_states[0];
