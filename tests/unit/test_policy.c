/* SPDX-License-Identifier: Apache-2.0
 * The order of the rules and their edges. One damage each is a vector (proto/vectors).
 */
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "gapseal/policy.h"
#include "unit.h"

static const uint32_t edges[] = {0, 1, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFEu, 0xFFFFFFFFu};

struct scene {
  struct fixture_manifest f;
  struct gs_policy_device d;
  struct gs_policy_result r;
  uint8_t digest[GS_DIGEST_BYTES];
};

static void set(struct scene *s) {
  memset(s, 0, sizeof *s);
  fixture_manifest(&s->f, 1);
  fixture_device(&s->d);
  memset(s->digest, 0x42, sizeof s->digest);
}

static enum gs_status judge(struct scene *s) {
  return gs_policy_judge(&s->f.m, s->digest, &s->d, &s->r);
}

static void good_manifest_is_taken(void **state) {
  (void)state;
  struct scene s;
  set(&s);
  s.r.variant = 7; /* stale */
  s.r.already_running = true;
  assert_int_equal(judge(&s), GS_OK);
  assert_int_equal(s.r.variant, 0);
  assert_false(s.r.already_running);
}

static void variant_follows_the_staging_slot(void **state) {
  (void)state;
  struct scene s;
  set(&s);
  fixture_manifest(&s.f, 2);
  for (uint32_t slot = 0; slot < 2; slot++) {
    s.d.staging_slot = slot;
    assert_int_equal(judge(&s), GS_OK);
    assert_int_equal(s.r.variant, slot);
  }
  s.d.staging_slot = 2;
  assert_int_equal(judge(&s), GS_E_INTERNAL);
  s.d.staging_slot = 32;
  assert_int_equal(judge(&s), GS_E_INTERNAL);
}

static void policy_compares_security_version_and_floor_unsigned(void **state) {
  (void)state;
  struct scene s;
  for (size_t i = 0; i < COUNT(edges); i++) {
    for (size_t j = 0; j < COUNT(edges); j++) {
      set(&s);
      s.d.has_running = false;
      s.d.security_step_max = 0xFFFFFFFFu;
      s.d.floor = edges[i];
      s.f.m.fields.security_version = edges[j];
      s.f.m.fields.raises_floor_to = 0;
      enum gs_status want = edges[j] >= edges[i] ? GS_OK : GS_E_BELOW_FLOOR;
      assert_int_equal(judge(&s), want);
      if (want != GS_OK) {
        assert_int_equal(s.r.expected, edges[i]);
        assert_int_equal(s.r.got, edges[j]);
      }
    }
  }
}

static void step_above_the_floor_is_capped_without_wrapping(void **state) {
  (void)state;
  struct scene s;
  for (size_t i = 0; i < COUNT(edges); i++) {
    for (size_t j = 0; j < COUNT(edges); j++) {
      set(&s);
      s.d.has_running = false;
      s.d.floor = edges[i];
      s.d.security_step_max = 1000;
      s.f.m.fields.security_version = edges[j];
      s.f.m.fields.raises_floor_to = 0;
      uint64_t top = (uint64_t)edges[i] + 1000;
      enum gs_status want = edges[j] < edges[i] ? GS_E_BELOW_FLOOR
                            : edges[j] > top    ? GS_E_VERSION_JUMP
                                                : GS_OK;
      assert_int_equal(judge(&s), want);
      if (want == GS_E_VERSION_JUMP) {
        assert_true(s.r.expected == top);
      }
    }
  }
}

static void floor_may_not_rise_above_what_the_counter_reaches(void **state) {
  (void)state;
  struct scene s;
  set(&s);
  s.d.floor_max = 4;
  assert_int_equal(judge(&s), GS_OK);
  s.d.floor_max = 3;
  assert_int_equal(judge(&s), GS_E_FLOOR_EXHAUSTED);
  assert_int_equal(s.r.expected, 3);
  assert_int_equal(s.r.got, 4);
  s.f.m.fields.raises_floor_to = 3;
  s.d.floor_max = 0; /* nothing is to be raised */
  assert_int_equal(judge(&s), GS_OK);
}

static void releases_compare_unsigned(void **state) {
  (void)state;
  struct scene s;
  for (size_t i = 0; i < COUNT(edges); i++) {
    for (size_t j = 0; j < COUNT(edges); j++) {
      set(&s);
      s.d.running_release = edges[i];
      s.f.m.fields.release = edges[j];
      assert_int_equal(judge(&s), edges[j] < edges[i] ? GS_E_OLDER : GS_OK);
      s.d.older_allowed = true;
      assert_int_equal(judge(&s), GS_OK);
      set(&s);
      s.d.floor = 0;
      s.d.security_step_max = 0xFFFFFFFFu;
      s.d.running_security_version = edges[i];
      s.f.m.fields.security_version = edges[j];
      s.f.m.fields.raises_floor_to = 0;
      assert_int_equal(judge(&s), edges[j] < edges[i] ? GS_E_OLDER : GS_OK);
      set(&s);
      s.d.running_release = edges[i];
      s.f.m.fields.release = 0xFFFFFFFFu;
      s.f.m.fields.requires_release = edges[j];
      assert_int_equal(judge(&s), edges[i] < edges[j] ? GS_E_REQUIRES : GS_OK);
    }
  }
}

static void running_package_is_already_installed(void **state) {
  (void)state;
  struct scene s;
  set(&s);
  memcpy(s.d.running_package, s.digest, sizeof s.digest);
  assert_int_equal(judge(&s), GS_E_ALREADY);
  assert_true(s.r.already_running);
  s.d.reinstall = true;
  assert_int_equal(judge(&s), GS_OK);
  assert_true(s.r.already_running);
  s.d.has_running = false;
  assert_int_equal(judge(&s), GS_OK);
  assert_false(s.r.already_running);
}

static void recovery_judges_no_release_but_the_floor(void **state) {
  (void)state;
  struct scene s;
  set(&s);
  s.d.has_running = false;
  s.f.m.fields.release = 1;
  s.f.m.fields.requires_release = 100;
  s.d.running_security_version = 50;
  assert_int_equal(judge(&s), GS_OK);
  s.d.floor = 5;
  assert_int_equal(judge(&s), GS_E_BELOW_FLOOR);
}

static void board_needs_id_and_revision(void **state) {
  (void)state;
  struct scene s;
  for (uint32_t revision = 0; revision < 6; revision++) {
    set(&s);
    s.d.revision = revision;
    assert_int_equal(judge(&s), revision >= 1 && revision <= 3 ? GS_OK : GS_E_HARDWARE);
  }
  set(&s);
  s.f.m.fields.hardware[1] = s.f.m.fields.hardware[0];
  s.f.m.fields.hardware_count = 2;
  s.f.m.fields.hardware[0].id[0] ^= 1u;
  assert_int_equal(judge(&s), GS_OK); /* any entry will do */
  s.d.hardware[5] ^= 1u;
  assert_int_equal(judge(&s), GS_E_HARDWARE);
}

static void image_and_trailer_fit_the_slot(void **state) {
  (void)state;
  struct scene s;
  set(&s);
  struct gs_table_shape shape = gs_manifest_table(&s.f.m, 0);
  uint32_t room = gs_trailer_offset(s.d.slot_size, s.d.erase_size, s.d.write_size, s.d.manifest_max,
                                    FIXTURE_BLOCK_BYTES, shape.pages);
  assert_in_range(room, 4096, s.d.slot_size - 4096);
  s.d.slot_size = 4096;
  assert_int_equal(judge(&s), GS_E_IMAGE_SIZE);
  set(&s);
  s.f.m.fields.variants[0].size = 0xFFFFFFFFu;
  assert_int_equal(judge(&s), GS_E_IMAGE_SIZE);
}

/* Everything is wrong; mended one by one, the statuses come in the order of the rules. */
static void rules_refuse_in_their_order(void **state) {
  (void)state;
  struct scene s;
  set(&s);
  gapseal_v1_Manifest *m = &s.f.m.fields;
  m->product[0] ^= 1u;
  m->hardware[0].id[0] ^= 1u;
  m->min_stub = 2;
  m->variants[0].slots = 1;
  s.d.block_max = 512;
  s.d.slot_size = 16384;
  m->security_version = 2;
  m->raises_floor_to = 2000;
  s.d.floor_max = 3;
  memcpy(s.d.running_package, s.digest, sizeof s.digest);
  m->release = 6;
  m->requires_release = 8;
  assert_int_equal(judge(&s), GS_E_PRODUCT);
  m->product[0] ^= 1u;
  assert_int_equal(judge(&s), GS_E_HARDWARE);
  m->hardware[0].id[0] ^= 1u;
  assert_int_equal(judge(&s), GS_E_STUB_OLD);
  m->min_stub = 1;
  assert_int_equal(judge(&s), GS_E_NO_VARIANT);
  m->variants[0].slots = 3;
  m->variants[0].has_load_address = true;
  m->variants[0].load_address = FIXTURE_ADDRESS_A;
  assert_int_equal(judge(&s), GS_E_NO_VARIANT);
  m->variants[0].load_address = FIXTURE_ADDRESS_B;
  assert_int_equal(judge(&s), GS_E_BLOCK_SIZE);
  s.d.block_max = 1024;
  assert_int_equal(judge(&s), GS_E_IMAGE_SIZE);
  s.d.slot_size = 65536;
  assert_int_equal(judge(&s), GS_E_BELOW_FLOOR);
  m->security_version = 1004;
  assert_int_equal(judge(&s), GS_E_VERSION_JUMP);
  m->security_version = 1003;
  assert_int_equal(judge(&s), GS_E_FLOOR_EXHAUSTED);
  m->raises_floor_to = 3;
  assert_int_equal(judge(&s), GS_E_ALREADY);
  s.d.reinstall = true;
  assert_int_equal(judge(&s), GS_E_OLDER);
  s.d.older_allowed = true;
  assert_int_equal(judge(&s), GS_E_REQUIRES);
  m->requires_release = 7;
  assert_int_equal(judge(&s), GS_OK);
}

int main(void) {
  if (gs_crypto_init() != GS_OK) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_manifest_is_taken),
      cmocka_unit_test(variant_follows_the_staging_slot),
      cmocka_unit_test(policy_compares_security_version_and_floor_unsigned),
      cmocka_unit_test(step_above_the_floor_is_capped_without_wrapping),
      cmocka_unit_test(floor_may_not_rise_above_what_the_counter_reaches),
      cmocka_unit_test(releases_compare_unsigned),
      cmocka_unit_test(running_package_is_already_installed),
      cmocka_unit_test(recovery_judges_no_release_but_the_floor),
      cmocka_unit_test(board_needs_id_and_revision),
      cmocka_unit_test(image_and_trailer_fit_the_slot),
      cmocka_unit_test(rules_refuse_in_their_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
