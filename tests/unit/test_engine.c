/* SPDX-License-Identifier: Apache-2.0
 * The engine from begin to confirm and back, through its public face only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"

static struct fake_maker maker;

static void make(struct fake_package *p, enum fake_geometry g, uint32_t release,
                 uint32_t security_version, uint32_t raises) {
  struct fake_wish wish = {.release = release,
                           .security_version = security_version,
                           .raises_floor_to = raises,
                           .size = fake_image_size(g),
                           .block_size = fake_block_size(g),
                           .seed = release};
  fake_package_make(p, &maker, &wish);
}

static gapseal_v1_DeviceState state_of(struct fake_device *d) {
  gapseal_v1_DeviceState s;
  gs_engine_state(&d->engine, &s);
  return s;
}

static void no_violation(const struct fake_device *d) {
  assert_string_equal(gs_flash_model_violation(d->flash), "");
}

static void installs_and_confirms_in_every_geometry(void **unused) {
  (void)unused;
  for (int g = 0; g < FAKE_GEOMETRIES; g++) {
    struct fake_device d;
    struct fake_package one;
    struct fake_package two;
    fake_device_init(&d, (enum fake_geometry)g, &maker, true);
    make(&one, (enum fake_geometry)g, 1, 1, 1);
    make(&two, (enum fake_geometry)g, 2, 2, 1);
    fake_device_provision(&d, &maker, 1);
    fake_install(&d, &one);
    fake_install(&d, &two);
    gapseal_v1_DeviceState s = state_of(&d);
    assert_int_equal(s.state, gapseal_v1_State_STATE_READY);
    assert_true(s.rollback_promised);
    assert_int_equal(s.floor, 1);
    assert_int_equal(s.running_slot, 1);
    struct gs_boot_output out;
    assert_int_equal(fake_device_boot(&d, GS_RESET_POWER, &out), GS_OK);
    assert_int_equal(out.action, GS_BOOT_RUN);
    assert_int_equal(out.slot, 1);
    no_violation(&d);
    fake_package_free(&one);
    fake_package_free(&two);
    fake_device_free(&d);
  }
}

static int set_up(void **state) {
  (void)state;
  fake_maker_init(&maker);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(installs_and_confirms_in_every_geometry),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
