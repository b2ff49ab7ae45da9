/* SPDX-License-Identifier: Apache-2.0
 * Where the parts of a slot's trailer lie. A slot holds the image from its start, and at its
 * end what belongs to the image: block table pages and, last, the head with the manifest's
 * envelope. The head's place does not depend on the image, so that it can be found. Device
 * and pre-flight compute it with this one function. docs/spec/flash.md.
 */
#ifndef GAPSEAL_TRAILER_H
#define GAPSEAL_TRAILER_H

#include <stdint.h>

#include "status.h"

#define GS_TRAILER_HEADER_BYTES 16u
#define GS_ACCEPTANCE_BYTES 64u
#define GS_ACCEPTANCE_CELLS 2u

/* Offsets from the slot's start, and sizes; bytes. All are multiples of write_size. */
struct gs_trailer {
  uint32_t header;            /* of the head */
  uint32_t envelope;          /* the manifest's envelope */
  uint32_t envelope_cap;      /* room for it */
  uint32_t acceptance;        /* the first acceptance cell */
  uint32_t acceptance_stride; /* from one acceptance cell to the next */
  uint32_t pages;             /* table page 0, on an erase unit where page_stride is whole units;
                               * 0 without pages */
  uint32_t page_stride;       /* from one page to the next */
  uint32_t begin;             /* of the trailer: a multiple of erase_size */
};

/*
 * Lay a trailer out.
 *
 * slot_size     whole erase units.
 * erase_size, write_size  powers of two.
 * manifest_max  longest envelope the device takes.
 * block_size    of the image; 0 where only the head is asked for.
 * pages         table pages of the image; 0 likewise.
 *
 * GS_E_IMAGE_SIZE: it does not fit the slot, or leaves no byte for an image; or a size is no power
 * of two.
 */
GS_MUST_USE enum gs_status gs_trailer_layout(uint32_t slot_size, uint32_t erase_size,
                                             uint32_t write_size, uint32_t manifest_max,
                                             uint32_t block_size, uint32_t pages,
                                             struct gs_trailer *out);

#endif
