/* SPDX-License-Identifier: Apache-2.0
 * The session's answers to questions: hello, ident, status, log, receipt; ids and repeats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crc32.h"
#include "session_host.h"
#include "wire_schema.h"

static struct session_host h;

static int fresh(void **state) {
  (void)state;
  host_init(&h);
  return 0;
}

static gapseal_v1_Request request(pb_size_t tag) {
  return (gapseal_v1_Request){.which_body = tag};
}

static void every_request_but_hello_needs_hello(void **state) {
  (void)state;
  for (pb_size_t tag = gapseal_v1_Request_ident_tag; tag <= gapseal_v1_Request_receipt_tag; tag++) {
    gapseal_v1_Request r = request(tag);
    assert_int_equal(host_ask(&h, &r), GS_E_NO_HELLO);
  }
  assert_int_equal(fake.calls, 0);
}

static void hello_tells_limits_facts_and_state(void **state) {
  (void)state;
  h.facts.stub_window_ms = 700;
  host_hello(&h);
  const gapseal_v1_HelloReply *r = &h.reply.body.hello;
  assert_int_equal(r->version, GS_WIRE_VERSION);
  assert_int_equal(r->frame_max, HOST_FRAME_MAX);
  assert_int_equal(r->window_bytes, HOST_RX);
  assert_int_equal(r->limits.manifest_max, 1024);
  assert_int_equal(r->limits.keyring_max, 768);
  assert_int_equal(r->limits.block_max, HOST_BLOCK);
  assert_int_equal(r->limits.order_max, 0);
  assert_int_equal(r->schema, GS_WIRE_SCHEMA);
  assert_string_equal(r->serial, "0042-1187");
  assert_int_equal(r->product.size, 16);
  assert_int_equal(r->state, gapseal_v1_State_STATE_READY);
  assert_true(r->has_port && r->port.has_stub_window_ms);
  assert_int_equal(r->port.stub_window_ms, 700);
}

static void hello_refuses_another_version_and_says_its_own(void **state) {
  (void)state;
  gapseal_v1_Request r = request(gapseal_v1_Request_hello_tag);
  r.body.hello = (gapseal_v1_HelloRequest){.version_min = 2, .version_max = 9, .frame_max = 4096};
  assert_int_equal(host_ask(&h, &r), GS_E_WIRE_VERSION);
  assert_int_equal(h.reply.body.hello.version, GS_WIRE_VERSION);
  gapseal_v1_Request status = request(gapseal_v1_Request_status_tag);
  assert_int_equal(host_ask(&h, &status), GS_E_NO_HELLO);
}

static void the_schema_names_the_protocol_description(void **state) {
  (void)state;
  static const char *const files[] = {"proto/gapseal/v1/order.proto",
                                      "proto/gapseal/v1/record.proto",
                                      "proto/gapseal/v1/wire.proto"};
  char text[32 * 1024];
  uint32_t crc = 0;
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    FILE *f = fopen(files[i], "rb");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text, f);
    assert_true(n > 0 && n < sizeof text);
    fclose(f);
    crc = gs_crc32(crc, text, n);
  }
  if (crc != GS_WIRE_SCHEMA) {
    fail_msg("a description has changed: GS_WIRE_SCHEMA in proto/wire_schema.h is now 0x%08xu",
             (unsigned)crc);
  }
}

static void hello_digest(uint8_t out[GS_DIGEST_BYTES]) {
  struct gs_sha256 hash;
  assert_int_equal(gs_sha256_start(&hash), GS_OK);
  assert_int_equal(gs_sha256_add(&hash, h.hello_content, h.hello_len), GS_OK);
  assert_int_equal(gs_sha256_add(&hash, h.content, h.content_len), GS_OK);
  assert_int_equal(gs_sha256_finish(&hash, out), GS_OK);
}

/* The signature in the reply's first tail part must be the device's. */
static struct gs_signed verified(enum gs_object_type type, size_t len) {
  struct gs_signed envelope;
  uint8_t hash[GS_DIGEST_BYTES], id[GS_KEY_ID_BYTES];
  assert_int_equal(gs_signed_parse(h.tail, len, &envelope), GS_OK);
  assert_int_equal(envelope.signature_count, 1);
  assert_int_equal(gs_key_id(h.facts.device_key, id), GS_OK);
  assert_memory_equal(envelope.signatures[0].key_id, id, sizeof id);
  assert_int_equal(gs_signed_hash(type, envelope.body, envelope.body_len, hash), GS_OK);
  assert_int_equal(gs_ecdsa_verify(h.facts.device_key, hash, envelope.signatures[0].sig,
                                   envelope.signatures[0].sig_len),
                   GS_OK);
  return envelope;
}

static gapseal_v1_Request ident_request(void) {
  gapseal_v1_Request r = request(gapseal_v1_Request_ident_tag);
  r.body.ident.host_nonce.size = 32;
  memset(r.body.ident.host_nonce.bytes, 0x5A, 32);
  return r;
}

static void ident_is_signed_and_binds_the_newest_hello(void **state) {
  (void)state;
  uint8_t digest[GS_DIGEST_BYTES], nonce[GS_NONCE_BYTES];
  host_hello(&h);
  host_hello(&h);
  hello_digest(digest);
  host_nonce(&h, nonce);
  gapseal_v1_Request r = ident_request();
  assert_int_equal(host_ask(&h, &r), GS_OK);
  size_t len = h.reply.body.ident.ident_len;
  assert_int_equal(h.reply.body.ident.statement_len, sizeof h.statement);
  assert_int_equal(h.tail_len, len + sizeof h.statement);
  assert_memory_equal(h.tail + len, h.statement, sizeof h.statement);
  struct gs_signed envelope = verified(GS_OBJECT_IDENT, len);
  const uint8_t *body = envelope.body;
  bool found[3] = {false};
  for (size_t i = 0; i + 32 <= envelope.body_len; i++) {
    found[0] = found[0] || memcmp(body + i, digest, 32) == 0;
    found[1] = found[1] || memcmp(body + i, r.body.ident.host_nonce.bytes, 32) == 0;
    found[2] = found[2] || memcmp(body + i, nonce, sizeof nonce) == 0;
  }
  assert_true(found[0] && found[1] && found[2]);
}

static void ident_without_a_whole_nonce_is_refused_and_signs_nothing(void **state) {
  (void)state;
  host_hello(&h);
  gapseal_v1_Request r = ident_request();
  r.body.ident.host_nonce.size = 31;
  assert_int_equal(host_ask(&h, &r), GS_E_REQUEST_BAD);
  assert_int_equal(h.signatures, 0);
}

static void a_device_without_randomness_gives_no_ident_and_takes_no_nonce(void **state) {
  (void)state;
  h.entropy_status = GS_E_NO_RANDOM;
  assert_int_equal(gs_session_init(&h.session, &h.engine, &h.memory, h.now_ms), GS_OK);
  host_hello(&h);
  gapseal_v1_Request r = ident_request();
  assert_int_equal(host_ask(&h, &r), GS_E_NO_RANDOM);
  r = request(gapseal_v1_Request_cancel_tag);
  r.body.cancel.nonce.size = GS_NONCE_BYTES; /* zeros: what an unset nonce would be */
  assert_int_equal(host_ask(&h, &r), GS_E_NO_RANDOM);
  assert_int_equal(fake.calls, 0);
}

static void stuck_randomness_repeats_no_nonce(void **state) {
  (void)state;
  uint8_t seen[20][GS_NONCE_BYTES];
  h.entropy_counts = false;
  host_hello(&h);
  for (size_t i = 0; i < 20; i++) {
    host_nonce(&h, seen[i]);
    for (size_t k = 0; k < i; k++) {
      assert_memory_not_equal(seen[i], seen[k], GS_NONCE_BYTES);
    }
    gapseal_v1_Request r = request(gapseal_v1_Request_cancel_tag);
    r.body.cancel.nonce.size = GS_NONCE_BYTES;
    memcpy(r.body.cancel.nonce.bytes, seen[i], GS_NONCE_BYTES);
    assert_int_equal(host_ask(&h, &r), GS_OK);
    if (i == 10) { /* another start: only the number of it differs */
      fake.state.boot_count++;
      assert_int_equal(gs_session_init(&h.session, &h.engine, &h.memory, h.now_ms), GS_OK);
      host_hello(&h);
    }
  }
}

static void status_reads_and_acknowledges_with_the_nonce_only(void **state) {
  (void)state;
  host_hello(&h);
  fake.state.state = gapseal_v1_State_STATE_REJECTED;
  fake.state.reason = GS_E_NOT_STARTED;
  gapseal_v1_Request r = request(gapseal_v1_Request_status_tag);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(h.reply.body.device.state.reason, GS_E_NOT_STARTED);
  r = request(gapseal_v1_Request_status_tag);
  r.body.status.acknowledge = true;
  r.body.status.nonce.size = GS_NONCE_BYTES;
  assert_int_equal(host_ask(&h, &r), GS_E_NONCE);
  assert_int_equal(h.reply.body.device.state.state, gapseal_v1_State_STATE_REJECTED);
  assert_int_equal(fake.refusals, 1);
  r.id = 0;
  host_nonce(&h, r.body.status.nonce.bytes);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(h.reply.body.device.state.state, gapseal_v1_State_STATE_READY);
}

static void status_counts_verified_bytes(void **state) {
  (void)state;
  host_begin(&h, 3 * HOST_BLOCK + 10);
  fake.block_needed[1] = false;
  fake_engine_count_needed(&h.engine);
  gapseal_v1_Request r = request(gapseal_v1_Request_status_tag);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(h.reply.body.device.image_bytes, 3 * HOST_BLOCK + 10);
  assert_int_equal(h.reply.body.device.verified_bytes, HOST_BLOCK);
  fake.block_needed[3] = false;
  fake_engine_count_needed(&h.engine);
  r.id = 0;
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(h.reply.body.device.verified_bytes, HOST_BLOCK + 10);
}

static void log_gives_whole_entries_that_fit(void **state) {
  (void)state;
  host_hello(&h);
  fake.log_entries = 25;
  uint32_t next = 1;
  for (int rounds = 0; next <= 25; rounds++) {
    assert_true(rounds < 10);
    gapseal_v1_Request r = request(gapseal_v1_Request_log_tag);
    r.body.log.from_sequence = next;
    assert_int_equal(host_ask(&h, &r), GS_OK);
    const gapseal_v1_LogReply *l = &h.reply.body.log;
    assert_int_equal(l->first_sequence, next);
    assert_int_equal(l->newest_sequence, 25);
    assert_true(l->count > 0);
    assert_int_equal(h.tail_len, l->count * GS_LOG_ENTRY_BYTES);
    assert_int_equal(h.tail[0], next);
    next += l->count;
  }
  gapseal_v1_Request r = request(gapseal_v1_Request_log_tag);
  r.body.log.from_sequence = 26;
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(h.reply.body.log.count, 0);
}

static uint32_t receipt(gapseal_v1_ReceiptKind kind) {
  gapseal_v1_Request r = request(gapseal_v1_Request_receipt_tag);
  r.body.receipt.kind = kind;
  r.body.receipt.host_nonce.size = 32;
  return host_ask(&h, &r);
}

static void receipts_exist_for_what_happened_only(void **state) {
  (void)state;
  host_hello(&h);
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_DELIVERED), GS_E_STATE);
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME), GS_E_NOT_FOUND);
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_REFUSED), GS_E_NOT_FOUND);
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_UNSPECIFIED), GS_E_UNSUPPORTED);
  assert_int_equal(receipt((gapseal_v1_ReceiptKind)77), GS_E_UNSUPPORTED);
  assert_int_equal(h.signatures, 0);
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE), GS_OK);
  (void)verified(GS_OBJECT_RECEIPT, h.reply.body.receipt.receipt_len);
  fake.outcome = (struct gs_outcome){.operation = gapseal_v1_Operation_OPERATION_INSTALL};
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME), GS_OK);
  fake.state.state = gapseal_v1_State_STATE_CANDIDATE;
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_DELIVERED), GS_OK);
  assert_int_equal(h.signatures, 3);
}

static void a_refusal_gets_a_receipt_until_the_next_hello(void **state) {
  (void)state;
  host_hello(&h);
  gapseal_v1_Request r = request(gapseal_v1_Request_confirm_tag);
  r.body.confirm.package.size = 32;
  memset(r.body.confirm.package.bytes, 0x77, 32);
  assert_int_equal(host_ask(&h, &r), GS_E_NONCE);
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_REFUSED), GS_OK);
  struct gs_signed e = verified(GS_OBJECT_RECEIPT, h.reply.body.receipt.receipt_len);
  bool named = false;
  for (size_t i = 0; i + 32 <= e.body_len; i++) {
    named = named || memcmp(e.body + i, r.body.confirm.package.bytes, 32) == 0;
  }
  assert_true(named);
  host_hello(&h);
  assert_int_equal(receipt(gapseal_v1_ReceiptKind_RECEIPT_KIND_REFUSED), GS_E_NOT_FOUND);
}

static void a_repeated_request_is_answered_again_and_done_once(void **state) {
  (void)state;
  uint8_t first[sizeof h.content];
  host_hello(&h);
  gapseal_v1_Request r = request(gapseal_v1_Request_cancel_tag);
  r.body.cancel.nonce.size = GS_NONCE_BYTES;
  host_nonce(&h, r.body.cancel.nonce.bytes);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  size_t len = h.content_len;
  memcpy(first, h.content, len);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(host_ask(&h, &r), GS_OK);
    assert_int_equal(h.content_len, len);
    assert_memory_equal(h.content, first, len);
  }
  assert_int_equal(fake.calls, 1);
  r.id = 0; /* a new request with the old nonce */
  assert_int_equal(host_ask(&h, &r), GS_E_NONCE);
}

static void a_captured_session_cannot_be_replayed(void **state) {
  (void)state;
  host_hello(&h);
  gapseal_v1_Request r = request(gapseal_v1_Request_confirm_tag);
  r.body.confirm.package.size = 32;
  r.body.confirm.nonce.size = GS_NONCE_BYTES;
  host_nonce(&h, r.body.confirm.nonce.bytes);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  host_hello(&h);
  assert_int_equal(host_ask(&h, &r), GS_E_NONCE);
  assert_int_equal(fake.calls, 1);
}

static void what_the_device_does_not_know_changes_nothing(void **state) {
  (void)state;
  host_hello(&h);
  gapseal_v1_Request r = request(0);
  assert_int_equal(host_ask(&h, &r), GS_E_REQUEST_UNKNOWN);
  r = request(gapseal_v1_Request_status_tag);
  assert_int_equal(host_ask_tail(&h, &r, "tail", 4), GS_E_REQUEST_BAD);
  uint8_t wire[64];
  const uint8_t unreadable[] = {GS_FRAME_REQUEST, 0, 3, 0, 0x0A, 0xFF, 0xFF};
  size_t n = gs_frame_encode(unreadable, sizeof unreadable, wire, sizeof wire);
  host_bytes(&h, wire, n);
  host_run(&h);
  assert_int_equal(h.reply.id, 0);
  assert_int_equal(h.reply.status, GS_E_REQUEST_BAD);
  const uint8_t lying[] = {GS_FRAME_REQUEST, 0, 200, 0, 1};
  uint32_t before = h.replies;
  n = gs_frame_encode(lying, sizeof lying, wire, sizeof wire);
  host_bytes(&h, wire, n);
  host_run(&h);
  assert_int_equal(h.replies, before);
  assert_int_equal(h.session.in.rejected, 1);
  assert_int_equal(fake.calls, 0);
}

static void a_request_without_an_id_is_bad(void **state) {
  (void)state;
  const uint8_t content[] = {GS_FRAME_REQUEST, 0, 2, 0, 0x12, 0x00}; /* hello, nothing else */
  uint8_t wire[64];
  host_bytes(&h, wire, gs_frame_encode(content, sizeof content, wire, sizeof wire));
  host_run(&h);
  assert_int_equal(h.reply.id, 0);
  assert_int_equal(h.reply.status, GS_E_REQUEST_BAD);
}

static void a_host_that_takes_short_frames_gets_short_replies(void **state) {
  (void)state;
  gapseal_v1_Request r = request(gapseal_v1_Request_hello_tag);
  r.body.hello = (gapseal_v1_HelloRequest){.version_min = 1, .version_max = 1, .frame_max = 300};
  assert_int_equal(host_ask(&h, &r), GS_OK);
  fake.log_entries = 25;
  r = request(gapseal_v1_Request_log_tag);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(h.reply.body.log.count, 2);
  assert_true(h.content_len <= 300);
  r = ident_request();
  assert_int_equal(host_ask(&h, &r), GS_E_RANGE);
  r = request(gapseal_v1_Request_hello_tag);
  r.body.hello = (gapseal_v1_HelloRequest){.version_min = 1, .version_max = 1, .frame_max = 0};
  (void)host_ask(&h, &r);
  assert_true(h.content_len <= GS_FRAME_MAX_MIN);
}

static void a_long_signature_is_announced_before_it_is_made(void **state) {
  (void)state;
  h.facts.signature_ms_max = 3000;
  host_hello(&h);
  assert_int_equal(h.busies, 0);
  gapseal_v1_Request r = ident_request();
  host_send(&h, &r, NULL, 0);
  host_step(&h);
  assert_int_equal(h.busies, 1);
  assert_int_equal(h.busy.what, GS_BUSY_SIGN);
  assert_true(h.busy.max_ms >= 3000);
  assert_int_equal(h.signatures, 0);
  host_run(&h);
  assert_int_equal(h.signatures, 1);
  assert_int_equal(h.reply.status, GS_OK);
  assert_int_equal(h.busies, 1);
}

int main(void) {
#define T(name) cmocka_unit_test_setup(name, fresh)
  const struct CMUnitTest tests[] = {
      T(every_request_but_hello_needs_hello),
      T(hello_tells_limits_facts_and_state),
      T(hello_refuses_another_version_and_says_its_own),
      T(the_schema_names_the_protocol_description),
      T(ident_is_signed_and_binds_the_newest_hello),
      T(ident_without_a_whole_nonce_is_refused_and_signs_nothing),
      T(a_device_without_randomness_gives_no_ident_and_takes_no_nonce),
      T(stuck_randomness_repeats_no_nonce),
      T(status_reads_and_acknowledges_with_the_nonce_only),
      T(status_counts_verified_bytes),
      T(log_gives_whole_entries_that_fit),
      T(receipts_exist_for_what_happened_only),
      T(a_refusal_gets_a_receipt_until_the_next_hello),
      T(a_repeated_request_is_answered_again_and_done_once),
      T(a_captured_session_cannot_be_replayed),
      T(what_the_device_does_not_know_changes_nothing),
      T(a_request_without_an_id_is_bad),
      T(a_host_that_takes_short_frames_gets_short_replies),
      T(a_long_signature_is_announced_before_it_is_made),
  };
#undef T
  return cmocka_run_group_tests(tests, NULL, NULL);
}
