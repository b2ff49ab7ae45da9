/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE 1
#include "flash_model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODEL_MAGIC 0x31464c47u /* "GLF1" */
#define UNSTABLE_MAX 4u

/* The image, in memory or in a file: this, then per area wear, bitmap and bytes. */
struct image_head {
  uint32_t magic;
  uint32_t counter;
  struct gs_geometry geometry[GS_AREA_COUNT];
};

struct area {
  struct gs_geometry geometry;
  uint32_t *wear;      /* erases, per erase unit */
  uint8_t *programmed; /* one bit per write unit: programmed since its last erase */
  uint8_t *bytes;
  uint8_t *faults; /* enum gs_flash_fault per erase unit; not part of the image */
};

struct unstable {
  enum gs_area area;
  uint32_t off, len; /* len 0: unused */
};

struct gs_flash_model {
  uint8_t *image;
  size_t image_len;
  bool mapped;
  struct image_head *head;
  struct area area[GS_AREA_COUNT];
  struct unstable unstable[UNSTABLE_MAX];
  uint32_t unstable_next;
  uint64_t random; /* xorshift state */
  uint32_t cut_in; /* operations until the cut; 0: none set */
  enum gs_cut_mode cut_mode;
  bool is_cut;
  void (*on_cut)(void *arg);
  void *on_cut_arg;
  uint32_t ops;
  uint32_t violations;
  const char *violation;
};

static uint32_t next_random(struct gs_flash_model *m) {
  m->random ^= m->random << 13;
  m->random ^= m->random >> 7;
  m->random ^= m->random << 17;
  return (uint32_t)(m->random >> 32);
}

static void seed_random(struct gs_flash_model *m, uint32_t seed) {
  m->random = 0x9e3779b97f4a7c15u ^ ((uint64_t)seed * 0xbf58476d1ce4e5b9u);
  if (m->random == 0) {
    m->random = 1;
  }
  (void)next_random(m);
}

static bool power_of_two(uint32_t v) {
  return v != 0 && (v & (v - 1u)) == 0;
}

static bool geometry_ok(const struct gs_geometry *g) {
  if (g->size == 0) {
    return true;
  }
  return power_of_two(g->erase_size) && power_of_two(g->write_size) &&
         g->write_size <= g->erase_size && g->size % g->erase_size == 0;
}

static size_t align8(size_t n) {
  return (n + 7u) & ~(size_t)7u;
}

static size_t wear_len(const struct gs_geometry *g) {
  return g->size == 0 ? 0 : align8(g->size / g->erase_size * sizeof(uint32_t));
}

static size_t bitmap_len(const struct gs_geometry *g) {
  return g->size == 0 ? 0 : align8((g->size / g->write_size + 7u) / 8u);
}

static size_t image_size(const struct gs_geometry geometry[GS_AREA_COUNT]) {
  size_t len = align8(sizeof(struct image_head));
  for (unsigned i = 0; i < GS_AREA_COUNT; i++) {
    len += wear_len(&geometry[i]) + bitmap_len(&geometry[i]) + align8(geometry[i].size);
  }
  return len;
}

/* Point into the image; false when memory for the faults is short. */
static bool lay_out(struct gs_flash_model *m, const struct gs_geometry geometry[GS_AREA_COUNT]) {
  m->head = (struct image_head *)(void *)m->image;
  uint8_t *at = m->image + align8(sizeof(struct image_head));
  for (unsigned i = 0; i < GS_AREA_COUNT; i++) {
    struct area *a = &m->area[i];
    a->geometry = geometry[i];
    a->wear = (uint32_t *)(void *)at;
    at += wear_len(&geometry[i]);
    a->programmed = at;
    at += bitmap_len(&geometry[i]);
    a->bytes = at;
    at += align8(geometry[i].size);
    size_t units = geometry[i].size == 0 ? 1 : geometry[i].size / geometry[i].erase_size;
    a->faults = calloc(units, 1);
    if (a->faults == NULL) {
      return false;
    }
  }
  return true;
}

static void make_erased(struct gs_flash_model *m, const struct gs_geometry geometry[]) {
  memset(m->image, 0, m->image_len);
  for (unsigned i = 0; i < GS_AREA_COUNT; i++) {
    memset(m->area[i].bytes, 0xFF, m->area[i].geometry.size);
    m->head->geometry[i] = geometry[i];
  }
  m->head->magic = MODEL_MAGIC;
}

static struct gs_flash_model *allocate(const struct gs_geometry geometry[GS_AREA_COUNT]) {
  for (unsigned i = 0; i < GS_AREA_COUNT; i++) {
    if (!geometry_ok(&geometry[i])) {
      errno = EINVAL;
      return NULL;
    }
  }
  struct gs_flash_model *m = calloc(1, sizeof(*m));
  if (m != NULL) {
    m->image_len = image_size(geometry);
    m->violation = "";
    seed_random(m, 0);
  }
  return m;
}

struct gs_flash_model *gs_flash_model_new(const struct gs_geometry geometry[GS_AREA_COUNT]) {
  struct gs_flash_model *m = allocate(geometry);
  if (m == NULL) {
    return NULL;
  }
  m->image = malloc(m->image_len);
  if (m->image == NULL || !lay_out(m, geometry)) {
    gs_flash_model_free(m);
    return NULL;
  }
  make_erased(m, geometry);
  return m;
}

/* Map the file; *fresh: it was empty. False with errno set. */
static bool map_file(struct gs_flash_model *m, const char *path, bool *fresh) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return false;
  }
  struct stat st;
  if (fstat(fd, &st) != 0) {
    (void)close(fd);
    return false;
  }
  *fresh = st.st_size == 0;
  if (!*fresh && (uint64_t)st.st_size != m->image_len) {
    (void)close(fd);
    errno = EINVAL;
    return false;
  }
  if (*fresh && ftruncate(fd, (off_t)m->image_len) != 0) {
    (void)close(fd);
    return false;
  }
  void *at = mmap(NULL, m->image_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  (void)close(fd);
  if (at == MAP_FAILED) {
    return false;
  }
  m->image = at;
  m->mapped = true;
  return true;
}

struct gs_flash_model *gs_flash_model_open(const char *path,
                                           const struct gs_geometry geometry[GS_AREA_COUNT]) {
  struct gs_flash_model *m = allocate(geometry);
  if (m == NULL) {
    return NULL;
  }
  bool fresh = false;
  if (!map_file(m, path, &fresh) || !lay_out(m, geometry)) {
    int why = errno;
    gs_flash_model_free(m);
    errno = why;
    return NULL;
  }
  /* magic is written last: a process killed in between starts over. */
  if (fresh || m->head->magic == 0) {
    make_erased(m, geometry);
  } else if (m->head->magic != MODEL_MAGIC ||
             memcmp(m->head->geometry, geometry, sizeof(m->head->geometry)) != 0) {
    gs_flash_model_free(m);
    errno = EINVAL;
    return NULL;
  }
  return m;
}

void gs_flash_model_free(struct gs_flash_model *m) {
  if (m == NULL) {
    return;
  }
  for (unsigned i = 0; i < GS_AREA_COUNT; i++) {
    free(m->area[i].faults);
  }
  if (m->mapped) {
    (void)munmap(m->image, m->image_len);
  } else {
    free(m->image);
  }
  free(m);
}

void gs_flash_model_copy(struct gs_flash_model *to, const struct gs_flash_model *from) {
  if (to->image_len == from->image_len) {
    memcpy(to->image, from->image, to->image_len);
    memcpy(to->unstable, from->unstable, sizeof(to->unstable));
    to->unstable_next = from->unstable_next;
  }
}

static enum gs_status violate(struct gs_flash_model *m, const char *what) {
  if (m->violations == 0) {
    m->violation = what;
  }
  m->violations++;
  return GS_E_RANGE;
}

static bool inside(const struct area *a, uint32_t off, uint32_t len) {
  return off <= a->geometry.size && len <= a->geometry.size - off;
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
        (next_random(m) & 1u) != 0) {
      continue;
    }
    uint32_t from = off > u->off ? off : u->off;
    uint32_t to = off + len < u->off + u->len ? off + len : u->off + u->len;
    for (uint32_t n = 0; n < 3u; n++) {
      uint32_t at = from + next_random(m) % (to - from);
      dst[at - off] ^= (uint8_t)(1u << (next_random(m) & 7u));
    }
  }
}

enum gs_status gs_flash_model_read(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                                   void *dst, uint32_t len) {
  struct area *a = &m->area[area];
  if (!inside(a, off, len)) {
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
    uint8_t keep = (uint8_t)next_random(m);
    a->bytes[off + i] = (uint8_t)(a->bytes[off + i] & (src[i] | keep));
  }
  mark_programmed(a, off, a->geometry.write_size);
}

static void cut_program(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                        const uint8_t *src, uint32_t len) {
  struct area *a = &m->area[area];
  uint32_t units = len / a->geometry.write_size;
  uint32_t whole = units == 0 ? 0 : next_random(m) % units * a->geometry.write_size;
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
  if (!inside(a, off, len)) {
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
  uint32_t part = next_random(m) % (size / a->geometry.write_size + 1u) * a->geometry.write_size;
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
        a->bytes[off + i] |= (uint8_t)next_random(m);
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
  if (a->geometry.size == 0 || !inside(a, off, a->geometry.erase_size) ||
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

static enum gs_status port_read(void *ctx, enum gs_area area, uint32_t off, void *dst,
                                uint32_t len) {
  return gs_flash_model_read(*(struct gs_flash_model **)ctx, area, off, dst, len);
}

static enum gs_status port_program(void *ctx, enum gs_area area, uint32_t off, const void *src,
                                   uint32_t len) {
  return gs_flash_model_program(*(struct gs_flash_model **)ctx, area, off, src, len);
}

static enum gs_status port_erase(void *ctx, enum gs_area area, uint32_t off) {
  return gs_flash_model_erase(*(struct gs_flash_model **)ctx, area, off);
}

static enum gs_status port_counter_read(void *ctx, uint32_t *value) {
  return gs_flash_model_counter_read(*(struct gs_flash_model **)ctx, value);
}

static enum gs_status port_counter_raise(void *ctx, uint32_t value) {
  return gs_flash_model_counter_raise(*(struct gs_flash_model **)ctx, value);
}

void gs_flash_model_port_ops(const struct gs_flash_model *m, struct gs_port *port, bool counter) {
  for (unsigned i = 0; i < GS_AREA_COUNT; i++) {
    port->geometry[i] = m->area[i].geometry;
  }
  port->read = port_read;
  port->program = port_program;
  port->erase = port_erase;
  port->counter_read = counter ? port_counter_read : NULL;
  port->counter_raise = counter ? port_counter_raise : NULL;
  port->counter_max = counter ? UINT32_MAX : 0;
}

void gs_flash_model_cut_at(struct gs_flash_model *m, uint32_t n, enum gs_cut_mode mode,
                           uint32_t seed) {
  m->cut_in = n;
  m->cut_mode = mode;
  seed_random(m, seed);
}

void gs_flash_model_on_cut(struct gs_flash_model *m, void (*on_cut)(void *arg), void *arg) {
  m->on_cut = on_cut;
  m->on_cut_arg = arg;
}

bool gs_flash_model_is_cut(const struct gs_flash_model *m) {
  return m->is_cut;
}

void gs_flash_model_power_on(struct gs_flash_model *m) {
  m->is_cut = false;
  m->cut_in = 0;
}

void gs_flash_model_fault(struct gs_flash_model *m, enum gs_area area, uint32_t off,
                          enum gs_flash_fault fault) {
  struct area *a = &m->area[area];
  if (inside(a, off, 1)) {
    a->faults[off / a->geometry.erase_size] = (uint8_t)fault;
  }
}

bool gs_flash_model_is_unstable(const struct gs_flash_model *m, enum gs_area area) {
  for (unsigned i = 0; i < UNSTABLE_MAX; i++) {
    if (m->unstable[i].len != 0 && m->unstable[i].area == area) {
      return true;
    }
  }
  return false;
}

uint32_t gs_flash_model_ops(const struct gs_flash_model *m) {
  return m->ops;
}

uint32_t gs_flash_model_violations(const struct gs_flash_model *m) {
  return m->violations;
}

const char *gs_flash_model_violation(const struct gs_flash_model *m) {
  return m->violation;
}

uint32_t gs_flash_model_wear(const struct gs_flash_model *m, enum gs_area area, uint32_t off) {
  const struct area *a = &m->area[area];
  return inside(a, off, 1) ? a->wear[off / a->geometry.erase_size] : 0;
}

uint32_t gs_flash_model_wear_max(const struct gs_flash_model *m, enum gs_area area) {
  uint32_t most = 0;
  const struct gs_geometry *g = &m->area[area].geometry;
  for (uint32_t off = 0; off < g->size; off += g->erase_size) {
    uint32_t wear = gs_flash_model_wear(m, area, off);
    most = wear > most ? wear : most;
  }
  return most;
}

uint8_t *gs_flash_model_bytes(struct gs_flash_model *m, enum gs_area area) {
  return m->area[area].bytes;
}
