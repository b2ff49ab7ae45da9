/* SPDX-License-Identifier: Apache-2.0
 * An engine that does what a test tells it and remembers what it was asked: for tests of the
 * session alone. It defines the functions of gapseal/engine.h; a program links it or the
 * engine, never both.
 */
#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H

#include "gapseal/engine_types.h"

#define FAKE_ITEMS 4096u
#define FAKE_ITEM_MAX 65536u

struct fake_engine {
  /* Told by the test. */
  gapseal_v1_DeviceState state;
  struct gs_outcome outcome;
  struct gs_verdict verdict;
  enum gs_status check, begin, link, store_keyring, install, confirm, reject, rollback, cancel;
  enum gs_status acknowledge, page, block, scan, finish, log;
  uint32_t scan_slices, finish_slices; /* calls until done */
  bool erases[FAKE_ITEMS];
  uint32_t log_entries;
  /* Items still needed; page and block clear them. */
  bool page_needed[GS_PAGES_MAX], block_needed[FAKE_ITEMS];
  /* Remembered. */
  uint32_t calls; /* of functions that change something */
  uint32_t refusals, unlinks, scans, finishes;
  uint8_t linked[1024];
  size_t linked_len;
  struct gs_begin_options options;
  uint32_t last_item;
  size_t last_len;
  uint8_t last_data[FAKE_ITEM_MAX];
};

extern struct fake_engine fake;

/* READY, nothing needed, everything succeeds. Lays e out with port and memory. */
void fake_engine_reset(struct gs_engine *e, const struct gs_port *port,
                       const struct gs_engine_memory *memory);
/* WRITING, with a table of this shape; every page and block is needed. */
void fake_engine_writing(struct gs_engine *e, uint32_t block_size, uint32_t size);
void fake_engine_count_needed(struct gs_engine *e);

#endif
