/* SPDX-License-Identifier: Apache-2.0
 * Receipt files (.gsr) and log files (.gsl), docs/spec/evidence.md.
 */
#ifndef GSH_EVIDENCE_H
#define GSH_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "gapseal/host.h"
#include "ident.h"

struct gsh_bytes {
  const uint8_t *data;
  size_t len;
};

/*
 * Save a receipt as receipts/<time>-<serial>-<digest8>.gsr below dir, synchronised, under a name
 * that no file has yet.
 *
 * path    where it is, on GS_OK.
 * sha256  of the file.
 */
enum gs_status gsh_receipt_save(const char *dir, struct gsh_bytes identity,
                                struct gsh_bytes receipt, const char *serial,
                                const uint8_t package[GS_DIGEST_BYTES], char path[GSH_PATH_MAX],
                                uint8_t sha256[GS_DIGEST_BYTES], struct gsh_error *err);

/* Split a receipt file: views into data. GS_E_FILE_MALFORMED. */
enum gs_status gsh_receipt_split(const uint8_t *data, size_t len, struct gsh_bytes *identity,
                                 struct gsh_bytes *receipt, struct gsh_error *err);

/* Write a log file. entries: count of GS_LOG_ENTRY_BYTES each, oldest first. */
enum gs_status gsh_log_save(const char *path, struct gsh_bytes identity, struct gsh_bytes receipt,
                            const uint8_t *entries, uint32_t count, struct gsh_error *err);

/*
 * Judge a device's log: sequence without gaps, chain unbroken, and its end where a receipt of the
 * device's state says.
 *
 * entries  count of GS_LOG_ENTRY_BYTES each, oldest first.
 * state    of the receipt, verified.
 *
 * GS_E_RECEIPT_BAD: what breaks. Of a log that has dropped its oldest entries, the chain of the
 * oldest that is left is taken as it is.
 */
enum gs_status gsh_log_verify(const uint8_t device_id[GS_DIGEST_BYTES], const uint8_t *entries,
                              uint32_t count, const gapseal_v1_DeviceState *state,
                              struct gsh_error *err);
/* GS_E_RECEIPT_BAD: "the device's log does not hold: WHAT". */
enum gs_status gsh_log_broken(struct gsh_error *err, const char *what);

/* Continue the chain of log entries by one: next = SHA-256(context || chain || entry). */
enum gs_status gsh_log_chain(const uint8_t chain[GS_DIGEST_BYTES], const uint8_t *entry,
                             uint8_t next[GS_DIGEST_BYTES]);

#endif
