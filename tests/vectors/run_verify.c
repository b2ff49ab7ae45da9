/* SPDX-License-Identifier: Apache-2.0
 * The door of gapseal-verify: each vector in a file, as somebody reads it who was not there.
 * Keyrings stand in keyring files, manifests in packages, receipts and logs in files of their own.
 *
 * usage: run_verify DIR [NAME]
 */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "fixture.h"
#include "fixture_evidence.h"
#include "gapseal/crypto.h"
#include "pem.h"
#include "vector_package.h"
#include "vector_run.h"
#include "verify.h"

static char directory[256];

static const char *path_of(const char *name, char out[320]) {
  (void)snprintf(out, 320, "%s/%s", directory, name);
  return out;
}

/* Of a manifest, and of a keyring in a file, whatever device it meets. */
static enum gs_status expect(const struct vector *v) {
  if (v->verifier.differs) {
    return v->verifier.status;
  }
  return v->object != VECTOR_MANIFEST || vector_needs_no_device(v->expect) ? v->expect : GS_OK;
}

/* Another word than the other doors' is another refusal; only what nobody can see afterwards may
 * pass. */
static void want_excuse(const struct vector *v, struct vector_result *r) {
  if (v->verifier.differs && v->verifier.status == GS_OK && v->expect != GS_E_NONCE) {
    vector_wrong(r, "the verifier may not take this");
  }
}

static void write_bytes(const char *path, const uint8_t *data, size_t len) {
  FILE *f = fopen(path, "wb");
  fixture_must(f != NULL && fwrite(data, 1, len, f) == len && fclose(f) == 0, "write a file");
}

/* A receipt of the device that a statement is about, where it can be read. */
static size_t receipt_for(const struct vector *v, uint8_t *out, size_t cap) {
  static const enum test_key device = TEST_KEY_DEVICE;
  struct gs_signed statement;
  gapseal_v1_Identity identity;
  gapseal_v1_Receipt receipt = fixture_receipt();
  uint8_t body[gapseal_v1_Receipt_size];
  if (gs_signed_parse(v->bytes, v->len, &statement) == GS_OK &&
      gs_identity_decode(statement.body, statement.body_len, &identity) == GS_OK) {
    memcpy(receipt.facts.serial, identity.serial, sizeof receipt.facts.serial);
  }
  size_t len = gs_receipt_encode(&receipt, body, sizeof body);
  return fixture_sign(GS_OBJECT_RECEIPT, body, len, &device, 1, out, cap);
}

/* A receipt file; around a statement with a good receipt in it. */
static void write_receipt(const char *path, const struct vector *v) {
  static uint8_t file[4u * VECTOR_OBJECT_MAX], receipt[VECTOR_OBJECT_MAX];
  bool statement = v->object == VECTOR_IDENTITY;
  size_t receipt_len = statement ? receipt_for(v, receipt, sizeof receipt) : v->len;
  struct gs_writer w = gs_writer_init(file, sizeof file);
  gs_write_bytes(&w, "gaprcpt\x01", 8);
  gs_write_u32(&w, (uint32_t)(statement ? v->len : v->identity_len));
  gs_write_bytes(&w, statement ? v->bytes : v->identity, statement ? v->len : v->identity_len);
  gs_write_u32(&w, (uint32_t)receipt_len);
  gs_write_bytes(&w, statement ? receipt : v->bytes, receipt_len);
  fixture_must(!w.failed, "receipt file");
  write_bytes(path, file, w.used);
}

static void write_maker(const char *path) {
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  char why[256];
  fixture_public_key(TEST_KEY_MAKER, key);
  fixture_must(gsh_pem_write_public(path, key, why, sizeof why) == GS_OK, why);
}

static enum gs_status read_package(const struct vector *v, struct gsv_report *report,
                                   struct gsv_error *e) {
  char package[320], keyring[320];
  const struct package_keys keys = {.count = 1, .items = {v->keyring}, .lens = {v->keyring_len}};
  const struct gsv_options options = {.keyring = path_of("vector.gsk", keyring)};
  vector_keyring_file_write(keyring, &keys);
  vector_package_write(path_of("vector.gsp", package), v->bytes, v->len, &keys);
  return gsv_package(package, &options, report, e);
}

static enum gs_status read_keyring(const struct vector *v, struct gsv_error *e) {
  static struct gsv_keyring found;
  char path[320];
  size_t len = 0;
  struct package_keys keys = {.count = 0};
  if (v->object == VECTOR_KEYRING_LINK) {
    keys.items[0] = v->keyring;
    keys.lens[0] = v->keyring_len;
    keys.count = 1;
  }
  keys.items[keys.count] = v->bytes;
  keys.lens[keys.count] = v->len;
  keys.count++;
  vector_keyring_file_write(path_of("vector.gsk", path), &keys);
  return gsv_keyring_file(path, &found, &len, e);
}

static enum gs_status read_evidence(const struct vector *v, struct gsv_report *report,
                                    struct gsv_error *e) {
  char path[320], maker[320];
  const struct gsv_options options = {.maker = path_of("maker.pem", maker)};
  if (v->object == VECTOR_LOG) {
    write_bytes(path_of("vector.gsl", path), v->bytes, v->len);
    return gsv_log(path, &options, report, e);
  }
  write_receipt(path_of("vector.gsr", path), v);
  return gsv_receipt(path, &options, report, e);
}

static void judge(const struct vector *v, struct vector_result *r) {
  struct gsv_report report = {.json = cJSON_CreateObject()};
  struct gsv_error e = {.status = GS_OK};
  want_excuse(v, r);
  if (v->object == VECTOR_MANIFEST) {
    r->got = read_package(v, &report, &e);
  } else if (v->object == VECTOR_KEYRING || v->object == VECTOR_KEYRING_LINK) {
    r->got = read_keyring(v, &e);
  } else {
    r->got = read_evidence(v, &report, &e);
  }
  if (r->got != GS_OK && (e.status != r->got || e.what[0] == '\0')) {
    vector_wrong(r, "the refusal does not say why");
  }
  cJSON_Delete(report.json);
}

int main(int argc, char **argv) {
  static const struct vector_door verifier = {
      .id = VECTOR_DOOR_VERIFIER, .name = "verifier", .expect = expect, .judge = judge};
  static const char *const names[] = {"vector.gsp", "vector.gsk", "vector.gsr", "vector.gsl",
                                      "maker.pem"};
  const char *base = getenv("TMPDIR");
  char path[320];
  int n = snprintf(directory, sizeof directory, "%s/gapseal-verifier.XXXXXX",
                   base == NULL || base[0] == '\0' ? "/tmp" : base);
  if (n <= 0 || (size_t)n >= sizeof directory || mkdtemp(directory) == NULL) {
    (void)fprintf(stderr, "%s: no directory for files\n", argv[0]);
    return 2;
  }
  fixture_must(gs_crypto_init() == GS_OK, "cryptography");
  write_maker(path_of("maker.pem", path));
  int code = vector_run(&verifier, argc, argv);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    (void)remove(path_of(names[i], path));
  }
  (void)rmdir(directory);
  return code;
}
