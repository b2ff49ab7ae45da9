/* SPDX-License-Identifier: Apache-2.0
 * The areas: what is programmed is read back, what is erased is 0xFF, and nothing else changes.
 *
 * Patterns depend on area, offset and a salt, so that bytes in the wrong place are seen. Each
 * check works on the first, a middle and the last erase unit of an area.
 */
#include <string.h>

#include "conformance_internal.h"
#include "gapseal/trailer.h"

#define SALT_ONE 1u
#define SALT_KEPT 2u

struct walk {
  struct gs_conformance *c;
  enum gs_area area;
  const struct gs_geometry *g;
  uint32_t erase_ms; /* the longest seen */
};

static bool power_of_two(uint32_t v, uint32_t min, uint32_t max) {
  return v >= min && v <= max && (v & (v - 1u)) == 0;
}

static bool area_ok(const struct gs_geometry *g) {
  return power_of_two(g->erase_size, 256u, 1u << 20) && power_of_two(g->write_size, 1u, 512u) &&
         g->write_size <= g->erase_size && g->size % g->erase_size == 0 &&
         g->size / g->erase_size >= GS_AREA_UNITS_MIN;
}

bool gs_check_geometry(struct gs_conformance *c) {
  const struct gs_geometry *g = c->port->geometry;
  bool ok =
      gs_check_that(c, c->port->read != NULL && c->port->program != NULL && c->port->erase != NULL,
                    "flash can be read, programmed and erased", "a function is NULL");
  bool sizes = area_ok(&g[GS_AREA_SLOT_A]) && area_ok(&g[GS_AREA_SLOT_B]) &&
               area_ok(&g[GS_AREA_STATE]) && area_ok(&g[GS_AREA_LOG]) &&
               area_ok(&g[GS_AREA_KEYRING]);
  ok = gs_check_that(c, sizes, "every area is two erase units or more, of possible sizes",
                     "erase units are powers of two from 256, program units from 1 to 512") &&
       ok;
  const struct gs_geometry *a = &g[GS_AREA_SLOT_A];
  const struct gs_geometry *b = &g[GS_AREA_SLOT_B];
  ok =
      gs_check_that(
          c, a->size == b->size && a->erase_size == b->erase_size && a->write_size == b->write_size,
          "both slots are alike", "their geometries differ") &&
      ok;
  ok = gs_check_that(c, gs_engine_init(c->engine, c->port, &c->memory) == GS_OK,
                     "the engine takes geometry and memory",
                     "a buffer is too small, or a slot too short for its trailer") &&
       ok;
  return ok && gs_check_that(c, c->memory.block_max >= g[GS_AREA_STATE].write_size,
                             "a block is at least a program unit", "block_max is below it");
}

static uint8_t pattern(enum gs_area area, uint32_t off, uint32_t salt) {
  uint32_t x = off * 2654435761u + (uint32_t)area * 40503u + salt * 977u;
  x ^= x >> 15;
  return (uint8_t)(x & 0x7Fu); /* never 0xFF: an erased byte is none of it */
}

/* Bytes of one call: whole program units that fit a block. */
static uint32_t piece_of(const struct walk *w) {
  uint32_t most = (uint32_t)w->c->memory.block_max;
  return most < w->g->erase_size ? most : w->g->erase_size;
}

static bool erase_unit(struct walk *w, uint32_t off) {
  const struct gs_port *p = w->c->port;
  uint32_t began = p->now_ms != NULL ? p->now_ms(p->ctx) : 0;
  enum gs_status status = p->erase(p->ctx, w->area, off);
  uint32_t took = p->now_ms != NULL ? p->now_ms(p->ctx) - began : 0;
  w->erase_ms = took > w->erase_ms ? took : w->erase_ms;
  return status == GS_OK;
}

static bool program_range(const struct walk *w, uint32_t off, uint32_t len, uint32_t salt) {
  const struct gs_port *p = w->c->port;
  uint8_t *block = w->c->memory.block;
  uint32_t piece = piece_of(w);
  for (uint32_t done = 0; done < len;) {
    uint32_t n = len - done < piece ? len - done : piece;
    for (uint32_t i = 0; i < n; i++) {
      block[i] = pattern(w->area, off + done + i, salt);
    }
    if (p->program(p->ctx, w->area, off + done, block, n) != GS_OK) {
      return false;
    }
    done += n;
  }
  return true;
}

/* Does [off, off + len) hold the pattern, or, with salt 0, is it erased? */
static bool holds(const struct walk *w, uint32_t off, uint32_t len, uint32_t salt) {
  const struct gs_port *p = w->c->port;
  uint8_t *page = w->c->memory.page;
  uint32_t piece = piece_of(w);
  for (uint32_t done = 0; done < len;) {
    uint32_t n = len - done < piece ? len - done : piece;
    memset(page, 0xA5, n);
    if (p->read(p->ctx, w->area, off + done, page, n) != GS_OK) {
      return false;
    }
    for (uint32_t i = 0; i < n; i++) {
      uint8_t want = salt == 0 ? 0xFFu : pattern(w->area, off + done + i, salt);
      if (page[i] != want) {
        return false;
      }
    }
    done += n;
  }
  return true;
}

/* Units that are looked at: the first, a middle one where there is one, the last. */
static uint32_t looks(const struct walk *w) {
  return w->g->size / w->g->erase_size > 2u ? 3u : 2u;
}

static uint32_t unit_of(const struct walk *w, uint32_t i) {
  uint32_t units = w->g->size / w->g->erase_size;
  uint32_t unit = i == 0 ? 0 : i + 1u == looks(w) ? units - 1u : units / 2u;
  return unit * w->g->erase_size;
}

static const char *check_erase(struct walk *w) {
  for (uint32_t i = 0; i < looks(w); i++) {
    if (!erase_unit(w, unit_of(w, i))) {
      return "erase failed";
    }
    if (!holds(w, unit_of(w, i), w->g->erase_size, 0)) {
      return "bytes other than 0xFF are read after an erase";
    }
  }
  return NULL;
}

/* One program unit at the start and one at the end of a unit; the bytes beside stay erased. */
static const char *check_small(struct walk *w) {
  uint32_t write = w->g->write_size;
  uint32_t last = w->g->erase_size - write;
  for (uint32_t i = 0; i < looks(w); i++) {
    uint32_t at = unit_of(w, i);
    if (!program_range(w, at, write, SALT_ONE) || !program_range(w, at + last, write, SALT_ONE)) {
      return "programming one unit failed";
    }
    if (!holds(w, at, write, SALT_ONE) || !holds(w, at + last, write, SALT_ONE)) {
      return "what was programmed is not read back";
    }
    if (last > write && !holds(w, at + write, last - write, 0)) {
      return "bytes beside what was programmed have changed";
    }
  }
  return NULL;
}

/* Whole units, from an address of memory that is not aligned, erased anew. */
static const char *check_whole(struct walk *w) {
  const struct gs_port *p = w->c->port;
  uint32_t write = w->g->write_size;
  for (uint32_t i = 0; i < looks(w); i++) {
    uint32_t at = unit_of(w, i);
    if (!erase_unit(w, at) || !program_range(w, at, w->g->erase_size, SALT_ONE)) {
      return "erasing and programming a whole unit failed";
    }
    if (!holds(w, at, w->g->erase_size, SALT_ONE)) {
      return "a whole unit is not read back as it was programmed";
    }
  }
  if (!erase_unit(w, 0) || w->c->memory.block_max < write + 1u) {
    return w->c->memory.block_max < write + 1u ? NULL : "erase failed";
  }
  for (uint32_t i = 0; i < write; i++) {
    w->c->memory.block[1u + i] = pattern(w->area, i, SALT_ONE);
  }
  if (p->program(p->ctx, w->area, 0, w->c->memory.block + 1, write) != GS_OK ||
      !holds(w, 0, write, SALT_ONE)) {
    return "programming from an odd address of memory failed";
  }
  return holds(w, unit_of(w, looks(w) - 1u), w->g->erase_size, SALT_ONE)
             ? NULL
             : "erasing the first unit changed the last";
}

/* Any offset, any length, and not a byte of memory more. */
static const char *check_reads(struct walk *w) {
  const struct gs_port *p = w->c->port;
  uint32_t end = w->g->size;
  uint8_t got[11];
  for (uint32_t at = end - 9u; at < end; at++) {
    uint32_t len = end - at < 7u ? end - at : 7u;
    memset(got, 0xA5, sizeof got);
    if (p->read(p->ctx, w->area, at, got + 1, len) != GS_OK) {
      return "a short read at an odd offset failed";
    }
    if (got[0] != 0xA5 || got[1u + len] != 0xA5) {
      return "a short read wrote outside its memory";
    }
    for (uint32_t i = 0; i < len; i++) {
      if (got[1u + i] != pattern(w->area, at + i, SALT_ONE)) {
        return "a short read at an odd offset gave other bytes";
      }
    }
  }
  return NULL;
}

/* The area as the suite leaves it over a reset. */
static bool leave(struct walk *w) {
  for (uint32_t i = 0; i < looks(w); i++) {
    uint32_t at = unit_of(w, i);
    if (!erase_unit(w, at) || !program_range(w, at, w->g->erase_size, SALT_KEPT)) {
      return false;
    }
  }
  return true;
}

static bool left(struct walk *w) {
  for (uint32_t i = 0; i < looks(w); i++) {
    if (!holds(w, unit_of(w, i), w->g->erase_size, SALT_KEPT)) {
      return false;
    }
  }
  return true;
}

typedef const char *check_fn(struct walk *w);

/* One check over all areas. False: no other check of flash means anything. */
static bool over_areas(struct gs_conformance *c, check_fn *check, const char *what,
                       uint32_t *erase_ms) {
  for (unsigned area = 0; area < GS_AREA_COUNT; area++) {
    struct walk w = {.c = c, .area = (enum gs_area)area, .g = &c->port->geometry[area]};
    const char *why = check(&w);
    *erase_ms = w.erase_ms > *erase_ms ? w.erase_ms : *erase_ms;
    if (why != NULL) {
      return gs_check_that(c, false, what, why);
    }
  }
  return gs_check_that(c, true, what, NULL);
}

static const char *leave_or_why(struct walk *w) {
  return leave(w) ? NULL : "erase or program failed";
}

static const char *left_or_why(struct walk *w) {
  return left(w) ? NULL : "an area lost what was written, or another area overlaps it";
}

void gs_check_flash(struct gs_conformance *c) {
  uint32_t ms = 0;
  bool ok = over_areas(c, check_erase, "an erased unit reads 0xFF", &ms) &&
            over_areas(c, check_small, "one program unit is stored, and nothing beside it", &ms) &&
            over_areas(c, check_whole, "a whole unit is stored, from any address", &ms) &&
            over_areas(c, check_reads, "any byte can be read alone", &ms);
  if (!ok) {
    return;
  }
  (void)gs_check_that(c, ms <= c->port->facts->erase_ms_max,
                      "an erase takes no longer than erase_ms_max", "one took longer");
  if (over_areas(c, leave_or_why, "every area takes a pattern of its own", &ms)) {
    (void)over_areas(c, left_or_why, "no area lies in another", &ms);
  }
}

bool gs_check_kept(struct gs_conformance *c) {
  uint32_t ms = 0;
  return over_areas(c, left_or_why, "what was stored is still there after the reset", &ms);
}
