/* SPDX-License-Identifier: Apache-2.0
 * Reading, programming, erasing, and what a power cut or a worn unit makes of them.
 */
#include <string.h>

#include "flash_model_internal.h"

static enum gs_status violate(struct gs_flash_model *m, const char *what) {
  if (m->violations == 0) {
    m->violation = what;
  }
  m->violations++;
  return GS_E_RANGE;
}

static uint8_t fault_at(const struct area *a, uint32_t off) {
  return a->faults[off / a->geometry.erase_size];
}

/* Half of the reads of an unstable region see it as it is, the others with bits turned. */
static void blur(struct gs_flash_model *m, enum gs_area area, uint32_t off, uint8_t *dst,
                 uint32_t len) {
  for (unsigned i = 0; i < UNSTABLE_MAX; i++) {
    const struct unstable *u = &m->unstable[i];
    if (u->len == 0 || u->area != area || off >= u->off + u->len || u->off >= off + len ||
        (gs_flash_random(m) & 1u) != 0) {
      continue;
    }
    uint32_t from = off > u->off ? off : u->off;
    uint32_t to = off + len < u->off + u->len ? off + len : u->off + u->len;
    for (uint32_t n = 0; n < 3u; n++) {
      uint32_t at = from + gs_flash_random(m) % (to - from);
      dst[at - off] ^= (uint8_t)(1u << (gs_flash_random(m) & 7u));
    }
  }
}

enum gs_status gs_flash_model_read(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                                   void *dst, uint32_t len) {
  struct area *a = &m->area[area];
  if (!gs_flash_inside(a, off, len)) {
    return violate(m, "read outside the area");
  }
  if (m->is_cut) {
    return GS_E_FLASH_READ;
  }
  for (uint32_t at = off; at < off + len;
       at = (at / a->geometry.erase_size + 1u) * a->geometry.erase_size) {
    if (fault_at(a, at) == GS_FAULT_UNREADABLE) {
      return GS_E_FLASH_READ;
    }
  }
  memcpy(dst, a->bytes + off, len);
  blur(m, area, off, dst, len);
  return GS_OK;
}

static void add_unstable(struct gs_flash_model *m, enum gs_area area, uint32_t off, uint32_t len) {
  m->unstable[m->unstable_next] = (struct unstable){area, off, len};
  m->unstable_next = (m->unstable_next + 1u) % UNSTABLE_MAX;
}

static void forget_unstable(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                            uint32_t len) {
  for (unsigned i = 0; i < UNSTABLE_MAX; i++) {
    struct unstable *u = &m->unstable[i];
    if (u->area == area && u->off >= off && u->off < off + len) {
      u->len = 0;
    }
  }
}

/* Count an operation; true when the cut hits this one. */
static bool cut_now(struct gs_flash_model *m) {
  m->ops++;
  if (m->cut_in == 0) {
    return false;
  }
  m->cut_in--;
  return m->cut_in == 0;
}

static void power_off(struct gs_flash_model *m) {
  m->is_cut = true;
  if (m->on_cut != NULL) {
    m->on_cut(m->on_cut_arg);
  }
}

static void mark_programmed(struct area *a, uint32_t off, uint32_t len) {
  for (uint32_t at = off; at < off + len; at += a->geometry.write_size) {
    uint32_t unit = at / a->geometry.write_size;
    a->programmed[unit / 8u] |= (uint8_t)(1u << (unit % 8u));
  }
}

static bool any_programmed(const struct area *a, uint32_t off, uint32_t len) {
  for (uint32_t at = off; at < off + len; at += a->geometry.write_size) {
    uint32_t unit = at / a->geometry.write_size;
    if ((a->programmed[unit / 8u] >> (unit % 8u) & 1u) != 0) {
      return true;
    }
  }
  return false;
}

static bool only_clears(const struct area *a, uint32_t off, const uint8_t *src, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) {
    if ((src[i] & (uint8_t)~a->bytes[off + i]) != 0) {
      return false;
    }
  }
  return true;
}

static void store(struct area *a, uint32_t off, const uint8_t *src, uint32_t len) {
  memcpy(a->bytes + off, src, len);
  mark_programmed(a, off, len);
}

/* The write unit where the power went: some of the bits that were to be cleared are. */
static void store_wrong(struct gs_flash_model *m, struct area *a, uint32_t off,
                        const uint8_t *src) {
  for (uint32_t i = 0; i < a->geometry.write_size; i++) {
    uint8_t keep = (uint8_t)gs_flash_random(m);
    a->bytes[off + i] = (uint8_t)(a->bytes[off + i] & (src[i] | keep));
  }
  mark_programmed(a, off, a->geometry.write_size);
}

static void cut_program(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                        const uint8_t *src, uint32_t len) {
  struct area *a = &m->area[area];
  uint32_t units = len / a->geometry.write_size;
  uint32_t whole = units == 0 ? 0 : gs_flash_random(m) % units * a->geometry.write_size;
  switch (m->cut_mode) {
    case GS_CUT_COMPLETE:
      store(a, off, src, len);
      break;
    case GS_CUT_UNSTABLE:
      store(a, off, src, len);
      add_unstable(m, area, off, len);
      break;
    case GS_CUT_PREFIX:
      store(a, off, src, whole);
      break;
    case GS_CUT_WRONG_BITS:
      store(a, off, src, whole);
      store_wrong(m, a, off + whole, src + whole);
      break;
    case GS_CUT_NOT_STARTED:
    case GS_CUT_MODES:
      break;
  }
  power_off(m);
}

/* Store erase unit by erase unit, each with what is wrong with it. */
static enum gs_status program_with_faults(struct gs_flash_model *m, struct area *a, uint32_t off,
                                          const uint8_t *src, uint32_t len) {
  uint32_t unit = a->geometry.erase_size;
  while (len != 0) {
    uint32_t room = unit - off % unit;
    uint32_t n = len < room ? len : room;
    uint8_t fault = fault_at(a, off);
    if (fault == GS_FAULT_PROGRAM_FAILS) {
      store_wrong(m, a, off, src);
      return GS_E_FLASH_PROGRAM;
    }
    store(a, off, src, n);
    if (fault == GS_FAULT_PROGRAM_SILENT) {
      a->bytes[off + n / 2u] ^= 0x10u;
    }
    off += n;
    src += n;
    len -= n;
  }
  return GS_OK;
}

enum gs_status gs_flash_model_program(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                                      const void *src, uint32_t len) {
  struct area *a = &m->area[area];
  if (!gs_flash_inside(a, off, len)) {
    return violate(m, "program outside the area");
  }
  if (len == 0 || off % a->geometry.write_size != 0 || len % a->geometry.write_size != 0) {
    return violate(m, "program not aligned to write units");
  }
  if (m->is_cut) {
    return GS_E_FLASH_PROGRAM;
  }
  if (any_programmed(a, off, len)) {
    return violate(m, "write unit programmed twice since its erase");
  }
  if (!only_clears(a, off, src, len)) {
    return violate(m, "program would have to set a bit");
  }
  if (cut_now(m)) {
    cut_program(m, area, off, src, len);
    return GS_E_FLASH_PROGRAM;
  }
  return program_with_faults(m, a, off, src, len);
}

static void erase_bytes(struct area *a, uint32_t off, uint32_t len) {
  memset(a->bytes + off, 0xFF, len);
  for (uint32_t at = off; at < off + len; at += a->geometry.write_size) {
    uint32_t unit = at / a->geometry.write_size;
    a->programmed[unit / 8u] &= (uint8_t) ~(1u << (unit % 8u));
  }
}

static void cut_erase(struct gs_flash_model *m, enum gs_area area, uint32_t off) {
  struct area *a = &m->area[area];
  uint32_t size = a->geometry.erase_size;
  uint32_t part =
      gs_flash_random(m) % (size / a->geometry.write_size + 1u) * a->geometry.write_size;
  switch (m->cut_mode) {
    case GS_CUT_COMPLETE:
      erase_bytes(a, off, size);
      break;
    case GS_CUT_UNSTABLE:
      erase_bytes(a, off, size);
      mark_programmed(a, off, size); /* it must be erased again before it is used */
      add_unstable(m, area, off, size);
      break;
    case GS_CUT_PREFIX:
      erase_bytes(a, off, part);
      mark_programmed(a, off, size);
      break;
    case GS_CUT_WRONG_BITS:
      for (uint32_t i = 0; i < size; i++) {
        a->bytes[off + i] |= (uint8_t)gs_flash_random(m);
      }
      mark_programmed(a, off, size);
      break;
    case GS_CUT_NOT_STARTED:
    case GS_CUT_MODES:
      break;
  }
  power_off(m);
}

enum gs_status gs_flash_model_erase(struct gs_flash_model *m, enum gs_area area, uint32_t off) {
  struct area *a = &m->area[area];
  if (a->geometry.size == 0 || !gs_flash_inside(a, off, a->geometry.erase_size) ||
      off % a->geometry.erase_size != 0) {
    return violate(m, "erase outside the area or not aligned");
  }
  if (m->is_cut) {
    return GS_E_FLASH_ERASE;
  }
  a->wear[off / a->geometry.erase_size]++;
  if (cut_now(m)) {
    forget_unstable(m, area, off, a->geometry.erase_size);
    cut_erase(m, area, off);
    return GS_E_FLASH_ERASE;
  }
  if (fault_at(a, off) == GS_FAULT_ERASE_FAILS) {
    return GS_E_FLASH_ERASE;
  }
  forget_unstable(m, area, off, a->geometry.erase_size);
  erase_bytes(a, off, a->geometry.erase_size);
  return GS_OK;
}

enum gs_status gs_flash_model_counter_read(struct gs_flash_model *m, uint32_t *value) {
  if (m->is_cut) {
    return GS_E_FLASH_READ;
  }
  *value = m->head->counter;
  return GS_OK;
}

enum gs_status gs_flash_model_counter_raise(struct gs_flash_model *m, uint32_t value) {
  if (m->is_cut) {
    return GS_E_FLASH_PROGRAM;
  }
  if (value <= m->head->counter) {
    return violate(m, "counter not raised");
  }
  if (cut_now(m)) {
    if (m->cut_mode != GS_CUT_NOT_STARTED && m->cut_mode != GS_CUT_PREFIX) {
      m->head->counter = value;
    }
    power_off(m);
    return GS_E_FLASH_PROGRAM;
  }
  m->head->counter = value;
  return GS_OK;
}
