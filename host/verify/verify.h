/* SPDX-License-Identifier: Apache-2.0
 * gapseal-verify: a second, independent reader of packages and evidence. It shares the encoding
 * of signed objects (proto/), the cryptography and the PEM reader with the rest of the product,
 * and nothing that decides: every rule is written down again here, from docs/spec/.
 */
#ifndef GSV_VERIFY_H
#define GSV_VERIFY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "gapseal/crypto.h"
#include "objects.h"

#define GSV_TEXT_MAX 256u

/* What is wrong; filled by gsv_fail. */
struct gsv_error {
  enum gs_status status;
  char what[GSV_TEXT_MAX];
  const char *next_step; /* NULL: the status' own; gsv_fail sets it so */
  char hint[128];        /* room for a next step that is not a constant */
};
void gsv_note(struct gsv_error *e, enum gs_status status, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
static inline enum gs_status gsv_failed(enum gs_status status) {
  return status;
}
/* The same, and status comes back. A macro, so that compilers and analysers see in the caller
 * alone that what failed is not GS_OK. Evaluates status twice. */
#define gsv_fail(e, status, ...) (gsv_note((e), (status), __VA_ARGS__), gsv_failed(status))
/* The same with the status' own sentence after "what: "; GS_E_CRYPTO becomes GS_E_NO_MEMORY, which
 * blames nobody. */
enum gs_status gsv_fail_as(struct gsv_error *e, enum gs_status status, const char *what);

/*
 * What was found. It is collected and printed by gsv_finish, so that nothing is on stdout before
 * everything held.
 */
struct gsv_report {
  cJSON *json;     /* the caller's object; members in the order in which they are shown */
  bool as_json;    /* print that object, not lines for people */
  bool incomplete; /* memory was missing for something that was found */
};
#define GSV_VERIFIED "verified" /* the list of what gsv_say said */
#define GSV_ENTRIES "entries"   /* the list of a log's entries */
/* One sentence on something that was verified. */
void gsv_say(struct gsv_report *r, const char *what, ...) __attribute__((format(printf, 2, 3)));
/* An item of a list, which takes it over. NULL: memory was missing. */
void gsv_append(struct gsv_report *r, const char *name, cJSON *item);
void gsv_text(struct gsv_report *r, const char *name, const char *text);
void gsv_number(struct gsv_report *r, const char *name, uint32_t value);
void gsv_digest(struct gsv_report *r, const char *name, const uint8_t digest[GS_DIGEST_BYTES]);
/*
 * Print the end of a run: what was found on stdout, or why not on stderr. With as_json one object
 * on stdout either way.
 *
 * command  names the object's schema.
 *
 * Returns the exit code.
 */
int gsv_finish(struct gsv_report *r, const char *command, struct gsv_error *e);

/* ASCII that a terminal cannot be misled by; cut where cap is too small. Returns out. */
char *gsv_escape(const char *text, char *out, size_t cap);
char *gsv_hex(const uint8_t *data, size_t len, char *out);

/* A file that is read once, from front to back. */
struct gsv_file {
  FILE *file;
  const char *path;
};
enum gs_status gsv_open(struct gsv_file *f, const char *path, struct gsv_error *e);
void gsv_close(struct gsv_file *f);
/* Exactly len bytes: GS_E_FILE_MALFORMED where it ends before. */
enum gs_status gsv_read(struct gsv_file *f, void *buf, size_t len, struct gsv_error *e);
enum gs_status gsv_expect_magic(struct gsv_file *f, const char magic[8], const char *kind,
                                struct gsv_error *e);
/* Is nothing left? A file that cannot be read any further is no answer. */
enum gs_status gsv_at_end(struct gsv_file *f, bool *end, struct gsv_error *e);
enum gs_status gsv_expect_end(struct gsv_file *f, struct gsv_error *e);
/* u32 length and that many bytes, 1 to cap. */
enum gs_status gsv_read_item(struct gsv_file *f, uint8_t *buf, size_t cap, size_t *len,
                             struct gsv_error *e);

#define GSV_KEYRING_MAX 8192u
#define GSV_KEYRINGS_MAX 64u
#define GSV_KEYS_MAX 8u

/* A keyring that was verified; envelope owns the bytes that the rest points into. */
struct gsv_keyring {
  uint8_t envelope[GSV_KEYRING_MAX];
  struct gs_signed object;
  struct gs_keyring keyring;
  uint8_t ids[GSV_KEYS_MAX][GS_KEY_ID_BYTES]; /* of keyring.fields.keys */
};

/*
 * Read the next keyring of a chain and verify it: its own root threshold signed it, and where
 * there is one before it, that one's threshold too, and its version is one higher.
 *
 * k->envelope holds len bytes. before NULL: it is the first.
 */
enum gs_status gsv_keyring_verify(struct gsv_keyring *k, size_t len,
                                  const struct gsv_keyring *before, struct gsv_error *e);
/* Does next follow k? GS_E_NO_MEMORY: that could not be judged, and *follows means nothing. */
enum gs_status gsv_keyring_follows(const struct gsv_keyring *k, const struct gsv_keyring *next,
                                   bool *follows, struct gsv_error *e);
/* Copy, with the pointers set right. */
void gsv_keyring_copy(struct gsv_keyring *to, const struct gsv_keyring *from, size_t len);
/* The newest keyring of a .gsk file, all of its chain verified. */
enum gs_status gsv_keyring_file(const char *path, struct gsv_keyring *out, size_t *len,
                                struct gsv_error *e);

/* Rules 2, 4 and 5 of docs/spec/policy.md. signer: the first signature's entry. */
enum gs_status gsv_manifest_signatures(const struct gs_signed *object, const struct gsv_keyring *k,
                                       const gapseal_v1_Key **signers, struct gsv_error *e);
enum gs_status gsv_manifest_allowed(const struct gs_manifest *m,
                                    const uint8_t digest[GS_DIGEST_BYTES],
                                    const struct gs_keyring *k,
                                    const gapseal_v1_Key *const *signers, size_t count,
                                    struct gsv_error *e);

#define GSV_ATTACHMENTS_BYTES_MAX (64u * 1024u * 1024u)

/* Parse and check an about document. text: len bytes and one zero. *out is to be deleted by the
 * caller whatever is returned. */
enum gs_status gsv_about_parse(const char *text, size_t len, const gapseal_v1_Manifest *m,
                               cJSON **out, struct gsv_error *e);
/* A member's text, or NULL where it is absent, empty or no text. */
const char *gsv_member(const cJSON *object, const char *name);
/* Name, type and size of the i-th attachment; its name is no other's, those before it are ok. */
bool gsv_attachment_ok(const cJSON *list, int i);

/* The commands. path: the file named on the command line. */
struct gsv_options {
  const char *keyring, *maker, *package;
};
enum gs_status gsv_package(const char *path, const struct gsv_options *o, struct gsv_report *r,
                           struct gsv_error *e);
enum gs_status gsv_receipt(const char *path, const struct gsv_options *o, struct gsv_report *r,
                           struct gsv_error *e);
enum gs_status gsv_log(const char *path, const struct gsv_options *o, struct gsv_report *r,
                       struct gsv_error *e);

/* Digest of the manifest at the start of a package file; nothing else of it is looked at. */
enum gs_status gsv_package_digest(const char *path, uint8_t digest[GS_DIGEST_BYTES],
                                  struct gsv_error *e);

#endif
