/* SPDX-License-Identifier: Apache-2.0 */
#include "trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "gapseal/crypto.h"
#include "pem.h"
#include "platform.h"
#include "text.h"

struct loading {
  const char *dir;
  struct gsh_trust *trust;
};

static enum gs_status load_maker(void *ctx, const char *name, struct gsh_error *err) {
  struct loading *l = ctx;
  struct gsh_trust *t = l->trust;
  if (t->maker_count == GSH_TRUST_MAX) {
    return gsh_fail(err, GS_E_DISK, "the trust store holds more than %u makers' keys",
                    GSH_TRUST_MAX);
  }
  char *path = t->maker_paths[t->maker_count];
  struct gsh_maker *m = &t->makers[t->maker_count];
  char why[128] = "";
  enum gs_status status = gsh_path_join(path, GSH_PATH_MAX, l->dir, name, err);
  if (status != GS_OK) {
    return status;
  }
  status = gsh_pem_read_public(path, m->key, why, sizeof why);
  if (status != GS_OK) {
    gsh_fail(err, status, "trust store, %s: %s", name, why);
    if (status == GS_E_KEY_FILE) {
      gsh_next_step(err, "remove the file from the trust store and run trust add again");
    }
    return status;
  }
  if (gs_key_id(m->key, m->id) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  t->maker_count++;
  return GS_OK;
}

static enum gs_status load_keyring(void *ctx, const char *name, struct gsh_error *err) {
  struct loading *l = ctx;
  struct gsh_trust *t = l->trust;
  if (t->keyring_count == GSH_TRUST_MAX) {
    return gsh_fail(err, GS_E_DISK, "the trust store holds more than %u keyrings", GSH_TRUST_MAX);
  }
  struct gsh_trusted_keyring *k = &t->keyrings[t->keyring_count];
  enum gs_status status = gsh_path_join(k->path, sizeof k->path, l->dir, name, err);
  if (status == GS_OK) {
    status = gsh_keyring_file_open(k->path, &k->file, err);
  }
  if (status != GS_OK) {
    return gsh_context(err, "trust store, %s", name);
  }
  t->keyring_count++;
  return GS_OK;
}

enum gs_status gsh_trust_load(const char *dir, struct gsh_trust **out, struct gsh_error *err) {
  *out = NULL;
  struct gsh_trust *t = calloc(1, sizeof *t);
  if (t == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for the trust store");
  }
  struct loading l = {.dir = dir, .trust = t};
  enum gs_status status = gsh_dir_each(dir, ".pem", load_maker, &l, err);
  if (status == GS_OK) {
    status = gsh_dir_each(dir, ".gsk", load_keyring, &l, err);
  }
  if (status != GS_OK) {
    gsh_trust_free(t);
    return status;
  }
  *out = t;
  return GS_OK;
}

void gsh_trust_free(struct gsh_trust *t) {
  if (t == NULL) {
    return;
  }
  for (size_t i = 0; i < t->keyring_count; i++) {
    gsh_keyring_file_close(&t->keyrings[i].file);
  }
  free(t);
}

struct gsh_makers gsh_trust_makers(const struct gsh_trust *t) {
  return (struct gsh_makers){.list = t->makers, .count = t->maker_count};
}

size_t gsh_trust_newest(const struct gsh_trust *t, const uint8_t *envelopes[GSH_TRUST_MAX],
                        size_t lens[GSH_TRUST_MAX]) {
  for (size_t i = 0; i < t->keyring_count; i++) {
    const struct gsh_keyring_chain *chain = &t->keyrings[i].file.chain;
    envelopes[i] = chain->items[chain->count - 1];
    lens[i] = chain->lens[chain->count - 1];
  }
  return t->keyring_count;
}

void gsh_trust_describe_maker(const struct gsh_trust *t, size_t i, struct gsh_trust_item *out) {
  memset(out, 0, sizeof *out);
  out->maker = true;
  gsh_hex(t->makers[i].id, GS_KEY_ID_BYTES, out->full_id);
  memcpy(out->id, out->full_id, 16);
  memcpy(out->path, t->maker_paths[i], sizeof out->path);
}

static enum gs_status describe_file(const struct gsh_keyring_file *f, struct gsh_trust_item *out,
                                    struct gsh_error *err) {
  const struct gsh_keyring_chain *chain = &f->chain;
  struct gs_keyring keyring;
  const uint8_t *body = NULL;
  size_t body_len = 0;
  uint8_t digest[GS_DIGEST_BYTES];
  memset(out, 0, sizeof *out);
  enum gs_status status =
      gsh_keyring_open(chain->items[chain->count - 1], chain->lens[chain->count - 1], &keyring,
                       &body, &body_len, err);
  if (status != GS_OK) {
    return status;
  }
  if (gs_sha256(body, body_len, digest) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  gsh_hex(digest, sizeof digest, out->full_id);
  memcpy(out->id, out->full_id, 16);
  out->version = keyring.fields.version;
  out->keys = keyring.fields.keys_count;
  out->keyrings = (uint32_t)chain->count;
  return GS_OK;
}

enum gs_status gsh_trust_describe_keyring(const struct gsh_trust *t, size_t i,
                                          struct gsh_trust_item *out, struct gsh_error *err) {
  enum gs_status status = describe_file(&t->keyrings[i].file, out, err);
  memcpy(out->path, t->keyrings[i].path, sizeof out->path);
  return status;
}

static bool same_envelope(const struct gsh_keyring_chain *a, size_t i,
                          const struct gsh_keyring_chain *b, size_t j) {
  return a->lens[i] == b->lens[j] && memcmp(a->items[i], b->items[j], a->lens[i]) == 0;
}

/* Does chain a hold the newest keyring of b? */
static bool holds_newest(const struct gsh_keyring_chain *a, const struct gsh_keyring_chain *b) {
  for (size_t i = 0; i < a->count; i++) {
    if (same_envelope(a, i, b, b->count - 1)) {
      return true;
    }
  }
  return false;
}

static enum gs_status store(const char *dir, const struct gsh_trust_item *item, const char *suffix,
                            const void *data, size_t len, char path[GSH_PATH_MAX],
                            struct gsh_error *err) {
  char name[32];
  (void)snprintf(name, sizeof name, "%s%s", item->id, suffix);
  enum gs_status status = gsh_dir_make(dir, err);
  if (status == GS_OK) {
    status = gsh_path_join(path, GSH_PATH_MAX, dir, name, err);
  }
  return status == GS_OK ? gsh_file_write_all(path, GSH_KIND_KEYRING, data, len, err) : status;
}

/* A longer chain of the same maker takes the place of the shorter: what the newer keyring revoked
 * must not come back through the older. */
static enum gs_status put_keyring(const char *dir, const struct gsh_trust *t,
                                  const struct gsh_keyring_file *f, struct gsh_trust_item *item,
                                  bool *fresh, struct gsh_error *err) {
  enum gs_status status = describe_file(f, item, err);
  if (status != GS_OK) {
    return status;
  }
  for (size_t i = 0; i < t->keyring_count; i++) {
    if (holds_newest(&t->keyrings[i].file.chain, &f->chain)) {
      return gsh_trust_describe_keyring(t, i, item, err);
    }
  }
  status = store(dir, item, ".gsk", f->data, f->len, item->path, err);
  for (size_t i = 0; status == GS_OK && i < t->keyring_count; i++) {
    if (holds_newest(&f->chain, &t->keyrings[i].file.chain)) {
      gsh_file_remove(t->keyrings[i].path);
    }
  }
  *fresh = status == GS_OK;
  return status;
}

static enum gs_status put_maker(const char *dir, const struct gsh_trust *t, const char *path,
                                struct gsh_trust_item *item, bool *fresh, struct gsh_error *err) {
  struct gsh_maker m;
  char why[128] = "";
  memset(item, 0, sizeof *item);
  enum gs_status status = gsh_pem_read_public(path, m.key, why, sizeof why);
  if (status != GS_OK) {
    gsh_fail(err, status, "%s", why);
    gsh_next_step(err, "give a maker's public key (PEM) or a keyring (.gsk)");
    return status;
  }
  if (gs_key_id(m.key, m.id) != GS_OK) {
    return gsh_fail_crypto(err);
  }
  item->maker = true;
  gsh_hex(m.id, sizeof m.id, item->full_id);
  memcpy(item->id, item->full_id, 16);
  for (size_t i = 0; i < t->maker_count; i++) {
    if (memcmp(t->makers[i].id, m.id, sizeof m.id) == 0) {
      gsh_trust_describe_maker(t, i, item);
      return GS_OK;
    }
  }
  char name[32];
  (void)snprintf(name, sizeof name, "%s.pem", item->id);
  status = gsh_dir_make(dir, err);
  if (status == GS_OK) {
    status = gsh_path_join(item->path, sizeof item->path, dir, name, err);
  }
  if (status == GS_OK) {
    status = gsh_pem_write_public(item->path, m.key, why, sizeof why);
    if (status != GS_OK) {
      gsh_fail(err, GS_E_DISK, "%s", why);
      status = GS_E_DISK;
    }
  }
  *fresh = status == GS_OK;
  return status;
}

/* Keyring files start with their magic, PEM files with a dash somewhere. */
static enum gs_status is_keyring(const char *path, bool *keyring, struct gsh_error *err) {
  uint8_t start[7] = {0};
  int fd = -1;
  uint64_t size = 0;
  enum gs_status status = gsh_file_open(path, &fd, &size, err);
  if (status != GS_OK) {
    return status;
  }
  if (size >= sizeof start) {
    status = gsh_file_read_at(fd, 0, start, sizeof start, err);
  }
  gsh_file_close(fd);
  *keyring = memcmp(start, "gapkeys", sizeof start) == 0;
  return status;
}

enum gs_status gsh_trust_put(const char *dir, const char *path, struct gsh_trust_item *item,
                             bool *fresh, struct gsh_error *err) {
  *fresh = false;
  bool keyring = false;
  enum gs_status status = is_keyring(path, &keyring, err);
  struct gsh_trust *t = NULL;
  if (status == GS_OK) {
    status = gsh_trust_load(dir, &t, err);
  }
  if (status != GS_OK) {
    return status;
  }
  if (keyring) {
    struct gsh_keyring_file f = {0};
    status = gsh_keyring_file_open(path, &f, err);
    if (status == GS_OK) {
      status = put_keyring(dir, t, &f, item, fresh, err);
    }
    gsh_keyring_file_close(&f);
  } else {
    status = put_maker(dir, t, path, item, fresh, err);
  }
  gsh_trust_free(t);
  return status;
}

static bool id_matches(const char *id, const struct gsh_trust_item *item) {
  return strlen(id) >= 4 && strncmp(item->full_id, id, strlen(id)) == 0;
}

enum gs_status gsh_trust_drop(const char *dir, const char *id, struct gsh_trust_item *item,
                              struct gsh_error *err) {
  struct gsh_trust *t = NULL;
  enum gs_status status = gsh_trust_load(dir, &t, err);
  if (status != GS_OK) {
    return status;
  }
  size_t matches = 0;
  struct gsh_trust_item one;
  for (size_t i = 0; i < t->maker_count; i++) {
    gsh_trust_describe_maker(t, i, &one);
    if (id_matches(id, &one)) {
      *item = one;
      matches++;
    }
  }
  for (size_t i = 0; i < t->keyring_count && status == GS_OK; i++) {
    status = gsh_trust_describe_keyring(t, i, &one, err);
    if (status == GS_OK && id_matches(id, &one)) {
      *item = one;
      matches++;
    }
  }
  gsh_trust_free(t);
  if (status != GS_OK) {
    return status;
  }
  if (matches != 1) {
    gsh_fail(err, GS_E_USAGE,
             matches == 0 ? "nothing in the trust store has this id"
                          : "several items of the trust store start like this");
    gsh_next_step(err, "run trust list, and give 4 or more digits of one id");
    return GS_E_USAGE;
  }
  gsh_file_remove(item->path);
  if (gsh_file_exists(item->path)) {
    return gsh_fail(err, GS_E_DISK, "the file cannot be removed from the trust store");
  }
  return GS_OK;
}
