/* SPDX-License-Identifier: Apache-2.0
 * Test vectors: files of text in proto/vectors, each with an object, what it is about, on which
 * device, and the status that must come of it. Written by generate.c, read by every runner.
 *
 * A file is lines of "key: value"; "#" starts a comment line; after "hex:" only hex follows.
 *
 *   name         the file's name without ".vec"
 *   rows         the rows of the catalogue of attacks it stands for, or "golden"
 *   story        what was done to the object, in a sentence
 *   object       manifest (an envelope, judged against keyring, then for the device)
 *                keyring (an envelope, judged by itself)
 *                keyring-link (an envelope, judged as the successor of keyring)
 *                identity (an envelope, signed by the maker's test key)
 *                ident, receipt (envelopes, signed by the device that identity vouches for)
 *                log (a whole log file, .gsl)
 *   keyring      the file of the keyring that is trusted; for manifest and keyring-link
 *   identity     the file of the maker's word on the device; for ident and receipt
 *   nonce        what the host asked with; for ident and receipt
 *   hello        the digest of both hellos; for ident
 *   device.X     one fact of the device; X as in struct gs_policy_device, all of them or none
 *   expect       the status, by its name in proto/status.def
 *   wire         "STATUS - why", where a device says another status over the wire than `expect`
 *   host         the same for the host's readers
 *   verifier     the same for gapseal-verify
 *
 * Doors. Manifests and keyrings go through the pure functions (run_vectors), the wire (run_wire),
 * wire, OTA client and pre-flight together (run_doors), the host's reader of files (run_host) and
 * gapseal-verify (run_verify). A device takes no evidence: that goes to the functions, the host and
 * the verifier; logs are read by the last two, and idents, which no file holds, by the first two.
 * Where something in evidence does not hold, the host has one word for it: not-genuine of a
 * statement or an ident, receipt-bad of a receipt or a log.
 */
#ifndef GAPSEAL_VECTOR_FILE_H
#define GAPSEAL_VECTOR_FILE_H

#include "gapseal/policy.h"

#define VECTOR_OBJECT_MAX 8192u
#define VECTOR_TEXT_MAX 32768u /* bytes of a file */

enum vector_object {
  VECTOR_MANIFEST,
  VECTOR_KEYRING,
  VECTOR_KEYRING_LINK,
  VECTOR_IDENTITY,
  VECTOR_IDENT,
  VECTOR_RECEIPT,
  VECTOR_LOG,
};

/* What one door says where it says something else. */
struct vector_door_word {
  bool differs;
  enum gs_status status;
  char why[120];
};

struct vector {
  char name[64];
  char rows[32];
  char story[400];
  enum vector_object object;
  char keyring_file[64]; /* "": none */
  bool has_device;
  struct gs_policy_device device;
  enum gs_status expect;
  struct vector_door_word wire, host, verifier;
  uint8_t bytes[VECTOR_OBJECT_MAX]; /* the object as it would arrive */
  size_t len;
  uint8_t keyring[VECTOR_OBJECT_MAX]; /* the object of keyring_file */
  size_t keyring_len;
  char identity_file[64];              /* "": none */
  uint8_t identity[VECTOR_OBJECT_MAX]; /* the object of identity_file */
  size_t identity_len;
  uint8_t nonce[GS_HOST_NONCE_BYTES];
  uint8_t hello[GS_DIGEST_BYTES];
};

/*
 * Read a vector, and the keyring or identity it names from the same directory.
 *
 * file  its name in dir, ".vec" included.
 * why   at least 128 bytes; a sentence on failure.
 */
bool vector_read(const char *dir, const char *file, struct vector *v, char *why, size_t why_cap);

/* The text of a vector. Returns its length, or 0 when cap is too small. */
size_t vector_print(const struct vector *v, char *out, size_t cap);

/*
 * What this project's own code says of it: limit, gs_verify_manifest and gs_policy_judge,
 * gs_verify_keyring, gs_verify_keyring_link, or the signature and the decoder of evidence, its
 * nonce, and whether it is about the device that signed it. Not for logs. gs_crypto_init must have
 * succeeded.
 */
enum gs_status vector_judge(const struct vector *v);

/* Is it said of the object alone, whatever device it meets? Rules 1 to 5, but for the limit and the
 * lifecycle. */
bool vector_needs_no_device(enum gs_status status);

#endif
