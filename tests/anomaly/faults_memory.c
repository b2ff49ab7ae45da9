/* SPDX-License-Identifier: Apache-2.0
 * Memory. What the C library takes for itself (strdup, opendir, realpath, streams) comes through
 * these names as well. Looking up the next malloc may itself want memory; that comes from a small
 * piece of our own, which is never given back.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

#define OWN_BYTES 16384u

static _Alignas(16) unsigned char own[OWN_BYTES];
static size_t own_used;

static struct {
  void *(*malloc)(size_t);
  void *(*calloc)(size_t, size_t);
  void *(*realloc)(void *, size_t);
  void (*free)(void *);
  int (*posix_memalign)(void **, size_t, size_t);
  void *(*aligned_alloc)(size_t, size_t);
} next;
static int looking;

static void find(void *place, const char *name) {
  void *found = fault_next(name);
  memcpy(place, &found, sizeof found);
}

/* False: the lookup itself is asking. */
static bool ready(void) {
  if (next.aligned_alloc != NULL) {
    return true;
  }
  if (looking != 0) {
    return false;
  }
  looking = 1;
  find(&next.malloc, "malloc");
  find(&next.calloc, "calloc");
  find(&next.realloc, "realloc");
  find(&next.free, "free");
  find(&next.posix_memalign, "posix_memalign");
  find(&next.aligned_alloc, "aligned_alloc");
  looking = 0;
  return true;
}

/* Where the cryptographic library's code lies. */
static struct { uintptr_t from, to; } crypto;

static int look_at(struct dl_phdr_info *info, size_t size, void *ctx) {
  (void)size;
  (void)ctx;
  if (strstr(info->dlpi_name, "mbedcrypto") == NULL) {
    return 0;
  }
  for (size_t i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0) {
      crypto.from = info->dlpi_addr + p->p_vaddr;
      crypto.to = crypto.from + p->p_memsz;
    }
  }
  return 1;
}

void fault_memory_start(void) {
  (void)dl_iterate_phdr(look_at, NULL);
}

static bool fails(const char *name, const void *caller) {
  uintptr_t at = (uintptr_t)caller;
  bool by_crypto = at >= crypto.from && at < crypto.to;
  return fault_due(by_crypto ? FAULT_CLASS_CRYPTO : FAULT_CLASS_MEMORY, name) != FAULT_NONE;
}
#define FAILS(name) fails(name, __builtin_return_address(0))

static void *own_alloc(size_t len) {
  len = (len + 15u) & ~(size_t)15u;
  if (len > OWN_BYTES - own_used) {
    abort();
  }
  own_used += len;
  return own + own_used - len;
}

static bool is_own(const void *p) {
  return (uintptr_t)p >= (uintptr_t)own && (uintptr_t)p < (uintptr_t)own + OWN_BYTES;
}

void *malloc(size_t len) {
  if (!ready()) {
    return own_alloc(len);
  }
  return FAILS("malloc") ? NULL : next.malloc(len);
}

void *calloc(size_t count, size_t len) {
  if (!ready()) {
    return own_alloc(count * len);
  }
  return FAILS("calloc") ? NULL : next.calloc(count, len);
}

void *realloc(void *p, size_t len) {
  if (!ready() || is_own(p)) {
    abort();
  }
  return FAILS("realloc") ? NULL : next.realloc(p, len);
}

void free(void *p) {
  if (!is_own(p) && ready()) {
    next.free(p);
  }
}

int posix_memalign(void **out, size_t alignment, size_t len) {
  if (!ready()) {
    abort();
  }
  return FAILS("posix_memalign") ? ENOMEM : next.posix_memalign(out, alignment, len);
}

void *aligned_alloc(size_t alignment, size_t len) {
  if (!ready()) {
    abort();
  }
  return FAILS("aligned_alloc") ? NULL : next.aligned_alloc(alignment, len);
}
