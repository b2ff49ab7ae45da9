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

/* Continue the chain of log entries by one: next = SHA-256(context || chain || entry). */
enum gs_status gsh_log_chain(const uint8_t chain[GS_DIGEST_BYTES], const uint8_t *entry,
                             uint8_t next[GS_DIGEST_BYTES]);

#endif
