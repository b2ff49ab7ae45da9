/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "files.h"
#include "gapseal/crypto.h"
#include "log_entry.h"
#include "platform.h"
#include "text.h"

#define NAME_TRIES 100

static void write_item(struct gs_writer *w, struct gsh_bytes item) {
  gs_write_u32(w, (uint32_t)item.len);
  gs_write_bytes(w, item.data, item.len);
}

/* Letters and digits of a serial number; what else it holds is no part of a file's name. */
static void safe_name(const char *serial, char out[33]) {
  size_t n = 0;
  for (; n < 32 && serial[n] != '\0'; n++) {
    char c = serial[n];
    bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    out[n] = plain ? c : '_';
  }
  out[n] = '\0';
}

static enum gs_status free_name(const char *dir, const char *stem, char path[GSH_PATH_MAX],
                                struct gsh_error *err) {
  char name[128];
  for (int i = 1; i <= NAME_TRIES; i++) {
    if (i == 1) {
      (void)snprintf(name, sizeof name, "%s.gsr", stem);
    } else {
      (void)snprintf(name, sizeof name, "%s-%d.gsr", stem, i);
    }
    enum gs_status status = gsh_path_join(path, GSH_PATH_MAX, dir, name, err);
    if (status != GS_OK || !gsh_file_exists(path)) {
      return status;
    }
  }
  return gsh_fail(err, GS_E_DISK, "the directory of receipts has no free name");
}

enum gs_status gsh_receipt_save(const char *dir, struct gsh_bytes identity,
                                struct gsh_bytes receipt, const char *serial,
                                const uint8_t package[GS_DIGEST_BYTES], char path[GSH_PATH_MAX],
                                uint8_t sha256[GS_DIGEST_BYTES], struct gsh_error *err) {
  uint8_t file[GSH_KIND_BYTES + 2u * (4u + GSH_ENVELOPE_MAX)];
  struct gs_writer w = gs_writer_init(file, sizeof file);
  gs_write_bytes(&w, gsh_kind_magic(GSH_KIND_RECEIPT), GSH_KIND_BYTES);
  write_item(&w, identity);
  write_item(&w, receipt);
  if (w.failed) {
    return gsh_fail(err, GS_E_INTERNAL, "a receipt does not fit its file");
  }
  if (gs_sha256(file, w.used, sha256) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  char folder[GSH_PATH_MAX];
  char stamp[32];
  char name[33];
  char digest[2 * GS_DIGEST_BYTES + 1];
  char stem[96];
  gsh_clock_stamp(stamp);
  safe_name(serial, name);
  gsh_hex(package, GS_DIGEST_BYTES, digest);
  (void)snprintf(stem, sizeof stem, "%s-%s-%.8s", stamp, name, digest);
  enum gs_status status = gsh_path_join(folder, sizeof folder, dir, "receipts", err);
  if (status == GS_OK) {
    status = gsh_dir_make(folder, err);
  }
  if (status == GS_OK) {
    status = free_name(folder, stem, path, err);
  }
  if (status == GS_OK) {
    status = gsh_file_write_all(path, GSH_KIND_RECEIPT, file, w.used, err);
  }
  return gsh_state_failed(status, err);
}

static bool read_item(struct gs_reader *r, struct gsh_bytes *out) {
  uint32_t n = gs_read_u32(r);
  if (n == 0 || n > GSH_ENVELOPE_MAX) {
    return false;
  }
  out->data = gs_read_view(r, n);
  out->len = n;
  return !r->failed;
}

enum gs_status gsh_receipt_split(const uint8_t *data, size_t len, struct gsh_bytes *identity,
                                 struct gsh_bytes *receipt, struct gsh_error *err) {
  struct gs_reader r = gs_reader_init(data, len);
  const uint8_t *magic = gs_read_view(&r, GSH_KIND_BYTES);
  if (magic == NULL || memcmp(magic, gsh_kind_magic(GSH_KIND_RECEIPT), GSH_KIND_BYTES) != 0) {
    return gsh_fail(err, GS_E_FILE_MALFORMED, "the file is not a receipt");
  }
  if (!read_item(&r, identity) || !read_item(&r, receipt) || r.left != 0) {
    return gsh_fail(err, GS_E_FILE_MALFORMED,
                    "the receipt file is damaged: its lengths do not add up");
  }
  return GS_OK;
}

enum gs_status gsh_log_save(const char *path, struct gsh_bytes identity, struct gsh_bytes receipt,
                            const uint8_t *entries, uint32_t count, struct gsh_error *err) {
  size_t cap =
      GSH_KIND_BYTES + 12u + identity.len + receipt.len + (size_t)count * GS_LOG_ENTRY_BYTES;
  uint8_t *file = malloc(cap);
  if (file == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for the log file");
  }
  struct gs_writer w = gs_writer_init(file, cap);
  gs_write_bytes(&w, gsh_kind_magic(GSH_KIND_LOG), GSH_KIND_BYTES);
  write_item(&w, identity);
  write_item(&w, receipt);
  gs_write_u32(&w, count);
  gs_write_bytes(&w, entries, (size_t)count * GS_LOG_ENTRY_BYTES);
  enum gs_status status = w.failed ? gsh_fail(err, GS_E_INTERNAL, "a log does not fit its file")
                                   : gsh_file_write_all(path, GSH_KIND_LOG, file, w.used, err);
  if (status == GS_E_DISK) { /* its place was named by the caller; --state has no part in it */
    gsh_next_step(err, "check the path and the space, then run the same command");
  }
  free(file);
  return status;
}

enum gs_status gsh_log_chain(const uint8_t chain[GS_DIGEST_BYTES], const uint8_t *entry,
                             uint8_t next[GS_DIGEST_BYTES]) {
  static const char context[] = "gapseal:log:v1";
  struct gs_sha256 h;
  enum gs_status status = gs_sha256_start(&h);
  if (status == GS_OK) {
    status = gs_sha256_add(&h, context, sizeof context);
  }
  if (status == GS_OK) {
    status = gs_sha256_add(&h, chain, GS_DIGEST_BYTES);
  }
  if (status == GS_OK) {
    status = gs_sha256_add(&h, entry, GS_LOG_CHAINED_BYTES);
  }
  return status == GS_OK ? gs_sha256_finish(&h, next) : status;
}

enum gs_status gsh_log_broken(struct gsh_error *err, const char *what) {
  gsh_fail(err, GS_E_RECEIPT_BAD, "the device's log does not hold: %s", what);
  gsh_next_step(err, "keep what was saved as evidence and ask the maker");
  return GS_E_RECEIPT_BAD;
}

enum gs_status gsh_log_verify(const uint8_t device_id[GS_DIGEST_BYTES], const uint8_t *entries,
                              uint32_t count, const gapseal_v1_DeviceState *state,
                              struct gsh_error *err) {
  struct gs_log_entry entry = {0};
  uint8_t chain[GS_DIGEST_BYTES];
  memcpy(chain, device_id, sizeof chain);
  uint32_t previous = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *at = entries + (size_t)i * GS_LOG_ENTRY_BYTES;
    if (!gs_log_entry_decode(at, &entry) || (i > 0 && entry.sequence != previous + 1)) {
      return gsh_log_broken(err, "the sequence breaks");
    }
    /* Older entries may be gone; then the first one's own chain value is where it starts. */
    if (i > 0 || entry.sequence == 1) {
      uint8_t next[GS_DIGEST_BYTES];
      if (gsh_log_chain(chain, at, next) != GS_OK) {
        return gsh_fail_crypto(err);
      }
      if (memcmp(next, entry.chain, sizeof next) != 0) {
        return gsh_log_broken(err, "the chain breaks");
      }
    }
    memcpy(chain, entry.chain, sizeof chain);
    previous = entry.sequence;
  }
  if (state->log_sequence != previous ||
      (previous != 0 && memcmp(state->log_head, entry.chain, sizeof entry.chain) != 0)) {
    return gsh_log_broken(err, "its end is not the one that the device signed");
  }
  return GS_OK;
}
