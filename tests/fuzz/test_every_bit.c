/* SPDX-License-Identifier: Apache-2.0
 * The signed objects and the files that hold them, swept by every_bit. Argument: which group, so
 * that the groups may run at once. Objects that no reader takes yet (orders, catalogues) are not
 * here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "every_bit.h"
#include "gapseal/host.h"
#include "ident.h"
#include "keyring_file.h"
#include "log_entry.h"
#include "package.h"
#include "package_layout.h"
#include "pem.h"
#include "vector_device.h"
#include "verify.h"

#define OBJECT_MAX 2048u
#define FILE_MAX 6144u
#define IMAGE_BYTES 600u
#define BLOCK_BYTES 256u
#define ENTRIES 3u

enum { FILE_OBJECT, FILE_KEYRING };

static struct vector_device device; /* runs the fixture's running image */
static uint8_t keyring_1[OBJECT_MAX], keyring_2[OBJECT_MAX];
static size_t keyring_1_len, keyring_2_len;
static struct gs_keyring ring_1;
static const uint8_t *ring_1_body;
static size_t ring_1_body_len;
static const char *keyring_path; /* of keyring 1 alone */

static void must(enum gs_status status, const char *what) {
  fixture_must(status == GS_OK, what);
}

static size_t keyring_file(const uint8_t *first, size_t first_len, const uint8_t *second,
                           size_t second_len, uint8_t out[FILE_MAX]) {
  struct gs_writer w = gs_writer_init(out, FILE_MAX);
  gs_write_bytes(&w, "gapkeys\x01", 8);
  gs_write_u32(&w, (uint32_t)first_len);
  gs_write_bytes(&w, first, first_len);
  if (second != NULL) {
    gs_write_u32(&w, (uint32_t)second_len);
    gs_write_bytes(&w, second, second_len);
  }
  fixture_must(!w.failed, "a keyring file is too long");
  return w.used;
}

static void make_keyrings(void) {
  static uint8_t file[FILE_MAX];
  struct gs_signed s;
  keyring_1_len = fixture_keyring_envelope(1, keyring_1, sizeof keyring_1);
  keyring_2_len = fixture_keyring_envelope(2, keyring_2, sizeof keyring_2);
  must(gs_signed_parse(keyring_1, keyring_1_len, &s), "keyring");
  must(gs_verify_keyring(keyring_1, keyring_1_len, &ring_1), "keyring");
  ring_1_body = s.body;
  ring_1_body_len = s.body_len;
  keyring_path =
      bit_file(FILE_KEYRING, file, keyring_file(keyring_1, keyring_1_len, NULL, 0, file));
}

/* -- packages ------------------------------------------------------------------------------------
 */

struct package {
  uint8_t envelope[OBJECT_MAX];
  size_t envelope_len;
  uint8_t table[IMAGE_BYTES];
  size_t table_len;
  uint8_t image[IMAGE_BYTES];
};
static struct package package;

static void make_package(void) {
  static const enum test_key release = TEST_KEY_RELEASE_1;
  struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX];
  fixture_manifest(&f, 1);
  fixture_describe_image(&f, 0, 8, IMAGE_BYTES, BLOCK_BYTES);
  fixture_image(8, package.image, IMAGE_BYTES);
  struct gs_table_shape shape = gs_manifest_table(&f.m, 0);
  package.table_len = fixture_page(package.image, &shape, BLOCK_BYTES, 0, package.table);
  size_t len = fixture_manifest_body(&f, body);
  package.envelope_len = fixture_sign(GS_OBJECT_MANIFEST, body, len, &release, 1, package.envelope,
                                      sizeof package.envelope);
}

/* The package with this envelope. *at: where the envelope is, and then the keyring. */
static size_t package_file(const uint8_t *envelope, size_t len, uint8_t out[FILE_MAX],
                           size_t at[2]) {
  struct gs_writer w = gs_writer_init(out, FILE_MAX);
  gs_write_bytes(&w, GS_PACKAGE_MAGIC, GS_PACKAGE_MAGIC_BYTES);
  gs_package_header_write(&w, GS_PACKAGE_MANIFEST, len);
  at[0] = w.used;
  if (len > 0) {
    gs_write_bytes(&w, envelope, len);
  }
  gs_package_header_write(&w, GS_PACKAGE_KEYRINGS, keyring_1_len + 4u);
  gs_write_u32(&w, (uint32_t)keyring_1_len);
  at[1] = w.used;
  gs_write_bytes(&w, keyring_1, keyring_1_len);
  gs_package_header_write(&w, GS_PACKAGE_ABOUT, strlen(fixture_about));
  gs_write_bytes(&w, fixture_about, strlen(fixture_about));
  gs_package_header_write(&w, GS_PACKAGE_ATTACHMENTS, 0);
  gs_package_header_write(&w, GS_PACKAGE_PAGES, package.table_len);
  gs_write_bytes(&w, package.table, package.table_len);
  gs_package_header_write(&w, GS_PACKAGE_DATA, IMAGE_BYTES);
  gs_write_bytes(&w, package.image, IMAGE_BYTES);
  fixture_must(!w.failed, "a package is too long");
  return w.used;
}

static bool package_by_host(const uint8_t *data, size_t len) {
  const uint8_t *envelopes[] = {keyring_1};
  struct gsh_package *p = NULL;
  struct gsh_judgement judgement;
  struct gsh_error err;
  enum gs_status status = gsh_package_open(bit_file(FILE_OBJECT, data, len), &p, &err);
  if (status == GS_OK) {
    status = gsh_package_judge(p, envelopes, &keyring_1_len, 1, &judgement, &err);
  }
  if (status == GS_OK) {
    status = gsh_package_verify(p, NULL, NULL, &err);
  }
  gsh_package_close(p);
  return status == GS_OK;
}

static bool package_by_verifier(const uint8_t *data, size_t len) {
  const struct gsv_options options = {.keyring = keyring_path};
  struct gsv_report report = {.json = cJSON_CreateObject()};
  struct gsv_error e;
  enum gs_status status = gsv_package(bit_file(FILE_OBJECT, data, len), &options, &report, &e);
  cJSON_Delete(report.json);
  return status == GS_OK;
}

static bool manifest_by_policy(const uint8_t *data, size_t len) {
  struct gs_manifest m;
  uint8_t digest[GS_DIGEST_BYTES];
  bool recovery;
  return gs_verify_manifest(data, len, &ring_1, false, &m, digest, &recovery) == GS_OK;
}

static bool manifest_by_engine(const uint8_t *data, size_t len) {
  const struct gs_begin_options options = {.door = GS_DOOR_WIRE};
  struct gs_verdict verdict;
  return gs_engine_check(&device.engine, data, len, &options, &verdict) == GS_OK;
}

static bool manifest_by_host(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  size_t at[2];
  return package_by_host(file, package_file(data, len, file, at));
}

static bool manifest_by_verifier(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  size_t at[2];
  return package_by_verifier(file, package_file(data, len, file, at));
}

static bool sweep_packages(void) {
  static uint8_t file[FILE_MAX];
  size_t at[2];
  make_package();
  const struct bit_object manifest = {"manifest",
                                      package.envelope,
                                      package.envelope_len,
                                      {{"policy", manifest_by_policy},
                                       {"engine", manifest_by_engine},
                                       {"host library", manifest_by_host},
                                       {"gapseal-verify", manifest_by_verifier}},
                                      {{0, 0}},
                                      0};
  bool ok = every_bit(&manifest);
  size_t len = package_file(package.envelope, package.envelope_len, file, at);
  const struct bit_object whole = {
      "package file",
      file,
      len,
      {{"host library", package_by_host}, {"gapseal-verify", package_by_verifier}},
      {{at[0], package.envelope_len}},
      0};
  return every_bit(&whole) && ok;
}

/* -- keyrings ------------------------------------------------------------------------------------
 */

static bool keyrings_by_host(const uint8_t *data, size_t len) {
  struct gsh_keyring_file file;
  struct gsh_error err;
  bool taken = gsh_keyring_file_open(bit_file(FILE_OBJECT, data, len), &file, &err) == GS_OK;
  if (taken) {
    gsh_keyring_file_close(&file);
  }
  return taken;
}

static bool keyrings_by_verifier(const uint8_t *data, size_t len) {
  static struct gsv_keyring newest;
  struct gsv_error e;
  size_t newest_len;
  return gsv_keyring_file(bit_file(FILE_OBJECT, data, len), &newest, &newest_len, &e) == GS_OK;
}

static bool first_by_policy(const uint8_t *data, size_t len) {
  struct gs_keyring k;
  return gs_verify_keyring(data, len, &k) == GS_OK;
}

/* A device without records stores what it takes: it is made anew where one was. */
static bool first_by_engine(const uint8_t *data, size_t len) {
  static struct vector_device blank;
  if (blank.flash == NULL) {
    struct gs_policy_device facts;
    fixture_device(&facts);
    vector_device_blank(&blank, &facts);
  }
  bool taken = gs_engine_provision(&blank.engine, data, len, 3) == GS_OK;
  if (taken) {
    vector_device_free(&blank);
  }
  return taken;
}

static bool first_by_host(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  return keyrings_by_host(file, keyring_file(data, len, NULL, 0, file));
}

static bool first_by_verifier(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  return keyrings_by_verifier(file, keyring_file(data, len, NULL, 0, file));
}

static bool next_by_policy(const uint8_t *data, size_t len) {
  struct gs_keyring k;
  return gs_verify_keyring_link(&ring_1, ring_1_body, ring_1_body_len, data, len, &k) == GS_OK;
}

static bool next_by_engine(const uint8_t *data, size_t len) {
  bool taken = gs_engine_link(&device.engine, data, len) == GS_OK;
  gs_engine_unlink(&device.engine);
  return taken;
}

static bool next_by_host(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  return keyrings_by_host(file, keyring_file(keyring_1, keyring_1_len, data, len, file));
}

static bool next_by_verifier(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  return keyrings_by_verifier(file, keyring_file(keyring_1, keyring_1_len, data, len, file));
}

static bool sweep_first_keyring(void) {
  const struct bit_object first = {"first keyring",
                                   keyring_1,
                                   keyring_1_len,
                                   {{"policy", first_by_policy},
                                    {"engine", first_by_engine},
                                    {"host library", first_by_host},
                                    {"gapseal-verify", first_by_verifier}},
                                   {{0, 0}},
                                   0};
  return every_bit(&first);
}

static bool sweep_next_keyring(void) {
  static uint8_t file[FILE_MAX];
  const struct bit_object next = {"next keyring",
                                  keyring_2,
                                  keyring_2_len,
                                  {{"policy", next_by_policy},
                                   {"engine", next_by_engine},
                                   {"host library", next_by_host},
                                   {"gapseal-verify", next_by_verifier}},
                                  {{0, 0}},
                                  0};
  bool ok = every_bit(&next);
  size_t len = keyring_file(keyring_1, keyring_1_len, keyring_2, keyring_2_len, file);
  /* Cut right behind its first keyring it is a file of one. */
  const struct bit_object chain = {
      "keyring file of two",
      file,
      len,
      {{"host library", keyrings_by_host}, {"gapseal-verify", keyrings_by_verifier}},
      {{12, keyring_1_len}, {16 + keyring_1_len, keyring_2_len}},
      12 + keyring_1_len};
  return every_bit(&chain) && ok;
}

/* -- evidence ------------------------------------------------------------------------------------
 */

static uint8_t identity[OBJECT_MAX], ident[OBJECT_MAX], receipt[OBJECT_MAX], head[OBJECT_MAX];
static size_t identity_len, ident_len, receipt_len, head_len;
static uint8_t entries[ENTRIES * GS_LOG_ENTRY_BYTES];
static uint8_t host_nonce[GS_HOST_NONCE_BYTES] = {0x4e};
static struct gsh_maker maker;
static struct gsh_identity known;
static gapseal_v1_HelloReply hello;
static struct gsh *host;
static char maker_path[128];

static size_t sign_by(enum test_key key, enum gs_object_type type, const uint8_t *body, size_t len,
                      uint8_t out[OBJECT_MAX]) {
  return fixture_sign(type, body, len, &key, 1, out, OBJECT_MAX);
}

static void make_identity(void) {
  struct gsh_error err;
  identity_len = device.facts.statement_len;
  memcpy(identity, device.facts.statement, identity_len);
  fixture_public_key(TEST_KEY_MAKER, maker.key);
  fixture_key_id(TEST_KEY_MAKER, maker.id);
  const struct gsh_makers makers = {&maker, 1};
  must(gsh_identity_verify(identity, identity_len, &makers, &known, &err), "identity");
}

static void make_ident(void) {
  gapseal_v1_Ident v = gapseal_v1_Ident_init_zero;
  uint8_t body[gapseal_v1_Ident_size];
  gs_fields_all_present(&gapseal_v1_Ident_msg, &v);
  v.format = 1;
  memcpy(v.device_id, known.device_id, sizeof v.device_id);
  memcpy(v.host_nonce, host_nonce, sizeof v.host_nonce);
  gs_engine_facts(&device.engine, &v.facts);
  gs_engine_state(&device.engine, &v.state);
  size_t len = gs_ident_encode(&v, body, sizeof body);
  ident_len = sign_by(TEST_KEY_DEVICE, GS_OBJECT_IDENT, body, len, ident);
  memcpy(hello.serial, known.fields.serial, sizeof known.fields.serial);
  hello.product.size = GS_ID_BYTES;
  memcpy(hello.product.bytes, known.fields.product, GS_ID_BYTES);
}

static void make_receipt(gapseal_v1_ReceiptKind kind, const struct gs_log_entry *last,
                         uint8_t out[OBJECT_MAX], size_t *out_len) {
  gapseal_v1_Receipt v = gapseal_v1_Receipt_init_zero;
  uint8_t body[gapseal_v1_Receipt_size];
  gs_fields_all_present(&gapseal_v1_Receipt_msg, &v);
  v.format = 1;
  v.kind = kind;
  memcpy(v.device_id, known.device_id, sizeof v.device_id);
  memcpy(v.host_nonce, host_nonce, sizeof v.host_nonce);
  gs_engine_facts(&device.engine, &v.facts);
  gs_engine_state(&device.engine, &v.state);
  if (last != NULL) {
    v.state.log_sequence = last->sequence;
    memcpy(v.state.log_head, last->chain, sizeof last->chain);
  }
  size_t len = gs_receipt_encode(&v, body, sizeof body);
  *out_len = sign_by(TEST_KEY_DEVICE, GS_OBJECT_RECEIPT, body, len, out);
}

static void make_log(void) {
  static const char context[] = "gapseal:log:v1";
  struct gs_log_entry e;
  uint8_t chain[GS_DIGEST_BYTES];
  memcpy(chain, known.device_id, sizeof chain);
  memset(&e, 0, sizeof e);
  for (uint32_t i = 0; i < ENTRIES; i++) {
    uint8_t *at = entries + i * GS_LOG_ENTRY_BYTES;
    struct gs_sha256 h;
    e.sequence = i + 1u;
    e.event = GS_LOG_BEGIN;
    gs_log_entry_encode(&e, at);
    fixture_must(gs_sha256_start(&h) == GS_OK &&
                     gs_sha256_add(&h, context, sizeof context) == GS_OK &&
                     gs_sha256_add(&h, chain, sizeof chain) == GS_OK &&
                     gs_sha256_add(&h, at, GS_LOG_CHAINED_BYTES) == GS_OK &&
                     gs_sha256_finish(&h, chain) == GS_OK,
                 "chain");
    memcpy(e.chain, chain, sizeof chain);
    gs_log_entry_encode(&e, at);
  }
  make_receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE, &e, head, &head_len);
}

static void open_host(void) {
  static char dir[] = "/tmp/gapseal-bits.XXXXXX";
  static struct gsh_config config = {.config_dir = dir, .state_dir = dir};
  struct gsh_why why;
  struct gsh_trust_item item;
  char text[128];
  bool fresh;
  fixture_must(mkdtemp(dir) != NULL && gsh_open(&config, &host, &why) == GSH_OK, "host library");
  (void)snprintf(maker_path, sizeof maker_path, "%s/maker.pem", dir);
  must(gsh_pem_write_public(maker_path, maker.key, text, sizeof text), "maker's key");
  fixture_must(gsh_trust_add(host, maker_path, &item, &fresh, &why) == GSH_OK, "trust");
}

static void close_host(void) {
  char command[256];
  gsh_close(host);
  (void)snprintf(command, sizeof command, "rm -rf \"$(dirname '%s')\"", maker_path);
  fixture_must(system(command) == 0, "removing a directory");
}

static size_t evidence_file(const char *magic, const uint8_t *first, size_t first_len,
                            const uint8_t *second, size_t second_len, uint8_t out[FILE_MAX]) {
  struct gs_writer w = gs_writer_init(out, FILE_MAX);
  gs_write_bytes(&w, magic, 8);
  gs_write_u32(&w, (uint32_t)first_len);
  gs_write_bytes(&w, first, first_len);
  gs_write_u32(&w, (uint32_t)second_len);
  gs_write_bytes(&w, second, second_len);
  fixture_must(!w.failed, "an evidence file is too long");
  return w.used;
}

static bool receipts_by_host(const uint8_t *data, size_t len) {
  struct gsh_receipt_info info;
  struct gsh_why why;
  return gsh_receipt_read(host, bit_file(FILE_OBJECT, data, len), &info, &why) == GSH_OK;
}

static bool evidence_by_verifier(const uint8_t *data, size_t len, bool log) {
  const struct gsv_options options = {.maker = maker_path};
  struct gsv_report report = {.json = cJSON_CreateObject()};
  struct gsv_error e;
  const char *path = bit_file(FILE_OBJECT, data, len);
  enum gs_status status =
      log ? gsv_log(path, &options, &report, &e) : gsv_receipt(path, &options, &report, &e);
  cJSON_Delete(report.json);
  return status == GS_OK;
}

static bool receipts_by_verifier(const uint8_t *data, size_t len) {
  return evidence_by_verifier(data, len, false);
}

static bool logs_by_verifier(const uint8_t *data, size_t len) {
  return evidence_by_verifier(data, len, true);
}

static bool identity_by_ident(const uint8_t *data, size_t len) {
  const struct gsh_makers makers = {&maker, 1};
  struct gsh_identity found;
  struct gsh_error err;
  return gsh_identity_verify(data, len, &makers, &found, &err) == GS_OK;
}

static bool identity_by_host(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  return receipts_by_host(file,
                          evidence_file("gaprcpt\x01", data, len, receipt, receipt_len, file));
}

static bool identity_by_verifier(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  return receipts_by_verifier(file,
                              evidence_file("gaprcpt\x01", data, len, receipt, receipt_len, file));
}

static bool ident_by_host(const uint8_t *data, size_t len) {
  struct gsh_ident_expectation expected = {.identity = &known, .hello = &hello};
  gapseal_v1_Ident found;
  struct gsh_error err;
  memcpy(expected.host_nonce, host_nonce, sizeof expected.host_nonce);
  return gsh_ident_verify(data, len, &expected, &found, &err) == GS_OK;
}

static bool receipt_by_ident(const uint8_t *data, size_t len) {
  gapseal_v1_Receipt found;
  struct gsh_error err;
  return gsh_receipt_verify(data, len, &known, host_nonce, &found, &err) == GS_OK;
}

static bool receipt_by_host(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  return receipts_by_host(file,
                          evidence_file("gaprcpt\x01", identity, identity_len, data, len, file));
}

static bool receipt_by_verifier(const uint8_t *data, size_t len) {
  static uint8_t file[FILE_MAX];
  return receipts_by_verifier(
      file, evidence_file("gaprcpt\x01", identity, identity_len, data, len, file));
}

static void make_evidence(void) {
  make_identity();
  make_ident();
  make_receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME, NULL, receipt, &receipt_len);
  make_log();
  open_host();
}

static bool sweep_idents(void) {
  make_evidence();
  const struct bit_object of_identity = {"identity",
                                         identity,
                                         identity_len,
                                         {{"host library", identity_by_ident},
                                          {"receipt file, host library", identity_by_host},
                                          {"receipt file, gapseal-verify", identity_by_verifier}},
                                         {{0, 0}},
                                         0};
  const struct bit_object of_ident = {"ident",  ident, ident_len, {{"host library", ident_by_host}},
                                      {{0, 0}}, 0};
  bool ok = every_bit(&of_identity);
  ok = every_bit(&of_ident) && ok;
  close_host();
  return ok;
}

static bool sweep_receipts(void) {
  static uint8_t file[FILE_MAX];
  make_evidence();
  const struct bit_object of_receipt = {"receipt",
                                        receipt,
                                        receipt_len,
                                        {{"host library", receipt_by_ident},
                                         {"receipt file, host library", receipt_by_host},
                                         {"receipt file, gapseal-verify", receipt_by_verifier}},
                                        {{0, 0}},
                                        0};
  bool ok = every_bit(&of_receipt);
  size_t len = evidence_file("gaprcpt\x01", identity, identity_len, receipt, receipt_len, file);
  const struct bit_object of_file = {
      "receipt file",
      file,
      len,
      {{"host library", receipts_by_host}, {"gapseal-verify", receipts_by_verifier}},
      {{12, identity_len}, {16 + identity_len, receipt_len}},
      0};
  ok = every_bit(&of_file) && ok;
  close_host();
  return ok;
}

static bool sweep_log(void) {
  static uint8_t file[FILE_MAX];
  make_evidence();
  size_t len = evidence_file("gaplogs\x01", identity, identity_len, head, head_len, file);
  struct gs_writer w = gs_writer_init(file + len, sizeof file - len);
  gs_write_u32(&w, ENTRIES);
  gs_write_bytes(&w, entries, sizeof entries);
  const struct bit_object log = {
      "log file", file, len + w.used, {{"gapseal-verify", logs_by_verifier}}, {{0, 0}}, 0};
  bool ok = every_bit(&log);
  close_host();
  return ok;
}

static const struct {
  const char *name;
  bool (*sweep)(void);
} groups[] = {{"packages", sweep_packages},         {"first-keyring", sweep_first_keyring},
              {"next-keyring", sweep_next_keyring}, {"idents", sweep_idents},
              {"receipts", sweep_receipts},         {"log", sweep_log}};

int main(int argc, char **argv) {
  const struct vector none = {.has_device = false};
  bool ok = argc > 1;
  must(gs_crypto_init(), "crypto");
  make_keyrings();
  vector_device_make(&device, &none, GS_DOOR_WIRE);
  for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
    if (argc > 1 && strcmp(argv[1], groups[i].name) == 0) {
      ok = groups[i].sweep();
    }
  }
  vector_device_free(&device);
  return ok ? 0 : 1;
}
