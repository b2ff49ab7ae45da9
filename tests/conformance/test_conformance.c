/* SPDX-License-Identifier: Apache-2.0
 * The suite itself: a port that keeps its word passes, and each way to break it is found by the
 * check that is about it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"
#include "flash_model.h"

#define UNIT 1024u
#define BLOCK_MAX 1024u

enum harm {
  NONE,
  SERIAL_EMPTY,
  NO_PRODUCT,
  ONE_ADDRESS,
  NO_LIFECYCLE,
  OTHER_KEY,
  STATEMENT_JUNK,
  CLOCK_STANDS,
  CLOCK_BACK,
  ENTROPY_STUCK,
  ENTROPY_LONG,
  ERASE_NOTHING,
  ERASE_TOO_MUCH,
  PROGRAM_NOTHING,
  PROGRAM_BESIDE,
  PROGRAM_ALIGNED_ONLY,
  READ_LONG,
  READ_ALIGNED_ONLY,
  AREAS_OVERLAP,
  FORGETS,
  ERASE_SLOW,
  SIGN_SLOW,
  SLOTS_DIFFER,
  ONE_UNIT,
  COUNTER_STUCK,
  WINDOW_LONG,
  HARMS,
};

/* What each must be found by: a piece of the sentence of the first check that fails. */
static const char *const found_by[HARMS] = {
    [SERIAL_EMPTY] = "serial number",
    [NO_PRODUCT] = "product and hardware",
    [ONE_ADDRESS] = "slot model",
    [NO_LIFECYCLE] = "lifecycle",
    [OTHER_KEY] = "fits its public key",
    [STATEMENT_JUNK] = "statement",
    [CLOCK_STANDS] = "clock",
    [CLOCK_BACK] = "clock",
    [ENTROPY_STUCK] = "entropy",
    [ENTROPY_LONG] = "entropy",
    [ERASE_NOTHING] = "reads 0xFF",
    [ERASE_TOO_MUCH] = "whole unit",
    [PROGRAM_NOTHING] = "one program unit",
    [PROGRAM_BESIDE] = "one program unit",
    [PROGRAM_ALIGNED_ONLY] = "whole unit",
    [READ_LONG] = "read alone",
    [READ_ALIGNED_ONLY] = "read alone",
    [AREAS_OVERLAP] = "no area lies in another",
    [FORGETS] = "after the reset",
    [ERASE_SLOW] = "erase_ms_max",
    [SIGN_SLOW] = "signature_ms_max",
    [SLOTS_DIFFER] = "both slots",
    [ONE_UNIT] = "two erase units",
    [COUNTER_STUCK] = "counter",
    [WINDOW_LONG] = "keeps the stub",
};

/* ctx of the port; the model's own functions look for it in the first member. */
struct board {
  struct gs_flash_model *flash;
  enum harm harm;
  uint32_t clock;
  uint8_t random;
  uint8_t key[GS_PRIVATE_KEY_BYTES];
  struct gs_device_facts facts;
  struct gs_port port;
  struct gs_engine engine;
  uint8_t buffers[5][BLOCK_MAX];
  struct gs_keyring ring[2];
  uint8_t bitmap[BLOCK_MAX / 8u];
  uint8_t envelope[GS_CONFORMANCE_ENVELOPE_MAX];
  uint8_t block[GS_CONFORMANCE_BLOCK_MAX];
  unsigned ok;
  const char *first_failed;
};

static enum gs_status read_bytes(void *ctx, enum gs_area area, uint32_t off, void *dst,
                                 uint32_t len) {
  struct board *b = ctx;
  if (b->harm == READ_ALIGNED_ONLY) {
    off &= ~3u;
  }
  enum gs_status status = gs_flash_model_read(b->flash, area, off, dst, len);
  if (b->harm == READ_LONG && len < 8u) {
    ((uint8_t *)dst)[len] = 0;
  }
  return status;
}

static enum gs_status program(void *ctx, enum gs_area area, uint32_t off, const void *src,
                              uint32_t len) {
  struct board *b = ctx;
  uint32_t erase_size = b->port.geometry[area].erase_size;
  if (b->harm == PROGRAM_NOTHING) {
    return GS_OK;
  }
  if (b->harm == PROGRAM_ALIGNED_ONLY && (uintptr_t)src % 4u != 0) {
    src = (const uint8_t *)src - (uintptr_t)src % 4u;
  }
  if (b->harm == PROGRAM_BESIDE && off % erase_size == 0 && len < erase_size) {
    gs_flash_model_bytes(b->flash, area)[off + len] = 0;
  }
  if (b->harm == AREAS_OVERLAP && area == GS_AREA_LOG && off == 0) {
    gs_flash_model_bytes(b->flash, GS_AREA_STATE)[0] = *(const uint8_t *)src;
  }
  return gs_flash_model_program(b->flash, area, off, src, len);
}

static enum gs_status erase(void *ctx, enum gs_area area, uint32_t off) {
  struct board *b = ctx;
  b->clock += b->harm == ERASE_SLOW ? 1000u : 1u;
  if (b->harm == ERASE_NOTHING) {
    gs_flash_model_bytes(b->flash, area)[off] = 0;
    return GS_OK;
  }
  if (b->harm == ERASE_TOO_MUCH) {
    uint32_t last = b->port.geometry[area].size - b->port.geometry[area].erase_size;
    (void)gs_flash_model_erase(b->flash, area, last);
  }
  return gs_flash_model_erase(b->flash, area, off);
}

static uint32_t now_ms(void *ctx) {
  struct board *b = ctx;
  if (b->harm == CLOCK_STANDS) {
    return 7;
  }
  b->clock += b->harm == CLOCK_BACK ? UINT32_MAX : 1u;
  return b->clock;
}

static enum gs_status entropy(void *ctx, void *out, size_t len) {
  struct board *b = ctx;
  memset(out, b->harm == ENTROPY_STUCK ? 1 : ++b->random, len);
  if (b->harm == ENTROPY_LONG && len == 1) {
    ((uint8_t *)out)[1] = 0;
  }
  return GS_OK;
}

static enum gs_status sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                           uint8_t sig[GS_SIGNATURE_BYTES]) {
  struct board *b = ctx;
  b->clock += b->harm == SIGN_SLOW ? 10000u : 1u;
  return gs_ecdsa_sign(b->key, hash, sig);
}

static enum gs_status counter_read(void *ctx, uint32_t *value) {
  struct board *b = ctx;
  return gs_flash_model_counter_read(b->flash, value);
}

static enum gs_status counter_raise(void *ctx, uint32_t value) {
  struct board *b = ctx;
  return b->harm == COUNTER_STUCK ? GS_OK : gs_flash_model_counter_raise(b->flash, value);
}

static void make_facts(struct board *b) {
  struct gs_device_facts *f = &b->facts;
  assert_int_equal(gs_ecdsa_generate(b->key), GS_OK);
  assert_int_equal(gs_ecdsa_public(b->key, f->device_key), GS_OK);
  if (b->harm == OTHER_KEY) {
    assert_int_equal(gs_ecdsa_generate(b->key), GS_OK);
  }
  memcpy(f->serial, "42", b->harm == SERIAL_EMPTY ? 0 : 3);
  memset(f->product, b->harm == NO_PRODUCT ? 0 : 1, sizeof f->product);
  memset(f->hardware, 2, sizeof f->hardware);
  f->slot_model = b->harm == ONE_ADDRESS ? GS_SLOTS_TWO_LINK : GS_SLOTS_SAME_ADDRESS;
  f->lifecycle = b->harm == NO_LIFECYCLE ? (enum gs_lifecycle)0 : GS_PRODUCTION;
  f->key_protection = GS_KEY_IN_FLASH;
  static const uint8_t junk[3] = {1, 2, 3};
  f->statement = b->harm == STATEMENT_JUNK ? junk : NULL;
  f->statement_len = b->harm == STATEMENT_JUNK ? sizeof junk : 0;
  f->erase_ms_max = 100;
  f->program_ms_max = 100;
  f->signature_ms_max = 1000;
  f->stub_window_ms = b->harm == WINDOW_LONG ? GS_STUB_WINDOW_MS_MAX + 1u : 500u;
}

static void board_init(struct board *b, enum harm harm) {
  struct gs_geometry g[GS_AREA_COUNT] = {
      [GS_AREA_SLOT_A] = {16 * UNIT, UNIT, 4}, [GS_AREA_SLOT_B] = {16 * UNIT, UNIT, 4},
      [GS_AREA_STATE] = {4 * UNIT, UNIT, 4},   [GS_AREA_LOG] = {2 * UNIT, UNIT, 4},
      [GS_AREA_KEYRING] = {2 * UNIT, UNIT, 4},
  };
  memset(b, 0, sizeof *b);
  b->harm = harm;
  if (harm == SLOTS_DIFFER) {
    g[GS_AREA_SLOT_B].size += UNIT;
  }
  if (harm == ONE_UNIT) {
    g[GS_AREA_LOG].size = UNIT;
  }
  b->flash = gs_flash_model_new(g);
  assert_non_null(b->flash);
  make_facts(b);
  b->port = (struct gs_port){.ctx = b,
                             .facts = &b->facts,
                             .read = read_bytes,
                             .program = program,
                             .erase = erase,
                             .counter_read = counter_read,
                             .counter_raise = counter_raise,
                             .counter_max = UINT32_MAX,
                             .now_ms = now_ms,
                             .entropy = entropy,
                             .sign = sign};
  memcpy(b->port.geometry, g, sizeof g);
}

static void report(void *ctx, enum gs_check result, const char *what, const char *why) {
  struct board *b = ctx;
  b->ok += result == GS_CHECK_OK;
  if (result == GS_CHECK_FAILED && b->first_failed == NULL) {
    b->first_failed = what;
    assert_non_null(why);
  }
}

static uint32_t run(struct board *b) {
  struct gs_conformance c = {
      .port = &b->port,
      .engine = &b->engine,
      .memory = {.manifest = b->buffers[0],
                 .manifest_cap = BLOCK_MAX,
                 .keyring = b->buffers[1],
                 .keyring_cap = 500,
                 .candidate = b->buffers[4],
                 .block = b->buffers[2],
                 .page = b->buffers[3],
                 .ring = &b->ring[0],
                 .successor = &b->ring[1],
                 .block_max = BLOCK_MAX,
                 .bitmap = b->bitmap},
      .envelope = b->envelope,
      .block = b->block,
      .may_raise_counter = true,
      .report = report,
      .ctx = b,
  };
  uint32_t failed = gs_conformance_before_reset(&c);
  if (failed == 0) {
    if (b->harm == FORGETS) {
      gs_flash_model_bytes(b->flash, GS_AREA_SLOT_B)[16 * UNIT - 1u] ^= 1u;
    }
    failed = gs_conformance_after_reset(&c);
  }
  assert_int_equal(failed, c.failed);
  return failed;
}

static void a_port_that_keeps_its_word_passes(void **state) {
  (void)state;
  struct board b;
  board_init(&b, NONE);
  assert_int_equal(run(&b), 0);
  assert_null(b.first_failed);
  assert_true(b.ok > 30);
  assert_string_equal(gs_flash_model_violation(b.flash), "");
  gs_flash_model_free(b.flash);
}

static void each_way_to_break_a_port_is_found(void **state) {
  (void)state;
  for (int harm = NONE + 1; harm < HARMS; harm++) {
    struct board b;
    board_init(&b, (enum harm)harm);
    uint32_t failed = run(&b);
    if (failed == 0 || strstr(b.first_failed, found_by[harm]) == NULL) {
      fail_msg("harm %d: %s", harm, failed == 0 ? "not found" : b.first_failed);
    }
    gs_flash_model_free(b.flash);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_port_that_keeps_its_word_passes),
      cmocka_unit_test(each_way_to_break_a_port_is_found),
  };
  return gs_crypto_init() == GS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
