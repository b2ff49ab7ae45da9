/* SPDX-License-Identifier: Apache-2.0
 * The engine decides. OTA client, USB and serial call these functions and no others, so that
 * one manifest on one device gets one verdict whichever way it came.
 *
 * Order of calls:
 *
 *   gs_engine_start                           mount records, log and keyring
 *   gs_engine_boot                            boot decision, its records; then run what it says
 *   gs_engine_begin                           verify a manifest, accept it, state WRITING
 *   gs_engine_page ...                        table pages, until pages_needed is 0
 *   gs_engine_scan (until done)               what do staging and the running slot hold already
 *   gs_engine_block ...                       blocks, until blocks_needed is 0
 *   gs_engine_finish (until done)             re-read the image: CANDIDATE
 *   gs_engine_install                         STAGED; then the port resets
 *   gs_engine_healthy                         said by the application on trial
 *   gs_engine_confirm | _reject | _rollback | _cancel
 *
 * A call in the wrong state is GS_E_STATE (or a narrower status) and changes nothing. Nothing
 * is written before gs_engine_begin (or gs_engine_store_keyring) has verified signatures and
 * permission. Every context and buffer is the caller's; the engine allocates nothing. All
 * calls from one thread.
 */
#ifndef GAPSEAL_ENGINE_H
#define GAPSEAL_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gapseal/boot.h"
#include "gapseal/config.h"
#include "gapseal/crypto.h"
#include "gapseal/policy.h"
#include "gapseal/port.h"
#include "gapseal/store.h"
#include "log_entry.h"
#include "objects.h"

/* Buffers, the caller's for as long as the engine lives. Sizes in bytes. */
struct gs_engine_memory {
  uint8_t *manifest; /* the accepted manifest envelope, sealed */
  size_t manifest_cap;
  uint8_t *keyring; /* the device's keyring envelope */
  size_t keyring_cap;
  uint8_t *candidate;           /* a newer keyring, judged and not stored yet; keyring_cap */
  uint8_t *block;               /* one block or page while it is verified or copied; block_max */
  uint8_t *page;                /* the table page in use; block_max */
  struct gs_keyring *ring;      /* the keyring in use, while it is asked; may lie in page */
  struct gs_keyring *successor; /* the one that is judged after it; may lie in block */
  size_t block_max;
  uint8_t *bitmap; /* one bit per block: still needed; block_max / 8 */
};

/* What the engine knows of the update in progress. */
struct gs_engine_progress {
  uint32_t variant;
  uint32_t staging_slot;
  uint32_t pages, pages_needed;
  uint32_t blocks, blocks_needed;
  uint32_t copied_bytes; /* found in the running slot */
  uint32_t kept_bytes;   /* found in staging */
  uint32_t done_bytes;   /* of the scan or the final check that is under way */
  uint32_t total_bytes;
  bool resumed;
};

struct gs_engine; /* laid out in gapseal/engine_types.h, so that callers can place one */

/*
 * Tie an engine to a port and memory.
 *
 * GS_E_RANGE: a geometry or a buffer is outside its range (port.h); the engine may not be
 * used. Writes nothing to flash.
 */
GS_MUST_USE enum gs_status gs_engine_init(struct gs_engine *e, const struct gs_port *port,
                                          const struct gs_engine_memory *memory);

/*
 * Mount the record store, the log and the keyring, count this start, mend what a power loss
 * tore.
 *
 * GS_E_STORE_LOST: the floor is lost; the engine answers questions and refuses every change
 * (recovery needs the maker). A keyring that is lost is told by the calls that need one
 * (GS_E_KEYRING_NONE): what was accepted before still starts. GS_E_FLASH_*: this start could
 * not be recorded. GS_E_CRYPTO, GS_E_RANGE: nothing may be called any more. Otherwise
 * gs_engine_boot may and must follow, whatever was returned.
 */
GS_MUST_USE enum gs_status gs_engine_start(struct gs_engine *e);

/*
 * Factory: format the areas and store the first keyring. Only on a device whose state area
 * holds no valid record; GS_E_STATE otherwise.
 *
 * keyring, len  a signed keyring; its own root keys' threshold is verified.
 * floor         the counter's first value.
 */
GS_MUST_USE enum gs_status gs_engine_provision(struct gs_engine *e, const uint8_t *keyring,
                                               size_t len, uint32_t floor);

/*
 * Verify the slots, decide what runs (gs_boot_decide), write the records that belong to it,
 * and log it. The caller then runs *out. Must be called once after each start of the device;
 * GS_E_STATE otherwise. Reads and hashes one image, or both.
 *
 * Where records cannot be written, a confirmed image runs all the same, and an image on trial
 * does not start.
 */
GS_MUST_USE enum gs_status gs_engine_boot(struct gs_engine *e, enum gs_reset_cause cause,
                                          bool stay_requested, struct gs_boot_output *out);

/* What a request asks for besides the manifest itself. */
struct gs_begin_options {
  bool older;     /* the caller has the authority to go to an older release */
  bool reinstall; /* the running package again */
  enum gs_door door;
};

/* The engine's verdict; written on refusal too, as far as it got. */
struct gs_verdict {
  uint8_t package[GS_DIGEST_BYTES]; /* SHA-256 of the manifest body */
  uint32_t release, security_version;
  uint32_t expected, got; /* numbers behind a refusal */
  uint32_t staging_slot;
  uint32_t variant;
  bool gives_up_last_good;
  bool already_running;
};

/*
 * Judge a manifest and write nothing.
 *
 * envelope, len  the caller's, read only during the call.
 *
 * GS_OK: begin would accept it. GS_E_ALREADY: it runs already, and reinstall is not asked
 * for. Otherwise the first rule that refused, in the order of docs/spec/policy.md.
 */
GS_MUST_USE enum gs_status gs_engine_check(struct gs_engine *e, const uint8_t *envelope, size_t len,
                                           const struct gs_begin_options *options,
                                           struct gs_verdict *out);

/*
 * Judge a manifest and, where it holds, make it the one being written: log intent, envelope
 * into the staging slot's trailer, WRITING record, stored keyring where a newer one was
 * judged (gs_engine_link). The engine keeps its own sealed copy. The same manifest as the one
 * being written continues and writes nothing. GS_E_BUSY_OTHER, GS_E_BUSY_DOOR: another one is
 * being written.
 */
GS_MUST_USE enum gs_status gs_engine_begin(struct gs_engine *e, const uint8_t *envelope, size_t len,
                                           const struct gs_begin_options *options,
                                           struct gs_verdict *out);

/*
 * Judge a keyring as the successor of the one in use (or last judged), in RAM. GS_E_ALREADY:
 * it is the one in use. It binds later checks of this session; begin or store_keyring keep it.
 * The engine keeps a copy until then, or until gs_engine_unlink.
 */
GS_MUST_USE enum gs_status gs_engine_link(struct gs_engine *e, const uint8_t *envelope, size_t len);
void gs_engine_unlink(struct gs_engine *e); /* forget what was judged */
GS_MUST_USE enum gs_status gs_engine_store_keyring(struct gs_engine *e);

const struct gs_engine_progress *gs_engine_progress(const struct gs_engine *e);
/* Pages and blocks of the image being written; NULL while none is open since the start. Lives
 * until the next call that changes the engine. */
const struct gs_table_shape *gs_engine_table(const struct gs_engine *e);
/* Is table page or block i still needed? */
bool gs_engine_page_needed(const struct gs_engine *e, uint32_t i);
bool gs_engine_block_needed(const struct gs_engine *e, uint32_t i);

/*
 * Verify one whole table page and store it. len must be the page's exact length.
 * GS_E_BLOCK_BAD: it does not match the manifest, and nothing was written. A page already held
 * is GS_OK and writes nothing.
 */
GS_MUST_USE enum gs_status gs_engine_page(struct gs_engine *e, uint32_t i, const uint8_t *data,
                                          size_t len);

/*
 * One bounded step (one block read, hashed and maybe copied) of finding out which blocks are
 * needed. Call until *done. Nothing may be received for facts.erase_ms_max meanwhile where
 * erase_stops_reception.
 */
GS_MUST_USE enum gs_status gs_engine_scan(struct gs_engine *e, bool *done);

/* Verify one whole block, erase ahead of it where needed, program it, read it back. As page. */
GS_MUST_USE enum gs_status gs_engine_block(struct gs_engine *e, uint32_t i, const uint8_t *data,
                                           size_t len);
/* Would storing block or page i erase? So that a session can announce the stall first. */
bool gs_engine_block_erases(const struct gs_engine *e, uint32_t i);
bool gs_engine_page_erases(const struct gs_engine *e, uint32_t i);

/* One bounded step of re-reading the whole image. GS_OK with *done: CANDIDATE. GS_E_IMAGE_BAD:
 * FAILED. GS_E_MORE_NEEDED: items are missing, and nothing changed. */
GS_MUST_USE enum gs_status gs_engine_finish(struct gs_engine *e, bool *done);

/* CANDIDATE -> STAGED. package must be the staged one (GS_E_DIGEST). Idempotent. */
GS_MUST_USE enum gs_status gs_engine_install(struct gs_engine *e,
                                             const uint8_t package[GS_DIGEST_BYTES]);

/* The application works. On trial: recorded, and confirmed at once where manifest and policy let
 * the device; GS_E_STATE where the image on trial is not what was started. Otherwise it starts
 * the count of crashes over. */
GS_MUST_USE enum gs_status gs_engine_healthy(struct gs_engine *e);

/* TRIAL and healthy -> READY: image, floor and the fate of last-good in one record. Idempotent
 * for the package just confirmed. The caller has checked the authority of these four. */
GS_MUST_USE enum gs_status gs_engine_confirm(struct gs_engine *e,
                                             const uint8_t package[GS_DIGEST_BYTES]);
/* TRIAL, CANDIDATE or STAGED -> REJECTED; after a reset last-good runs. Idempotent for the package
 * just rejected. */
GS_MUST_USE enum gs_status gs_engine_reject(struct gs_engine *e,
                                            const uint8_t package[GS_DIGEST_BYTES]);
/* READY: go back to last-good at the next reset, on trial no more than it was. package: the
 * running one, to be left. GS_E_ROLLBACK_*: why not; GS_E_KEY_REVOKED, GS_E_REVOKED,
 * GS_E_BELOW_MINIMUM: the keyring forbids it. Reads and hashes last-good's whole image. */
GS_MUST_USE enum gs_status gs_engine_rollback(struct gs_engine *e,
                                              const uint8_t package[GS_DIGEST_BYTES]);
/* Closes what is WRITING, CANDIDATE or STAGED. */
GS_MUST_USE enum gs_status gs_engine_cancel(struct gs_engine *e);
/* REJECTED or FAILED -> READY: the reason was read. */
GS_MUST_USE enum gs_status gs_engine_acknowledge(struct gs_engine *e);

/* What the engine was given (gs_engine_init), and the version of the keyring in use. */
const struct gs_port *gs_engine_port(const struct gs_engine *e);
const struct gs_engine_memory *gs_engine_memory(const struct gs_engine *e);
uint32_t gs_engine_keyring_version(const struct gs_engine *e);
uint32_t gs_engine_boot_count(const struct gs_engine *e); /* the number of this start */

/* Facts and state, as ident and receipts carry them. */
void gs_engine_facts(const struct gs_engine *e, gapseal_v1_DeviceFacts *out);
void gs_engine_state(struct gs_engine *e, gapseal_v1_DeviceState *out);

/* How the last install, rollback or reject ended; kept over resets. */
struct gs_outcome {
  int operation; /* gapseal_v1_Operation; 0: nothing ended yet */
  enum gs_status status;
  uint8_t package[GS_DIGEST_BYTES];
  uint32_t release, security_version;
};
void gs_engine_outcome(const struct gs_engine *e, struct gs_outcome *out);

/* Log entries from sequence on, at most max. Returns how many; *oldest, *newest always. */
GS_MUST_USE enum gs_status gs_engine_log_read(struct gs_engine *e, uint32_t from_sequence,
                                              uint8_t *out, uint32_t max, uint32_t *count,
                                              uint32_t *oldest, uint32_t *newest);

/* A refusal before anything authenticated the sender: counted in RAM, summed up in the next
 * authorised log record. */
void gs_engine_count_refusal(struct gs_engine *e);

#endif
