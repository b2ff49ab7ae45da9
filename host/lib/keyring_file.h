/* SPDX-License-Identifier: Apache-2.0
 * Keyring files (.gsk, docs/spec/keyring.md): the chain of a maker's keyrings, oldest first.
 * gs_crypto_init must have succeeded before anything here verifies.
 */
#ifndef GSH_KEYRING_FILE_H
#define GSH_KEYRING_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "objects.h"
#include "package_layout.h"

/* Views of items of u32 length and that many bytes, laid end to end. */
struct gsh_keyring_chain {
  size_t count;
  const uint8_t *items[GS_KEYRING_CHAIN_MAX]; /* envelopes */
  size_t lens[GS_KEYRING_CHAIN_MAX];
};

/*
 * Split a chain, and believe nothing of it yet.
 *
 * data, len  the items; out points into them.
 *
 * GS_OK also where len is 0. GS_E_FILE_MALFORMED: the lengths do not add up, or there are more than
 * GS_KEYRING_CHAIN_MAX.
 */
enum gs_status gsh_keyring_chain_split(const uint8_t *data, size_t len,
                                       struct gsh_keyring_chain *out, struct gsh_error *err);

/*
 * Split and verify a chain: each keyring is signed by its own root threshold, and each but the
 * first is the successor of the one before it.
 *
 * data, len  the items; out points into them.
 *
 * GS_OK also where len is 0. GS_E_FILE_MALFORMED: the lengths do not add up. Otherwise what the
 * keyring's own rules say (10..21, 41..51).
 */
enum gs_status gsh_keyring_chain_read(const uint8_t *data, size_t len,
                                      struct gsh_keyring_chain *out, struct gsh_error *err);

/* A keyring file in memory. Zeroed: empty. */
struct gsh_keyring_file {
  uint8_t *data; /* the whole file, magic included */
  size_t len;
  struct gsh_keyring_chain chain; /* at least one */
};

/* Read and verify a file. On GS_OK to be released with gsh_keyring_file_close; otherwise *out is
 * zeroed. GS_E_FILE_READ, GS_E_FILE_MALFORMED, GS_E_NO_MEMORY, and as above. */
enum gs_status gsh_keyring_file_open(const char *path, struct gsh_keyring_file *out,
                                     struct gsh_error *err);
void gsh_keyring_file_close(struct gsh_keyring_file *f);

/* Write a file that holds the items of a chain and one more (NULL: none), whole or not at all. */
enum gs_status gsh_keyring_file_write(const char *path, const struct gsh_keyring_chain *chain,
                                      const uint8_t *more, size_t more_len, struct gsh_error *err);

/* A keyring as it was read, and the body that it was read from. */
struct gsh_keyring_head {
  struct gs_keyring keyring; /* points into the envelope, as body does */
  const uint8_t *body;
  size_t body_len;
};
/* As gsh_keyring_open. */
enum gs_status gsh_keyring_head_open(const uint8_t *envelope, size_t len,
                                     struct gsh_keyring_head *out, struct gsh_error *err);
/* Judge an envelope as the successor of head, and put it in its place. As gs_verify_keyring_link;
 * on any other status than GS_OK head is as it was. */
enum gs_status gsh_keyring_head_follow(struct gsh_keyring_head *head, const uint8_t *envelope,
                                       size_t len);

/*
 * Read one keyring of a verified chain.
 *
 * envelope, len  as in the chain; out and body point into it.
 */
enum gs_status gsh_keyring_open(const uint8_t *envelope, size_t len, struct gs_keyring *out,
                                const uint8_t **body, size_t *body_len, struct gsh_error *err);

#endif
