/* SPDX-License-Identifier: Apache-2.0
 * The rows of docs/spec/policy.md, rules 6 to 9: one test for each value that a condition can
 * take. Each starts from a manifest and a device that agree and changes one thing; where two
 * conditions must meet for a refusal, each of them is seen alone as well.
 */
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "gapseal/policy.h"
#include "unit.h"

struct scene {
  struct fixture_manifest f;
  struct gs_policy_device d;
  uint8_t digest[GS_DIGEST_BYTES];
};

struct row {
  const char *name;
  void (*change)(struct scene *s, gapseal_v1_Manifest *m, struct gs_policy_device *d);
  enum gs_status status;
  uint32_t expected, got; /* the numbers behind a refusal */
};

/* Manifest: release 8, security version 4, raises the floor to 4, board revisions 1 to 3.
 * Device: revision 2, stub 1, blocks of 1,024, floor 3; runs release 7, security version 3. */
#define ROWS(R)                                                                                    \
  R(manifest_for_this_device_is_taken, GS_OK, 0, 0, (void)m)                                       \
  /* rule 6 */                                                                                     \
  R(other_product_is_refused, GS_E_PRODUCT, 0, 0, m->product[GS_ID_BYTES - 1] ^= 1u)               \
  R(other_board_is_refused, GS_E_HARDWARE, 2, 0, d->hardware[GS_ID_BYTES - 1] ^= 1u)               \
  R(no_board_is_refused, GS_E_HARDWARE, 2, 0, m->hardware_count = 0)                               \
  R(revision_below_the_first_is_refused, GS_E_HARDWARE, 0, 1, d->revision = 0)                     \
  R(first_revision_is_taken, GS_OK, 0, 0, d->revision = 1)                                         \
  R(last_revision_is_taken, GS_OK, 0, 0, d->revision = 3)                                          \
  R(revision_above_the_last_is_refused, GS_E_HARDWARE, 4, 3, d->revision = 4)                      \
  R(second_board_entry_will_do, GS_OK, 0, 0, add_board(m); m->hardware[0].id[0] ^= 1u)             \
  R(second_revision_range_will_do, GS_OK, 0, 0, add_board(m); d->revision = 7;                     \
    m->hardware[1].last_revision = 7)                                                              \
  R(range_of_another_board_does_not_count, GS_E_HARDWARE, 7, 3, add_board(m); d->revision = 7;     \
    m->hardware[1].last_revision = 7; m->hardware[1].id[0] ^= 1u)                                  \
  R(stub_older_than_wanted_is_refused, GS_E_STUB_OLD, 1, 2, m->min_stub = 2)                       \
  R(stub_newer_than_wanted_is_taken, GS_OK, 0, 0, d->stub_version = 2)                             \
  /* rule 7 */                                                                                     \
  R(no_third_slot_is_staged, GS_E_INTERNAL, 0, 0, d->staging_slot = 2)                             \
  R(variant_for_the_other_slot_is_refused, GS_E_NO_VARIANT, 0, 0, m->variants[0].slots = 1)        \
  R(variant_for_this_slot_alone_is_taken, GS_OK, 0, 0, m->variants[0].slots = 2)                   \
  R(variant_linked_elsewhere_is_refused, GS_E_NO_VARIANT, FIXTURE_ADDRESS_B, FIXTURE_ADDRESS_A,    \
    link_at(m, FIXTURE_ADDRESS_A))                                                                 \
  R(variant_linked_here_is_taken, GS_OK, 0, 0, link_at(m, FIXTURE_ADDRESS_B))                      \
  R(address_that_is_not_stated_is_not_judged, GS_OK, 0, 0, link_at(m, FIXTURE_ADDRESS_A);          \
    m->variants[0].has_load_address = false)                                                       \
  R(block_larger_than_the_buffer_is_refused, GS_E_BLOCK_SIZE, 512, 1024, d->block_max = 512)       \
  R(block_smaller_than_the_buffer_is_taken, GS_OK, 0, 0, d->block_max = 2048)                      \
  R(image_that_reaches_the_trailer_is_taken, GS_OK, 0, 0, m->variants[0].size = room(s))           \
  R(image_that_enters_the_trailer_is_refused, GS_E_IMAGE_SIZE, room(&fresh), room(&fresh) + 1,     \
    m->variants[0].size = room(s) + 1)                                                             \
  R(slot_without_erase_units_has_no_room, GS_E_IMAGE_SIZE, 0, FIXTURE_IMAGE_BYTES,                 \
    d->erase_size = 0)                                                                             \
  R(slot_without_write_units_has_no_room, GS_E_IMAGE_SIZE, 0, FIXTURE_IMAGE_BYTES,                 \
    d->write_size = 0)                                                                             \
  R(slot_as_large_as_its_trailer_has_no_room, GS_E_IMAGE_SIZE, 0, FIXTURE_IMAGE_BYTES,             \
    d->slot_size = 1024)                                                                           \
  R(slot_of_one_erase_unit_has_no_room, GS_E_IMAGE_SIZE, 0, FIXTURE_IMAGE_BYTES,                   \
    d->slot_size = 4096)                                                                           \
  /* rule 8 */                                                                                     \
  R(version_below_the_floor_is_refused, GS_E_BELOW_FLOOR, 5, 4, d->floor = 5)                      \
  R(version_at_the_floor_is_taken, GS_OK, 0, 0, d->floor = 4)                                      \
  R(version_at_the_step_is_taken, GS_OK, 0, 0, m->security_version = 1003)                         \
  R(version_above_the_step_is_refused, GS_E_VERSION_JUMP, 1003, 1004, m->security_version = 1004)  \
  R(step_to_the_end_of_numbers_is_told_whole, GS_E_VERSION_JUMP, 1003, UINT32_MAX,                 \
    m->security_version = UINT32_MAX)                                                              \
  R(floor_above_the_counter_is_refused, GS_E_FLOOR_EXHAUSTED, 3, 4, d->floor_max = 3)              \
  R(floor_at_the_counter_is_taken, GS_OK, 0, 0, d->floor_max = 4)                                  \
  R(floor_that_does_not_rise_needs_no_counter, GS_OK, 0, 0, m->raises_floor_to = 3;                \
    d->floor_max = 0)                                                                              \
  /* rule 9 */                                                                                     \
  R(running_package_is_already_there, GS_E_ALREADY, 0, 0, runs_it(s))                              \
  R(running_package_is_taken_again_when_asked, GS_OK, 0, 0, runs_it(s); d->reinstall = true)       \
  R(asking_again_alone_changes_nothing, GS_OK, 0, 0, d->reinstall = true)                          \
  R(package_is_not_there_where_nothing_runs, GS_OK, 0, 0, runs_it(s); d->has_running = false)      \
  R(older_release_is_refused, GS_E_OLDER, 9, 8, d->running_release = 9)                            \
  R(older_release_is_taken_when_asked, GS_OK, 0, 0, d->running_release = 9;                        \
    d->older_allowed = true)                                                                       \
  R(same_release_is_taken, GS_OK, 0, 0, d->running_release = 8)                                    \
  R(older_version_is_refused, GS_E_OLDER, 5, 4, d->running_security_version = 5)                   \
  R(older_version_is_taken_when_asked, GS_OK, 0, 0, d->running_security_version = 5;               \
    d->older_allowed = true)                                                                       \
  R(same_version_is_taken, GS_OK, 0, 0, d->running_security_version = 4)                           \
  R(older_is_taken_where_nothing_runs, GS_OK, 0, 0, d->running_release = 9;                        \
    d->running_security_version = 5; d->has_running = false)                                       \
  R(release_that_is_required_and_missing_is_refused, GS_E_REQUIRES, 8, 7, m->requires_release = 8) \
  R(release_that_is_required_and_there_is_taken, GS_OK, 0, 0, m->requires_release = 7)             \
  R(nothing_is_required_where_nothing_runs, GS_OK, 0, 0, m->requires_release = 8;                  \
    d->has_running = false)

static struct scene fresh;

/* Another entry like the first. */
static void add_board(gapseal_v1_Manifest *m) {
  m->hardware[1] = m->hardware[0];
  m->hardware_count = 2;
}

static void link_at(gapseal_v1_Manifest *m, uint32_t address) {
  m->variants[0].has_load_address = true;
  m->variants[0].load_address = address;
}

static void runs_it(struct scene *s) {
  memcpy(s->d.running_package, s->digest, sizeof s->digest);
}

/* Of an image in blocks that need two table pages, as one that fills this slot does. */
static uint32_t room(const struct scene *s) {
  return gs_trailer_offset(s->d.slot_size, s->d.erase_size, s->d.write_size, s->d.manifest_max,
                           FIXTURE_BLOCK_BYTES, 2);
}

#define CHANGE(name, status, expected, got, ...)                                          \
  static void name(struct scene *s, gapseal_v1_Manifest *m, struct gs_policy_device *d) { \
    (void)s, (void)m, (void)d;                                                            \
    __VA_ARGS__;                                                                          \
  }
ROWS(CHANGE)

static void judge_row(void **state) {
  const struct row *row = *state;
  struct scene s = fresh;
  struct gs_policy_result r;
  row->change(&s, &s.f.m.fields, &s.d);
  assert_int_equal(gs_policy_judge(&s.f.m, s.digest, &s.d, &r), row->status);
  assert_int_equal(r.expected, row->expected);
  assert_int_equal(r.got, row->got);
}

int main(void) {
  fixture_must(gs_crypto_init() == GS_OK, "cryptography");
  fixture_manifest(&fresh.f, 1);
  fixture_device(&fresh.d);
  memset(fresh.digest, 0x42, sizeof fresh.digest);
#define ROW(name, status, expected, got, ...) {#name, name, status, expected, got},
  struct row rows[] = {ROWS(ROW)};
  struct CMUnitTest tests[COUNT(rows)];
  for (size_t i = 0; i < COUNT(rows); i++) {
    tests[i] = (struct CMUnitTest){
        .name = rows[i].name, .test_func = judge_row, .initial_state = &rows[i]};
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
