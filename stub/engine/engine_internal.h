/* SPDX-License-Identifier: Apache-2.0
 * What the engine's files share. One change of state is one record (gs_commit); everything a
 * record says is either done before it is written or can be done again after it.
 *
 *   flash_io.c  program with read-back, erase, compare     log.c      the log
 *   ring.c      cells in erase units                       store.c    the ring of records
 *   record.c    one record's bytes
 *   log_read.c  reading it out                             floor.c    the floor
 *   keyring_store.c  two copies of the keyring             slot.c     trailers, verdict on a slot
 *   engine.c    start, provision, commit                   boot.c     the decision, pure
 *   boot_run.c  the decision's reads and records           begin.c    judge and accept
 *   transfer.c  pages and blocks                           scan.c     what is there already
 *   finish.c    re-read the image                          decide.c   install .. acknowledge
 *   report.c    facts and state
 */
#ifndef GAPSEAL_ENGINE_INTERNAL_H
#define GAPSEAL_ENGINE_INTERNAL_H

#include "gapseal/engine_types.h"

/* flash_io.c ------------------------------------------------------------------------------- */

/* Program len bytes, the last write unit filled up with 0xFF, and read them back.
 * scratch: one write unit. GS_E_FLASH_PROGRAM, GS_E_FLASH_READ, GS_E_FLASH_VERIFY. */
GS_MUST_USE enum gs_status gs_flash_put(const struct gs_port *port, enum gs_area area, uint32_t off,
                                        const uint8_t *data, uint32_t len, uint8_t *scratch);
GS_MUST_USE enum gs_status gs_flash_same(const struct gs_port *port, enum gs_area area,
                                         uint32_t off, const uint8_t *data, uint32_t len);
/* Erase the units in [from, to); both multiples of erase_size. */
GS_MUST_USE enum gs_status gs_flash_erase_range(const struct gs_port *port, enum gs_area area,
                                                uint32_t from, uint32_t to);
/* True when every byte reads, and reads 0xFF. */
bool gs_flash_blank(const struct gs_port *port, enum gs_area area, uint32_t off, uint32_t len);

/* CRC-32 that only this device's records have. */
uint32_t gs_device_crc(const uint8_t device_id[GS_DIGEST_BYTES], const uint8_t *data, size_t len);

/* ring.c ----------------------------------------------------------------------------------- */

/* cell_min: bytes of an entry; unit_min: cells that an erase unit must hold. GS_E_RANGE. */
GS_MUST_USE enum gs_status gs_ring_measure(struct gs_ring *r, const struct gs_geometry *g,
                                           uint32_t cell_min, uint32_t unit_min);
uint32_t gs_ring_after(const struct gs_ring *r, uint32_t cell);
/* Does the next cell begin an erase unit, so that the unit has to be entered first? */
bool gs_ring_at_unit(const struct gs_ring *r);
/* After the newest entry: pass over what a power cut tore in its unit. Returns how many cells. */
uint32_t gs_ring_find_next(struct gs_ring *r, const struct gs_port *port, enum gs_area area);
/* Erase the unit of the next cell. GS_E_RANGE: it holds the newest entry. */
GS_MUST_USE enum gs_status gs_ring_enter(const struct gs_ring *r, const struct gs_port *port,
                                         enum gs_area area);
/* The next cell is the first one of the next unit. */
void gs_ring_pass_unit(struct gs_ring *r);
/* Program the next cell and read it back. */
GS_MUST_USE enum gs_status gs_ring_program(const struct gs_ring *r, const struct gs_port *port,
                                           enum gs_area area, const uint8_t *cell);
/* The cell that was programmed is the newest. */
void gs_ring_advance(struct gs_ring *r);

/* record.c: the 256 bytes of a state record. ----------------------------------------------- */

struct gs_record_place {
  uint32_t sequence;
  uint32_t erases;
};
void gs_record_encode(const struct gs_state *state, const struct gs_record_place *place,
                      const uint8_t device_id[GS_DIGEST_BYTES], uint8_t out[GS_STATE_RECORD_BYTES]);
/* False for anything that gs_record_encode would not have written on this device. */
bool gs_record_decode(const uint8_t in[GS_STATE_RECORD_BYTES],
                      const uint8_t device_id[GS_DIGEST_BYTES], struct gs_state *state,
                      struct gs_record_place *place);

/* log.c ------------------------------------------------------------------------------------ */

/* Find both ends; once the records are mounted, also mend what a power cut left at the newer. */
GS_MUST_USE enum gs_status gs_log_mount(struct gs_engine *e);
/* The entry in a cell, its bytes left in e->cell. False: none that this device wrote. */
bool gs_log_read_cell(struct gs_engine *e, uint32_t cell, struct gs_log_entry *entry);
/* Append an entry about subject. A failure is counted, and the caller may go on. */
enum gs_status gs_log_append(struct gs_engine *e, enum gs_log_event event, enum gs_status status,
                             uint32_t extra, enum gs_subject subject);
/* The same about a package that no record names yet. */
enum gs_status gs_log_append_about(struct gs_engine *e, enum gs_log_event event, uint32_t extra,
                                   const struct gs_package_id *about, enum gs_door door,
                                   uint8_t slot);
/* Does the newest entry say this? */
bool gs_log_newest_says(struct gs_engine *e, enum gs_log_event event, enum gs_status status);
/* Is there an entry of this event with a sequence above after? */
bool gs_log_has(struct gs_engine *e, uint32_t after, uint16_t event);

/* floor.c ---------------------------------------------------------------------------------- */

/* Something tells a floor: the state's becomes that where it is lower. True: it was. */
bool gs_floor_raise(struct gs_state *s, uint32_t told);
/* What the chip's counter holds; 0 where there is none. GS_E_STORE_LOST: it does not read, or not
 * the same twice, and a single faulty read must not lower the floor. */
GS_MUST_USE enum gs_status gs_floor_counter(const struct gs_port *port, uint32_t *value);
/* Bring the chip's counter up to a floor that a record holds. */
void gs_floor_to_counter(const struct gs_port *port, uint32_t floor);
/* The highest floor that the device can hold. */
uint32_t gs_floor_max(const struct gs_port *port);

/* keyring_store.c -------------------------------------------------------------------------- */

/* Find the newest whole copy. GS_E_KEYRING_NONE. */
GS_MUST_USE enum gs_status gs_keyring_mount(struct gs_engine *e);
/* Write a judged envelope into the older copy, header last. */
GS_MUST_USE enum gs_status gs_keyring_write(struct gs_engine *e, const uint8_t *envelope,
                                            size_t len, uint32_t version);
/* Use the stored keyring, and no candidate. */
GS_MUST_USE enum gs_status gs_keyring_reload(struct gs_engine *e);
/* Decode the keyring in use into memory.ring. Verifies the stored one's own signatures, once a
 * start. */
GS_MUST_USE enum gs_status gs_keyring_ready(struct gs_engine *e);
/* The envelope in use. */
const uint8_t *gs_keyring_in_use(const struct gs_engine *e, size_t *len);

/* slot.c ----------------------------------------------------------------------------------- */

enum gs_slot_check {
  GS_CHECK_BOOT = 0,      /* revocations and minimum do not bind */
  GS_CHECK_COMMANDED = 1, /* they do */
};

/* Read the head's envelope into memory.manifest. GS_E_NOT_FOUND: there is no whole one. */
GS_MUST_USE enum gs_status gs_slot_load(struct gs_engine *e, uint8_t slot, size_t *len);
/*
 * Verify everything about a slot whose package must be expect. Uses memory.manifest,
 * memory.block and e->manifest: not while an update is open. *why: the first thing that did
 * not hold.
 */
enum gs_slot_verdict gs_slot_verify(struct gs_engine *e, uint8_t slot,
                                    const struct gs_package_id *expect, enum gs_slot_check check,
                                    enum gs_status *why);
/* Note what the slot holds, from its head and acceptance record alone: for what is told, not for
 * what is started. */
void gs_slot_peek(struct gs_engine *e, uint8_t slot, const struct gs_package_id *expect);
/* Write the acceptance record; without one, later starts verify the signature again. */
void gs_slot_accept(struct gs_engine *e, uint8_t slot, const uint8_t digest[GS_DIGEST_BYTES]);
/* Erase the trailer and program the sealed envelope, header last. */
GS_MUST_USE enum gs_status gs_slot_write_head(struct gs_engine *e);
/* Does the head hold exactly the sealed envelope? */
bool gs_slot_head_whole(struct gs_engine *e);
void gs_device_facts_for_policy(const struct gs_engine *e, uint32_t slot,
                                struct gs_policy_device *out);

/* engine.c --------------------------------------------------------------------------------- */

/* A change in the making, in e->next: the state as it is, to begin with. It lasts until one of the
 * next three writes it; nothing between may begin another. */
struct gs_state *gs_next_state(struct gs_engine *e);
/* Write e->next as the state, then log its event. On failure the state is as before. */
GS_MUST_USE enum gs_status gs_commit(struct gs_engine *e, enum gs_log_event event,
                                     enum gs_status status, uint32_t extra,
                                     enum gs_subject subject);
/* The same without a log entry. */
GS_MUST_USE enum gs_status gs_commit_quiet(struct gs_engine *e);
/* The record alone, two copies of it; the caller writes the log entry. GS_OK: one holds. */
GS_MUST_USE enum gs_status gs_write_twice(struct gs_engine *e);
/* GS_E_STORE_LOST or GS_E_STATE where changes are refused altogether. */
GS_MUST_USE enum gs_status gs_engine_may_change(const struct gs_engine *e);
/* Sum up refusals in the log, once somebody authorised speaks. */
void gs_tell_refusals(struct gs_engine *e);
/* Slots are the first two areas. */
_Static_assert(GS_AREA_SLOT_A == 0 && GS_AREA_SLOT_B == 1, "a slot's number is its area's");
static inline enum gs_area gs_slot_area(uint32_t slot) {
  return (enum gs_area)slot;
}
/* The update is no longer open in this session. */
void gs_close_update(struct gs_engine *e);

/* transfer.c ------------------------------------------------------------------------------- */

/* Where block i lies in its slot, and how long it is. */
uint32_t gs_block_off(const struct gs_engine *e, uint32_t i);
uint32_t gs_block_len(const struct gs_engine *e, uint32_t i);
/* First block of the erase unit that holds block i, and how many blocks it holds. */
void gs_block_group(const struct gs_engine *e, uint32_t i, uint32_t *first, uint32_t *count);
/* Digest that block i must have. Loads and re-hashes the table page where needed. */
GS_MUST_USE enum gs_status gs_block_digest(struct gs_engine *e, uint32_t i, const uint8_t **digest);
/* Erase ahead, program and read back a block whose bytes are verified. */
GS_MUST_USE enum gs_status gs_block_store(struct gs_engine *e, uint32_t i, const uint8_t *data);
void gs_block_mark(struct gs_engine *e, uint32_t i, bool needed);
/* Are the bytes after the image erased, up to the end of its last erase unit? */
bool gs_image_tail_blank(const struct gs_engine *e);

/* scan.c */
void gs_scan_restart(struct gs_engine *e);
/* Find out which table pages staging holds. GS_E_FLASH_VERIFY, GS_E_FLASH_READ: one is neither
 * whole nor blank, so that the trailer must be written again. */
GS_MUST_USE enum gs_status gs_pages_find(struct gs_engine *e);

/* decide.c */
/* How an operation ended, kept over resets for its receipt. */
void gs_set_outcome(struct gs_state *s, int operation, enum gs_status status,
                    const struct gs_package_id *package);
/* A rejected image executes until the reset. */
bool gs_executes_unconfirmed(const struct gs_engine *e);
GS_MUST_USE enum gs_status gs_confirm_now(struct gs_engine *e, bool by_device);

/* report.c */
/* Is an image confirmed, and can it be started? In recovery rule 9 has nothing to compare with. */
bool gs_confirmed_starts(const struct gs_engine *e);
/* The slot that a begin writes; in recovery the other one will do as well. */
uint32_t gs_staging_slot(const struct gs_engine *e);

#endif
