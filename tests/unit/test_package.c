/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700
#include "package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gapseal/crypto.h"
#include "keyring_file.h"
#include "package_fixture.h"
#include "unit.h"

static struct gsh_package *open_good(const char *name) {
  struct gsh_package *p = NULL;
  struct gsh_error err = {0};
  if (gsh_package_open(name, &p, &err) != GS_OK) {
    fail_msg("%s", err.what);
  }
  return p;
}

static void what_was_packed_is_read_back(void **state) {
  (void)state;
  struct gsh_error err;
  fixture_package("a.gsp", 9000, "{\"release\":7,\"security_version\":3,\"raises_floor_to\":2}");
  struct gsh_package *p = open_good("a.gsp");
  const gapseal_v1_Manifest *m = &gsh_package_manifest(p)->fields;
  assert_int_equal(m->release, 7);
  assert_int_equal(m->security_version, 3);
  assert_int_equal(m->raises_floor_to, 2);
  assert_int_equal(m->variants_count, 1);
  assert_int_equal(m->variants[0].size, 9000);
  assert_int_equal(m->variants[0].slots, 3);
  assert_false(m->variants[0].has_load_address);
  assert_string_equal(gsh_package_about(p)->name, "ctrl");
  assert_string_equal(gsh_package_about(p)->changelog, "first\n");
  assert_int_equal(gsh_package_attachment_count(p), 1);
  assert_int_equal(gsh_package_keyring_count(p), 1);
  assert_int_equal(gsh_package_verify(p, NULL, NULL, &err), GS_OK);
  gsh_package_close(p);
}

static void pages_and_blocks_add_up_to_the_image(void **state) {
  (void)state;
  struct gsh_error err;
  fixture_package("a.gsp", 9000, "");
  struct gsh_package *p = open_good("a.gsp");
  struct gs_table_shape shape = gs_manifest_table(gsh_package_manifest(p), 0);
  size_t len;
  size_t image_len;
  uint8_t buf[256];
  uint8_t *image = fixture_read("fw.bin", &image_len);
  assert_int_equal(shape.blocks, 36);
  assert_int_equal(shape.pages, 5);
  size_t pages = 0;
  for (uint32_t i = 0; i < shape.pages; i++) {
    assert_int_equal(gsh_package_page(p, 0, i, buf, &len, &err), GS_OK);
    pages += len;
  }
  assert_int_equal(pages, 36 * 32);
  size_t at = 0;
  for (uint32_t i = 0; i < shape.blocks; i++) {
    assert_int_equal(gsh_package_block(p, 0, i, buf, &len, &err), GS_OK);
    assert_memory_equal(buf, image + at, len);
    at += len;
  }
  assert_int_equal(at, 9000);
  assert_int_equal(gsh_package_block(p, 0, shape.blocks, buf, &len, &err), GS_E_RANGE);
  assert_int_equal(gsh_package_page(p, 0, shape.pages, buf, &len, &err), GS_E_RANGE);
  assert_int_equal(gsh_package_block(p, 1, 0, buf, &len, &err), GS_E_RANGE);
  free(image);
  gsh_package_close(p);
}

/* The last bytes of the file are the image. */
static void a_file_that_changes_while_open_is_noticed(void **state) {
  (void)state;
  struct gsh_error err;
  size_t len;
  size_t got;
  uint8_t buf[256];
  fixture_package("a.gsp", 600, "");
  uint8_t *bytes = fixture_read("a.gsp", &len);
  struct gsh_package *p = open_good("a.gsp");
  assert_int_equal(gsh_package_block(p, 0, 2, buf, &got, &err), GS_OK);
  bytes[len - 1] ^= 1;
  fixture_write("a.gsp", bytes, len);
  assert_int_equal(gsh_package_block(p, 0, 2, buf, &got, &err), GS_E_FILE_CHANGED);
  assert_int_equal(gsh_package_block(p, 0, 1, buf, &got, &err), GS_OK);
  bytes[len - 600 - 12 - 1] ^= 1; /* of the block table, before the header of DATA */
  fixture_write("a.gsp", bytes, len);
  assert_int_equal(gsh_package_page(p, 0, 0, buf, &got, &err), GS_E_FILE_CHANGED);
  assert_int_equal(truncate("a.gsp", (off_t)len - 700), 0);
  assert_int_equal(gsh_package_block(p, 0, 0, buf, &got, &err), GS_E_FILE_CHANGED);
  free(bytes);
  gsh_package_close(p);
}

static int stop_at_once(void *ctx, uint64_t done, uint64_t total) {
  assert_true(done <= total);
  *(int *)ctx += 1;
  return 1;
}

static void progress_may_stop_the_reading(void **state) {
  (void)state;
  struct gsh_error err;
  int calls = 0;
  fixture_package("a.gsp", 600, "");
  struct gsh_package *p = open_good("a.gsp");
  assert_int_equal(gsh_package_verify(p, stop_at_once, &calls, &err), GS_E_INTERRUPTED);
  assert_int_equal(calls, 1);
  gsh_package_close(p);
}

static enum gs_status judge(const char *name, const char *keyring_file, size_t newest,
                            struct gsh_judgement *j) {
  struct gsh_error err;
  struct gsh_keyring_file file = {0};
  struct gsh_package *p = open_good(name);
  enum gs_status status;
  if (keyring_file == NULL) {
    status = gsh_package_judge(p, NULL, NULL, 0, j, &err);
  } else {
    assert_int_equal(gsh_keyring_file_open(keyring_file, &file, &err), GS_OK);
    status = gsh_package_judge(p, &file.chain.items[newest], &file.chain.lens[newest], 1, j, &err);
  }
  gsh_keyring_file_close(&file);
  gsh_package_close(p);
  return status;
}

static void the_trusted_keyring_decides_and_its_own_chain_only_without(void **state) {
  (void)state;
  struct gsh_judgement j;
  fixture_package("a.gsp", 600, "");
  fixture_unsigned("u.gsp", 600, "");
  assert_int_equal(judge("a.gsp", NULL, 0, &j), GS_OK);
  assert_false(j.by_trusted_keyring);
  assert_int_equal(judge("a.gsp", "acme.gsk", 0, &j), GS_OK);
  assert_true(j.by_trusted_keyring);
  assert_false(j.recovery);
  assert_int_equal(judge("u.gsp", NULL, 0, &j), GS_E_SIG_MISSING);
  assert_int_equal(judge("u.gsp", "acme.gsk", 0, &j), GS_E_SIG_MISSING);
  (void)unlink("other.gsk");
  assert_int_equal(fixture_run(&gss_keyring_new, NULL, "--root", "stranger.pem", "--release",
                               "stranger.pem", "-o", "other.gsk", NULL),
                   GS_OK);
  assert_int_equal(judge("a.gsp", "other.gsk", 0, &j), GS_E_KEY_UNKNOWN);
}

static void the_chain_extends_what_is_trusted(void **state) {
  (void)state;
  struct gsh_judgement j;
  fixture_keys();
  fixture_unsigned("n.gsp", 600, "");
  assert_int_equal(fixture_run(&gss_keyring_next, NULL, "--from", "acme.gsk", "--root", "root.pem",
                               "--add-release", "stranger.pem", "-o", "acme2.gsk", NULL),
                   GS_OK);
  assert_int_equal(fixture_run(&gss_sign, NULL, "--key", "stranger.pem", "--keyring", "acme2.gsk",
                               "n.gsp", NULL),
                   GS_OK);
  assert_int_equal(judge("n.gsp", "acme.gsk", 0, &j), GS_OK);
  assert_int_equal(j.keyring_version, 2);
  assert_int_equal(judge("n.gsp", "acme2.gsk", 1, &j), GS_OK);
}

/* A signature of the keyring in the file is changed: it is the end of its envelope. */
static void spoil_keyring(const char *from, const char *to) {
  size_t len = 0;
  size_t envelope_len = 0;
  struct gsh_package *p = open_good(from);
  const uint8_t *envelope = gsh_package_keyring(p, 0, &envelope_len);
  uint8_t *file = fixture_read(from, &len);
  size_t at = 0;
  while (memcmp(file + at, envelope, envelope_len) != 0) {
    at++;
    assert_true(at + envelope_len <= len);
  }
  file[at + envelope_len - 1] ^= 1;
  fixture_write(to, file, len);
  free(file);
  gsh_package_close(p);
}

static void a_look_verifies_no_keyring_that_nobody_trusts(void **state) {
  (void)state;
  struct gsh_error err;
  struct gsh_judgement j;
  struct gsh_package *p = NULL;
  struct gsh_keyring_file file = {0};
  fixture_package("a.gsp", 600, "");
  spoil_keyring("a.gsp", "k.gsp");
  assert_int_equal(gsh_package_open("k.gsp", &p, &err), GS_E_SIG_BAD);
  assert_int_equal(gsh_package_look("k.gsp", &p, &err), GS_OK);
  assert_int_equal(gsh_package_keyring_count(p), 1);
  assert_int_equal(gsh_keyring_file_open("acme.gsk", &file, &err), GS_OK);
  assert_int_equal(gsh_package_judge(p, file.chain.items, file.chain.lens, 1, &j, &err), GS_OK);
  assert_true(j.by_trusted_keyring);
  gsh_keyring_file_close(&file);
  gsh_package_close(p);
}

static void what_a_newer_trusted_keyring_revokes_stays_revoked(void **state) {
  (void)state;
  struct gsh_judgement j;
  struct gsh_error err;
  struct gsh_keyring_file file;
  char digest[65];
  fixture_package("a.gsp", 600, "");
  struct gsh_package *p = open_good("a.gsp");
  const uint8_t *d = gsh_package_digest(p);
  for (size_t i = 0; i < 32; i++) {
    (void)snprintf(digest + 2 * i, 3, "%02x", d[i]);
  }
  assert_int_equal(fixture_run(&gss_keyring_next, NULL, "--from", "acme.gsk", "--root", "root.pem",
                               "--revoke-package", digest, "-o", "revoked.gsk", NULL),
                   GS_OK);
  assert_int_equal(gsh_keyring_file_open("revoked.gsk", &file, &err), GS_OK);
  /* Both are trusted, the old one first: the newer one still binds. */
  assert_int_equal(file.chain.count, 2);
  assert_int_equal(gsh_package_judge(p, file.chain.items, file.chain.lens, 2, &j, &err),
                   GS_E_REVOKED);
  gsh_package_close(p);
  gsh_keyring_file_close(&file);
  assert_int_equal(fixture_run(&gss_keyring_next, NULL, "--from", "acme.gsk", "--root", "root.pem",
                               "--minimum", "com.acme.ctrl=2", "-o", "minimum.gsk", NULL),
                   GS_OK);
  assert_int_equal(judge("a.gsp", "minimum.gsk", 1, &j), GS_E_BELOW_MINIMUM);
}

static void signing_leaves_the_same_bytes_whatever_the_order(void **state) {
  (void)state;
  static const char *const orders[2][2] = {{"release.pem", "recovery.pem"},
                                           {"recovery.pem", "release.pem"}};
  uint8_t *bytes[2];
  size_t lens[2];
  fixture_keys();
  for (size_t i = 0; i < 2; i++) {
    fixture_unsigned("s.gsp", 600, "");
    for (size_t k = 0; k < 3; k++) { /* the third time changes nothing */
      assert_int_equal(fixture_run(k == 1 ? &gss_cosign : &gss_sign, NULL, "--key",
                                   orders[i][k % 2], "--keyring", "acme.gsk", "s.gsp", NULL),
                       GS_OK);
    }
    bytes[i] = fixture_read("s.gsp", &lens[i]);
  }
  assert_int_equal(lens[0], lens[1]);
  assert_memory_equal(bytes[0], bytes[1], lens[0]);
  free(bytes[0]);
  free(bytes[1]);
}

static void a_refused_signing_leaves_the_package_as_it_was(void **state) {
  (void)state;
  struct gsh_error err;
  size_t before_len;
  size_t after_len;
  fixture_keys();
  fixture_unsigned("s.gsp", 600, "");
  uint8_t *before = fixture_read("s.gsp", &before_len);
  assert_int_equal(
      fixture_run(&gss_sign, &err, "--key", "stranger.pem", "--keyring", "acme.gsk", "s.gsp", NULL),
      GS_E_KEY_UNKNOWN);
  assert_int_equal(
      fixture_run(&gss_sign, &err, "--key", "root.pem", "--keyring", "acme.gsk", "s.gsp", NULL),
      GS_E_KEY_ROLE);
  assert_int_equal(fixture_run(&gss_cosign, &err, "--key", "release.pem", "--keyring", "acme.gsk",
                               "s.gsp", NULL),
                   GS_E_USAGE);
  assert_int_equal(fixture_run(&gss_keyring_new, NULL, "--root", "root.pem", "--release",
                               "release.pem", "--product", "com.acme.pump", "-o", "pump.gsk", NULL),
                   GS_OK);
  assert_int_equal(
      fixture_run(&gss_sign, &err, "--key", "release.pem", "--keyring", "pump.gsk", "s.gsp", NULL),
      GS_E_KEY_SCOPE);
  uint8_t *after = fixture_read("s.gsp", &after_len);
  assert_int_equal(before_len, after_len);
  assert_memory_equal(before, after, before_len);
  before[before_len - 1] ^= 1;
  fixture_write("s.gsp", before, before_len);
  assert_int_equal(
      fixture_run(&gss_sign, &err, "--key", "release.pem", "--keyring", "acme.gsk", "s.gsp", NULL),
      GS_E_FILE_MALFORMED);
  free(before);
  free(after);
}

static void names_give_ids_as_the_specification_says(void **state) {
  (void)state;
  uint8_t id[GS_ID_BYTES];
  uint8_t digest[GS_DIGEST_BYTES];
  assert_int_equal(gs_crypto_init(), GS_OK);
  assert_int_equal(gsh_id_from_name("com.acme.ctrl", id), GS_OK);
  assert_int_equal(gs_sha256("gapseal:id:v1\0com.acme.ctrl", 27, digest), GS_OK);
  assert_memory_equal(id, digest, sizeof id);
  char name[66];
  memset(name, 'a', sizeof name);
  name[65] = '\0';
  assert_int_equal(gsh_id_from_name(name, id), GS_E_RANGE);
  name[64] = '\0';
  assert_int_equal(gsh_id_from_name(name, id), GS_OK);
  assert_int_equal(gsh_id_from_name("", id), GS_E_RANGE);
  assert_int_equal(gsh_id_from_name("A", id), GS_E_RANGE);
  assert_int_equal(gsh_id_from_name("a_b", id), GS_E_RANGE);
}

static void what_is_no_package_is_refused(void **state) {
  (void)state;
  struct gsh_error err;
  struct gsh_package *p = NULL;
  assert_int_equal(gsh_package_open("absent.gsp", &p, &err), GS_E_FILE_READ);
  assert_null(p);
  assert_int_equal(gsh_package_open(".", &p, &err), GS_E_FILE_READ);
  assert_int_equal(gsh_package_open("/dev/null", &p, &err), GS_E_FILE_READ);
  fixture_write("x", "hello", 5);
  assert_int_equal(gsh_package_open("x", &p, &err), GS_E_FILE_MALFORMED);
  /* A section that claims 2^64 - 1 bytes. */
  fixture_write("x", "gapseal\x01MNFS\xff\xff\xff\xff\xff\xff\xff\xff", 20);
  assert_int_equal(gsh_package_open("x", &p, &err), GS_E_FILE_MALFORMED);
  assert_null(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_packed_is_read_back),
      cmocka_unit_test(pages_and_blocks_add_up_to_the_image),
      cmocka_unit_test(a_file_that_changes_while_open_is_noticed),
      cmocka_unit_test(progress_may_stop_the_reading),
      cmocka_unit_test(the_trusted_keyring_decides_and_its_own_chain_only_without),
      cmocka_unit_test(the_chain_extends_what_is_trusted),
      cmocka_unit_test(a_look_verifies_no_keyring_that_nobody_trusts),
      cmocka_unit_test(what_a_newer_trusted_keyring_revokes_stays_revoked),
      cmocka_unit_test(signing_leaves_the_same_bytes_whatever_the_order),
      cmocka_unit_test(a_refused_signing_leaves_the_package_as_it_was),
      cmocka_unit_test(names_give_ids_as_the_specification_says),
      cmocka_unit_test(what_is_no_package_is_refused),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
