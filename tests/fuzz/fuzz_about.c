/* SPDX-License-Identifier: Apache-2.0
 * The about document, at the host library's reader and at gapseal-verify's: they take the same
 * texts, and what they give to show is what is in them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "package_internal.h"
#include "text.h"
#include "verify.h"

#define ATTACHMENTS_MAX 16

static gapseal_v1_Manifest manifest;

void fuzz_start(void) {
  FUZZ_MUST(gs_crypto_init() == GS_OK);
  FUZZ_MUST(gs_id_from_name("com.example.one", manifest.product) == GS_OK);
  manifest.hardware_count = 2;
  FUZZ_MUST(gs_id_from_name("b1", manifest.hardware[0].id) == GS_OK);
  FUZZ_MUST(gs_id_from_name("b2", manifest.hardware[1].id) == GS_OK);
}

/* Digests in the one form that can equal what a reader computes. */
static bool digest_ok(const char *text) {
  return text != NULL && strlen(text) == 2u * GS_DIGEST_BYTES &&
         strspn(text, "0123456789abcdef") == 2u * GS_DIGEST_BYTES;
}

/* As gapseal-verify reads the list, without the files. *sum: bytes of all of them. */
static bool list_ok(const cJSON *about, uint64_t *sum) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(about, "attachments");
  int count = cJSON_GetArraySize(list);
  *sum = 0;
  if ((list != NULL && !cJSON_IsArray(list)) || count > ATTACHMENTS_MAX) {
    return false;
  }
  for (int i = 0; i < count; i++) {
    const cJSON *item = cJSON_GetArrayItem(list, i);
    if (!gsv_attachment_ok(list, i) || !digest_ok(gsv_member(item, "sha256"))) {
      return false;
    }
    *sum += (uint64_t)cJSON_GetObjectItemCaseSensitive(item, "size")->valuedouble;
  }
  return *sum <= GSV_ATTACHMENTS_BYTES_MAX;
}

static bool by_verifier(const char *text, size_t len, uint64_t *sum) {
  struct gsv_error e = {.status = GS_OK};
  cJSON *tree = NULL;
  enum gs_status status = gsv_about_parse(text, len, &manifest, &tree, &e);
  bool ok = status == GS_OK && list_ok(tree, sum);
  FUZZ_MUST(status == GS_OK || (e.what[0] != '\0' && fuzz_text_safe(e.what)));
  cJSON_Delete(tree);
  return ok;
}

static bool by_host(const char *text, size_t len, uint64_t sum) {
  struct gsh_error err = {.status = GS_OK};
  struct gsh_package *p = calloc(1, sizeof *p);
  FUZZ_MUST(p != NULL);
  p->fd = -1;
  p->about_text = malloc(len + 1);
  FUZZ_MUST(p->about_text != NULL);
  memcpy(p->about_text, text, len + 1);
  p->about_len = len;
  p->manifest.fields = manifest;
  p->sections[GS_PACKAGE_ATTACHMENTS].len = sum;
  FUZZ_MUST(gs_sha256(text, len, p->manifest.fields.about) == GS_OK);
  enum gs_status status = gsh_package_read_about(p, &err);
  if (status == GS_OK) {
    FUZZ_MUST(fuzz_text_safe(p->about.name) && fuzz_text_safe(p->about.version) &&
              fuzz_text_safe(p->about.product));
    for (size_t i = 0; i < p->attachment_count; i++) {
      FUZZ_MUST(gsh_attachment_name_ok(p->attachments[i].name));
      FUZZ_MUST(strchr(p->attachments[i].name, '/') == NULL);
      FUZZ_MUST(fuzz_text_safe(p->attachments[i].type));
    }
  } else {
    FUZZ_MUST(err.what[0] != '\0' && fuzz_text_safe(err.what));
  }
  gsh_package_close(p);
  return status == GS_OK;
}

void fuzz_one(const uint8_t *data, size_t len) {
  uint64_t sum = 0;
  char *text = malloc(len + 1);
  FUZZ_MUST(text != NULL);
  if (len > 0) {
    memcpy(text, data, len);
  }
  text[len] = '\0';
  bool verifier = by_verifier(text, len, &sum);
  bool host = by_host(text, len, sum);
  if (host != verifier) {
    (void)fprintf(stderr, "host: %s; gapseal-verify: %s\n", host ? "taken" : "refused",
                  verifier ? "taken" : "refused");
  }
  FUZZ_MUST(host == verifier);
  free(text);
}

void fuzz_seeds(void) {
  static const char small[] =
      "{\"format\":1,\"name\":\"n\",\"version\":\"1\",\"product\":\"com.example.one\"}";
  static const char full[] =
      "{\"format\":1,\"name\":\"ctrl\",\"version\":\"1.0.0\",\"product\":\"com.example.one\","
      "\"hardware\":[\"b1\",\"b2\"],\"changelog\":\"one\\ntwo\\u00e9\",\"severity\":\"high\","
      "\"fixes\":[\"CVE-2026-0001\"],\"advisories\":[\"https://example.com\"],"
      "\"support_until\":\"2031-12-31\",\"attachments\":[{\"name\":\"a.txt\",\"type\":\"note\","
      "\"size\":3,\"sha256\":"
      "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},"
      "{\"name\":\"b\",\"type\":\"sbom\",\"size\":0,\"sha256\":"
      "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]}";
  fuzz_seed("small", small, sizeof small - 1);
  fuzz_seed("full", full, sizeof full - 1);
}
