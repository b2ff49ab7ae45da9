/* SPDX-License-Identifier: Apache-2.0
 * Who a device is: judging the maker's statement, the device's ident and its receipts. Pure:
 * bytes and keys in, a verdict out. docs/spec/evidence.md.
 */
#ifndef GSH_IDENT_H
#define GSH_IDENT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "gapseal/v1/wire.pb.h"
#include "objects.h"

#define GSH_ENVELOPE_MAX 4096u /* of an identity, an ident or a receipt */

/* Makers' identity keys that this user trusts. */
struct gsh_maker {
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
};
struct gsh_makers {
  const struct gsh_maker *list;
  size_t count;
};

/* A device as its maker's statement names it. */
struct gsh_identity {
  gapseal_v1_Identity fields;
  uint8_t device_id[GS_KEY_ID_BYTES];
  uint8_t maker_id[GS_KEY_ID_BYTES]; /* whose statement it is */
};

/*
 * Judge a maker's statement.
 *
 * makers  NULL: only read it; maker_id is then what the statement claims.
 *
 * GS_E_NOT_GENUINE: no trusted maker signed it, or it does not hold. Never GS_OK without one
 * valid signature of a trusted key, where makers are given. GS_E_NO_MEMORY, here and below: this
 * computer could not judge it (gsh_fail_crypto).
 */
enum gs_status gsh_identity_verify(const uint8_t *envelope, size_t len,
                                   const struct gsh_makers *makers, struct gsh_identity *out,
                                   struct gsh_error *err);

/*
 * Of a statement that does not hold: was it altered? False: it names a maker that is not trusted,
 * and nothing here contradicts that. Only that maker's key could tell more.
 *
 * GS_E_CRYPTO: cryptography failed on this computer, and *altered means nothing.
 */
enum gs_status gsh_identity_altered(const uint8_t *envelope, size_t len,
                                    const struct gsh_makers *makers, bool *altered);

/* What an ident must fit. */
struct gsh_ident_expectation {
  const struct gsh_identity *identity;
  const gapseal_v1_HelloReply *hello;
  uint8_t hello_sha256[GS_DIGEST_BYTES];
  uint8_t host_nonce[GS_HOST_NONCE_BYTES];
};
/* GS_E_NOT_GENUINE: it does not hold, is of another moment, or contradicts the statement. */
enum gs_status gsh_ident_verify(const uint8_t *envelope, size_t len,
                                const struct gsh_ident_expectation *expected, gapseal_v1_Ident *out,
                                struct gsh_error *err);

/*
 * Judge a receipt.
 *
 * host_nonce  NULL: of any moment (a file).
 *
 * GS_E_RECEIPT_BAD: not signed by this device, malformed, or of another moment.
 */
enum gs_status gsh_receipt_verify(const uint8_t *envelope, size_t len,
                                  const struct gsh_identity *identity, const uint8_t *host_nonce,
                                  gapseal_v1_Receipt *out, struct gsh_error *err);

#endif
