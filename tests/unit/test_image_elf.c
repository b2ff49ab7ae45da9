/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "image.h"
#include "package_fixture.h"
#include "unit.h"

#define FILE_BYTES 400u

struct shape {
  bool wide, big;
};
static const struct shape shapes[] = {{false, false}, {false, true}, {true, false}, {true, true}};

static void put(const struct shape *s, uint8_t *at, size_t len, uint64_t v) {
  for (size_t i = 0; i < len; i++) {
    at[s->big ? len - 1 - i : i] = (uint8_t)(v >> (8 * i));
  }
}

struct segment {
  uint32_t type;
  uint64_t off, address, in_file, in_memory;
};

static size_t word(const struct shape *s) {
  return s->wide ? 8 : 4;
}

static void put_segment(const struct shape *s, uint8_t *at, const struct segment *g) {
  put(s, at, 4, g->type);
  put(s, at + (s->wide ? 8 : 4), word(s), g->off);
  put(s, at + (s->wide ? 16 : 8), word(s), 0x7000); /* virtual: not looked at */
  put(s, at + (s->wide ? 24 : 12), word(s), g->address);
  put(s, at + (s->wide ? 32 : 16), word(s), g->in_file);
  put(s, at + (s->wide ? 40 : 20), word(s), g->in_memory);
}

/* Two program headers right after the ELF header; bytes 300.. are their content. */
static void build(const struct shape *s, uint8_t file[FILE_BYTES], const struct segment *a,
                  const struct segment *b) {
  size_t head = s->wide ? 64 : 52;
  size_t entry = s->wide ? 56 : 32;
  memset(file, 0, FILE_BYTES);
  for (size_t i = 300; i < FILE_BYTES; i++) {
    file[i] = (uint8_t)i;
  }
  memcpy(file,
         "\x7f"
         "ELF",
         4);
  file[4] = s->wide ? 2 : 1;
  file[5] = s->big ? 2 : 1;
  file[6] = 1;
  put(s, file + 16, 2, 2);
  put(s, file + (s->wide ? 32 : 28), word(s), head);
  put(s, file + (s->wide ? 54 : 42), 2, entry);
  put(s, file + (s->wide ? 56 : 44), 2, 2);
  put_segment(s, file + head, a);
  put_segment(s, file + head + entry, b);
}

static const struct segment code = {1, 300, 0x80000000, 16, 16};
static const struct segment data = {1, 320, 0x80000014, 8, 4096};

static enum gs_status open_bytes(struct image *im, const void *bytes, size_t len,
                                 struct gsh_error *err) {
  fixture_write("a.elf", bytes, len);
  return image_open(im, "a.elf", IMAGE_ELF, err);
}

static void segments_load_at_physical_addresses(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(shapes); i++) {
    uint8_t file[FILE_BYTES];
    uint8_t buf[28];
    struct image im;
    struct gsh_error err;
    build(&shapes[i], file, &data, &code);
    assert_int_equal(open_bytes(&im, file, sizeof file, &err), GS_OK);
    assert_true(im.has_address);
    assert_true(image_base(&im) == 0x80000000);
    assert_int_equal(image_size(&im), 28);
    assert_int_equal(image_read(&im, 0, buf, sizeof buf, &err), GS_OK);
    assert_memory_equal(buf, file + 300, 16);
    assert_memory_equal(buf + 16, "\xff\xff\xff\xff", 4);
    assert_memory_equal(buf + 20, file + 320, 8);
    image_close(&im);
  }
}

static void other_segments_and_empty_ones_are_left_out(void **state) {
  (void)state;
  const struct segment note = {4, 0xFFFFFFF0, 0, 16, 16};
  const struct segment bss = {1, 0xFFFFFFF0, 0x90000000, 0, 4096};
  for (size_t i = 0; i < COUNT(shapes); i++) {
    uint8_t file[FILE_BYTES];
    struct image im;
    struct gsh_error err;
    build(&shapes[i], file, &note, &code);
    assert_int_equal(open_bytes(&im, file, sizeof file, &err), GS_OK);
    assert_int_equal(im.count, 1);
    image_close(&im);
    build(&shapes[i], file, &bss, &note);
    assert_int_equal(open_bytes(&im, file, sizeof file, &err), GS_E_IMAGE_FILE);
    image_close(&im);
  }
}

static void offsets_are_not_trusted(void **state) {
  (void)state;
  static const struct segment bad[] = {
      {1, FILE_BYTES, 0, 1, 1},   {1, FILE_BYTES - 8, 0, 9, 9}, {1, 0xFFFFFFFF, 0, 1, 1},
      {1, 300, 0, 0xFFFFFFFF, 1}, {1, 300, 0, 16, 15},          {1, 300, 0x80000008, 16, 16},
  };
  for (size_t i = 0; i < COUNT(shapes); i++) {
    for (size_t k = 0; k < COUNT(bad); k++) {
      uint8_t file[FILE_BYTES];
      struct image im;
      struct gsh_error err;
      build(&shapes[i], file, &code, &bad[k]);
      assert_int_equal(open_bytes(&im, file, sizeof file, &err), GS_E_IMAGE_FILE);
      image_close(&im);
    }
  }
}

static void addresses_do_not_wrap(void **state) {
  (void)state;
  const struct segment last32 = {1, 300, 0xFFFFFFF8, 16, 16};
  const struct segment last64 = {1, 300, 0xFFFFFFFFFFFFFFF8, 16, 16};
  uint8_t file[FILE_BYTES];
  struct image im;
  struct gsh_error err;
  build(&shapes[0], file, &last32, &last32);
  assert_int_equal(open_bytes(&im, file, sizeof file, &err), GS_E_IMAGE_FILE);
  image_close(&im);
  build(&shapes[2], file, &last64, &last64);
  assert_int_equal(open_bytes(&im, file, sizeof file, &err), GS_E_IMAGE_FILE);
  image_close(&im);
}

static void addresses_above_4_gib_are_refused_when_cut(void **state) {
  (void)state;
  const struct segment high = {1, 300, 0x100000000, 16, 16};
  const struct segment none = {0, 0, 0, 0, 0};
  const struct image_window whole = {0};
  uint8_t file[FILE_BYTES];
  struct image im;
  struct gsh_error err;
  build(&shapes[2], file, &high, &none);
  assert_int_equal(open_bytes(&im, file, sizeof file, &err), GS_OK);
  assert_int_equal(image_cut(&im, &whole, &err), GS_E_IMAGE_FILE);
  assert_non_null(strstr(err.what, "4 GiB"));
  image_close(&im);
}

static void headers_are_checked(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint8_t value;
  } bad[] = {{0, 0}, {4, 3}, {4, 0}, {5, 0}, {6, 2}, {16, 1}, {56, 0xFF}, {54, 8}, {33, 0xFF}};
  uint8_t file[FILE_BYTES];
  struct image im;
  struct gsh_error err;
  for (size_t i = 0; i < COUNT(bad); i++) {
    build(&shapes[2], file, &code, &data);
    file[bad[i].at] = bad[i].value;
    assert_int_equal(open_bytes(&im, file, sizeof file, &err), GS_E_IMAGE_FILE);
    image_close(&im);
  }
}

/* Neither a shorter file nor a changed byte may lead anywhere but to a clean answer. */
static void damaged_files_are_survived(void **state) {
  (void)state;
  uint8_t file[FILE_BYTES];
  struct image im;
  struct gsh_error err;
  build(&shapes[2], file, &code, &data);
  for (size_t len = 1; len < FILE_BYTES; len++) {
    enum gs_status status = open_bytes(&im, file, len, &err);
    assert_true(status == GS_E_IMAGE_FILE || (status == GS_OK && len >= 328));
    image_close(&im);
  }
  for (size_t i = 0; i < 64 + 2 * 56; i++) {
    for (unsigned flip = 1; flip < 256; flip <<= 1) {
      file[i] = (uint8_t)(file[i] ^ flip);
      if (open_bytes(&im, file, sizeof file, &err) == GS_OK) {
        const struct image_window whole = {0};
        if (image_cut(&im, &whole, &err) == GS_OK) {
          uint8_t buf[64];
          size_t n = image_size(&im) < sizeof buf ? (size_t)image_size(&im) : sizeof buf;
          assert_int_equal(image_read(&im, image_size(&im) - n, buf, n, &err), GS_OK);
        }
      }
      image_close(&im);
      file[i] = (uint8_t)(file[i] ^ flip);
    }
  }
}

static void formats_are_told_by_content(void **state) {
  (void)state;
  struct image im;
  struct gsh_error err;
  uint8_t file[FILE_BYTES];
  build(&shapes[0], file, &code, &data);
  fixture_write("x", file, sizeof file);
  assert_int_equal(image_open(&im, "x", IMAGE_AUTO, &err), GS_OK);
  assert_int_equal(im.format, IMAGE_ELF);
  image_close(&im);
  fixture_write("x", ":020000000102FB\n:00000001FF\n", 28);
  assert_int_equal(image_open(&im, "x", IMAGE_AUTO, &err), GS_OK);
  assert_int_equal(im.format, IMAGE_HEX);
  image_close(&im);
  assert_int_equal(image_open(&im, "x@0x100", IMAGE_AUTO, &err), GS_E_USAGE);
  image_close(&im);
  assert_int_equal(image_open(&im, "x@0x100", IMAGE_RAW, &err), GS_OK);
  assert_true(im.has_address);
  assert_int_equal(image_base(&im), 0x100);
  image_close(&im);
  fixture_write("x", ":hello", 6);
  assert_int_equal(image_open(&im, "x", IMAGE_AUTO, &err), GS_OK);
  assert_int_equal(im.format, IMAGE_RAW);
  assert_false(im.has_address);
  image_close(&im);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(segments_load_at_physical_addresses),
      cmocka_unit_test(other_segments_and_empty_ones_are_left_out),
      cmocka_unit_test(offsets_are_not_trusted),
      cmocka_unit_test(addresses_do_not_wrap),
      cmocka_unit_test(addresses_above_4_gib_are_refused_when_cut),
      cmocka_unit_test(headers_are_checked),
      cmocka_unit_test(damaged_files_are_survived),
      cmocka_unit_test(formats_are_told_by_content),
  };
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
