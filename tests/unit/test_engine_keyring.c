/* SPDX-License-Identifier: Apache-2.0
 * The keyring in the device: links, the two copies, and what binds when.
 */
#include "engine_scene.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keyrings_follow_each_other),
      cmocka_unit_test(accepted_begin_stores_the_linked_keyring),
      cmocka_unit_test(damaged_keyring_copy_is_not_taken),
      cmocka_unit_test(stored_keyring_is_verified_before_it_is_used),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
