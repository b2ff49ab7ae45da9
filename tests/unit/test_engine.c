/* SPDX-License-Identifier: Apache-2.0
 * The life of an update: accept, trial, confirm, reject; every call in every state.
 */
#include "engine_scene.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(installs_and_confirms_in_every_geometry),
      cmocka_unit_test(log_tells_the_whole_install),
      cmocka_unit_test(every_call_in_every_state),
      cmocka_unit_test(begin_in_every_state),
      cmocka_unit_test(other_door_waits),
      cmocka_unit_test(lost_records_refuse_every_change),
      cmocka_unit_test(confirm_may_be_repeated),
      cmocka_unit_test(healthy_is_said_of_one_start),
      cmocka_unit_test(device_confirms_itself_where_the_manifest_lets_it),
      cmocka_unit_test(reject_returns_at_the_next_reset),
      cmocka_unit_test(older_and_again_need_to_be_asked_for),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
