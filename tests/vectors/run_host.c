/* SPDX-License-Identifier: Apache-2.0
 * The host's door: each manifest stands in a package file whose other parts are right, and is
 * opened, judged with the device's keyring and with the package's own chain, and judged by
 * pre-flight on what the device says of itself, asked over the wire. Keyrings stand in keyring
 * files and in packages. Evidence is judged as an install does (host_evidence.c).
 *
 * usage: run_host DIR [NAME]
 */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "host_evidence.h"
#include "keyring_file.h"
#include "told.h"
#include "vector_package.h"
#include "vector_run.h"
#include "wire_client.h"

static char directory[256];

static const char *path_of(const char *name) {
  static char path[320];
  (void)snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

/* Of evidence that does not hold the host has one word each. */
static enum gs_status expect(const struct vector *v) {
  if (v->host.differs || v->expect == GS_OK) {
    return v->host.differs ? v->host.status : GS_OK;
  }
  if (v->object == VECTOR_IDENTITY || v->object == VECTOR_IDENT) {
    return GS_E_NOT_GENUINE;
  }
  return v->object == VECTOR_RECEIPT || v->object == VECTOR_LOG ? GS_E_RECEIPT_BAD : v->expect;
}

/* Another word than the device's is another refusal of the file, found earlier. */
static void want_excuse(const struct vector *v, struct vector_result *r) {
  uint8_t exit_code = gs_status_info((uint32_t)v->host.status)->exit_code;
  bool earlier = exit_code == 10 || exit_code == 11;
  bool unseen = v->object == VECTOR_LOG && v->expect == GS_E_FILE_MALFORMED; /* of the file */
  if (v->host.differs && !earlier && !unseen) {
    vector_wrong(r, "the host may not say %s instead",
                 gs_status_info((uint32_t)v->host.status)->name);
  }
}

/* A refusal says why. */
static void want_words(struct vector_result *r, enum gs_status status,
                       const struct gsh_error *err) {
  if (status != GS_OK && status != GS_E_ALREADY &&
      (err->what[0] == '\0' || err->status != status)) {
    vector_wrong(r, "the refusal does not say why");
  }
}

static enum gs_status preflight(const struct vector *v, struct gsh_package *p,
                                struct gsh_error *err) {
  static struct vector_device d;
  static struct wire_client c;
  static struct gsh_device told;
  memset(&told, 0, sizeof told);
  vector_device_make(&d, v, GS_DOOR_WIRE);
  wire_open(&c, &d);
  told_ask(&c, &told);
  enum gs_status status =
      gsh_preflight(&told, p, v->device.older_allowed, v->device.reinstall, err);
  vector_device_free(&d);
  return status;
}

/* By the device's keyring and by the chain in the file: the same keyring, the same word. */
static enum gs_status judge_signatures(const struct vector *v, struct gsh_package *p,
                                       struct vector_result *r, struct gsh_error *err) {
  const uint8_t *trusted = v->keyring;
  struct gsh_judgement by_trust, by_chain;
  struct gsh_error other = {0};
  enum gs_status status = gsh_package_judge(p, &trusted, &v->keyring_len, 1, &by_trust, err);
  if (gsh_package_judge(p, NULL, NULL, 0, &by_chain, &other) != status) {
    vector_wrong(r, "the package's own chain leads to another verdict");
  }
  if (status == GS_OK && (!by_trust.by_trusted_keyring || by_chain.by_trusted_keyring)) {
    vector_wrong(r, "the verdict does not say whose keyring it rests on");
  }
  return status;
}

static enum gs_status judge_package(const struct vector *v, struct vector_result *r,
                                    struct gsh_error *err) {
  struct gsh_package *p = NULL;
  enum gs_status status = gsh_package_open(path_of("vector.gsp"), &p, err);
  if (status != GS_OK) {
    return status;
  }
  status = judge_signatures(v, p, r, err);
  if (status == GS_OK) {
    status = preflight(v, p, err);
  }
  struct gsh_error damage = {0};
  if (status == GS_OK && gsh_package_verify(p, NULL, NULL, &damage) != GS_OK) {
    vector_wrong(r, "its pages and images do not verify: %.100s", damage.what);
  }
  gsh_package_close(p);
  return status;
}

static void judge_manifest(const struct vector *v, struct vector_result *r) {
  const struct package_keys keys = {.count = 1, .items = {v->keyring}, .lens = {v->keyring_len}};
  struct gsh_error err = {0};
  vector_package_write(path_of("vector.gsp"), v->bytes, v->len, &keys);
  r->got = judge_package(v, r, &err);
  want_words(r, r->got, &err);
}

/* A chain in a package is read by the same rules as in a file of its own. */
static void judge_chain_in_package(const struct package_keys *keys, struct vector_result *r) {
  static const enum test_key release = TEST_KEY_RELEASE_1;
  struct fixture_manifest f;
  struct gsh_package *p = NULL;
  struct gsh_error err = {0};
  uint8_t body[FIXTURE_BODY_MAX];
  uint8_t envelope[FIXTURE_BODY_MAX];
  fixture_manifest(&f, 1);
  size_t len = fixture_manifest_body(&f, body);
  len = fixture_sign(GS_OBJECT_MANIFEST, body, len, &release, 1, envelope, sizeof envelope);
  vector_package_write(path_of("chain.gsp"), envelope, len, keys);
  enum gs_status status = gsh_package_open(path_of("chain.gsp"), &p, &err);
  if (status != r->got) {
    vector_wrong(r, "in a package it is %s", gs_status_info((uint32_t)status)->name);
  }
  gsh_package_close(p);
}

static void judge_keyring(const struct vector *v, struct vector_result *r) {
  struct package_keys keys = {.count = 0};
  struct gsh_keyring_file file;
  struct gsh_error err = {0};
  if (v->object == VECTOR_KEYRING_LINK) {
    keys.items[0] = v->keyring;
    keys.lens[0] = v->keyring_len;
    keys.count = 1;
  }
  keys.items[keys.count] = v->bytes;
  keys.lens[keys.count] = v->len;
  keys.count++;
  vector_keyring_file_write(path_of("vector.gsk"), &keys);
  r->got = gsh_keyring_file_open(path_of("vector.gsk"), &file, &err);
  want_words(r, r->got, &err);
  if (r->got == GS_OK && file.chain.count != keys.count) {
    vector_wrong(r, "the file is read as %zu keyrings", file.chain.count);
  }
  gsh_keyring_file_close(&file);
  judge_chain_in_package(&keys, r);
}

static void judge_evidence(const struct vector *v, struct vector_result *r) {
  struct gsh_error err = {0};
  r->got = host_evidence_judge(v, &err, r);
  want_words(r, r->got, &err);
}

static void judge(const struct vector *v, struct vector_result *out) {
  want_excuse(v, out);
  if (v->object == VECTOR_MANIFEST) {
    judge_manifest(v, out);
  } else if (v->object == VECTOR_KEYRING || v->object == VECTOR_KEYRING_LINK) {
    judge_keyring(v, out);
  } else {
    judge_evidence(v, out);
  }
}

static bool make_directory(void) {
  const char *base = getenv("TMPDIR");
  int n = snprintf(directory, sizeof directory, "%s/gapseal-vectors.XXXXXX",
                   base == NULL || base[0] == '\0' ? "/tmp" : base);
  return n > 0 && (size_t)n < sizeof directory && mkdtemp(directory) != NULL;
}

int main(int argc, char **argv) {
  static const struct vector_door host = {
      .id = VECTOR_DOOR_HOST, .name = "host's reader", .expect = expect, .judge = judge};
  if (!make_directory()) {
    (void)fprintf(stderr, "%s: no directory for files\n", argv[0]);
    return 2;
  }
  int code = vector_run(&host, argc, argv);
  (void)remove(path_of("vector.gsp"));
  (void)remove(path_of("chain.gsp"));
  (void)remove(path_of("vector.gsk"));
  (void)rmdir(directory);
  return code;
}
