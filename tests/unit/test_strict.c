/* SPDX-License-Identifier: Apache-2.0
 * The strict reader over descriptions of its own: what no object of the product holds today, and
 * tomorrow's might. Each is refused, or read right; none is passed over.
 */
#include <pb_decode.h>
#include <pb_encode.h>
#include <string.h>

#include "gapseal/v1/wire.pb.h"
#include "objects.h"
#include "strict.h"
#include "unit.h"

/* A message without fields. */
typedef struct {
  char unused;
} Empty;
#define Empty_FIELDLIST(X, a)
#define Empty_CALLBACK NULL
#define Empty_DEFAULT NULL
extern const pb_msgdesc_t Empty_msg;
PB_BIND(Empty, Empty, AUTO)

/* Messages in messages: L1 is the outermost. */
typedef struct {
  bool has_format;
  uint32_t format;
} L5;
#define L5_FIELDLIST(X, a) X(a, STATIC, OPTIONAL, UINT32, format, 1)
#define L5_CALLBACK NULL
#define L5_DEFAULT NULL
extern const pb_msgdesc_t L5_msg;
PB_BIND(L5, L5, AUTO)

#define LEVEL(name, next) \
  typedef struct {        \
    bool has_format;      \
    uint32_t format;      \
    bool has_inner;       \
    next inner;           \
  } name;                 \
  extern const pb_msgdesc_t name##_msg;
#define LEVEL_FIELDLIST(X, a)               \
  X(a, STATIC, OPTIONAL, UINT32, format, 1) \
  X(a, STATIC, OPTIONAL, MESSAGE, inner, 2)

LEVEL(L4, L5)
#define L4_FIELDLIST(X, a) LEVEL_FIELDLIST(X, a)
#define L4_CALLBACK NULL
#define L4_DEFAULT NULL
#define L4_inner_MSGTYPE L5
PB_BIND(L4, L4, AUTO)
LEVEL(L3, L4)
#define L3_FIELDLIST(X, a) LEVEL_FIELDLIST(X, a)
#define L3_CALLBACK NULL
#define L3_DEFAULT NULL
#define L3_inner_MSGTYPE L4
PB_BIND(L3, L3, AUTO)
LEVEL(L2, L3)
#define L2_FIELDLIST(X, a) LEVEL_FIELDLIST(X, a)
#define L2_CALLBACK NULL
#define L2_DEFAULT NULL
#define L2_inner_MSGTYPE L3
PB_BIND(L2, L2, AUTO)
LEVEL(L1, L2)
#define L1_FIELDLIST(X, a) LEVEL_FIELDLIST(X, a)
#define L1_CALLBACK NULL
#define L1_DEFAULT NULL
#define L1_inner_MSGTYPE L2
PB_BIND(L1, L1, AUTO)

/* One of each: an empty message, bytes of any length up to 4, a scalar without a has_ flag, and a
 * number above 31. */
typedef struct {
  bool has_format;
  uint32_t format;
  bool has_empty;
  Empty empty;
  bool has_some;
  struct {
    pb_size_t size;
    pb_byte_t bytes[4];
  } some;
  uint32_t plain;
} Odd;
#define Odd_FIELDLIST(X, a)                 \
  X(a, STATIC, OPTIONAL, UINT32, format, 1) \
  X(a, STATIC, OPTIONAL, MESSAGE, empty, 2) \
  X(a, STATIC, OPTIONAL, BYTES, some, 3)    \
  X(a, STATIC, SINGULAR, UINT32, plain, 4)
#define Odd_CALLBACK NULL
#define Odd_DEFAULT NULL
#define Odd_empty_MSGTYPE Empty
extern const pb_msgdesc_t Odd_msg;
PB_BIND(Odd, Odd, AUTO)

typedef struct {
  bool has_format;
  uint32_t format;
  bool has_far;
  uint32_t far;
} High;
#define High_FIELDLIST(X, a)                \
  X(a, STATIC, OPTIONAL, UINT32, format, 1) \
  X(a, STATIC, OPTIONAL, UINT32, far, 33)
#define High_CALLBACK NULL
#define High_DEFAULT NULL
extern const pb_msgdesc_t High_msg;
PB_BIND(High, High, AUTO)

/* A number in one byte, as compilers make small enumerations, and a text. */
typedef struct {
  bool has_format;
  uint32_t format;
  bool has_small;
  uint8_t small;
  bool has_text;
  char text[4];
} Narrow;
#define Narrow_FIELDLIST(X, a)              \
  X(a, STATIC, OPTIONAL, UINT32, format, 1) \
  X(a, STATIC, OPTIONAL, UINT32, small, 2)  \
  X(a, STATIC, OPTIONAL, STRING, text, 3)
#define Narrow_CALLBACK NULL
#define Narrow_DEFAULT NULL
extern const pb_msgdesc_t Narrow_msg;
PB_BIND(Narrow, Narrow, AUTO)

/* Up to two numbers, each in a message of its own. */
typedef struct {
  pb_size_t list_count;
  L5 list[2];
} List;
#define List_FIELDLIST(X, a) X(a, STATIC, REPEATED, MESSAGE, list, 2)
#define List_CALLBACK NULL
#define List_DEFAULT NULL
#define List_list_MSGTYPE L5
extern const pb_msgdesc_t List_msg;
PB_BIND(List, List, AUTO)

#define BODY(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static enum gs_status decode(const pb_msgdesc_t *message, void *out, const uint8_t *body,
                             size_t len) {
  const struct gs_strict_scheme scheme = {.message = message, .fields = NULL, .field_count = 0};
  return gs_strict_decode(&scheme, body, len, out, NULL, 0);
}

static void four_levels_are_read_and_a_fifth_is_not(void **state) {
  (void)state;
  L2 four = {.has_format = false};
  L1 five = {.has_format = false};
  assert_int_equal(decode(&L2_msg, &four, BODY(8, 1, 18, 10, 8, 1, 18, 6, 8, 1, 18, 2, 8, 7)),
                   GS_OK);
  assert_int_equal(four.inner.inner.inner.format, 7);
  assert_int_equal(
      decode(&L1_msg, &five, BODY(8, 1, 18, 14, 8, 1, 18, 10, 8, 1, 18, 6, 8, 1, 18, 2, 8, 7)),
      GS_E_INTERNAL);
}

static void message_without_fields_holds_none(void **state) {
  (void)state;
  Odd odd;
  assert_int_equal(decode(&Odd_msg, &odd, BODY(8, 1, 18, 0, 26, 1, 9, 32, 5)), GS_OK);
  assert_true(odd.has_empty);
  assert_int_equal(odd.plain, 5);
  assert_int_equal(decode(&Odd_msg, &odd, BODY(8, 1, 18, 2, 8, 1, 26, 1, 9, 32, 5)),
                   GS_E_UNKNOWN_FIELD);
}

/* What the scan lets pass, and the decoder knows to be too long for its place. */
static void bytes_that_do_not_fit_are_malformed(void **state) {
  (void)state;
  Odd odd;
  assert_int_equal(decode(&Odd_msg, &odd, BODY(8, 1, 18, 0, 26, 4, 1, 2, 3, 4, 32, 5)), GS_OK);
  assert_int_equal(decode(&Odd_msg, &odd, BODY(8, 1, 18, 0, 26, 5, 1, 2, 3, 4, 5, 32, 5)),
                   GS_E_MALFORMED);
}

/* There is no bit to remember it by: it never counts as present. */
static void field_number_above_31_is_never_complete(void **state) {
  (void)state;
  High high;
  assert_int_equal(decode(&High_msg, &high, BODY(8, 1, 0x88, 2, 1)), GS_E_INCOMPLETE);
  assert_int_equal(decode(&High_msg, &high, BODY(8, 1)), GS_E_INCOMPLETE);
}

static void comparing_refuses_more_and_less(void **state) {
  (void)state;
  const L5 fields = {.has_format = true, .format = 300};
  const struct gs_strict_source l5 = {.message = &L5_msg, .fields = &fields};
  assert_int_equal(gs_strict_compare(&l5, BODY(8, 0xac, 2)), GS_OK);
  assert_int_equal(gs_strict_compare(&l5, BODY(8, 0xac)), GS_E_NONCANONICAL);
  assert_int_equal(gs_strict_compare(&l5, BODY(8)), GS_E_NONCANONICAL);
  assert_int_equal(gs_strict_compare(&l5, BODY(8, 0xac, 2, 0)), GS_E_NONCANONICAL);
  assert_int_equal(gs_strict_compare(&l5, BODY(8, 0xac, 3)), GS_E_NONCANONICAL);
}

static void presence_is_set_where_there_is_a_flag_for_it(void **state) {
  (void)state;
  Odd odd;
  Empty empty;
  memset(&odd, 0, sizeof odd);
  memset(&empty, 0x5A, sizeof empty);
  gs_fields_all_present(&Odd_msg, &odd);
  assert_true(odd.has_format && odd.has_empty && odd.has_some);
  assert_int_equal(odd.plain, 0);
  gs_fields_all_present(&Empty_msg, &empty);
  assert_int_equal(empty.unused, 0x5A);
}

static void number_too_large_for_its_place_is_unsupported(void **state) {
  (void)state;
  Narrow n;
  assert_int_equal(decode(&Narrow_msg, &n, BODY(8, 1, 16, 0xff, 1, 26, 1, 'a')), GS_OK);
  assert_int_equal(n.small, 255);
  assert_int_equal(decode(&Narrow_msg, &n, BODY(8, 1, 16, 0x80, 2, 26, 1, 'a')), GS_E_UNSUPPORTED);
}

static void text_is_held_to_the_schemes_rule_and_to_its_place(void **state) {
  (void)state;
  Narrow n = {.has_format = false};
  struct gs_strict_scheme scheme = {.message = &Narrow_msg, .text_ok = gs_text_ok};
  assert_int_equal(gs_strict_decode(&scheme, BODY(8, 1, 16, 2, 26, 3, 'a', 'b', 'c'), &n, NULL, 0),
                   GS_OK);
  assert_string_equal(n.text, "abc");
  assert_int_equal(gs_strict_decode(&scheme, BODY(8, 1, 16, 2, 26, 1, 7), &n, NULL, 0),
                   GS_E_BAD_TEXT);
  assert_int_equal(
      gs_strict_decode(&scheme, BODY(8, 1, 16, 2, 26, 4, 'a', 'b', 'c', 'd'), &n, NULL, 0),
      GS_E_BAD_TEXT);
  scheme.text_ok = NULL;
  assert_int_equal(gs_strict_decode(&scheme, BODY(8, 1, 16, 2, 26, 1, 7), &n, NULL, 0), GS_OK);
}

/* -- what encodes --------------------------------------------------------------------------------
 */

static size_t by_nanopb(const pb_msgdesc_t *message, const void *fields, uint8_t *out, size_t cap) {
  pb_ostream_t stream = pb_ostream_from_buffer(out, cap);
  assert_true(pb_encode(&stream, message, fields));
  return stream.bytes_written;
}

static void expect_as_nanopb(const pb_msgdesc_t *message, const void *fields) {
  uint8_t want[600], got[600];
  size_t len = by_nanopb(message, fields, want, sizeof want);
  assert_int_equal(gs_strict_encode(message, fields, got, sizeof got), len);
  assert_memory_equal(got, want, len);
  for (size_t cap = 0; cap < len; cap++) {
    assert_int_equal(gs_strict_encode(message, fields, got, cap), 0);
  }
  assert_int_equal(gs_strict_encode(message, fields, got, len), len);
  assert_memory_equal(got, want, len);
}

static void every_kind_of_field_is_encoded_as_nanopb_does(void **state) {
  (void)state;
  gapseal_v1_Reply r = {.id = 0x12345678, .status = 300};
  expect_as_nanopb(&gapseal_v1_Reply_msg, &r);
  r.which_body = gapseal_v1_Reply_link_tag; /* all zeros, and there */
  expect_as_nanopb(&gapseal_v1_Reply_msg, &r);
  r.which_body = gapseal_v1_Reply_hello_tag;
  r.body.hello = (gapseal_v1_HelloReply){
      .version = 1, .has_limits = true, .limits = {.block_max = 1024}, .schema = 0xA1B2C3D4u};
  expect_as_nanopb(&gapseal_v1_Reply_msg, &r);
  memcpy(r.body.hello.serial, "0042", 5);
  r.body.hello.product.size = 16;
  memset(r.body.hello.product.bytes, 0xAB, 16);
  expect_as_nanopb(&gapseal_v1_Reply_msg, &r);
  r.which_body = gapseal_v1_Reply_device_tag;
  r.body.device = (gapseal_v1_StatusReply){.has_state = true};
  gs_fields_all_present(&gapseal_v1_DeviceState_msg, &r.body.device.state);
  expect_as_nanopb(&gapseal_v1_Reply_msg, &r);
  const L5 one = {.has_format = true, .format = 0xFFFFFFFFu};
  const List list = {.list_count = 2, .list = {one, {.has_format = false}}};
  expect_as_nanopb(&List_msg, &list);
  const Odd odd = {.has_empty = true, .has_some = true, .some = {.size = 0}};
  expect_as_nanopb(&Odd_msg, &odd);
}

static void text_without_an_end_is_cut_and_small_numbers_are_read(void **state) {
  (void)state;
  uint8_t out[16];
  const uint8_t want[] = {16, 200, 1, 26, 3, 'a', 'b', 'c'};
  const Narrow n = {
      .has_small = true, .small = 200, .has_text = true, .text = {'a', 'b', 'c', 'd'}};
  assert_int_equal(gs_strict_encode(&Narrow_msg, &n, out, sizeof out), sizeof want);
  assert_memory_equal(out, want, sizeof want);
}

static void fifth_level_is_not_encoded(void **state) {
  (void)state;
  uint8_t out[32];
  L1 five = {.has_inner = true};
  five.inner.has_inner = five.inner.inner.has_inner = true;
  assert_int_not_equal(gs_strict_encode(&L1_msg, &five, out, sizeof out), 0);
  five.inner.inner.inner.has_inner = true;
  assert_int_equal(gs_strict_encode(&L1_msg, &five, out, sizeof out), 0);
}

static void callback_fields_come_from_the_views(void **state) {
  (void)state;
  uint8_t out[64];
  const gapseal_v1_Keyring ring = {.has_version = true, .version = 7};
  const uint8_t digest[2] = {1, 2};
  const struct gs_strict_view views[] = {{gapseal_v1_Keyring_revoked_packages_tag, digest, 2},
                                         {gapseal_v1_Keyring_revoked_keys_tag, NULL, 0}};
  const struct gs_strict_source source = {&gapseal_v1_Keyring_msg, &ring, views, 2};
  const uint8_t want[] = {16, 7, 50, 2, 1, 2};
  assert_int_equal(gs_strict_encode_back(&source, out, sizeof out), sizeof want);
  assert_memory_equal(out + sizeof out - sizeof want, want, sizeof want);
  assert_int_equal(gs_strict_compare(&source, want, sizeof want), GS_OK);
  assert_int_equal(gs_strict_encode(&gapseal_v1_Keyring_msg, &ring, out, sizeof out), 2);
}

/* -- requests ------------------------------------------------------------------------------------
 */

static enum gs_status request(gapseal_v1_Request *out, const uint8_t *body, size_t len) {
  const struct gs_strict_scheme scheme = {.message = &gapseal_v1_Request_msg, .open = true};
  memset(out, 0, sizeof *out);
  return gs_strict_decode(&scheme, body, len, out, NULL, 0);
}

static void requests_are_read_as_nanopb_reads_them(void **state) {
  (void)state;
  gapseal_v1_Request in, got;
  uint8_t bytes[200];
  for (pb_size_t tag = gapseal_v1_Request_hello_tag; tag <= gapseal_v1_Request_receipt_tag; tag++) {
    memset(&in, 0, sizeof in);
    in.id = tag * 1000u;
    in.which_body = tag;
    if (tag == gapseal_v1_Request_hello_tag) {
      in.body.hello.version_max = 1;
      memcpy(in.body.hello.host_software, "any \x07 text", 11);
    } else if (tag == gapseal_v1_Request_begin_tag) {
      in.body.begin.older = true;
      in.body.begin.nonce.size = 16;
      memset(in.body.begin.nonce.bytes, 0x5A, 16);
    } else if (tag == gapseal_v1_Request_load_tag) {
      in.body.load.kind = gapseal_v1_ObjectKind_OBJECT_KIND_KEYRING;
      in.body.load.total = UINT32_MAX;
    }
    size_t len = by_nanopb(&gapseal_v1_Request_msg, &in, bytes, sizeof bytes);
    assert_int_equal(request(&got, bytes, len), GS_OK);
    assert_memory_equal(&got, &in, sizeof in);
  }
}

static void unknown_fields_of_a_request_are_passed_over(void **state) {
  (void)state;
  gapseal_v1_Request r;
  assert_int_equal(
      request(&r, BODY(0xA0, 6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0xA1, 6, 1,
                       2, 3, 4, 5, 6, 7, 8, 0xA2, 6, 2, 9, 9, 0xA5, 6, 1, 2, 3, 4, 42, 0, 8, 9)),
      GS_OK);
  assert_int_equal(r.id, 9); /* after the body: the order is free */
  assert_int_equal(r.which_body, gapseal_v1_Request_load_tag);
  assert_int_equal(request(&r, BODY(0xA0, 6, 0xff)), GS_E_TRUNCATED);
  assert_int_equal(request(&r, BODY(0xA1, 6, 1, 2, 3, 4, 5, 6, 7)), GS_E_TRUNCATED);
  assert_int_equal(request(&r, BODY(0xA2, 6, 2, 9)), GS_E_TRUNCATED);
  assert_int_equal(request(&r, BODY(0xA2, 6, 0x80, 0)), GS_E_NONCANONICAL);
  assert_int_equal(request(&r, BODY(0xA5, 6, 1, 2, 3)), GS_E_TRUNCATED);
  assert_int_equal(request(&r, BODY(8, 1, 8, 2)), GS_OK); /* the last one counts */
  assert_int_equal(r.id, 2);
  assert_int_equal(request(&r, BODY(10, 1, 1)), GS_E_MALFORMED);
}

static void lists_are_held_to_their_length_in_any_message(void **state) {
  (void)state;
  List list = {.list_count = 0};
  const struct gs_strict_scheme scheme = {.message = &List_msg, .open = true};
  assert_int_equal(gs_strict_decode(&scheme, BODY(18, 2, 8, 1, 18, 2, 8, 2), &list, NULL, 0),
                   GS_OK);
  assert_int_equal(list.list_count, 2);
  assert_int_equal(list.list[1].format, 2);
  assert_int_equal(gs_strict_decode(&scheme, BODY(18, 0, 18, 0, 18, 0), &list, NULL, 0),
                   GS_E_MALFORMED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(four_levels_are_read_and_a_fifth_is_not),
      cmocka_unit_test(message_without_fields_holds_none),
      cmocka_unit_test(bytes_that_do_not_fit_are_malformed),
      cmocka_unit_test(field_number_above_31_is_never_complete),
      cmocka_unit_test(comparing_refuses_more_and_less),
      cmocka_unit_test(presence_is_set_where_there_is_a_flag_for_it),
      cmocka_unit_test(number_too_large_for_its_place_is_unsupported),
      cmocka_unit_test(text_is_held_to_the_schemes_rule_and_to_its_place),
      cmocka_unit_test(every_kind_of_field_is_encoded_as_nanopb_does),
      cmocka_unit_test(text_without_an_end_is_cut_and_small_numbers_are_read),
      cmocka_unit_test(fifth_level_is_not_encoded),
      cmocka_unit_test(callback_fields_come_from_the_views),
      cmocka_unit_test(requests_are_read_as_nanopb_reads_them),
      cmocka_unit_test(unknown_fields_of_a_request_are_passed_over),
      cmocka_unit_test(lists_are_held_to_their_length_in_any_message),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
