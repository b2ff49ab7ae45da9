/* SPDX-License-Identifier: Apache-2.0
 * Group A: what a manifest says, in its one encoding and signed with a good key, but wrong.
 */
#include <string.h>

#include "draft.h"

#define RAW(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void replaced(struct draft_run *run, const char *name, const char *rows,
                     enum gs_status expect, const char *story, uint32_t number, const uint8_t *raw,
                     size_t len) {
  struct draft d;
  draft_manifest(&d, name, rows, expect, story);
  draft_replace(&d, number, raw, len);
  draft_finish(&d, run);
}

static void inner(struct draft_run *run, const char *name, const char *rows, enum gs_status expect,
                  const char *story, uint32_t outer, uint32_t number, const uint8_t *raw,
                  size_t len) {
  struct draft d;
  draft_manifest(&d, name, rows, expect, story);
  draft_replace_inner(&d, outer, number, raw, len);
  draft_finish(&d, run);
}

/* A bytes field whose content is `len` times `fill`. */
static size_t filled(uint8_t *out, uint8_t tag, uint8_t fill, size_t len) {
  out[0] = tag;
  out[1] = (uint8_t)len;
  memset(out + 2, fill, len);
  return len + 2;
}

static void digests(struct draft_run *run) {
  uint8_t raw[64];
  inner(run, "a20-digest-31", "A20", GS_E_MALFORMED, "an image digest of 31 bytes", 10, 4, raw,
        filled(raw, 0x22, 0x5a, 31));
  inner(run, "a20-digest-33", "A20", GS_E_MALFORMED, "an image digest of 33 bytes", 10, 4, raw,
        filled(raw, 0x22, 0x5a, 33));
  inner(run, "a20-digest-0", "A20", GS_E_MALFORMED,
        "an image digest of no bytes: nanopb alone reads zeros", 10, 4, raw,
        filled(raw, 0x22, 0x5a, 0));
  inner(run, "a21-digest-absent", "A21", GS_E_INCOMPLETE, "no image digest", 10, 4, NULL, 0);
  inner(run, "a21-digest-zeros", "A21", GS_E_INCOMPLETE, "an image digest of zeros", 10, 4, raw,
        filled(raw, 0x22, 0x00, 32));
  inner(run, "a21-digest-ones", "A21", GS_E_INCOMPLETE, "an image digest of 0xFF", 10, 4, raw,
        filled(raw, 0x22, 0xFF, 32));
  replaced(run, "a21-about-zeros", "A21", GS_E_INCOMPLETE, "an about digest of zeros", 14, raw,
           filled(raw, 0x72, 0x00, 32));
  replaced(run, "a21-page-digest-zeros", "A21", GS_E_INCOMPLETE, "a page digest of zeros", 11, raw,
           filled(raw, 0x5a, 0x00, 32));
  replaced(run, "a20-table-31", "A20", GS_E_MALFORMED, "a table of 31 bytes", 11, raw,
           filled(raw, 0x5a, 0x5a, 31));
  replaced(run, "a20-table-empty", "A20", GS_E_NONCANONICAL, "a table that is there and empty", 11,
           raw, filled(raw, 0x5a, 0x5a, 0));
  replaced(run, "a21-table-absent", "A21", GS_E_INCOMPLETE, "no table", 11, NULL, 0);
  replaced(run, "a33-product-zeros", "A33", GS_E_INCOMPLETE,
           "a product id of zeros: zero never means any", 2, raw, filled(raw, 0x12, 0x00, 16));
  replaced(run, "a33-no-boards", "A33", GS_E_INCOMPLETE, "no board is named", 3, NULL, 0);
  inner(run, "a33-board-zeros", "A33", GS_E_INCOMPLETE, "a board id of zeros", 3, 1, raw,
        filled(raw, 0x0a, 0x00, 16));
  replaced(run, "a20-product-15", "A20", GS_E_MALFORMED, "a product id of 15 bytes", 2, raw,
           filled(raw, 0x12, 0x5a, 15));
}

static void values(struct draft_run *run) {
  replaced(run, "a17-confirm-77", "A17", GS_E_UNSUPPORTED, "kind of confirm 77", 9, RAW(0x48, 77));
  replaced(run, "a17-confirm-0", "A17", GS_E_UNSUPPORTED, "kind of confirm not specified", 9,
           RAW(0x48, 0));
  replaced(run, "a17-confirm-300", "A17", GS_E_UNSUPPORTED, "kind of confirm 300, over one byte", 9,
           RAW(0x48, 0xac, 0x02));
  replaced(run, "a17-encoding-77", "A17", GS_E_UNSUPPORTED, "encoding 77", 12, RAW(0x60, 77));
  replaced(run, "a17-encryption-1", "A17", GS_E_UNSUPPORTED, "encryption 1", 13, RAW(0x68, 1));
  replaced(run, "a32-format-0", "A32", GS_E_FORMAT_VERSION, "format 0", 1, RAW(0x08, 0));
  replaced(run, "a32-format-2", "A32", GS_E_FORMAT_VERSION, "format 2", 1, RAW(0x08, 2));
  replaced(run, "a32-format-absent", "A32", GS_E_INCOMPLETE, "no format", 1, NULL, 0);
  replaced(run, "d14-no-counter", "D14", GS_E_INCOMPLETE, "no security version", 5, NULL, 0);
  replaced(run, "a21-release-absent", "A21", GS_E_INCOMPLETE, "no release", 4, NULL, 0);
  replaced(run, "a32-release-0", "A32", GS_E_BAD_VALUE, "release 0", 4, RAW(0x20, 0));
  replaced(run, "d07-raises-above-own", "D07", GS_E_BAD_VALUE,
           "the floor would rise above the package's own security version", 6, RAW(0x30, 5));
  inner(run, "a28-size-0", "A28", GS_E_BAD_VALUE, "an image of no bytes", 10, 3, RAW(0x18, 0));
  inner(run, "a28-size-max", "A28", GS_E_BAD_VALUE,
        "an image of 2^32 - 1 bytes in blocks of 1 KiB: more pages than there may be", 10, 3,
        RAW(0x18, 0xff, 0xff, 0xff, 0xff, 0x0f));
  inner(run, "a28-size-other", "A28", GS_E_BAD_VALUE,
        "an image of 40,000 bytes with the table of 20,000", 10, 3, RAW(0x18, 0xc0, 0xb8, 0x02));
  inner(run, "a28-block-0", "A28", GS_E_BAD_VALUE, "blocks of no bytes", 10, 5, RAW(0x28, 0));
  inner(run, "a28-block-128", "A28", GS_E_BAD_VALUE, "blocks of 128 bytes", 10, 5,
        RAW(0x28, 0x80, 0x01));
  inner(run, "a28-block-1000", "A28", GS_E_BAD_VALUE, "blocks of 1,000 bytes: no power of two", 10,
        5, RAW(0x28, 0xe8, 0x07));
  inner(run, "a28-block-128k", "A28", GS_E_BAD_VALUE, "blocks of 128 KiB", 10, 5,
        RAW(0x28, 0x80, 0x80, 0x08));
  inner(run, "a28-slots-0", "A28", GS_E_BAD_VALUE, "a variant for no slot", 10, 1, RAW(0x08, 0));
  inner(run, "a28-slots-4", "A28", GS_E_BAD_VALUE, "a variant for a third slot", 10, 1,
        RAW(0x08, 4));
  inner(run, "a33-revisions-reversed", "A33", GS_E_BAD_VALUE, "revisions from 5 to 3", 3, 2,
        RAW(0x10, 5));

  struct draft d;
  struct fixture_manifest f;
  draft_manifest(&d, "a28-slots-overlap", "A28 A08", GS_E_BAD_VALUE, "two variants for slot A");
  fixture_manifest(&f, 2);
  f.m.fields.variants[1].slots = 3;
  draft_use_manifest(&d, &f);
  draft_finish(&d, run);
  draft_manifest(&d, "a28-table-long", "A28", GS_E_BAD_VALUE, "a page digest too many");
  fixture_manifest(&f, 1);
  memset(f.table + f.m.table_len, 0x5a, GS_DIGEST_BYTES);
  f.m.table_len += GS_DIGEST_BYTES;
  draft_use_manifest(&d, &f);
  draft_finish(&d, run);
  draft_manifest(&d, "a33-no-variants", "A33", GS_E_INCOMPLETE, "no image at all");
  draft_remove(&d, 10);
  draft_finish(&d, run);
}

void draft_content(struct draft_run *run) {
  digests(run);
  values(run);
}

static void serial(struct draft_run *run, const char *name, enum gs_status expect,
                   const char *story, const uint8_t *raw, size_t len) {
  struct draft d;
  draft_identity(&d, name, "A19", expect, story);
  draft_replace(&d, 3, raw, len);
  draft_finish(&d, run);
}

/* Texts are in identities: their serial numbers reach screens, file names and logs. */
void draft_identities(struct draft_run *run) {
  struct draft d;
  uint8_t raw[48];
  draft_identity(&d, "golden-identity", "golden", GS_OK, "the maker's word on the test device");
  draft_finish(&d, run);
  serial(run, "a19-text-nul", GS_E_BAD_TEXT, "a zero inside the serial number",
         RAW(0x1a, 0x04, '0', '0', 0x00, '1'));
  serial(run, "a19-text-escape", GS_E_BAD_TEXT, "an escape sequence in the serial number",
         RAW(0x1a, 0x04, 0x1b, '[', '2', 'J'));
  serial(run, "a19-text-line", GS_E_BAD_TEXT, "a line end in the serial number",
         RAW(0x1a, 0x03, '1', '\r', '\n'));
  serial(run, "a19-text-c1", GS_E_BAD_TEXT, "the C1 control CSI in the serial number",
         RAW(0x1a, 0x03, '1', 0xc2, 0x9b));
  serial(run, "a19-text-bidi", GS_E_BAD_TEXT, "a right-to-left override in the serial number",
         RAW(0x1a, 0x04, '1', 0xe2, 0x80, 0xae));
  serial(run, "a19-text-isolate", GS_E_BAD_TEXT, "a bidirectional isolate in the serial number",
         RAW(0x1a, 0x04, '1', 0xe2, 0x81, 0xa6));
  serial(run, "a19-text-invalid-utf8", GS_E_BAD_TEXT, "bytes that are no UTF-8",
         RAW(0x1a, 0x03, '1', 0xc3, 0x28));
  serial(run, "a19-text-overlong", GS_E_BAD_TEXT, "a slash in the longer of two encodings",
         RAW(0x1a, 0x03, '1', 0xc0, 0xaf));
  serial(run, "a19-text-surrogate", GS_E_BAD_TEXT, "half of a surrogate pair",
         RAW(0x1a, 0x04, '1', 0xed, 0xa0, 0x80));
  serial(run, "a19-text-long", GS_E_BAD_TEXT, "33 characters where 32 are the limit", raw,
         filled(raw, 0x1a, 'x', 33));
  serial(run, "a19-text-limit", GS_OK, "32 characters", raw, filled(raw, 0x1a, 'x', 32));
  serial(run, "a19-text-empty", GS_E_INCOMPLETE, "an empty serial number", raw,
         filled(raw, 0x1a, 'x', 0));
}
