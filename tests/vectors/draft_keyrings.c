/* SPDX-License-Identifier: Apache-2.0
 * Keyrings, by themselves and as successors.
 */
#include <stdio.h>
#include <string.h>

#include "draft.h"

#define RAW(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* As a successor of golden-keyring-v1: version 2, signed by these roots. */
static void link_draft(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                       const char *story, uint32_t version, size_t signers) {
  struct fixture_keyring f;
  draft_keyring(d, name, rows, expect, story);
  fixture_keyring(&f, 2);
  f.k.fields.version = version;
  draft_use_keyring(d, &f);
  d->v.object = VECTOR_KEYRING_LINK;
  (void)snprintf(d->v.keyring_file, sizeof d->v.keyring_file, "golden-keyring-v1.vec");
  draft_signers(d, signers, TEST_KEY_ROOT_2, TEST_KEY_ROOT_3, TEST_KEY_ROOT_1);
}

static void golden(struct draft_run *run) {
  struct draft d;
  struct fixture_keyring f;
  draft_keyring(&d, "golden-keyring-v1", "golden", GS_OK, "version 1, threshold 1");
  draft_wire(&d, GS_E_ALREADY, "the device holds it already");
  draft_finish(&d, run);
  draft_keyring(&d, "golden-keyring-v2", "golden", GS_OK,
                "version 2, threshold 2, with revoked keys, a revoked package and a minimum");
  fixture_keyring(&f, 2);
  draft_use_keyring(&d, &f);
  draft_signers(&d, 3, TEST_KEY_ROOT_1, TEST_KEY_ROOT_2, TEST_KEY_ROOT_3);
  draft_finish(&d, run);
  link_draft(&d, "golden-link-v1-v2", "golden K03", GS_OK,
             "version 2 follows version 1: signed by the thresholds of both", 2, 3);
  draft_finish(&d, run);
}

static void links(struct draft_run *run) {
  struct draft d;
  link_draft(&d, "k03-gap", "K03", GS_E_KEYRING_GAP, "version 3 where version 2 is missing", 3, 3);
  draft_finish(&d, run);
  link_draft(&d, "d16-same-version", "D16", GS_E_KEYRING_OLD, "another keyring of version 1", 1, 3);
  draft_finish(&d, run);
  link_draft(&d, "d16-rollback", "D16 K03", GS_E_KEYRING_OLD, "version 1 where version 2 is in use",
             2, 1);
  struct fixture_keyring f;
  fixture_keyring(&f, 1);
  draft_use_keyring(&d, &f);
  d.keys[0] = TEST_KEY_ROOT_1;
  (void)snprintf(d.v.keyring_file, sizeof d.v.keyring_file, "golden-keyring-v2.vec");
  draft_finish(&d, run);
  link_draft(&d, "k03-own-only", "K03", GS_E_KEY_UNKNOWN,
             "version 2 signed by its own threshold, and by nobody of version 1", 2, 2);
  fixture_keyring(&f, 2);
  f.k.fields.root_threshold = 1;
  draft_use_keyring(&d, &f);
  draft_signers(&d, 1, TEST_KEY_ROOT_3, TEST_KEY_ROOT_3, TEST_KEY_ROOT_3);
  draft_finish(&d, run);
  link_draft(&d, "k03-old-only", "K03", GS_E_THRESHOLD,
             "version 2 signed by one root of its own, where it asks for two", 2, 1);
  draft_finish(&d, run);
  link_draft(&d, "k03-stranger", "K03 B04", GS_E_KEY_UNKNOWN,
             "both thresholds signed, and a stranger", 2, 3);
  d.keys[3] = TEST_KEY_STRANGER;
  d.key_count = 4;
  draft_finish(&d, run);
  link_draft(&d, "b06-link-release-key", "B06 K03", GS_E_KEY_ROLE,
             "both thresholds signed, and a release key", 2, 3);
  d.keys[3] = TEST_KEY_RELEASE_1;
  d.key_count = 4;
  draft_finish(&d, run);
  link_draft(&d, "k03-same", "K03", GS_E_ALREADY, "the keyring in use", 2, 1);
  draft_host(&d, GS_E_KEYRING_BAD, "a chain in a file holds no keyring twice");
  draft_verifier(&d, GS_E_KEYRING_OLD, "in a file it is not newer than the one before");
  fixture_keyring(&f, 1);
  draft_use_keyring(&d, &f);
  draft_finish(&d, run);
}

static void point(struct draft_run *run, const char *name, const char *story, const uint8_t *key) {
  struct draft d;
  struct fixture_keyring f;
  draft_keyring(&d, name, "B16", GS_E_KEYRING_BAD, story);
  fixture_keyring(&f, 1);
  for (size_t i = 0; i < f.k.fields.keys_count; i++) {
    if (f.k.fields.keys[i].role == gapseal_v1_Role_ROLE_CATALOGUE) {
      memcpy(f.k.fields.keys[i].key, key, GS_PUBLIC_KEY_BYTES);
    }
  }
  draft_use_keyring(&d, &f);
  draft_finish(&d, run);
}

static void points(struct draft_run *run) {
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  fixture_public_key(TEST_KEY_CATALOGUE_1, key);
  key[63] ^= 1u;
  point(run, "b16-off-curve", "a key that is no point of the curve", key);
  memset(key, 0, sizeof key);
  point(run, "b16-zero", "a key of zeros", key);
  memset(key, 0xFF, sizeof key);
  point(run, "b16-ones", "a key of ones: coordinates above the field", key);
}

static void bodies(struct draft_run *run) {
  struct draft d;
  struct fixture_keyring f;
  draft_keyring(&d, "b16-threshold-0", "B16", GS_E_BAD_VALUE, "a root threshold of 0");
  draft_replace(&d, 3, RAW(0x18, 0));
  draft_finish(&d, run);
  draft_keyring(&d, "b16-threshold-3", "B16", GS_E_BAD_VALUE, "threshold 3 where two roots are");
  draft_replace(&d, 3, RAW(0x18, 3));
  draft_finish(&d, run);
  draft_keyring(&d, "b16-version-0", "B16", GS_E_BAD_VALUE, "version 0");
  draft_replace(&d, 2, RAW(0x10, 0));
  draft_finish(&d, run);
  draft_keyring(&d, "a32-keyring-format", "A32", GS_E_FORMAT_VERSION, "format 2");
  draft_replace(&d, 1, RAW(0x08, 2));
  draft_finish(&d, run);
  draft_keyring(&d, "a17-role-77", "A17", GS_E_UNSUPPORTED, "a key in role 77");
  draft_replace_inner(&d, 4, 2, RAW(0x10, 77));
  draft_finish(&d, run);
  draft_keyring(&d, "a17-algorithm-77", "A17", GS_E_UNSUPPORTED, "a key of algorithm 77");
  draft_replace_inner(&d, 4, 3, RAW(0x18, 77));
  draft_finish(&d, run);
  draft_keyring(&d, "a09-keyring-unknown", "A09", GS_E_UNKNOWN_FIELD, "field 100");
  draft_append(&d, RAW(0xa0, 0x06, 0x01));
  draft_finish(&d, run);
  draft_keyring(&d, "a14-keys-unsorted", "A14", GS_E_NONCANONICAL, "keys out of order");
  fixture_keyring(&f, 1);
  gapseal_v1_Key first = f.k.fields.keys[0];
  f.k.fields.keys[0] = f.k.fields.keys[1];
  f.k.fields.keys[1] = first;
  draft_use_keyring(&d, &f);
  draft_finish(&d, run);
  draft_keyring(&d, "a06-key-twice", "A06", GS_E_NONCANONICAL, "one root key, listed twice");
  fixture_keyring(&f, 1);
  f.k.fields.keys[1] = f.k.fields.keys[0];
  draft_use_keyring(&d, &f);
  draft_finish(&d, run);
  draft_keyring(&d, "b06-keyring-release-key", "B06", GS_E_KEY_ROLE,
                "a keyring signed by a release key");
  draft_wire(&d, GS_E_ALREADY, "what it holds is in use already, so nothing has to be believed");
  d.keys[0] = TEST_KEY_RELEASE_1;
  draft_finish(&d, run);
  draft_keyring(&d, "b05-root-revokes-itself", "B05", GS_E_KEY_REVOKED,
                "signed by a root that the same keyring lists and revokes");
  fixture_keyring(&f, 1);
  fixture_key_id(TEST_KEY_ROOT_1, f.revoked_keys);
  f.k.revoked_keys_count = 1;
  fixture_sort_keyring(&f);
  draft_use_keyring(&d, &f);
  draft_finish(&d, run);
}

void draft_keyrings(struct draft_run *run) {
  golden(run);
  links(run);
  points(run);
  bodies(run);
}
