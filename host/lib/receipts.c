/* SPDX-License-Identifier: Apache-2.0
 * Receipts of the device at hand: fetched, verified, kept.
 */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "gapseal/crypto.h"
#include "host_internal.h"
#include "journal.h"
#include "package_format.h"
#include "platform.h"
#include "text.h"

enum gs_status gsh_device_receipt(struct gsh_device *d, int kind, struct gsh_receipt *out,
                                  struct gsh_error *err) {
  uint8_t nonce[GS_HOST_NONCE_BYTES];
  if (gs_random(nonce, sizeof nonce) != GS_OK) {
    return gsh_fail(err, GS_E_INTERNAL, "this computer gives no random numbers");
  }
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_receipt_tag;
  request.body.receipt.kind = (gapseal_v1_ReceiptKind)kind;
  request.body.receipt.host_nonce.size = GS_HOST_NONCE_BYTES;
  memcpy(request.body.receipt.host_nonce.bytes, nonce, GS_HOST_NONCE_BYTES);
  enum gs_status status =
      gsh_conn_call(d->conn, &request, NULL, 0, gapseal_v1_Reply_receipt_tag, err);
  if (status != GS_OK) {
    return status;
  }
  const struct gsh_client *client = &d->conn->client;
  if (client->reply.body.receipt.receipt_len != client->tail_len ||
      client->tail_len > sizeof out->envelope) {
    return gsh_fail(err, GS_E_PROTOCOL, "the lengths in the device's answer do not add up");
  }
  out->len = client->tail_len;
  if (out->len > 0) {
    memcpy(out->envelope, client->tail, out->len);
  }
  status = gsh_receipt_verify(out->envelope, out->len, &d->identity, nonce, &out->fields, err);
  if (status == GS_OK && (int)out->fields.kind != kind) {
    return gsh_fail(err, GS_E_RECEIPT_BAD, "the receipt is of another kind than was asked for");
  }
  return status;
}

enum gs_status gsh_device_receipt_saved(struct gsh_device *d, int kind, struct gsh_receipt *out,
                                        char path[GSH_PATH_MAX], uint8_t *sha256,
                                        struct gsh_error *err) {
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gsh_device_receipt(d, kind, out, err);
  if (status != GS_OK) {
    return status;
  }
  const uint8_t *about = out->fields.package;
  const gapseal_v1_SlotInfo *running = gsh_running_slot(&out->fields.state);
  if (kind == gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE && running != NULL) {
    about = running->package; /* for the file's name */
  }
  status = gsh_receipt_save(d->h->state_dir, (struct gsh_bytes){d->statement, d->statement_len},
                            (struct gsh_bytes){out->envelope, out->len}, d->identity.fields.serial,
                            about, path, digest, err);
  if (status == GS_OK && sha256 != NULL) {
    memcpy(sha256, digest, sizeof digest);
  }
  return status;
}

enum gs_status gsh_refusal_signed(const struct gsh_receipt *r,
                                  const uint8_t package[GS_DIGEST_BYTES], enum gs_status said,
                                  struct gsh_error *err) {
  const struct gs_status_info *info = gs_status_info(r->fields.status);
  bool about_it = gs_status_info(said)->class_ == GS_CLASS_REFUSED &&
                  gs_equal(r->fields.package, package, GS_DIGEST_BYTES);
  bool refusal = info->number == r->fields.status && info->class_ == GS_CLASS_REFUSED;
  if (!about_it || !refusal || info->number == said) {
    return said;
  }
  return gsh_fail(err, info->number, "%s (its reply, which is not signed, said: %s)",
                  info->sentence, gs_status_info(said)->name);
}

enum gs_status gsh_device_journal(struct gsh_device *d, const char *event,
                                  const uint8_t package[GS_DIGEST_BYTES], enum gs_status status,
                                  const uint8_t *receipt, struct gsh_error *err) {
  char package_hex[GSH_HEX_MAX] = "";
  char receipt_hex[GSH_HEX_MAX] = "";
  if (package != NULL) {
    gsh_hex(package, GS_DIGEST_BYTES, package_hex);
  }
  if (receipt != NULL) {
    gsh_hex(receipt, GS_DIGEST_BYTES, receipt_hex);
  }
  struct gsh_journal_entry entry = {.event = event,
                                    .device = d->info.device_id,
                                    .serial = d->info.serial,
                                    .package = package_hex,
                                    .status = (uint32_t)status,
                                    .receipt = receipt_hex};
  bool dropped = false;
  enum gs_status written = gsh_journal_append(d->h->state_dir, &entry, &dropped, err);
  if (dropped) {
    gsh_tell(
        d->h, GSH_EVENT_NOTE, "journal",
        "the journal's last line was cut short, as by a power loss; it was dropped, and nothing"
        " was done on its word");
  }
  return written;
}

unsigned gsh_receipt_fetch(struct gsh_device *d, char path[GSH_PATH_MAX], struct gsh_why *why) {
  struct gsh_error err = {0};
  struct gsh_receipt receipt = {.len = 0};
  uint8_t sha256[GS_DIGEST_BYTES];
  enum gs_status status = gsh_journal_ready(d->h->state_dir, &err);
  int kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME;
  if (status == GS_OK) {
    status = gsh_device_receipt_saved(d, kind, &receipt, path, sha256, &err);
    if (status == GS_E_NOT_FOUND) {
      /* Nothing ended on this device yet: the receipt says how it is. */
      kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE;
      status = gsh_device_receipt_saved(d, kind, &receipt, path, sha256, &err);
    }
  }
  if (status == GS_OK) {
    status = gsh_device_journal(d, "receipt", receipt.fields.package,
                                (enum gs_status)receipt.fields.status, sha256, &err);
  }
  return gsh_why_fill(why, status, &err, d->conn->device_said && status != GS_OK);
}

static void describe_receipt(const struct gsh *h, const gapseal_v1_Receipt *r,
                             const struct gsh_identity *identity, struct gsh_receipt_info *out) {
  static const uint8_t zeros[GS_DIGEST_BYTES];
  out->kind = gsh_receipt_kind_name((int)r->kind);
  out->operation = gsh_operation_name((int)r->operation);
  out->status = r->status;
  out->release = r->release;
  out->security_version = r->security_version;
  if (memcmp(r->package, zeros, sizeof zeros) != 0) {
    gsh_hex(r->package, GS_DIGEST_BYTES, out->package);
    gsh_recall_version(h, r->package, out->version, sizeof out->version);
  }
  gsh_describe(h, &r->facts, &r->state, &out->device);
  gsh_hex(identity->device_id, GS_KEY_ID_BYTES, out->device.device_id);
  gsh_hex(identity->maker_id, GS_KEY_ID_BYTES, out->device.maker_id);
}

/* A file is evidence from somewhere: what does not hold in it is the file's fault, no device's. But
 * for what this computer fails at it is not blamed. */
static enum gs_status spoilt(struct gsh_error *err, enum gs_status status) {
  if (err->status == GS_E_NO_MEMORY) {
    return GS_E_NO_MEMORY;
  }
  char what[GSH_ERROR_TEXT_MAX];
  memcpy(what, err->what, sizeof what);
  gsh_fail(err, status, "%s", what);
  gsh_next_step(err, "get the file again; if it stays so, it is forged or damaged");
  return status;
}

/* Another program's file under the name of a receipt. */
static bool is_package(const char *path) {
  uint8_t magic[GS_PACKAGE_MAGIC_BYTES];
  struct gsh_error ignored;
  int fd = -1;
  uint64_t size = 0;
  if (gsh_file_open(path, &fd, &size, &ignored) != GS_OK) {
    return false;
  }
  bool is = size >= sizeof magic &&
            gsh_file_read_at(fd, 0, magic, sizeof magic, &ignored) == GS_OK &&
            memcmp(magic, GS_PACKAGE_MAGIC, sizeof magic) == 0;
  gsh_file_close(fd);
  return is;
}

static enum gs_status read_file(const char *path, uint8_t **data, size_t *len,
                                struct gsh_error *err) {
  if (is_package(path)) {
    gsh_fail(err, GS_E_FILE_MALFORMED, "this is a package, not a receipt");
    gsh_next_step(err, "use: gapseal show");
    return GS_E_FILE_MALFORMED;
  }
  return gsh_file_read_all(path, 8u + 2u * (4u + GSH_ENVELOPE_MAX), data, len, err);
}

static enum gs_status judge_receipt(struct gsh *h, const uint8_t *data, size_t len,
                                    const struct gsh_trust *trust, struct gsh_receipt_info *out,
                                    struct gsh_error *err) {
  struct gsh_bytes identity_bytes;
  struct gsh_bytes receipt_bytes;
  struct gsh_identity identity;
  gapseal_v1_Receipt receipt;
  struct gsh_makers makers = gsh_trust_makers(trust);
  enum gs_status status = gsh_receipt_split(data, len, &identity_bytes, &receipt_bytes, err);
  if (status != GS_OK) {
    return spoilt(err, status);
  }
  if (gsh_identity_verify(identity_bytes.data, identity_bytes.len, NULL, &identity, err) != GS_OK) {
    return spoilt(err, GS_E_FILE_MALFORMED);
  }
  status =
      gsh_receipt_verify(receipt_bytes.data, receipt_bytes.len, &identity, NULL, &receipt, err);
  if (status != GS_OK) {
    return spoilt(err, GS_E_SIG_BAD);
  }
  out->signature_holds = true;
  describe_receipt(h, &receipt, &identity, out);
  status = gsh_identity_verify(identity_bytes.data, identity_bytes.len, &makers, &identity, err);
  out->maker_trusted = status == GS_OK;
  out->device.genuine = out->maker_trusted;
  if (status != GS_E_NOT_GENUINE) {
    return status;
  }
  bool altered = false;
  if (gsh_identity_altered(identity_bytes.data, identity_bytes.len, &makers, &altered) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  if (altered) {
    out->signature_holds = false; /* whose key it is, nobody says */
    return spoilt(err, GS_E_SIG_BAD);
  }
  return status;
}

unsigned gsh_receipt_read(struct gsh *h, const char *path, struct gsh_receipt_info *out,
                          struct gsh_why *why) {
  struct gsh_error err = {0};
  struct gsh_trust *trust = NULL;
  uint8_t *data = NULL;
  size_t len = 0;
  uint8_t digest[GS_DIGEST_BYTES];
  memset(out, 0, sizeof *out);
  enum gs_status status = gsh_trust_load(h->trust_dir, &trust, &err);
  if (status == GS_OK) {
    status = read_file(path, &data, &len, &err);
  }
  if (status == GS_OK && gs_sha256(data, len, digest) != GS_OK) {
    status = gsh_fail_crypto(&err);
  }
  if (status == GS_OK) {
    gsh_hex(digest, sizeof digest, out->file_sha256);
    status = judge_receipt(h, data, len, trust, out, &err);
  }
  free(data);
  gsh_trust_free(trust);
  return gsh_why_fill(why, status, &err, false);
}
