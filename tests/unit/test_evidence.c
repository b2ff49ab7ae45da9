/* SPDX-License-Identifier: Apache-2.0
 * gapseal-verify receipt and log, over evidence made here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pb_common.h>

#include "log_entry.h"
#include "package_fixture.h"
#include "pem.h"
#include "unit.h"
#include "verify.h"

#define ENTRIES 5u

struct device {
  uint8_t private_key[GS_PRIVATE_KEY_BYTES];
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
  uint8_t maker_key[GS_PRIVATE_KEY_BYTES];
  uint8_t maker_id[GS_KEY_ID_BYTES];
  gapseal_v1_Identity identity;
  gapseal_v1_Receipt receipt;
  uint8_t log[ENTRIES * GS_LOG_ENTRY_BYTES];
};

/* Every field of a signed object is present. */
static void mark_present(const pb_msgdesc_t *type, void *message) {
  pb_field_iter_t at;
  if (!pb_field_iter_begin(&at, type, message)) {
    return;
  }
  do {
    if (PB_HTYPE(at.type) == PB_HTYPE_OPTIONAL) {
      *(bool *)at.pSize = true;
    }
    if (PB_LTYPE_IS_SUBMSG(at.type)) {
      mark_present(at.submsg_desc, at.pData);
    }
  } while (pb_field_iter_next(&at));
}

static void make_keys(struct device *d) {
  uint8_t maker_public[GS_PUBLIC_KEY_BYTES];
  char why[256];
  assert_int_equal(gs_ecdsa_generate(d->private_key), GS_OK);
  assert_int_equal(gs_ecdsa_public(d->private_key, d->public_key), GS_OK);
  assert_int_equal(gs_key_id(d->public_key, d->id), GS_OK);
  (void)remove("maker.pem");
  (void)remove("maker.pub.pem");
  assert_int_equal(fixture_run(&gss_keygen, NULL, "maker.pem", NULL), GS_OK);
  assert_int_equal(gsh_pem_read_private("maker.pem", d->maker_key, why, sizeof why), GS_OK);
  assert_int_equal(gs_ecdsa_public(d->maker_key, maker_public), GS_OK);
  assert_int_equal(gs_key_id(maker_public, d->maker_id), GS_OK);
}

static void make_log(struct device *d, uint32_t first) {
  uint8_t chain[GS_DIGEST_BYTES];
  memcpy(chain, d->id, sizeof chain);
  if (first > 1) {
    memset(chain, 0x77, sizeof chain);
  }
  for (uint32_t i = 0; i < ENTRIES; i++) {
    uint8_t *bytes = d->log + i * GS_LOG_ENTRY_BYTES;
    uint8_t input[15 + GS_DIGEST_BYTES + GS_LOG_CHAINED_BYTES];
    struct gs_log_entry e = {.sequence = first + i, .event = GS_LOG_BEGIN, .slot = 0xFF};
    gs_log_entry_encode(&e, bytes);
    memcpy(input, "gapseal:log:v1", 15);
    memcpy(input + 15, chain, sizeof chain);
    memcpy(input + 15 + sizeof chain, bytes, GS_LOG_CHAINED_BYTES);
    assert_int_equal(gs_sha256(input, sizeof input, chain), GS_OK);
    memcpy(e.chain, chain, sizeof chain);
    gs_log_entry_encode(&e, bytes);
  }
  d->receipt.state.log_sequence = first + ENTRIES - 1;
  memcpy(d->receipt.state.log_head, chain, sizeof chain);
}

static void make_device(struct device *d) {
  memset(d, 0, sizeof *d);
  make_keys(d);
  mark_present(&gapseal_v1_Identity_msg, &d->identity);
  d->identity.format = 1;
  memcpy(d->identity.device_key, d->public_key, sizeof d->public_key);
  strcpy(d->identity.serial, "0042-1187");
  memset(d->identity.product, 1, GS_ID_BYTES);
  memset(d->identity.hardware, 2, GS_ID_BYTES);
  d->identity.revision = 3;
  gapseal_v1_Receipt *r = &d->receipt;
  mark_present(&gapseal_v1_Receipt_msg, r);
  r->format = 1;
  r->kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE;
  memcpy(r->device_id, d->id, sizeof d->id);
  strcpy(r->facts.serial, d->identity.serial);
  memset(r->facts.product, 1, GS_ID_BYTES);
  memset(r->facts.hardware, 2, GS_ID_BYTES);
  r->facts.revision = 3;
  r->facts.slot_model = gapseal_v1_SlotModel_SLOT_MODEL_SAME_ADDRESS;
  r->facts.lifecycle = gapseal_v1_Lifecycle_LIFECYCLE_DEVELOPMENT;
  r->facts.key_protection = gapseal_v1_KeyProtection_KEY_PROTECTION_FLASH;
  r->state.state = gapseal_v1_State_STATE_READY;
  r->state.running = gapseal_v1_Running_RUNNING_APPLICATION;
  r->state.policy = gapseal_v1_Policy_POLICY_OPEN;
  make_log(d, 1);
}

static size_t put_signed(uint8_t *out, enum gs_object_type type, const uint8_t *body, size_t len,
                         const uint8_t key[GS_PRIVATE_KEY_BYTES], const uint8_t id[32]) {
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES];
  struct gs_signature s = {.key_id = id, .sig = sig, .sig_len = sizeof sig};
  assert_int_equal(gs_signed_hash(type, body, len, hash), GS_OK);
  assert_int_equal(gs_ecdsa_sign(key, hash, sig), GS_OK);
  size_t n = gs_signed_write(body, len, &s, 1, out + 4, 4096);
  assert_true(n > 0);
  for (size_t i = 0; i < 4; i++) {
    out[i] = (uint8_t)(n >> (8 * i));
  }
  return n + 4;
}

static size_t write_file(const struct device *d, const char *name, const char magic[9],
                         size_t entries) {
  static uint8_t out[16384];
  uint8_t body[2048];
  memcpy(out, magic, 8);
  size_t n = 8;
  size_t len = gs_identity_encode(&d->identity, body, sizeof body);
  assert_true(len > 0);
  n += put_signed(out + n, GS_OBJECT_IDENTITY, body, len, d->maker_key, d->maker_id);
  len = gs_receipt_encode(&d->receipt, body, sizeof body);
  assert_true(len > 0);
  n += put_signed(out + n, GS_OBJECT_RECEIPT, body, len, d->private_key, d->id);
  if (entries > 0) {
    memset(out + n, 0, 4);
    out[n] = (uint8_t)entries;
    memcpy(out + n + 4, d->log, entries * GS_LOG_ENTRY_BYTES);
    n += 4 + entries * GS_LOG_ENTRY_BYTES;
  }
  fixture_write(name, out, n);
  return n;
}

static enum gs_status verify(bool log, const char *name, const char *maker) {
  struct gsv_options o = {.maker = maker};
  struct gsv_error e = {0};
  struct gsv_report r = {.json = cJSON_CreateObject()};
  enum gs_status status = log ? gsv_log(name, &o, &r, &e) : gsv_receipt(name, &o, &r, &e);
  cJSON_Delete(r.json);
  return status;
}

static enum gs_status receipt_of(const struct device *d) {
  (void)write_file(d, "a.gsr", "gaprcpt\x01", 0);
  return verify(false, "a.gsr", "maker.pub.pem");
}

static enum gs_status log_of(const struct device *d, size_t entries) {
  (void)write_file(d, "a.gsl", "gaplogs\x01", entries);
  return verify(true, "a.gsl", "maker.pub.pem");
}

static void good_evidence_is_taken(void **state) {
  (void)state;
  struct device d;
  make_device(&d);
  assert_int_equal(receipt_of(&d), GS_OK);
  assert_int_equal(log_of(&d, ENTRIES), GS_OK);
}

static void a_device_of_another_maker_is_not_genuine(void **state) {
  (void)state;
  struct device d;
  make_device(&d);
  assert_int_equal(receipt_of(&d), GS_OK);
  fixture_keys();
  assert_int_equal(verify(false, "a.gsr", "stranger.pub.pem"), GS_E_NOT_GENUINE);
  assert_int_equal(verify(false, "a.gsr", "absent.pem"), GS_E_FILE_READ);
}

static void identity_and_receipt_name_the_same_device(void **state) {
  (void)state;
  struct device d;
  make_device(&d);
  strcpy(d.receipt.facts.serial, "0042-1188");
  assert_int_equal(receipt_of(&d), GS_E_NOT_GENUINE);
  make_device(&d);
  d.receipt.device_id[0] ^= 1;
  assert_int_equal(receipt_of(&d), GS_E_NOT_GENUINE);
  make_device(&d);
  d.receipt.facts.revision++;
  assert_int_equal(receipt_of(&d), GS_E_NOT_GENUINE);
  make_device(&d); /* signed by a key that the identity does not name */
  assert_int_equal(gs_ecdsa_generate(d.private_key), GS_OK);
  assert_int_equal(receipt_of(&d), GS_E_SIG_BAD);
  d.id[0] ^= 1;
  assert_int_equal(receipt_of(&d), GS_E_KEY_UNKNOWN);
}

static void every_changed_byte_and_every_length_is_refused(void **state) {
  (void)state;
  static const char *const names[] = {"a.gsr", "a.gsl"};
  struct device d;
  make_device(&d);
  assert_int_equal(receipt_of(&d), GS_OK);
  assert_int_equal(log_of(&d, ENTRIES), GS_OK);
  for (size_t k = 0; k < COUNT(names); k++) {
    size_t len;
    uint8_t *bytes = fixture_read(names[k], &len);
    for (size_t i = 0; i < len; i++) {
      bytes[i] ^= (uint8_t)(1u << (i % 8));
      fixture_write("bad", bytes, len);
      int exit_code = gs_status_info(verify(k == 1, "bad", "maker.pub.pem"))->exit_code;
      if (exit_code != 10 && exit_code != 11 && exit_code != 18) {
        fail_msg("%s, changed byte %zu: exit %d", names[k], i, exit_code);
      }
      bytes[i] ^= (uint8_t)(1u << (i % 8));
      fixture_write("bad", bytes, i);
      assert_int_equal(gs_status_info(verify(k == 1, "bad", "maker.pub.pem"))->exit_code, 10);
    }
    fixture_write("bad", bytes, len + 1); /* fixture_read leaves room for one more */
    assert_int_equal(verify(k == 1, "bad", "maker.pub.pem"), GS_E_FILE_MALFORMED);
    free(bytes);
  }
}

static void a_log_shows_what_was_taken_out(void **state) {
  (void)state;
  struct device d;
  make_device(&d);
  assert_int_equal(log_of(&d, ENTRIES - 1), GS_E_SIG_BAD); /* the newest are missing */
  memmove(d.log + GS_LOG_ENTRY_BYTES, d.log + 2 * GS_LOG_ENTRY_BYTES, 3 * GS_LOG_ENTRY_BYTES);
  assert_int_equal(log_of(&d, ENTRIES - 1), GS_E_FILE_MALFORMED); /* one inside is missing */
  make_device(&d);
  d.receipt.kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME;
  assert_int_equal(log_of(&d, ENTRIES), GS_E_FILE_MALFORMED);
}

static void a_wrapped_log_is_taken_from_its_oldest_entry(void **state) {
  (void)state;
  struct device d;
  make_device(&d);
  make_log(&d, 100);
  assert_int_equal(log_of(&d, ENTRIES), GS_OK);
}

static void a_receipt_is_about_one_package(void **state) {
  (void)state;
  struct device d;
  struct gsv_error e = {0};
  struct gsv_report r = {.json = cJSON_CreateObject()};
  struct gsv_options o = {.maker = "maker.pub.pem", .package = "p.gsp"};
  make_device(&d);
  fixture_package("p.gsp", 600, "");
  assert_int_equal(receipt_of(&d), GS_OK);
  assert_int_equal(gsv_receipt("a.gsr", &o, &r, &e), GS_E_EXPECT);
  assert_int_equal(gsv_package_digest("p.gsp", d.receipt.package, &e), GS_OK);
  assert_int_equal(receipt_of(&d), GS_OK);
  assert_int_equal(gsv_receipt("a.gsr", &o, &r, &e), GS_OK);
  cJSON_Delete(r.json);
}

static void a_named_pipe_is_refused_and_not_waited_for(void **state) {
  (void)state;
  assert_int_equal(mkfifo("pipe", 0600), 0);
  (void)alarm(10);
  assert_int_equal(verify(false, "pipe", "maker.pub.pem"), GS_E_FILE_READ);
  assert_int_equal(verify(true, "pipe", "maker.pub.pem"), GS_E_FILE_READ);
  (void)alarm(0);
  assert_int_equal(remove("pipe"), 0);
  assert_int_equal(verify(false, "/dev/zero", "maker.pub.pem"), GS_E_FILE_READ);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_evidence_is_taken),
      cmocka_unit_test(a_device_of_another_maker_is_not_genuine),
      cmocka_unit_test(identity_and_receipt_name_the_same_device),
      cmocka_unit_test(every_changed_byte_and_every_length_is_refused),
      cmocka_unit_test(a_log_shows_what_was_taken_out),
      cmocka_unit_test(a_wrapped_log_is_taken_from_its_oldest_entry),
      cmocka_unit_test(a_receipt_is_about_one_package),
      cmocka_unit_test(a_named_pipe_is_refused_and_not_waited_for),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
