/* SPDX-License-Identifier: Apache-2.0
 * Good objects for tests, signed with the published test keys: what vectors are made from, and
 * what a test that needs a device in a known state starts with. Everything is a function of
 * constants, so that two runs give the same bytes.
 */
#ifndef GAPSEAL_TEST_FIXTURE_H
#define GAPSEAL_TEST_FIXTURE_H

#include "gapseal/policy.h"
#include "keys.h"
#include "objects.h"

#define FIXTURE_BODY_MAX 4096u
#define FIXTURE_IMAGE_BYTES 20000u
#define FIXTURE_BLOCK_BYTES 1024u
#define FIXTURE_RUNNING_SEED 7u
#define FIXTURE_ADDRESS_A 0x08010000u
#define FIXTURE_ADDRESS_B 0x08020000u

/* The ids of com.example.one and com.example.two, and of a board without a name. */
extern const uint8_t fixture_product[GS_ID_BYTES];
extern const uint8_t fixture_other_product[GS_ID_BYTES];
extern const uint8_t fixture_hardware[GS_ID_BYTES];
/* About documents for the two products; every fixture manifest binds the first. */
extern const char fixture_about[];
extern const char fixture_other_about[];

/* Abort the test program where ok is false: a fixture that cannot be made is no test result. */
void fixture_must(bool ok, const char *what);

void fixture_public_key(enum test_key key, uint8_t out[GS_PUBLIC_KEY_BYTES]);
void fixture_key_id(enum test_key key, uint8_t out[GS_KEY_ID_BYTES]);

/* Sign body with each key, and put the envelope into out. Returns its length. */
size_t fixture_sign(enum gs_object_type type, const uint8_t *body, size_t len,
                    const enum test_key *keys, size_t key_count, uint8_t *out, size_t cap);

/* The image that a fixture manifest describes: bytes that no two seeds share. */
void fixture_image(uint32_t seed, uint8_t *out, size_t len);
/* Table page `page` of an image, as a package holds it. Returns its length. */
size_t fixture_page(const uint8_t *image, const struct gs_table_shape *shape, uint32_t block_size,
                    uint32_t page, uint8_t *out);

/* A manifest and the memory its table lies in. */
struct fixture_manifest {
  struct gs_manifest m;
  uint8_t table[2 * GS_PAGES_MAX * GS_DIGEST_BYTES];
};
/* What golden-manifest-1 holds: release 8, security version 4, one variant for both slots,
 * image seed 8. With two variants: linked for A (seed 8) and for B (seed 1008). */
void fixture_manifest(struct fixture_manifest *f, uint32_t variants);
/* A manifest of image FIXTURE_RUNNING_SEED with these numbers. */
void fixture_release_manifest(struct fixture_manifest *f, uint32_t release,
                              uint32_t security_version, uint32_t raises_floor_to);
/* What fixture_device runs: release 7, security version 3, image seed 7. */
void fixture_running_manifest(struct fixture_manifest *f);
/* Make variant i describe the image of a seed, size and block size; its page digests follow
 * those of the variants before it. */
void fixture_describe_image(struct fixture_manifest *f, uint32_t i, uint32_t seed, uint32_t size,
                            uint32_t block_size);
/* The manifest's body. Returns its length. */
size_t fixture_manifest_body(const struct fixture_manifest *f, uint8_t out[FIXTURE_BODY_MAX]);

/* A keyring and the memory its lists lie in. */
struct fixture_keyring {
  struct gs_keyring k;
  uint8_t revoked_keys[4 * GS_KEY_ID_BYTES];
  uint8_t revoked_packages[4 * GS_DIGEST_BYTES];
};
/* Version 1: threshold 1, roots 1 and 2, release-1, release-2 (for the other product only),
 * recovery-1, catalogue-1. Version 2: threshold 2, roots 2 and 3, release-1, recovery-1,
 * catalogue-1; revokes root-1, release-2 and the package of release 6; minimum 3 for the
 * product. */
void fixture_keyring(struct fixture_keyring *f, uint32_t version);
void fixture_add_key(struct fixture_keyring *f, enum test_key key, int role);
/* Sort keys and revoked lists, as an encoding must have them. */
void fixture_sort_keyring(struct fixture_keyring *f);
size_t fixture_keyring_body(const struct fixture_keyring *f, uint8_t out[FIXTURE_BODY_MAX]);
/* Version 1 signed by root-1; version 2 by roots 1, 2 and 3. */
size_t fixture_keyring_envelope(uint32_t version, uint8_t *out, size_t cap);

/* A device that takes fixture_manifest(1) and (2): slots of 64 KiB, floor 3, running the
 * fixture's running package, staging in slot B. */
void fixture_device(struct gs_policy_device *d);
/* The device runs release 7 at this security version, and its confirm raised the floor to
 * `floor`: a state that a real device can be in. */
void fixture_device_runs(struct gs_policy_device *d, uint32_t security_version, uint32_t floor);

#endif
