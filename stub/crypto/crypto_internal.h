/* SPDX-License-Identifier: Apache-2.0
 * Between the files that use a library (hash_NAME.c, ecdsa_NAME.c) and those that do not.
 */
#ifndef GAPSEAL_CRYPTO_INTERNAL_H
#define GAPSEAL_CRYPTO_INTERNAL_H

#include "gapseal/crypto.h"

/* What the library itself needs before its first use. */
GS_MUST_USE enum gs_status gs_crypto_library_init(void);

#endif
