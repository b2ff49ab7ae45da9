/* SPDX-License-Identifier: Apache-2.0
 * What is hashed, and comparing: the same over every library.
 */
#include <string.h>

#include "gapseal/crypto.h"

/* head and data laid end to end. */
static enum gs_status hash2(const void *head, size_t head_len, const void *data, size_t data_len,
                            uint8_t out[GS_DIGEST_BYTES]) {
  struct gs_sha256 h;
  enum gs_status st = gs_sha256_start(&h);
  if (st == GS_OK) {
    st = gs_sha256_add(&h, head, head_len);
  }
  if (st == GS_OK) {
    st = gs_sha256_add(&h, data, data_len);
  }
  if (st != GS_OK) {
    gs_sha256_abort(&h);
    return st;
  }
  return gs_sha256_finish(&h, out);
}

enum gs_status gs_sha256(const void *data, size_t len, uint8_t out[GS_DIGEST_BYTES]) {
  return hash2(NULL, 0, data, len, out);
}

enum gs_status gs_signed_hash(enum gs_object_type type, const uint8_t *body, size_t len,
                              uint8_t out[GS_DIGEST_BYTES]) {
  size_t context_len = 0;
  const char *context = gs_signed_context(type, &context_len);
  return context_len == 0 ? GS_E_RANGE : hash2(context, context_len, body, len, out);
}

enum gs_status gs_key_id(const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                         uint8_t out[GS_KEY_ID_BYTES]) {
  return gs_sha256(public_key, GS_PUBLIC_KEY_BYTES, out);
}

enum gs_status gs_id_from_name(const char *name, uint8_t out[GS_ID_BYTES]) {
  static const char context[] = "gapseal:id:v1"; /* hashed with its zero */
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = hash2(context, sizeof context, name, strlen(name), digest);
  if (status == GS_OK) {
    memcpy(out, digest, GS_ID_BYTES);
  }
  return status;
}

bool gs_equal(const void *a, const void *b, size_t len) {
  const volatile uint8_t *x = a;
  const volatile uint8_t *y = b;
  uint8_t difference = 0;
  for (size_t i = 0; i < len; i++) {
    difference |= (uint8_t)(x[i] ^ y[i]);
  }
  return difference == 0;
}

void gs_wipe(void *data, size_t len) {
  volatile uint8_t *bytes = data; /* volatile: the stores may not be dropped as dead */
  for (size_t i = 0; i < len; i++) {
    bytes[i] = 0;
  }
}
