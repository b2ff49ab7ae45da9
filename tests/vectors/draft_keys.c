/* SPDX-License-Identifier: Apache-2.0
 * Golden manifests, and group B: who signed, with what, and whether it fits.
 */
#include <stdio.h>
#include <string.h>

#include "draft.h"

#define RAW(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* The order of P-256's group, big endian. */
static const uint8_t group_order[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

void draft_golden(struct draft_run *run) {
  struct draft d;
  struct fixture_manifest f;
  draft_manifest(&d, "golden-manifest-1", "golden", GS_OK, "one variant, for either slot");
  draft_finish(&d, run);
  draft_manifest(&d, "golden-manifest-2", "golden", GS_OK,
                 "two variants, each linked for its slot");
  fixture_manifest(&f, 2);
  draft_use_manifest(&d, &f);
  draft_finish(&d, run);
  draft_manifest(&d, "golden-recovery", "golden", GS_OK, "signed by a recovery key");
  d.keys[0] = TEST_KEY_RECOVERY_1;
  draft_finish(&d, run);
  draft_manifest(&d, "golden-two-signatures", "golden", GS_OK,
                 "signed by a release and a recovery key");
  draft_signers(&d, 2, TEST_KEY_RELEASE_1, TEST_KEY_RECOVERY_1, TEST_KEY_RELEASE_1);
  draft_finish(&d, run);
  draft_manifest(&d, "golden-first-image", "golden", GS_OK,
                 "a device that has not confirmed an image judges neither release nor requirement");
  fixture_manifest(&f, 1);
  f.m.fields.requires_release = 7;
  draft_use_manifest(&d, &f);
  d.v.device.has_running = false;
  draft_finish(&d, run);
}

static void signed_by(struct draft_run *run, const char *name, const char *rows,
                      enum gs_status expect, const char *story, enum test_key key) {
  struct draft d;
  draft_manifest(&d, name, rows, expect, story);
  d.keys[0] = key;
  draft_finish(&d, run);
}

/* The last field of an envelope with one signature: r and s. */
static uint8_t *signature_of(struct draft *d) {
  return d->v.bytes + d->v.len - GS_SIGNATURE_BYTES;
}

/* file: what the host's reader finds first; GS_OK: nothing. */
static void bit(struct draft_run *run, const char *name, const char *rows, const char *story,
                size_t from_end, enum gs_status file) {
  struct draft d;
  draft_manifest(&d, name, rows, GS_E_SIG_BAD, story);
  draft_sign(&d);
  d.v.bytes[d.v.len - from_end] ^= 1u;
  if (file != GS_OK) {
    draft_host(&d, file, "the about document in the file fits its digest no more");
  }
  draft_write(&d, run);
}

static void number(struct draft_run *run, const char *name, const char *story, size_t at,
                   const uint8_t value[32]) {
  struct draft d;
  draft_manifest(&d, name, "B10", GS_E_SIG_BAD, story);
  draft_sign(&d);
  memcpy(signature_of(&d) + at, value, 32);
  draft_write(&d, run);
}

static void numbers(struct draft_run *run) {
  uint8_t value[32] = {0};
  number(run, "b10-r-0", "r is 0", 0, value);
  number(run, "b10-s-0", "s is 0", 32, value);
  number(run, "b10-r-n", "r is the order of the group", 0, group_order);
  number(run, "b10-s-n", "s is the order of the group", 32, group_order);
  memcpy(value, group_order, sizeof value);
  value[31]++;
  number(run, "b10-r-n-1", "r is the order of the group and 1", 0, value);
  memset(value, 0xFF, sizeof value);
  number(run, "b10-r-ones", "r is all ones", 0, value);
  number(run, "b10-s-ones", "s is all ones", 32, value);
}

/* An envelope whose one signature has this content and length. */
static void form(struct draft_run *run, const char *name, const char *rows, enum gs_status expect,
                 const char *story, const uint8_t *sig, size_t len) {
  struct draft d;
  draft_manifest(&d, name, rows, expect, story);
  draft_sign(&d);
  uint8_t *field = d.v.bytes + d.v.len - 102;
  uint8_t *content = field + 38;
  fixture_must(field[0] == 0x12 && len < 93, "the signature is the last field");
  memcpy(content, sig, len);
  field[1] = (uint8_t)(36 + len);
  field[37] = (uint8_t)len;
  d.v.len = (size_t)(content + len - d.v.bytes);
  draft_write(&d, run);
}

static void forms(struct draft_run *run) {
  struct draft d;
  uint8_t sig[96] = {0};
  draft_manifest(&d, "unused", "B12", GS_OK, "the good signature");
  draft_sign(&d);
  memcpy(sig + 1, signature_of(&d), GS_SIGNATURE_BYTES);
  form(run, "b12-63-bytes", "B12", GS_E_SIG_FORMAT, "a signature of 63 bytes", sig + 1, 63);
  form(run, "b12-65-bytes", "B12", GS_E_SIG_FORMAT, "a signature of 65 bytes", sig, 65);
  uint8_t der[72] = {0x30, 70, 0x02, 33, 0x00};
  memcpy(der + 5, sig + 1, 32);
  memcpy(der + 37, RAW(0x02, 33, 0x00));
  memcpy(der + 40, sig + 33, 32);
  form(run, "b12-der", "B12 B24", GS_E_SIG_FORMAT, "the signature in DER", der, sizeof der);
  form(run, "b12-1-byte", "B12", GS_E_SIG_FORMAT, "a signature of one byte", sig, 1);
  draft_manifest(&d, "b24-algorithm-beside-signature", "B24", GS_E_UNKNOWN_FIELD,
                 "an algorithm beside the signature: the keyring alone says it");
  draft_sign(&d);
  memcpy(d.v.bytes + d.v.len, RAW(0x18, 0x01));
  d.v.bytes[d.v.len - 101] = 102;
  d.v.len += 2;
  draft_write(&d, run);
  draft_manifest(&d, "b15-key-in-signature", "B15", GS_E_UNKNOWN_FIELD,
                 "the signer's public key lies beside the signature");
  draft_sign(&d);
  memcpy(d.v.bytes + d.v.len, RAW(0x1a, 0x02, 0x04, 0x05));
  d.v.bytes[d.v.len - 101] = 104;
  d.v.len += 4;
  draft_write(&d, run);
}

static void names(struct draft_run *run) {
  struct draft d;
  draft_manifest(&d, "b08-other-key-id", "B08", GS_E_SIG_BAD,
                 "the key id names release-1, a stranger signed");
  d.keys[0] = TEST_KEY_STRANGER;
  draft_sign(&d);
  fixture_key_id(TEST_KEY_RELEASE_1, d.v.bytes + d.v.len - 98);
  draft_write(&d, run);
  draft_manifest(&d, "b14-context-keyring", "B14", GS_E_SIG_BAD,
                 "the signature was made for a keyring with these bytes");
  d.context = GS_OBJECT_KEYRING;
  draft_finish(&d, run);
  draft_manifest(&d, "b14-context-receipt", "B14", GS_E_SIG_BAD,
                 "the signature was made for a receipt with these bytes");
  d.context = GS_OBJECT_RECEIPT;
  draft_finish(&d, run);
  draft_manifest(&d, "b17-test-key", "B17", GS_E_KEY_TEST, "a test key, on a production device");
  d.v.device.production = true;
  draft_finish(&d, run);
  draft_manifest(&d, "b20-good-and-bad", "B20", GS_E_SIG_BAD,
                 "one good signature, and one that does not hold");
  draft_signers(&d, 2, TEST_KEY_RELEASE_1, TEST_KEY_RECOVERY_1, TEST_KEY_RELEASE_1);
  draft_sign(&d);
  signature_of(&d)[40] ^= 0x10u;
  draft_write(&d, run);
  draft_manifest(&d, "b20-good-and-unknown", "B04 B20", GS_E_KEY_UNKNOWN,
                 "one good signature, and one of a stranger");
  draft_signers(&d, 2, TEST_KEY_RELEASE_1, TEST_KEY_STRANGER, TEST_KEY_RELEASE_1);
  draft_finish(&d, run);
}

void draft_signatures(struct draft_run *run) {
  struct draft d;
  draft_manifest(&d, "b01-not-signed", "B01", GS_E_SIG_MISSING, "nobody signed");
  d.key_count = 0;
  draft_finish(&d, run);
  bit(run, "b02-first-byte", "B02", "one bit of the signature's first byte", 64, GS_OK);
  bit(run, "b02-fifth-byte", "B02 B23", "one bit of the signature's fifth byte", 60, GS_OK);
  bit(run, "b02-last-byte", "B02 B23", "one bit of the signature's last byte", 1, GS_OK);
  bit(run, "b03-body-last-byte", "B03", "one bit of the body's last byte", 103,
      GS_E_FILE_MALFORMED);
  bit(run, "b03-body-digest", "B03", "one bit of a page digest in the body", 150, GS_OK);
  signed_by(run, "b04-unknown-key", "B04 B15", GS_E_KEY_UNKNOWN, "signed by a stranger",
            TEST_KEY_STRANGER);
  signed_by(run, "b06-root-key", "B06", GS_E_KEY_ROLE, "signed by a root key", TEST_KEY_ROOT_1);
  signed_by(run, "b06-catalogue-key", "B06", GS_E_KEY_ROLE, "signed by a catalogue key",
            TEST_KEY_CATALOGUE_1);
  signed_by(run, "b07-scope", "B07", GS_E_KEY_SCOPE, "signed by the release key of another product",
            TEST_KEY_RELEASE_2);
  draft_manifest(&d, "b05-revoked-key", "B05", GS_E_KEY_REVOKED,
                 "signed by a key that the next keyring revokes");
  d.keys[0] = TEST_KEY_RELEASE_2;
  (void)snprintf(d.v.keyring_file, sizeof d.v.keyring_file, "golden-keyring-v2.vec");
  draft_finish(&d, run);
  numbers(run);
  forms(run);
  names(run);
}
