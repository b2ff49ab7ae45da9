/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "vector_run.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gapseal/crypto.h"

#define VECTORS_MIN 150 /* fewer means that they were not found */

struct counts {
  int passed, failed, excused;
};

void vector_wrong(struct vector_result *r, const char *what, ...) {
  if (r->wrong[0] != '\0') {
    return;
  }
  va_list args;
  va_start(args, what);
  (void)vsnprintf(r->wrong, sizeof r->wrong, what, args);
  va_end(args);
}

static const char *status_name(enum gs_status status) {
  return gs_status_info((uint32_t)status)->name;
}

static int is_vector(const struct dirent *entry) {
  size_t len = strlen(entry->d_name);
  return len > 4 && strcmp(entry->d_name + len - 4, ".vec") == 0;
}

/* The vector of a file, whose name must be its own. */
static bool read(const char *dir, const char *file, struct vector *v) {
  char why[160];
  if (!vector_read(dir, file, v, why, sizeof why)) {
    printf("not ok - %s: %s\n", file, why);
    return false;
  }
  if (strncmp(file, v->name, strlen(v->name)) != 0 || strlen(file) != strlen(v->name) + 4) {
    printf("not ok - %s calls itself %s\n", file, v->name);
    return false;
  }
  return true;
}

const char *vector_excuse(enum vector_door_id door, enum vector_object kind) {
  bool offered = kind == VECTOR_MANIFEST || kind == VECTOR_KEYRING || kind == VECTOR_KEYRING_LINK;
  switch (door) {
    case VECTOR_DOOR_WIRE:
    case VECTOR_DOOR_ALL:
      return offered ? NULL : "a device takes no evidence";
    case VECTOR_DOOR_FUNCTIONS:
      return kind == VECTOR_LOG ? "logs are read by host and verifier" : NULL;
    case VECTOR_DOOR_VERIFIER:
      return kind == VECTOR_IDENT ? "no file holds an ident: it answers one host, once" : NULL;
    case VECTOR_DOOR_HOST:
      break;
  }
  return NULL;
}

static void run_one(const struct vector_door *door, const char *program, const char *dir,
                    const char *file, struct counts *counts) {
  static struct vector v;
  struct vector_result r = {.got = GS_E_INTERNAL};
  if (!read(dir, file, &v)) {
    counts->failed++;
    return;
  }
  const char *excuse = vector_excuse(door->id, v.object);
  if (excuse != NULL) {
    printf("# %s is not for the %s: %s\n", v.name, door->name, excuse);
    counts->excused++;
    return;
  }
  enum gs_status expect = door->expect(&v);
  door->judge(&v, &r);
  if (r.got == expect && r.wrong[0] == '\0') {
    printf("ok - %s at the %s: %s\n", v.name, door->name, status_name(r.got));
    counts->passed++;
    return;
  }
  printf("not ok - %s at the %s: expected %s, got %s%s%s\n#   %s\n#   alone: %s %s %s\n", v.name,
         door->name, status_name(expect), status_name(r.got), r.wrong[0] == '\0' ? "" : "; ",
         r.wrong, v.story, program, dir, v.name);
  counts->failed++;
}

static void run_all(const struct vector_door *door, const char *program, const char *dir,
                    struct counts *counts) {
  struct dirent **entries = NULL;
  int found = scandir(dir, &entries, is_vector, alphasort);
  for (int i = 0; i < found; i++) {
    run_one(door, program, dir, entries[i]->d_name, counts);
    free(entries[i]);
  }
  free(entries);
  printf("# %s: %d vectors, %d as expected, %d not for this door, %d failed\n", door->name, found,
         counts->passed, counts->excused, counts->failed);
  if (counts->passed + counts->failed + counts->excused != found) {
    printf("not ok - every vector in %s went through the %s\n", dir, door->name);
    counts->failed++;
  }
  if (found < VECTORS_MIN) {
    printf("not ok - at least %d vectors are in %s\n", VECTORS_MIN, dir);
    counts->failed++;
  }
}

int vector_run(const struct vector_door *door, int argc, char **argv) {
  struct counts counts = {0};
  char file[80];
  if (argc < 2 || argc > 3 || gs_crypto_init() != GS_OK) {
    (void)fprintf(stderr, "usage: %s DIR [NAME]\n", argv[0]);
    return 2;
  }
  if (argc == 2) {
    run_all(door, argv[0], argv[1], &counts);
  } else {
    size_t len = strlen(argv[2]);
    bool whole = len > 4 && strcmp(argv[2] + len - 4, ".vec") == 0;
    int n = snprintf(file, sizeof file, "%s%s", argv[2], whole ? "" : ".vec");
    run_one(door, argv[0], argv[1], n > 0 && (size_t)n < sizeof file ? file : "", &counts);
  }
  return counts.failed == 0 ? 0 : 1;
}
