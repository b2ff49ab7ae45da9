/* SPDX-License-Identifier: Apache-2.0
 * The strict reader over descriptions of its own: what no object of the product holds today, and
 * tomorrow's might. Each is refused, or read right; none is passed over.
 */
#include <pb.h>
#include <string.h>

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(four_levels_are_read_and_a_fifth_is_not),
      cmocka_unit_test(message_without_fields_holds_none),
      cmocka_unit_test(bytes_that_do_not_fit_are_malformed),
      cmocka_unit_test(field_number_above_31_is_never_complete),
      cmocka_unit_test(comparing_refuses_more_and_less),
      cmocka_unit_test(presence_is_set_where_there_is_a_flag_for_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
