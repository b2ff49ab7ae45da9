/* SPDX-License-Identifier: Apache-2.0
 * The layout of struct gs_engine, so that a caller can place one. Its members are the
 * engine's own: callers use the functions of engine.h only.
 */
#ifndef GAPSEAL_ENGINE_TYPES_H
#define GAPSEAL_ENGINE_TYPES_H

#include "gapseal/engine.h"
#include "gapseal/store.h"
#include "gapseal/trailer.h"

/* Where the log stands. */
struct gs_log {
  struct gs_ring ring;
  uint32_t oldest; /* sequence numbers; 0: the log is empty */
  uint32_t newest;
  uint32_t floor;                /* the highest that a valid entry tells */
  uint8_t head[GS_DIGEST_BYTES]; /* chain of the newest entry */
  uint32_t failures;             /* entries that could not be written, since the start */
};

/* What is known of one slot's content. */
struct gs_slot_info {
  bool present;
  struct gs_package_id package;
  uint32_t size; /* of the image */
};

/* What gs_engine_scan and gs_engine_finish do next. */
enum gs_step {
  GS_STEP_IDLE = 0,
  GS_STEP_STAGED = 1, /* look at what staging holds */
  GS_STEP_COPY = 2,   /* copy from the running slot */
  GS_STEP_HASH = 3,   /* hash the image */
  GS_STEP_DONE = 4,
};

/* The small members come first: that keeps the code of small processors short. */
struct gs_engine {
  const struct gs_port *port;

  bool mounted; /* start was called and crypto works */
  bool lost;    /* floor or records are lost */
  bool booted;
  bool application; /* the boot decision was to run an image */
  bool recovery;    /* nothing bootable was found: recovery rules */
  uint8_t active_slot;
  bool keyring_verified; /* its own signatures held, since the start */
  uint8_t keyring_copy;
  bool open;            /* begin was accepted since the start */
  uint8_t step;         /* enum gs_step: what scan and finish do next */
  uint16_t stub_reason; /* status: why the stub answers */

  struct gs_engine_memory memory;

  /* The update in progress. */
  uint32_t pages_needed; /* bit i: page i */
  uint32_t pages_spoilt; /* of these, what lies in units of their own that must be erased first */
  uint32_t page_loaded;  /* page in memory.page; GS_PAGES_MAX: none */
  uint32_t step_block;
  uint32_t step_off;
  struct gs_engine_progress progress;
  struct gs_table_shape table;
  struct gs_trailer trailer;
  size_t envelope_len;
  uint8_t image_sha256[GS_DIGEST_BYTES];

  /* Records. */
  struct gs_state state;
  struct gs_state next; /* while a change is made */
  struct gs_store store;
  struct gs_log log;
  uint32_t refusals;      /* since the start */
  uint32_t refusals_told; /* of these, summed up in the log */
  struct gs_slot_info slot[2];

  /* Keyring: the stored one in memory.keyring, or the candidate, is the one that checks use. It is
   * decoded when it is asked. */
  uint32_t keyring_stored;  /* version */
  uint32_t keyring_version; /* of the one in use */
  size_t keyring_len;       /* 0: none */
  size_t candidate_len;     /* in memory.candidate; 0: none was judged */
  uint8_t keyring_digest[GS_DIGEST_BYTES];
  uint8_t device_id[GS_DIGEST_BYTES];

  struct gs_manifest manifest; /* of whoever judges one, while it does */
  struct gs_sha256 hash;

  _Alignas(8) uint8_t cell[GS_CELL_MAX]; /* a cell being built, or a last write unit */
};

_Static_assert(sizeof(struct gs_engine) - sizeof(struct gs_sha256) + 256u <= 3072u,
               "an engine is at most 3 KiB where a hash state is at most 256 bytes");

#endif
