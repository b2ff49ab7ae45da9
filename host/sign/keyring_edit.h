/* SPDX-License-Identifier: Apache-2.0
 * A keyring while it is being made: members added and removed in any order, sorted at the end.
 */
#ifndef GSS_KEYRING_EDIT_H
#define GSS_KEYRING_EDIT_H

#include "command.h"
#include "keyring_file.h"
#include "keys.h"

#define GSS_REVOKED_MAX 256u /* of each kind: more do not fit an envelope */
#define GSS_KEYS_MAX 8u      /* in a keyring */

struct gss_keyring_edit {
  struct gs_keyring keyring; /* revoked lists are set by gss_keyring_seal */
  uint8_t revoked_keys[GSS_REVOKED_MAX][GS_KEY_ID_BYTES];
  size_t revoked_keys_count;
  uint8_t revoked_packages[GSS_REVOKED_MAX][GS_DIGEST_BYTES];
  size_t revoked_packages_count;
  struct gss_key roots[GSS_KEYS_MAX]; /* that sign; wiped by the caller */
  size_t root_count;
};

/* Start empty, or from an existing keyring. */
void gss_keyring_start(struct gss_keyring_edit *e, const struct gs_keyring *from);

/* Apply the options that new and next share: --root, --<prefix>release and its kin, --product,
 * --threshold, --minimum, --revoke-key, --revoke-package, --remove. prefix: "" or "add-". */
enum gs_status gss_keyring_apply(struct gss_keyring_edit *e, const struct gss_args *args,
                                 const char *prefix, struct gsh_error *err);

/* Sort, encode and sign. out: GS_KEYRING_ENVELOPE_MAX. */
enum gs_status gss_keyring_seal(struct gss_keyring_edit *e, uint8_t *out, size_t *len,
                                struct gsh_error *err);

/* Verify a keyring file and print its chain, as keyring show does. */
enum gs_status gss_show_keyring_file(const char *path, bool json, struct gsh_error *err);

/* A keyring that is told: its own id in hex, and those of its keys. */
struct gss_told_keyring {
  struct gs_keyring keyring;
  size_t signatures;
  char id[2 * GS_DIGEST_BYTES + 1];
  uint8_t key_ids[GSS_KEYS_MAX][GS_KEY_ID_BYTES];
};
/* The ids of a keyring's keys, in their order. */
enum gs_status gss_key_ids(const struct gs_keyring *k, uint8_t ids[GSS_KEYS_MAX][GS_KEY_ID_BYTES],
                           struct gsh_error *err);
/* In words, on stdout. */
void gss_keyring_print(const struct gss_told_keyring *t);
/* The same as a JSON value to be added to a document; NULL: no memory. */
struct cJSON;
struct cJSON *gss_keyring_json(const struct gss_told_keyring *t);

#endif
