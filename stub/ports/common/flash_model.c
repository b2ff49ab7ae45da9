/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE 1
#include "flash_model_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODEL_MAGIC 0x31464c47u /* "GLF1" */

uint32_t gs_flash_random(struct gs_flash_model *m) {
  m->random ^= m->random << 13;
  m->random ^= m->random >> 7;
  m->random ^= m->random << 17;
  return (uint32_t)(m->random >> 32);
}

void gs_flash_seed(struct gs_flash_model *m, uint32_t seed) {
  m->random = 0x9e3779b97f4a7c15u ^ ((uint64_t)seed * 0xbf58476d1ce4e5b9u);
  if (m->random == 0) {
    m->random = 1;
  }
  (void)gs_flash_random(m);
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
    gs_flash_seed(m, 0);
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
  /* Room for every byte, now: a write to the mapping that finds none would end the process. */
  int why = posix_fallocate(fd, 0, (off_t)m->image_len);
  if (why != 0) {
    if (*fresh) {
      (void)unlink(path); /* gives back what there was of it */
    }
    (void)close(fd);
    errno = why;
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

bool gs_flash_inside(const struct area *a, uint32_t off, uint32_t len) {
  return off <= a->geometry.size && len <= a->geometry.size - off;
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
  gs_flash_seed(m, seed);
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
  if (gs_flash_inside(a, off, 1)) {
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
  return gs_flash_inside(a, off, 1) ? a->wear[off / a->geometry.erase_size] : 0;
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
