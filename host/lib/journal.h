/* SPDX-License-Identifier: Apache-2.0
 * This computer's own record: JSON lines, each with the digest of the one before it. Written
 * and synchronised before a device is told to change anything. docs/spec/evidence.md.
 */
#ifndef GSH_JOURNAL_H
#define GSH_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "gapseal/host.h"

#define GSH_JOURNAL_MAX (64u * 1024u * 1024u)
#define GSH_JOURNAL_LINE_MAX 1024u
#define GSH_STATE_ROOM_BYTES (256u * 1024u) /* some lines and receipts */

/* What one line says; NULL texts are left out as "". */
struct gsh_journal_entry {
  const char *event;  /* "intent", "delivered", "outcome", "refused", "confirm", ... */
  const char *device; /* device id in hex */
  const char *serial;
  const char *package; /* digest in hex */
  uint32_t status;
  const char *receipt; /* SHA-256 of the receipt file in hex */
};

/*
 * Verify the journal and append a line; its lock is held meanwhile, so that programs may share
 * one. A last line that a power loss cut short is dropped first: it was never synchronised, so
 * nothing was done on its word. *dropped: whether that was so; the caller tells it.
 *
 * GS_E_JOURNAL: the chain does not hold; nothing was written. GS_E_DISK: it cannot be written,
 * and nothing of the line stays.
 */
enum gs_status gsh_journal_append(const char *dir, const struct gsh_journal_entry *entry,
                                  bool *dropped, struct gsh_error *err);

/* Could a line be written now? Also that the directory has room, GSH_STATE_ROOM_BYTES. A line that
 * is cut short stays for gsh_journal_append. */
enum gs_status gsh_journal_ready(const char *dir, struct gsh_error *err);

/* Verify, and give each line to fn (NULL: nobody). *lines: how many hold. *there: false, with
 * GS_OK, where no file has the journal's name; what cannot be opened is an error. */
enum gs_status gsh_journal_read(const char *dir, gsh_journal_fn fn, void *ctx, bool *there,
                                uint64_t *lines, struct gsh_error *err);

#endif
