/* SPDX-License-Identifier: Apache-2.0
 * The log: chained, gapless, over wraps and damage.
 */
#include "engine_internal.h"
#include "engine_test.h"

/* Read everything in batches; check numbers and chain; return the oldest entry. */
static struct gs_log_entry read_all(struct fake_device *d, uint32_t batch, unsigned *count) {
  static uint8_t out[64 * GS_LOG_ENTRY_BYTES];
  static const char context[] = "gapseal:log:v1";
  struct gs_log_entry first = {.sequence = 0};
  uint8_t chain[GS_DIGEST_BYTES];
  uint32_t next = 0;
  uint32_t got;
  uint32_t oldest;
  uint32_t newest;
  *count = 0;
  do {
    assert_int_equal(gs_engine_log_read(&d->engine, next, out, batch, &got, &oldest, &newest),
                     GS_OK);
    for (uint32_t i = 0; i < got; i++) {
      const uint8_t *bytes = out + (size_t)i * GS_LOG_ENTRY_BYTES;
      struct gs_log_entry entry;
      assert_true(gs_log_entry_decode(bytes, &entry));
      if (*count == 0) {
        first = entry;
        assert_int_equal(entry.sequence, oldest);
      } else {
        uint8_t all[sizeof(context) + GS_DIGEST_BYTES + GS_LOG_CHAINED_BYTES];
        assert_int_equal(entry.sequence, next);
        memcpy(all, context, sizeof(context));
        memcpy(all + sizeof(context), chain, sizeof(chain));
        memcpy(all + sizeof(context) + sizeof(chain), bytes, GS_LOG_CHAINED_BYTES);
        assert_int_equal(gs_sha256(all, sizeof(all), chain), GS_OK);
        assert_memory_equal(chain, entry.chain, sizeof(chain));
      }
      memcpy(chain, entry.chain, sizeof(chain));
      next = entry.sequence + 1u;
      (*count)++;
    }
  } while (got != 0);
  assert_int_equal(next, newest + 1u);
  return first;
}

/* With an image, so that a start logs nothing by itself. */
static void installed_device(struct fake_device *d, enum fake_geometry g) {
  struct fake_package one;
  make_package(&one, g, 1, 1, 0);
  new_device(d, g);
  fake_install(d, &one);
  fake_package_free(&one);
}

static void append(struct fake_device *d, uint32_t extra) {
  assert_int_equal(gs_log_append(&d->engine, GS_LOG_REFUSALS, GS_OK, extra, GS_SUBJECT_NONE),
                   GS_OK);
}

static void first_entry_chains_to_the_device(void **unused) {
  (void)unused;
  struct fake_device d;
  unsigned count;
  uint8_t all[15 + GS_DIGEST_BYTES + GS_LOG_CHAINED_BYTES];
  uint8_t chain[GS_DIGEST_BYTES];
  new_device(&d, FAKE_SMALL);
  struct gs_log_entry first = read_all(&d, 3, &count);
  assert_int_equal(first.sequence, 1);
  assert_int_equal(first.event, GS_LOG_PROVISIONED);
  memcpy(all, "gapseal:log:v1", 15);
  memcpy(all + 15, d.engine.device_id, GS_DIGEST_BYTES);
  memcpy(all + 15 + GS_DIGEST_BYTES, gs_flash_model_bytes(d.flash, GS_AREA_LOG),
         GS_LOG_CHAINED_BYTES);
  assert_int_equal(gs_sha256(all, sizeof(all), chain), GS_OK);
  assert_memory_equal(chain, first.chain, sizeof(chain));
  fake_device_free(&d);
}

static void log_wraps_and_says_how_much_is_gone(void **unused) {
  (void)unused;
  for (int g = 0; g < FAKE_GEOMETRIES; g++) {
    struct fake_device d;
    unsigned count;
    new_device(&d, (enum fake_geometry)g);
    for (uint32_t i = 0; i < 700; i++) {
      append(&d, i);
      if (i % 97 == 0) {
        (void)boot(&d, GS_RESET_POWER);
      }
    }
    struct gs_log_entry oldest = read_all(&d, 1 + (uint32_t)g * 7, &count);
    assert_true(oldest.sequence > 1);
    assert_true(count >= d.engine.log.ring.cells / 2 - 1);
    assert_true(logged(&d, GS_LOG_WRAPPED) >= 1);
    uint8_t out[GS_LOG_ENTRY_BYTES];
    uint32_t got;
    uint32_t low;
    uint32_t high;
    assert_int_equal(gs_engine_log_read(&d.engine, 1, out, 1, &got, &low, &high), GS_OK);
    assert_int_equal(got, 1);
    assert_int_equal(low, oldest.sequence);
    assert_clean(&d);
    fake_device_free(&d);
  }
}

static void every_range_can_be_read(void **unused) {
  (void)unused;
  struct fake_device d;
  new_device(&d, FAKE_SMALL);
  for (uint32_t i = 0; i < 45; i++) {
    append(&d, i);
  }
  uint32_t newest = d.engine.log.newest;
  for (uint32_t from = 0; from <= newest + 1; from++) {
    for (uint32_t max = 0; max <= 20; max++) {
      uint8_t out[20 * GS_LOG_ENTRY_BYTES];
      uint32_t got;
      uint32_t low;
      uint32_t high;
      assert_int_equal(gs_engine_log_read(&d.engine, from, out, max, &got, &low, &high), GS_OK);
      uint32_t start = from < low ? low : from;
      uint32_t left = start > newest ? 0 : newest - start + 1;
      assert_int_equal(got, left < max ? left : max);
      for (uint32_t i = 0; i < got; i++) {
        struct gs_log_entry entry;
        assert_true(gs_log_entry_decode(out + (size_t)i * GS_LOG_ENTRY_BYTES, &entry));
        assert_int_equal(entry.sequence, start + i);
      }
    }
  }
  fake_device_free(&d);
}

static void torn_last_entry_is_dropped(void **unused) {
  (void)unused;
  struct fake_device d;
  unsigned count;
  installed_device(&d, FAKE_SMALL);
  append(&d, 1);
  append(&d, 2);
  uint32_t before = d.engine.log.newest;
  gs_flash_model_bytes(d.flash, GS_AREA_LOG)[d.engine.log.ring.newest * 128u + 40u] &= 0x3C;
  gs_flash_model_bytes(d.flash, GS_AREA_LOG)[d.engine.log.ring.newest * 128u + 96u] ^= 1;
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(d.engine.log.newest, before - 1);
  append(&d, 3);
  (void)read_all(&d, 5, &count);
  assert_int_equal(d.engine.log.newest, before);
  fake_device_free(&d);
}

/* The records remember how far the log was: what is missing is said. */
static void lost_log_goes_on_from_what_the_records_remember(void **unused) {
  (void)unused;
  struct fake_device d;
  installed_device(&d, FAKE_SMALL);
  append(&d, 1);
  append(&d, 2);
  (void)boot(&d, GS_RESET_POWER); /* its record remembers */
  uint32_t before = d.engine.log.newest;
  for (uint32_t off = 0; off < 2048; off += 1024) {
    assert_int_equal(gs_flash_model_erase(d.flash, GS_AREA_LOG, off), GS_OK);
  }
  (void)boot(&d, GS_RESET_POWER);
  struct gs_log_entry entry = newest_entry(&d);
  assert_int_equal(entry.event, GS_LOG_REPAIRED);
  assert_int_equal(entry.extra, before);
  assert_int_equal(entry.sequence, before + 2); /* after one that says they are dropped */
  assert_int_equal(logged(&d, GS_LOG_WRAPPED), 1);
  fake_device_free(&d);
}

static void log_of_another_device_does_not_count(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_device other;
  new_device(&d, FAKE_SMALL);
  new_device(&other, FAKE_SMALL);
  append(&other, 5);
  append(&other, 6);
  memcpy(gs_flash_model_bytes(d.flash, GS_AREA_LOG), gs_flash_model_bytes(other.flash, GS_AREA_LOG),
         2048);
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(logged(&d, GS_LOG_REFUSALS), 0);
  fake_device_free(&other);
  fake_device_free(&d);
}

static void worn_log_never_stops_a_start(void **unused) {
  (void)unused;
  static const enum gs_flash_fault faults[] = {GS_FAULT_PROGRAM_FAILS, GS_FAULT_PROGRAM_SILENT,
                                               GS_FAULT_ERASE_FAILS, GS_FAULT_UNREADABLE};
  struct fake_package one;
  make_package(&one, FAKE_SMALL, 1, 1, 0);
  for (unsigned f = 0; f < 4; f++) {
    struct fake_device d;
    new_device(&d, FAKE_SMALL);
    fake_install(&d, &one);
    gs_flash_model_fault(d.flash, GS_AREA_LOG, 0, faults[f]);
    gs_flash_model_fault(d.flash, GS_AREA_LOG, 1024, faults[f]);
    for (unsigned i = 0; i < 20; i++) {
      struct gs_boot_output out = boot(&d, GS_RESET_WATCHDOG);
      assert_true(out.action == GS_BOOT_RUN || out.reason == GS_E_CRASHES);
    }
    fake_device_free(&d);
  }
  fake_package_free(&one);
}

static void one_worn_unit_loses_no_chain(void **unused) {
  (void)unused;
  struct fake_device d;
  unsigned count;
  new_device(&d, FAKE_LARGE);
  gs_flash_model_fault(d.flash, GS_AREA_LOG, 65536, GS_FAULT_PROGRAM_FAILS);
  uint32_t i = 0;
  while (gs_log_append(&d.engine, GS_LOG_REFUSALS, GS_OK, i, GS_SUBJECT_NONE) == GS_OK) {
    i++;
  }
  /* The other unit holds the newest entry and is not erased for a new one. */
  assert_in_range(i, 100, 127);
  struct gs_log_entry first = read_all(&d, 50, &count);
  assert_int_equal(first.sequence, 1);
  assert_int_equal(count, d.engine.log.newest);
  fake_device_free(&d);
}

static void impossible_areas_are_refused(void **unused) {
  (void)unused;
  static const struct gs_geometry bad[] = {
      {4096, 2048, 1024}, /* a cell is larger than the buffer for one */
      {512, 128, 4},      /* one cell a unit */
      {1024, 256, 256},   /* likewise */
  };
  struct fake_device d;
  new_device(&d, FAKE_SMALL);
  struct gs_geometry good = d.port.geometry[GS_AREA_LOG];
  for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    d.port.geometry[GS_AREA_LOG] = bad[i];
    assert_int_equal(gs_log_mount(&d.engine), GS_E_RANGE);
  }
  d.port.geometry[GS_AREA_LOG] = bad[2];
  assert_int_equal(fake_device_start(&d), GS_E_RANGE);
  d.port.geometry[GS_AREA_LOG] = good;
  assert_int_equal(fake_device_start(&d), GS_OK);
  fake_device_free(&d);
}

static void empty_log_has_nothing_to_read(void **unused) {
  (void)unused;
  struct fake_device d;
  uint8_t out[GS_LOG_ENTRY_BYTES];
  uint32_t got = 7;
  uint32_t low;
  uint32_t high;
  fake_device_init(&d, FAKE_SMALL, &maker, false);
  assert_int_equal(gs_engine_init(&d.engine, &d.port, &d.memory), GS_OK);
  assert_int_equal(gs_engine_log_read(&d.engine, 0, out, 1, &got, &low, &high), GS_E_STATE);
  assert_int_equal(got, 0);
  assert_int_equal(fake_device_start(&d), GS_E_STORE_LOST);
  for (uint32_t from = 0; from < 2; from++) {
    assert_int_equal(gs_engine_log_read(&d.engine, from, out, 1, &got, &low, &high), GS_OK);
    assert_int_equal(got, 0);
  }
  assert_false(gs_log_newest_says(&d.engine, GS_LOG_PROVISIONED, GS_OK));
  fake_device_free(&d);
}

/* A cell's CRC, after its bytes were changed. */
static void fix_crc(struct fake_device *d, uint8_t *bytes) {
  uint32_t crc = gs_device_crc(d->engine.device_id, bytes, GS_LOG_ENTRY_BYTES);
  for (unsigned i = 0; i < 4; i++) {
    bytes[GS_LOG_ENTRY_BYTES + i] = (uint8_t)(crc >> (8u * i));
  }
}

/* Values no entry has, under a CRC that fits. */
static void cell_with_impossible_values_is_no_entry(void **unused) {
  (void)unused;
  static const struct {
    unsigned off, len;
    uint8_t value;
  } wrong[] = {{0, 4, 0}, /* sequence numbers begin with 1 */
               {30, 1, 1},
               {31, 1, 0x80}};
  for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    struct fake_device d;
    struct gs_log_entry entry;
    installed_device(&d, FAKE_SMALL);
    uint32_t cell = d.engine.log.ring.newest;
    uint8_t *bytes = gs_flash_model_bytes(d.flash, GS_AREA_LOG) + (size_t)cell * 128u;
    fix_crc(&d, bytes);
    assert_true(gs_log_read_cell(&d.engine, cell, &entry));
    memset(bytes + wrong[i].off, wrong[i].value, wrong[i].len);
    fix_crc(&d, bytes);
    assert_false(gs_log_read_cell(&d.engine, cell, &entry));
    fake_device_free(&d);
  }
}

static void reading_passes_over_a_damaged_entry(void **unused) {
  (void)unused;
  struct fake_device d;
  uint8_t out[4 * GS_LOG_ENTRY_BYTES];
  uint32_t got;
  uint32_t low;
  uint32_t high;
  struct gs_log_entry entry;
  new_device(&d, FAKE_SMALL);
  for (uint32_t i = 0; i < 4; i++) {
    append(&d, i);
  }
  uint32_t lost = d.engine.log.newest - 2u;
  gs_flash_model_bytes(d.flash, GS_AREA_LOG)[(d.engine.log.ring.newest - 2u) * 128u] ^= 1;
  assert_int_equal(gs_engine_log_read(&d.engine, lost, out, 4, &got, &low, &high), GS_OK);
  assert_int_equal(got, 2);
  assert_true(gs_log_entry_decode(out, &entry));
  assert_int_equal(entry.sequence, lost + 1u);
  assert_int_equal(gs_engine_log_read(&d.engine, lost - 1u, out, 4, &got, &low, &high), GS_OK);
  assert_int_equal(got, 3);
  assert_true(gs_log_entry_decode(out, &entry));
  assert_int_equal(entry.sequence, lost - 1u);
  fake_device_free(&d);
}

static void log_that_went_dark_reads_as_nothing(void **unused) {
  (void)unused;
  struct fake_device d;
  uint8_t out[4 * GS_LOG_ENTRY_BYTES];
  uint32_t got;
  uint32_t low;
  uint32_t high;
  new_device(&d, FAKE_SMALL);
  append(&d, 1);
  gs_flash_model_fault(d.flash, GS_AREA_LOG, 0, GS_FAULT_UNREADABLE);
  gs_flash_model_fault(d.flash, GS_AREA_LOG, 1024, GS_FAULT_UNREADABLE);
  for (uint32_t from = 0; from <= d.engine.log.newest; from++) {
    assert_int_equal(gs_engine_log_read(&d.engine, from, out, 4, &got, &low, &high), GS_OK);
    assert_int_equal(got, 0);
  }
  fake_device_free(&d);
}

/* Hashing is wrapped (-Wl,--wrap): the call that counts this down to 0 fails, and all after it
 * where the fault stays. */
static unsigned countdown;
static bool fault_stays;

static bool hash_fails(void) {
  if (countdown == 0 || --countdown != 0) {
    return false;
  }
  countdown = fault_stays ? 1 : 0;
  return true;
}

#define WRAP(call, parameters, arguments)                        \
  enum gs_status __real_##call parameters;                       \
  enum gs_status __wrap_##call parameters;                       \
  enum gs_status __wrap_##call parameters {                      \
    return hash_fails() ? GS_E_CRYPTO : __real_##call arguments; \
  }
WRAP(gs_sha256_start, (struct gs_sha256 * h), (h))
WRAP(gs_sha256_add, (struct gs_sha256 * h, const void *data, size_t len), (h, data, len))
WRAP(gs_sha256_finish, (struct gs_sha256 * h, uint8_t out[GS_DIGEST_BYTES]), (h, out))

static void entry_that_cannot_be_chained_is_counted(void **unused) {
  (void)unused;
  struct fake_device d;
  unsigned count;
  new_device(&d, FAKE_MIDDLE);
  for (unsigned n = 1; n <= 5; n++) { /* start, three pieces, finish */
    uint32_t before = d.engine.log.newest;
    uint32_t failures = d.engine.log.failures;
    fault_stays = true;
    countdown = n;
    assert_int_equal(gs_log_append(&d.engine, GS_LOG_REFUSALS, GS_OK, n, GS_SUBJECT_NONE),
                     GS_E_CRYPTO);
    assert_int_equal(d.engine.log.newest, before);
    assert_int_equal(d.engine.log.failures, failures + 1u);
    fault_stays = false;
    countdown = n; /* once: it is tried again */
    append(&d, n);
    assert_int_equal(countdown, 0);
    assert_int_equal(d.engine.log.newest, before + 1u);
  }
  (void)read_all(&d, 7, &count);
  assert_int_equal(logged(&d, GS_LOG_REFUSALS), 5);
  fake_device_free(&d);
}

/* The two newest cells read some times, and then not. */
static enum gs_status (*real_read)(void *, enum gs_area, uint32_t, void *, uint32_t);
static uint32_t shy_from;     /* offset of the first */
static uint32_t shy_reads[2]; /* left, of each */

static enum gs_status shy_read(void *ctx, enum gs_area area, uint32_t off, void *dst,
                               uint32_t len) {
  uint32_t i = (off - shy_from) / 128u;
  if (area == GS_AREA_LOG && off >= shy_from && i < 2) {
    if (shy_reads[i] == 0) {
      return GS_E_FLASH_READ;
    }
    shy_reads[i]--;
  }
  return real_read(ctx, area, off, dst, len);
}

/* From wherever it is read, and however much at once. */
static void every_part_is_of_the_whole(struct fake_device *d, uint32_t count) {
  uint8_t all[60 * GS_LOG_ENTRY_BYTES];
  uint8_t part[6 * GS_LOG_ENTRY_BYTES];
  uint32_t got;
  uint32_t low;
  uint32_t high;
  assert_int_equal(gs_engine_log_read(&d->engine, 0, all, 60, &got, &low, &high), GS_OK);
  assert_int_equal(got, count);
  for (uint32_t first = 0; first < count; first++) {
    for (uint32_t max = 1; max <= 6; max++) {
      uint32_t want = count - first < max ? count - first : max;
      assert_int_equal(gs_engine_log_read(&d->engine, low + first, part, max, &got, &low, &high),
                       GS_OK);
      assert_int_equal(got, want);
      assert_memory_equal(part, all + (size_t)first * GS_LOG_ENTRY_BYTES,
                          (size_t)want * GS_LOG_ENTRY_BYTES);
    }
  }
}

static void entries_that_read_now_and_then_break_no_chain(void **unused) {
  (void)unused;
  for (unsigned n = 0; n < 8u * 8u; n++) {
    struct fake_device d;
    unsigned count;
    installed_device(&d, FAKE_MIDDLE);
    append(&d, 1);
    append(&d, 2);
    shy_from = (d.engine.log.ring.newest - 1u) * 128u;
    shy_reads[0] = n % 8u;
    shy_reads[1] = n / 8u;
    real_read = d.port.read;
    d.port.read = shy_read;
    assert_int_equal(boot(&d, GS_RESET_POWER).action, GS_BOOT_RUN);
    d.port.read = real_read; /* and now they read again */
    append(&d, 9);
    for (unsigned starts = 0; starts < 2; starts++) {
      (void)read_all(&d, 60, &count);
      every_part_is_of_the_whole(&d, count);
      assert_int_equal(newest_entry(&d).extra, 9);
      (void)boot(&d, GS_RESET_POWER);
    }
    fake_device_free(&d);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(first_entry_chains_to_the_device),
      cmocka_unit_test(log_wraps_and_says_how_much_is_gone),
      cmocka_unit_test(every_range_can_be_read),
      cmocka_unit_test(torn_last_entry_is_dropped),
      cmocka_unit_test(lost_log_goes_on_from_what_the_records_remember),
      cmocka_unit_test(log_of_another_device_does_not_count),
      cmocka_unit_test(worn_log_never_stops_a_start),
      cmocka_unit_test(one_worn_unit_loses_no_chain),
      cmocka_unit_test(impossible_areas_are_refused),
      cmocka_unit_test(empty_log_has_nothing_to_read),
      cmocka_unit_test(cell_with_impossible_values_is_no_entry),
      cmocka_unit_test(reading_passes_over_a_damaged_entry),
      cmocka_unit_test(log_that_went_dark_reads_as_nothing),
      cmocka_unit_test(entry_that_cannot_be_chained_is_counted),
      cmocka_unit_test(entries_that_read_now_and_then_break_no_chain),
  };
  return cmocka_run_group_tests(tests, make_maker, NULL);
}
