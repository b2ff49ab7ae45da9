/* SPDX-License-Identifier: Apache-2.0
 * Whatever comes in, hello is answered within 2 s (INV-11) and nothing is changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session_host.h"

static struct session_host h;

static int fresh(void **state) {
  (void)state;
  host_init(&h);
  return 0;
}

/* As a host does: every 500 ms, until an answer comes. */
static void answers_hello(void) {
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_hello_tag};
  r.body.hello = (gapseal_v1_HelloRequest){.version_min = 1, .version_max = 1, .frame_max = 4096};
  for (int tries = 0; tries < 4; tries++) {
    uint32_t before = h.replies;
    host_send(&h, &r, NULL, 0);
    host_pass(&h, 500);
    if (h.replies > before && h.reply.id == r.id) {
      assert_int_equal(h.reply.status, GS_OK);
      return;
    }
  }
  fail_msg("hello is not answered");
}

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static void garbage_of_any_kind(void **state) {
  (void)state;
  static const char *const texts[] = {"AT\r\nATZ\r\n",
                                      "U-Boot 2023.01 (Jan 09 2023)\r\nHit any key", "\x7F\x7F\x7F",
                                      "rz\r**\030B00000000000000"};
  uint8_t bytes[3000];
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    host_bytes(&h, texts[i], strlen(texts[i]));
    answers_hello();
  }
  const uint8_t fills[] = {0x00, 0xFF, 0x55, 0x01, 0x02};
  for (size_t i = 0; i < sizeof fills; i++) {
    memset(bytes, fills[i], sizeof bytes);
    host_bytes(&h, bytes, sizeof bytes);
    answers_hello();
  }
  uint32_t seed = 1;
  for (int i = 0; i < 300; i++) {
    for (size_t k = 0; k < sizeof bytes; k++) {
      bytes[k] = (uint8_t)next_random(&seed);
    }
    host_bytes(&h, bytes, 1 + next_random(&seed) % sizeof bytes);
    answers_hello();
  }
  assert_int_equal(fake.calls, 0);
}

/* Whole frames with a right CRC and any content. */
static void random_contents(void **state) {
  (void)state;
  uint8_t content[200];
  uint8_t wire[GS_FRAME_ENCODED_MAX(sizeof content)];
  uint32_t seed = 2;
  for (int i = 0; i < 20000; i++) {
    static const uint8_t types[] = {GS_FRAME_REQUEST, GS_FRAME_BLOCK, GS_FRAME_REPLY, GS_FRAME_ACK,
                                    GS_FRAME_BUSY};
    size_t len = 1 + next_random(&seed) % (sizeof content - 1);
    for (size_t k = 0; k < len; k++) {
      content[k] = (uint8_t)next_random(&seed);
    }
    content[0] = types[next_random(&seed) % sizeof types];
    if (content[0] == GS_FRAME_REQUEST && len >= 4) { /* mostly with a right header */
      content[1] = 0;
      content[2] = (uint8_t)(len - 4);
      content[3] = 0;
    }
    host_bytes(&h, wire, gs_frame_encode(content, len, wire, sizeof wire));
    host_run(&h);
    if (i % 1000 == 0) {
      answers_hello();
    }
  }
  assert_int_equal(fake.calls, 0);
}

static void frames_of_every_length_around_the_longest(void **state) {
  (void)state;
  static uint8_t content[4096];
  static uint8_t wire[GS_FRAME_ENCODED_MAX(sizeof content)];
  memset(content, 0x33, sizeof content);
  const size_t lens[] = {1, 2, 3, HOST_FRAME_MAX - 1, HOST_FRAME_MAX, HOST_FRAME_MAX + 1, 4096};
  for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
    host_bytes(&h, wire, gs_frame_encode(content, lens[i], wire, sizeof wire));
    host_run(&h);
    answers_hello();
  }
  assert_int_equal(h.session.in.rejected, 5); /* of a wrong type; the longer two were dropped */
  assert_int_equal(h.session.deframer.dropped, 2);
}

static void a_frame_that_never_ends(void **state) {
  (void)state;
  for (int i = 0; i < 100; i++) { /* one byte a second */
    uint8_t byte = 0x21;
    host_bytes(&h, &byte, 1);
    host_pass(&h, 1000);
  }
  answers_hello();
  /* One that stops in the middle does not swallow the next. */
  const uint8_t half[] = {0x50, 1, 2, 3};
  host_bytes(&h, half, sizeof half);
  host_pass(&h, 1500);
  uint32_t before = h.replies;
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_hello_tag};
  r.body.hello = (gapseal_v1_HelloRequest){.version_min = 1, .version_max = 1, .frame_max = 4096};
  host_send(&h, &r, NULL, 0);
  host_run(&h);
  assert_int_equal(h.replies, before + 1);
}

static void a_flood_without_reading_answers(void **state) {
  (void)state;
  gapseal_v1_Request r = {.which_body = gapseal_v1_Request_status_tag};
  host_hello(&h);
  uint8_t byte = 0x31;
  r.id = 99;
  for (int i = 0; i < 3; i++) { /* nobody takes the reply: input ends, nothing grows */
    host_send(&h, &r, NULL, 0);
    gs_session_step(&h.session, h.now_ms);
  }
  size_t taken = 0;
  while (gs_session_input(&h.session, &byte, 1) == 1) {
    gs_session_step(&h.session, h.now_ms);
    assert_true(++taken < 100000);
  }
  assert_int_equal(gs_session_room(&h.session), 0);
  host_run(&h);
  assert_int_equal(gs_session_room(&h.session), HOST_RX);
  answers_hello();
}

/* Eight requests and block frames in every order of up to five: no state keeps hello away,
 * and nothing is stored that no begin was accepted for. */
static void every_short_sequence(void **state) {
  (void)state;
  static const pb_size_t letters[] = {
      gapseal_v1_Request_load_tag,   gapseal_v1_Request_check_tag,
      gapseal_v1_Request_needs_tag,  gapseal_v1_Request_finish_tag,
      gapseal_v1_Request_cancel_tag, gapseal_v1_Request_begin_tag,
      gapseal_v1_Request_link_tag,   0, /* a block frame */
  };
  for (uint32_t word = 0; word < 8u * 8u * 8u * 8u * 8u; word++) {
    fake.state.state = gapseal_v1_State_STATE_WRITING;
    fake.calls = 0;
    host_hello(&h);
    uint32_t left = word;
    for (int i = 0; i < 5; i++) {
      gapseal_v1_Request r = {.which_body = letters[left % 8u]};
      left /= 8u;
      if (r.which_body == 0) {
        host_block(&h, 0, 0, 0, 0, 16);
        host_run(&h);
      } else {
        uint32_t replies = h.replies;
        host_send(&h, &r, NULL, 0);
        host_run(&h);
        assert_int_equal(h.replies, replies + 1);
      }
    }
    assert_int_equal(fake.calls, 0); /* nothing was ever loaded whole */
  }
}

static void memory_that_is_too_small_is_refused(void **state) {
  (void)state;
  struct gs_session s;
  struct gs_session_memory good = h.memory;
  assert_int_equal(gs_session_init(&s, &h.engine, &good, 0), GS_OK);
#define REFUSED(member, value)                                           \
  do {                                                                   \
    struct gs_session_memory m = good;                                   \
    m.member = (value);                                                  \
    assert_int_equal(gs_session_init(&s, &h.engine, &m, 0), GS_E_RANGE); \
  } while (0)
  REFUSED(rx, NULL);
  REFUSED(frame, NULL);
  REFUSED(reply, NULL);
  REFUSED(tx, NULL);
  REFUSED(object, NULL);
  REFUSED(assembly, NULL);
  REFUSED(rx_cap, GS_FRAME_ENCODED_MAX(HOST_FRAME_MAX) + GS_RX_RESERVE - 1);
  REFUSED(rx_cap, 0);
  REFUSED(frame_cap, GS_FRAME_MAX_MIN + 3);
  REFUSED(frame_cap, 3);
  REFUSED(frame_cap, 0);
  REFUSED(frame_cap, GS_FRAME_MAX_MAX + 5);
  REFUSED(reply_cap, GS_REPLY_MIN(sizeof h.statement) - 1);
  REFUSED(tx_cap, GS_TX_MIN - 1);
  REFUSED(object_cap, 1023);
  REFUSED(assembly_cap, HOST_BLOCK - 1);
  REFUSED(reorder_cap, 1); /* and no reorder */
#undef REFUSED
}

int main(void) {
#define T(name) cmocka_unit_test_setup(name, fresh)
  const struct CMUnitTest tests[] = {
      T(garbage_of_any_kind),
      T(random_contents),
      T(frames_of_every_length_around_the_longest),
      T(a_frame_that_never_ends),
      T(a_flood_without_reading_answers),
      T(every_short_sequence),
      T(memory_that_is_too_small_is_refused),
  };
#undef T
  return cmocka_run_group_tests(tests, NULL, NULL);
}
