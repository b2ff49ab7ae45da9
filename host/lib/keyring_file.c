/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring_file.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "gapseal/policy.h"
#include "platform.h"
#include "text.h"

enum gs_status gsh_keyring_chain_split(const uint8_t *data, size_t len,
                                       struct gsh_keyring_chain *out, struct gsh_error *err) {
  struct gs_reader r = gs_reader_init(data, len);
  out->count = 0;
  while (r.left > 0) {
    if (out->count == GS_KEYRING_CHAIN_MAX) {
      return gsh_fail(err, GS_E_FILE_MALFORMED, "more than %u keyrings", GS_KEYRING_CHAIN_MAX);
    }
    size_t *n = &out->lens[out->count];
    if (gs_keyring_item_read(&r, &out->items[out->count], n) != GS_OK) {
      return *n > 0
                 ? gsh_fail(err, GS_E_FILE_MALFORMED,
                            "keyring %zu: %zu bytes, and at most %u are taken", out->count + 1, *n,
                            GS_KEYRING_ENVELOPE_MAX)
                 : gsh_fail(err, GS_E_FILE_MALFORMED, "keyring %zu ends too early", out->count + 1);
    }
    out->count++;
  }
  return GS_OK;
}

static enum gs_status verify_first(const struct gsh_keyring_chain *c, struct gsh_error *err) {
  struct gs_keyring keyring;
  enum gs_status status = gs_verify_keyring(c->items[0], c->lens[0], &keyring);
  if (status == GS_E_CRYPTO) {
    return gsh_fail_crypto(err);
  }
  if (status != GS_OK) {
    (void)gsh_fail(err, status, "%s", gs_status_info(status)->sentence);
    return gsh_context(err, "keyring 1 of %zu", c->count);
  }
  return GS_OK;
}

static enum gs_status verify_link(const struct gsh_keyring_chain *c, size_t i,
                                  struct gsh_error *err) {
  struct gs_keyring before, after;
  const uint8_t *body = NULL;
  size_t body_len = 0;
  enum gs_status status =
      gsh_keyring_open(c->items[i - 1], c->lens[i - 1], &before, &body, &body_len, err);
  if (status != GS_OK) {
    return status;
  }
  status = gs_verify_keyring_link(&before, body, body_len, c->items[i], c->lens[i], &after);
  if (status == GS_E_CRYPTO) {
    return gsh_fail_crypto(err);
  }
  if (status == GS_E_ALREADY) {
    status = GS_E_KEYRING_BAD; /* the same keyring twice */
  }
  if (status != GS_OK) {
    (void)gsh_fail(err, status, "%s", gs_status_info(status)->sentence);
    return gsh_context(err, "keyring %zu of %zu", i + 1, c->count);
  }
  return GS_OK;
}

enum gs_status gsh_keyring_chain_read(const uint8_t *data, size_t len,
                                      struct gsh_keyring_chain *out, struct gsh_error *err) {
  enum gs_status status = gsh_keyring_chain_split(data, len, out, err);
  if (status == GS_OK && out->count > 0) {
    status = verify_first(out, err);
  }
  for (size_t i = 1; status == GS_OK && i < out->count; i++) {
    status = verify_link(out, i, err);
  }
  return status;
}

enum gs_status gsh_keyring_file_open(const char *path, struct gsh_keyring_file *out,
                                     struct gsh_error *err) {
  memset(out, 0, sizeof *out);
  enum gs_status status = gsh_file_read_all(path, GSH_KIND_BYTES + GS_KEYRING_CHAIN_BYTES_MAX,
                                            &out->data, &out->len, err);
  if (status != GS_OK) {
    return status;
  }
  if (out->len <= GSH_KIND_BYTES ||
      memcmp(out->data, gsh_kind_magic(GSH_KIND_KEYRING), GSH_KIND_BYTES) != 0) {
    status = gsh_fail(err, GS_E_FILE_MALFORMED, "not a keyring file");
  } else {
    status = gsh_keyring_chain_read(out->data + GSH_KIND_BYTES, out->len - GSH_KIND_BYTES,
                                    &out->chain, err);
  }
  if (status != GS_OK) {
    char shown[200];
    gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
    gsh_keyring_file_close(out);
    return gsh_context(err, "%s", shown);
  }
  return GS_OK;
}

void gsh_keyring_file_close(struct gsh_keyring_file *f) {
  free(f->data);
  memset(f, 0, sizeof *f);
}

enum gs_status gsh_keyring_file_write(const char *path, const struct gsh_keyring_chain *chain,
                                      const uint8_t *more, size_t more_len, struct gsh_error *err) {
  size_t cap = GSH_KIND_BYTES + GS_KEYRING_CHAIN_BYTES_MAX;
  size_t count = (chain != NULL ? chain->count : 0) + (more != NULL ? 1u : 0u);
  if (count > GS_KEYRING_CHAIN_MAX) {
    return gsh_fail(err, GS_E_RANGE, "a chain holds at most %u keyrings", GS_KEYRING_CHAIN_MAX);
  }
  uint8_t *buf = malloc(cap);
  if (buf == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a keyring file");
  }
  struct gs_writer w = gs_writer_init(buf, cap);
  gs_write_bytes(&w, gsh_kind_magic(GSH_KIND_KEYRING), GSH_KIND_BYTES);
  for (size_t i = 0; chain != NULL && i < chain->count; i++) {
    gs_write_u32(&w, (uint32_t)chain->lens[i]);
    gs_write_bytes(&w, chain->items[i], chain->lens[i]);
  }
  if (more != NULL) {
    gs_write_u32(&w, (uint32_t)more_len);
    gs_write_bytes(&w, more, more_len);
  }
  enum gs_status status = w.failed || more_len > GS_KEYRING_ENVELOPE_MAX
                              ? gsh_fail(err, GS_E_RANGE, "a keyring is too large")
                              : gsh_file_write_all(path, GSH_KIND_KEYRING, buf, w.used, err);
  free(buf);
  return status;
}

enum gs_status gsh_keyring_open(const uint8_t *envelope, size_t len, struct gs_keyring *out,
                                const uint8_t **body, size_t *body_len, struct gsh_error *err) {
  struct gs_signed env;
  enum gs_status status = gs_signed_parse(envelope, len, &env);
  if (status == GS_OK) {
    status = gs_keyring_decode(env.body, env.body_len, out);
  }
  if (status != GS_OK) {
    return gsh_fail(err, status, "keyring: %s", gs_status_info(status)->sentence);
  }
  *body = env.body;
  *body_len = env.body_len;
  return GS_OK;
}

enum gs_status gsh_keyring_head_open(const uint8_t *envelope, size_t len,
                                     struct gsh_keyring_head *out, struct gsh_error *err) {
  return gsh_keyring_open(envelope, len, &out->keyring, &out->body, &out->body_len, err);
}

enum gs_status gsh_keyring_head_follow(struct gsh_keyring_head *head, const uint8_t *envelope,
                                       size_t len) {
  struct gsh_keyring_head next;
  struct gsh_error ignored;
  enum gs_status status = gs_verify_keyring_link(&head->keyring, head->body, head->body_len,
                                                 envelope, len, &next.keyring);
  if (status == GS_OK) {
    status = gsh_keyring_head_open(envelope, len, &next, &ignored);
  }
  if (status == GS_OK) {
    *head = next;
  }
  return status;
}
