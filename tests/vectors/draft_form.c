/* SPDX-License-Identifier: Apache-2.0
 * Group A: the encoding of envelope and manifest body. Bodies are damaged before they are
 * signed with a good key, so that only the reader's strictness stands between them and the
 * device; envelopes are damaged after.
 */
#include <string.h>

#include "draft.h"

#define RAW(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* The object is these bytes, whatever they are. */
static void bytes(struct draft_run *run, const char *name, const char *rows, enum gs_status expect,
                  const char *story, const uint8_t *data, size_t len) {
  struct draft d;
  draft_manifest(&d, name, rows, expect, story);
  if (len > 0) {
    memcpy(d.v.bytes, data, len);
  }
  d.v.len = len;
  draft_write(&d, run);
}

static void envelope_length(struct draft_run *run) {
  struct draft d;
  uint8_t blank[64];
  memset(blank, 0x00, sizeof blank);
  bytes(run, "a01-empty", "A01", GS_E_EMPTY, "nothing at all", NULL, 0);
  bytes(run, "a01-empty-body", "A01", GS_E_EMPTY, "an envelope around an empty body",
        RAW(0x0a, 0x00));
  bytes(run, "a01-zeros", "A01", GS_E_MALFORMED, "64 zero bytes", blank, sizeof blank);
  memset(blank, 0xFF, sizeof blank);
  bytes(run, "a01-erased", "A01", GS_E_MALFORMED, "64 bytes of erased flash", blank, sizeof blank);
  bytes(run, "a04-envelope-2-31", "A04", GS_E_TRUNCATED, "the body claims 2^31 bytes",
        RAW(0x0a, 0x80, 0x80, 0x80, 0x80, 0x08, 0x01));
  bytes(run, "a04-envelope-2-32", "A04", GS_E_TRUNCATED, "the body claims 2^32 - 1 bytes",
        RAW(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x01));
  bytes(run, "a04-envelope-2-64", "A04", GS_E_MALFORMED, "the body claims 2^64 - 1 bytes",
        RAW(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x01));

  draft_manifest(&d, "a02-cut-in-body", "A02", GS_E_TRUNCATED, "cut in the middle of the body");
  draft_sign(&d);
  d.v.len = 100;
  draft_write(&d, run);
  draft_manifest(&d, "a02-cut-in-signature", "A02", GS_E_TRUNCATED,
                 "the last byte of the signature is missing");
  draft_sign(&d);
  d.v.len--;
  draft_write(&d, run);
  draft_manifest(&d, "a02-cut-before-signature", "A02", GS_E_SIG_MISSING,
                 "cut where the signature begins: a whole envelope that nobody signed");
  d.key_count = 0;
  draft_finish(&d, run);

  draft_manifest(&d, "a03-trailing-zero", "A03", GS_E_TRAILING, "one zero byte after the envelope");
  draft_sign(&d);
  d.v.bytes[d.v.len++] = 0;
  draft_write(&d, run);
  draft_manifest(&d, "a03-trailing-1k", "A03", GS_E_TRAILING, "1 KiB of zeros after the envelope");
  d.v.device.manifest_max = 4096;
  draft_sign(&d);
  memset(d.v.bytes + d.v.len, 0, 1024);
  d.v.len += 1024;
  draft_write(&d, run);
}

static void envelope_fields(struct draft_run *run) {
  struct draft d;
  draft_manifest(&d, "a27-unsigned-field", "A27", GS_E_UNKNOWN_FIELD,
                 "a counter outside the signature: field 3 of the envelope");
  draft_sign(&d);
  memcpy(d.v.bytes + d.v.len, RAW(0x18, 0x63));
  d.v.len += 2;
  draft_write(&d, run);
  draft_manifest(&d, "a05-two-bodies", "A05 A08", GS_E_NONCANONICAL,
                 "a second body after the signature");
  draft_sign(&d);
  memcpy(d.v.bytes + d.v.len, RAW(0x0a, 0x02, 0x08, 0x01));
  d.v.len += 4;
  draft_write(&d, run);
  draft_manifest(&d, "a23-five-signatures", "A23", GS_E_MALFORMED,
                 "more signatures than an envelope holds");
  d.key_count = 5;
  d.keys[1] = TEST_KEY_RELEASE_2;
  d.keys[2] = TEST_KEY_RECOVERY_1;
  d.keys[3] = TEST_KEY_ROOT_1;
  d.keys[4] = TEST_KEY_ROOT_2;
  draft_finish(&d, run);
  draft_manifest(&d, "a06-signature-twice", "A06", GS_E_NONCANONICAL,
                 "the same signature twice: one key is not two persons");
  d.key_count = 2;
  d.keys[1] = TEST_KEY_RELEASE_1;
  draft_finish(&d, run);
  draft_manifest(&d, "a25-duplicate-after-signing", "A25", GS_E_SIG_BAD,
                 "security version given again behind the signed body's end, lengths put right");
  draft_host(&d, GS_E_NONCANONICAL, "a reader of files looks at the form before the signatures");
  draft_sign(&d);
  size_t body_at = d.v.len - 102 - d.body_len;
  d.v.len = 0;
  uint8_t sig[102];
  memcpy(sig, d.v.bytes + body_at + d.body_len, sizeof sig);
  draft_append(&d, RAW(0x28, 0x63));
  d.key_count = 0;
  draft_sign(&d);
  memcpy(d.v.bytes + d.v.len, sig, sizeof sig);
  d.v.len += sizeof sig;
  draft_write(&d, run);
}

/* A field of the body is replaced, removed or added to. */
enum edit { REPLACE, INSERT_BEFORE, APPEND };

static void edited(struct draft_run *run, const char *name, const char *rows, enum gs_status expect,
                   const char *story, enum edit how, uint32_t number, const uint8_t *raw,
                   size_t len) {
  struct draft d;
  draft_manifest(&d, name, rows, expect, story);
  if (how == REPLACE) {
    draft_replace(&d, number, raw, len);
  } else if (how == INSERT_BEFORE) {
    draft_insert_before(&d, number, raw, len);
  } else {
    draft_append(&d, raw, len);
  }
  draft_finish(&d, run);
}

static void numbers(struct draft_run *run) {
  edited(run, "a05-duplicate-security-version", "A05 A26", GS_E_NONCANONICAL,
         "security version 9, then 3: nanopb alone takes the last", REPLACE, 5,
         RAW(0x28, 0x09, 0x28, 0x03));
  edited(run, "a06-duplicate-identical", "A06", GS_E_NONCANONICAL, "security version 4 twice",
         REPLACE, 5, RAW(0x28, 0x04, 0x28, 0x04));
  edited(run, "a12-padded-value", "A12", GS_E_NONCANONICAL, "security version 4 in two bytes",
         REPLACE, 5, RAW(0x28, 0x84, 0x00));
  edited(run, "a12-padded-tag", "A12", GS_E_NONCANONICAL, "field number 5 in two bytes", REPLACE, 5,
         RAW(0xa8, 0x00, 0x04));
  edited(run, "a12-padded-length", "A12", GS_E_NONCANONICAL, "an unneeded byte in a length",
         REPLACE, 14,
         RAW(0x72, 0xa0, 0x00, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
             20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32));
  edited(run, "a12-ten-bytes", "A12", GS_E_NONCANONICAL, "security version 4 in ten bytes", REPLACE,
         5, RAW(0x28, 0x84, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00));
  edited(run, "a12-eleven-bytes", "A12", GS_E_NONCANONICAL, "security version 4 in eleven bytes",
         REPLACE, 5, RAW(0x28, 0x84, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00));
  edited(run, "a13-overflow", "A13", GS_E_MALFORMED, "security version 2^32 + 7", REPLACE, 5,
         RAW(0x28, 0x87, 0x80, 0x80, 0x80, 0x10));
  edited(run, "a13-minus-one", "A13", GS_E_MALFORMED, "security version -1, sign extended", REPLACE,
         5, RAW(0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01));
  edited(run, "a14-order", "A14", GS_E_NONCANONICAL, "security version before release", REPLACE, 4,
         RAW(0x28, 0x04, 0x20, 0x08));
  edited(run, "a16-wire-type-fixed32", "A16", GS_E_MALFORMED, "security version as fixed32",
         REPLACE, 5, RAW(0x2d, 0x04, 0x00, 0x00, 0x00));
  edited(run, "a16-wire-type-varint", "A16", GS_E_MALFORMED, "the product id as a number", REPLACE,
         2, RAW(0x10, 0x04));
}

static void fields(struct draft_run *run) {
  edited(run, "a09-unknown-varint", "A09", GS_E_UNKNOWN_FIELD, "field 100 as varint", APPEND, 0,
         RAW(0xa0, 0x06, 0x01));
  edited(run, "a09-unknown-bytes", "A09", GS_E_UNKNOWN_FIELD, "field 100 as bytes", APPEND, 0,
         RAW(0xa2, 0x06, 0x01, 0x00));
  edited(run, "a09-unknown-fixed32", "A09", GS_E_UNKNOWN_FIELD, "field 100 as fixed32", APPEND, 0,
         RAW(0xa5, 0x06, 1, 0, 0, 0));
  edited(run, "a09-unknown-fixed64", "A09", GS_E_UNKNOWN_FIELD, "field 100 as fixed64", APPEND, 0,
         RAW(0xa1, 0x06, 1, 0, 0, 0, 0, 0, 0, 0));
  edited(run, "a10-group-start", "A10", GS_E_MALFORMED, "a group begins", APPEND, 0,
         RAW(0xa3, 0x06, 0xa4, 0x06));
  edited(run, "a10-group-end", "A10", GS_E_MALFORMED, "a group ends", APPEND, 0, RAW(0xa4, 0x06));
  edited(run, "a10-wire-type-6", "A10", GS_E_MALFORMED, "wire type 6", APPEND, 0, RAW(0xa6, 0x06));
  edited(run, "a10-wire-type-7", "A10", GS_E_MALFORMED, "wire type 7", APPEND, 0, RAW(0xa7, 0x06));
  edited(run, "a11-field-0", "A11", GS_E_MALFORMED, "field number 0", APPEND, 0, RAW(0x00, 0x01));
  edited(run, "a11-field-max", "A11", GS_E_MALFORMED, "field number 2^29 - 1", APPEND, 0,
         RAW(0xf8, 0xff, 0xff, 0xff, 0x0f, 0x01));
  edited(run, "a11-field-over", "A11", GS_E_MALFORMED, "field number 2^29", APPEND, 0,
         RAW(0x80, 0x80, 0x80, 0x80, 0x10, 0x01));
  edited(run, "a04-body-length", "A04", GS_E_MALFORMED, "the about digest claims 200 bytes",
         REPLACE, 14, RAW(0x72, 0xc8, 0x01, 0x01));
  edited(run, "a04-body-2-31", "A04", GS_E_MALFORMED, "the about digest claims 2^31 bytes", REPLACE,
         14, RAW(0x72, 0x80, 0x80, 0x80, 0x80, 0x08, 0x01));
  edited(run, "a04-body-2-64", "A04", GS_E_MALFORMED, "the about digest claims 2^64 - 1 bytes",
         REPLACE, 14, RAW(0x72, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x01));
  edited(run, "a02-body-cut", "A02", GS_E_TRUNCATED, "the body ends inside a number, and is signed",
         REPLACE, 14, RAW(0x72, 0xa0));

  struct draft d;
  draft_manifest(&d, "a09-unknown-in-variant", "A09", GS_E_UNKNOWN_FIELD,
                 "field 9 inside the variant");
  draft_replace_inner(&d, 10, 5, RAW(0x28, 0x80, 0x08, 0x48, 0x01));
  draft_finish(&d, run);
  draft_manifest(&d, "a05-duplicate-in-variant", "A05", GS_E_NONCANONICAL,
                 "the variant's size twice");
  draft_replace_inner(&d, 10, 3, RAW(0x18, 0x01, 0x18, 0xa0, 0x9c, 0x01));
  draft_finish(&d, run);
}

static void counts(struct draft_run *run) {
  struct draft d;
  uint8_t many[600];
  struct fixture_manifest f;
  for (size_t i = 0; i < sizeof many; i += 2) {
    memcpy(many + i, RAW(0x1a, 0x00));
  }
  edited(run, "a23-many-tiny-entries", "A23", GS_E_MALFORMED, "300 empty hardware entries", REPLACE,
         3, many, sizeof many);

  draft_manifest(&d, "a23-five-boards", "A23", GS_E_MALFORMED, "five boards, four are the limit");
  size_t len = 0;
  size_t at = draft_find(d.body, d.body_len, 3, &len);
  uint8_t board[64];
  memcpy(board, d.body + at, len);
  for (int i = 0; i < 4; i++) {
    draft_insert_before(&d, 4, board, len);
  }
  draft_finish(&d, run);

  draft_manifest(&d, "a23-three-variants", "A23", GS_E_MALFORMED, "three variants");
  fixture_manifest(&f, 2);
  draft_use_manifest(&d, &f);
  at = draft_find(d.body, d.body_len, 10, &len);
  memcpy(board, d.body + at, len);
  draft_insert_before(&d, 11, board, len);
  draft_finish(&d, run);

  draft_manifest(&d, "a22-too-big", "A22", GS_E_TOO_BIG,
                 "a good manifest, one byte longer than this device takes");
  draft_signers(&d, 2, TEST_KEY_RELEASE_1, TEST_KEY_RECOVERY_1, TEST_KEY_RELEASE_1);
  draft_sign(&d);
  d.v.device.manifest_max = (uint32_t)d.v.len - 1;
  draft_write(&d, run);
}

void draft_form(struct draft_run *run) {
  envelope_length(run);
  envelope_fields(run);
  numbers(run);
  fields(run);
  counts(run);
}
