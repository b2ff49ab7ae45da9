/* SPDX-License-Identifier: Apache-2.0
 * Receipt files, at the host library's reader and at gapseal-verify's: they take the same files.
 * Log files, at gapseal-verify's: what is taken is an unbroken chain up to the signed head. Texts
 * from either may be shown. The mutator signs and chains again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "evidence.h"
#include "fuzz.h"
#include "fuzz_sign.h"
#include "gapseal/crypto.h"
#include "gapseal/host.h"
#include "log_entry.h"
#include "pem.h"
#include "verify.h"

#define MAGIC_BYTES 8u
#define FILE_MAX 32768u
#define MAKER_FILE 1u

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

static const char receipt_magic[] = "gaprcpt\x01";
static const char log_magic[] = "gaplogs\x01";
static struct gsh *host;
static char maker_path[128];

void fuzz_start(void) {
  static char config_dir[128];
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  char why[128];
  struct gsh_why gsh_why;
  struct gsh_trust_item item;
  bool fresh;
  fuzz_sign_start();
  fixture_public_key(TEST_KEY_MAKER, key);
  (void)snprintf(config_dir, sizeof config_dir, "%s/config", fuzz_dir());
  (void)snprintf(maker_path, sizeof maker_path, "%s/maker.pem", fuzz_dir());
  FUZZ_MUST(gsh_pem_write_public(maker_path, key, why, sizeof why) == GS_OK);
  static struct gsh_config config;
  config.config_dir = config_dir;
  config.state_dir = config_dir;
  FUZZ_MUST(gsh_open(&config, &host, &gsh_why) == GSH_OK);
  FUZZ_MUST(gsh_trust_add(host, maker_path, &item, &fresh, &gsh_why) == GSH_OK);
}

/* -- what the readers say --------------------------------------------------------------------- */

static void check_device(const struct gsh_device_info *d) {
  const char *const texts[] = {d->serial,          d->name,      d->slot[0].version,
                               d->slot[1].version, d->state,     d->policy,
                               d->slot_model,      d->lifecycle, d->key_protection};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    FUZZ_MUST(texts[i] != NULL && fuzz_text_safe(texts[i]));
  }
}

static enum gs_status by_host(const char *path) {
  struct gsh_receipt_info info;
  struct gsh_why why;
  unsigned status = gsh_receipt_read(host, path, &info, &why);
  FUZZ_MUST(why.status == status && fuzz_text_safe(why.what) && fuzz_text_safe(why.next_step));
  FUZZ_MUST(fuzz_text_safe(why.expected) && fuzz_text_safe(why.got));
  if (info.signature_holds) {
    check_device(&info.device);
    FUZZ_MUST(fuzz_text_safe(info.kind) && fuzz_text_safe(info.operation));
  }
  FUZZ_MUST(status != GSH_OK || (info.signature_holds && info.maker_trusted));
  return (enum gs_status)status;
}

static enum gs_status by_verifier(const char *path, bool log, cJSON **json) {
  const struct gsv_options options = {.maker = maker_path};
  struct gsv_report report = {.json = cJSON_CreateObject()};
  struct gsv_error e = {.status = GS_OK};
  enum gs_status status =
      log ? gsv_log(path, &options, &report, &e) : gsv_receipt(path, &options, &report, &e);
  FUZZ_MUST(status == GS_OK || (e.what[0] != '\0' && fuzz_text_safe(e.what)));
  FUZZ_MUST(!report.incomplete);
  *json = report.json;
  return status;
}

static void check_printed(const cJSON *item) {
  for (; item != NULL; item = item->next) {
    FUZZ_MUST(!cJSON_IsString(item) || fuzz_text_safe(item->valuestring));
    check_printed(item->child);
  }
}

/* -- a file taken apart ----------------------------------------------------------------------- */

struct parts {
  uint8_t envelope[2][GSH_ENVELOPE_MAX];
  size_t len[2]; /* identity, receipt */
  const uint8_t *rest;
  size_t rest_len; /* of a log: count and entries */
};

static bool split(const uint8_t *data, size_t len, struct parts *p) {
  struct gs_reader r = gs_reader_init(data, len);
  (void)gs_read_view(&r, MAGIC_BYTES);
  for (size_t i = 0; i < 2; i++) {
    size_t n = gs_read_u32(&r);
    const uint8_t *at = n <= GSH_ENVELOPE_MAX ? gs_read_view(&r, n) : NULL;
    if (at == NULL) {
      return false;
    }
    memcpy(p->envelope[i], at, n);
    p->len[i] = n;
  }
  p->rest = r.at;
  p->rest_len = r.left;
  return !r.failed;
}

static size_t join(const struct parts *p, bool log, uint8_t *out, size_t cap) {
  struct gs_writer w = gs_writer_init(out, cap);
  gs_write_bytes(&w, log ? log_magic : receipt_magic, MAGIC_BYTES);
  for (size_t i = 0; i < 2; i++) {
    gs_write_u32(&w, (uint32_t)p->len[i]);
    gs_write_bytes(&w, p->envelope[i], p->len[i]);
  }
  if (p->rest_len > 0) {
    gs_write_bytes(&w, p->rest, p->rest_len);
  }
  return w.failed ? 0 : w.used;
}

/* An accepted log, walked along again. */
static void check_log(const uint8_t *data, size_t len) {
  static struct parts p;
  struct gs_signed s;
  gapseal_v1_Receipt receipt;
  uint8_t chain[GS_DIGEST_BYTES];
  struct gs_log_entry entry = {.sequence = 0};
  FUZZ_MUST(split(data, len, &p) && p.rest_len >= 4);
  FUZZ_MUST(gs_signed_parse(p.envelope[1], p.len[1], &s) == GS_OK);
  FUZZ_MUST(gs_receipt_decode(s.body, s.body_len, &receipt) == GS_OK);
  FUZZ_MUST(receipt.kind == gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE);
  struct gs_reader r = gs_reader_init(p.rest, p.rest_len);
  uint32_t count = gs_read_u32(&r);
  FUZZ_MUST(r.left == (size_t)count * GS_LOG_ENTRY_BYTES);
  memcpy(chain, receipt.device_id, sizeof chain);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *at = gs_read_view(&r, GS_LOG_ENTRY_BYTES);
    uint32_t before = entry.sequence;
    FUZZ_MUST(gs_log_entry_decode(at, &entry));
    FUZZ_MUST(i == 0 ? entry.sequence >= 1 : entry.sequence == before + 1u);
    if (i > 0 || entry.sequence == 1) {
      FUZZ_MUST(gsh_log_chain(chain, at, chain) == GS_OK);
      FUZZ_MUST(memcmp(chain, entry.chain, sizeof chain) == 0);
    }
    memcpy(chain, entry.chain, sizeof chain);
  }
  FUZZ_MUST(receipt.state.log_sequence == entry.sequence);
  FUZZ_MUST(count == 0 || memcmp(receipt.state.log_head, entry.chain, sizeof chain) == 0);
}

void fuzz_one(const uint8_t *data, size_t len) {
  const char *path = fuzz_file(0, data, len);
  bool log = len >= MAGIC_BYTES && memcmp(data, log_magic, MAGIC_BYTES) == 0;
  cJSON *json = NULL;
  enum gs_status verifier = by_verifier(path, log, &json);
  if (log && verifier == GS_OK) {
    check_log(data, len);
  }
  if (!log) {
    enum gs_status status = by_host(path);
    if ((status == GS_OK) != (verifier == GS_OK)) {
      (void)fprintf(stderr, "host: %s; gapseal-verify: %s\n", gs_status_info(status)->name,
                    gs_status_info(verifier)->name);
    }
    FUZZ_MUST((status == GS_OK) == (verifier == GS_OK));
  }
  check_printed(json);
  cJSON_Delete(json);
}

/* -- the mutator ------------------------------------------------------------------------------ */

/* The entries' chain from its start, and the receipt's word on its end. */
static void chain_again(struct parts *p, uint8_t rest[FILE_MAX]) {
  static const uint8_t none[GS_DIGEST_BYTES];
  struct gs_signed s;
  gapseal_v1_Receipt receipt;
  uint8_t body[gapseal_v1_Receipt_size];
  uint8_t out[GSH_ENVELOPE_MAX];
  const uint8_t *chain = none;
  if (gs_signed_parse(p->envelope[1], p->len[1], &s) != GS_OK ||
      gs_receipt_decode(s.body, s.body_len, &receipt) != GS_OK || p->rest_len > FILE_MAX) {
    return;
  }
  chain = receipt.device_id;
  memcpy(rest, p->rest, p->rest_len);
  for (size_t at = 4; p->rest_len >= 4 && p->rest_len - at >= GS_LOG_ENTRY_BYTES;
       at += GS_LOG_ENTRY_BYTES) {
    uint8_t next[GS_DIGEST_BYTES];
    struct gs_log_entry entry;
    FUZZ_MUST(gsh_log_chain(chain, rest + at, next) == GS_OK);
    memcpy(rest + at + GS_LOG_CHAINED_BYTES, next, sizeof next);
    chain = rest + at + GS_LOG_CHAINED_BYTES;
    (void)gs_log_entry_decode(rest + at, &entry);
    receipt.state.log_sequence = entry.sequence;
    memcpy(receipt.state.log_head, entry.chain, sizeof entry.chain);
  }
  size_t body_len = gs_receipt_encode(&receipt, body, sizeof body);
  size_t n =
      fuzz_sign_body(GS_OBJECT_RECEIPT, p->envelope[1], p->len[1], body, body_len, out, sizeof out);
  if (n > 0) {
    memcpy(p->envelope[1], out, n);
    p->len[1] = n;
  }
  p->rest = rest;
}

static void change_body(struct parts *p, size_t i, enum gs_object_type type) {
  static uint8_t body[GSH_ENVELOPE_MAX];
  static uint8_t out[GSH_ENVELOPE_MAX];
  struct gs_signed s;
  if (gs_signed_parse(p->envelope[i], p->len[i], &s) != GS_OK) {
    return;
  }
  memcpy(body, s.body, s.body_len);
  size_t n = LLVMFuzzerMutate(body, s.body_len, sizeof body / 2u);
  n = fuzz_sign_body(type, p->envelope[i], p->len[i], body, n, out, sizeof out);
  if (n > 0) {
    memcpy(p->envelope[i], out, n);
    p->len[i] = n;
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed) {
  static struct parts p;
  static uint8_t rest[FILE_MAX];
  static uint8_t changed[FILE_MAX];
  static uint8_t out[2u * FILE_MAX];
  if (seed % 4u == 0 || size > FILE_MAX || !split(data, size, &p)) {
    return LLVMFuzzerMutate(data, size, max);
  }
  bool log = memcmp(data, log_magic, MAGIC_BYTES) == 0;
  switch (seed / 4u % 3u) {
    case 0:
      change_body(&p, 0, GS_OBJECT_IDENTITY);
      break;
    case 1:
      change_body(&p, 1, GS_OBJECT_RECEIPT);
      break;
    default:
      memcpy(changed, p.rest, p.rest_len);
      p.rest_len = LLVMFuzzerMutate(changed, p.rest_len, FILE_MAX / 2u);
      p.rest = changed;
      break;
  }
  if (log && seed / 16u % 4u != 0) {
    chain_again(&p, rest);
  }
  size_t n = join(&p, log, out, sizeof out);
  if (n == 0 || n > max) {
    return LLVMFuzzerMutate(data, size, max);
  }
  memcpy(data, out, n);
  return n;
}

/* -- seeds ------------------------------------------------------------------------------------ */

static void fill_facts(gapseal_v1_DeviceFacts *f) {
  gs_fields_all_present(&gapseal_v1_DeviceFacts_msg, f);
  memcpy(f->serial, "0042-1187", sizeof "0042-1187");
  memcpy(f->product, fixture_product, GS_ID_BYTES);
  memcpy(f->hardware, fixture_hardware, GS_ID_BYTES);
  f->slot_model = gapseal_v1_SlotModel_SLOT_MODEL_SAME_ADDRESS;
  f->lifecycle = gapseal_v1_Lifecycle_LIFECYCLE_PRODUCTION;
  f->key_protection = gapseal_v1_KeyProtection_KEY_PROTECTION_FLASH;
}

static size_t make_identity(uint8_t *out) {
  static const enum test_key maker = TEST_KEY_MAKER;
  gapseal_v1_Identity v = gapseal_v1_Identity_init_zero;
  uint8_t body[gapseal_v1_Identity_size];
  gs_fields_all_present(&gapseal_v1_Identity_msg, &v);
  v.format = 1;
  fixture_public_key(TEST_KEY_DEVICE, v.device_key);
  memcpy(v.serial, "0042-1187", sizeof "0042-1187");
  memcpy(v.product, fixture_product, GS_ID_BYTES);
  memcpy(v.hardware, fixture_hardware, GS_ID_BYTES);
  size_t len = gs_identity_encode(&v, body, sizeof body);
  return fixture_sign(GS_OBJECT_IDENTITY, body, len, &maker, 1, out, GSH_ENVELOPE_MAX);
}

static size_t make_receipt(gapseal_v1_ReceiptKind kind, uint8_t *out) {
  static const enum test_key device = TEST_KEY_DEVICE;
  gapseal_v1_Receipt v = gapseal_v1_Receipt_init_zero;
  uint8_t body[gapseal_v1_Receipt_size];
  gs_fields_all_present(&gapseal_v1_Receipt_msg, &v);
  v.format = 1;
  v.kind = kind;
  fixture_key_id(TEST_KEY_DEVICE, v.device_id);
  fill_facts(&v.facts);
  gapseal_v1_DeviceState *s = &v.state;
  gs_fields_all_present(&gapseal_v1_DeviceState_msg, s);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_a);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_b);
  s->state = gapseal_v1_State_STATE_READY;
  s->running = gapseal_v1_Running_RUNNING_APPLICATION;
  s->policy = gapseal_v1_Policy_POLICY_OPEN;
  s->slot_a.present = true;
  size_t len = gs_receipt_encode(&v, body, sizeof body);
  return fixture_sign(GS_OBJECT_RECEIPT, body, len, &device, 1, out, GSH_ENVELOPE_MAX);
}

void fuzz_seeds(void) {
  static struct parts p;
  static uint8_t out[FILE_MAX];
  static uint8_t rest[FILE_MAX];
  uint8_t entries[4u + 3u * GS_LOG_ENTRY_BYTES] = {3};
  p.len[0] = make_identity(p.envelope[0]);
  p.len[1] = make_receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME, p.envelope[1]);
  fuzz_seed("receipt", out, join(&p, false, out, sizeof out));
  p.len[1] = make_receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE, p.envelope[1]);
  for (uint32_t i = 0; i < 3; i++) {
    const struct gs_log_entry e = {.sequence = i + 1u, .event = (uint16_t)(i + 1u), .floor = i};
    gs_log_entry_encode(&e, entries + 4u + i * GS_LOG_ENTRY_BYTES);
  }
  p.rest = entries;
  p.rest_len = sizeof entries;
  chain_again(&p, rest);
  fuzz_seed("log", out, join(&p, true, out, sizeof out));
}
