/* SPDX-License-Identifier: Apache-2.0
 * The flash model holds to the rules of NOR flash and notices who does not.
 */
#define _DEFAULT_SOURCE 1 /* mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flash_model.h"

#define AREA GS_AREA_STATE

static const struct gs_geometry geometry[GS_AREA_COUNT] = {
    [AREA] = {4096, 1024, 8},
    [GS_AREA_LOG] = {2048, 1024, 8},
};

static const uint8_t word[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static struct gs_flash_model *model(void) {
  struct gs_flash_model *m = gs_flash_model_new(geometry);
  assert_non_null(m);
  return m;
}

static void new_flash_is_erased_and_bytes_stay(void **unused) {
  (void)unused;
  struct gs_flash_model *m = model();
  uint8_t got[8];
  assert_int_equal(gs_flash_model_read(m, AREA, 4088, got, 8), GS_OK);
  for (unsigned i = 0; i < 8; i++) {
    assert_int_equal(got[i], 0xFF);
  }
  assert_int_equal(gs_flash_model_program(m, AREA, 4088, word, 8), GS_OK);
  assert_int_equal(gs_flash_model_read(m, AREA, 4088, got, 8), GS_OK);
  assert_memory_equal(got, word, 8);
  assert_int_equal(gs_flash_model_erase(m, AREA, 3072), GS_OK);
  assert_int_equal(gs_flash_model_read(m, AREA, 4088, got, 8), GS_OK);
  assert_int_equal(got[0], 0xFF);
  assert_int_equal(gs_flash_model_wear(m, AREA, 4000), 1);
  assert_int_equal(gs_flash_model_wear(m, AREA, 0), 0);
  assert_int_equal(gs_flash_model_ops(m), 2);
  assert_int_equal(gs_flash_model_violations(m), 0);
  gs_flash_model_free(m);
}

static void broken_rules_are_refused_and_counted(void **unused) {
  (void)unused;
  struct gs_flash_model *m = model();
  uint8_t got[8];
  uint32_t n = 0;
  assert_int_equal(gs_flash_model_program(m, AREA, 0, word, 8), GS_OK);
  assert_int_equal(gs_flash_model_program(m, AREA, 0, word, 8), GS_E_RANGE); /* twice */
  assert_string_equal(gs_flash_model_violation(m), "write unit programmed twice since its erase");
  assert_int_equal(gs_flash_model_violations(m), ++n);
  assert_int_equal(gs_flash_model_program(m, AREA, 12, word, 8), GS_E_RANGE);
  assert_int_equal(gs_flash_model_program(m, AREA, 16, word, 7), GS_E_RANGE);
  assert_int_equal(gs_flash_model_program(m, AREA, 16, word, 0), GS_E_RANGE);
  assert_int_equal(gs_flash_model_program(m, AREA, 4096, word, 8), GS_E_RANGE);
  assert_int_equal(gs_flash_model_program(m, AREA, UINT32_MAX - 7u, word, 8), GS_E_RANGE);
  assert_int_equal(gs_flash_model_erase(m, AREA, 512), GS_E_RANGE);
  assert_int_equal(gs_flash_model_erase(m, AREA, 4096), GS_E_RANGE);
  assert_int_equal(gs_flash_model_erase(m, GS_AREA_KEYRING, 0), GS_E_RANGE); /* not there */
  assert_int_equal(gs_flash_model_read(m, AREA, 4090, got, 8), GS_E_RANGE);
  assert_int_equal(gs_flash_model_counter_raise(m, 0), GS_E_RANGE);
  assert_int_equal(gs_flash_model_violations(m), n + 10);
  gs_flash_model_bytes(m, AREA)[64] = 0;
  assert_int_equal(gs_flash_model_program(m, AREA, 64, word, 8), GS_E_RANGE); /* sets bits */
  gs_flash_model_free(m);
}

/* What each mode leaves of a program of two units, and that nothing works until power is back. */
static void power_cut_leaves_what_its_mode_says(void **unused) {
  (void)unused;
  for (int mode = 0; mode < GS_CUT_MODES; mode++) {
    struct gs_flash_model *m = model();
    uint8_t src[16];
    uint8_t got[16];
    memset(src, 0, sizeof(src));
    assert_int_equal(gs_flash_model_program(m, AREA, 512, word, 8), GS_OK);
    gs_flash_model_cut_at(m, 2, (enum gs_cut_mode)mode, 5);
    assert_int_equal(gs_flash_model_program(m, AREA, 520, word, 8), GS_OK);
    assert_int_equal(gs_flash_model_program(m, AREA, 0, src, 16), GS_E_FLASH_PROGRAM);
    assert_true(gs_flash_model_is_cut(m));
    assert_int_equal(gs_flash_model_read(m, AREA, 0, got, 16), GS_E_FLASH_READ);
    assert_int_equal(gs_flash_model_program(m, AREA, 64, word, 8), GS_E_FLASH_PROGRAM);
    assert_int_equal(gs_flash_model_erase(m, AREA, 0), GS_E_FLASH_ERASE);
    gs_flash_model_power_on(m);
    const uint8_t *bytes = gs_flash_model_bytes(m, AREA);
    unsigned zeros = 0;
    for (unsigned i = 0; i < 16; i++) {
      zeros += bytes[i] == 0;
    }
    bool all = mode == GS_CUT_COMPLETE || mode == GS_CUT_UNSTABLE;
    assert_int_equal(zeros == 16, all);
    assert_true(mode != GS_CUT_NOT_STARTED || zeros == 0);
    assert_int_equal(gs_flash_model_is_unstable(m, AREA), mode == GS_CUT_UNSTABLE);
    unsigned wrong = 0;
    for (unsigned i = 0; i < 100; i++) {
      assert_int_equal(gs_flash_model_read(m, AREA, 0, got, 16), GS_OK);
      wrong += memcmp(got, bytes, 16) != 0;
    }
    assert_int_equal(wrong > 20 && wrong < 80, mode == GS_CUT_UNSTABLE);
    assert_memory_equal(bytes + 512, word, 8); /* nothing else changed */
    assert_int_equal(gs_flash_model_violations(m), 0);
    gs_flash_model_free(m);
  }
}

/* A unit whose erase was cut is not fit for programs, however blank it reads. */
static void cut_erase_must_be_repeated(void **unused) {
  (void)unused;
  static const enum gs_cut_mode modes[] = {GS_CUT_PREFIX, GS_CUT_WRONG_BITS, GS_CUT_UNSTABLE};
  for (unsigned i = 0; i < 3; i++) {
    struct gs_flash_model *m = model();
    gs_flash_model_cut_at(m, 1, modes[i], i);
    assert_int_equal(gs_flash_model_erase(m, AREA, 0), GS_E_FLASH_ERASE);
    gs_flash_model_power_on(m);
    assert_int_equal(gs_flash_model_program(m, AREA, 0, word, 8), GS_E_RANGE);
    assert_int_equal(gs_flash_model_erase(m, AREA, 0), GS_OK);
    assert_int_equal(gs_flash_model_program(m, AREA, 0, word, 8), GS_OK);
    assert_false(gs_flash_model_is_unstable(m, AREA));
    gs_flash_model_free(m);
  }
}

static void faults_do_what_they_say(void **unused) {
  (void)unused;
  struct gs_flash_model *m = model();
  uint8_t got[8];
  gs_flash_model_fault(m, AREA, 0, GS_FAULT_PROGRAM_FAILS);
  assert_int_equal(gs_flash_model_program(m, AREA, 0, word, 8), GS_E_FLASH_PROGRAM);
  gs_flash_model_fault(m, AREA, 0, GS_FAULT_PROGRAM_SILENT);
  assert_int_equal(gs_flash_model_program(m, AREA, 8, word, 8), GS_OK);
  assert_int_equal(gs_flash_model_read(m, AREA, 8, got, 8), GS_OK);
  assert_memory_not_equal(got, word, 8);
  gs_flash_model_fault(m, AREA, 0, GS_FAULT_ERASE_FAILS);
  assert_int_equal(gs_flash_model_erase(m, AREA, 0), GS_E_FLASH_ERASE);
  gs_flash_model_fault(m, AREA, 0, GS_FAULT_UNREADABLE);
  assert_int_equal(gs_flash_model_read(m, AREA, 1000, got, 8), GS_E_FLASH_READ);
  assert_int_equal(gs_flash_model_read(m, AREA, 1024, got, 8), GS_OK);
  gs_flash_model_fault(m, AREA, 0, GS_FAULT_NONE);
  assert_int_equal(gs_flash_model_read(m, AREA, 1000, got, 8), GS_OK);
  gs_flash_model_free(m);
}

static void file_keeps_content_wear_and_counter(void **unused) {
  (void)unused;
  char path[] = "/tmp/flash_model_XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  (void)close(fd);
  struct gs_flash_model *m = gs_flash_model_open(path, geometry);
  assert_non_null(m);
  uint32_t counter;
  uint8_t got[8];
  assert_int_equal(gs_flash_model_erase(m, AREA, 1024), GS_OK);
  assert_int_equal(gs_flash_model_program(m, AREA, 1024, word, 8), GS_OK);
  assert_int_equal(gs_flash_model_counter_raise(m, 4), GS_OK);
  gs_flash_model_free(m);
  m = gs_flash_model_open(path, geometry);
  assert_non_null(m);
  assert_int_equal(gs_flash_model_read(m, AREA, 1024, got, 8), GS_OK);
  assert_memory_equal(got, word, 8);
  assert_int_equal(gs_flash_model_wear_max(m, AREA), 1);
  assert_int_equal(gs_flash_model_counter_read(m, &counter), GS_OK);
  assert_int_equal(counter, 4);
  assert_int_equal(gs_flash_model_program(m, AREA, 1024, word, 8), GS_E_RANGE);
  gs_flash_model_free(m);
  struct gs_geometry other[GS_AREA_COUNT];
  memcpy(other, geometry, sizeof(other));
  other[AREA].write_size = 4;
  errno = 0;
  assert_null(gs_flash_model_open(path, other));
  assert_int_equal(errno, EINVAL);
  (void)unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(new_flash_is_erased_and_bytes_stay),
      cmocka_unit_test(broken_rules_are_refused_and_counted),
      cmocka_unit_test(power_cut_leaves_what_its_mode_says),
      cmocka_unit_test(cut_erase_must_be_repeated),
      cmocka_unit_test(faults_do_what_they_say),
      cmocka_unit_test(file_keeps_content_wear_and_counter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
