/* SPDX-License-Identifier: Apache-2.0
 * mbedTLS 3.6 of a firmware: SHA-256, and p256-m for ECDSA P-256. No PSA Crypto above them, no
 * heap, no files, no generator of its own: random.c is the random source.
 */
#ifndef GAPSEAL_MCU_MBEDTLS_H
#define GAPSEAL_MCU_MBEDTLS_H

#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED

#endif
