/* SPDX-License-Identifier: Apache-2.0
 * mbedTLS 3.6 of a firmware: PSA Crypto with SHA-256 and ECDSA P-256 by p256-m. No heap, no
 * files, no generator of its own: random.c is its random source.
 */
#ifndef GAPSEAL_MCU_MBEDTLS_H
#define GAPSEAL_MCU_MBEDTLS_H

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CLIENT
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS
#define MBEDTLS_PSA_STATIC_KEY_SLOTS
#define MBEDTLS_PSA_KEY_SLOT_COUNT 2

#endif
