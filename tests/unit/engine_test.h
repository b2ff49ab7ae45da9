/* SPDX-License-Identifier: Apache-2.0
 * What the engine's tests share: one maker for the program, short ways to packages and devices.
 */
#ifndef GAPSEAL_ENGINE_TEST_H
#define GAPSEAL_ENGINE_TEST_H

/* cmocka wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "device.h"

static struct fake_maker maker;

static inline int make_maker(void **state) {
  (void)state;
  fake_maker_init(&maker);
  return 0;
}

static inline struct fake_wish wish_of(enum fake_geometry g, uint32_t release,
                                       uint32_t security_version, uint32_t raises) {
  return (struct fake_wish){.release = release,
                            .security_version = security_version,
                            .raises_floor_to = raises,
                            .size = fake_image_size(g),
                            .block_size = fake_block_size(g),
                            .seed = release};
}

static inline void make_package(struct fake_package *p, enum fake_geometry g, uint32_t release,
                                uint32_t security_version, uint32_t raises) {
  struct fake_wish wish = wish_of(g, release, security_version, raises);
  fake_package_make(p, &maker, &wish);
}

static inline gapseal_v1_DeviceState state_of(struct fake_device *d) {
  gapseal_v1_DeviceState s;
  gs_engine_state(&d->engine, &s);
  return s;
}

static inline void assert_state(struct fake_device *d, gapseal_v1_State state) {
  assert_int_equal(state_of(d).state, state);
}

/* Every flash rule was kept. */
static inline void assert_clean(const struct fake_device *d) {
  assert_string_equal(gs_flash_model_violation(d->flash), "");
}

static inline struct gs_boot_output boot(struct fake_device *d, enum gs_reset_cause cause) {
  struct gs_boot_output out;
  assert_int_equal(fake_device_boot(d, cause, &out), GS_OK);
  return out;
}

/* Provisioned, nothing installed. */
static inline void new_device(struct fake_device *d, enum fake_geometry g) {
  fake_device_init(d, g, &maker, false);
  fake_device_provision(d, &maker, 1);
}

/* How many entries of an event the log holds. */
static inline unsigned logged(struct fake_device *d, uint16_t event) {
  uint8_t bytes[GS_LOG_ENTRY_BYTES];
  uint32_t count;
  uint32_t oldest;
  uint32_t newest;
  unsigned n = 0;
  uint32_t next = 0;
  for (;;) {
    assert_int_equal(gs_engine_log_read(&d->engine, next, bytes, 1, &count, &oldest, &newest),
                     GS_OK);
    struct gs_log_entry entry;
    if (count == 0) {
      return n;
    }
    assert_true(gs_log_entry_decode(bytes, &entry));
    n += entry.event == event;
    next = entry.sequence + 1u;
  }
}

static inline struct gs_log_entry newest_entry(struct fake_device *d) {
  uint8_t bytes[GS_LOG_ENTRY_BYTES];
  uint32_t count;
  uint32_t oldest;
  uint32_t newest;
  struct gs_log_entry entry;
  assert_int_equal(gs_engine_log_read(&d->engine, UINT32_MAX, bytes, 1, &count, &oldest, &newest),
                   GS_OK);
  assert_int_equal(gs_engine_log_read(&d->engine, newest, bytes, 1, &count, &oldest, &newest),
                   GS_OK);
  assert_int_equal(count, 1);
  assert_true(gs_log_entry_decode(bytes, &entry));
  return entry;
}

#endif
