/* SPDX-License-Identifier: Apache-2.0
 * gapseal-sign keyring new, next, show.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "gapseal/policy.h"
#include "json_out.h"
#include "keyring_edit.h"
#include "text.h"

static void say_written(const char *path, const struct gss_keyring_edit *e) {
  char shown[GSS_SHOWN];
  uint32_t roots = 0;
  for (pb_size_t i = 0; i < e->keyring.fields.keys_count; i++) {
    roots += e->keyring.fields.keys[i].role == gapseal_v1_Role_ROLE_ROOT;
  }
  (void)fprintf(stderr, "wrote %s: keyring %lu; its successor needs %lu of %lu root keys\n",
                gss_shown(path, shown), (unsigned long)e->keyring.fields.version,
                (unsigned long)e->keyring.fields.root_threshold, (unsigned long)roots);
}

/* root_only: as a root; otherwise in any role. */
static bool holds_key(const struct gs_keyring *k, const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                      bool root_only) {
  for (pb_size_t i = 0; i < k->fields.keys_count; i++) {
    if (memcmp(k->fields.keys[i].key, public_key, GS_PUBLIC_KEY_BYTES) == 0 &&
        (!root_only || k->fields.keys[i].role == gapseal_v1_Role_ROLE_ROOT)) {
      return true;
    }
  }
  return false;
}

static enum gs_status too_few(struct gsh_error *err, enum gs_status status) {
  (void)gsh_fail(err, status, "keyring: %s", gs_status_info(status)->sentence);
  if (status == GS_E_THRESHOLD) {
    gsh_next_step(err, "give as many private root keys with --root as the threshold asks");
  }
  return status;
}

/*
 * Does a private key sign at all, and where there is a keyring before, one of its roots?
 *
 * before  NULL: a first keyring, whose roots are those given.
 */
static enum gs_status check_roots(const struct gss_keyring_edit *e, const struct gs_keyring *before,
                                  struct gsh_error *err) {
  const struct gss_key *stranger = NULL;
  bool other_role = false;
  for (size_t i = 0; i < e->root_count; i++) {
    if (!e->roots[i].has_private) {
      continue;
    }
    if (before == NULL || holds_key(before, e->roots[i].public_key, true)) {
      return GS_OK;
    }
    stranger = &e->roots[i];
    other_role = holds_key(before, stranger->public_key, false);
  }
  if (stranger == NULL) {
    (void)gsh_fail(err, GS_E_THRESHOLD, "no private root key of the keyring was given");
    gsh_next_step(err, "give --root root.pem, the private half");
    return err->status;
  }
  char id[2 * GS_KEY_ID_BYTES + 1];
  (void)gsh_fail(err, other_role ? GS_E_KEY_ROLE : GS_E_KEY_UNKNOWN,
                 "key %s is no root of keyring %lu", gsh_hex(stranger->id, GS_KEY_ID_BYTES, id),
                 (unsigned long)before->fields.version);
  gsh_next_step(err, "give the private key of one of its roots with --root");
  return err->status;
}

static enum gs_status make_new(struct gss_keyring_edit *e, const struct gss_args *args,
                               const char *path, struct gsh_error *err) {
  uint8_t envelope[GS_KEYRING_ENVELOPE_MAX];
  size_t len = 0;
  struct gs_keyring check;
  gss_keyring_start(e, NULL);
  enum gs_status status = gss_keyring_apply(e, args, "", err);
  if (status == GS_OK) {
    status = check_roots(e, NULL, err);
  }
  if (status == GS_OK) {
    status = gss_keyring_seal(e, envelope, &len, err);
  }
  if (status != GS_OK) {
    return status;
  }
  status = gs_verify_keyring(envelope, len, &check);
  return status == GS_OK ? gsh_keyring_file_write(path, NULL, envelope, len, err)
                         : too_few(err, status);
}

enum gs_status gss_run_keyring_new(const struct gss_args *args, struct gsh_error *err) {
  const char *path = gss_option(args, "output");
  if (path == NULL || !gss_has(args, "root") || !gss_has(args, "release")) {
    return gss_usage(err, "keyring new needs --root, --release and --output");
  }
  struct gss_keyring_edit e;
  enum gs_status status = gss_refuse_existing(path, "keyring", err);
  if (status != GS_OK) {
    return status;
  }
  status = make_new(&e, args, path, err);
  if (status == GS_OK) {
    say_written(path, &e);
  }
  gss_keys_wipe(e.roots, GSS_KEYS_MAX);
  return status;
}

static enum gs_status make_next(struct gss_keyring_edit *e, const struct gsh_keyring_chain *chain,
                                const struct gss_args *args, const char *path,
                                struct gsh_error *err) {
  uint8_t envelope[GS_KEYRING_ENVELOPE_MAX];
  size_t len = 0;
  struct gs_keyring before, check;
  const uint8_t *body;
  size_t body_len;
  size_t last = chain->count - 1;
  enum gs_status status =
      gsh_keyring_open(chain->items[last], chain->lens[last], &before, &body, &body_len, err);
  if (status != GS_OK) {
    return status;
  }
  if (before.fields.version == UINT32_MAX) {
    return gsh_fail(err, GS_E_RANGE, "there is no keyring after this one");
  }
  gss_keyring_start(e, &before);
  status = gss_keyring_apply(e, args, "add-", err);
  if (status == GS_OK) {
    status = check_roots(e, &before, err);
  }
  if (status == GS_OK) {
    status = gss_keyring_seal(e, envelope, &len, err);
  }
  if (status != GS_OK) {
    return status;
  }
  status = gs_verify_keyring_link(&before, body, body_len, envelope, len, &check);
  return status == GS_OK ? gsh_keyring_file_write(path, chain, envelope, len, err)
                         : too_few(err, status);
}

enum gs_status gss_run_keyring_next(const struct gss_args *args, struct gsh_error *err) {
  const char *from = gss_option(args, "from");
  const char *path = gss_option(args, "output");
  if (from == NULL || path == NULL || !gss_has(args, "root")) {
    return gss_usage(err, "keyring next needs --from, --root and --output");
  }
  struct gsh_keyring_file file;
  enum gs_status status = gss_refuse_existing(path, "keyring", err);
  if (status == GS_OK) {
    status = gsh_keyring_file_open(from, &file, err);
  }
  if (status != GS_OK) {
    return status;
  }
  struct gss_keyring_edit e;
  memset(&e, 0, sizeof e);
  status = make_next(&e, &file.chain, args, path, err);
  if (status == GS_OK) {
    say_written(path, &e);
  }
  gss_keys_wipe(e.roots, GSS_KEYS_MAX);
  gsh_keyring_file_close(&file);
  return status;
}

static enum gs_status tell(const uint8_t *envelope, size_t len, struct gss_told_keyring *out,
                           struct gsh_error *err) {
  struct gs_signed env;
  const uint8_t *body;
  size_t body_len;
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gsh_keyring_open(envelope, len, &out->keyring, &body, &body_len, err);
  if (status == GS_OK) {
    status = gs_signed_parse(envelope, len, &env);
  }
  if (status == GS_OK && gs_sha256(body, body_len, digest) != GS_OK) {
    status = gsh_fail_crypto(err);
  }
  if (status != GS_OK) {
    return status;
  }
  out->signatures = env.signature_count;
  gsh_hex(digest, sizeof digest, out->id);
  return gss_key_ids(&out->keyring, out->key_ids, err);
}

static enum gs_status show_chain(const struct gsh_keyring_chain *chain, cJSON *list,
                                 struct gsh_error *err) {
  for (size_t i = 0; i < chain->count; i++) {
    struct gss_told_keyring told;
    enum gs_status status = tell(chain->items[i], chain->lens[i], &told, err);
    if (status != GS_OK) {
      return status;
    }
    if (list != NULL) {
      gss_json_push(list, gss_keyring_json(&told));
    } else {
      gss_keyring_print(&told);
    }
  }
  return GS_OK;
}

enum gs_status gss_show_keyring_file(const char *path, bool json, struct gsh_error *err) {
  struct gsh_keyring_file file;
  enum gs_status status = gsh_keyring_file_open(path, &file, err);
  if (status != GS_OK) {
    return status;
  }
  cJSON *root = NULL;
  cJSON *list = NULL;
  if (json) {
    root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "schema", "gapseal-sign.keyring.1");
    cJSON_AddNumberToObject(root, "exit", 0);
    cJSON_AddStringToObject(root, "code", "ok");
    list = cJSON_AddArrayToObject(root, "keyrings");
  }
  status = show_chain(&file.chain, list, err);
  if (status == GS_OK && json) {
    status = gss_json_print(root, err);
  } else {
    cJSON_Delete(root);
  }
  gsh_keyring_file_close(&file);
  return status;
}

enum gs_status gss_run_keyring_show(const struct gss_args *args, struct gsh_error *err) {
  return gss_show_keyring_file(gss_nth(args, NULL, 0), gss_has(args, "json"), err);
}
