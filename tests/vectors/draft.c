/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"

#include <stdio.h>
#include <string.h>

#include "varint.h"

static void set_text(char *out, size_t cap, const char *text) {
  int n = snprintf(out, cap, "%s", text);
  fixture_must(n >= 0 && (size_t)n < cap, "a vector's text is too long");
}

static void start(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                  const char *story) {
  memset(d, 0, sizeof *d);
  set_text(d->v.name, sizeof d->v.name, name);
  set_text(d->v.rows, sizeof d->v.rows, rows);
  set_text(d->v.story, sizeof d->v.story, story);
  d->v.expect = expect;
  d->key_count = 1;
}

void draft_use_manifest(struct draft *d, const struct fixture_manifest *f) {
  d->body_len = fixture_manifest_body(f, d->body);
}

void draft_manifest(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                    const char *story) {
  struct fixture_manifest f;
  start(d, name, rows, expect, story);
  fixture_manifest(&f, 1);
  draft_use_manifest(d, &f);
  d->v.object = VECTOR_MANIFEST;
  set_text(d->v.keyring_file, sizeof d->v.keyring_file, "golden-keyring-v1.vec");
  d->v.has_device = true;
  fixture_device(&d->v.device);
  d->context = GS_OBJECT_MANIFEST;
  d->keys[0] = TEST_KEY_RELEASE_1;
}

void draft_use_keyring(struct draft *d, const struct fixture_keyring *f) {
  d->body_len = fixture_keyring_body(f, d->body);
}

void draft_keyring(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                   const char *story) {
  struct fixture_keyring f;
  start(d, name, rows, expect, story);
  fixture_keyring(&f, 1);
  draft_use_keyring(d, &f);
  d->v.object = VECTOR_KEYRING;
  d->context = GS_OBJECT_KEYRING;
  d->keys[0] = TEST_KEY_ROOT_1;
}

void draft_identity(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                    const char *story) {
  gapseal_v1_Identity identity = gapseal_v1_Identity_init_zero;
  start(d, name, rows, expect, story);
  gs_fields_all_present(&gapseal_v1_Identity_msg, &identity);
  identity.format = 1;
  fixture_public_key(TEST_KEY_DEVICE, identity.device_key);
  memcpy(identity.serial, "0042-1187", sizeof "0042-1187");
  memcpy(identity.product, fixture_product, GS_ID_BYTES);
  memcpy(identity.hardware, fixture_hardware, GS_ID_BYTES);
  identity.revision = 2;
  d->body_len = gs_identity_encode(&identity, d->body, sizeof d->body);
  d->v.object = VECTOR_IDENTITY;
  d->context = GS_OBJECT_IDENTITY;
  d->keys[0] = TEST_KEY_MAKER;
}

void draft_evidence(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                    const char *story) {
  start(d, name, rows, expect, story);
  set_text(d->v.identity_file, sizeof d->v.identity_file, "golden-identity.vec");
  d->keys[0] = TEST_KEY_DEVICE;
}

void draft_signers(struct draft *d, size_t count, enum test_key a, enum test_key b,
                   enum test_key c) {
  d->key_count = count;
  d->keys[0] = a;
  d->keys[1] = b;
  d->keys[2] = c;
}

static void set_door(struct vector_door_word *word, enum gs_status status, const char *why) {
  word->differs = true;
  word->status = status;
  set_text(word->why, sizeof word->why, why);
}

void draft_wire(struct draft *d, enum gs_status status, const char *why) {
  set_door(&d->v.wire, status, why);
}

void draft_host(struct draft *d, enum gs_status status, const char *why) {
  set_door(&d->v.host, status, why);
}

void draft_verifier(struct draft *d, enum gs_status status, const char *why) {
  set_door(&d->v.verifier, status, why);
}

size_t draft_find(const uint8_t *message, size_t len, uint32_t number, size_t *field_len) {
  struct gs_reader r = gs_reader_init(message, len);
  while (r.left > 0) {
    size_t at = len - r.left;
    uint32_t got = 0;
    uint32_t value = 0;
    enum gs_wire_type type = GS_WIRE_VARINT;
    fixture_must(gs_field_read(&r, &got, &type) == GS_OK && gs_varint_read(&r, &value) == GS_OK,
                 "a good object has only varints and lengths");
    if (type == GS_WIRE_BYTES) {
      (void)gs_read_view(&r, value);
    }
    if (got == number) {
      *field_len = len - r.left - at;
      return at;
    }
  }
  fixture_must(false, "the field to damage is absent");
  return 0;
}

/* Put raw in the place of old_len bytes at `at`. */
static void splice(struct draft *d, size_t at, size_t old_len, const void *raw, size_t len) {
  fixture_must(d->body_len - old_len + len <= sizeof d->body, "a body grows too long");
  memmove(d->body + at + len, d->body + at + old_len, d->body_len - at - old_len);
  if (len > 0) {
    memcpy(d->body + at, raw, len);
  }
  d->body_len = d->body_len - old_len + len;
}

void draft_replace(struct draft *d, uint32_t number, const void *raw, size_t len) {
  size_t old_len = 0;
  size_t at = draft_find(d->body, d->body_len, number, &old_len);
  splice(d, at, old_len, raw, len);
}

void draft_insert_before(struct draft *d, uint32_t number, const void *raw, size_t len) {
  size_t old_len = 0;
  splice(d, draft_find(d->body, d->body_len, number, &old_len), 0, raw, len);
}

void draft_append(struct draft *d, const void *raw, size_t len) {
  splice(d, d->body_len, 0, raw, len);
}

void draft_remove(struct draft *d, uint32_t number) {
  draft_replace(d, number, NULL, 0);
}

void draft_replace_inner(struct draft *d, uint32_t outer, uint32_t number, const void *raw,
                         size_t len) {
  size_t outer_len = 0;
  size_t at = draft_find(d->body, d->body_len, outer, &outer_len);
  fixture_must(outer_len < 128 + 2, "one byte holds the length");
  size_t old_len = 0;
  size_t inner = draft_find(d->body + at + 2, outer_len - 2, number, &old_len);
  splice(d, at + 2 + inner, old_len, raw, len);
  fixture_must(outer_len - 2 - old_len + len < 128, "one byte holds the new length");
  d->body[at + 1] = (uint8_t)(outer_len - 2 - old_len + len);
}

void draft_sign(struct draft *d) {
  d->v.len = fixture_sign(d->context, d->body, d->body_len, d->keys, d->key_count, d->v.bytes,
                          sizeof d->v.bytes);
}

static bool same_as_file(const char *path, const char *text, size_t len) {
  static char have[VECTOR_TEXT_MAX];
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    return false;
  }
  size_t n = fread(have, 1, sizeof have, f);
  (void)fclose(f);
  return n == len && memcmp(have, text, len) == 0;
}

void draft_write(struct draft *d, struct draft_run *run) {
  static char text[VECTOR_TEXT_MAX];
  char path[512];
  size_t len = vector_print(&d->v, text, sizeof text);
  int n = snprintf(path, sizeof path, "%s/%s.vec", run->dir, d->v.name);
  fixture_must(len > 0 && n > 0 && (size_t)n < sizeof path, "a vector's file is too long");
  run->written++;
  if (run->check) {
    if (!same_as_file(path, text, len)) {
      printf("not ok - %s is not what the generator writes\n", path);
      run->different++;
    }
    return;
  }
  FILE *f = fopen(path, "wb");
  fixture_must(f != NULL && fwrite(text, 1, len, f) == len && fclose(f) == 0, "write");
}

void draft_finish(struct draft *d, struct draft_run *run) {
  draft_sign(d);
  draft_write(d, run);
}
