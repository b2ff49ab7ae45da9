/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "pem.h"
#include "text.h"

#define WHY_MAX 256u

static enum gs_status key_failed(struct gsh_error *err, enum gs_status status, const char *why) {
  char shown[WHY_MAX];
  return gsh_fail(err, status, "%s", gsh_text_escape(why, strlen(why), 0, shown, sizeof shown));
}

static enum gs_status complete(struct gss_key *k) {
  enum gs_status status = GS_OK;
  if (k->has_private) {
    status = gs_ecdsa_public(k->private_key, k->public_key);
  }
  return status == GS_OK ? gs_key_id(k->public_key, k->id) : status;
}

enum gs_status gss_key_read(const char *path, bool private_needed, struct gss_key *out,
                            struct gsh_error *err) {
  char why[WHY_MAX] = "";
  memset(out, 0, sizeof *out);
  enum gs_status status = gsh_pem_read_private(path, out->private_key, why, sizeof why);
  out->has_private = status == GS_OK;
  if (status != GS_OK && status != GS_E_NO_MEMORY && !private_needed) {
    status = gsh_pem_read_public(path, out->public_key, why, sizeof why);
  }
  if (status != GS_OK) {
    (void)key_failed(err, status, why);
    char shown[GSS_SHOWN];
    return gsh_context(err, "%s", gss_shown(path, shown));
  }
  if (complete(out) != GS_OK) {
    gss_keys_wipe(out, 1);
    return gsh_fail_crypto(err);
  }
  return GS_OK;
}

void gss_keys_wipe(struct gss_key *keys, size_t count) {
  gs_wipe(keys, count * sizeof *keys);
}

static int compare_signatures(const void *a, const void *b) {
  const struct gs_signature *x = a;
  const struct gs_signature *y = b;
  return memcmp(x->key_id, y->key_id, GS_KEY_ID_BYTES);
}

static bool by_one_of(const struct gs_signature *s, const struct gss_key *keys, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (keys[i].has_private && memcmp(keys[i].id, s->key_id, GS_KEY_ID_BYTES) == 0) {
      return true;
    }
  }
  return false;
}

static enum gs_status too_many(struct gsh_error *err) {
  return gsh_fail(err, GS_E_RANGE, "more than %u signatures", GS_SIGNATURES_MAX);
}

enum gs_status gss_sign_envelope(const struct gss_to_sign *what, uint8_t *out, size_t cap,
                                 size_t *out_len, struct gsh_error *err) {
  struct gs_signature all[GS_SIGNATURES_MAX];
  uint8_t made[GS_SIGNATURES_MAX][GS_SIGNATURE_BYTES];
  uint8_t hash[GS_DIGEST_BYTES];
  size_t n = 0;
  if (gs_signed_hash(what->type, what->body, what->body_len, hash) != GS_OK) {
    return gsh_fail(err, GS_E_INTERNAL, "the cryptographic library failed");
  }
  for (size_t i = 0; i < what->kept_count; i++) {
    if (by_one_of(&what->kept[i], what->keys, what->key_count)) {
      continue;
    }
    if (n == GS_SIGNATURES_MAX) {
      return too_many(err);
    }
    all[n++] = what->kept[i];
  }
  for (size_t i = 0; i < what->key_count; i++) {
    const struct gss_key *key = &what->keys[i];
    if (!key->has_private) {
      continue;
    }
    if (n == GS_SIGNATURES_MAX) {
      return too_many(err);
    }
    if (gs_ecdsa_sign(key->private_key, hash, made[n]) != GS_OK) {
      return gsh_fail(err, GS_E_INTERNAL, "the cryptographic library failed to sign");
    }
    all[n] = (struct gs_signature){.key_id = key->id, .sig = made[n], .sig_len = sizeof made[n]};
    n++;
  }
  qsort(all, n, sizeof all[0], compare_signatures);
  *out_len = gs_signed_write(what->body, what->body_len, all, n, out, cap);
  return *out_len > 0 ? GS_OK : gsh_fail(err, GS_E_RANGE, "the signed object is too large");
}
