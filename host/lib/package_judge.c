/* SPDX-License-Identifier: Apache-2.0
 * Who vouches for a package. The rules are the device's (gapseal/policy.h); what is decided
 * here is only which keyring they are asked with: the newest one that a trusted keyring leads
 * to, link by link.
 */
#include <string.h>

#include "gapseal/policy.h"
#include "package_internal.h"
#include "text.h"

/* Keyrings that may extend a trusted one. */
struct pool {
  const struct gsh_keyring_chain *chain;
  const uint8_t *const *trusted;
  const size_t *trusted_lens;
  size_t count; /* of trusted */
};

/* Does it call itself the next one? Costs no signature, and what says no could not follow. */
static bool may_follow(const struct gsh_keyring_head *c, const uint8_t *envelope, size_t len) {
  uint32_t version = 0;
  return gs_keyring_peek(envelope, len, &version) && version > c->keyring.fields.version &&
         version - c->keyring.fields.version == 1;
}

/* A candidate that does not follow is not an error: the pool holds other makers' keyrings. One that
 * could not be judged is: it may revoke what the older one vouches for. */
static enum gs_status try_link(struct gsh_keyring_head *c, const uint8_t *envelope, size_t len,
                               bool *moved) {
  if (!may_follow(c, envelope, len)) {
    return GS_OK;
  }
  enum gs_status status = gsh_keyring_head_follow(c, envelope, len);
  *moved = *moved || status == GS_OK;
  return status == GS_E_CRYPTO ? status : GS_OK;
}

/* A chain has one keyring of each version: the first that calls itself the next one is tried, and
 * no other, so that a file full of them costs one signature. */
static enum gs_status try_chain(struct gsh_keyring_head *c, const struct gsh_keyring_chain *chain,
                                bool *moved) {
  for (size_t i = 0; i < chain->count; i++) {
    if (may_follow(c, chain->items[i], chain->lens[i])) {
      return try_link(c, chain->items[i], chain->lens[i], moved);
    }
  }
  return GS_OK;
}

/* Each step raises the version by one, so that this ends. */
static enum gs_status extend(struct gsh_keyring_head *c, const struct pool *pool) {
  bool moved = true;
  enum gs_status status = GS_OK;
  while (moved && status == GS_OK) {
    moved = false;
    status = try_chain(c, pool->chain, &moved);
    for (size_t i = 0; status == GS_OK && i < pool->count; i++) {
      status = try_link(c, pool->trusted[i], pool->trusted_lens[i], &moved);
    }
  }
  return status;
}

static void describe_signers(const struct gsh_package *p, struct gsh_error *err) {
  char hex[2 * GS_KEY_ID_BYTES + 1];
  if (p->sealed.signature_count > 0) {
    gsh_hex(p->sealed.signatures[0].key_id, GS_KEY_ID_BYTES, hex);
    (void)strncpy(err->got, hex, sizeof err->got - 1);
  }
}

/* The key ids that may sign packages, as far as they fit. */
static void describe_keyring(const struct gs_keyring *k, struct gsh_error *err) {
  size_t used = 0;
  for (pb_size_t i = 0; i < k->fields.keys_count; i++) {
    const gapseal_v1_Key *key = &k->fields.keys[i];
    bool release = key->role == gapseal_v1_Role_ROLE_RELEASE;
    uint8_t id[GS_KEY_ID_BYTES];
    if ((!release && key->role != gapseal_v1_Role_ROLE_RECOVERY) || gs_key_id(key->key, id)) {
      continue;
    }
    char text[40];
    size_t n = strlen(gsh_hex_short(id, sizeof id, text));
    memcpy(text + n, release ? " (release) " : " (recovery) ", release ? 12 : 13);
    n = strlen(text);
    if (n >= sizeof err->expected - used) {
      break;
    }
    memcpy(err->expected + used, text, n + 1);
    used += n;
  }
  if (used > 0) {
    err->expected[used - 1] = '\0';
  }
}

static enum gs_status judge_with(const struct gsh_package *p, const struct gs_keyring *keyring,
                                 struct gsh_judgement *out, struct gsh_error *err) {
  struct gs_manifest manifest;
  uint8_t digest[GS_DIGEST_BYTES];
  bool recovery = false;
  enum gs_status status = gs_verify_manifest(p->envelope, p->envelope_len, keyring, false,
                                             &manifest, digest, &recovery);
  if (status == GS_E_CRYPTO) {
    return gsh_fail_crypto(err);
  }
  if (status != GS_OK) {
    (void)gsh_package_fail_status(err, status, "manifest");
    if (status >= GS_E_SIG_MISSING && status <= GS_E_THRESHOLD) {
      describe_signers(p, err);
      describe_keyring(keyring, err);
    }
    return status;
  }
  out->recovery = recovery;
  out->keyring_version = keyring->fields.version;
  memcpy(out->key_id, p->sealed.signatures[0].key_id, GS_KEY_ID_BYTES);
  return GS_OK;
}

static enum gs_status judge_by_own_chain(const struct gsh_package *p, struct gsh_judgement *out,
                                         struct gsh_error *err) {
  if (p->sealed.signature_count == 0) {
    return gsh_package_fail_status(err, GS_E_SIG_MISSING, "manifest");
  }
  if (p->chain.count == 0) {
    enum gs_status status =
        gsh_fail(err, GS_E_KEY_UNKNOWN, "the package carries no keyring, and none is trusted here");
    describe_signers(p, err);
    return status;
  }
  size_t last = p->chain.count - 1;
  struct gsh_keyring_head c;
  enum gs_status status = gsh_keyring_head_open(p->chain.items[last], p->chain.lens[last], &c, err);
  return status == GS_OK ? judge_with(p, &c.keyring, out, err) : status;
}

enum gs_status gsh_package_judge(struct gsh_package *p, const uint8_t *const *trusted,
                                 const size_t *trusted_lens, size_t count,
                                 struct gsh_judgement *out, struct gsh_error *err) {
  memset(out, 0, sizeof *out);
  if (count == 0) {
    return judge_by_own_chain(p, out, err);
  }
  struct pool pool = {&p->chain, trusted, trusted_lens, count};
  enum gs_status worst = GS_OK; /* a maker's own refusal says more than "unknown key" */
  for (size_t i = 0; i < count; i++) {
    struct gsh_keyring_head c;
    struct gsh_error one;
    struct gsh_judgement judgement = {.by_trusted_keyring = true};
    enum gs_status status = gsh_keyring_head_open(trusted[i], trusted_lens[i], &c, &one);
    if (status == GS_OK && extend(&c, &pool) != GS_OK) {
      status = gsh_fail_crypto(&one);
    } else if (status == GS_OK) {
      status = judge_with(p, &c.keyring, &judgement, &one);
    }
    if (status == GS_OK) {
      *out = judgement;
      return GS_OK;
    }
    if (status == GS_E_NO_MEMORY) {
      *err = one;
      return status; /* nobody else's verdict stands for the one that is missing */
    }
    if (worst == GS_OK || worst == GS_E_KEY_UNKNOWN) {
      worst = status;
      *err = one;
    }
  }
  return worst;
}
