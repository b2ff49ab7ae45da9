/* SPDX-License-Identifier: Apache-2.0
 * Where the parts of a trailer lie: docs/spec/flash.md, section "Slot", worked by hand.
 */
#include "gapseal/policy.h"
#include "gapseal/trailer.h"
#include "unit.h"

struct shape {
  uint32_t slot, erase, write, manifest, block, pages;
};

static enum gs_status lay(const struct shape *s, struct gs_trailer *out) {
  return gs_trailer_layout(s->slot, s->erase, s->write, s->manifest, s->block, s->pages, out);
}

static void parts_lie_where_the_specification_says(void **state) {
  (void)state;
  static const struct {
    struct shape shape;
    struct gs_trailer want;
  } rows[] = {
      /* Small pages end where the head begins. */
      {{65536, 4096, 8, 1024, 1024, 2}, {64368, 64384, 1024, 65408, 64, 62320, 1024, 61440}},
      /* Everything is rounded up to write units. */
      {{65536, 4096, 512, 1000, 256, 3}, {62976, 63488, 1024, 64512, 512, 61440, 512, 61440}},
      {{65536, 4096, 4, 1021, 1024, 1}, {64368, 64384, 1024, 65408, 64, 63344, 1024, 61440}},
      /* Pages of whole erase units have units of their own. */
      {{16384, 1024, 4, 1024, 1024, 2}, {15216, 15232, 1024, 16256, 64, 12288, 1024, 12288}},
      {{16384, 1024, 4, 1024, 2048, 2}, {15216, 15232, 1024, 16256, 64, 10240, 2048, 10240}},
      /* The head alone. */
      {{65536, 4096, 8, 1024, 0, 0}, {64368, 64384, 1024, 65408, 64, 0, 0, 61440}},
      {{65536, 4096, 8, 1024, 4096, 0}, {64368, 64384, 1024, 65408, 64, 0, 4096, 61440}},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct gs_trailer got;
    const struct gs_trailer *want = &rows[i].want;
    const struct shape *s = &rows[i].shape;
    assert_int_equal(lay(s, &got), GS_OK);
    assert_int_equal(got.header, want->header);
    assert_int_equal(got.envelope, want->envelope);
    assert_int_equal(got.envelope_cap, want->envelope_cap);
    assert_int_equal(got.acceptance, want->acceptance);
    assert_int_equal(got.acceptance_stride, want->acceptance_stride);
    assert_int_equal(got.acceptance + GS_ACCEPTANCE_CELLS * got.acceptance_stride, s->slot);
    assert_int_equal(got.pages, want->pages);
    assert_int_equal(got.page_stride, want->page_stride);
    assert_int_equal(got.begin, want->begin);
    assert_int_equal(
        gs_trailer_offset(s->slot, s->erase, s->write, s->manifest, s->block, s->pages),
        want->begin);
  }
}

/* A head of 16 + 1,024 + 2 * 64 = 1,168 bytes, in erase units of 16. */
static void trailer_leaves_a_unit_for_the_image_or_does_not_fit(void **state) {
  (void)state;
  static const struct {
    struct shape shape;
    enum gs_status want;
  } rows[] = {
      {{1184, 16, 8, 1024, 0, 0}, GS_OK},
      {{1168, 16, 8, 1024, 0, 0}, GS_E_IMAGE_SIZE},
      {{1152, 16, 8, 1024, 0, 0}, GS_E_IMAGE_SIZE},
      {{8192, 4096, 8, 1024, 0, 0}, GS_OK},
      {{4096, 4096, 8, 1024, 0, 0}, GS_E_IMAGE_SIZE},
      {{65536, 0, 8, 1024, 0, 0}, GS_E_IMAGE_SIZE},
      {{65536, 3000, 8, 1024, 0, 0}, GS_E_IMAGE_SIZE},
      {{UINT32_MAX, 1u << 25, 8, 1024, 0, 0}, GS_E_IMAGE_SIZE},
      {{65536, 4096, 8, 1024, 1024, GS_PAGES_MAX + 1u}, GS_E_IMAGE_SIZE},
      {{65536, 4096, 0, 1024, 0, 0}, GS_E_IMAGE_SIZE},
      /* Sums that would wrap in 32 bits. */
      {{65536, 4096, 8, UINT32_MAX, 0, 0}, GS_E_IMAGE_SIZE},
      {{65536, 4096, 8, 1024, UINT32_MAX, 1}, GS_E_IMAGE_SIZE},
      {{65536, 4096, 8, 1024, 65536, 65536}, GS_E_IMAGE_SIZE},
      {{UINT32_MAX, 4096, 8, 1024, UINT32_MAX, UINT32_MAX}, GS_E_IMAGE_SIZE},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct gs_trailer got;
    const struct shape *s = &rows[i].shape;
    assert_int_equal(lay(s, &got), rows[i].want);
    assert_int_equal(
        gs_trailer_offset(s->slot, s->erase, s->write, s->manifest, s->block, s->pages) != 0,
        rows[i].want == GS_OK);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parts_lie_where_the_specification_says),
      cmocka_unit_test(trailer_leaves_a_unit_for_the_image_or_does_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
