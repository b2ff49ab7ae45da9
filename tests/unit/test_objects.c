/* SPDX-License-Identifier: Apache-2.0
 * Bodies of signed objects. The single damages of manifest, keyring and identity are vectors
 * (proto/vectors); here are the exhaustive ones, the shapes, and ident and receipt.
 */
#include <pb_decode.h>
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "objects.h"
#include "unit.h"

static uint8_t body[FIXTURE_BODY_MAX];

static void manifest_round_trip(void **state) {
  (void)state;
  for (uint32_t variants = 1; variants <= 2; variants++) {
    struct fixture_manifest f;
    struct gs_manifest m;
    uint8_t again[FIXTURE_BODY_MAX];
    fixture_manifest(&f, variants);
    size_t len = fixture_manifest_body(&f, body);
    assert_int_equal(gs_manifest_decode(body, len, &m), GS_OK);
    assert_int_equal(m.fields.release, 8);
    assert_int_equal(m.fields.variants_count, variants);
    assert_true(m.table > body && m.table + m.table_len < body + len);
    assert_memory_equal(m.table, f.table, f.m.table_len);
    assert_null(m.fields.table.funcs.encode);
    assert_int_equal(gs_manifest_encode(&m, again, sizeof again), len);
    assert_memory_equal(again, body, len);
    for (size_t cap = 0; cap < len; cap++) {
      assert_int_equal(gs_manifest_encode(&m, again, cap), 0);
    }
  }
}

/* Nothing but the body itself may give the body's content: whatever decodes encodes to the
 * same bytes. */
static void manifest_has_one_encoding(void **state) {
  (void)state;
  struct fixture_manifest f;
  struct gs_manifest m;
  uint8_t again[FIXTURE_BODY_MAX];
  fixture_manifest(&f, 2);
  size_t len = fixture_manifest_body(&f, body);
  for (size_t bit = 0; bit < 8 * len; bit++) {
    body[bit / 8] ^= (uint8_t)(1u << bit % 8);
    if (gs_manifest_decode(body, len, &m) == GS_OK) {
      assert_int_equal(gs_manifest_encode(&m, again, sizeof again), len);
      assert_memory_equal(again, body, len);
    }
    body[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  for (size_t cut = 0; cut < len; cut++) {
    assert_int_not_equal(gs_manifest_decode(body, cut, &m), GS_OK);
  }
}

/* The reason for our own pass over the bytes: if this ever fails, nanopb became stricter. */
static void nanopb_alone_takes_a_repeated_field(void **state) {
  (void)state;
  const uint8_t twice[] = {0x08, 0x07, 0x08, 0x03};
  gapseal_v1_Variant v = gapseal_v1_Variant_init_zero;
  pb_istream_t in = pb_istream_from_buffer(twice, sizeof twice);
  assert_true(pb_decode(&in, &gapseal_v1_Variant_msg, &v));
  assert_int_equal(v.slots, 3);
}

static struct gs_table_shape shape_of(uint32_t size, uint32_t block_size) {
  struct gs_manifest m;
  memset(&m, 0, sizeof m);
  m.fields.variants_count = 1;
  m.fields.variants[0].size = size;
  m.fields.variants[0].block_size = block_size;
  return gs_manifest_table(&m, 0);
}

static void table_shape_follows_from_size_and_block(void **state) {
  (void)state;
  static const struct {
    uint32_t size, block, blocks, a_page, pages, last_block, last_page;
  } rows[] = {
      {1, 256, 1, 8, 1, 1, 32},
      {256, 256, 1, 8, 1, 256, 32},
      {257, 256, 2, 8, 1, 1, 64},
      {2048, 256, 8, 8, 1, 256, 256},
      {2049, 256, 9, 8, 2, 1, 32},
      {655360, 1024, 640, 32, 20, 1024, 1024},
      {0x7FFFFFFFu, 65536, 32768, 2048, 16, 65535, 65536},
      {0x80000000u, 65536, 32768, 2048, 16, 65536, 65536},
      {0xFFFFFFFFu, 65536, 65536, 2048, 32, 65535, 65536},
      {0xFFFFFFFFu, 256, 16777216, 8, 2097152, 255, 256},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct gs_table_shape s = shape_of(rows[i].size, rows[i].block);
    assert_int_equal(s.blocks, rows[i].blocks);
    assert_int_equal(s.digests_a_page, rows[i].a_page);
    assert_int_equal(s.pages, rows[i].pages);
    assert_int_equal(s.last_block_len, rows[i].last_block);
    assert_int_equal(s.last_page_len, rows[i].last_page);
  }
}

static void second_variant_has_its_own_digests(void **state) {
  (void)state;
  struct fixture_manifest f;
  fixture_manifest(&f, 2);
  struct gs_table_shape a = gs_manifest_table(&f.m, 0);
  struct gs_table_shape b = gs_manifest_table(&f.m, 1);
  assert_ptr_equal(a.digests, f.table);
  assert_ptr_equal(b.digests, f.table + GS_DIGEST_BYTES * a.pages);
}

static void keyring_round_trip(void **state) {
  (void)state;
  for (uint32_t version = 1; version <= 2; version++) {
    struct fixture_keyring f;
    struct gs_keyring k;
    uint8_t again[FIXTURE_BODY_MAX];
    fixture_keyring(&f, version);
    size_t len = fixture_keyring_body(&f, body);
    assert_int_equal(gs_keyring_decode(body, len, &k), GS_OK);
    assert_int_equal(k.revoked_keys_count, version == 1 ? 0 : 2);
    assert_int_equal(k.revoked_packages_count, version == 1 ? 0 : 1);
    assert_int_equal(gs_keyring_encode(&k, again, sizeof again), len);
    assert_memory_equal(again, body, len);
    for (size_t cap = 0; cap < len; cap++) {
      assert_int_equal(gs_keyring_encode(&k, again, cap), 0);
    }
    for (size_t cut = 0; cut < len; cut++) {
      /* Cut where an optional list or a minimum ends, it is another, shorter keyring. */
      if (gs_keyring_decode(body, cut, &k) == GS_OK) {
        assert_int_equal(gs_keyring_encode(&k, again, sizeof again), cut);
      }
    }
  }
}

static enum gs_status decode_keyring(struct fixture_keyring *f) {
  struct gs_keyring k;
  return gs_keyring_decode(body, fixture_keyring_body(f, body), &k);
}

static void keyring_lists_are_sets_of_digests(void **state) {
  (void)state;
  struct fixture_keyring f;
  fixture_keyring(&f, 2);
  uint8_t first[GS_KEY_ID_BYTES];
  memcpy(first, f.revoked_keys, sizeof first);
  memcpy(f.revoked_keys, f.revoked_keys + sizeof first, sizeof first);
  assert_int_equal(decode_keyring(&f), GS_E_NONCANONICAL); /* twice the same */
  memcpy(f.revoked_keys + sizeof first, first, sizeof first);
  assert_int_equal(decode_keyring(&f), GS_E_NONCANONICAL); /* descending */
  fixture_keyring(&f, 2);
  memset(f.revoked_packages, 0, GS_DIGEST_BYTES);
  assert_int_equal(decode_keyring(&f), GS_E_INCOMPLETE);
  fixture_keyring(&f, 2);
  f.k.fields.minimums[1] = f.k.fields.minimums[0];
  f.k.fields.minimums_count = 2;
  assert_int_equal(decode_keyring(&f), GS_E_NONCANONICAL);
  f.k.fields.minimums[1].product[0]++;
  assert_int_equal(decode_keyring(&f), GS_OK);
  memset(f.k.fields.minimums[0].product, 0, GS_ID_BYTES);
  assert_int_equal(decode_keyring(&f), GS_E_INCOMPLETE);
  fixture_keyring(&f, 1);
  f.k.fields.keys[0].has_product = true;
  assert_int_equal(decode_keyring(&f), GS_E_INCOMPLETE); /* a product id of zeros */
  fixture_keyring(&f, 1);
  f.k.fields.keys_count = 0;
  assert_int_equal(decode_keyring(&f), GS_E_INCOMPLETE);
}

static void keyring_list_of_half_a_digest_is_malformed(void **state) {
  (void)state;
  struct fixture_keyring f;
  struct gs_keyring k;
  fixture_keyring(&f, 1);
  size_t len = fixture_keyring_body(&f, body);
  const uint8_t half[] = {0x32, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  memcpy(body + len, half, sizeof half);
  assert_int_equal(gs_keyring_decode(body, len + sizeof half, &k), GS_E_MALFORMED);
  const uint8_t empty[] = {0x32, 0};
  memcpy(body + len, empty, sizeof empty);
  assert_int_equal(gs_keyring_decode(body, len + sizeof empty, &k), GS_E_NONCANONICAL);
}

static void fill_facts(gapseal_v1_DeviceFacts *f) {
  gs_fields_all_present(&gapseal_v1_DeviceFacts_msg, f);
  memcpy(f->serial, "0042", 5);
  memcpy(f->product, fixture_product, GS_ID_BYTES);
  memcpy(f->hardware, fixture_hardware, GS_ID_BYTES);
  f->slot_model = gapseal_v1_SlotModel_SLOT_MODEL_SAME_ADDRESS;
  f->lifecycle = gapseal_v1_Lifecycle_LIFECYCLE_DEVELOPMENT;
  f->key_protection = gapseal_v1_KeyProtection_KEY_PROTECTION_FLASH;
}

static void fill_state(gapseal_v1_DeviceState *s) {
  gs_fields_all_present(&gapseal_v1_DeviceState_msg, s);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_a);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_b);
  s->state = gapseal_v1_State_STATE_READY;
  s->running = gapseal_v1_Running_RUNNING_STUB;
  s->policy = gapseal_v1_Policy_POLICY_OPEN;
}

static gapseal_v1_Ident good_ident(void) {
  gapseal_v1_Ident v = gapseal_v1_Ident_init_zero;
  gs_fields_all_present(&gapseal_v1_Ident_msg, &v);
  v.format = 1;
  memset(v.device_id, 0x11, sizeof v.device_id);
  fill_facts(&v.facts);
  fill_state(&v.state);
  return v;
}

static gapseal_v1_Receipt good_receipt(void) {
  gapseal_v1_Receipt v = gapseal_v1_Receipt_init_zero;
  gs_fields_all_present(&gapseal_v1_Receipt_msg, &v);
  v.format = 1;
  v.kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE;
  memset(v.device_id, 0x11, sizeof v.device_id);
  fill_facts(&v.facts);
  fill_state(&v.state);
  return v;
}

static enum gs_status again_ident(const gapseal_v1_Ident *v) {
  gapseal_v1_Ident out;
  return gs_ident_decode(body, gs_ident_encode(v, body, sizeof body), &out);
}

static enum gs_status again_receipt(const gapseal_v1_Receipt *v) {
  gapseal_v1_Receipt out;
  return gs_receipt_decode(body, gs_receipt_encode(v, body, sizeof body), &out);
}

static void ident_round_trip_and_refusals(void **state) {
  (void)state;
  gapseal_v1_Ident v = good_ident();
  assert_int_equal(again_ident(&v), GS_OK);
  v.format = 2;
  assert_int_equal(again_ident(&v), GS_E_FORMAT_VERSION);
  v = good_ident();
  memset(v.device_id, 0, sizeof v.device_id);
  assert_int_equal(again_ident(&v), GS_E_INCOMPLETE);
  v = good_ident();
  v.state.slot_b.has_package = false;
  assert_int_equal(again_ident(&v), GS_E_INCOMPLETE);
  v = good_ident();
  v.has_facts = false;
  assert_int_equal(again_ident(&v), GS_E_INCOMPLETE);
  v = good_ident();
  v.state.running_slot = 2;
  assert_int_equal(again_ident(&v), GS_E_BAD_VALUE);
  v = good_ident();
  v.state.staging_slot = 2;
  assert_int_equal(again_ident(&v), GS_E_BAD_VALUE);
  v = good_ident();
  v.state.door = (gapseal_v1_Door)4;
  assert_int_equal(again_ident(&v), GS_E_UNSUPPORTED);
  v = good_ident();
  v.state.has_confirmed = false;
  assert_int_equal(again_ident(&v), GS_E_INCOMPLETE);
  v = good_ident();
  v.facts.lifecycle = gapseal_v1_Lifecycle_LIFECYCLE_UNSPECIFIED;
  assert_int_equal(again_ident(&v), GS_E_UNSUPPORTED);
  v = good_ident();
  v.state.state = (gapseal_v1_State)77;
  assert_int_equal(again_ident(&v), GS_E_UNSUPPORTED);
  v = good_ident();
  v.facts.serial[0] = '\x1b';
  assert_int_equal(again_ident(&v), GS_E_BAD_TEXT);
  v = good_ident();
  v.facts.serial[0] = '\0';
  assert_int_equal(again_ident(&v), GS_E_INCOMPLETE);
}

static void receipt_round_trip_and_refusals(void **state) {
  (void)state;
  gapseal_v1_Receipt v = good_receipt();
  assert_int_equal(again_receipt(&v), GS_OK);
  v.operation = gapseal_v1_Operation_OPERATION_REBOOT;
  assert_int_equal(again_receipt(&v), GS_OK);
  v.operation = (gapseal_v1_Operation)13;
  assert_int_equal(again_receipt(&v), GS_E_UNSUPPORTED);
  v = good_receipt();
  v.kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_UNSPECIFIED;
  assert_int_equal(again_receipt(&v), GS_E_UNSUPPORTED);
  v = good_receipt();
  v.has_release = false;
  assert_int_equal(again_receipt(&v), GS_E_INCOMPLETE);
  v = good_receipt();
  memset(v.device_id, 0xFF, sizeof v.device_id);
  assert_int_equal(again_receipt(&v), GS_E_INCOMPLETE);
  v = good_receipt();
  memset(v.facts.product, 0, sizeof v.facts.product);
  assert_int_equal(again_receipt(&v), GS_E_INCOMPLETE);
  v = good_receipt();
  memset(v.facts.hardware, 0xFF, sizeof v.facts.hardware);
  assert_int_equal(again_receipt(&v), GS_E_INCOMPLETE);
  v = good_receipt();
  v.state.running_slot = 2;
  assert_int_equal(again_receipt(&v), GS_E_BAD_VALUE);
}

static gapseal_v1_Identity good_identity(void) {
  gapseal_v1_Identity v = gapseal_v1_Identity_init_zero;
  gs_fields_all_present(&gapseal_v1_Identity_msg, &v);
  v.format = 1;
  memcpy(v.serial, "0042", 5);
  memset(v.device_key, 0x22, sizeof v.device_key);
  memcpy(v.product, fixture_product, GS_ID_BYTES);
  memcpy(v.hardware, fixture_hardware, GS_ID_BYTES);
  return v;
}

static enum gs_status again_identity(const gapseal_v1_Identity *v) {
  gapseal_v1_Identity out;
  return gs_identity_decode(body, gs_identity_encode(v, body, sizeof body), &out);
}

static void identity_names_device_product_and_board(void **state) {
  (void)state;
  gapseal_v1_Identity v = good_identity();
  assert_int_equal(again_identity(&v), GS_OK);
  v.serial[0] = '\0';
  assert_int_equal(again_identity(&v), GS_E_INCOMPLETE);
  v = good_identity();
  memset(v.device_key, 0, sizeof v.device_key);
  assert_int_equal(again_identity(&v), GS_E_INCOMPLETE);
  v = good_identity();
  memset(v.product, 0, sizeof v.product);
  assert_int_equal(again_identity(&v), GS_E_INCOMPLETE);
  v = good_identity();
  memset(v.hardware, 0, sizeof v.hardware);
  assert_int_equal(again_identity(&v), GS_E_INCOMPLETE);
}

static void flags_in_evidence_are_0_or_1(void **state) {
  (void)state;
  gapseal_v1_Receipt out;
  gapseal_v1_Receipt v = good_receipt();
  v.state.slot_a.present = true;
  size_t len = gs_receipt_encode(&v, body, sizeof body);
  uint8_t slot[] = {0x08, 0x01, 0x12, 0x20};
  uint8_t *at = NULL;
  for (size_t i = 0; i + sizeof slot < len && at == NULL; i++) {
    at = memcmp(body + i, slot, sizeof slot) == 0 ? body + i : NULL;
  }
  assert_non_null(at);
  assert_int_equal(gs_receipt_decode(body, len, &out), GS_OK);
  at[1] = 2;
  assert_int_equal(gs_receipt_decode(body, len, &out), GS_E_NONCANONICAL);
}

static void every_cut_of_a_receipt_is_refused(void **state) {
  (void)state;
  gapseal_v1_Receipt out;
  gapseal_v1_Receipt v = good_receipt();
  size_t len = gs_receipt_encode(&v, body, sizeof body);
  for (size_t cut = 0; cut < len; cut++) {
    assert_int_not_equal(gs_receipt_decode(body, cut, &out), GS_OK);
  }
  assert_int_equal(gs_receipt_decode(body, len, &out), GS_OK);
}

int main(void) {
  if (gs_crypto_init() != GS_OK) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(manifest_round_trip),
      cmocka_unit_test(manifest_has_one_encoding),
      cmocka_unit_test(nanopb_alone_takes_a_repeated_field),
      cmocka_unit_test(table_shape_follows_from_size_and_block),
      cmocka_unit_test(second_variant_has_its_own_digests),
      cmocka_unit_test(keyring_round_trip),
      cmocka_unit_test(keyring_lists_are_sets_of_digests),
      cmocka_unit_test(keyring_list_of_half_a_digest_is_malformed),
      cmocka_unit_test(ident_round_trip_and_refusals),
      cmocka_unit_test(receipt_round_trip_and_refusals),
      cmocka_unit_test(identity_names_device_product_and_board),
      cmocka_unit_test(flags_in_evidence_are_0_or_1),
      cmocka_unit_test(every_cut_of_a_receipt_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
