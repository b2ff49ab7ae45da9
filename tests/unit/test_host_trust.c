/* SPDX-License-Identifier: Apache-2.0 */
#include "trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gapseal/crypto.h"
#include "pem.h"
#include "platform.h"
#include "unit.h"

static char dir[64], store[96], file[96];
static struct gsh_error err;
static uint8_t root[GS_PRIVATE_KEY_BYTES];

/* Any bytes under any name, whatever was there. */
static void put(const char *name, const void *data, size_t len) {
  FILE *f = fopen(name, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(data, 1, len, f), len);
  assert_int_equal(fclose(f), 0);
}

static int enter(void **state) {
  (void)state;
  strcpy(dir, "/tmp/gapseal-trust-XXXXXX");
  if (gs_crypto_init() != GS_OK || mkdtemp(dir) == NULL || gs_ecdsa_generate(root) != GS_OK) {
    return -1;
  }
  (void)snprintf(store, sizeof store, "%s/store/deep", dir);
  (void)snprintf(file, sizeof file, "%s/file", dir);
  return 0;
}

static int leave(void **state) {
  (void)state;
  char command[160];
  (void)snprintf(command, sizeof command, "rm -rf %s", dir);
  return system(command);
}

static size_t sealed_keyring(uint32_t version, uint8_t *out, size_t cap) {
  struct gs_keyring k;
  uint8_t body[1024], hash[GS_DIGEST_BYTES], sig[GS_SIGNATURE_BYTES], id[GS_KEY_ID_BYTES];
  memset(&k, 0, sizeof k);
  k.fields.has_format = k.fields.has_version = k.fields.has_root_threshold = true;
  k.fields.format = 1;
  k.fields.version = version;
  k.fields.root_threshold = 1;
  k.fields.keys_count = 1;
  gapseal_v1_Key *key = &k.fields.keys[0];
  key->has_key = key->has_role = key->has_algorithm = true;
  key->role = gapseal_v1_Role_ROLE_ROOT;
  key->algorithm = gapseal_v1_Algorithm_ALGORITHM_ECDSA_P256;
  assert_int_equal(gs_ecdsa_public(root, key->key), GS_OK);
  assert_int_equal(gs_key_id(key->key, id), GS_OK);
  size_t n = gs_keyring_encode(&k, body, sizeof body);
  assert_true(n > 0);
  assert_int_equal(gs_signed_hash(GS_OBJECT_KEYRING, body, n, hash), GS_OK);
  assert_int_equal(gs_ecdsa_sign(root, hash, sig), GS_OK);
  struct gs_signature s = {.key_id = id, .sig = sig, .sig_len = sizeof sig};
  return gs_signed_write(body, n, &s, 1, out, cap);
}

/* A keyring file with versions 1 to newest. RFC 6979 signatures make equal versions equal. */
static uint8_t envelopes[4][2048];
static size_t lens[4];
static void write_chain(uint32_t newest) {
  uint8_t data[16384];
  size_t used = 8;
  memcpy(data, "gapkeys\x01", 8);
  for (uint32_t v = 0; v < newest; v++) {
    if (lens[v] == 0) {
      lens[v] = sealed_keyring(v + 1, envelopes[v], sizeof envelopes[v]);
    }
    data[used] = (uint8_t)lens[v];
    data[used + 1] = (uint8_t)(lens[v] >> 8);
    data[used + 2] = 0;
    data[used + 3] = 0;
    memcpy(data + used + 4, envelopes[v], lens[v]);
    used += 4 + lens[v];
  }
  put(file, data, used);
}

static void write_maker(struct gsh_maker *m) {
  uint8_t private_key[GS_PRIVATE_KEY_BYTES];
  char why[128];
  gsh_file_remove(file);
  assert_int_equal(gs_ecdsa_generate(private_key), GS_OK);
  assert_int_equal(gs_ecdsa_public(private_key, m->key), GS_OK);
  assert_int_equal(gs_key_id(m->key, m->id), GS_OK);
  assert_int_equal(gsh_pem_write_public(file, m->key, why, sizeof why), GS_OK);
}

static void counts(size_t makers, size_t keyrings) {
  struct gsh_trust *t = NULL;
  assert_int_equal(gsh_trust_load(store, &t, &err), GS_OK);
  assert_int_equal(t->maker_count, makers);
  assert_int_equal(t->keyring_count, keyrings);
  gsh_trust_free(t);
}

static void a_store_that_is_not_there_is_empty(void **state) {
  (void)state;
  counts(0, 0);
}

static void makers_keys_are_added_listed_and_removed(void **state) {
  (void)state;
  struct gsh_maker m[2];
  struct gsh_trust_item item;
  bool fresh = false;
  for (int i = 0; i < 2; i++) {
    write_maker(&m[i]);
    assert_int_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_OK);
    assert_true(fresh && item.maker);
    assert_int_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_OK);
    assert_false(fresh);
  }
  counts(2, 0);
  assert_int_equal(gsh_trust_drop(store, "zzzz", &item, &err), GS_E_USAGE);
  assert_int_equal(gsh_trust_drop(store, "", &item, &err), GS_E_USAGE);
  assert_int_equal(gsh_trust_drop(store, item.full_id, &item, &err), GS_OK);
  counts(1, 0);
  struct gsh_trust *t = NULL;
  assert_int_equal(gsh_trust_load(store, &t, &err), GS_OK);
  assert_memory_equal(t->makers[0].id, m[0].id, sizeof m[0].id);
  gsh_trust_free(t);
}

static void a_newer_chain_takes_the_place_of_the_older(void **state) {
  (void)state;
  struct gsh_trust_item item;
  bool fresh = false;
  memset(lens, 0, sizeof lens);
  write_chain(1);
  assert_int_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_OK);
  assert_true(fresh);
  write_chain(3);
  assert_int_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_OK);
  assert_true(fresh);
  assert_int_equal(item.version, 3);
  counts(0, 1);
  /* The older one does not come back, and what it lists is not asked any more. */
  write_chain(2);
  assert_int_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_OK);
  assert_false(fresh);
  assert_int_equal(item.version, 3);
  counts(0, 1);
}

static void what_is_neither_key_nor_keyring_is_refused(void **state) {
  (void)state;
  struct gsh_trust_item item;
  bool fresh = true;
  assert_int_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_E_FILE_READ);
  put(file, "hello", 5);
  assert_int_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_E_KEY_FILE);
  assert_false(fresh);
  put(file, "gapkeys\x01zzzz", 12);
  assert_int_not_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_OK);
  counts(0, 0);
}

static void a_damaged_file_in_the_store_is_never_skipped(void **state) {
  (void)state;
  struct gsh_trust_item item;
  struct gsh_trust *t = NULL;
  bool fresh = false;
  uint8_t *data = NULL;
  size_t len = 0;
  memset(lens, 0, sizeof lens);
  write_chain(1);
  assert_int_equal(gsh_trust_put(store, file, &item, &fresh, &err), GS_OK);
  assert_int_equal(gsh_file_read_all(item.path, 65536, &data, &len, &err), GS_OK);
  data[len - 1] ^= 1;
  put(item.path, data, len);
  free(data);
  assert_int_not_equal(gsh_trust_load(store, &t, &err), GS_OK);
  assert_null(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_store_that_is_not_there_is_empty, enter, leave),
      cmocka_unit_test_setup_teardown(makers_keys_are_added_listed_and_removed, enter, leave),
      cmocka_unit_test_setup_teardown(a_newer_chain_takes_the_place_of_the_older, enter, leave),
      cmocka_unit_test_setup_teardown(what_is_neither_key_nor_keyring_is_refused, enter, leave),
      cmocka_unit_test_setup_teardown(a_damaged_file_in_the_store_is_never_skipped, enter, leave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
