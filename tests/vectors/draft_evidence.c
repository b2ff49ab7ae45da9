/* SPDX-License-Identifier: Apache-2.0
 * Groups H and M: what a device says of itself, replayed, borrowed, edited and made up; and logs
 * with entries taken out, changed and moved.
 */
#include <string.h>

#include "bytes.h"
#include "draft.h"
#include "fixture_evidence.h"
#include "gapseal/crypto.h"
#include "log_entry.h"

#define RAW(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ENTRIES FIXTURE_LOG_ENTRIES
#define LOG_MAGIC "gaplogs\x01"

/* -- idents and receipts --------------------------------------------------------------------- */

static void start(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                  const char *story, enum vector_object object) {
  draft_evidence(d, name, rows, expect, story);
  d->v.object = object;
  d->context = object == VECTOR_IDENT ? GS_OBJECT_IDENT : GS_OBJECT_RECEIPT;
  memcpy(d->v.nonce, fixture_host_nonce, sizeof d->v.nonce);
  memset(d->v.hello, 0x68, sizeof d->v.hello);
}

static void ident(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                  const char *story, const gapseal_v1_Ident *v) {
  start(d, name, rows, expect, story, VECTOR_IDENT);
  d->body_len = gs_ident_encode(v, d->body, sizeof d->body);
  fixture_must(d->body_len > 0, "ident");
}

static void receipt(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                    const char *story, const gapseal_v1_Receipt *v) {
  start(d, name, rows, expect, story, VECTOR_RECEIPT);
  d->body_len = gs_receipt_encode(v, d->body, sizeof d->body);
  fixture_must(d->body_len > 0, "receipt");
}

static void idents_of_others(struct draft_run *run) {
  struct draft d;
  gapseal_v1_Ident v = fixture_ident();
  ident(&d, "golden-ident", "golden", GS_OK, "the test device's answer to a host's nonce", &v);
  draft_finish(&d, run);
  v.host_nonce[31] ^= 1u;
  ident(&d, "h02-ident-replayed", "H02", GS_E_NONCE, "an answer to another nonce", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  memset(v.host_nonce, 0, sizeof v.host_nonce);
  ident(&d, "h02-ident-nonce-zeros", "H02", GS_E_NONCE, "an answer to no nonce", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  v.hello_sha256[0] ^= 1u;
  ident(&d, "h02-ident-other-hello", "H02 F21", GS_E_NONCE,
        "the right nonce over a session that was opened in another way", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  ident(&d, "h01-ident-stranger", "H01", GS_E_KEY_UNKNOWN, "signed by another device's key", &v);
  d.keys[0] = TEST_KEY_STRANGER;
  draft_finish(&d, run);
  ident(&d, "h01-ident-maker", "H01 B06", GS_E_KEY_UNKNOWN,
        "signed by the maker's key: the maker is no device", &v);
  d.keys[0] = TEST_KEY_MAKER;
  draft_finish(&d, run);
  ident(&d, "h01-ident-unsigned", "H01 B01", GS_E_SIG_MISSING, "not signed", &v);
  d.key_count = 0;
  draft_finish(&d, run);
  ident(&d, "h01-ident-two-signatures", "H01", GS_E_MALFORMED,
        "signed by the device and by another one", &v);
  draft_signers(&d, 2, TEST_KEY_DEVICE, TEST_KEY_STRANGER, TEST_KEY_DEVICE);
  draft_finish(&d, run);
  ident(&d, "h18-ident-as-receipt", "H18 B14", GS_E_SIG_BAD,
        "signed as a receipt: a signature of one type fits no other", &v);
  d.context = GS_OBJECT_RECEIPT;
  draft_finish(&d, run);
  ident(&d, "h18-ident-as-manifest", "H18 B14", GS_E_SIG_BAD, "signed as a manifest", &v);
  d.context = GS_OBJECT_MANIFEST;
  draft_finish(&d, run);
}

static void idents_that_lie(struct draft_run *run) {
  struct draft d;
  gapseal_v1_Ident v = fixture_ident();
  v.device_id[0] ^= 1u;
  ident(&d, "h01-ident-other-id", "H01", GS_E_NOT_GENUINE,
        "names another device id than the key that signed it", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  v.facts.serial[8] = '8';
  ident(&d, "h01-ident-other-serial", "H01", GS_E_NOT_GENUINE,
        "names another serial number than the maker", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  memcpy(v.facts.product, fixture_other_product, GS_ID_BYTES);
  ident(&d, "h01-ident-other-product", "H01", GS_E_NOT_GENUINE,
        "names another product than the maker", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  v.facts.revision = 3;
  ident(&d, "h01-ident-other-revision", "H01", GS_E_NOT_GENUINE,
        "names another board revision than the maker", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  v.state.door = (gapseal_v1_Door)77;
  ident(&d, "a17-ident-door-77", "A17", GS_E_UNSUPPORTED, "an update through a door 77", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  v.state.staging_slot = 2;
  ident(&d, "h01-ident-third-slot", "H01", GS_E_BAD_VALUE, "a third slot is staging", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  v.facts.has_floor_max = false;
  ident(&d, "h01-ident-no-counter-end", "H01", GS_E_INCOMPLETE,
        "does not say what its counter reaches", &v);
  draft_finish(&d, run);
  v = fixture_ident();
  ident(&d, "a09-ident-unknown", "A09", GS_E_UNKNOWN_FIELD, "a field 100", &v);
  draft_append(&d, RAW(0xa2, 0x06, 0x01, 0x2a));
  draft_finish(&d, run);
}

/* A receipt whose body was right, damaged after it was signed. */
static void edited(struct draft_run *run, const char *name, const char *story, uint32_t number,
                   size_t into, uint8_t bits) {
  struct draft d;
  gapseal_v1_Receipt v = fixture_receipt();
  size_t len = 0;
  receipt(&d, name, "M04", GS_E_SIG_BAD, story, &v);
  size_t at = draft_find(d.body, d.body_len, number, &len);
  draft_sign(&d);
  d.v.bytes[3 + at + into] ^= bits; /* the envelope's header is 3 bytes long */
  draft_write(&d, run);
}

static void receipts_of_others(struct draft_run *run) {
  struct draft d;
  gapseal_v1_Receipt v = fixture_receipt();
  receipt(&d, "golden-receipt", "golden", GS_OK, "release 7 was installed, and runs", &v);
  draft_finish(&d, run);
  receipt(&d, "m04-receipt-stranger", "M04", GS_E_KEY_UNKNOWN, "signed by another device's key",
          &v);
  d.keys[0] = TEST_KEY_STRANGER;
  draft_finish(&d, run);
  receipt(&d, "m04-receipt-maker", "M04 B06", GS_E_KEY_UNKNOWN, "signed by the maker's key", &v);
  d.keys[0] = TEST_KEY_MAKER;
  draft_finish(&d, run);
  receipt(&d, "m04-receipt-unsigned", "M04 B01", GS_E_SIG_MISSING, "not signed", &v);
  d.key_count = 0;
  draft_finish(&d, run);
  receipt(&d, "m04-receipt-two-signatures", "M04", GS_E_MALFORMED,
          "signed by the device and by another one", &v);
  draft_signers(&d, 2, TEST_KEY_DEVICE, TEST_KEY_STRANGER, TEST_KEY_DEVICE);
  draft_finish(&d, run);
  receipt(&d, "m04-receipt-as-ident", "M04 H18 B14", GS_E_SIG_BAD,
          "signed as an ident: what a device says of itself at any time is no receipt", &v);
  d.context = GS_OBJECT_IDENT;
  draft_finish(&d, run);
  v.host_nonce[0] ^= 0x80u;
  receipt(&d, "m04-receipt-other-session", "M04", GS_E_NONCE, "a receipt of another session", &v);
  draft_verifier(&d, GS_OK, "a receipt of any session is one: whose question it answers, it says");
  draft_finish(&d, run);
  v = fixture_receipt();
  v.device_id[31] ^= 1u;
  receipt(&d, "m04-receipt-other-id", "M04", GS_E_NOT_GENUINE,
          "names another device id than the key that signed it", &v);
  draft_finish(&d, run);
  v = fixture_receipt();
  v.facts.serial[8] = '8';
  receipt(&d, "m04-receipt-other-serial", "M04", GS_E_NOT_GENUINE,
          "names another serial number than the maker", &v);
  draft_finish(&d, run);
}

static void receipts_edited(struct draft_run *run) {
  struct draft d;
  edited(run, "m04-receipt-status", "a refusal made a success after it was signed: 80 for 0", 6, 1,
         80);
  edited(run, "m04-receipt-release", "another release after it was signed", 8, 1, 1);
  edited(run, "m04-receipt-package", "another package after it was signed", 7, 2, 1);
  edited(run, "m04-receipt-nonce", "another session's nonce after it was signed", 4, 2, 1);
  gapseal_v1_Receipt v = fixture_receipt();
  receipt(&d, "m04-receipt-signature-bit", "M04", GS_E_SIG_BAD, "a bit of the signature", &v);
  draft_sign(&d);
  d.v.bytes[d.v.len - 1] ^= 1u;
  draft_write(&d, run);
  receipt(&d, "m04-receipt-63-bytes", "M04 B12", GS_E_SIG_FORMAT, "a signature of 63 bytes", &v);
  draft_sign(&d);
  d.v.len--;
  d.v.bytes[d.v.len - 64]--;  /* the signature's own length */
  d.v.bytes[d.v.len - 100]--; /* and that of what holds it */
  draft_write(&d, run);
  v.kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_UNSPECIFIED;
  receipt(&d, "m08-receipt-no-kind", "M08", GS_E_UNSUPPORTED,
          "of no kind: what was delivered and what came of it are told apart", &v);
  draft_finish(&d, run);
  v = fixture_receipt();
  v.operation = (gapseal_v1_Operation)13;
  receipt(&d, "a17-receipt-operation-13", "A17", GS_E_UNSUPPORTED, "an operation 13", &v);
  draft_finish(&d, run);
  v = fixture_receipt();
  receipt(&d, "a05-receipt-status-twice", "A05 M04", GS_E_NONCANONICAL,
          "a status, and another one after it", &v);
  draft_insert_before(&d, 7, RAW(0x30, 0x50));
  draft_finish(&d, run);
}

/* -- statements -------------------------------------------------------------------------------- */

static void statements(struct draft_run *run) {
  struct draft d;
  draft_identity(&d, "h01-statement-stranger", "H01", GS_E_NOT_GENUINE,
                 "the word of somebody else on the device");
  d.keys[0] = TEST_KEY_STRANGER;
  draft_finish(&d, run);
  draft_identity(&d, "h01-statement-own-word", "H01 B15", GS_E_NOT_GENUINE,
                 "the device's own word on itself");
  d.keys[0] = TEST_KEY_DEVICE;
  draft_finish(&d, run);
  draft_identity(&d, "h01-statement-release-key", "H01 B06", GS_E_NOT_GENUINE,
                 "signed by a key that may sign packages");
  d.keys[0] = TEST_KEY_RELEASE_1;
  draft_finish(&d, run);
  draft_identity(&d, "h01-statement-unsigned", "H01 B01", GS_E_SIG_MISSING, "not signed");
  d.key_count = 0;
  draft_finish(&d, run);
  draft_identity(&d, "h01-statement-two-signatures", "H01", GS_E_MALFORMED,
                 "signed by the maker and by somebody else");
  draft_signers(&d, 2, TEST_KEY_MAKER, TEST_KEY_STRANGER, TEST_KEY_MAKER);
  draft_finish(&d, run);
  draft_identity(&d, "h18-statement-as-ident", "H18 B14", GS_E_SIG_BAD, "signed as an ident");
  d.context = GS_OBJECT_IDENT;
  draft_finish(&d, run);
  draft_identity(&d, "h18-statement-as-keyring", "H18 B14", GS_E_SIG_BAD, "signed as a keyring");
  d.context = GS_OBJECT_KEYRING;
  draft_finish(&d, run);
  draft_identity(&d, "h01-statement-edited", "H01", GS_E_SIG_BAD,
                 "another serial number after it was signed");
  size_t len = 0;
  size_t at = draft_find(d.body, d.body_len, 3, &len);
  draft_sign(&d);
  d.v.bytes[3 + at + 2] ^= 1u;
  draft_write(&d, run);
}

/* -- logs -------------------------------------------------------------------------------------- */

struct log {
  struct gs_log_entry entries[ENTRIES];
  uint32_t count;
  uint32_t said;     /* number of entries that the file says it holds */
  uint8_t first[32]; /* what stands before entry 1 */
  enum test_key signer;
  bool head_as_it_was; /* the receipt's head is that of the good log */
  uint8_t head[GS_DIGEST_BYTES];
  gapseal_v1_ReceiptKind kind;
};

static void chain(const uint8_t *before, const struct gs_log_entry *e, uint8_t *out) {
  static const char context[] = "gapseal:log:v1";
  uint8_t bytes[GS_LOG_ENTRY_BYTES];
  struct gs_sha256 h;
  gs_log_entry_encode(e, bytes);
  fixture_must(gs_sha256_start(&h) == GS_OK &&
                   gs_sha256_add(&h, context, sizeof context) == GS_OK &&
                   gs_sha256_add(&h, before, GS_DIGEST_BYTES) == GS_OK &&
                   gs_sha256_add(&h, bytes, GS_LOG_CHAINED_BYTES) == GS_OK &&
                   gs_sha256_finish(&h, out) == GS_OK,
               "chain");
}

/* Link the entries from one on. */
static void relink(struct log *l, uint32_t from) {
  for (uint32_t i = from; i < l->count; i++) {
    chain(i == 0 ? l->first : l->entries[i - 1].chain, &l->entries[i], l->entries[i].chain);
  }
}

static struct log good_log(void) {
  static const uint16_t events[ENTRIES] = {GS_LOG_PROVISIONED, GS_LOG_BEGIN, GS_LOG_DELIVERED,
                                           GS_LOG_INSTALL, GS_LOG_CONFIRM};
  struct log l;
  gapseal_v1_Receipt r = fixture_receipt();
  memset(&l, 0, sizeof l);
  fixture_key_id(TEST_KEY_DEVICE, l.first);
  for (uint32_t i = 0; i < ENTRIES; i++) {
    struct gs_log_entry *e = &l.entries[i];
    e->sequence = i + 1;
    e->boot_count = i + 1;
    e->event = events[i];
    e->release = i == 0 ? 0 : 7;
    e->security_version = i == 0 ? 0 : 3;
    e->floor = 3;
    e->door = i == 0 ? GS_DOOR_NONE : GS_DOOR_WIRE;
    e->slot = i == 0 ? 0xFF : 0;
    memcpy(e->package, r.package, i == 0 ? 0 : sizeof e->package);
  }
  l.count = l.said = ENTRIES;
  l.signer = TEST_KEY_DEVICE;
  l.kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE;
  relink(&l, 0);
  memcpy(l.head, l.entries[ENTRIES - 1].chain, sizeof l.head);
  return l;
}

static void put_item(struct gs_writer *w, const uint8_t *data, size_t len) {
  gs_write_u32(w, (uint32_t)len);
  gs_write_bytes(w, data, len);
}

/* A log file around the entries; its receipt's head is the last entry, or the good log's. */
static void write_log(struct draft *d, const struct log *l) {
  struct draft statement;
  uint8_t body[2048], envelope[2048];
  gapseal_v1_Receipt r = fixture_receipt();
  draft_identity(&statement, "golden-identity", "golden", GS_OK, "");
  draft_sign(&statement);
  r.kind = l->kind;
  r.operation = gapseal_v1_Operation_OPERATION_UNSPECIFIED;
  r.release = r.security_version = 0;
  memset(r.package, 0, sizeof r.package);
  const struct gs_log_entry *last = &l->entries[l->count - 1];
  r.state.log_sequence = l->head_as_it_was ? ENTRIES : last->sequence;
  memcpy(r.state.log_head, l->head_as_it_was ? l->head : last->chain, GS_DIGEST_BYTES);
  size_t len = gs_receipt_encode(&r, body, sizeof body);
  len = fixture_sign(GS_OBJECT_RECEIPT, body, len, &l->signer, 1, envelope, sizeof envelope);
  struct gs_writer w = gs_writer_init(d->v.bytes, sizeof d->v.bytes);
  gs_write_bytes(&w, LOG_MAGIC, 8);
  put_item(&w, statement.v.bytes, statement.v.len);
  put_item(&w, envelope, len);
  gs_write_u32(&w, l->said);
  for (uint32_t i = 0; i < l->count; i++) {
    uint8_t entry[GS_LOG_ENTRY_BYTES];
    gs_log_entry_encode(&l->entries[i], entry);
    gs_write_bytes(&w, entry, sizeof entry);
  }
  fixture_must(!w.failed, "log file");
  d->v.len = w.used;
}

static void log_file(struct draft_run *run, const char *name, const char *rows,
                     enum gs_status expect, const char *story, const struct log *l) {
  struct draft d;
  draft_evidence(&d, name, rows, expect, story);
  d.v.object = VECTOR_LOG;
  d.v.identity_file[0] = '\0'; /* it is in the file */
  if (l->said != l->count) {
    draft_host(&d, GS_OK, "a host takes the entries from a device, which says no number first");
  }
  write_log(&d, l);
  draft_write(&d, run);
}

static void drop(struct log *l, uint32_t i) {
  memmove(&l->entries[i], &l->entries[i + 1], (ENTRIES - i - 1) * sizeof l->entries[0]);
  l->count--;
  l->said--;
}

static void logs_cut(struct draft_run *run) {
  struct log l = good_log();
  log_file(run, "golden-log", "golden", GS_OK, "five entries, the last is the head that is signed",
           &l);
  l.head_as_it_was = true;
  l.count = l.said = ENTRIES - 1;
  log_file(run, "m01-log-tail", "M01", GS_E_SIG_BAD, "the newest entry is gone", &l);
  l = good_log();
  l.head_as_it_was = true;
  drop(&l, 2);
  log_file(run, "m01-log-gap", "M01", GS_E_FILE_MALFORMED, "an entry in the middle is gone", &l);
  l = good_log();
  l.head_as_it_was = true;
  drop(&l, 2);
  l.entries[2].sequence = 3;
  l.entries[3].sequence = 4;
  relink(&l, 2);
  log_file(run, "m01-log-closed-gap", "M01", GS_E_SIG_BAD,
           "an entry in the middle is gone, the others numbered and chained anew", &l);
  l = good_log();
  drop(&l, 0);
  log_file(run, "m06-log-wrapped", "M06", GS_OK,
           "the oldest entry is gone: a device may have dropped it, and the rest is bound to the "
           "head",
           &l);
  l = good_log();
  l.said = ENTRIES - 1;
  log_file(run, "m01-log-says-fewer", "M01", GS_E_FILE_MALFORMED, "one entry more than it says",
           &l);
  l = good_log();
  l.said = ENTRIES + 1;
  log_file(run, "m01-log-says-more", "M01", GS_E_FILE_MALFORMED, "one entry less than it says", &l);
  l = good_log();
  l.said = 0xFFFFFFFFu;
  log_file(run, "m01-log-says-endless", "M01", GS_E_FILE_MALFORMED, "says 2^32 - 1 entries", &l);
}

static void logs_changed(struct draft_run *run) {
  struct log l = good_log();
  l.entries[1].floor = 2;
  log_file(run, "m01-log-entry", "M01", GS_E_SIG_BAD, "another floor in an entry", &l);
  l = good_log();
  l.head_as_it_was = true;
  l.entries[1].status = 80;
  relink(&l, 1);
  log_file(run, "m01-log-relinked", "M01", GS_E_SIG_BAD,
           "another status in an entry, and the chain made anew from there", &l);
  l = good_log();
  struct gs_log_entry swapped = l.entries[1];
  l.entries[1] = l.entries[2];
  l.entries[2] = swapped;
  log_file(run, "m01-log-order", "M01", GS_E_FILE_MALFORMED, "two entries have changed places", &l);
  l = good_log();
  l.entries[4].chain[31] ^= 1u;
  log_file(run, "m01-log-chain", "M01", GS_E_SIG_BAD, "another chain in the newest entry", &l);
  l = good_log();
  memset(l.first, 0, sizeof l.first);
  relink(&l, 0);
  log_file(run, "m01-log-other-device", "M01", GS_E_SIG_BAD,
           "chained from another beginning than the device's id", &l);
  l = good_log();
  l.signer = TEST_KEY_STRANGER;
  log_file(run, "m01-log-head-stranger", "M01 M04", GS_E_KEY_UNKNOWN,
           "the head is signed by another device", &l);
  l = good_log();
  l.kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME;
  log_file(run, "m01-log-head-kind", "M01", GS_E_FILE_MALFORMED,
           "the head is no receipt of the device's state", &l);
}

void draft_evidences(struct draft_run *run) {
  idents_of_others(run);
  idents_that_lie(run);
  receipts_of_others(run);
  receipts_edited(run);
  statements(run);
  logs_cut(run);
  logs_changed(run);
}
