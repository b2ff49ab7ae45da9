/* SPDX-License-Identifier: Apache-2.0
 * Judges every vector of a directory and compares the statuses.
 *
 * usage: run_vectors DIR [NAME]
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gapseal/crypto.h"
#include "vector_file.h"

#define VECTORS_MIN 50 /* fewer means that they were not found */

static int is_vector(const struct dirent *entry) {
  size_t len = strlen(entry->d_name);
  return len > 4 && strcmp(entry->d_name + len - 4, ".vec") == 0;
}

static bool run_one(const char *program, const char *dir, const char *file) {
  static struct vector v;
  char why[160];
  if (!vector_read(dir, file, &v, why, sizeof why)) {
    printf("not ok - %s: %s\n", file, why);
    return false;
  }
  if (strncmp(file, v.name, strlen(v.name)) != 0 || strlen(file) != strlen(v.name) + 4) {
    printf("not ok - %s calls itself %s\n", file, v.name);
    return false;
  }
  enum gs_status got = vector_judge(&v);
  if (got != v.expect) {
    printf("not ok - %s: %s expected, got %s\n#   %s\n#   alone: %s %s %s\n", v.name,
           gs_status_info((uint32_t)v.expect)->name, gs_status_info((uint32_t)got)->name, v.story,
           program, dir, file);
    return false;
  }
  printf("ok - %s: %s\n", v.name, gs_status_info((uint32_t)got)->name);
  return true;
}

int main(int argc, char **argv) {
  if (argc < 2 || gs_crypto_init() != GS_OK) {
    (void)fprintf(stderr, "usage: run_vectors DIR [NAME]\n");
    return 2;
  }
  if (argc > 2) {
    return run_one(argv[0], argv[1], argv[2]) ? 0 : 1;
  }
  struct dirent **entries = NULL;
  int count = scandir(argv[1], &entries, is_vector, alphasort);
  int failed = 0;
  for (int i = 0; i < count; i++) {
    failed += run_one(argv[0], argv[1], entries[i]->d_name) ? 0 : 1;
    free(entries[i]);
  }
  free(entries);
  printf("%d vectors, %d failed\n", count, failed);
  return failed == 0 && count >= VECTORS_MIN ? 0 : 1;
}
