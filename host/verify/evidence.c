/* SPDX-License-Identifier: Apache-2.0
 * gapseal-verify receipt and log: docs/spec/evidence.md and log.md.
 */
#include <string.h>

#include "log_entry.h"
#include "pem.h"
#include "verify.h"

#define ENVELOPE_MAX 4096u

struct evidence {
  struct gsv_file file;
  uint8_t identity_bytes[ENVELOPE_MAX], receipt_bytes[ENVELOPE_MAX];
  gapseal_v1_Identity identity;
  gapseal_v1_Receipt receipt;
  uint8_t device_id[GS_KEY_ID_BYTES];
  const char *signed_part; /* what the device signed: "the receipt", "the log's head" */
};

/*
 * One signed object: exactly one signature, by this key.
 *
 * stranger  what to call a signature of another key.
 */
static enum gs_status check_signed(const uint8_t *data, size_t len, enum gs_object_type type,
                                   const char *what, const uint8_t key[GS_PUBLIC_KEY_BYTES],
                                   enum gs_status stranger, struct gs_signed *out,
                                   struct gsv_error *e) {
  uint8_t id[GS_KEY_ID_BYTES];
  uint8_t hash[GS_DIGEST_BYTES];
  enum gs_status status = gs_signed_parse(data, len, out);
  if (status != GS_OK) {
    return gsv_fail_as(e, status, what);
  }
  if (out->signature_count != 1) {
    return gsv_fail(e, out->signature_count == 0 ? GS_E_SIG_MISSING : GS_E_MALFORMED,
                    "%s: one signature is taken, not %zu", what, out->signature_count);
  }
  if (gs_key_id(key, id) != GS_OK ||
      gs_signed_hash(type, out->body, out->body_len, hash) != GS_OK) {
    return gsv_fail(e, GS_E_INTERNAL, "the cryptographic library failed");
  }
  if (memcmp(out->signatures[0].key_id, id, sizeof id) != 0) {
    char hex[2 * GS_KEY_ID_BYTES + 1];
    return gsv_fail(e, stranger, "%s: signed by another key, %s", what,
                    gsv_hex(out->signatures[0].key_id, GS_KEY_ID_BYTES, hex));
  }
  status = gs_ecdsa_verify(key, hash, out->signatures[0].sig, out->signatures[0].sig_len);
  return status == GS_OK ? GS_OK : gsv_fail_as(e, status, what);
}

static bool is_private_key(const char *path) {
  uint8_t key[GS_PRIVATE_KEY_BYTES];
  char why[GSV_TEXT_MAX / 2];
  bool is = gsh_pem_read_private(path, key, why, sizeof why) == GS_OK;
  gs_wipe(key, sizeof key);
  return is;
}

static enum gs_status told_private_key(struct gsv_error *e) {
  (void)gsv_fail(e, GS_E_KEY_FILE, "the maker's key: the file holds the private half");
  e->next_step = "give the public half, maker.pub.pem";
  return GS_E_KEY_FILE;
}

static enum gs_status check_identity(struct evidence *v, size_t len, const char *maker,
                                     struct gsv_error *e) {
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  char why[GSV_TEXT_MAX / 2] = "";
  char shown[GSV_TEXT_MAX / 2];
  struct gs_signed object;
  enum gs_status status = gsh_pem_read_public(maker, key, why, sizeof why);
  if (status != GS_OK) {
    (void)gsv_fail(e, status, "the maker's key: %s", gsv_escape(why, shown, sizeof shown));
    return is_private_key(maker) ? told_private_key(e) : status;
  }
  status = check_signed(v->identity_bytes, len, GS_OBJECT_IDENTITY, "identity", key,
                        GS_E_NOT_GENUINE, &object, e);
  if (status == GS_E_NOT_GENUINE) {
    e->next_step =
        "give the public key of the device's maker with --maker; if it is this one, the "
        "device is not theirs";
  }
  if (status != GS_OK) {
    return status;
  }
  status = gs_identity_decode(object.body, object.body_len, &v->identity);
  if (status == GS_OK) {
    status = gs_key_id(v->identity.device_key, v->device_id);
  }
  return status == GS_OK ? GS_OK : gsv_fail_as(e, status, "identity");
}

static enum gs_status check_receipt(struct evidence *v, size_t len, struct gsv_error *e) {
  struct gs_signed object;
  enum gs_status status = check_signed(v->receipt_bytes, len, GS_OBJECT_RECEIPT, v->signed_part,
                                       v->identity.device_key, GS_E_KEY_UNKNOWN, &object, e);
  if (status != GS_OK) {
    return status;
  }
  status = gs_receipt_decode(object.body, object.body_len, &v->receipt);
  if (status != GS_OK) {
    return gsv_fail_as(e, status, v->signed_part);
  }
  const gapseal_v1_DeviceFacts *facts = &v->receipt.facts;
  if (memcmp(v->receipt.device_id, v->device_id, sizeof v->device_id) != 0 ||
      strcmp(facts->serial, v->identity.serial) != 0 ||
      memcmp(facts->product, v->identity.product, GS_ID_BYTES) != 0 ||
      memcmp(facts->hardware, v->identity.hardware, GS_ID_BYTES) != 0 ||
      facts->revision != v->identity.revision) {
    return gsv_fail(e, GS_E_NOT_GENUINE, "%s names another device than its identity statement",
                    v->signed_part);
  }
  return GS_OK;
}

static enum gs_status read_head(struct evidence *v, const char *path, const char magic[8],
                                const char *kind, const struct gsv_options *o, struct gsv_report *r,
                                struct gsv_error *e) {
  size_t identity_len = 0;
  size_t receipt_len = 0;
  memset(v, 0, sizeof *v);
  v->signed_part = strcmp(kind, "log") == 0 ? "the log's head" : "the receipt";
  enum gs_status status = gsv_open(&v->file, path, e);
  if (status == GS_OK) {
    status = gsv_expect_magic(&v->file, magic, kind, e);
  }
  if (status == GS_OK) {
    status = gsv_read_item(&v->file, v->identity_bytes, ENVELOPE_MAX, &identity_len, e);
  }
  if (status == GS_OK) {
    status = gsv_read_item(&v->file, v->receipt_bytes, ENVELOPE_MAX, &receipt_len, e);
  }
  if (status == GS_OK) {
    status = check_identity(v, identity_len, o->maker, e);
  }
  if (status == GS_OK) {
    status = check_receipt(v, receipt_len, e);
  }
  if (status == GS_OK) {
    gsv_say(r, "the maker's key says that this device is genuine");
    gsv_say(r, "%s is signed by this device's own key", v->signed_part);
  }
  return status;
}

static const char *kind_text(gapseal_v1_ReceiptKind kind) {
  static const char *const names[] = {"?", "delivered", "outcome", "refused", "state"};
  return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

static const char *operation_text(gapseal_v1_Operation operation) {
  static const char *const names[] = {"none",         "check",  "install", "confirm",   "reject",
                                      "rollback",     "older",  "keyring", "site-keys", "policy",
                                      "decommission", "cancel", "reboot"};
  return (size_t)operation < sizeof names / sizeof names[0] ? names[operation] : "?";
}

static const char *state_text(gapseal_v1_State state) {
  static const char *const names[] = {"?",      "ready", "writing",  "candidate",
                                      "staged", "trial", "rejected", "failed"};
  return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "?";
}

static void print_device(const struct evidence *v, struct gsv_report *r) {
  gsv_digest(r, "device", v->device_id);
  gsv_text(r, "serial", v->identity.serial);
}

static void print_slot(struct gsv_report *r, const char *name, const gapseal_v1_SlotInfo *slot) {
  if (slot->present) {
    gsv_digest(r, name, slot->package);
  }
}

static void print_state(const gapseal_v1_DeviceState *s, struct gsv_report *r) {
  gsv_text(r, "state", state_text(s->state));
  if (s->reason != 0) {
    gsv_text(r, "reason", gs_status_info(s->reason)->name);
  }
  gsv_text(r, "running",
           s->running != gapseal_v1_Running_RUNNING_APPLICATION ? "the stub"
           : s->running_slot == 0                               ? "slot A"
                                                                : "slot B");
  print_slot(r, "slot_a", &s->slot_a);
  print_slot(r, "slot_b", &s->slot_b);
  gsv_number(r, "floor", s->floor);
  gsv_number(r, "keyring_version", s->keyring_version);
  gsv_number(r, "log_sequence", s->log_sequence);
  gsv_digest(r, "log_head", s->log_head);
}

static void print_receipt(const struct evidence *v, struct gsv_report *r) {
  const gapseal_v1_Receipt *c = &v->receipt;
  print_device(v, r);
  gsv_text(r, "kind", kind_text(c->kind));
  gsv_text(r, "operation", operation_text(c->operation));
  gsv_text(r, "status", gs_status_info(c->status)->name);
  gsv_digest(r, "package", c->package);
  gsv_number(r, "release", c->release);
  gsv_number(r, "security_version", c->security_version);
  gsv_digest(r, "host_nonce", c->host_nonce);
  print_state(&c->state, r);
}

static enum gs_status check_package(const struct evidence *v, const char *path,
                                    struct gsv_report *r, struct gsv_error *e) {
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gsv_package_digest(path, digest, e);
  if (status == GS_OK && memcmp(digest, v->receipt.package, sizeof digest) != 0) {
    status = gsv_fail(e, GS_E_EXPECT, "the receipt is about another package than this file");
  }
  if (status == GS_OK) {
    gsv_say(r, "the receipt is about this package");
  }
  return status;
}

enum gs_status gsv_receipt(const char *path, const struct gsv_options *o, struct gsv_report *r,
                           struct gsv_error *e) {
  struct evidence v;
  enum gs_status status = read_head(&v, path, "gaprcpt\x01", "receipt", o, r, e);
  if (status == GS_OK) {
    status = gsv_expect_end(&v.file, e);
  }
  gsv_close(&v.file);
  if (status == GS_OK && o->package != NULL) {
    status = check_package(&v, o->package, r, e);
  }
  if (status == GS_OK) {
    print_receipt(&v, r);
  }
  return status;
}

static enum gs_status chain_hash(const uint8_t before[GS_DIGEST_BYTES],
                                 const uint8_t entry[GS_LOG_ENTRY_BYTES],
                                 uint8_t out[GS_DIGEST_BYTES]) {
  static const char context[] = "gapseal:log:v1";
  uint8_t input[sizeof context + GS_DIGEST_BYTES + GS_LOG_CHAINED_BYTES];
  memcpy(input, context, sizeof context);
  memcpy(input + sizeof context, before, GS_DIGEST_BYTES);
  memcpy(input + sizeof context + GS_DIGEST_BYTES, entry, GS_LOG_CHAINED_BYTES);
  return gs_sha256(input, sizeof input, out);
}

static const char *event_text(uint16_t event) {
  switch (event) {
#define EVENT_NAME(number, NAME, name, text) \
  case number:                               \
    return name;
    GS_LOG_EVENTS(EVENT_NAME)
#undef EVENT_NAME
    default:
      return "?";
  }
}

static void keep_entry(const struct gs_log_entry *entry, struct gsv_report *r) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  cJSON *item = cJSON_CreateObject();
  bool whole =
      cJSON_AddNumberToObject(item, "sequence", entry->sequence) != NULL &&
      cJSON_AddNumberToObject(item, "boot_count", entry->boot_count) != NULL &&
      cJSON_AddStringToObject(item, "event", event_text(entry->event)) != NULL &&
      cJSON_AddStringToObject(item, "status", gs_status_info(entry->status)->name) != NULL &&
      cJSON_AddNumberToObject(item, "release", entry->release) != NULL &&
      cJSON_AddNumberToObject(item, "security_version", entry->security_version) != NULL &&
      cJSON_AddNumberToObject(item, "floor", entry->floor) != NULL &&
      cJSON_AddNumberToObject(item, "extra", entry->extra) != NULL &&
      cJSON_AddStringToObject(item, "package",
                              gsv_hex(entry->package, sizeof entry->package, hex)) != NULL;
  r->incomplete = r->incomplete || !whole;
  gsv_append(r, GSV_ENTRIES, item);
}

/* Where the walk along the log stands. */
struct position {
  uint32_t sequence; /* of the entry before; 0: none was read */
  uint8_t chain[GS_DIGEST_BYTES];
};

static enum gs_status read_entry(struct evidence *v, struct position *at, struct gsv_report *r,
                                 struct gsv_error *e) {
  uint8_t bytes[GS_LOG_ENTRY_BYTES];
  uint8_t chain[GS_DIGEST_BYTES];
  struct gs_log_entry entry;
  enum gs_status status = gsv_read(&v->file, bytes, sizeof bytes, e);
  if (status != GS_OK) {
    return status;
  }
  if (!gs_log_entry_decode(bytes, &entry) || entry.sequence == 0) {
    return gsv_fail(e, GS_E_FILE_MALFORMED, "a log entry cannot be read");
  }
  bool first = at->sequence == 0;
  if (!first && entry.sequence != at->sequence + 1) {
    return gsv_fail(e, GS_E_FILE_MALFORMED, "entry %lu follows entry %lu",
                    (unsigned long)entry.sequence, (unsigned long)at->sequence);
  }
  /* What stood before the oldest entry of a wrapped log is gone: its chain is taken as it is,
   * and everything after it is bound to it. */
  if (!first || entry.sequence == 1) {
    if (chain_hash(at->chain, bytes, chain) != GS_OK) {
      return gsv_fail(e, GS_E_INTERNAL, "the cryptographic library failed");
    }
    if (memcmp(chain, entry.chain, sizeof chain) != 0) {
      return gsv_fail(e, GS_E_SIG_BAD, "entry %lu breaks the chain", (unsigned long)entry.sequence);
    }
  } else {
    gsv_say(r,
            "older entries were dropped by the device; entry %lu is the oldest kept, and what "
            "it says is not bound to anything before it",
            (unsigned long)entry.sequence);
  }
  keep_entry(&entry, r);
  at->sequence = entry.sequence;
  memcpy(at->chain, entry.chain, sizeof at->chain);
  return GS_OK;
}

static enum gs_status read_entries(struct evidence *v, struct gsv_report *r, struct gsv_error *e) {
  struct position at = {0};
  uint8_t head[4];
  memcpy(at.chain, v->device_id, sizeof at.chain);
  enum gs_status status = gsv_read(&v->file, head, sizeof head, e);
  uint32_t count = (uint32_t)head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 |
                   (uint32_t)head[3] << 24;
  for (uint32_t i = 0; status == GS_OK && i < count; i++) {
    status = read_entry(v, &at, r, e);
  }
  if (status == GS_OK) {
    status = gsv_expect_end(&v->file, e);
  }
  if (status != GS_OK) {
    return status;
  }
  if (at.sequence != v->receipt.state.log_sequence ||
      (count > 0 && memcmp(at.chain, v->receipt.state.log_head, sizeof at.chain) != 0)) {
    return gsv_fail(e, GS_E_SIG_BAD,
                    "the log does not end at the head that the device signed: the "
                    "newest entries are missing or changed");
  }
  gsv_say(r, "%lu entries form one chain up to the head that the device signed",
          (unsigned long)count);
  return GS_OK;
}

enum gs_status gsv_log(const char *path, const struct gsv_options *o, struct gsv_report *r,
                       struct gsv_error *e) {
  struct evidence v;
  enum gs_status status = read_head(&v, path, "gaplogs\x01", "log", o, r, e);
  if (status == GS_OK && v.receipt.kind != gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE) {
    status = gsv_fail(e, GS_E_FILE_MALFORMED, "its head is not a receipt of the device's state");
  }
  if (status == GS_OK) {
    status = read_entries(&v, r, e);
  }
  gsv_close(&v.file);
  if (status == GS_OK) {
    print_device(&v, r);
    print_state(&v.receipt.state, r);
  }
  return status;
}
