/* SPDX-License-Identifier: Apache-2.0
 * The signed envelope: Signed { bytes body = 1; repeated Signature { bytes key_id = 1;
 * bytes sig = 2; } signatures = 2; } in its one allowed encoding (docs/spec/signed.md). It
 * is read in place: nothing is copied, and the body is not interpreted here.
 *
 * What is signed is SHA-256("gapseal:<type>:v1\0" || body): see gs_signed_context.
 */
#ifndef GAPSEAL_SIGNED_H
#define GAPSEAL_SIGNED_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define GS_DIGEST_BYTES 32u
#define GS_KEY_ID_BYTES 32u
#define GS_ID_BYTES 16u         /* product and hardware ids */
#define GS_PUBLIC_KEY_BYTES 64u /* X then Y, big endian */
#define GS_SIGNATURE_BYTES 64u  /* r then s, big endian */
#define GS_SIGNATURES_MAX 4u

enum gs_object_type {
  GS_OBJECT_MANIFEST,
  GS_OBJECT_KEYRING,
  GS_OBJECT_ORDER,
  GS_OBJECT_IDENTITY,
  GS_OBJECT_IDENT,
  GS_OBJECT_RECEIPT,
  GS_OBJECT_CATALOGUE,
};

/* Points into the envelope it was read from, and lives as long as that. */
struct gs_signature {
  const uint8_t *key_id; /* GS_KEY_ID_BYTES */
  const uint8_t *sig;
  size_t sig_len; /* whatever the envelope says; GS_SIGNATURE_BYTES for ECDSA P-256 */
};

struct gs_signed {
  const uint8_t *body;
  size_t body_len;
  struct gs_signature signatures[GS_SIGNATURES_MAX];
  size_t signature_count;
};

/*
 * Read an envelope.
 *
 * data, len  the whole envelope; out points into it.
 *
 * GS_E_EMPTY: len is 0, or the body is absent or empty. GS_E_TRUNCATED: a length runs past
 * the end. GS_E_TRAILING: bytes follow that no field header starts (field number 0).
 * GS_E_MALFORMED: wrong wire type, key id not 32 bytes, more than GS_SIGNATURES_MAX
 * signatures, varint over 2^32 - 1, field number over 65,535, anything that does not fit
 * inside a signature. GS_E_NONCANONICAL: a varint longer than needed, fields out of order or
 * repeated, an empty field of a signature, two signatures of one key. GS_E_UNKNOWN_FIELD:
 * another field number.
 */
GS_MUST_USE enum gs_status gs_signed_parse(const uint8_t *data, size_t len, struct gs_signed *out);

/* The domain separation text of a type, its final zero included in *len. */
const char *gs_signed_context(enum gs_object_type type, size_t *len);

/*
 * Write an envelope.
 *
 * body may lie inside out (a body built in place at out + GS_SIGNED_BODY_OFFSET_MAX); it is
 * moved as needed. Each sig is GS_SIGNATURE_BYTES long.
 *
 * Returns the bytes written, or 0 when cap is too small.
 */
size_t gs_signed_write(const uint8_t *body, size_t body_len, const struct gs_signature *signatures,
                       size_t signature_count, uint8_t *out, size_t cap);

/* Bytes that gs_signed_write adds before the body, and for each signature, at most. */
#define GS_SIGNED_BODY_OFFSET_MAX 6u
#define GS_SIGNED_PER_SIGNATURE 104u

#endif
