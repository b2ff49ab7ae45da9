/* SPDX-License-Identifier: Apache-2.0
 * The life of an update: accept, trial, confirm, reject, rollback, recovery; every call in every
 * state.
 */
#include "engine_test.h"

#define G FAKE_SMALL

static const struct gs_begin_options wire = {.door = GS_DOOR_WIRE};
static struct fake_package one; /* release 1, security version 2, raises the floor to 1 */
static struct fake_package two; /* release 2, security version 3, raises it to 2 */

static enum gs_status begin_as(struct fake_device *d, const struct fake_package *p,
                               const struct gs_begin_options *options) {
  struct gs_verdict verdict;
  return gs_engine_begin(&d->engine, p->envelope, p->envelope_len, options, &verdict);
}

static enum gs_status check_as(struct fake_device *d, const struct fake_package *p,
                               const struct gs_begin_options *options) {
  struct gs_verdict verdict;
  return gs_engine_check(&d->engine, p->envelope, p->envelope_len, options, &verdict);
}

/* Runs package one, confirmed. */
static void device_with_one(struct fake_device *d) {
  new_device(d, G);
  fake_install(d, &one);
  (void)boot(d, GS_RESET_REQUESTED);
}

static void device_with_two(struct fake_device *d) {
  device_with_one(d);
  fake_install(d, &two);
  (void)boot(d, GS_RESET_REQUESTED);
}

/* Two is on trial over one. */
static void device_in_trial(struct fake_device *d) {
  device_with_one(d);
  assert_int_equal(fake_deliver(d, &two), GS_OK);
  struct gs_boot_output out = boot(d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_TRY);
}

static bool runs(const struct fake_device *d, const struct fake_package *p) {
  return d->engine.state.has_running &&
         memcmp(d->engine.state.running.digest, p->digest, GS_DIGEST_BYTES) == 0;
}

static void assert_outcome(struct fake_device *d, int operation, enum gs_status status,
                           const struct fake_package *p) {
  struct gs_outcome outcome;
  gs_engine_outcome(&d->engine, &outcome);
  assert_int_equal(outcome.operation, operation);
  assert_int_equal(outcome.status, status);
  assert_memory_equal(outcome.package, p->digest, GS_DIGEST_BYTES);
}

static void installs_and_confirms_in_every_geometry(void **unused) {
  (void)unused;
  for (int g = 0; g < FAKE_GEOMETRIES; g++) {
    struct fake_device d;
    struct fake_package first;
    struct fake_package second;
    fake_device_init(&d, (enum fake_geometry)g, &maker, true);
    make_package(&first, (enum fake_geometry)g, 1, 1, 1);
    make_package(&second, (enum fake_geometry)g, 2, 2, 1);
    fake_device_provision(&d, &maker, 1);
    fake_install(&d, &first);
    fake_install(&d, &second);
    gapseal_v1_DeviceState s = state_of(&d);
    assert_int_equal(s.state, gapseal_v1_State_STATE_READY);
    assert_true(s.rollback_promised);
    assert_int_equal(s.floor, 1);
    struct gs_boot_output out = boot(&d, GS_RESET_POWER);
    assert_int_equal(out.action, GS_BOOT_RUN);
    assert_int_equal(out.slot, 1);
    s = state_of(&d);
    assert_true(s.has_state && s.has_wear && s.has_slot_a && s.slot_a.has_present);
    assert_int_equal(s.running, gapseal_v1_Running_RUNNING_APPLICATION);
    assert_int_equal(s.running_slot, 1);
    assert_true(s.slot_a.present && s.slot_b.present);
    assert_memory_equal(s.slot_a.package, first.digest, GS_DIGEST_BYTES);
    assert_int_equal(s.slot_b.size, second.size);
    assert_clean(&d);
    fake_package_free(&first);
    fake_package_free(&second);
    fake_device_free(&d);
  }
}

/* INV-7: what an install leaves in the log. */
static void log_tells_the_whole_install(void **unused) {
  (void)unused;
  static const uint16_t expect[] = {GS_LOG_BEGIN, GS_LOG_DELIVERED, GS_LOG_INSTALL,
                                    GS_LOG_TRIAL, GS_LOG_HEALTHY,   GS_LOG_CONFIRM};
  struct fake_device d;
  device_with_one(&d);
  uint32_t next = d.engine.log.newest + 1;
  fake_install(&d, &two);
  for (unsigned i = 0; i < 6; next++) {
    uint8_t bytes[GS_LOG_ENTRY_BYTES];
    uint32_t got;
    uint32_t low;
    uint32_t high;
    struct gs_log_entry entry;
    assert_int_equal(gs_engine_log_read(&d.engine, next, bytes, 1, &got, &low, &high), GS_OK);
    assert_int_equal(got, 1);
    assert_true(gs_log_entry_decode(bytes, &entry));
    if (entry.event == GS_LOG_WRAPPED) {
      continue;
    }
    assert_int_equal(entry.event, expect[i++]);
    assert_int_equal(entry.release, 2);
    assert_int_equal(entry.security_version, 3);
    assert_int_equal(entry.slot, 1);
    assert_int_equal(entry.floor, entry.event == GS_LOG_CONFIRM ? 2 : 1);
    assert_memory_equal(entry.package, two.digest, GS_DIGEST_BYTES);
  }
  assert_int_equal(d.engine.log.newest, next - 1);
  fake_device_free(&d);
}

static void provisioning_happens_once(void **unused) {
  (void)unused;
  struct fake_device d;
  fake_device_init(&d, G, &maker, false);
  assert_int_equal(fake_device_start(&d), GS_E_STORE_LOST);
  static uint8_t bad[FAKE_KEYRING_CAP];
  memcpy(bad, maker.keyring, maker.keyring_len);
  bad[40] ^= 1;
  uint32_t ops = gs_flash_model_ops(d.flash);
  assert_int_not_equal(gs_engine_provision(&d.engine, bad, maker.keyring_len, 1), GS_OK);
  assert_int_equal(gs_flash_model_ops(d.flash), ops);
  assert_int_equal(gs_engine_provision(&d.engine, maker.keyring, maker.keyring_len, 7), GS_OK);
  assert_int_equal(gs_engine_provision(&d.engine, maker.keyring, maker.keyring_len, 0), GS_E_STATE);
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(gs_engine_provision(&d.engine, maker.keyring, maker.keyring_len, 0), GS_E_STATE);
  assert_int_equal(state_of(&d).floor, 7);
  assert_int_equal(state_of(&d).keyring_version, 1);
  fake_device_free(&d);
}

/* F07: every call in every state. 0: refused as GS_E_STATE or narrower; 1: GS_OK. */
enum call {
  INSTALL,
  HEALTHY,
  CONFIRM,
  REJECT,
  ROLLBACK,
  CANCEL,
  ACKNOWLEDGE,
  PAGE,
  BLOCK,
  SCAN,
  FINISH,
  CALLS
};

static enum gs_status do_call(struct fake_device *d, enum call call,
                              const uint8_t package[GS_DIGEST_BYTES]) {
  bool done;
  switch (call) {
    case INSTALL:
      return gs_engine_install(&d->engine, package);
    case HEALTHY:
      return gs_engine_healthy(&d->engine);
    case CONFIRM:
      return gs_engine_confirm(&d->engine, package);
    case REJECT:
      return gs_engine_reject(&d->engine, package);
    case ROLLBACK:
      return gs_engine_rollback(&d->engine, package);
    case CANCEL:
      return gs_engine_cancel(&d->engine);
    case ACKNOWLEDGE:
      return gs_engine_acknowledge(&d->engine);
    case PAGE:
      return gs_engine_page(&d->engine, 0, two.table, 32);
    case BLOCK:
      return gs_engine_block(&d->engine, 0, two.image, two.block_size);
    case SCAN:
      return gs_engine_scan(&d->engine, &done);
    case FINISH:
      return gs_engine_finish(&d->engine, &done);
    case CALLS:
      break;
  }
  return GS_E_INTERNAL;
}

/* Bring a device that runs one into a state about two. */
static void into(struct fake_device *d, gapseal_v1_State state) {
  device_with_one(d);
  if (state == gapseal_v1_State_STATE_READY) {
    return;
  }
  assert_int_equal(fake_begin(d, &two), GS_OK);
  if (state == gapseal_v1_State_STATE_WRITING) {
    (void)boot(d, GS_RESET_REQUESTED);
    return;
  }
  if (state == gapseal_v1_State_STATE_FAILED) {
    struct gs_state next = d->engine.state;
    next.state = (uint8_t)state;
    next.reason = GS_E_IMAGE_BAD;
    assert_int_equal(
        gs_store_append(&d->engine.store, &d->port, d->engine.device_id, d->engine.cell, &next),
        GS_OK);
    (void)boot(d, GS_RESET_REQUESTED);
    return;
  }
  assert_int_equal(fake_transfer(d, &two), GS_OK);
  if (state == gapseal_v1_State_STATE_CANDIDATE) {
    (void)boot(d, GS_RESET_REQUESTED);
    return;
  }
  if (state == gapseal_v1_State_STATE_REJECTED) {
    assert_int_equal(gs_engine_reject(&d->engine, two.digest), GS_OK);
    (void)boot(d, GS_RESET_REQUESTED);
    return;
  }
  assert_int_equal(gs_engine_install(&d->engine, two.digest), GS_OK);
  if (state == gapseal_v1_State_STATE_TRIAL) {
    (void)boot(d, GS_RESET_REQUESTED);
  }
}

static void every_call_in_every_state(void **unused) {
  (void)unused;
  static const enum gs_status s = GS_E_STATE;
  static const enum gs_status expect[8][CALLS] = {
      /*             install healthy confirm reject rollback cancel ack page block scan finish */
      [gapseal_v1_State_STATE_READY] = {s, GS_OK, s, s, GS_E_DIGEST, s, s, s, s, s, s},
      [gapseal_v1_State_STATE_WRITING] = {s, GS_OK, s, s, s, GS_OK, s, s, s, s, s},
      [gapseal_v1_State_STATE_CANDIDATE] = {GS_OK, GS_OK, s, GS_OK, s, GS_OK, s, s, s, s, s},
      [gapseal_v1_State_STATE_STAGED] = {GS_OK, GS_OK, s, GS_OK, s, GS_OK, s, GS_E_BLOCK_RANGE,
                                         GS_OK, GS_OK, GS_OK},
      [gapseal_v1_State_STATE_TRIAL] = {s, GS_OK, GS_E_NOT_HEALTHY, GS_OK, s, s, s, s, s, s, s},
      [gapseal_v1_State_STATE_REJECTED] = {s, GS_OK, s, GS_OK, s, s, GS_OK, s, s, s, s},
      [gapseal_v1_State_STATE_FAILED] = {s, GS_OK, s, s, s, s, GS_OK, s, s, s, s},
  };
  for (int state = gapseal_v1_State_STATE_READY; state <= gapseal_v1_State_STATE_FAILED; state++) {
    for (int call = 0; call < CALLS; call++) {
      struct fake_device d;
      into(&d, (gapseal_v1_State)state);
      assert_state(&d, (gapseal_v1_State)state);
      uint32_t ops = gs_flash_model_ops(d.flash);
      enum gs_status status = do_call(&d, (enum call)call, two.digest);
      if (status != expect[state][call]) {
        print_error("state %d, call %d\n", state, call);
      }
      assert_int_equal(status, expect[state][call]);
      if (status != GS_OK) {
        assert_int_equal(gs_flash_model_ops(d.flash), ops);
        assert_state(&d, (gapseal_v1_State)state);
      }
      fake_device_free(&d);
    }
  }
}

static void begin_in_every_state(void **unused) {
  (void)unused;
  struct fake_package three;
  make_package(&three, G, 3, 3, 2);
  static const enum gs_status same[8] = {[gapseal_v1_State_STATE_TRIAL] = GS_E_IN_TRIAL};
  static const enum gs_status other[8] = {
      [gapseal_v1_State_STATE_WRITING] = GS_E_BUSY_OTHER,
      [gapseal_v1_State_STATE_CANDIDATE] = GS_E_BUSY_OTHER,
      [gapseal_v1_State_STATE_STAGED] = GS_E_BUSY_OTHER,
      [gapseal_v1_State_STATE_TRIAL] = GS_E_IN_TRIAL,
  };
  for (int state = gapseal_v1_State_STATE_READY; state <= gapseal_v1_State_STATE_FAILED; state++) {
    struct fake_device d;
    into(&d, (gapseal_v1_State)state);
    uint32_t ops = gs_flash_model_ops(d.flash);
    assert_int_equal(check_as(&d, &three, &wire), other[state]);
    assert_int_equal(check_as(&d, &two, &wire), same[state]);
    assert_int_equal(gs_flash_model_ops(d.flash), ops);
    if (other[state] != GS_OK) {
      assert_int_equal(begin_as(&d, &three, &wire), other[state]);
      assert_int_equal(gs_flash_model_ops(d.flash), ops);
    }
    assert_int_equal(begin_as(&d, &two, &wire), same[state]);
    if (state == gapseal_v1_State_STATE_CANDIDATE || state == gapseal_v1_State_STATE_STAGED) {
      assert_state(&d, (gapseal_v1_State)state); /* it goes on from there */
      assert_int_equal(fake_transfer(&d, &two), GS_OK);
      assert_int_equal(gs_engine_install(&d.engine, two.digest), GS_OK);
    }
    fake_device_free(&d);
  }
  fake_package_free(&three);
}

/* E23: one door at a time, also for the same package. */
static void other_door_waits(void **unused) {
  (void)unused;
  static const struct gs_begin_options ota = {.door = GS_DOOR_OTA};
  struct fake_device d;
  device_with_one(&d);
  assert_int_equal(begin_as(&d, &two, &ota), GS_OK);
  assert_int_equal(begin_as(&d, &two, &wire), GS_E_BUSY_DOOR);
  assert_int_equal(begin_as(&d, &two, &ota), GS_OK);
  assert_int_equal(gs_engine_cancel(&d.engine), GS_OK);
  assert_int_equal(begin_as(&d, &two, &wire), GS_OK);
  fake_device_free(&d);
}

static void lost_records_refuse_every_change(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_boot_output out;
  device_with_one(&d);
  for (uint32_t off = 0; off < 4096; off += 1024) {
    assert_int_equal(gs_flash_model_erase(d.flash, GS_AREA_STATE, off), GS_OK);
  }
  assert_int_equal(fake_device_boot(&d, GS_RESET_POWER, &out), GS_E_STORE_LOST);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_int_equal(out.reason, GS_E_STORE_LOST);
  uint32_t ops = gs_flash_model_ops(d.flash);
  assert_int_equal(check_as(&d, &two, &wire), GS_E_STORE_LOST);
  assert_int_equal(begin_as(&d, &two, &wire), GS_E_STORE_LOST);
  for (int call = 0; call <= ACKNOWLEDGE; call++) {
    assert_int_equal(do_call(&d, (enum call)call, two.digest), GS_E_STORE_LOST);
  }
  assert_int_equal(gs_engine_link(&d.engine, maker.keyring, maker.keyring_len), GS_E_STORE_LOST);
  assert_int_equal(gs_flash_model_ops(d.flash), ops);
  assert_int_equal(state_of(&d).reason, GS_E_STORE_LOST);
  fake_device_free(&d);
}

static void confirm_may_be_repeated(void **unused) {
  (void)unused;
  struct fake_device d;
  device_in_trial(&d);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_E_NOT_HEALTHY);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  assert_int_equal(gs_engine_confirm(&d.engine, one.digest), GS_E_DIGEST);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_OK);
  uint32_t ops = gs_flash_model_ops(d.flash);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_OK);
  (void)boot(&d, GS_RESET_POWER);
  ops = gs_flash_model_ops(d.flash);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_OK);
  assert_int_equal(gs_engine_confirm(&d.engine, one.digest), GS_E_STATE);
  assert_int_equal(gs_flash_model_ops(d.flash), ops);
  assert_int_equal(logged(&d, GS_LOG_CONFIRM), 2);
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_INSTALL, GS_OK, &two);
  fake_device_free(&d);
}

static void healthy_is_said_of_one_start(void **unused) {
  (void)unused;
  struct fake_device d;
  device_in_trial(&d);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  struct gs_boot_output out = boot(&d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_TRY);
  assert_false(state_of(&d).healthy);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_E_NOT_HEALTHY);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_OK);
  fake_device_free(&d);
}

static void trial_that_was_healthy_once_is_given_up_all_the_same(void **unused) {
  (void)unused;
  struct fake_device d;
  device_in_trial(&d);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  struct gs_boot_output out = boot(&d, GS_RESET_UNKNOWN);
  for (int starts = 0; starts < 8 && out.action == GS_BOOT_TRY; starts++) {
    out = boot(&d, GS_RESET_UNKNOWN);
  }
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_true(out.give_up);
  assert_int_equal(out.reason, GS_E_NOT_STARTED);
  assert_true(runs(&d, &one));
  fake_device_free(&d);
}

static void device_confirms_itself_where_the_manifest_lets_it(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package self;
  struct fake_wish wish = wish_of(G, 5, 3, 3);
  wish.confirm_by_device = true;
  fake_package_make(&self, &maker, &wish);
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &self), GS_OK);
  (void)boot(&d, GS_RESET_REQUESTED);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  assert_state(&d, gapseal_v1_State_STATE_READY);
  assert_true(runs(&d, &self));
  struct gs_log_entry entry = newest_entry(&d);
  assert_int_equal(entry.event, GS_LOG_CONFIRM);
  assert_int_equal(entry.extra, 1);
  assert_int_equal(state_of(&d).floor, 3);
  assert_false(state_of(&d).rollback_promised); /* one is below it */
  fake_package_free(&self);
  fake_device_free(&d);
}

/* D09: nothing but confirm raises the floor. */
static void floor_rises_on_confirm_only(void **unused) {
  (void)unused;
  struct fake_device d;
  device_in_trial(&d);
  assert_int_equal(state_of(&d).floor, 1);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  assert_int_equal(state_of(&d).floor, 1);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_OK);
  assert_int_equal(state_of(&d).floor, 2);
  assert_true(state_of(&d).rollback_promised); /* one has security version 2 */
  fake_device_free(&d);
}

static void counter_follows_and_is_replayed(void **unused) {
  (void)unused;
  struct fake_device d;
  uint32_t counter;
  fake_device_init(&d, G, &maker, true);
  fake_device_provision(&d, &maker, 1);
  fake_install(&d, &one);
  fake_install(&d, &two);
  assert_int_equal(gs_flash_model_counter_read(d.flash, &counter), GS_OK);
  assert_int_equal(counter, 2);
  /* A counter that is ahead of the records is the floor. */
  assert_int_equal(gs_flash_model_counter_raise(d.flash, 3), GS_OK);
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(state_of(&d).floor, 3);
  fake_device_free(&d);
}

static unsigned fickle_reads;
static enum gs_status fickle_counter(void *ctx, uint32_t *value) {
  (void)ctx;
  *value = fickle_reads++ % 2u;
  return GS_OK;
}

/* L03: a counter that reads differently twice is a floor that is lost. */
static void counter_that_wavers_fails_closed(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_boot_output out;
  fake_device_init(&d, G, &maker, true);
  fake_device_provision(&d, &maker, 1);
  fake_install(&d, &one);
  d.port.counter_read = fickle_counter;
  assert_int_equal(fake_device_boot(&d, GS_RESET_POWER, &out), GS_E_STORE_LOST);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_int_equal(gs_engine_provision(&d.engine, maker.keyring, maker.keyring_len, 0), GS_E_STATE);
  fake_device_free(&d);
}

static void trial_that_never_works_returns_to_last_good(void **unused) {
  (void)unused;
  static const struct {
    enum gs_reset_cause cause;
    unsigned starts; /* that it gets in all */
  } rows[] = {{GS_RESET_WATCHDOG, 3}, {GS_RESET_CRASH, 3}, {GS_RESET_POWER, 19}};
  for (unsigned i = 0; i < 3; i++) {
    struct fake_device d;
    device_in_trial(&d);
    unsigned starts = 1;
    struct gs_boot_output out = boot(&d, rows[i].cause);
    while (out.action == GS_BOOT_TRY && starts < 100) {
      starts++;
      out = boot(&d, rows[i].cause);
    }
    assert_int_equal(starts, rows[i].starts);
    assert_int_equal(out.action, GS_BOOT_RUN);
    assert_true(runs(&d, &one));
    assert_state(&d, gapseal_v1_State_STATE_REJECTED);
    assert_int_equal(state_of(&d).reason, GS_E_NOT_STARTED);
    assert_outcome(&d, gapseal_v1_Operation_OPERATION_INSTALL, GS_E_NOT_STARTED, &two);
    assert_int_equal(newest_entry(&d).event, GS_LOG_RETURNED);
    assert_int_equal(gs_engine_acknowledge(&d.engine), GS_OK);
    assert_state(&d, gapseal_v1_State_STATE_READY);
    assert_outcome(&d, gapseal_v1_Operation_OPERATION_INSTALL, GS_E_NOT_STARTED, &two);
    fake_device_free(&d);
  }
}

static void port_that_cannot_tell_gets_five_starts(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  unsigned starts = 0;
  while (boot(&d, GS_RESET_UNKNOWN).action == GS_BOOT_TRY && starts < 100) {
    starts++;
  }
  assert_int_equal(starts, GS_TRIAL_ATTEMPTS_UNTOLD);
  assert_true(runs(&d, &one));
  fake_device_free(&d);
}

static void requested_resets_never_end_a_trial(void **unused) {
  (void)unused;
  struct fake_device d;
  device_in_trial(&d);
  for (unsigned i = 0; i < 30; i++) {
    assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_TRY);
  }
  assert_int_equal(state_of(&d).attempts_left, GS_TRIAL_ATTEMPTS);
  fake_device_free(&d);
}

static void reject_returns_at_the_next_reset(void **unused) {
  (void)unused;
  struct fake_device d;
  device_in_trial(&d);
  assert_int_equal(gs_engine_reject(&d.engine, one.digest), GS_E_DIGEST);
  assert_int_equal(gs_engine_reject(&d.engine, two.digest), GS_OK);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_E_STATE);
  assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_RUN);
  assert_true(runs(&d, &one));
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_REJECT, GS_OK, &two);
  assert_int_equal(gs_engine_reject(&d.engine, two.digest), GS_OK);
  fake_device_free(&d);
}

/* C07: what is staged changes in flash before its first start. */
static void staged_image_that_changed_is_not_started(void **unused) {
  (void)unused;
  for (unsigned where = 0; where < 3; where++) {
    struct fake_device d;
    device_with_one(&d);
    assert_int_equal(fake_deliver(&d, &two), GS_OK);
    const uint32_t places[] = {100, two.size - 1, d.engine.trailer.envelope + 60};
    gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B)[places[where]] ^= 1;
    struct gs_boot_output out = boot(&d, GS_RESET_REQUESTED);
    assert_int_equal(out.action, GS_BOOT_RUN);
    assert_int_equal(out.slot, 0);
    assert_state(&d, gapseal_v1_State_STATE_REJECTED);
    assert_int_equal(state_of(&d).reason, GS_E_IMAGE_BAD);
    fake_device_free(&d);
  }
}

/* A later keyring revokes key and package: what was accepted still starts, also first. */
static void revocation_never_binds_a_start(void **unused) {
  (void)unused;
  static uint8_t ring[FAKE_KEYRING_CAP];
  struct fake_keyring wanted = {
      .version = 2, .revoke_release = true, .revoked_package = two.digest, .minimum = 9};
  size_t len = fake_keyring_make(&maker, &wanted, ring, sizeof(ring));
  struct fake_device d;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  assert_int_equal(gs_engine_link(&d.engine, ring, len), GS_OK);
  assert_int_equal(gs_engine_store_keyring(&d.engine), GS_OK);
  assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_TRY);
  assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_OK);
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_RUN);
  assert_int_equal(check_as(&d, &one, &wire), GS_E_KEY_REVOKED);
  /* It binds a commanded rollback. */
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_E_KEY_REVOKED);
  /* And not the way back from a damaged image. */
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B)[5] ^= 1;
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_true(runs(&d, &one));
  fake_device_free(&d);
}

static void rollback_goes_back_once(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  assert_int_equal(gs_engine_rollback(&d.engine, one.digest), GS_E_DIGEST);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_OK);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_OK);
  assert_state(&d, gapseal_v1_State_STATE_STAGED);
  assert_int_equal(check_as(&d, &one, &wire), GS_E_OLDER);
  struct gs_boot_output out = boot(&d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 0);
  assert_true(runs(&d, &one));
  assert_state(&d, gapseal_v1_State_STATE_READY);
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_ROLLBACK, GS_E_ROLLED_BACK, &two);
  assert_false(state_of(&d).rollback_promised);
  assert_int_equal(gs_engine_rollback(&d.engine, one.digest), GS_E_ROLLBACK_NONE);
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_RUN);
  assert_true(runs(&d, &one));
  fake_device_free(&d);
}

static void rollback_may_be_cancelled(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_OK);
  assert_int_equal(gs_engine_cancel(&d.engine), GS_OK);
  assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_RUN);
  assert_true(runs(&d, &two));
  assert_true(state_of(&d).rollback_promised);
  fake_device_free(&d);
}

/* E12, E13 */
static void rollback_that_cannot_be_is_refused(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package high;
  make_package(&high, G, 3, 5, 5);
  device_with_one(&d);
  assert_int_equal(gs_engine_rollback(&d.engine, one.digest), GS_E_ROLLBACK_NONE);
  fake_install(&d, &high);
  (void)boot(&d, GS_RESET_REQUESTED);
  assert_false(state_of(&d).rollback_promised);
  assert_int_equal(gs_engine_rollback(&d.engine, high.digest), GS_E_ROLLBACK_FLOOR);
  fake_device_free(&d);
  device_with_two(&d);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[77] ^= 1;
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_E_ROLLBACK_CORRUPT);
  assert_state(&d, gapseal_v1_State_STATE_READY);
  fake_device_free(&d);
  fake_package_free(&high);
}

/* It was fine when asked for, and is not at the start. */
static void rollback_to_an_image_that_broke_stays(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_OK);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[77] ^= 1;
  struct gs_boot_output out = boot(&d, GS_RESET_REQUESTED);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 1);
  assert_true(runs(&d, &two));
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_ROLLBACK, GS_E_ROLLBACK_CORRUPT, &two);
  assert_false(state_of(&d).rollback_promised);
  fake_device_free(&d);
}

static void begin_gives_last_good_up_and_says_so(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package three;
  struct gs_verdict verdict;
  make_package(&three, G, 3, 3, 0);
  device_with_two(&d);
  assert_int_equal(gs_engine_check(&d.engine, three.envelope, three.envelope_len, &wire, &verdict),
                   GS_OK);
  assert_true(verdict.gives_up_last_good);
  assert_int_equal(fake_begin(&d, &three), GS_OK);
  assert_int_equal(logged(&d, GS_LOG_GAVE_UP_LAST_GOOD), 1);
  assert_false(state_of(&d).rollback_promised);
  assert_int_equal(gs_engine_cancel(&d.engine), GS_OK);
  assert_int_equal(gs_engine_rollback(&d.engine, two.digest), GS_E_ROLLBACK_NONE);
  fake_package_free(&three);
  fake_device_free(&d);
}

static void damaged_running_image_returns_by_itself(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B)[5] ^= 1;
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 0);
  assert_true(runs(&d, &one));
  assert_state(&d, gapseal_v1_State_STATE_REJECTED);
  assert_outcome(&d, gapseal_v1_Operation_OPERATION_INSTALL, GS_E_IMAGE_BAD, &two);
  fake_device_free(&d);
}

/* E16: both bad. Recovery takes anything at or above the floor, and nothing below it. */
static void recovery_takes_any_package_above_the_floor(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package old;
  struct fake_package low;
  struct fake_wish wish = wish_of(G, 1, 2, 0);
  wish.requires_release = 99;
  wish.seed = 50;
  fake_package_make(&old, &maker, &wish);
  make_package(&low, G, 9, 1, 0);
  device_with_two(&d); /* floor 2 */
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[5] ^= 1;
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_B)[5] ^= 1;
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_int_equal(out.reason, GS_E_IMAGE_BAD);
  assert_int_equal(newest_entry(&d).event, GS_LOG_RECOVERY);
  assert_int_equal(state_of(&d).running, gapseal_v1_Running_RUNNING_STUB);
  uint32_t entries = d.engine.log.newest;
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(d.engine.log.newest, entries); /* said once */
  assert_int_equal(fake_begin(&d, &low), GS_E_BELOW_FLOOR);
  fake_install(&d, &old);
  (void)boot(&d, GS_RESET_POWER);
  assert_true(runs(&d, &old));
  assert_clean(&d);
  fake_package_free(&old);
  fake_package_free(&low);
  fake_device_free(&d);
}

/* The package is linked for the damaged running slot only. */
static void recovery_may_write_the_damaged_running_slot(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package a_only;
  struct fake_wish wish = wish_of(G, 4, 3, 0);
  wish.slots = 1;
  fake_package_make(&a_only, &maker, &wish);
  device_with_one(&d);
  assert_int_equal(fake_begin(&d, &a_only), GS_E_NO_VARIANT);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[5] ^= 1;
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_STUB);
  fake_install(&d, &a_only);
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_RUN);
  assert_int_equal(out.slot, 0);
  fake_package_free(&a_only);
  fake_device_free(&d);
}

/* E15 */
static void confirmed_image_that_keeps_crashing_keeps_the_stub(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_one(&d);
  unsigned starts = 0;
  while (boot(&d, GS_RESET_WATCHDOG).action == GS_BOOT_RUN && starts < 100) {
    starts++;
  }
  assert_int_equal(starts, GS_CRASHES_MAX - 1u);
  assert_state(&d, gapseal_v1_State_STATE_READY);
  assert_int_equal(state_of(&d).reason, GS_E_CRASHES);
  assert_int_equal(boot(&d, GS_RESET_WATCHDOG).action, GS_BOOT_STUB);
  fake_install(&d, &two);
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_RUN);
  fake_device_free(&d);
}

static void healthy_start_forgets_crashes(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_one(&d);
  for (unsigned i = 0; i < 40; i++) {
    assert_int_equal(boot(&d, GS_RESET_WATCHDOG).action, GS_BOOT_RUN);
    assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
  }
  fake_device_free(&d);
}

static void floor_is_a_bound_at_each_start(void **unused) {
  (void)unused;
  struct fake_device d;
  fake_device_init(&d, G, &maker, true);
  fake_device_provision(&d, &maker, 1);
  fake_install(&d, &one);
  assert_int_equal(gs_flash_model_counter_raise(d.flash, 3), GS_OK); /* above one's version */
  struct gs_boot_output out = boot(&d, GS_RESET_POWER);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_int_equal(out.reason, GS_E_BELOW_FLOOR);
  fake_device_free(&d);
}

static void older_and_again_need_to_be_asked_for(void **unused) {
  (void)unused;
  static const struct gs_begin_options older = {.door = GS_DOOR_WIRE, .older = true};
  static const struct gs_begin_options again = {.door = GS_DOOR_WIRE, .reinstall = true};
  struct fake_device d;
  device_with_two(&d);
  assert_int_equal(check_as(&d, &two, &wire), GS_E_ALREADY);
  assert_int_equal(check_as(&d, &two, &again), GS_OK);
  assert_int_equal(check_as(&d, &one, &wire), GS_E_OLDER);
  assert_int_equal(check_as(&d, &one, &older), GS_OK);
  assert_int_equal(begin_as(&d, &one, &older), GS_OK);
  fake_device_free(&d);
}

static void keyrings_follow_each_other(void **unused) {
  (void)unused;
  static uint8_t ring[4][FAKE_KEYRING_CAP];
  size_t len[4];
  for (uint32_t i = 0; i < 4; i++) {
    struct fake_keyring wanted = {.version = i + 1, .minimum = i};
    len[i] = fake_keyring_make(&maker, &wanted, ring[i], sizeof(ring[i]));
  }
  struct fake_device d;
  device_with_one(&d);
  uint32_t ops = gs_flash_model_ops(d.flash);
  assert_int_equal(gs_engine_store_keyring(&d.engine), GS_E_NO_LOADED);
  assert_int_equal(gs_engine_link(&d.engine, maker.keyring, maker.keyring_len), GS_E_ALREADY);
  assert_int_equal(gs_engine_link(&d.engine, ring[2], len[2]), GS_E_KEYRING_GAP);
  assert_int_equal(gs_engine_link(&d.engine, ring[1], len[1]), GS_OK);
  assert_int_equal(gs_engine_link(&d.engine, ring[2], len[2]), GS_OK);
  assert_int_equal(gs_flash_model_ops(d.flash), ops);
  assert_int_equal(state_of(&d).keyring_version, 1);
  gs_engine_unlink(&d.engine);
  assert_int_equal(gs_engine_link(&d.engine, ring[2], len[2]), GS_E_KEYRING_GAP);
  assert_int_equal(gs_engine_link(&d.engine, ring[1], len[1]), GS_OK);
  assert_int_equal(gs_engine_link(&d.engine, ring[2], len[2]), GS_OK);
  assert_int_equal(gs_engine_store_keyring(&d.engine), GS_OK);
  assert_int_equal(newest_entry(&d).event, GS_LOG_KEYRING);
  assert_int_equal(newest_entry(&d).extra, 3);
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(state_of(&d).keyring_version, 3);
  assert_int_equal(gs_engine_link(&d.engine, ring[1], len[1]), GS_E_KEYRING_OLD);
  assert_int_equal(gs_engine_link(&d.engine, ring[3], len[3]), GS_OK);
  fake_device_free(&d);
}

/* A package brings the keyring that its own rules need; an accepted begin keeps it. */
static void accepted_begin_stores_the_linked_keyring(void **unused) {
  (void)unused;
  static uint8_t ring[FAKE_KEYRING_CAP];
  struct fake_keyring wanted = {.version = 2, .minimum = 3};
  size_t len = fake_keyring_make(&maker, &wanted, ring, sizeof(ring));
  struct fake_device d;
  struct fake_package low;
  make_package(&low, G, 2, 2, 0);
  device_with_one(&d);
  assert_int_equal(gs_engine_link(&d.engine, ring, len), GS_OK);
  assert_int_equal(fake_begin(&d, &low), GS_E_BELOW_MINIMUM);
  assert_int_equal(state_of(&d).keyring_version, 1);
  assert_int_equal(fake_begin(&d, &two), GS_OK);
  assert_int_equal(state_of(&d).keyring_version, 2);
  fake_package_free(&low);
  fake_device_free(&d);
}

static void damaged_keyring_copy_is_not_taken(void **unused) {
  (void)unused;
  static uint8_t ring[FAKE_KEYRING_CAP];
  struct fake_keyring wanted = {.version = 2};
  size_t len = fake_keyring_make(&maker, &wanted, ring, sizeof(ring));
  struct fake_device d;
  device_with_one(&d);
  assert_int_equal(gs_engine_link(&d.engine, ring, len), GS_OK);
  assert_int_equal(gs_engine_store_keyring(&d.engine), GS_OK);
  /* The newer copy rots: the older one would bring revoked keys back. */
  gs_flash_model_bytes(d.flash, GS_AREA_KEYRING)[2048 + 99] ^= 1;
  assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_RUN);
  assert_int_equal(check_as(&d, &two, &wire), GS_E_KEYRING_NONE);
  assert_int_equal(begin_as(&d, &two, &wire), GS_E_KEYRING_NONE);
  assert_int_equal(state_of(&d).keyring_version, 0);
  fake_device_free(&d);
}

/* Bytes that only look like a keyring of this device: the CRC fits, the signature does not. */
static void stored_keyring_is_verified_before_it_is_used(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_maker stranger;
  fake_maker_init(&stranger);
  device_with_one(&d);
  d.engine.keyring_verified = false;
  for (size_t i = 0; i < d.engine.keyring_len; i++) {
    d.keyring[i] ^= i == d.engine.keyring_len - 1u ? 1 : 0; /* in its last signature */
  }
  assert_int_equal(check_as(&d, &two, &wire), GS_E_KEYRING_NONE);
  fake_device_free(&d);
}

static void staying_in_the_stub_changes_nothing(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_boot_output out;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  assert_int_equal(fake_device_start(&d), GS_OK);
  assert_int_equal(gs_engine_boot(&d.engine, GS_RESET_REQUESTED, true, &out), GS_OK);
  assert_int_equal(out.action, GS_BOOT_STUB);
  assert_state(&d, gapseal_v1_State_STATE_STAGED);
  assert_int_equal(gs_engine_boot(&d.engine, GS_RESET_REQUESTED, true, &out), GS_E_STATE);
  assert_int_equal(boot(&d, GS_RESET_REQUESTED).action, GS_BOOT_TRY);
  fake_device_free(&d);
}

/* A trial may not start where its start cannot be counted; a confirmed image may. */
static void worn_records_start_no_trial(void **unused) {
  (void)unused;
  struct fake_device d;
  struct gs_boot_output out;
  device_with_one(&d);
  assert_int_equal(fake_deliver(&d, &two), GS_OK);
  for (uint32_t off = 0; off < 4096; off += 1024) {
    gs_flash_model_fault(d.flash, GS_AREA_STATE, off, GS_FAULT_PROGRAM_FAILS);
  }
  assert_int_equal(fake_device_boot(&d, GS_RESET_REQUESTED, &out), GS_E_FLASH_PROGRAM);
  assert_int_equal(out.action, GS_BOOT_STUB);
  fake_device_free(&d);
  device_with_one(&d);
  for (uint32_t off = 0; off < 4096; off += 1024) {
    gs_flash_model_fault(d.flash, GS_AREA_STATE, off, GS_FAULT_PROGRAM_FAILS);
  }
  assert_int_equal(fake_device_boot(&d, GS_RESET_WATCHDOG, &out), GS_E_FLASH_PROGRAM);
  assert_int_equal(out.action, GS_BOOT_RUN);
  fake_device_free(&d);
}

static void impossible_ports_and_buffers_are_refused(void **unused) {
  (void)unused;
  struct fake_device d;
  fake_device_init(&d, G, &maker, false);
  assert_int_equal(gs_engine_init(&d.engine, &d.port, &d.memory), GS_OK);
  for (unsigned area = 0; area < GS_AREA_COUNT; area++) {
    struct gs_geometry good = d.port.geometry[area];
    const struct gs_geometry bad[] = {
        {0, 1024, 4},
        {1000, 1024, 4},
        {good.size, 128, 4},
        {good.size, 1024, 3},
        {good.size, 1024, 0},
        {good.size, 1024, 1024},
        {good.size, 1u << 21, 4},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
      d.port.geometry[area] = bad[i];
      assert_int_equal(gs_engine_init(&d.engine, &d.port, &d.memory), GS_E_RANGE);
    }
    d.port.geometry[area] = good;
  }
  struct gs_engine_memory memory = d.memory;
  memory.block_max = 1000;
  assert_int_equal(gs_engine_init(&d.engine, &d.port, &memory), GS_E_RANGE);
  memory = d.memory;
  memory.bitmap = NULL;
  assert_int_equal(gs_engine_init(&d.engine, &d.port, &memory), GS_E_RANGE);
  memory = d.memory;
  memory.manifest_cap = 16 * 1024; /* its trailer would fill the slot */
  assert_int_equal(gs_engine_init(&d.engine, &d.port, &memory), GS_E_RANGE);
  fake_device_free(&d);
}

static int set_up(void **state) {
  (void)make_maker(state);
  make_package(&one, G, 1, 2, 1);
  make_package(&two, G, 2, 3, 2);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  fake_package_free(&one);
  fake_package_free(&two);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(installs_and_confirms_in_every_geometry),
      cmocka_unit_test(log_tells_the_whole_install),
      cmocka_unit_test(provisioning_happens_once),
      cmocka_unit_test(every_call_in_every_state),
      cmocka_unit_test(begin_in_every_state),
      cmocka_unit_test(other_door_waits),
      cmocka_unit_test(lost_records_refuse_every_change),
      cmocka_unit_test(confirm_may_be_repeated),
      cmocka_unit_test(healthy_is_said_of_one_start),
      cmocka_unit_test(trial_that_was_healthy_once_is_given_up_all_the_same),
      cmocka_unit_test(device_confirms_itself_where_the_manifest_lets_it),
      cmocka_unit_test(floor_rises_on_confirm_only),
      cmocka_unit_test(counter_follows_and_is_replayed),
      cmocka_unit_test(counter_that_wavers_fails_closed),
      cmocka_unit_test(trial_that_never_works_returns_to_last_good),
      cmocka_unit_test(port_that_cannot_tell_gets_five_starts),
      cmocka_unit_test(requested_resets_never_end_a_trial),
      cmocka_unit_test(reject_returns_at_the_next_reset),
      cmocka_unit_test(staged_image_that_changed_is_not_started),
      cmocka_unit_test(revocation_never_binds_a_start),
      cmocka_unit_test(rollback_goes_back_once),
      cmocka_unit_test(rollback_may_be_cancelled),
      cmocka_unit_test(rollback_that_cannot_be_is_refused),
      cmocka_unit_test(rollback_to_an_image_that_broke_stays),
      cmocka_unit_test(begin_gives_last_good_up_and_says_so),
      cmocka_unit_test(damaged_running_image_returns_by_itself),
      cmocka_unit_test(recovery_takes_any_package_above_the_floor),
      cmocka_unit_test(recovery_may_write_the_damaged_running_slot),
      cmocka_unit_test(confirmed_image_that_keeps_crashing_keeps_the_stub),
      cmocka_unit_test(healthy_start_forgets_crashes),
      cmocka_unit_test(floor_is_a_bound_at_each_start),
      cmocka_unit_test(older_and_again_need_to_be_asked_for),
      cmocka_unit_test(keyrings_follow_each_other),
      cmocka_unit_test(accepted_begin_stores_the_linked_keyring),
      cmocka_unit_test(damaged_keyring_copy_is_not_taken),
      cmocka_unit_test(stored_keyring_is_verified_before_it_is_used),
      cmocka_unit_test(staying_in_the_stub_changes_nothing),
      cmocka_unit_test(worn_records_start_no_trial),
      cmocka_unit_test(impossible_ports_and_buffers_are_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
