/* SPDX-License-Identifier: Apache-2.0
 * Who a device is: what holds, and every way in which it does not.
 */
#include "ident.h"

#include <string.h>

#include "gapseal/crypto.h"
#include "unit.h"

struct party {
  uint8_t private_key[GS_PRIVATE_KEY_BYTES];
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
};

struct envelope {
  uint8_t data[GSH_ENVELOPE_MAX];
  size_t len;
};

static struct party maker, stranger, device, other;
static struct gsh_maker trusted[1];
static struct gsh_makers makers = {.list = trusted, .count = 1};
static struct envelope statement, ident, receipt;
static struct gsh_ident_expectation expected;
static struct gsh_identity identity;
static gapseal_v1_HelloReply hello;
static gapseal_v1_Ident ident_body;
static gapseal_v1_Receipt receipt_body;
static struct gsh_error err;

static void make_party(struct party *p) {
  assert_int_equal(gs_ecdsa_generate(p->private_key), GS_OK);
  assert_int_equal(gs_ecdsa_public(p->private_key, p->key), GS_OK);
  assert_int_equal(gs_key_id(p->key, p->id), GS_OK);
}

static void seal(enum gs_object_type type, const uint8_t *body, size_t len, const struct party *by,
                 struct envelope *out) {
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES];
  assert_true(len > 0);
  assert_int_equal(gs_signed_hash(type, body, len, hash), GS_OK);
  assert_int_equal(gs_ecdsa_sign(by->private_key, hash, sig), GS_OK);
  struct gs_signature s = {.key_id = by->id, .sig = sig, .sig_len = sizeof sig};
  out->len = gs_signed_write(body, len, &s, 1, out->data, sizeof out->data);
  assert_true(out->len > 0);
}

static void seal_statement(const struct party *subject, const struct party *by,
                           const char *serial) {
  uint8_t body[1024];
  gapseal_v1_Identity v = gapseal_v1_Identity_init_zero;
  v.has_format = v.has_device_key = v.has_serial = v.has_product = true;
  v.has_hardware = v.has_revision = true;
  v.format = 1;
  memcpy(v.device_key, subject->key, sizeof v.device_key);
  strcpy(v.serial, serial);
  memset(v.product, 0x11, sizeof v.product);
  memset(v.hardware, 0x22, sizeof v.hardware);
  v.revision = 3;
  seal(GS_OBJECT_IDENTITY, body, gs_identity_encode(&v, body, sizeof body), by, &statement);
}

static void fill_facts(gapseal_v1_DeviceFacts *f) {
  gs_fields_all_present(&gapseal_v1_DeviceFacts_msg, f);
  strcpy(f->serial, "sn-1");
  memset(f->product, 0x11, sizeof f->product);
  memset(f->hardware, 0x22, sizeof f->hardware);
  f->revision = 3;
  f->stub_version = 1;
  f->slot_model = gapseal_v1_SlotModel_SLOT_MODEL_SAME_ADDRESS;
  f->lifecycle = gapseal_v1_Lifecycle_LIFECYCLE_DEVELOPMENT;
  f->key_protection = gapseal_v1_KeyProtection_KEY_PROTECTION_FLASH;
  f->slot_size = 65536;
  f->erase_size = 4096;
  f->write_size = 4;
  f->security_step_max = 1000;
}

static void fill_state(gapseal_v1_DeviceState *s) {
  gs_fields_all_present(&gapseal_v1_DeviceState_msg, s);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_a);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_b);
  s->state = gapseal_v1_State_STATE_READY;
  s->running = gapseal_v1_Running_RUNNING_STUB;
  s->policy = gapseal_v1_Policy_POLICY_OPEN;
}

static void seal_ident(const struct party *by) {
  uint8_t body[2048];
  seal(GS_OBJECT_IDENT, body, gs_ident_encode(&ident_body, body, sizeof body), by, &ident);
}

static void seal_receipt(const struct party *by) {
  uint8_t body[2048];
  seal(GS_OBJECT_RECEIPT, body, gs_receipt_encode(&receipt_body, body, sizeof body), by, &receipt);
}

static void fill_bodies(void) {
  memset(&ident_body, 0, sizeof ident_body);
  memset(&receipt_body, 0, sizeof receipt_body);
  gapseal_v1_Ident *v = &ident_body;
  gs_fields_all_present(&gapseal_v1_Ident_msg, v);
  v->format = 1;
  memcpy(v->device_id, device.id, sizeof v->device_id);
  memset(v->hello_sha256, 0x33, sizeof v->hello_sha256);
  memset(v->host_nonce, 0x44, sizeof v->host_nonce);
  memset(v->device_nonce, 0x55, sizeof v->device_nonce);
  fill_facts(&v->facts);
  fill_state(&v->state);
  gapseal_v1_Receipt *r = &receipt_body;
  gs_fields_all_present(&gapseal_v1_Receipt_msg, r);
  r->format = 1;
  r->kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE;
  memcpy(r->device_id, device.id, sizeof r->device_id);
  memset(r->host_nonce, 0x44, sizeof r->host_nonce);
  r->facts = v->facts;
  r->state = v->state;
}

/* Everything right; each test spoils one thing. */
static int arrange(void **state) {
  (void)state;
  static bool made;
  assert_int_equal(gs_crypto_init(), GS_OK);
  if (!made) {
    make_party(&maker);
    make_party(&stranger);
    make_party(&device);
    make_party(&other);
    made = true;
  }
  memcpy(trusted[0].key, maker.key, sizeof maker.key);
  memcpy(trusted[0].id, maker.id, sizeof maker.id);
  makers.count = 1;
  fill_bodies();
  seal_statement(&device, &maker, "sn-1");
  memset(&hello, 0, sizeof hello);
  strcpy(hello.serial, "sn-1");
  hello.product.size = GS_ID_BYTES;
  memset(hello.product.bytes, 0x11, GS_ID_BYTES);
  expected.identity = &identity;
  expected.hello = &hello;
  memset(expected.hello_sha256, 0x33, sizeof expected.hello_sha256);
  memset(expected.host_nonce, 0x44, sizeof expected.host_nonce);
  seal_ident(&device);
  seal_receipt(&device);
  return gsh_identity_verify(statement.data, statement.len, &makers, &identity, &err) == GS_OK ? 0
                                                                                               : -1;
}

static enum gs_status identity_status(void) {
  struct gsh_identity found;
  return gsh_identity_verify(statement.data, statement.len, &makers, &found, &err);
}

static enum gs_status ident_status(void) {
  gapseal_v1_Ident found;
  return gsh_ident_verify(ident.data, ident.len, &expected, &found, &err);
}

static enum gs_status receipt_status(void) {
  gapseal_v1_Receipt found;
  return gsh_receipt_verify(receipt.data, receipt.len, &identity, expected.host_nonce, &found,
                            &err);
}

static void a_genuine_device_is_known(void **state) {
  (void)state;
  assert_int_equal(identity_status(), GS_OK);
  assert_int_equal(ident_status(), GS_OK);
  assert_int_equal(receipt_status(), GS_OK);
  assert_memory_equal(identity.device_id, device.id, sizeof device.id);
  assert_memory_equal(identity.maker_id, maker.id, sizeof maker.id);
}

static void nobody_is_trusted_on_first_use(void **state) {
  (void)state;
  makers.count = 0;
  assert_int_equal(identity_status(), GS_E_NOT_GENUINE);
  assert_non_null(strstr(err.next_step, "trust add"));
  makers.count = 1;
  seal_statement(&device, &stranger, "sn-1");
  assert_int_equal(identity_status(), GS_E_NOT_GENUINE);
  assert_non_null(strstr(err.next_step, "trust add"));
}

/* What a person is told to do must be able to help. */
static void without_a_statement_no_trusted_key_helps(void **state) {
  (void)state;
  statement.len = 0;
  assert_int_equal(identity_status(), GS_E_NOT_GENUINE);
  assert_non_null(strstr(err.next_step, "have its maker put an identity statement on it"));
  assert_null(strstr(err.next_step, "trust add"));
  assert_null(strstr(gs_status_info(GS_E_NOT_GENUINE)->next_step, "trust add"));
}

static void a_strangers_signature_under_the_makers_name_does_not_hold(void **state) {
  (void)state;
  struct party liar = stranger;
  memcpy(liar.id, maker.id, sizeof liar.id);
  seal_statement(&device, &liar, "sn-1");
  assert_int_equal(identity_status(), GS_E_NOT_GENUINE);
}

static void a_second_signature_must_hold_as_well(void **state) {
  (void)state;
  struct gs_signed s;
  static uint8_t both[GSH_ENVELOPE_MAX];
  static uint8_t body[GSH_ENVELOPE_MAX];
  assert_int_equal(gs_signed_parse(statement.data, statement.len, &s), GS_OK);
  struct gs_signature two[2] = {s.signatures[0], s.signatures[0]};
  two[1].key_id = stranger.id;
  memcpy(body, s.body, s.body_len);
  size_t n = gs_signed_write(body, s.body_len, two, 2, both, sizeof both);
  assert_true(n > 0);
  memcpy(statement.data, both, n);
  statement.len = n;
  assert_int_equal(identity_status(), GS_E_NOT_GENUINE);
}

static void every_flipped_byte_of_a_statement_is_found(void **state) {
  (void)state;
  for (size_t i = 0; i < statement.len; i++) {
    statement.data[i] ^= (uint8_t)(1u << (i % 8));
    assert_int_equal(identity_status(), GS_E_NOT_GENUINE);
    statement.data[i] ^= (uint8_t)(1u << (i % 8));
  }
}

static void every_flipped_byte_of_an_ident_is_found(void **state) {
  (void)state;
  for (size_t i = 0; i < ident.len; i++) {
    ident.data[i] ^= (uint8_t)(1u << (i % 8));
    assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
    ident.data[i] ^= (uint8_t)(1u << (i % 8));
  }
}

static void every_flipped_byte_of_a_receipt_is_found(void **state) {
  (void)state;
  for (size_t i = 0; i < receipt.len; i++) {
    receipt.data[i] ^= (uint8_t)(1u << (i % 8));
    assert_int_equal(receipt_status(), GS_E_RECEIPT_BAD);
    receipt.data[i] ^= (uint8_t)(1u << (i % 8));
  }
}

static void a_flipped_statement_is_told_from_a_strangers(void **state) {
  (void)state;
  bool altered = true;
  assert_int_equal(gsh_identity_altered(statement.data, statement.len, &makers, &altered), GS_OK);
  assert_false(altered);
  for (size_t i = 0; i < statement.len; i++) {
    statement.data[i] ^= 1;
    assert_int_equal(gsh_identity_altered(statement.data, statement.len, &makers, &altered), GS_OK);
    assert_true(altered);
    statement.data[i] ^= 1;
  }
  seal_statement(&device, &stranger, "sn-1");
  assert_int_equal(gsh_identity_altered(statement.data, statement.len, &makers, &altered), GS_OK);
  assert_false(altered);
}

static void every_truncation_is_found(void **state) {
  (void)state;
  size_t whole[3] = {statement.len, ident.len, receipt.len};
  for (statement.len = 0; statement.len < whole[0]; statement.len++) {
    assert_int_equal(identity_status(), GS_E_NOT_GENUINE);
  }
  for (ident.len = 0; ident.len < whole[1]; ident.len++) {
    assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
  }
  for (receipt.len = 0; receipt.len < whole[2]; receipt.len++) {
    assert_int_equal(receipt_status(), GS_E_RECEIPT_BAD);
  }
}

static void another_device_cannot_answer_with_this_ones_statement(void **state) {
  (void)state;
  seal_ident(&other);
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
  struct party liar = other;
  memcpy(liar.id, device.id, sizeof liar.id);
  seal_ident(&liar);
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
  seal_receipt(&other);
  assert_int_equal(receipt_status(), GS_E_RECEIPT_BAD);
}

static void an_answer_to_another_question_is_refused(void **state) {
  (void)state;
  expected.host_nonce[31] ^= 1;
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
  assert_int_equal(receipt_status(), GS_E_RECEIPT_BAD);
}

static void an_altered_hello_is_refused(void **state) {
  (void)state;
  expected.hello_sha256[0] ^= 1;
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
}

static void what_contradicts_the_maker_is_refused(void **state) {
  (void)state;
  strcpy(hello.serial, "sn-2");
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
  strcpy(hello.serial, "sn-1");
  hello.product.bytes[0] ^= 1;
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
  hello.product.bytes[0] ^= 1;
  hello.product.size = 0;
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
  hello.product.size = GS_ID_BYTES;
  gapseal_v1_DeviceFacts good = ident_body.facts;
  for (int i = 0; i < 4; i++) {
    ident_body.facts = good;
    ident_body.facts.serial[3] = i == 0 ? '2' : good.serial[3];
    ident_body.facts.product[0] ^= i == 1;
    ident_body.facts.hardware[0] ^= i == 2;
    ident_body.facts.revision += i == 3;
    seal_ident(&device);
    assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
    receipt_body.facts = ident_body.facts;
    seal_receipt(&device);
    assert_int_equal(receipt_status(), GS_E_RECEIPT_BAD);
  }
}

static void one_object_does_not_pass_for_another(void **state) {
  (void)state;
  uint8_t body[2048];
  struct envelope kept = ident;
  size_t n = gs_ident_encode(&ident_body, body, sizeof body);
  seal(GS_OBJECT_RECEIPT, body, n, &device, &ident);
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
  receipt = kept;
  assert_int_equal(receipt_status(), GS_E_RECEIPT_BAD);
  n = gs_receipt_encode(&receipt_body, body, sizeof body);
  seal(GS_OBJECT_IDENT, body, n, &device, &ident);
  assert_int_equal(ident_status(), GS_E_NOT_GENUINE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_genuine_device_is_known, arrange),
      cmocka_unit_test_setup(nobody_is_trusted_on_first_use, arrange),
      cmocka_unit_test_setup(without_a_statement_no_trusted_key_helps, arrange),
      cmocka_unit_test_setup(a_strangers_signature_under_the_makers_name_does_not_hold, arrange),
      cmocka_unit_test_setup(a_second_signature_must_hold_as_well, arrange),
      cmocka_unit_test_setup(every_flipped_byte_of_a_statement_is_found, arrange),
      cmocka_unit_test_setup(every_flipped_byte_of_an_ident_is_found, arrange),
      cmocka_unit_test_setup(every_flipped_byte_of_a_receipt_is_found, arrange),
      cmocka_unit_test_setup(a_flipped_statement_is_told_from_a_strangers, arrange),
      cmocka_unit_test_setup(every_truncation_is_found, arrange),
      cmocka_unit_test_setup(another_device_cannot_answer_with_this_ones_statement, arrange),
      cmocka_unit_test_setup(an_answer_to_another_question_is_refused, arrange),
      cmocka_unit_test_setup(an_altered_hello_is_refused, arrange),
      cmocka_unit_test_setup(what_contradicts_the_maker_is_refused, arrange),
      cmocka_unit_test_setup(one_object_does_not_pass_for_another, arrange),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
