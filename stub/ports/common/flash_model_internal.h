/* SPDX-License-Identifier: Apache-2.0
 * What a flash model is made of: flash_model.c makes and keeps it, flash_model_ops.c reads,
 * programs, erases and cuts.
 */
#ifndef GAPSEAL_FLASH_MODEL_INTERNAL_H
#define GAPSEAL_FLASH_MODEL_INTERNAL_H

#include <stddef.h>

#include "flash_model.h"

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

/* The next number of the model's generator, and where it starts. */
uint32_t gs_flash_random(struct gs_flash_model *m);
void gs_flash_seed(struct gs_flash_model *m, uint32_t seed);
bool gs_flash_inside(const struct area *a, uint32_t off, uint32_t len);

#endif
