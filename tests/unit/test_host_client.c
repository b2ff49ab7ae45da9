/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <string.h>

#include "unit.h"

static uint8_t in[GSH_CLIENT_FRAME_MAX + 4];
static uint8_t out[65536];
static uint8_t request_memory[4096];
static struct gsh_client client;

static void start(uint32_t timeout_ms) {
  struct gsh_client_memory m = {.in = in,
                                .in_cap = sizeof in,
                                .out = out,
                                .out_cap = sizeof out,
                                .request = request_memory,
                                .request_cap = sizeof request_memory};
  gsh_client_init(&client, &m, timeout_ms, 41, 0);
}

/* Take what the client wants to send; the requests in it are counted, the last one kept. */
static unsigned sent(gapseal_v1_Request *request) {
  static uint8_t frame[8192];
  struct gs_deframer d;
  gs_deframer_init(&d, frame, sizeof frame);
  size_t len = 0;
  const uint8_t *data = gsh_client_output(&client, &len);
  unsigned count = 0;
  for (size_t at = 0; at < len;) {
    size_t taken = 0;
    size_t content = 0;
    if (gs_deframer_push(&d, data + at, len - at, &taken, &content)) {
      assert_int_equal(frame[0], GS_FRAME_REQUEST);
      size_t n = (size_t)frame[2] | (size_t)frame[3] << 8;
      pb_istream_t stream = pb_istream_from_buffer(frame + 4, n);
      memset(request, 0, sizeof *request);
      assert_true(pb_decode(&stream, gapseal_v1_Request_fields, request));
      count++;
    }
    at += taken;
  }
  gsh_client_sent(&client, len);
  return count;
}

static size_t encode_reply(const gapseal_v1_Reply *reply, const char *tail, uint8_t *frame,
                           size_t cap) {
  uint8_t content[1024] = {GS_FRAME_REPLY};
  pb_ostream_t stream = pb_ostream_from_buffer(content + 4, sizeof content - 4);
  assert_true(pb_encode(&stream, gapseal_v1_Reply_fields, reply));
  content[2] = (uint8_t)stream.bytes_written;
  content[3] = (uint8_t)(stream.bytes_written >> 8);
  size_t n = 4 + stream.bytes_written;
  memcpy(content + n, tail, strlen(tail));
  return gs_frame_encode(content, n + strlen(tail), frame, cap);
}

static enum gsh_client_event feed(const uint8_t *data, size_t len, uint64_t now) {
  enum gsh_client_event event = GSH_CLIENT_NOTHING;
  for (size_t at = 0; at < len && event == GSH_CLIENT_NOTHING;) {
    size_t taken = 0;
    event = gsh_client_input(&client, data + at, len - at, &taken, now);
    at += taken;
  }
  return event;
}

static enum gsh_client_event reply_with(uint32_t id, uint32_t status, const char *tail,
                                        uint64_t now) {
  uint8_t frame[2048];
  gapseal_v1_Reply reply = gapseal_v1_Reply_init_zero;
  reply.id = id;
  reply.status = status;
  size_t n = encode_reply(&reply, tail, frame, sizeof frame);
  return feed(frame, n, now);
}

static void ask_for(pb_size_t which, uint64_t now) {
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = which;
  assert_int_equal(gsh_client_ask(&client, &request, NULL, 0, now), GS_OK);
}

static void ask(uint64_t now) {
  ask_for(gapseal_v1_Request_status_tag, now);
}

static void a_request_goes_out_and_its_reply_comes_back(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(5000);
  gsh_client_resync(&client);
  ask(100);
  assert_int_equal(out[0], 0);
  assert_int_equal(sent(&request), 1);
  assert_int_equal(request.id, 42);
  assert_int_equal(reply_with(42, 0, "tail", 130), GSH_CLIENT_REPLY);
  assert_int_equal(client.tail_len, 4);
  assert_memory_equal(client.tail, "tail", 4);
  assert_in_range(client.rtt_ms, 30, 32);
  assert_int_equal(gsh_client_step(&client, 100000), GS_OK);
}

static void an_unanswered_request_is_repeated_and_given_up(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(2000);
  ask(0);
  assert_int_equal(sent(&request), 1);
  unsigned repeats = 0;
  uint64_t now = 1;
  enum gs_status status = GS_OK;
  for (; status == GS_OK && now < 10000; now++) {
    status = gsh_client_step(&client, now);
    repeats += sent(&request);
    if (repeats > 0) {
      assert_int_equal(request.id, 42);
    }
  }
  assert_int_equal(status, GS_E_LINK_TIMEOUT);
  assert_in_range(now, 2000, 2002);
  assert_int_equal(repeats, 3);
}

static void no_repeat_queues_behind_bytes_not_sent_yet(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(2000);
  ask(0);
  assert_int_equal(gsh_client_step(&client, 600), GS_OK);
  assert_int_equal(sent(&request), 1);
  assert_int_equal(gsh_client_step(&client, 601), GS_OK);
  assert_int_equal(sent(&request), 1);
}

/* A hello that the device answers; the port's facts are those of a slow one. */
static void open_session(uint32_t signature_ms, uint64_t now) {
  uint8_t frame[512];
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_hello_tag;
  assert_int_equal(gsh_client_ask(&client, &request, NULL, 0, now), GS_OK);
  gapseal_v1_Reply reply = gapseal_v1_Reply_init_zero;
  reply.id = client.id;
  reply.which_body = gapseal_v1_Reply_hello_tag;
  reply.body.hello.has_port = true;
  reply.body.hello.port.signature_ms_max = signature_ms;
  reply.body.hello.port.erase_ms_max = 21;
  size_t n = encode_reply(&reply, "", frame, sizeof frame);
  assert_int_equal(feed(frame, n, now), GSH_CLIENT_REPLY);
  (void)sent(&request);
}

static void announce(uint32_t max_ms, uint32_t done, uint32_t total, uint64_t now) {
  uint8_t content[GS_BUSY_BYTES];
  uint8_t frame[64];
  struct gs_busy busy = {.what = GS_BUSY_CHECK, .max_ms = max_ms, .done = done, .total = total};
  gs_busy_encode(&busy, content);
  size_t n = gs_frame_encode(content, sizeof content, frame, sizeof frame);
  assert_int_equal(feed(frame, n, now), GSH_CLIENT_BUSY);
}

/* Send the same words each `every` ms until the client gives up. Returns when. */
static uint64_t hold(uint64_t from, uint32_t every, uint32_t max_ms, enum gs_status *status) {
  gapseal_v1_Request request;
  uint64_t now = from;
  for (*status = GS_OK; *status == GS_OK && now < from + 3600000u; now += 100) {
    if ((now - from) % every == 0) {
      announce(max_ms, 0, 0, now);
    }
    *status = gsh_client_step(&client, now);
    (void)sent(&request);
  }
  return now - from;
}

/* The first bytes of a reply that any number of 0xFF may follow. */
static void begin_reply(uint64_t now) {
  const uint8_t start_of_it[] = {0x02, GS_FRAME_REPLY, 0xFF};
  assert_int_equal(feed(start_of_it, sizeof start_of_it, now), GSH_CLIENT_NOTHING);
}

/* At 2,400 baud an ident takes 4 s. */
static void nothing_is_repeated_while_a_reply_arrives(void **state) {
  (void)state;
  gapseal_v1_Request request;
  const uint8_t part[1] = {0xFF};
  start(5000);
  open_session(100, 0);
  ask(0);
  assert_int_equal(sent(&request), 1);
  begin_reply(50);
  uint64_t now = 100;
  for (; now <= 4000; now += 100) {
    assert_int_equal(feed(part, sizeof part, now), GSH_CLIENT_NOTHING);
    assert_int_equal(gsh_client_step(&client, now), GS_OK);
    assert_int_equal(sent(&request), 0);
  }
  assert_int_equal(gsh_client_step(&client, 4499), GS_OK);
  assert_int_equal(sent(&request), 0);
  assert_int_equal(gsh_client_step(&client, 4500), GS_OK);
  assert_int_equal(sent(&request), 1);
  assert_int_equal(gsh_client_step(&client, 5000), GS_E_LINK_TIMEOUT);
}

/* At 1,200 baud it takes 9 s. */
static void a_reply_that_arrives_is_waited_for_and_not_without_end(void **state) {
  (void)state;
  gapseal_v1_Request request;
  const uint8_t part[1] = {0xFF};
  start(5000);
  open_session(100, 0);
  ask(0);
  assert_int_equal(sent(&request), 1);
  begin_reply(50);
  enum gs_status status = GS_OK;
  uint64_t repeated = 0;
  uint64_t now = 100;
  for (; status == GS_OK && now < 60000; now += 100) {
    (void)feed(part, sizeof part, now);
    status = gsh_client_step(&client, now);
    repeated = sent(&request) > 0 && repeated == 0 ? now : repeated;
  }
  assert_in_range(repeated, 10500, 10700);
  assert_int_equal(status, GS_E_LINK_TIMEOUT);
  assert_in_range(now, 25000, 25200);
}

/* The request was lost, and the machine goes on to talk of its own. */
static void text_that_arrives_holds_up_no_repeat(void **state) {
  (void)state;
  static const char *const lines[] = {"[  12.345] pump: 21.5 C\r\n", "\x1b[2J\x02 stx\r\n", "."};
  gapseal_v1_Request request;
  for (size_t i = 0; i < COUNT(lines); i++) {
    for (unsigned ended = 0; ended <= 1; ended++) {
      const uint8_t end = 0;
      start(5000);
      open_session(100, 0);
      ask(0);
      assert_int_equal(sent(&request), 1);
      uint64_t now = 50;
      unsigned repeats = 0;
      for (; repeats == 0 && now <= 2000; now += 50) {
        if (now % 300 == 0) {
          (void)feed((const uint8_t *)lines[i], strlen(lines[i]), now);
          (void)feed(&end, ended, now);
        }
        assert_int_equal(gsh_client_step(&client, now), GS_OK);
        repeats = sent(&request);
      }
      assert_in_range(now, 500, 600);
      (void)feed(&end, 1, now);
      assert_int_equal(reply_with(client.id, 0, "", now), GSH_CLIENT_REPLY);
    }
  }
}

/* And a machine that only talks is no device that answers. */
static void text_without_end_is_not_waited_for(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(5000);
  open_session(100, 0);
  ask(0);
  enum gs_status status = GS_OK;
  uint64_t now = 100;
  for (; status == GS_OK && now < 60000; now += 100) {
    (void)feed((const uint8_t *)"text\r\n", 6, now);
    status = gsh_client_step(&client, now);
    (void)sent(&request);
  }
  assert_int_equal(status, GS_E_LINK_TIMEOUT);
  assert_in_range(now, 5000, 5200);
}

/* Half a reply, cut off, and its repeat right after it; a reply longer than any. */
static void each_reply_has_its_own_time_and_none_is_longer_than_a_frame(void **state) {
  (void)state;
  gapseal_v1_Request request;
  const uint8_t end = 0;
  static uint8_t part[1000];
  start(5000);
  open_session(100, 0);
  ask(0);
  assert_int_equal(sent(&request), 1);
  begin_reply(50);
  (void)feed(&end, 1, 400);
  assert_int_equal(gsh_client_step(&client, 500), GS_OK);
  assert_int_equal(sent(&request), 1);
  memset(part, 0xFF, sizeof part);
  begin_reply(600);
  uint64_t now = 700;
  for (unsigned repeats = 0; repeats == 0 && now < 60000; now += 100) {
    (void)feed(part, sizeof part, now);
    assert_int_equal(gsh_client_step(&client, now), GS_OK);
    repeats = sent(&request);
  }
  assert_in_range(now, 600 + GSH_CLIENT_FRAME_MAX / 10, 1000 + GSH_CLIENT_FRAME_MAX / 10);
}

static void an_announced_stall_is_waited_for(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(2000);
  open_session(6000, 0);
  ask(0);
  (void)sent(&request);
  announce(24000, 0, 0, 10);
  for (uint64_t now = 10; now < 24010; now += 10) {
    assert_int_equal(gsh_client_step(&client, now), GS_OK);
    assert_int_equal(sent(&request), 0);
  }
  assert_int_equal(gsh_client_step(&client, 24600), GS_OK);
  assert_int_equal(sent(&request), 1);
  assert_int_equal(gsh_client_step(&client, 25999), GS_OK);
  assert_int_equal(gsh_client_step(&client, 26000), GS_E_LINK_TIMEOUT);
}

static void a_stranger_is_waited_for_three_seconds_more(void **state) {
  (void)state;
  const uint32_t words[] = {0, 1, 900, 30000, UINT32_MAX};
  const uint32_t every[] = {100, 1000, 10000000};
  enum gs_status status;
  for (size_t i = 0; i < COUNT(words); i++) {
    for (size_t k = 0; k < COUNT(every); k++) {
      start(2000);
      ask(0);
      uint64_t held = hold(0, every[k], words[i], &status);
      assert_int_equal(status, GS_E_LINK_TIMEOUT);
      assert_in_range(held, 2000, words[i] == 0 ? 2200 : 5200);
    }
  }
  start(2000);
  ask(0);
  assert_in_range(hold(0, 10000000, UINT32_MAX, &status), 2000, 4200);
}

static void endless_announcements_end(void **state) {
  (void)state;
  const uint32_t words[] = {0, 1, 900, 30000, UINT32_MAX};
  enum gs_status status;
  for (size_t i = 0; i < COUNT(words); i++) {
    start(2000);
    open_session(6000, 0);
    ask(0);
    uint64_t held = hold(0, 1000, words[i], &status);
    assert_int_equal(status, GS_E_LINK_TIMEOUT);
    assert_in_range(held, 2000, words[i] == 0 ? 2200 : GSH_CLIENT_STALLS_MS_MAX + 2200);
  }
}

static void one_announcement_is_believed_as_far_as_the_port_explains_it(void **state) {
  (void)state;
  enum gs_status status;
  start(2000);
  open_session(0, 0);
  ask(0);
  assert_in_range(hold(0, 10000000, UINT32_MAX, &status), 7000, 7200);
  start(2000);
  open_session(6000, 0);
  ask(0);
  assert_in_range(hold(0, 10000000, UINT32_MAX, &status), 50000, 53000);
  start(2000);
  open_session(UINT32_MAX, 0);
  ask(0);
  assert_in_range(hold(0, 10000000, UINT32_MAX, &status), 122000, 122200);
}

/* 4 GiB at 4 MB/s, reported each half second. */
static void work_that_gets_on_may_last(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(2000);
  open_session(100, 0);
  ask_for(gapseal_v1_Request_finish_tag, 0);
  uint64_t now = 0;
  for (; now < 1000000; now += 500) {
    announce(900, (uint32_t)(now * 4000), UINT32_MAX, now);
    assert_int_equal(gsh_client_step(&client, now), GS_OK);
    (void)sent(&request);
  }
  assert_int_equal(reply_with(client.id, 0, "", now), GSH_CLIENT_REPLY);
}

static void work_that_hardly_gets_on_ends(void **state) {
  (void)state;
  gapseal_v1_Request request;
  for (unsigned kind = 0; kind < 4; kind++) {
    start(2000);
    open_session(100, 0);
    ask_for(gapseal_v1_Request_needs_tag, 0);
    enum gs_status status = GS_OK;
    uint64_t now = 0;
    for (; status == GS_OK && now < 3600000; now += 500) {
      uint32_t at = (uint32_t)(now / 500);
      const uint32_t words[][2] = {
          {at, UINT32_MAX}, /* a byte at a time */
          {at, at},         /* the total grows with it */
          {at + 2, 1},      /* past its end */
          {at % 2, 1},      /* to and fro */
      };
      announce(900, words[kind][0], words[kind][1], now);
      status = gsh_client_step(&client, now);
      (void)sent(&request);
    }
    assert_int_equal(status, GS_E_LINK_TIMEOUT);
    assert_true(now <= GSH_CLIENT_STALLS_MS_MAX + 4000);
  }
}

/* A device that gets on as slowly as it may, and is as silent as it may be. */
static void work_without_an_end_ends(void **state) {
  (void)state;
  static const struct {
    pb_size_t which;
    enum gs_status status;
    uint64_t most_ms;
  } rows[] = {
      {gapseal_v1_Request_needs_tag, GS_E_PROTOCOL, 1200000},
      {gapseal_v1_Request_finish_tag, GS_E_PROTOCOL, 1200000},
      {gapseal_v1_Request_status_tag, GS_E_LINK_TIMEOUT, 122000},
      {gapseal_v1_Request_begin_tag, GS_E_LINK_TIMEOUT, 122000},
  };
  gapseal_v1_Request request;
  for (size_t i = 0; i < COUNT(rows); i++) {
    start(2000);
    open_session(UINT32_MAX, 0);
    ask_for(rows[i].which, 0);
    enum gs_status status = GS_OK;
    uint64_t now = 0;
    for (; status == GS_OK && now < 36000000; now += 100) {
      if (now % 121000 == 0) {
        announce(UINT32_MAX, (uint32_t)(now / 121000), 256, now);
      }
      status = gsh_client_step(&client, now);
      (void)sent(&request);
    }
    assert_int_equal(status, rows[i].status);
    assert_in_range(now, rows[i].most_ms, rows[i].most_ms + 200);
  }
}

static void only_what_was_asked_for_keeps_a_request_alive(void **state) {
  (void)state;
  gapseal_v1_Request request;
  const uint8_t ack[GS_ACK_BYTES] = {GS_FRAME_ACK};
  uint8_t frame[64];
  size_t n = gs_frame_encode(ack, sizeof ack, frame, sizeof frame);
  start(2000);
  open_session(100, 0);
  ask(0);
  enum gs_status status = GS_OK;
  uint64_t now = 0;
  for (; status == GS_OK && now < 60000; now += 100) {
    assert_int_equal(reply_with(client.id - 1, 0, "", now), GSH_CLIENT_NOTHING);
    assert_int_equal(feed(frame, n, now), GSH_CLIENT_ACK);
    status = gsh_client_step(&client, now);
    (void)sent(&request);
  }
  assert_int_equal(status, GS_E_LINK_TIMEOUT);
  assert_in_range(now, 2000, 2200);
}

static void acknowledgements_keep_a_flow_alive_and_replies_do_not(void **state) {
  (void)state;
  const uint8_t ack[GS_ACK_BYTES] = {GS_FRAME_ACK};
  uint8_t frame[64];
  size_t n = gs_frame_encode(ack, sizeof ack, frame, sizeof frame);
  start(2000);
  open_session(100, 0);
  gsh_client_flow(&client, 0);
  for (uint64_t now = 0; now < 60000; now += 500) {
    assert_false(gsh_client_silent(&client, now));
    assert_int_equal(feed(frame, n, now), GSH_CLIENT_ACK);
  }
  for (uint64_t now = 60000; now < 70000; now += 500) {
    (void)reply_with(client.id, 0, "", now);
  }
  assert_true(gsh_client_silent(&client, 61600));
  assert_false(gsh_client_flooded(&client));
}

static void a_flood_ends_the_request(void **state) {
  (void)state;
  start(2000);
  open_session(100, 0);
  for (unsigned round = 0; round < 2; round++) {
    ask(10);
    for (unsigned i = 0; i < GSH_CLIENT_UNASKED_MAX; i++) {
      (void)reply_with(client.id + 1, 0, "", 10);
    }
    assert_int_equal(gsh_client_step(&client, 11), GS_OK);
  }
  (void)reply_with(client.id + 1, 0, "", 11);
  assert_int_equal(gsh_client_step(&client, 12), GS_E_PROTOCOL);
  gsh_client_flow(&client, 12);
  assert_false(gsh_client_flooded(&client));
}

static void an_echo_is_neither_an_answer_nor_a_flood(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(2000);
  ask(0);
  (void)sent(&request);
  uint8_t frame[512];
  size_t n = gs_frame_encode(client.memory.request, client.request_len, frame, sizeof frame);
  for (unsigned i = 0; i < 2 * GSH_CLIENT_UNASKED_MAX; i++) {
    assert_int_equal(feed(frame, n, 1999), GSH_CLIENT_NOTHING);
  }
  assert_false(gsh_client_flooded(&client));
  assert_int_equal(gsh_client_step(&client, 2000), GS_E_LINK_TIMEOUT);
}

static void replies_that_were_not_asked_are_dropped(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(5000);
  assert_int_equal(reply_with(42, 0, "", 1), GSH_CLIENT_NOTHING);
  ask(10);
  (void)sent(&request);
  assert_int_equal(reply_with(41, 0, "", 11), GSH_CLIENT_NOTHING);
  assert_int_equal(reply_with(43, 0, "", 12), GSH_CLIENT_NOTHING);
  assert_int_equal(client.unasked, 3);
  assert_int_equal(reply_with(42, 0, "", 13), GSH_CLIENT_REPLY);
  assert_int_equal(reply_with(42, 0, "", 14), GSH_CLIENT_NOTHING);
}

static void a_device_that_cannot_read_us_is_given_up(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(5000);
  ask(0);
  (void)sent(&request);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(gsh_client_step(&client, 1), GS_OK);
    assert_int_equal(reply_with(0, GS_E_REQUEST_BAD, "", 1), GSH_CLIENT_NOTHING);
  }
  assert_int_equal(gsh_client_step(&client, 2), GS_E_REQUEST_BAD);
}

static void any_garbage_is_taken_and_nothing_is_believed(void **state) {
  (void)state;
  uint32_t random = 7;
  static uint8_t noise[5000];
  gapseal_v1_Request request;
  for (int round = 0; round < 200; round++) {
    start(5000);
    ask(0);
    (void)sent(&request);
    for (size_t i = 0; i < sizeof noise; i++) {
      random = random * 1664525u + 1013904223u;
      noise[i] = round % 4 == 0 ? (uint8_t)(random >> 24) : (uint8_t)(random >> 30);
    }
    assert_int_equal(feed(noise, sizeof noise, 5), GSH_CLIENT_NOTHING);
    uint8_t end = 0;
    (void)feed(&end, 1, 5);
    assert_int_equal(reply_with(42, 0, "x", 6), GSH_CLIENT_REPLY);
  }
}

static void every_damaged_byte_loses_the_frame_alone(void **state) {
  (void)state;
  uint8_t frame[256];
  gapseal_v1_Request request;
  gapseal_v1_Reply reply = gapseal_v1_Reply_init_zero;
  reply.id = 42;
  start(5000);
  ask(0);
  (void)sent(&request);
  size_t n = encode_reply(&reply, "some tail", frame, sizeof frame);
  for (size_t i = 0; i < n; i++) {
    frame[i] ^= 0x21;
    assert_int_equal(feed(frame, n, 1), GSH_CLIENT_NOTHING);
    uint8_t end = 0;
    (void)feed(&end, 1, 1);
    frame[i] ^= 0x21;
  }
  assert_int_equal(feed(frame, n, 2), GSH_CLIENT_REPLY);
}

static void replies_with_lengths_that_do_not_add_up_are_dropped(void **state) {
  (void)state;
  gapseal_v1_Request request;
  start(5000);
  ask(0);
  (void)sent(&request);
  const uint8_t contents[][6] = {
      {GS_FRAME_REPLY, 0, 3, 0, 8, 42}, {GS_FRAME_REPLY, 0, 0xFF, 0xFF, 8, 42},
      {GS_FRAME_REPLY, 1, 2, 0, 8, 42}, {GS_FRAME_REPLY, 0, 1, 0, 8, 42},
      {0x77, 0, 2, 0, 8, 42},           {GS_FRAME_ACK, 0, 2, 0, 8, 42},
      {GS_FRAME_BUSY, 0, 2, 0, 8, 42}};
  for (size_t i = 0; i < COUNT(contents); i++) {
    uint8_t frame[64];
    size_t n = gs_frame_encode(contents[i], 6, frame, sizeof frame);
    assert_int_equal(feed(frame, n, 1), GSH_CLIENT_NOTHING);
  }
  for (size_t len = 1; len < 4; len++) {
    uint8_t frame[64];
    size_t n = gs_frame_encode(contents[0], len, frame, sizeof frame);
    assert_int_equal(feed(frame, n, 1), GSH_CLIENT_NOTHING);
  }
  assert_int_equal(client.unasked, COUNT(contents) + 3);
}

static void a_request_that_does_not_fit_is_refused(void **state) {
  (void)state;
  static uint8_t tail[sizeof request_memory];
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  start(5000);
  assert_int_equal(gsh_client_ask(&client, &request, tail, sizeof tail, 0), GS_E_RANGE);
}

static void what_waits_behind_a_loss_is_forgotten_at_a_frame_border(void **state) {
  (void)state;
  uint8_t data[50] = {1};
  struct gs_block_header h = {.sequence = 1};
  size_t len = 0;
  start(5000);
  for (int i = 0; i < 3; i++) {
    assert_true(gsh_client_block(&client, &h, data, sizeof data));
  }
  gsh_client_sent(&client, 10);
  gsh_client_unqueue(&client, false);
  const uint8_t *rest = gsh_client_output(&client, &len);
  assert_in_range(len, 50, 80);
  assert_ptr_equal(memchr(rest, 0, len), rest + len - 1);
  assert_true(gsh_client_block(&client, &h, data, sizeof data));
  gsh_client_sent(&client, 10);
  gsh_client_unqueue(&client, true);
  rest = gsh_client_output(&client, &len);
  assert_int_equal(len, 1);
  assert_int_equal(rest[0], 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request_goes_out_and_its_reply_comes_back),
      cmocka_unit_test(an_unanswered_request_is_repeated_and_given_up),
      cmocka_unit_test(no_repeat_queues_behind_bytes_not_sent_yet),
      cmocka_unit_test(nothing_is_repeated_while_a_reply_arrives),
      cmocka_unit_test(a_reply_that_arrives_is_waited_for_and_not_without_end),
      cmocka_unit_test(text_that_arrives_holds_up_no_repeat),
      cmocka_unit_test(text_without_end_is_not_waited_for),
      cmocka_unit_test(each_reply_has_its_own_time_and_none_is_longer_than_a_frame),
      cmocka_unit_test(an_announced_stall_is_waited_for),
      cmocka_unit_test(a_stranger_is_waited_for_three_seconds_more),
      cmocka_unit_test(endless_announcements_end),
      cmocka_unit_test(one_announcement_is_believed_as_far_as_the_port_explains_it),
      cmocka_unit_test(work_that_gets_on_may_last),
      cmocka_unit_test(work_that_hardly_gets_on_ends),
      cmocka_unit_test(work_without_an_end_ends),
      cmocka_unit_test(only_what_was_asked_for_keeps_a_request_alive),
      cmocka_unit_test(acknowledgements_keep_a_flow_alive_and_replies_do_not),
      cmocka_unit_test(a_flood_ends_the_request),
      cmocka_unit_test(an_echo_is_neither_an_answer_nor_a_flood),
      cmocka_unit_test(replies_that_were_not_asked_are_dropped),
      cmocka_unit_test(a_device_that_cannot_read_us_is_given_up),
      cmocka_unit_test(any_garbage_is_taken_and_nothing_is_believed),
      cmocka_unit_test(every_damaged_byte_loses_the_frame_alone),
      cmocka_unit_test(replies_with_lengths_that_do_not_add_up_are_dropped),
      cmocka_unit_test(a_request_that_does_not_fit_is_refused),
      cmocka_unit_test(what_waits_behind_a_loss_is_forgotten_at_a_frame_border),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
