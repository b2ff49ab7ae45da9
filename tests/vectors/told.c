/* SPDX-License-Identifier: Apache-2.0 */
#include "told.h"

#include <string.h>

#include "fixture.h"

void told_maker(struct gsh_maker *maker) {
  fixture_public_key(TEST_KEY_MAKER, maker->key);
  fixture_key_id(TEST_KEY_MAKER, maker->id);
}

void told_ask(struct wire_client *c, struct gsh_device *out) {
  static const uint8_t nonce[GS_HOST_NONCE_BYTES] = {0x21};
  struct gsh_maker maker;
  struct gsh_makers makers = {.list = &maker, .count = 1};
  struct gsh_error err = {0};
  told_maker(&maker);
  fixture_must(wire_hello(c) == GS_OK, "hello");
  out->hello = c->reply.body.hello;
  fixture_must(wire_ident(c, nonce) == GS_OK, "ident");
  size_t ident_len = c->reply.body.ident.ident_len;
  fixture_must(ident_len + c->reply.body.ident.statement_len == c->tail_len, "ident lengths");
  fixture_must(gsh_identity_verify(c->tail + ident_len, c->tail_len - ident_len, &makers,
                                   &out->identity, &err) == GS_OK,
               "the device's statement");
  struct gsh_ident_expectation expected = {.identity = &out->identity, .hello = &out->hello};
  memcpy(expected.hello_sha256, c->hello_sha256, GS_DIGEST_BYTES);
  memcpy(expected.host_nonce, nonce, sizeof nonce);
  fixture_must(gsh_ident_verify(c->tail, ident_len, &expected, &out->ident, &err) == GS_OK,
               "the device's ident");
}
