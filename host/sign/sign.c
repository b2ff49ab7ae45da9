/* SPDX-License-Identifier: Apache-2.0
 * gapseal-sign sign, cosign: add signatures and the keyring chain to a package, in place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "command.h"
#include "gapseal/policy.h"
#include "keyring_file.h"
#include "keys.h"
#include "package.h"
#include "package_format.h"
#include "platform.h"
#include "text.h"

#define COPY_BYTES (1024u * 1024u)

struct signing {
  struct gsh_package *package;
  struct gsh_keyring_file keyring_file;
  struct gs_keyring keyring; /* the newest of the file */
  struct gss_key key;
  struct gs_signed old;
  uint8_t envelope[GS_PACKAGE_ENVELOPE_MAX]; /* the new one */
  size_t envelope_len;
};

/* Say what the signature is for before it gets into the file: the last look a person gets. */
static void show(const struct signing *s) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  char text[3][GSS_SHOWN];
  const struct gsh_about *a = gsh_package_about(s->package);
  const gapseal_v1_Manifest *m = &gsh_package_manifest(s->package)->fields;
  (void)fprintf(stderr, "signing %s %s for %s\n", gss_shown(a->name, text[0]),
                gss_shown(a->version, text[1]), gss_shown(a->product, text[2]));
  (void)fprintf(stderr, "  release %lu, security version %lu, raises the floor to %lu\n",
                (unsigned long)m->release, (unsigned long)m->security_version,
                (unsigned long)m->raises_floor_to);
  (void)fprintf(stderr, "  package  %s\n",
                gsh_hex(gsh_package_digest(s->package), GS_DIGEST_BYTES, hex));
  (void)fprintf(stderr, "  key      %s\n", gsh_hex(s->key.id, GS_KEY_ID_BYTES, hex));
}

static enum gs_status check_key(const struct signing *s, struct gsh_error *err) {
  char id[2 * GS_KEY_ID_BYTES + 1];
  bool known = false;
  for (pb_size_t i = 0; i < s->keyring.fields.keys_count; i++) {
    const gapseal_v1_Key *k = &s->keyring.fields.keys[i];
    if (memcmp(k->key, s->key.public_key, GS_PUBLIC_KEY_BYTES) != 0) {
      continue;
    }
    known = true;
    if (k->role == gapseal_v1_Role_ROLE_RELEASE || k->role == gapseal_v1_Role_ROLE_RECOVERY) {
      return GS_OK;
    }
  }
  (void)gsh_hex(s->key.id, GS_KEY_ID_BYTES, id);
  if (known) {
    (void)gsh_fail(err, GS_E_KEY_ROLE, "key %s may not sign packages", id);
  } else {
    (void)gsh_fail(err, GS_E_KEY_UNKNOWN, "key %s is not in keyring %lu", id,
                   (unsigned long)s->keyring.fields.version);
  }
  gsh_next_step(err, "use a release or recovery key of the keyring");
  return err->status;
}

/* A good signature by this key is there already: keep it, whatever the library's randomness. */
static bool signed_already(const struct signing *s) {
  uint8_t hash[GS_DIGEST_BYTES];
  if (gs_signed_hash(GS_OBJECT_MANIFEST, s->old.body, s->old.body_len, hash) != GS_OK) {
    return false;
  }
  for (size_t i = 0; i < s->old.signature_count; i++) {
    const struct gs_signature *sig = &s->old.signatures[i];
    if (memcmp(sig->key_id, s->key.id, GS_KEY_ID_BYTES) == 0) {
      return gs_ecdsa_verify(s->key.public_key, hash, sig->sig, sig->sig_len) == GS_OK;
    }
  }
  return false;
}

static enum gs_status make_envelope(struct signing *s, bool drop, struct gsh_error *err) {
  struct gs_manifest manifest;
  uint8_t digest[GS_DIGEST_BYTES];
  bool recovery;
  bool keep = !drop && signed_already(s);
  const struct gss_to_sign what = {.type = GS_OBJECT_MANIFEST,
                                   .body = s->old.body,
                                   .body_len = s->old.body_len,
                                   .kept = s->old.signatures,
                                   .kept_count = drop ? 0 : s->old.signature_count,
                                   .keys = &s->key,
                                   .key_count = keep ? 0 : 1};
  enum gs_status status =
      gss_sign_envelope(&what, s->envelope, sizeof s->envelope, &s->envelope_len, err);
  if (status != GS_OK) {
    return status;
  }
  status = gs_verify_manifest(s->envelope, s->envelope_len, &s->keyring, false, &manifest, digest,
                              &recovery);
  if (status != GS_OK) {
    (void)gsh_fail(err, status, "keyring %lu would refuse it: %s",
                   (unsigned long)s->keyring.fields.version, gs_status_info(status)->sentence);
    if (s->old.signature_count > 0 && !drop) {
      gsh_next_step(err, "if an older signature is the cause, use --drop-signatures");
    }
  }
  return status;
}

static uint64_t keyrings_len(const struct gsh_package *p) {
  uint64_t sum = 0;
  for (size_t i = 0; i < gsh_package_keyring_count(p); i++) {
    size_t len;
    (void)gsh_package_keyring(p, i, &len);
    sum += 4 + len;
  }
  return sum;
}

/* Magic, envelope and keyrings: everything before the about section. */
static enum gs_status write_head(const struct signing *s, struct gsh_output *o, uint64_t *at,
                                 struct gsh_error *err) {
  uint8_t header[GS_PACKAGE_MAGIC_BYTES + GS_PACKAGE_HEADER_BYTES];
  size_t keys_len = s->keyring_file.len - GS_PACKAGE_MAGIC_BYTES;
  struct gs_writer w = gs_writer_init(header, sizeof header);
  gs_write_bytes(&w, GS_PACKAGE_MAGIC, GS_PACKAGE_MAGIC_BYTES);
  gs_package_header_write(&w, GS_PACKAGE_MANIFEST, s->envelope_len);
  enum gs_status status = gsh_output_write_at(o, 0, header, w.used, err);
  *at = w.used;
  if (status == GS_OK) {
    status = gsh_output_write_at(o, *at, s->envelope, s->envelope_len, err);
    *at += s->envelope_len;
  }
  w = gs_writer_init(header, sizeof header);
  gs_package_header_write(&w, GS_PACKAGE_KEYRINGS, keys_len);
  if (status == GS_OK) {
    status = gsh_output_write_at(o, *at, header, w.used, err);
    *at += w.used;
  }
  if (status == GS_OK) { /* the items of a .gsk file are those of the section */
    status =
        gsh_output_write_at(o, *at, s->keyring_file.data + GS_PACKAGE_MAGIC_BYTES, keys_len, err);
    *at += keys_len;
  }
  return status;
}

static enum gs_status copy_rest(const struct signing *s, const char *path, struct gsh_output *o,
                                uint64_t to, struct gsh_error *err) {
  size_t old_len;
  int fd;
  uint64_t size;
  (void)gsh_package_envelope(s->package, &old_len);
  uint64_t from =
      GS_PACKAGE_MAGIC_BYTES + 2u * GS_PACKAGE_HEADER_BYTES + old_len + keyrings_len(s->package);
  enum gs_status status = gsh_file_open(path, &fd, &size, err);
  if (status != GS_OK) {
    return status;
  }
  uint8_t *chunk = malloc(COPY_BYTES);
  if (chunk == NULL) {
    status = gsh_fail(err, GS_E_NO_MEMORY, "no memory to copy the package");
  }
  while (status == GS_OK && from < size) {
    size_t n = size - from < COPY_BYTES ? (size_t)(size - from) : COPY_BYTES;
    status = gsh_file_read_at(fd, from, chunk, n, err);
    if (status == GS_OK) {
      status = gsh_output_write_at(o, to, chunk, n, err);
    }
    from += n;
    to += n;
  }
  free(chunk);
  gsh_file_close(fd);
  return status;
}

static enum gs_status replace(const struct signing *s, const char *path, struct gsh_error *err) {
  struct gsh_output o;
  uint64_t at = 0;
  enum gs_status status = gsh_output_open(&o, path, GSH_KIND_PACKAGE, err);
  if (status != GS_OK) {
    return status;
  }
  status = write_head(s, &o, &at, err);
  if (status == GS_OK) {
    status = copy_rest(s, path, &o, at, err);
  }
  if (status != GS_OK) {
    gsh_output_abandon(&o);
    return status;
  }
  return gsh_output_commit(&o, err);
}

/* Is the package's chain, byte for byte, the one of the keyring file? */
static bool same_chain(const struct signing *s) {
  const struct gsh_keyring_chain *chain = &s->keyring_file.chain;
  bool same = gsh_package_keyring_count(s->package) == chain->count;
  for (size_t i = 0; same && i < chain->count; i++) {
    size_t len;
    const uint8_t *item = gsh_package_keyring(s->package, i, &len);
    same = len == chain->lens[i] && memcmp(item, chain->items[i], len) == 0;
  }
  return same;
}

/* The file holds already what would be written. */
static bool is_done(const struct signing *s) {
  size_t len;
  const uint8_t *envelope = gsh_package_envelope(s->package, &len);
  return len == s->envelope_len && memcmp(envelope, s->envelope, len) == 0 && same_chain(s);
}

static int stop_when_interrupted(void *ctx, uint64_t done, uint64_t total) {
  (void)ctx;
  (void)done;
  (void)total;
  return gsh_interrupted();
}

static enum gs_status open_all(struct signing *s, const struct gss_args *args,
                               struct gsh_error *err) {
  const uint8_t *body;
  size_t body_len;
  enum gs_status status = gsh_keyring_file_open(gss_option(args, "keyring"), &s->keyring_file, err);
  if (status != GS_OK) {
    return status;
  }
  size_t last = s->keyring_file.chain.count - 1;
  status = gsh_keyring_open(s->keyring_file.chain.items[last], s->keyring_file.chain.lens[last],
                            &s->keyring, &body, &body_len, err);
  if (status == GS_OK) {
    status = gss_key_read(gss_option(args, "key"), true, &s->key, err);
  }
  if (status == GS_OK) {
    status = check_key(s, err);
  }
  if (status == GS_OK) {
    status = gsh_package_open(gss_nth(args, NULL, 0), &s->package, err);
  }
  if (status == GS_OK) { /* never sign what does not hold together */
    status = gsh_package_verify(s->package, stop_when_interrupted, NULL, err);
  }
  if (status == GS_OK) {
    size_t len;
    const uint8_t *envelope = gsh_package_envelope(s->package, &len);
    status = gs_signed_parse(envelope, len, &s->old);
  }
  return status;
}

static enum gs_status sign(struct signing *s, const struct gss_args *args, bool co,
                           struct gsh_error *err) {
  const char *path = gss_nth(args, NULL, 0);
  char shown[GSS_SHOWN];
  bool drop = gss_has(args, "drop-signatures");
  enum gs_status status = open_all(s, args, err);
  if (status != GS_OK) {
    return status;
  }
  if (co && (s->old.signature_count == 0 || drop)) {
    return gss_usage(err, "%s has no signature to go beside; use sign", gss_shown(path, shown));
  }
  status = make_envelope(s, drop, err);
  if (status == GS_OK && is_done(s)) {
    (void)fprintf(stderr, "%s was signed by this key already; nothing changed\n",
                  gss_shown(path, shown));
    return GS_OK;
  }
  if (status == GS_OK) {
    show(s);
    status = replace(s, path, err);
  }
  if (status == GS_OK) {
    struct gs_signed now;
    size_t count =
        gs_signed_parse(s->envelope, s->envelope_len, &now) == GS_OK ? now.signature_count : 0;
    (void)fprintf(stderr, "signed %s; signatures in it: %zu, keyring %lu\n", gss_shown(path, shown),
                  count, (unsigned long)s->keyring.fields.version);
  }
  return status;
}

static enum gs_status run_either(const struct gss_args *args, bool co, struct gsh_error *err) {
  if (gss_count(args, "key") != 1 || !gss_has(args, "keyring")) {
    return gss_usage(err, "%s needs one --key and --keyring", co ? "cosign" : "sign");
  }
  struct signing *s = calloc(1, sizeof *s);
  if (s == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory to sign");
  }
  enum gs_status status = sign(s, args, co, err);
  gss_keys_wipe(&s->key, 1);
  gsh_package_close(s->package);
  gsh_keyring_file_close(&s->keyring_file);
  free(s);
  return status;
}

enum gs_status gss_run_sign(const struct gss_args *args, struct gsh_error *err) {
  return run_either(args, false, err);
}

enum gs_status gss_run_cosign(const struct gss_args *args, struct gsh_error *err) {
  return run_either(args, true, err);
}
