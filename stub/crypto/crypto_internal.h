/* SPDX-License-Identifier: Apache-2.0
 * What the files over one library owe to those above them. A build links one pair:
 *
 *   crypto_psa.c, ecdsa_psa.c        PSA Crypto; hosts, and chips with room or with a driver
 *   crypto_p256m.c, ecdsa_p256m.c    mbedTLS's SHA-256 and p256-m without PSA; small chips
 */
#ifndef GAPSEAL_CRYPTO_INTERNAL_H
#define GAPSEAL_CRYPTO_INTERNAL_H

#include "gapseal/crypto.h"

/* Make the library ready; may be called again. False: it cannot be. */
bool gs_crypto_library_ready(void);

#endif
