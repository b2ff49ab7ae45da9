/* SPDX-License-Identifier: Apache-2.0
 * Two packages, and devices that run them: what the tests of the engine start with.
 */
#ifndef GAPSEAL_ENGINE_SCENE_H
#define GAPSEAL_ENGINE_SCENE_H

#include "engine_test.h"

#define G FAKE_SMALL

static const struct gs_begin_options wire = {.door = GS_DOOR_WIRE};
static struct fake_package one; /* release 1, security version 2, raises the floor to 1 */
static struct fake_package two; /* release 2, security version 3, raises it to 2 */

static inline enum gs_status begin_as(struct fake_device *d, const struct fake_package *p,
                                      const struct gs_begin_options *options) {
  struct gs_verdict verdict;
  return gs_engine_begin(&d->engine, p->envelope, p->envelope_len, options, &verdict);
}

static inline enum gs_status check_as(struct fake_device *d, const struct fake_package *p,
                                      const struct gs_begin_options *options) {
  struct gs_verdict verdict;
  return gs_engine_check(&d->engine, p->envelope, p->envelope_len, options, &verdict);
}

/* Runs package one, confirmed. */
static inline void device_with_one(struct fake_device *d) {
  new_device(d, G);
  fake_install(d, &one);
  (void)boot(d, GS_RESET_REQUESTED);
}

static inline void device_with_two(struct fake_device *d) {
  device_with_one(d);
  fake_install(d, &two);
  (void)boot(d, GS_RESET_REQUESTED);
}

/* Two is on trial over one. */
static inline void device_in_trial(struct fake_device *d) {
  device_with_one(d);
  assert_int_equal(fake_deliver(d, &two), GS_OK);
  struct gs_boot_output out = boot(d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_TRY);
}

static inline bool runs(const struct fake_device *d, const struct fake_package *p) {
  return d->engine.state.has_running &&
         memcmp(d->engine.state.running.digest, p->digest, GS_DIGEST_BYTES) == 0;
}

static inline void assert_outcome(struct fake_device *d, int operation, enum gs_status status,
                                  const struct fake_package *p) {
  struct gs_outcome outcome;
  gs_engine_outcome(&d->engine, &outcome);
  assert_int_equal(outcome.operation, operation);
  assert_int_equal(outcome.status, status);
  assert_memory_equal(outcome.package, p->digest, GS_DIGEST_BYTES);
}

static inline int set_up(void **state) {
  (void)make_maker(state);
  make_package(&one, G, 1, 2, 1);
  make_package(&two, G, 2, 3, 2);
  return 0;
}

static inline int tear_down(void **state) {
  (void)state;
  fake_package_free(&one);
  fake_package_free(&two);
  return 0;
}

#endif
