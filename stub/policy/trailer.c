/* SPDX-License-Identifier: Apache-2.0 */
#include "gapseal/trailer.h"

#include <stdbool.h>

#include "gapseal/policy.h"

/* More than any device has; below it no sum here can wrap. */
#define PART_MAX (UINT32_C(1) << 24)

static bool power_of_two(uint32_t v) {
  return v != 0 && v <= PART_MAX && (v & (v - 1u)) == 0;
}

/* unit is a power of two. */
static uint32_t round_up(uint32_t value, uint32_t unit) {
  return (value + unit - 1u) & ~(unit - 1u);
}

enum gs_status gs_trailer_layout(uint32_t slot_size, uint32_t erase_size, uint32_t write_size,
                                 uint32_t manifest_max, uint32_t block_size, uint32_t pages,
                                 struct gs_trailer *out) {
  if (!power_of_two(erase_size) || !power_of_two(write_size) || manifest_max > PART_MAX ||
      block_size > PART_MAX || pages > GS_PAGES_MAX) {
    return GS_E_IMAGE_SIZE;
  }
  uint32_t header = round_up(GS_TRAILER_HEADER_BYTES, write_size);
  uint32_t envelope = round_up(manifest_max, write_size);
  uint32_t acceptance = round_up(GS_ACCEPTANCE_BYTES, write_size);
  uint32_t stride = round_up(block_size, write_size);
  uint32_t head = header + envelope + GS_ACCEPTANCE_CELLS * acceptance;
  uint32_t total = head + stride * pages;
  if (total >= slot_size) {
    return GS_E_IMAGE_SIZE;
  }
  uint32_t begin = (slot_size - total) & ~(erase_size - 1u);
  if (begin == 0) {
    return GS_E_IMAGE_SIZE;
  }
  bool own_units = (stride & (erase_size - 1u)) == 0;
  out->begin = begin;
  out->page_stride = stride;
  out->pages = pages == 0 ? 0 : own_units ? begin : slot_size - total;
  out->header = slot_size - head;
  out->envelope = out->header + header;
  out->envelope_cap = envelope;
  out->acceptance = out->envelope + envelope;
  out->acceptance_stride = acceptance;
  return GS_OK;
}

uint32_t gs_trailer_offset(uint32_t slot_size, uint32_t erase_size, uint32_t write_size,
                           uint32_t manifest_max, uint32_t block_size, uint32_t pages) {
  struct gs_trailer trailer;
  if (gs_trailer_layout(slot_size, erase_size, write_size, manifest_max, block_size, pages,
                        &trailer) != GS_OK) {
    return 0;
  }
  return trailer.begin;
}
