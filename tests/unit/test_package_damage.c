/* SPDX-License-Identifier: Apache-2.0
 * A damaged package is refused, wherever the damage is, by the host's reader and by the
 * independent one. One bit of every byte, and every length; all bits with GAPSEAL_LONG=1.
 */
#include <stdlib.h>

#include "keyring_file.h"
#include "package.h"
#include "package_fixture.h"
#include "unit.h"
#include "verify.h"

#define DAMAGED "damaged.gsp"

/* As inspect does it, but against a trusted keyring. */
static enum gs_status read_by_host(const struct gsh_keyring_file *trusted) {
  struct gsh_error err;
  struct gsh_package *p = NULL;
  struct gsh_judgement j;
  enum gs_status status = gsh_package_open(DAMAGED, &p, &err);
  if (status == GS_OK) {
    status = gsh_package_verify(p, NULL, NULL, &err);
  }
  if (status == GS_OK) {
    status = gsh_package_judge(p, trusted->chain.items, trusted->chain.lens, 1, &j, &err);
  }
  gsh_package_close(p);
  return status;
}

static enum gs_status read_independently(void) {
  struct gsv_options o = {.keyring = "acme.gsk"};
  struct gsv_error e = {0};
  struct gsv_report r = {.json = cJSON_CreateObject()};
  enum gs_status status = gsv_package(DAMAGED, &o, &r, &e);
  cJSON_Delete(r.json);
  return status;
}

static void assert_refused(const struct gsh_keyring_file *trusted, const char *what, size_t at) {
  int by_host = gs_status_info(read_by_host(trusted))->exit_code;
  int independently = gs_status_info(read_independently())->exit_code;
  if ((by_host != 10 && by_host != 11) || (independently != 10 && independently != 11)) {
    fail_msg("%s %zu: exit %d by the host's reader, %d by the independent one", what, at, by_host,
             independently);
  }
}

static uint8_t *make(struct gsh_keyring_file *trusted, size_t *len) {
  struct gsh_error err;
  fixture_package("good.gsp", 600, "");
  assert_int_equal(gsh_keyring_file_open("acme.gsk", trusted, &err), GS_OK);
  uint8_t *bytes = fixture_read("good.gsp", len);
  fixture_write(DAMAGED, bytes, *len);
  assert_int_equal(read_by_host(trusted), GS_OK);
  assert_int_equal(read_independently(), GS_OK);
  return bytes;
}

static void every_changed_byte_is_refused(void **state) {
  (void)state;
  struct gsh_keyring_file trusted;
  size_t len;
  uint8_t *bytes = make(&trusted, &len);
  unsigned bits = getenv("GAPSEAL_LONG") != NULL && *getenv("GAPSEAL_LONG") != '\0' ? 8 : 1;
  for (size_t i = 0; i < len; i++) {
    for (unsigned b = 0; b < bits; b++) {
      uint8_t flip = (uint8_t)(1u << ((i + b) % 8));
      bytes[i] ^= flip;
      fixture_write(DAMAGED, bytes, len);
      assert_refused(&trusted, "changed byte", i);
      bytes[i] ^= flip;
    }
  }
  free(bytes);
  gsh_keyring_file_close(&trusted);
}

static void every_shorter_file_is_refused(void **state) {
  (void)state;
  struct gsh_keyring_file trusted;
  size_t len;
  uint8_t *bytes = make(&trusted, &len);
  for (size_t i = 0; i < len; i++) {
    fixture_write(DAMAGED, bytes, i);
    assert_refused(&trusted, "cut to", i);
  }
  free(bytes);
  gsh_keyring_file_close(&trusted);
}

static void a_longer_file_is_refused(void **state) {
  (void)state;
  struct gsh_keyring_file trusted;
  size_t len;
  uint8_t *bytes = make(&trusted, &len);
  uint8_t *longer = calloc(1, len + 1024);
  assert_non_null(longer);
  for (size_t i = 0; i < len; i++) {
    longer[i] = bytes[i];
  }
  fixture_write(DAMAGED, longer, len + 1);
  assert_refused(&trusted, "longer by", 1);
  fixture_write(DAMAGED, longer, len + 1024);
  assert_refused(&trusted, "longer by", 1024);
  free(longer);
  free(bytes);
  gsh_keyring_file_close(&trusted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_changed_byte_is_refused),
      cmocka_unit_test(every_shorter_file_is_refused),
      cmocka_unit_test(a_longer_file_is_refused),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
