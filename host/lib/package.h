/* SPDX-License-Identifier: Apache-2.0
 * Reading a package file (docs/spec/package.md). Memory use does not grow with the package:
 * pages and blocks are read when asked for, and verified each time they are read, so that a
 * file that changes on its medium is noticed and nothing unverified leaves this reader.
 */
#ifndef GSH_PACKAGE_H
#define GSH_PACKAGE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "objects.h"

struct gsh_package; /* opaque; one thread at a time */

/*
 * Open a package and read its head: envelope, keyring chain, about. Structure and digests are
 * checked; signatures are not judged yet (gsh_package_judge), and pages, blocks and
 * attachments are not read yet (gsh_package_verify). gs_crypto_init must have succeeded.
 *
 * On GS_OK *out is to be closed with gsh_package_close. On any other status *out is NULL and
 * err says why: GS_E_FILE_READ, GS_E_FILE_MALFORMED, GS_E_NO_MEMORY, or what the strict
 * readers say (10..21).
 */
enum gs_status gsh_package_open(const char *path, struct gsh_package **out, struct gsh_error *err);
/* The same, and of the keyring chain no signature is verified: for a look at many packages, of
 * which any may be hostile. gsh_package_judge verifies the links that it follows. */
enum gs_status gsh_package_look(const char *path, struct gsh_package **out, struct gsh_error *err);
void gsh_package_close(struct gsh_package *p);

/* How a package's signature was judged. */
struct gsh_judgement {
  bool by_trusted_keyring; /* false: by the package's own chain only */
  bool recovery;           /* signed by a recovery key */
  uint32_t keyring_version;
  uint8_t key_id[GS_KEY_ID_BYTES]; /* of a key that signed */
};

/*
 * Judge signatures, revocation and minimum as a device would. The trusted keyrings, extended
 * by the links of the package's chain that follow them, decide; with none trusted, the
 * package's own chain does and the judgement says so.
 *
 * trusted, trusted_lens, count  keyring envelopes, already verified by the caller.
 */
enum gs_status gsh_package_judge(struct gsh_package *p, const uint8_t *const *trusted,
                                 const size_t *trusted_lens, size_t count,
                                 struct gsh_judgement *out, struct gsh_error *err);

/* Called now and then with bytes done and in all; returning non-zero stops with
 * GS_E_INTERRUPTED. */
typedef int (*gsh_progress_fn)(void *ctx, uint64_t done, uint64_t total);

/* Read and verify everything: attachments, pages, every block, both images' digests. */
enum gs_status gsh_package_verify(struct gsh_package *p, gsh_progress_fn progress, void *ctx,
                                  struct gsh_error *err);

/* Views that live until close. */
const char *gsh_package_path(const struct gsh_package *p);
const struct gs_manifest *gsh_package_manifest(const struct gsh_package *p);
const uint8_t *gsh_package_digest(const struct gsh_package *p); /* GS_DIGEST_BYTES */
const uint8_t *gsh_package_envelope(const struct gsh_package *p, size_t *len);
size_t gsh_package_keyring_count(const struct gsh_package *p);
const uint8_t *gsh_package_keyring(const struct gsh_package *p, size_t i, size_t *len);
const char *gsh_package_about_json(const struct gsh_package *p, size_t *len);

/* The about document's members, zero terminated UTF-8, "" where absent. Not escaped: what is
 * printed goes through gsh_text_escape. */
struct gsh_about {
  const char *name, *version, *product, *changelog, *severity, *support_until;
};
const struct gsh_about *gsh_package_about(const struct gsh_package *p);
/* The name of board i of the manifest; "" where the about document tells none. */
const char *gsh_package_board(const struct gsh_package *p, size_t i);
size_t gsh_package_attachment_count(const struct gsh_package *p);
/* name, type: as in gsh_about. size: bytes. */
void gsh_package_attachment(const struct gsh_package *p, size_t i, const char **name,
                            const char **type, uint64_t *size);

/*
 * Read one table page or one block of a variant, verified.
 *
 * buf  block_size bytes at least. *len: its exact length.
 *
 * GS_E_FILE_CHANGED: it does not match what the manifest says.
 */
enum gs_status gsh_package_page(struct gsh_package *p, uint32_t variant, uint32_t i, uint8_t *buf,
                                size_t *len, struct gsh_error *err);
enum gs_status gsh_package_block(struct gsh_package *p, uint32_t variant, uint32_t i, uint8_t *buf,
                                 size_t *len, struct gsh_error *err);

/* gs_id_from_name of a name that people wrote: 1 to 64 characters of a-z 0-9 . - or GS_E_RANGE. */
enum gs_status gsh_id_from_name(const char *name, uint8_t out[GS_ID_BYTES]);

#endif
