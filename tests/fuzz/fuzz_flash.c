/* SPDX-License-Identifier: Apache-2.0
 * Flash that holds anything when the device starts: damage, old copies, cells that were written by
 * somebody who knows their CRC, units that do not read or do not take a program. Whatever it is,
 * the device starts nothing but images of the tests, its floor stays at or above the chip's
 * counter, and it answers; with one erase unit damaged, whichever it is, its floor does not go
 * down.
 *
 * Input: u8 state and mode, u8 n, n damages, then operations of a session (session_script.h).
 */
#include <string.h>

#include "crc32.h"
#include "gapseal/crypto.h"
#include "session_script.h"

#define MODE_ONE_UNIT 0x10u /* all damages go to the unit of the first */
#define MODE_NO_COUNTER 0x20u
#define STATE_CELL 256u
#define LOG_CELL 128u

enum damage {
  DAMAGE_BYTES, /* u8 n, n bytes */
  DAMAGE_BIT,
  DAMAGE_ERASE,
  DAMAGE_COPY,  /* u8 area, u16 off, u8 n: 16 n bytes from there */
  DAMAGE_STATE, /* u8 n, n bytes in a state record whose CRC is made right again */
  DAMAGE_LOG,   /* the same in a log cell */
  DAMAGE_FAULT, /* u8 which */
  DAMAGE_COUNT
};

static struct fuzz_device *const d = &fuzz_device;
static uint8_t faults[GS_AREA_COUNT][FUZZ_AREA_MAX / 1024u]; /* enum gs_flash_fault of each unit */
static const struct gs_geometry *geometry;

void fuzz_start(void) {
  fuzz_sign_start();
  fuzz_device_start();
  geometry = d->port.geometry;
}

static uint32_t device_crc(const uint8_t *data, size_t len) {
  return gs_crc32(gs_crc32(0, d->engine.device_id, GS_DIGEST_BYTES), data, len);
}

/* Change bytes of the cell at off, and make its CRC, the four bytes at crc_at, right. */
static void forge(struct fuzz_script *s, enum gs_area area, uint32_t off, uint32_t cell,
                  uint32_t crc_at) {
  uint8_t *at = gs_flash_model_bytes(d->flash, area) + off / cell * cell;
  uint8_t where = fuzz_u8(s);
  uint8_t want = fuzz_u8(s);
  size_t n;
  const uint8_t *bytes = fuzz_bytes(s, want, &n);
  where = (uint8_t)(where % crc_at);
  memcpy(at + where, bytes, n < crc_at - where ? n : crc_at - where);
  uint32_t crc = device_crc(at, crc_at);
  for (uint32_t i = 0; i < 4; i++) {
    at[crc_at + i] = (uint8_t)(crc >> (8u * i));
  }
}

static void put_bytes(struct fuzz_script *s, enum gs_area area, uint32_t off, uint32_t end) {
  uint8_t want = fuzz_u8(s);
  size_t n;
  const uint8_t *bytes = fuzz_bytes(s, want, &n);
  n = n < end - off ? n : end - off;
  memcpy(gs_flash_model_bytes(d->flash, area) + off, bytes, n);
}

static void copy(struct fuzz_script *s, enum gs_area area, uint32_t off, uint32_t end) {
  enum gs_area from = (enum gs_area)(fuzz_u8(s) % GS_AREA_COUNT);
  uint32_t at = fuzz_u16(s) % geometry[from].size;
  uint32_t n = 16u * fuzz_u8(s);
  n = n < end - off ? n : end - off;
  n = n < geometry[from].size - at ? n : geometry[from].size - at;
  memmove(gs_flash_model_bytes(d->flash, area) + off, gs_flash_model_bytes(d->flash, from) + at, n);
}

/* One damage; in one_unit mode it stays in the unit that *area and *off name. */
static void harm(struct fuzz_script *s, bool one_unit, bool first, enum gs_area *area,
                 uint32_t *unit) {
  enum damage what = (enum damage)(fuzz_u8(s) % DAMAGE_COUNT);
  uint8_t area_byte = fuzz_u8(s);
  uint16_t where = fuzz_u16(s);
  if (first || !one_unit) {
    *area = (enum gs_area)(area_byte % GS_AREA_COUNT);
    *unit = where % geometry[*area].size / geometry[*area].erase_size;
  }
  uint32_t size = geometry[*area].erase_size;
  uint32_t off = *unit * size + where % size;
  uint32_t end = one_unit ? (*unit + 1u) * size : geometry[*area].size;
  switch (what) {
    case DAMAGE_BYTES:
      put_bytes(s, *area, off, end);
      break;
    case DAMAGE_BIT:
      gs_flash_model_bytes(d->flash, *area)[off] ^= (uint8_t)(1u << (area_byte >> 5));
      break;
    case DAMAGE_ERASE:
      memset(gs_flash_model_bytes(d->flash, *area) + *unit * size, 0xFF, size);
      break;
    case DAMAGE_COPY:
      copy(s, *area, off, end);
      break;
    case DAMAGE_STATE:
      if (*area == GS_AREA_STATE || !one_unit) {
        forge(s, GS_AREA_STATE, off % geometry[GS_AREA_STATE].size, STATE_CELL, 252);
      }
      break;
    case DAMAGE_LOG:
      if (*area == GS_AREA_LOG || !one_unit) {
        forge(s, GS_AREA_LOG, off % geometry[GS_AREA_LOG].size, LOG_CELL, GS_LOG_ENTRY_BYTES);
      }
      break;
    case DAMAGE_FAULT:
      faults[*area][*unit] = (uint8_t)(fuzz_u8(s) % 5u);
      break;
    case DAMAGE_COUNT:
      break;
  }
}

static bool blank(const uint8_t *at, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) {
    if (at[i] != 0xFF) {
      return false;
    }
  }
  return true;
}

/* Have the model believe that the bytes came there as bytes do: what is blank was erased, and the
 * rest programmed once. */
static void settle(void) {
  static uint8_t bytes[FUZZ_AREA_MAX];
  for (int i = 0; i < GS_AREA_COUNT; i++) {
    enum gs_area area = (enum gs_area)i;
    const struct gs_geometry *g = &geometry[i];
    FUZZ_MUST(g->size <= sizeof bytes);
    memcpy(bytes, gs_flash_model_bytes(d->flash, area), g->size);
    for (uint32_t off = 0; off < g->size; off += g->erase_size) {
      FUZZ_MUST(gs_flash_model_erase(d->flash, area, off) == GS_OK);
    }
    for (uint32_t off = 0; off < g->size; off += g->write_size) {
      if (!blank(bytes + off, g->write_size)) {
        FUZZ_MUST(gs_flash_model_program(d->flash, area, off, bytes + off, g->write_size) == GS_OK);
      }
    }
  }
}

static void set_faults(void) {
  for (int area = 0; area < GS_AREA_COUNT; area++) {
    uint32_t size = geometry[area].erase_size;
    for (uint32_t unit = 0; unit * size < geometry[area].size; unit++) {
      gs_flash_model_fault(d->flash, (enum gs_area)area, unit * size,
                           (enum gs_flash_fault)faults[area][unit]);
    }
  }
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct fuzz_script s = {data, len};
  uint8_t mode = fuzz_u8(&s);
  bool one_unit = (mode & MODE_ONE_UNIT) != 0;
  enum gs_area area = GS_AREA_STATE;
  uint32_t unit = 0;
  fuzz_device_be((enum fuzz_state)((mode & 0xFu) % FUZZ_STATES));
  if ((mode & MODE_NO_COUNTER) != 0) {
    d->port.counter_read = NULL;
    d->port.counter_raise = NULL;
    d->port.counter_max = 0;
  }
  uint8_t n = fuzz_u8(&s);
  for (unsigned i = 0; i < n && s.left > 0; i++) {
    harm(&s, one_unit, i == 0, &area, &unit);
  }
  d->flash_spoilt = true;
  settle();
  set_faults();
  if (!one_unit && (mode & MODE_NO_COUNTER) != 0) {
    d->floor = 0; /* nothing but the records tells it, and they may all be gone */
  }
  fuzz_device_restart(GS_RESET_POWER, false);
  if (d->alive) {
    session_script_go_on(&s, true);
  }
  memset(faults, 0, sizeof faults);
  set_faults();
}

/* clang-format would give each byte a line. */
/* clang-format off */
void fuzz_seeds(void) {
  static const uint8_t erase[] = {
      FUZZ_IN_READY | MODE_ONE_UNIT, 1, DAMAGE_ERASE, GS_AREA_STATE, 0, 0, OP_REQUEST, 1, 0, 0, 0};
  static const uint8_t log[] = {
      FUZZ_IN_CONFIRMED, 2, DAMAGE_ERASE, GS_AREA_LOG, 0, 0, DAMAGE_ERASE, GS_AREA_LOG, 0, 4,
      OP_RESTART, 1};
  static const uint8_t forged[] = {
      FUZZ_IN_TRIAL, 3, DAMAGE_STATE, GS_AREA_STATE, 0, 1, 8, 4, 9, 0, 0, 0, DAMAGE_LOG,
      GS_AREA_LOG, 128, 0, 20, 4, 7, 0, 0, 0, DAMAGE_BIT, GS_AREA_SLOT_B, 3, 0, OP_RESTART, 3};
  static const uint8_t worn[] = {
      FUZZ_IN_WRITING, 3, DAMAGE_FAULT, GS_AREA_SLOT_B, 0, 0, 1, DAMAGE_FAULT, GS_AREA_KEYRING, 0,
      0, 4, DAMAGE_COPY, GS_AREA_SLOT_A, 0, 0, GS_AREA_SLOT_B, 0, 0, 9, OP_REQUEST, 1, 0, 0, 0,
      OP_LOAD, FUZZ_NEWER, 99, 0, OP_REQUEST, 7, 0, 0, 0, OP_REQUEST, 8, 0, 0, 100, OP_BLOCKS, 40,
      0};
  static const uint8_t bytes[] = {
      FUZZ_IN_STAGED | MODE_NO_COUNTER, 1, DAMAGE_BYTES, GS_AREA_KEYRING, 4, 0, 4, 9, 9, 9, 9,
      OP_HEALTHY, 0};
  static const uint8_t image[] = {
      FUZZ_IN_CONFIRMED, 1, DAMAGE_BIT, GS_AREA_SLOT_B, 9, 1, OP_RESTART, 1, OP_REQUEST, 1, 0, 0, 0};
  fuzz_seed("erase", erase, sizeof erase);
  fuzz_seed("log", log, sizeof log);
  fuzz_seed("forged", forged, sizeof forged);
  fuzz_seed("worn", worn, sizeof worn);
  fuzz_seed("bytes", bytes, sizeof bytes);
  fuzz_seed("image", image, sizeof image);
}
