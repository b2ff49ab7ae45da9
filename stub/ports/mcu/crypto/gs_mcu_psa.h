/* SPDX-License-Identifier: Apache-2.0
 * What a firmware wants of PSA Crypto: hashes, verifying, and signing with a key that it is given.
 * Keys are made in the factory.
 */
#ifndef GAPSEAL_MCU_PSA_H
#define GAPSEAL_MCU_PSA_H

#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_ECDSA 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1

#endif
