/* SPDX-License-Identifier: Apache-2.0
 * Verdict on a manifest: signatures and keys, then policy. Pure: reads what it is given,
 * writes nothing, keeps nothing. The device's engine, the host's pre-flight and every test
 * call these same functions. The order of the rules is the order of docs/spec/policy.md, and
 * the first rule that refuses gives the status.
 */
#ifndef GAPSEAL_POLICY_H
#define GAPSEAL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "objects.h"
#include "signed.h"
#include "status.h"

/* What a device is and holds, as far as policy asks. */
struct gs_policy_device {
  uint8_t product[GS_ID_BYTES];
  uint8_t hardware[GS_ID_BYTES];
  uint32_t revision;
  uint32_t stub_version;
  bool production;     /* refuses test keys */
  uint32_t slot_size;  /* bytes */
  uint32_t erase_size; /* bytes */
  uint32_t write_size;
  uint32_t slot_address[2];
  uint32_t manifest_max; /* bytes of an envelope: the trailer makes room for it */
  uint32_t block_max;
  uint32_t staging_slot;
  bool has_running; /* an image is confirmed; otherwise recovery rules */
  uint8_t running_package[GS_DIGEST_BYTES];
  uint32_t running_release;
  uint32_t running_security_version;
  uint32_t floor;
  uint32_t floor_max; /* what the counter can reach */
  uint32_t security_step_max;
  bool older_allowed;
  bool reinstall;
};

/* What a device is doing, as far as that keeps a manifest from being begun. */
struct gs_policy_state {
  int state; /* gapseal_v1_State */
  int door;  /* enum gs_door that began what WRITING..STAGED are about; none: a rollback */
  bool unconfirmed_runs;            /* what executes, until the reset, was never confirmed */
  uint8_t package[GS_DIGEST_BYTES]; /* what WRITING..STAGED are about */
};

/* What policy found; numbers behind a refusal. */
struct gs_policy_result {
  uint32_t staging_slot; /* the device's, or the other one where that was free to choose */
  uint32_t variant;      /* for the staging slot */
  uint32_t expected, got;
  bool already_running;
  bool continues; /* the same package is being written through the same door, or is staged */
};

/*
 * Verify an envelope's signatures against a keyring.
 *
 * type     what the signatures must be for.
 * role     the role (gapseal_v1_Role) that must have signed; for manifests
 *          gs_verify_manifest accepts release and recovery.
 * product  scope that the key must cover, or NULL.
 *
 * At least one signature of a key of the role must hold, and no signature may be there that
 * does not: every signature's key id must name a key of the keyring. Statuses 40..48; of one
 * signature's faults the first in this order: GS_E_KEY_REVOKED, GS_E_KEY_UNKNOWN,
 * GS_E_KEY_ROLE, GS_E_KEY_TEST, GS_E_SIG_FORMAT, GS_E_SIG_BAD. GS_E_CRYPTO: the library
 * failed, and nothing is known.
 */
GS_MUST_USE enum gs_status gs_verify_signatures(const struct gs_signed *envelope,
                                                enum gs_object_type type,
                                                const struct gs_keyring *keyring, int role,
                                                const uint8_t *product, bool production);

/*
 * Everything that can be said of a manifest without a device: envelope, signatures against
 * the keyring, strict decode, revocation, the keyring's minimum.
 *
 * envelope, len  in one buffer, sealed: out points into it.
 * digest         the package digest, written once the envelope could be read.
 * recovery       written on GS_OK: a recovery key is among the signers.
 *
 * The caller has compared len with its limit (GS_E_TOO_BIG). Statuses: those of
 * gs_signed_parse, gs_verify_signatures and gs_manifest_decode, then GS_E_KEY_SCOPE,
 * GS_E_REVOKED, GS_E_BELOW_MINIMUM.
 */
GS_MUST_USE enum gs_status gs_verify_manifest(const uint8_t *envelope, size_t len,
                                              const struct gs_keyring *keyring, bool production,
                                              struct gs_manifest *out,
                                              uint8_t digest[GS_DIGEST_BYTES], bool *recovery);

/*
 * Is the manifest for this device, and new enough? Numbers and ids only, no cryptography.
 *
 * manifest, digest  as gs_verify_manifest gave them.
 * out               always written: staging_slot, variant once one was found, already_running once
 * the running image was compared, expected and got where a number refused.
 *
 * Rules 6 to 9: GS_E_PRODUCT, GS_E_HARDWARE, GS_E_STUB_OLD, GS_E_NO_VARIANT, GS_E_BLOCK_SIZE,
 * GS_E_IMAGE_SIZE, GS_E_BELOW_FLOOR, GS_E_VERSION_JUMP, GS_E_FLOOR_EXHAUSTED, GS_E_ALREADY,
 * GS_E_OLDER, GS_E_REQUIRES.
 */
GS_MUST_USE enum gs_status gs_policy_judge(const struct gs_manifest *manifest,
                                           const uint8_t digest[GS_DIGEST_BYTES],
                                           const struct gs_policy_device *device,
                                           struct gs_policy_result *out);

/*
 * May the manifest be begun now? Rules 6 to 10: gs_policy_judge, then the device's state. A device
 * that runs nothing and writes nothing takes an image that is linked for its other slot as well.
 *
 * now   of the device; unconfirmed_runs counts only where nothing is being written or staged.
 * door  enum gs_door through which the manifest came.
 *
 * As gs_policy_judge, then GS_E_IN_TRIAL, GS_E_STATE, GS_E_BUSY_DOOR, GS_E_BUSY_OTHER.
 * GS_E_ALREADY is an end, and only said where rule 10 holds too.
 */
GS_MUST_USE enum gs_status gs_policy_begin(const struct gs_manifest *manifest,
                                           const uint8_t digest[GS_DIGEST_BYTES],
                                           const struct gs_policy_device *device,
                                           const struct gs_policy_state *now, int door,
                                           struct gs_policy_result *out);

/* WRITING, CANDIDATE or STAGED. */
bool gs_update_exists(int state);

/* Where in a slot the trailer of an image begins; bytes from the slot's start. 0: it does not
 * fit. The layout is in docs/spec/flash.md. */
uint32_t gs_trailer_offset(uint32_t slot_size, uint32_t erase_size, uint32_t write_size,
                           uint32_t manifest_max, uint32_t block_size, uint32_t pages);

/*
 * Judge a keyring by itself: its own root threshold signed it, and each of its keys is a point
 * of the curve. For the factory, for a trust store and as the last link of a chain.
 *
 * Signatures of keys that it does not hold are its predecessor's business, and left alone.
 * Statuses: those of gs_signed_parse and gs_keyring_decode, GS_E_KEYRING_BAD (a point),
 * GS_E_SIG_MISSING, GS_E_KEY_UNKNOWN (no key of its own signed), GS_E_KEY_REVOKED,
 * GS_E_KEY_ROLE, GS_E_SIG_FORMAT, GS_E_SIG_BAD, GS_E_THRESHOLD, GS_E_CRYPTO.
 */
GS_MUST_USE enum gs_status gs_verify_keyring(const uint8_t *envelope, size_t len,
                                             struct gs_keyring *out);

/*
 * Judge a keyring as the successor of another: version one higher, signed by the root
 * thresholds of both, and by nobody else.
 *
 * current, current_body  the keyring in use, as decoded, and the body it was decoded from.
 *
 * GS_E_ALREADY: the same body; out is not written. Otherwise as gs_verify_keyring, then
 * GS_E_KEYRING_OLD (not newer), GS_E_KEYRING_GAP (more than one newer), then the signatures
 * against current.
 */
GS_MUST_USE enum gs_status gs_verify_keyring_link(const struct gs_keyring *current,
                                                  const uint8_t *current_body,
                                                  size_t current_body_len, const uint8_t *envelope,
                                                  size_t len, struct gs_keyring *out);

/* Keys published with this project for tests, by key id; production devices refuse them. */
bool gs_is_test_key(const uint8_t key_id[GS_KEY_ID_BYTES]);

#endif
