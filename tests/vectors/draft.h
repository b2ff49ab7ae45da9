/* SPDX-License-Identifier: Apache-2.0
 * A vector in the making: start with a good object, damage it at one place, sign it with the
 * keys that make the damage count, write it.
 */
#ifndef GAPSEAL_DRAFT_H
#define GAPSEAL_DRAFT_H

#include "fixture.h"
#include "vector_file.h"

struct draft {
  struct vector v;
  uint8_t body[VECTOR_OBJECT_MAX];
  size_t body_len;
  enum gs_object_type context; /* what the signatures are made for */
  enum test_key keys[GS_SIGNATURES_MAX + 1];
  size_t key_count;
};

/* Where finished drafts go; the same for a whole run. */
struct draft_run {
  const char *dir;
  bool check; /* compare with the files instead of writing them */
  unsigned written, different;
};

/* A manifest vector from golden-manifest-1, signed by release-1, for the fixture's device. */
void draft_manifest(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                    const char *story);
/* The same from a manifest of the caller's. */
void draft_use_manifest(struct draft *d, const struct fixture_manifest *f);
/* A keyring vector from golden-keyring-v1, signed by root-1. */
void draft_keyring(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                   const char *story);
void draft_use_keyring(struct draft *d, const struct fixture_keyring *f);
/* An identity of the test device, signed by the maker's test key. */
void draft_identity(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                    const char *story);
/* What the test device signs about itself; object and body are the caller's. */
void draft_evidence(struct draft *d, const char *name, const char *rows, enum gs_status expect,
                    const char *story);
void draft_signers(struct draft *d, size_t count, enum test_key a, enum test_key b,
                   enum test_key c);

/* What another door says instead, and why. */
void draft_wire(struct draft *d, enum gs_status status, const char *why);
void draft_host(struct draft *d, enum gs_status status, const char *why);
void draft_verifier(struct draft *d, enum gs_status status, const char *why);

/* Edits of the body. raw is a whole field: its header and what follows. */
void draft_replace(struct draft *d, uint32_t number, const void *raw, size_t len);
void draft_insert_before(struct draft *d, uint32_t number, const void *raw, size_t len);
void draft_append(struct draft *d, const void *raw, size_t len);
void draft_remove(struct draft *d, uint32_t number);
/* The same one level down, in the first field `outer`; its length is put right. */
void draft_replace_inner(struct draft *d, uint32_t outer, uint32_t number, const void *raw,
                         size_t len);

/* Sign; then v.bytes may be damaged further. */
void draft_sign(struct draft *d);
/* Write what v holds. */
void draft_write(struct draft *d, struct draft_run *run);
/* Both. */
void draft_finish(struct draft *d, struct draft_run *run);

/* Place and length of a field in a message, its header included. Aborts where it is absent. */
size_t draft_find(const uint8_t *message, size_t len, uint32_t number, size_t *field_len);

/* The families of vectors. */
void draft_golden(struct draft_run *run);
void draft_form(struct draft_run *run);
void draft_content(struct draft_run *run);
void draft_signatures(struct draft_run *run);
void draft_keyrings(struct draft_run *run);
void draft_policy(struct draft_run *run);
void draft_identities(struct draft_run *run);
void draft_evidences(struct draft_run *run);

#endif
