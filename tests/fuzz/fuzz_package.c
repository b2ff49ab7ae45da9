/* SPDX-License-Identifier: Apache-2.0
 * Package files, at two doors that share no reader: the host library's and gapseal-verify's. They
 * take the same files, and what they say of a bad one is safe to print.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "package.h"
#include "package_parts.h"
#include "verify.h"

#define KEYRING_FILE 1u

static uint8_t trusted[2048];
static size_t trusted_len;
static const char *keyring_path;

void fuzz_start(void) {
  static uint8_t file[4096];
  fuzz_sign_start();
  trusted_len = fixture_keyring_envelope(1, trusted, sizeof trusted);
  struct gs_writer w = gs_writer_init(file, sizeof file);
  gs_write_bytes(&w, "gapkeys\x01", 8);
  gs_write_u32(&w, (uint32_t)trusted_len);
  gs_write_bytes(&w, trusted, trusted_len);
  keyring_path = fuzz_file(KEYRING_FILE, file, w.used);
}

/* Every page and block, one by one, is what was verified as a whole. */
static void read_blocks(struct gsh_package *p) {
  static uint8_t buf[GS_BLOCK_SIZE_MAX];
  struct gsh_error err;
  const struct gs_manifest *m = gsh_package_manifest(p);
  for (uint32_t v = 0; v < m->fields.variants_count; v++) {
    struct gs_table_shape shape = gs_manifest_table(m, v);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < shape.blocks; i++) {
      size_t len = 0;
      FUZZ_MUST(gsh_package_block(p, v, i, buf, &len, &err) == GS_OK);
      sum += len;
    }
    FUZZ_MUST(sum == m->fields.variants[v].size);
    size_t len;
    FUZZ_MUST(gsh_package_block(p, v, shape.blocks, buf, &len, &err) != GS_OK);
    FUZZ_MUST(gsh_package_page(p, v, shape.pages, buf, &len, &err) != GS_OK);
  }
}

static enum gs_status by_host(const char *path) {
  const uint8_t *envelopes[1] = {trusted};
  struct gsh_package *p = NULL;
  struct gsh_judgement judgement;
  struct gsh_error err = {.status = GS_OK};
  enum gs_status status = gsh_package_open(path, &p, &err);
  FUZZ_MUST((status == GS_OK) == (p != NULL));
  if (status == GS_OK) {
    status = gsh_package_judge(p, envelopes, &trusted_len, 1, &judgement, &err);
    FUZZ_MUST(status != GS_OK || judgement.by_trusted_keyring);
  }
  if (status == GS_OK) {
    status = gsh_package_verify(p, NULL, NULL, &err);
  }
  if (status == GS_OK) {
    read_blocks(p);
  } else {
    FUZZ_MUST(err.status == status && err.what[0] != '\0' && fuzz_text_safe(err.what));
    FUZZ_MUST(fuzz_text_safe(err.next_step) && fuzz_text_safe(err.expected) &&
              fuzz_text_safe(err.got));
  }
  gsh_package_close(p);
  return status;
}

static enum gs_status by_verifier(const char *path) {
  const struct gsv_options options = {.keyring = keyring_path};
  struct gsv_report report = {.json = cJSON_CreateObject()};
  struct gsv_error err = {.status = GS_OK};
  FUZZ_MUST(report.json != NULL);
  enum gs_status status = gsv_package(path, &options, &report, &err);
  if (status != GS_OK) {
    FUZZ_MUST(err.what[0] != '\0' && fuzz_text_safe(err.what));
  }
  FUZZ_MUST(!report.incomplete);
  cJSON_Delete(report.json);
  return status;
}

void fuzz_one(const uint8_t *data, size_t len) {
  const char *path = fuzz_file(0, data, len);
  enum gs_status host = by_host(path);
  enum gs_status verifier = by_verifier(path);
  if ((host == GS_OK) != (verifier == GS_OK)) {
    (void)fprintf(stderr, "host: %s; gapseal-verify: %s\n", gs_status_info(host)->name,
                  gs_status_info(verifier)->name);
  }
  FUZZ_MUST((host == GS_OK) == (verifier == GS_OK));
}

void fuzz_seeds(void) {
  static const char full[] =
      "{\"format\":1,\"name\":\"vectors\",\"version\":\"8.0.0\",\"product\":\"com.example.one\","
      "\"changelog\":\"one\\ntwo\",\"severity\":\"high\",\"fixes\":[\"CVE-2026-0001\"],"
      "\"advisories\":[\"https://example.com\"],\"support_until\":\"2031-12-31\","
      "\"attachments\":[{\"name\":\"a.txt\",\"type\":\"note\",\"size\":3,\"sha256\":"
      "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},"
      "{\"name\":\"b\",\"type\":\"sbom\",\"size\":0,\"sha256\":"
      "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]}";
  static uint8_t out[PARTS_PACKAGE_MAX];
  size_t n = package_good(1, 1, fixture_about, NULL, 0, out, sizeof out);
  fuzz_seed("one", out, n);
  n = package_good(2, 2, full, (const uint8_t *)"abc", 3, out, sizeof out);
  fuzz_seed("two", out, n);
  n = package_good(1, 0, full, (const uint8_t *)"abc", 3, out, sizeof out);
  fuzz_seed("attachments", out, n);
}
