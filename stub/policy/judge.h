/* SPDX-License-Identifier: Apache-2.0
 * What the judges of manifests and of keyrings share.
 */
#ifndef GAPSEAL_JUDGE_H
#define GAPSEAL_JUDGE_H

#include "gapseal/crypto.h"
#include "gapseal/policy.h"

#define GS_ROLE_BIT(role) (UINT32_C(1) << (unsigned)(role))

/*
 * Find the entry of a key id in a keyring.
 *
 * roles  GS_ROLE_BIT of each role that will do.
 *
 * *known: the keyring holds the key in some role. *entry: the first entry in one of the roles,
 * or NULL. GS_E_CRYPTO: no key id could be computed, and nothing is known.
 */
GS_MUST_USE enum gs_status gs_judge_find(const struct gs_keyring *keyring,
                                         const uint8_t key_id[GS_KEY_ID_BYTES], uint32_t roles,
                                         bool *known, const gapseal_v1_Key **entry);

/* The keyring's list names the key. */
bool gs_judge_revoked(const struct gs_keyring *keyring, const uint8_t key_id[GS_KEY_ID_BYTES]);

#endif
