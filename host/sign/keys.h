/* SPDX-License-Identifier: Apache-2.0
 * Keys as gapseal-sign uses them: read from PEM, named by id, signing envelopes.
 */
#ifndef GSS_KEYS_H
#define GSS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "gapseal/crypto.h"

struct gss_key {
  uint8_t private_key[GS_PRIVATE_KEY_BYTES]; /* wiped by gss_keys_wipe */
  bool has_private;
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
};

/* Read a PEM file that holds a private key, or where private_needed is false a public one. */
enum gs_status gss_key_read(const char *path, bool private_needed, struct gss_key *out,
                            struct gsh_error *err);
void gss_keys_wipe(struct gss_key *keys, size_t count);

/* What an envelope is made of. */
struct gss_to_sign {
  enum gs_object_type type;
  const uint8_t *body;
  size_t body_len;
  const struct gs_signature *kept; /* of the envelope before; one by the same key is replaced */
  size_t kept_count;
  const struct gss_key *keys; /* those without a private half do not sign */
  size_t key_count;
};

/*
 * Write an envelope with the signatures kept and those of the keys, in the order of their key
 * ids, so that the order of signing leaves no trace.
 *
 * GS_E_RANGE: more than GS_SIGNATURES_MAX signatures, or it does not fit out.
 */
enum gs_status gss_sign_envelope(const struct gss_to_sign *what, uint8_t *out, size_t cap,
                                 size_t *out_len, struct gsh_error *err);

#endif
