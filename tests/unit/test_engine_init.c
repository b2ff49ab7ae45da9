/* SPDX-License-Identifier: Apache-2.0
 * What an engine must be given, and its first day.
 */
#include "engine_scene.h"

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
        {1024, 1024, 4}, /* one unit */
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(impossible_ports_and_buffers_are_refused),
      cmocka_unit_test(provisioning_happens_once),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
