/* SPDX-License-Identifier: Apache-2.0 */
#include "host_evidence.h"

#include <string.h>

#include "bytes.h"
#include "evidence.h"
#include "fixture.h"
#include "told.h"

#define LOG_MAGIC_BYTES 8u

static enum gs_status judge_identity(const struct vector *v, struct gsh_error *err,
                                     struct vector_result *r) {
  struct gsh_maker maker;
  struct gsh_makers makers = {.list = &maker, .count = 1};
  struct gsh_makers nobody = {.list = NULL, .count = 0};
  struct gsh_identity identity;
  struct gsh_error ignored = {0};
  told_maker(&maker);
  enum gs_status status = gsh_identity_verify(v->bytes, v->len, &makers, &identity, err);
  if (gsh_identity_verify(v->bytes, v->len, &nobody, &identity, &ignored) != GS_E_NOT_GENUINE) {
    vector_wrong(r, "it is believed without a trusted maker");
  }
  return status;
}

/* Whom the maker vouches for. */
static void known_device(const uint8_t *statement, size_t len, struct gsh_identity *out) {
  struct gsh_maker maker;
  struct gsh_makers makers = {.list = &maker, .count = 1};
  struct gsh_error err = {0};
  told_maker(&maker);
  fixture_must(gsh_identity_verify(statement, len, &makers, out, &err) == GS_OK, "statement");
}

static enum gs_status judge_ident(const struct vector *v, struct gsh_error *err) {
  struct gsh_identity identity;
  gapseal_v1_HelloReply hello = gapseal_v1_HelloReply_init_zero;
  gapseal_v1_Ident out;
  known_device(v->identity, v->identity_len, &identity);
  memcpy(hello.serial, identity.fields.serial, sizeof identity.fields.serial);
  hello.product.size = GS_ID_BYTES;
  memcpy(hello.product.bytes, identity.fields.product, GS_ID_BYTES);
  struct gsh_ident_expectation expected = {.identity = &identity, .hello = &hello};
  memcpy(expected.host_nonce, v->nonce, sizeof v->nonce);
  memcpy(expected.hello_sha256, v->hello, sizeof v->hello);
  return gsh_ident_verify(v->bytes, v->len, &expected, &out, err);
}

static enum gs_status judge_receipt(const struct vector *v, struct gsh_error *err) {
  struct gsh_identity identity;
  gapseal_v1_Receipt out;
  known_device(v->identity, v->identity_len, &identity);
  return gsh_receipt_verify(v->bytes, v->len, &identity, v->nonce, &out, err);
}

static const uint8_t *take_item(struct gs_reader *r, size_t *len) {
  *len = gs_read_u32(r);
  const uint8_t *item = gs_read_view(r, *len);
  fixture_must(item != NULL, "a log file holds statement and head");
  return item;
}

/* A host asks a device for its entries, and then for the head, of the kind that it must be: it
 * never sees how many the file says. */
static enum gs_status judge_log(const struct vector *v, struct gsh_error *err) {
  struct gsh_identity identity;
  gapseal_v1_Receipt head;
  size_t statement_len = 0;
  size_t receipt_len = 0;
  struct gs_reader r = gs_reader_init(v->bytes, v->len);
  (void)gs_read_view(&r, LOG_MAGIC_BYTES);
  const uint8_t *statement = take_item(&r, &statement_len);
  const uint8_t *receipt = take_item(&r, &receipt_len);
  (void)gs_read_u32(&r);
  known_device(statement, statement_len, &identity);
  enum gs_status status = gsh_receipt_verify(receipt, receipt_len, &identity, NULL, &head, err);
  if (status == GS_OK && head.kind != gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE) {
    return gsh_fail(err, GS_E_RECEIPT_BAD, "the receipt is of another kind than was asked for");
  }
  return status == GS_OK ? gsh_log_verify(identity.device_id, r.at,
                                          (uint32_t)(r.left / GS_LOG_ENTRY_BYTES), &head.state, err)
                         : status;
}

enum gs_status host_evidence_judge(const struct vector *v, struct gsh_error *err,
                                   struct vector_result *r) {
  switch (v->object) {
    case VECTOR_IDENTITY:
      return judge_identity(v, err, r);
    case VECTOR_IDENT:
      return judge_ident(v, err);
    case VECTOR_RECEIPT:
      return judge_receipt(v, err);
    case VECTOR_LOG:
      return judge_log(v, err);
    case VECTOR_MANIFEST:
    case VECTOR_KEYRING:
    case VECTOR_KEYRING_LINK:
      break;
  }
  vector_wrong(r, "nobody reads this kind of object here");
  return GS_E_INTERNAL;
}
