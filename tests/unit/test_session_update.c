/* SPDX-License-Identifier: Apache-2.0
 * Bringing a package: load, link, check, begin, needs, finish; sliced work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "session_host.h"

#define MANIFEST gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST
#define KEYRING gapseal_v1_ObjectKind_OBJECT_KIND_KEYRING

static struct session_host h;
static const uint8_t envelope[1025] = {7, 7, 7};

static int fresh(void **state) {
  (void)state;
  host_init(&h);
  host_hello(&h);
  return 0;
}

static gapseal_v1_Request request(pb_size_t tag) {
  return (gapseal_v1_Request){.which_body = tag};
}

static uint32_t ask(pb_size_t tag) {
  gapseal_v1_Request r = request(tag);
  return host_ask(&h, &r);
}

static uint32_t load_piece(uint32_t total, uint32_t offset, size_t len) {
  gapseal_v1_Request r = request(gapseal_v1_Request_load_tag);
  r.body.load = (gapseal_v1_LoadRequest){.kind = MANIFEST, .total = total, .offset = offset};
  return host_ask_tail(&h, &r, envelope, len);
}

static void load_refuses_past_the_limit_before_taking_any(void **state) {
  (void)state;
  memset(h.memory.object, 0xEE, h.memory.object_cap);
  assert_int_equal(load_piece(1025, 0, 10), GS_E_TOO_BIG);
  assert_int_equal(load_piece(UINT32_MAX, 0, 10), GS_E_TOO_BIG);
  assert_int_equal(load_piece(0, 0, 10), GS_E_EMPTY);
  assert_int_equal(h.memory.object[0], 0xEE);
  assert_int_equal(host_load(&h, KEYRING, envelope, 769), GS_E_TOO_BIG);
  assert_int_equal(host_load(&h, (gapseal_v1_ObjectKind)9, envelope, 10), GS_E_UNSUPPORTED);
  assert_int_equal(load_piece(1024, 0, 1000), GS_OK);
  assert_int_equal(h.reply.body.load.loaded, 1000);
}

static void load_takes_pieces_in_order_only(void **state) {
  (void)state;
  assert_int_equal(load_piece(30, 0, 10), GS_OK);
  assert_int_equal(load_piece(30, 20, 10), GS_E_RANGE);
  assert_int_equal(h.reply.body.load.loaded, 10);
  assert_int_equal(load_piece(31, 10, 10), GS_E_RANGE);
  assert_int_equal(load_piece(30, 10, 21), GS_E_RANGE);
  assert_int_equal(load_piece(30, 10, 0), GS_E_RANGE);
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_NO_LOADED);
  assert_int_equal(load_piece(30, 10, 20), GS_OK);
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_OK);
  assert_int_equal(load_piece(30, UINT32_MAX, 1), GS_E_RANGE);
}

static void nothing_is_judged_that_was_not_loaded(void **state) {
  (void)state;
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_NO_LOADED);
  assert_int_equal(ask(gapseal_v1_Request_begin_tag), GS_E_NO_LOADED);
  assert_int_equal(ask(gapseal_v1_Request_link_tag), GS_E_NO_LOADED);
  assert_int_equal(host_load(&h, KEYRING, envelope, 20), GS_OK);
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_NO_LOADED);
  assert_int_equal(ask(gapseal_v1_Request_begin_tag), GS_E_NO_LOADED);
  assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
  assert_int_equal(ask(gapseal_v1_Request_link_tag), GS_E_NO_LOADED);
  host_hello(&h);
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_NO_LOADED);
  assert_int_equal(fake.calls, 0);
}

/* The engine has its copy: what was loaded is gone, and each link needs a load. */
static void each_keyring_is_loaded_and_judged_once(void **state) {
  (void)state;
  for (uint8_t i = 1; i <= 4; i++) {
    uint8_t keyring[600];
    memset(keyring, i, sizeof keyring);
    assert_int_equal(host_load(&h, KEYRING, keyring, sizeof keyring), GS_OK);
    assert_int_equal(ask(gapseal_v1_Request_link_tag), GS_OK);
    assert_int_equal(h.reply.body.link.version, i);
    assert_int_equal(fake.linked_len, sizeof keyring);
    assert_memory_equal(fake.linked, keyring, sizeof keyring);
    assert_int_equal(ask(gapseal_v1_Request_link_tag), GS_E_NO_LOADED);
  }
  fake.link = GS_E_KEYRING_BAD;
  assert_int_equal(host_load(&h, KEYRING, envelope, 100), GS_OK);
  assert_int_equal(ask(gapseal_v1_Request_link_tag), GS_E_KEYRING_BAD);
  assert_int_equal(fake.linked[0], 4);
}

static void check_passes_the_verdict_on(void **state) {
  (void)state;
  fake.check = GS_E_BELOW_FLOOR;
  fake.verdict = (struct gs_verdict){
      .expected = 9, .got = 7, .staging_slot = 1, .gives_up_last_good = true, .release = 40};
  memset(fake.verdict.package, 0x31, sizeof fake.verdict.package);
  assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
  gapseal_v1_Request r = request(gapseal_v1_Request_check_tag);
  r.body.check = (gapseal_v1_CheckRequest){.older = true, .reinstall = true};
  assert_int_equal(host_ask(&h, &r), GS_E_BELOW_FLOOR);
  const gapseal_v1_CheckReply *c = &h.reply.body.check;
  assert_int_equal(c->expected, 9);
  assert_int_equal(c->got, 7);
  assert_int_equal(c->staging_slot, 1);
  assert_true(c->gives_up_last_good);
  assert_int_equal(c->package.bytes[31], 0x31);
  assert_true(fake.options.older && fake.options.reinstall);
  assert_int_equal(fake.options.door, GS_DOOR_WIRE);
  assert_int_equal(fake.refusals, 1);
  assert_int_equal(h.session.refusal.release, 40);
}

static void begin_for_an_older_release_needs_the_nonce(void **state) {
  (void)state;
  assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
  gapseal_v1_Request r = request(gapseal_v1_Request_begin_tag);
  r.body.begin.older = true;
  assert_int_equal(host_ask(&h, &r), GS_E_NONCE);
  assert_int_equal(fake.calls, 0);
  uint8_t old[GS_NONCE_BYTES];
  host_nonce(&h, old);
  r.id = 0;
  r.body.begin.nonce.size = GS_NONCE_BYTES;
  memcpy(r.body.begin.nonce.bytes, old, sizeof old);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_true(fake.options.older);
  assert_memory_not_equal(old, h.session.nonce, sizeof old);
  r.id = 0;
  r.body.begin = (gapseal_v1_BeginRequest){.older = false};
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_false(fake.options.older);
}

static void already_installed_is_no_refusal(void **state) {
  (void)state;
  fake.begin = GS_E_ALREADY;
  assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
  assert_int_equal(ask(gapseal_v1_Request_begin_tag), GS_E_ALREADY);
  assert_int_equal(fake.refusals, 0);
  gapseal_v1_Request r = request(gapseal_v1_Request_needs_tag);
  r.body.needs.frame_data = 100;
  assert_int_equal(host_ask(&h, &r), GS_E_STATE);
}

static void malformed_objects_do_not_forgive_bad_signatures(void **state) {
  (void)state;
  for (int i = 0; i < 8; i++) {
    assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
    fake.check = GS_E_SIG_BAD;
    assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_SIG_BAD);
    if (i < 7) {
      fake.check = GS_E_TRUNCATED;
      assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_TRUNCATED);
    }
  }
  fake.check = GS_OK;
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_RATE);
}

static void refused_signatures_are_answered_ever_more_slowly(void **state) {
  (void)state;
  assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
  fake.check = fake.begin = GS_E_SIG_BAD;
  for (int i = 0; i < 8; i++) {
    assert_int_equal(ask(i % 2 ? gapseal_v1_Request_begin_tag : gapseal_v1_Request_check_tag),
                     GS_E_SIG_BAD);
  }
  uint32_t longest = 0;
  for (int i = 0; i < 20; i++) {
    uint32_t waited = 0;
    fake.calls = 0;
    while (ask(gapseal_v1_Request_begin_tag) == GS_E_RATE) {
      assert_int_equal(fake.calls, 0);
      host_pass(&h, 10);
      waited += 10;
      assert_true(waited <= 2000);
    }
    assert_true(waited >= longest || longest == 2000);
    longest = waited > longest ? waited : longest;
    host_hello(&h); /* is always answered, and forgives nothing */
    assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
  }
  assert_int_equal(longest, 2000);
  fake.check = GS_OK;
  host_pass(&h, 2000);
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_OK);
  fake.check = GS_E_SIG_BAD;
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_SIG_BAD);
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_SIG_BAD);
}

static void policy_refusals_are_not_held_back(void **state) {
  (void)state;
  assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
  fake.check = GS_E_OLDER;
  for (int i = 0; i < 50; i++) {
    assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_OLDER);
  }
}

static void needs_lists_pages_then_compares_then_lists_blocks(void **state) {
  (void)state;
  host_begin(&h, 40 * HOST_BLOCK);
  host_needs(&h, 1024);
  assert_true(h.reply.body.needs.pages);
  assert_int_equal(h.reply.body.needs.total, 2);
  assert_int_equal(h.reply.body.needs.bitmap.bytes[0], 3);
  assert_int_equal(fake.scans, 0);
  memset(fake.page_needed, 0, sizeof fake.page_needed);
  fake.block_needed[0] = fake.block_needed[39] = false;
  fake_engine_count_needed(&h.engine);
  fake.scan_slices = 5;
  host_needs(&h, 1024);
  assert_int_equal(fake.scans, 5);
  assert_int_equal(h.busies, 1);
  assert_int_equal(h.busy.what, GS_BUSY_SCAN);
  const gapseal_v1_NeedsReply *n = &h.reply.body.needs;
  assert_false(n->pages);
  assert_int_equal(n->total, 40);
  assert_int_equal(n->count, 40);
  assert_int_equal(n->needed, 38);
  assert_int_equal(n->bitmap.size, 5);
  assert_int_equal(n->bitmap.bytes[0], 0xFE);
  assert_int_equal(n->bitmap.bytes[4], 0x7F);
  host_needs(&h, 1024);
  assert_int_equal(fake.scans, 5);
}

static void needs_pages_through_many_items(void **state) {
  (void)state;
  host_begin(&h, 1000 * HOST_BLOCK);
  h.engine.progress.blocks = 4000;
  h.engine.progress.pages = 0;
  fake_engine_count_needed(&h.engine);
  host_needs(&h, 1024);
  assert_int_equal(h.reply.body.needs.count, 2048);
  gapseal_v1_Request r = request(gapseal_v1_Request_needs_tag);
  r.body.needs.first = 2048;
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(h.reply.body.needs.count, 4000 - 2048);
  r.id = 0;
  r.body.needs.first = 4000;
  assert_int_equal(host_ask(&h, &r), GS_E_RANGE);
  r.id = 0;
  r.body.needs.first = UINT32_MAX;
  assert_int_equal(host_ask(&h, &r), GS_E_RANGE);
  r.id = 0;
  r.body.needs = (gapseal_v1_NeedsRequest){.first = 0, .frame_data = 0};
  assert_int_equal(host_ask(&h, &r), GS_E_RANGE);
}

static void needs_without_begin_in_this_session_is_refused(void **state) {
  (void)state;
  host_begin(&h, HOST_BLOCK);
  host_hello(&h);
  gapseal_v1_Request r = request(gapseal_v1_Request_needs_tag);
  r.body.needs.frame_data = 100;
  assert_int_equal(host_ask(&h, &r), GS_E_STATE);
}

/* WRITING with all pages there; needs was sent, and the first slice is done. */
static gapseal_v1_Request start_scan(uint32_t slices) {
  host_begin(&h, 8 * HOST_BLOCK);
  memset(fake.page_needed, 0, sizeof fake.page_needed);
  fake_engine_count_needed(&h.engine);
  fake.scan_slices = slices;
  gapseal_v1_Request r = request(gapseal_v1_Request_needs_tag);
  r.body.needs.frame_data = 1024;
  host_send(&h, &r, NULL, 0);
  host_step(&h);
  return r;
}

static void long_work_is_announced_before_and_while_it_lasts(void **state) {
  (void)state;
  uint32_t replies;
  gapseal_v1_Request r = start_scan(400);
  replies = h.replies;
  assert_int_equal(h.busies, 1);
  assert_int_equal(fake.scans, 0);
  uint32_t silent = 0;
  uint32_t seen = h.busies;
  while (h.replies == replies) {
    host_pass(&h, 10);
    silent = h.busies == seen ? silent + 10 : 0;
    seen = h.busies;
    assert_true(silent < 500);
  }
  assert_int_equal(h.reply.id, r.id);
  assert_int_equal(h.reply.status, GS_OK);
  assert_true(h.busies >= 8);
}

static void status_is_answered_while_work_lasts_and_nothing_else(void **state) {
  (void)state;
  gapseal_v1_Request r = start_scan(100);
  for (pb_size_t tag = gapseal_v1_Request_ident_tag; tag <= gapseal_v1_Request_receipt_tag; tag++) {
    gapseal_v1_Request other = request(tag);
    uint32_t before = h.replies;
    uint32_t calls = fake.calls;
    host_send(&h, &other, NULL, 0);
    host_step(&h);
    assert_int_equal(h.replies, before + 1);
    assert_int_equal(h.reply.id, other.id);
    bool may = tag == gapseal_v1_Request_status_tag || tag == gapseal_v1_Request_log_tag;
    assert_int_equal(h.reply.status, may ? GS_OK : GS_E_STATE);
    assert_int_equal(fake.calls, calls);
  }
  host_run(&h);
  assert_int_equal(h.reply.id, r.id);
  assert_int_equal(fake.scans, 100);
}

static void a_repeat_of_work_under_way_starts_it_no_second_time(void **state) {
  (void)state;
  gapseal_v1_Request r = start_scan(50);
  uint32_t replies = h.replies;
  host_send(&h, &r, NULL, 0);
  host_step(&h);
  assert_int_equal(h.replies, replies);
  host_run(&h);
  assert_int_equal(h.replies, replies + 1);
  assert_int_equal(fake.scans, 50);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(fake.scans, 50);
}

static void hello_abandons_work_under_way(void **state) {
  (void)state;
  (void)start_scan(1000000);
  host_pass(&h, 100);
  uint32_t scans = fake.scans;
  host_hello(&h);
  host_pass(&h, 100);
  assert_true(fake.scans <= scans + 1);
  assert_int_equal(h.reply.which_body, gapseal_v1_Reply_hello_tag);
}

static void a_fault_while_comparing_is_the_answer(void **state) {
  (void)state;
  fake.scan = GS_E_FLASH_READ;
  (void)start_scan(5);
  fake.scan = GS_E_FLASH_READ;
  host_run(&h);
  assert_int_equal(h.reply.status, GS_E_FLASH_READ);
  assert_int_equal(h.reply.which_body, 0);
  assert_int_equal(fake.scans, 1);
}

static uint32_t finish(uint8_t byte, pb_size_t len) {
  gapseal_v1_Request r = request(gapseal_v1_Request_finish_tag);
  r.body.finish.package.size = len;
  memset(r.body.finish.package.bytes, byte, len);
  return host_ask(&h, &r);
}

static void finish_names_the_package_and_is_idempotent(void **state) {
  (void)state;
  assert_int_equal(finish(0, 32), GS_E_STATE);
  host_begin(&h, HOST_BLOCK);
  memset(fake.state.staged_package, 0x42, 32);
  assert_int_equal(finish(0x42, 31), GS_E_REQUEST_BAD);
  assert_int_equal(finish(0x43, 32), GS_E_DIGEST);
  fake.finish = GS_E_MORE_NEEDED;
  assert_int_equal(finish(0x42, 32), GS_E_MORE_NEEDED);
  assert_int_equal(h.reply.body.finish.needed, 2);
  fake.finish = GS_OK;
  fake.finishes = 0;
  fake.finish_slices = 7;
  assert_int_equal(finish(0x42, 32), GS_OK);
  assert_int_equal(fake.finishes, 7);
  assert_int_equal(h.busy.what, GS_BUSY_CHECK);
  assert_int_equal(finish(0x42, 32), GS_OK);
  assert_int_equal(fake.finishes, 7);
}

static void keyring_is_stored_with_the_nonce(void **state) {
  (void)state;
  gapseal_v1_Request r = request(gapseal_v1_Request_keyring_tag);
  assert_int_equal(host_ask(&h, &r), GS_E_NONCE);
  assert_int_equal(fake.calls, 0);
  r.id = 0;
  r.body.keyring.nonce.size = GS_NONCE_BYTES;
  host_nonce(&h, r.body.keyring.nonce.bytes);
  assert_int_equal(host_ask(&h, &r), GS_OK);
  assert_int_equal(fake.calls, 1);
}

static void opening_a_flow_forgets_what_was_loaded_and_judged(void **state) {
  (void)state;
  host_begin(&h, HOST_BLOCK);
  uint32_t unlinks = fake.unlinks;
  host_needs(&h, 1024);
  assert_int_equal(fake.unlinks, unlinks + 1);
  assert_int_equal(ask(gapseal_v1_Request_check_tag), GS_E_NO_LOADED);
  assert_int_equal(host_load(&h, MANIFEST, envelope, 20), GS_OK);
  assert_int_equal(h.session.flow.state, GS_FLOW_CLOSED);
}

int main(void) {
#define T(name) cmocka_unit_test_setup(name, fresh)
  const struct CMUnitTest tests[] = {
      T(load_refuses_past_the_limit_before_taking_any),
      T(load_takes_pieces_in_order_only),
      T(nothing_is_judged_that_was_not_loaded),
      T(each_keyring_is_loaded_and_judged_once),
      T(check_passes_the_verdict_on),
      T(begin_for_an_older_release_needs_the_nonce),
      T(already_installed_is_no_refusal),
      T(malformed_objects_do_not_forgive_bad_signatures),
      T(refused_signatures_are_answered_ever_more_slowly),
      T(policy_refusals_are_not_held_back),
      T(needs_lists_pages_then_compares_then_lists_blocks),
      T(needs_pages_through_many_items),
      T(needs_without_begin_in_this_session_is_refused),
      T(long_work_is_announced_before_and_while_it_lasts),
      T(status_is_answered_while_work_lasts_and_nothing_else),
      T(a_repeat_of_work_under_way_starts_it_no_second_time),
      T(hello_abandons_work_under_way),
      T(a_fault_while_comparing_is_the_answer),
      T(finish_names_the_package_and_is_idempotent),
      T(keyring_is_stored_with_the_nonce),
      T(opening_a_flow_forgets_what_was_loaded_and_judged),
  };
#undef T
  return cmocka_run_group_tests(tests, NULL, NULL);
}
