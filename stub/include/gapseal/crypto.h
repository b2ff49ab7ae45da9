/* SPDX-License-Identifier: Apache-2.0
 * The cryptography the product uses, over the PSA Crypto API or a part of mbedTLS. Chosen at
 * link time; there is no pointer to it that could be written over. Lengths are fixed or checked
 * here.
 *
 * Threads: the sha256 functions may run in several threads at once, each on its own state.
 * All others use the library's key store, which mbedTLS 2.28 does not lock: a program with
 * several threads must not let two of those calls overlap, nor any overlap gs_crypto_init.
 */
#ifndef GAPSEAL_CRYPTO_H
#define GAPSEAL_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signed.h"
#include "status.h"

#define GS_PRIVATE_KEY_BYTES 32u

/* Room for the library's hash state; what calls the library asserts that it is enough. */
#ifndef GS_SHA256_STATE_BYTES
#define GS_SHA256_STATE_BYTES 384u
#endif
struct gs_sha256 {
  _Alignas(16) unsigned char state[GS_SHA256_STATE_BYTES];
};

/*
 * Make the library ready, and prove with known answers (a hash, a good and two bad
 * signatures) that it works. Must succeed before anything else here is called; may be called
 * again. GS_E_CRYPTO otherwise.
 */
GS_MUST_USE enum gs_status gs_crypto_init(void);

/* The library behind it and its version when this was compiled: "mbed TLS 2.28.3". Constant. */
const char *gs_crypto_library(void);

/* SHA-256 in pieces. start, any number of adds, finish or abort. GS_E_CRYPTO on any fault, and
 * then every later call on the state fails too. */
GS_MUST_USE enum gs_status gs_sha256_start(struct gs_sha256 *h);
GS_MUST_USE enum gs_status gs_sha256_add(struct gs_sha256 *h, const void *data, size_t len);
GS_MUST_USE enum gs_status gs_sha256_finish(struct gs_sha256 *h, uint8_t out[GS_DIGEST_BYTES]);
void gs_sha256_abort(struct gs_sha256 *h);
/* In one piece. */
GS_MUST_USE enum gs_status gs_sha256(const void *data, size_t len, uint8_t out[GS_DIGEST_BYTES]);

/*
 * Verify an ECDSA P-256 signature over a SHA-256 hash.
 *
 * public_key  X then Y.
 * sig_len     anything but 64 is GS_E_SIG_FORMAT.
 *
 * GS_E_SIG_BAD: it does not fit. GS_E_KEYRING_BAD: the key is not a point of the curve.
 * GS_E_CRYPTO: the library failed, and nothing is known. About 70 M instructions on a
 * Cortex-M0.
 */
GS_MUST_USE enum gs_status gs_ecdsa_verify(const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                                           const uint8_t hash[GS_DIGEST_BYTES], const uint8_t *sig,
                                           size_t sig_len);

/* Sign a hash. Deterministic where the library can (RFC 6979), else with its random source. */
GS_MUST_USE enum gs_status gs_ecdsa_sign(const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                                         const uint8_t hash[GS_DIGEST_BYTES],
                                         uint8_t sig[GS_SIGNATURE_BYTES]);
GS_MUST_USE enum gs_status gs_ecdsa_generate(uint8_t private_key[GS_PRIVATE_KEY_BYTES]);
/* Is it a point of the curve, and not infinity? GS_E_KEYRING_BAD where not. */
GS_MUST_USE enum gs_status gs_ecdsa_check_public(const uint8_t public_key[GS_PUBLIC_KEY_BYTES]);
GS_MUST_USE enum gs_status gs_ecdsa_public(const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                                           uint8_t public_key[GS_PUBLIC_KEY_BYTES]);

/* Random bytes of the library's generator: hosts and hosted ports. Over p256-m the firmware brings
 * this function, and signing draws its secret number from it: GS_E_NO_RANDOM rather than a guess.
 */
GS_MUST_USE enum gs_status gs_random(void *out, size_t len);

/* The hash that a signature of this type covers: SHA-256(context || body). */
GS_MUST_USE enum gs_status gs_signed_hash(enum gs_object_type type, const uint8_t *body, size_t len,
                                          uint8_t out[GS_DIGEST_BYTES]);

/* SHA-256 of the public key. */
GS_MUST_USE enum gs_status gs_key_id(const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                                     uint8_t out[GS_KEY_ID_BYTES]);

/*
 * The id of a product or board: the first 16 bytes of SHA-256("gapseal:id:v1\0" || name). People
 * name them by text, devices by these bytes.
 *
 * name  zero terminated; not NULL. Which characters it may hold is the caller's to check.
 *
 * GS_E_CRYPTO: the hash failed, and out is unchanged.
 */
GS_MUST_USE enum gs_status gs_id_from_name(const char *name, uint8_t out[GS_ID_BYTES]);

/* Time depends on len only. */
bool gs_equal(const void *a, const void *b, size_t len);
void gs_wipe(void *data, size_t len);

#endif
