/* SPDX-License-Identifier: Apache-2.0
 * Reading the bodies of signed objects, strictly. The caller has verified the signature over
 * the same bytes before it calls anything here. Each reader decodes with nanopb, refuses
 * unknown fields, encodes again and compares, and then checks ranges, enumerations and
 * texts; what a reader must refuse is listed per object in docs/spec/. The bytes must not
 * change while the result is in use: lists of digests are pointers into them.
 *
 * Statuses: GS_E_EMPTY, GS_E_TRUNCATED, GS_E_MALFORMED, GS_E_NONCANONICAL,
 * GS_E_UNKNOWN_FIELD, GS_E_UNSUPPORTED (an enumeration value), GS_E_BAD_TEXT,
 * GS_E_INCOMPLETE (absent, or all zeros where that means nothing), GS_E_FORMAT_VERSION,
 * GS_E_BAD_VALUE. out is meaningful on GS_OK only.
 */
#ifndef GAPSEAL_OBJECTS_H
#define GAPSEAL_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gapseal/v1/keyring.pb.h"
#include "gapseal/v1/manifest.pb.h"
#include "gapseal/v1/record.pb.h"
#include "signed.h"
#include "status.h"

#define GS_NONCE_BYTES 16u
#define GS_HOST_NONCE_BYTES 32u
#define GS_SERIAL_MAX 32u
#define GS_BLOCK_SIZE_MIN 256u
#define GS_BLOCK_SIZE_MAX 65536u
#define GS_PAGES_MAX 32u /* table pages a variant */

struct gs_manifest {
  gapseal_v1_Manifest fields;
  const uint8_t *table; /* page digests, GS_DIGEST_BYTES each: variant 0's, then variant 1's */
  size_t table_len;     /* bytes; exactly as many pages as the variants need */
};
GS_MUST_USE enum gs_status gs_manifest_decode(const uint8_t *body, size_t len,
                                              struct gs_manifest *out);

/* Shape of one variant's block table; all derived from size and block_size. */
struct gs_table_shape {
  uint32_t blocks;         /* ceil(size / block_size) */
  uint32_t digests_a_page; /* block_size / 32 */
  uint32_t pages;          /* ceil(blocks / digests_a_page), 1..GS_PAGES_MAX */
  uint32_t last_block_len; /* bytes, 1..block_size */
  uint32_t last_page_len;  /* bytes: pages are cut after the last digest */
  const uint8_t *digests;  /* of the pages, in the manifest */
};
/* variant < fields.variants_count, of a manifest that gs_manifest_decode accepted. */
struct gs_table_shape gs_manifest_table(const struct gs_manifest *m, uint32_t variant);
/* Bytes of page i, of block i; i below shape->pages, shape->blocks. */
uint32_t gs_table_page_len(const struct gs_table_shape *shape, uint32_t i);
uint32_t gs_table_block_len(const struct gs_table_shape *shape, uint32_t i);

struct gs_keyring {
  gapseal_v1_Keyring fields;
  const uint8_t *revoked_keys; /* GS_KEY_ID_BYTES each, ascending */
  size_t revoked_keys_count;
  const uint8_t *revoked_packages; /* GS_DIGEST_BYTES each, ascending */
  size_t revoked_packages_count;
};
GS_MUST_USE enum gs_status gs_keyring_decode(const uint8_t *body, size_t len,
                                             struct gs_keyring *out);

GS_MUST_USE enum gs_status gs_identity_decode(const uint8_t *body, size_t len,
                                              gapseal_v1_Identity *out);
GS_MUST_USE enum gs_status gs_ident_decode(const uint8_t *body, size_t len, gapseal_v1_Ident *out);
GS_MUST_USE enum gs_status gs_receipt_decode(const uint8_t *body, size_t len,
                                             gapseal_v1_Receipt *out);

/*
 * Encode any of the messages above into its one allowed encoding. fields points at the
 * nanopb struct; for manifest and keyring the whole struct gs_manifest or gs_keyring. The
 * has_ flags are the caller's (gs_fields_all_present), callbacks are not.
 *
 * Returns the bytes written, or 0 when cap is too small.
 */
size_t gs_manifest_encode(const struct gs_manifest *m, uint8_t *out, size_t cap);
size_t gs_keyring_encode(const struct gs_keyring *k, uint8_t *out, size_t cap);
size_t gs_identity_encode(const gapseal_v1_Identity *v, uint8_t *out, size_t cap);
size_t gs_ident_encode(const gapseal_v1_Ident *v, uint8_t *out, size_t cap);
size_t gs_receipt_encode(const gapseal_v1_Receipt *v, uint8_t *out, size_t cap);

/*
 * Set every has_ flag of one message, but not those of messages inside it: a signed object
 * holds all its scalars, zeros included, and nanopb leaves out what its flag does not name.
 *
 * message  nanopb's description, as &gapseal_v1_SlotInfo_msg.
 * fields   the struct it describes.
 */
void gs_fields_all_present(const pb_msgdesc_t *message, void *fields);

/*
 * The character that UTF-8 begins with.
 *
 * left  bytes at `at`; not 0.
 * code  its code point.
 *
 * Returns its length in bytes, or 0 where the bytes are not the shortest form of a scalar value.
 *
 * Source: The Unicode Standard, table 3-7.
 */
size_t gs_utf8_next(const uint8_t *at, size_t left, uint32_t *code);

/* True for text a signed object may hold: UTF-8, no control characters (C0, DEL, C1), no
 * bidirectional controls (U+061C, U+200E, U+200F, U+202A..2E, U+2066..69), no U+2028/2029,
 * no noncharacters. */
bool gs_text_ok(const char *text, size_t len);

#endif
