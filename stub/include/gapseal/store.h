/* SPDX-License-Identifier: Apache-2.0
 * The record store: what a device remembers over resets, in one record.
 *
 * Every record holds the whole state, so that a change is one program call and either
 * happened or did not; there is nothing to replay. Records go to the next cell of a ring of
 * erase units; a unit is erased when the ring comes round to it, which is never the unit that
 * holds the newest record. The newest valid record is the state, and the floor and the
 * keyring version are the highest of all valid records. docs/spec/flash.md.
 */
#ifndef GAPSEAL_STORE_H
#define GAPSEAL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "gapseal/port.h"
#include "signed.h"

#define GS_STATE_RECORD_BYTES 256u /* a cell is this or write_size, whichever is more */

/* A cell is built in memory before it is programmed. */
#ifndef GS_CELL_MAX
#define GS_CELL_MAX 512u
#endif

/* One package, as records name it. All zero: none. */
struct gs_package_id {
  uint8_t digest[GS_DIGEST_BYTES];
  uint32_t release;
  uint32_t security_version;
};

/* Which package a log entry is about. */
enum gs_subject {
  GS_SUBJECT_NONE = 0,
  GS_SUBJECT_UPDATE = 1,
  GS_SUBJECT_RUNNING = 2,
  GS_SUBJECT_OUTCOME = 3,
};

/* What the device remembers. state is a gapseal_v1_State, operation a gapseal_v1_Operation. The
 * small members come first: that keeps the code of small processors short. */
struct gs_state {
  uint8_t state;
  uint8_t slot; /* the slot that WRITING..TRIAL are about */
  uint8_t door; /* enum gs_door that opened the update */
  bool healthy;
  bool started;             /* the trial was started and nothing is known of how that ended */
  bool rollback;            /* STAGED is the way back to last-good, not an update */
  bool update_self_confirm; /* the manifest lets the device confirm by itself */
  uint8_t attempts_left;
  uint8_t power_losses;
  uint8_t crashes;
  bool has_running;
  uint8_t running_slot;
  bool promised;     /* the other slot holds last-good, and a rollback is promised */
  uint8_t operation; /* the last one that ended */
  uint8_t subject;   /* enum gs_subject of event */
  uint16_t reason;   /* status of REJECTED and FAILED */
  uint16_t outcome;  /* status of operation */

  /* The log entry that follows this record; event 0: none. If a power cut comes between the
   * two, the next start writes it. */
  uint16_t event;
  uint16_t event_status;
  uint32_t event_extra;

  uint32_t floor;
  uint32_t keyring_version; /* never goes back */
  uint32_t boot_count;
  uint32_t update_id;    /* of this writing of the trailer: its header carries it too */
  uint32_t update_floor; /* the manifest's raises_floor_to */
  uint32_t log_sequence; /* of the newest log entry when this was written */
  uint8_t log_chain[GS_DIGEST_BYTES];

  struct gs_package_id update; /* what WRITING..TRIAL, REJECTED and FAILED are about */
  struct gs_package_id running;
  struct gs_package_id last_good;
  struct gs_package_id outcome_package;
};

/* Cells of equal size over the erase units of an area, written round and round. */
struct gs_ring {
  uint32_t cell_size;
  uint32_t cells;  /* in the area */
  uint32_t unit;   /* cells of an erase unit: a power of two */
  uint32_t newest; /* cell of the newest valid entry; cells: none */
  uint32_t next;   /* cell to write next */
};

/* Where the store stands. */
struct gs_store {
  struct gs_ring ring;
  uint32_t sequence; /* of the newest record */
  uint32_t erases;   /* of all units together, since provisioning */
  uint32_t damaged;  /* cells after the newest record that hold no valid one */
};

/*
 * Find the newest record.
 *
 * port       its state area is read, nothing is written.
 * device_id  records of another device do not count.
 * cell       GS_CELL_MAX bytes of scratch.
 * out        floor and keyring_version are the highest of all valid records.
 *
 * GS_E_STORE_LOST: there is no valid record. GS_E_RANGE: the area's geometry is impossible.
 */
GS_MUST_USE enum gs_status gs_store_mount(struct gs_store *s, const struct gs_port *port,
                                          const uint8_t device_id[GS_DIGEST_BYTES], uint8_t *cell,
                                          struct gs_state *out);

/*
 * Append a record and read it back. Cells and units that fail are passed over, as long as the
 * ring does not come round to the newest record; then the status of the last fault.
 */
GS_MUST_USE enum gs_status gs_store_append(struct gs_store *s, const struct gs_port *port,
                                           const uint8_t device_id[GS_DIGEST_BYTES], uint8_t *cell,
                                           const struct gs_state *state);

/* Start an empty store in an area without valid records; the first append follows. */
GS_MUST_USE enum gs_status gs_store_format(struct gs_store *s, const struct gs_port *port);

/* Erases of the most worn unit: the ring wears all alike. */
uint32_t gs_store_wear(const struct gs_store *s, const struct gs_port *port);

#endif
