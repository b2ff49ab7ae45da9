/* SPDX-License-Identifier: Apache-2.0
 * The floor: who tells it, what raises it, and the counter that follows it.
 */
#include "engine_internal.h"
#include "engine_scene.h"
#include "unit.h"

static const uint32_t edges[] = {0, 1, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFEu, 0xFFFFFFFFu};

/* A counter that plays back what it is given. */
struct counter {
  uint32_t reads[4];
  unsigned fails_at; /* the read that fails; 0: none */
  unsigned read;
  enum gs_status raise_status;
  unsigned raised;
  uint32_t value; /* the last raise's */
};

static enum gs_status counter_read(void *ctx, uint32_t *value) {
  struct counter *c = ctx;
  *value = c->reads[c->read++];
  return c->read == c->fails_at ? GS_E_FLASH_READ : GS_OK;
}

static enum gs_status counter_raise(void *ctx, uint32_t value) {
  struct counter *c = ctx;
  c->raised++;
  c->value = value;
  return c->raise_status;
}

static struct gs_port port_of(struct counter *c) {
  return (struct gs_port){
      .ctx = c, .counter_read = counter_read, .counter_raise = counter_raise, .counter_max = 4000};
}

static void floor_never_goes_down(void **unused) {
  (void)unused;
  for (size_t i = 0; i < COUNT(edges); i++) {
    for (size_t j = 0; j < COUNT(edges); j++) {
      struct gs_state s = {.floor = edges[i]};
      assert_int_equal(gs_floor_raise(&s, edges[j]), edges[j] > edges[i]);
      assert_int_equal(s.floor, edges[j] > edges[i] ? edges[j] : edges[i]);
    }
  }
}

static void nothing_below_the_floor_stays_promised(void **unused) {
  (void)unused;
  for (size_t i = 0; i < COUNT(edges); i++) {
    for (size_t j = 0; j < COUNT(edges); j++) {
      struct gs_state s = {.promised = true, .last_good = {.security_version = edges[i]}};
      (void)gs_floor_raise(&s, edges[j]);
      assert_int_equal(s.promised, edges[i] >= edges[j]);
      s.promised = false;
      (void)gs_floor_raise(&s, 0);
      assert_false(s.promised); /* and nothing is promised again */
    }
  }
}

static void device_without_a_counter_has_none_to_heed(void **unused) {
  (void)unused;
  struct gs_port port = {.ctx = NULL};
  uint32_t value = 9;
  assert_int_equal(gs_floor_counter(&port, &value), GS_OK);
  assert_int_equal(value, 0);
  assert_int_equal(gs_floor_max(&port), UINT32_MAX);
  gs_floor_to_counter(&port, 5); /* and none to raise */
}

static void counter_counts_when_it_reads_the_same_twice(void **unused) {
  (void)unused;
  static const struct {
    uint32_t first, second;
    unsigned fails_at;
    enum gs_status want;
  } rows[] = {{7, 7, 0, GS_OK},
              {7, 8, 0, GS_E_STORE_LOST},
              {8, 7, 0, GS_E_STORE_LOST},
              {7, 7, 1, GS_E_STORE_LOST},
              {7, 7, 2, GS_E_STORE_LOST}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct counter c = {.reads = {rows[i].first, rows[i].second}, .fails_at = rows[i].fails_at};
    struct gs_port port = port_of(&c);
    uint32_t value = 99;
    assert_int_equal(gs_floor_counter(&port, &value), rows[i].want);
    assert_int_equal(value, rows[i].want == GS_OK ? 7 : 99);
    assert_int_equal(gs_floor_max(&port), 4000);
  }
}

static void counter_is_raised_to_the_floor_only_from_below(void **unused) {
  (void)unused;
  for (size_t i = 0; i < COUNT(edges); i++) {
    for (size_t j = 0; j < COUNT(edges); j++) {
      struct counter c = {.reads = {edges[i], edges[i]}};
      struct gs_port port = port_of(&c);
      gs_floor_to_counter(&port, edges[j]);
      assert_int_equal(c.raised, edges[i] < edges[j] ? 1 : 0);
      assert_true(c.raised == 0 || c.value == edges[j]);
    }
  }
}

static void counter_that_does_not_read_is_not_raised(void **unused) {
  (void)unused;
  struct counter c = {.reads = {1, 2}};
  struct gs_port port = port_of(&c);
  gs_floor_to_counter(&port, 5);
  assert_int_equal(c.raised, 0);
}

/* As after losing the erase unit in which the records of a confirm lay. */
static void log_tells_the_floor_that_the_records_lost(void **unused) {
  (void)unused;
  struct fake_device d;
  device_with_two(&d);
  assert_int_equal(state_of(&d).floor, 2);
  struct gs_state older = d.engine.state;
  older.floor = 1;
  for (uint32_t off = 0; off < d.port.geometry[GS_AREA_STATE].size; off += 1024) {
    assert_int_equal(gs_flash_model_erase(d.flash, GS_AREA_STATE, off), GS_OK);
  }
  assert_int_equal(gs_store_format(&d.engine.store, &d.port), GS_OK);
  assert_int_equal(
      gs_store_append(&d.engine.store, &d.port, d.engine.device_id, d.engine.cell, &older), GS_OK);
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(state_of(&d).floor, 2);
  assert_int_equal(logged(&d, GS_LOG_REPAIRED), 1);
  (void)boot(&d, GS_RESET_POWER); /* the records know it again, and nothing is to be repaired */
  assert_int_equal(state_of(&d).floor, 2);
  assert_int_equal(logged(&d, GS_LOG_REPAIRED), 1);
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

static void counter_follows_and_may_lead(void **unused) {
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

/* A cut came between the record and the counter. */
static void counter_is_brought_up_at_the_next_start(void **unused) {
  (void)unused;
  uint32_t ops = 0;
  for (unsigned cut = 0; cut < 2; cut++) {
    struct fake_device d;
    uint32_t counter;
    fake_device_init(&d, G, &maker, true);
    fake_device_provision(&d, &maker, 1);
    fake_install(&d, &one);
    assert_int_equal(fake_deliver(&d, &two), GS_OK);
    (void)boot(&d, GS_RESET_REQUESTED);
    assert_int_equal(gs_engine_healthy(&d.engine), GS_OK);
    uint32_t before = gs_flash_model_ops(d.flash);
    gs_flash_model_cut_at(d.flash, ops, GS_CUT_NOT_STARTED, 1);
    assert_int_equal(gs_engine_confirm(&d.engine, two.digest), GS_OK);
    ops = gs_flash_model_ops(d.flash) - before; /* the last of them is the counter's */
    assert_int_equal(gs_flash_model_is_cut(d.flash), cut);
    gs_flash_model_power_on(d.flash);
    assert_int_equal(gs_flash_model_counter_read(d.flash, &counter), GS_OK);
    assert_int_equal(counter, cut == 0 ? 2 : 1);
    (void)boot(&d, GS_RESET_POWER);
    assert_int_equal(state_of(&d).floor, 2);
    assert_int_equal(gs_flash_model_counter_read(d.flash, &counter), GS_OK);
    assert_int_equal(counter, 2);
    fake_device_free(&d);
  }
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(floor_never_goes_down),
      cmocka_unit_test(nothing_below_the_floor_stays_promised),
      cmocka_unit_test(device_without_a_counter_has_none_to_heed),
      cmocka_unit_test(counter_counts_when_it_reads_the_same_twice),
      cmocka_unit_test(counter_is_raised_to_the_floor_only_from_below),
      cmocka_unit_test(counter_that_does_not_read_is_not_raised),
      cmocka_unit_test(log_tells_the_floor_that_the_records_lost),
      cmocka_unit_test(floor_rises_on_confirm_only),
      cmocka_unit_test(counter_follows_and_may_lead),
      cmocka_unit_test(counter_is_brought_up_at_the_next_start),
      cmocka_unit_test(counter_that_wavers_fails_closed),
      cmocka_unit_test(floor_is_a_bound_at_each_start),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
