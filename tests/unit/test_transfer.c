/* SPDX-License-Identifier: Apache-2.0
 * From begin to a candidate: nothing unverified is written, what is there is kept, and flash
 * that fails is noticed.
 */
#include "engine_test.h"

static const struct gs_begin_options wire = {.door = GS_DOOR_WIRE};

/* The same bytes everywhere, and no operation in between. */
static void assert_untouched(const struct fake_device *d, uint32_t ops) {
  assert_int_equal(gs_flash_model_ops(d->flash), ops);
}

static const uint8_t *block_at(const struct fake_package *p, uint32_t i) {
  return p->image + (size_t)i * p->block_size;
}

static uint32_t block_len(const struct fake_package *p, uint32_t i) {
  uint32_t off = i * p->block_size;
  return p->size - off < p->block_size ? p->size - off : p->block_size;
}

static void send_table(struct fake_device *d, const struct fake_package *p) {
  for (uint32_t i = 0; i < p->pages; i++) {
    uint32_t all = p->blocks * GS_DIGEST_BYTES;
    uint32_t off = i * p->block_size;
    uint32_t len = all - off < p->block_size ? all - off : p->block_size;
    assert_int_equal(gs_engine_page(&d->engine, i, p->table + off, len), GS_OK);
  }
}

static void scan(struct fake_device *d) {
  bool done = false;
  while (!done) {
    assert_int_equal(gs_engine_scan(&d->engine, &done), GS_OK);
  }
}

static void open_flow(struct fake_device *d, const struct fake_package *p) {
  assert_int_equal(fake_begin(d, p), GS_OK);
  send_table(d, p);
  scan(d);
}

static void send_block(struct fake_device *d, const struct fake_package *p, uint32_t i) {
  assert_int_equal(gs_engine_block(&d->engine, i, block_at(p, i), block_len(p, i)), GS_OK);
}

static const uint8_t *staging(struct fake_device *d) {
  return gs_flash_model_bytes(d->flash, gs_engine_progress(&d->engine)->staging_slot == 0
                                            ? GS_AREA_SLOT_A
                                            : GS_AREA_SLOT_B);
}

/* INV-4: every bit of a manifest turned, every truncation: refused, and no flash operation. */
static void forged_manifest_writes_nothing(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  struct gs_verdict verdict;
  static uint8_t forged[FAKE_MANIFEST_CAP + 1];
  new_device(&d, FAKE_SMALL);
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  uint32_t ops = gs_flash_model_ops(d.flash);
  for (size_t i = 0; i < p.envelope_len; i++) {
    memcpy(forged, p.envelope, p.envelope_len);
    forged[i] ^= (uint8_t)(1u << (i % 8u));
    assert_int_not_equal(gs_engine_begin(&d.engine, forged, p.envelope_len, &wire, &verdict),
                         GS_OK);
    assert_int_not_equal(gs_engine_begin(&d.engine, p.envelope, i, &wire, &verdict), GS_OK);
  }
  assert_int_equal(gs_engine_begin(&d.engine, forged, sizeof(forged), &wire, &verdict),
                   GS_E_TOO_BIG);
  assert_int_equal(gs_engine_check(&d.engine, p.envelope, p.envelope_len, &wire, &verdict), GS_OK);
  assert_memory_equal(verdict.package, p.digest, GS_DIGEST_BYTES);
  assert_untouched(&d, ops);
  assert_state(&d, gapseal_v1_State_STATE_READY);
  fake_package_free(&p);
  fake_device_free(&d);
}

static void refused_packages_write_nothing(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  new_device(&d, FAKE_SMALL);
  struct fake_wish wishes[] = {
      wish_of(FAKE_SMALL, 1, 0, 0), wish_of(FAKE_SMALL, 1, 1002, 0), wish_of(FAKE_SMALL, 1, 1, 0),
      wish_of(FAKE_SMALL, 1, 1, 0), wish_of(FAKE_SMALL, 1, 1, 0),
  };
  wishes[2].other_product = true;
  wishes[3].block_size = 2048;
  wishes[4].size = 15 * 1024;
  static const enum gs_status expect[] = {GS_E_BELOW_FLOOR, GS_E_VERSION_JUMP, GS_E_PRODUCT,
                                          GS_E_BLOCK_SIZE, GS_E_IMAGE_SIZE};
  uint32_t ops = gs_flash_model_ops(d.flash);
  for (unsigned i = 0; i < 5; i++) {
    fake_package_make(&p, &maker, &wishes[i]);
    assert_int_equal(fake_begin(&d, &p), expect[i]);
    fake_package_free(&p);
  }
  assert_untouched(&d, ops);
  fake_device_free(&d);
}

/* C01, C04: a block or page that does not match is not written. */
static void damaged_blocks_and_pages_are_not_written(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  static uint8_t bad[65536];
  new_device(&d, FAKE_SMALL);
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  assert_int_equal(fake_begin(&d, &p), GS_OK);
  uint32_t ops = gs_flash_model_ops(d.flash);
  memcpy(bad, p.table, (size_t)p.blocks * GS_DIGEST_BYTES);
  bad[5] ^= 1;
  assert_int_equal(gs_engine_page(&d.engine, 0, bad, (size_t)p.blocks * GS_DIGEST_BYTES),
                   GS_E_BLOCK_BAD);
  assert_int_equal(gs_engine_page(&d.engine, 0, p.table, 31), GS_E_BLOCK_RANGE);
  assert_int_equal(gs_engine_page(&d.engine, 1, p.table, 32), GS_E_BLOCK_RANGE);
  assert_int_equal(gs_engine_page(&d.engine, UINT32_MAX, p.table, 32), GS_E_BLOCK_RANGE);
  assert_untouched(&d, ops);
  send_table(&d, &p);
  scan(&d);
  ops = gs_flash_model_ops(d.flash);
  for (uint32_t i = 0; i < p.blocks; i++) {
    uint32_t len = block_len(&p, i);
    const uint32_t places[] = {0, len / 2, len - 1};
    for (unsigned n = 0; n < 3; n++) {
      memcpy(bad, block_at(&p, i), len);
      bad[places[n]] ^= 0x80;
      assert_int_equal(gs_engine_block(&d.engine, i, bad, len), GS_E_BLOCK_BAD);
    }
    memcpy(bad, block_at(&p, i), len);
    assert_int_equal(gs_engine_block(&d.engine, i, bad, len - 1), GS_E_BLOCK_RANGE);
    assert_int_equal(gs_engine_block(&d.engine, i, bad, len + 1), GS_E_BLOCK_RANGE);
  }
  assert_int_equal(gs_engine_block(&d.engine, p.blocks, bad, 1024), GS_E_BLOCK_RANGE);
  assert_int_equal(gs_engine_block(&d.engine, UINT32_MAX, bad, 1024), GS_E_BLOCK_RANGE);
  assert_int_equal(gs_engine_block(&d.engine, 1, block_at(&p, 0), 1024), GS_E_BLOCK_BAD);
  assert_untouched(&d, ops);
  fake_package_free(&p);
  fake_device_free(&d);
}

/* F05: any order will do; again writes nothing. C02: finish says what is missing. */
static void blocks_may_come_in_any_order_and_again(void **unused) {
  (void)unused;
  for (int g = 0; g < FAKE_GEOMETRIES; g++) {
    struct fake_device d;
    struct fake_package p;
    bool done;
    new_device(&d, (enum fake_geometry)g);
    make_package(&p, (enum fake_geometry)g, 1, 1, 0);
    open_flow(&d, &p);
    assert_int_equal(gs_engine_progress(&d.engine)->blocks_needed, p.blocks);
    for (uint32_t i = p.blocks; i-- > 0;) {
      assert_int_equal(gs_engine_finish(&d.engine, &done), GS_E_MORE_NEEDED);
      assert_true(gs_engine_block_needed(&d.engine, i));
      send_block(&d, &p, i);
      assert_false(gs_engine_block_needed(&d.engine, i));
      uint32_t ops = gs_flash_model_ops(d.flash);
      assert_false(gs_engine_block_erases(&d.engine, i));
      send_block(&d, &p, i);
      assert_untouched(&d, ops);
    }
    assert_int_equal(fake_transfer(&d, &p), GS_OK);
    assert_state(&d, gapseal_v1_State_STATE_CANDIDATE);
    assert_memory_equal(staging(&d), p.image, p.size);
    assert_clean(&d);
    fake_package_free(&p);
    fake_device_free(&d);
  }
}

static void erases_are_announced_before_they_happen(void **unused) {
  (void)unused;
  for (int g = 0; g < FAKE_GEOMETRIES; g++) {
    struct fake_device d;
    struct fake_package p;
    new_device(&d, (enum fake_geometry)g);
    make_package(&p, (enum fake_geometry)g, 1, 1, 0);
    open_flow(&d, &p);
    uint32_t unit = d.port.geometry[GS_AREA_SLOT_A].erase_size;
    for (uint32_t i = 0; i < p.blocks; i++) {
      bool said = gs_engine_block_erases(&d.engine, i);
      uint32_t off = i * p.block_size;
      uint32_t wear = gs_flash_model_wear(d.flash, GS_AREA_SLOT_A, off);
      send_block(&d, &p, i);
      assert_int_equal(said, gs_flash_model_wear(d.flash, GS_AREA_SLOT_A, off) != wear);
      assert_int_equal(said, off % unit == 0);
    }
    fake_package_free(&p);
    fake_device_free(&d);
  }
}

/* Resume: by whole erase units, and nothing that is kept is programmed again. */
static void interrupted_transfer_goes_on(void **unused) {
  (void)unused;
  for (int g = 0; g < FAKE_GEOMETRIES; g++) {
    struct fake_device d;
    struct fake_package p;
    new_device(&d, (enum fake_geometry)g);
    make_package(&p, (enum fake_geometry)g, 1, 1, 0);
    open_flow(&d, &p);
    uint32_t sent = p.blocks / 2u + 1u;
    for (uint32_t i = 0; i < sent; i++) {
      send_block(&d, &p, i);
    }
    (void)boot(&d, GS_RESET_POWER);
    assert_state(&d, gapseal_v1_State_STATE_WRITING);
    assert_int_equal(gs_engine_block(&d.engine, 0, block_at(&p, 0), p.block_size), GS_E_STATE);
    uint32_t ops = gs_flash_model_ops(d.flash);
    assert_int_equal(fake_begin(&d, &p), GS_OK);
    assert_untouched(&d, ops);
    assert_true(gs_engine_progress(&d.engine)->resumed);
    assert_int_equal(gs_engine_progress(&d.engine)->pages_needed, 0);
    scan(&d);
    assert_untouched(&d, ops);
    uint32_t unit = d.port.geometry[GS_AREA_SLOT_A].erase_size;
    uint32_t per_unit = unit > p.block_size ? unit / p.block_size : 1;
    uint32_t kept = sent / per_unit * per_unit;
    assert_int_equal(gs_engine_progress(&d.engine)->blocks_needed, p.blocks - kept);
    assert_int_equal(gs_engine_progress(&d.engine)->kept_bytes, kept * p.block_size);
    assert_int_equal(fake_transfer(&d, &p), GS_OK);
    assert_state(&d, gapseal_v1_State_STATE_CANDIDATE);
    assert_clean(&d);
    fake_package_free(&p);
    fake_device_free(&d);
  }
}

static void begin_again_in_one_session_keeps_its_place(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  new_device(&d, FAKE_SMALL);
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  open_flow(&d, &p);
  send_block(&d, &p, 0);
  uint32_t ops = gs_flash_model_ops(d.flash);
  assert_int_equal(fake_begin(&d, &p), GS_OK);
  assert_untouched(&d, ops);
  assert_false(gs_engine_block_needed(&d.engine, 0));
  assert_int_equal(gs_engine_progress(&d.engine)->blocks_needed, p.blocks - 1);
  fake_package_free(&p);
  fake_device_free(&d);
}

/* A page that a power cut tore cannot be programmed again: the trailer is written anew. */
static void torn_page_renews_the_trailer(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  new_device(&d, FAKE_SMALL);
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  open_flow(&d, &p);
  uint8_t *slot = gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A);
  slot[d.engine.trailer.pages + 3] ^= 1;
  (void)boot(&d, GS_RESET_POWER);
  assert_int_equal(fake_begin(&d, &p), GS_OK);
  assert_true(gs_engine_page_needed(&d.engine, 0));
  assert_int_equal(fake_transfer(&d, &p), GS_OK);
  assert_clean(&d);
  fake_package_free(&p);
  fake_device_free(&d);
}

/* A table page that rots while it is used is noticed when it is read again. */
static void page_is_hashed_again_when_it_is_read(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  new_device(&d, FAKE_SMALL);
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  open_flow(&d, &p);
  gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[d.engine.trailer.pages + 3] ^= 1;
  d.engine.page_loaded = GS_PAGES_MAX;
  assert_int_equal(gs_engine_block(&d.engine, 0, block_at(&p, 0), p.block_size), GS_E_FLASH_VERIFY);
  fake_package_free(&p);
  fake_device_free(&d);
}

/* Several table pages: 1 KiB blocks hold 32 digests a page. */
static void image_with_several_pages_installs(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  fake_device_init(&d, FAKE_LARGE, &maker, false);
  fake_device_provision(&d, &maker, 1);
  struct fake_wish wish = wish_of(FAKE_LARGE, 1, 1, 0);
  wish.block_size = 1024;
  wish.size = 97 * 1024 + 1;
  fake_package_make(&p, &maker, &wish);
  assert_int_equal(p.pages, 4);
  fake_install(&d, &p);
  assert_memory_equal(gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A), p.image, p.size);
  assert_clean(&d);
  fake_package_free(&p);
  fake_device_free(&d);
}

static void smallest_images_install(void **unused) {
  (void)unused;
  static const uint32_t sizes[] = {1, 3, 4, 5, 255, 256, 1023, 1024, 1025, 2048};
  for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    for (uint32_t block = 256; block <= 1024; block *= 2) {
      struct fake_device d;
      struct fake_package p;
      new_device(&d, FAKE_SMALL);
      struct fake_wish wish = wish_of(FAKE_SMALL, 1, 1, 0);
      wish.size = sizes[i];
      wish.block_size = block;
      fake_package_make(&p, &maker, &wish);
      fake_install(&d, &p);
      struct gs_boot_output out = boot(&d, GS_RESET_POWER);
      assert_int_equal(out.action, GS_BOOT_RUN);
      assert_clean(&d);
      fake_package_free(&p);
      fake_device_free(&d);
    }
  }
}

static void largest_image_reaches_the_trailer(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  new_device(&d, FAKE_SMALL);
  struct fake_wish wish = wish_of(FAKE_SMALL, 1, 1, 0);
  for (wish.size = 16 * 1024;; wish.size -= 1) {
    uint32_t pages = (wish.size / 1024 + 31) / 32;
    uint32_t room = gs_trailer_offset(16 * 1024, 1024, 4, FAKE_MANIFEST_CAP, 1024, pages);
    if (wish.size <= room) {
      break;
    }
  }
  fake_package_make(&p, &maker, &wish);
  fake_install(&d, &p);
  assert_clean(&d);
  fake_package_free(&p);
  wish.size++;
  wish.release = 2;
  fake_package_make(&p, &maker, &wish);
  assert_int_equal(fake_begin(&d, &p), GS_E_IMAGE_SIZE);
  fake_package_free(&p);
  fake_device_free(&d);
}

/* Blocks that the running slot holds at the same place are copied, hashed on the way. */
static void identical_blocks_are_copied_from_the_running_slot(void **unused) {
  (void)unused;
  for (int g = 0; g < FAKE_GEOMETRIES; g++) {
    struct fake_device d;
    struct fake_package one;
    struct fake_package two;
    struct fake_wish wish = wish_of((enum fake_geometry)g, 1, 1, 0);
    wish.share = 4 * wish.block_size;
    fake_package_make(&one, &maker, &wish);
    wish.release = 2;
    wish.seed = 2;
    fake_package_make(&two, &maker, &wish);
    new_device(&d, (enum fake_geometry)g);
    fake_install(&d, &one);
    (void)boot(&d, GS_RESET_REQUESTED);
    open_flow(&d, &two);
    assert_int_equal(gs_engine_progress(&d.engine)->copied_bytes, 4 * wish.block_size);
    assert_int_equal(gs_engine_progress(&d.engine)->blocks_needed, two.blocks - 4);
    assert_int_equal(fake_transfer(&d, &two), GS_OK);
    assert_memory_equal(staging(&d), two.image, two.size);
    assert_clean(&d);
    fake_package_free(&one);
    fake_package_free(&two);
    fake_device_free(&d);
  }
}

static void images_linked_to_a_slot_are_not_copied(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package one;
  struct fake_package two;
  make_package(&one, FAKE_SMALL, 1, 1, 0);
  struct fake_wish wish = wish_of(FAKE_SMALL, 2, 1, 0);
  wish.seed = 1; /* the same bytes */
  fake_package_make(&two, &maker, &wish);
  new_device(&d, FAKE_SMALL);
  d.facts.slot_model = GS_SLOTS_TWO_LINK;
  fake_install(&d, &one);
  open_flow(&d, &two);
  assert_int_equal(gs_engine_progress(&d.engine)->copied_bytes, 0);
  assert_int_equal(gs_engine_progress(&d.engine)->blocks_needed, two.blocks);
  fake_package_free(&one);
  fake_package_free(&two);
  fake_device_free(&d);
}

/* What a cancelled update left is kept by a new begin of the same package. */
static void cancelled_blocks_are_kept(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  new_device(&d, FAKE_SMALL);
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  open_flow(&d, &p);
  send_block(&d, &p, 0);
  send_block(&d, &p, 1);
  assert_int_equal(gs_engine_cancel(&d.engine), GS_OK);
  open_flow(&d, &p);
  assert_int_equal(gs_engine_progress(&d.engine)->kept_bytes, 2048);
  assert_int_equal(fake_transfer(&d, &p), GS_OK);
  assert_clean(&d);
  fake_package_free(&p);
  fake_device_free(&d);
}

/* C05: what follows the image in its last erase unit must be erased. */
static void longer_image_before_leaves_no_tail(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package longer;
  struct fake_package shorter;
  new_device(&d, FAKE_MIDDLE);
  struct fake_wish wish = wish_of(FAKE_MIDDLE, 1, 1, 0);
  wish.seed = 0;
  wish.size = 8 * 1024;
  fake_package_make(&longer, &maker, &wish);
  wish.release = 2;
  wish.size = 6 * 1024; /* ends in the middle of a unit, with the same bytes */
  fake_package_make(&shorter, &maker, &wish);
  assert_int_equal(fake_begin(&d, &longer), GS_OK);
  assert_int_equal(fake_transfer(&d, &longer), GS_OK);
  assert_int_equal(gs_engine_cancel(&d.engine), GS_OK);
  open_flow(&d, &shorter);
  assert_int_equal(gs_engine_progress(&d.engine)->kept_bytes, 4096);
  assert_int_equal(fake_transfer(&d, &shorter), GS_OK);
  for (uint32_t i = shorter.size; i < 8192; i++) {
    assert_int_equal(staging(&d)[i], 0xFF);
  }
  fake_package_free(&longer);
  fake_package_free(&shorter);
  fake_device_free(&d);
}

static void image_that_changed_in_flash_fails_the_final_check(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  bool done = false;
  new_device(&d, FAKE_SMALL);
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  const uint32_t places[] = {0, p.size / 2, p.size - 1, p.size, 6 * 1024 - 1};
  for (unsigned i = 0; i < 5; i++) {
    open_flow(&d, &p);
    for (uint32_t n = 0; n < p.blocks; n++) {
      send_block(&d, &p, n);
    }
    gs_flash_model_bytes(d.flash, GS_AREA_SLOT_A)[places[i]] ^= 1;
    enum gs_status status = GS_OK;
    for (done = false; status == GS_OK && !done;) {
      status = gs_engine_finish(&d.engine, &done);
    }
    assert_int_equal(status, GS_E_IMAGE_BAD);
    assert_false(done);
    assert_state(&d, gapseal_v1_State_STATE_FAILED);
    assert_int_equal(state_of(&d).reason, GS_E_IMAGE_BAD);
    assert_int_equal(gs_engine_install(&d.engine, p.digest), GS_E_STATE);
  }
  (void)boot(&d, GS_RESET_POWER);
  assert_state(&d, gapseal_v1_State_STATE_FAILED);
  assert_int_equal(fake_deliver(&d, &p), GS_OK); /* and only what is wrong is sent again */
  assert_clean(&d);
  fake_package_free(&p);
  fake_device_free(&d);
}

/* C06, E19, E20: each slot unit bad in each way: an error, never a candidate. */
static void worn_slot_is_noticed(void **unused) {
  (void)unused;
  static const enum gs_flash_fault faults[] = {GS_FAULT_PROGRAM_FAILS, GS_FAULT_PROGRAM_SILENT,
                                               GS_FAULT_ERASE_FAILS, GS_FAULT_UNREADABLE};
  static const enum gs_status expect[] = {GS_E_FLASH_PROGRAM, GS_E_FLASH_VERIFY, GS_E_FLASH_ERASE,
                                          GS_E_FLASH_READ};
  struct fake_package p;
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  for (unsigned f = 0; f < 4; f++) {
    for (uint32_t unit = 0; unit < 16; unit++) {
      struct fake_device d;
      new_device(&d, FAKE_SMALL);
      gs_flash_model_fault(d.flash, GS_AREA_SLOT_A, unit * 1024, faults[f]);
      bool used = unit * 1024 < p.size || unit >= 13; /* image, trailer */
      assert_int_equal(fake_deliver(&d, &p), used ? expect[f] : GS_OK);
      struct gs_boot_output out = boot(&d, GS_RESET_POWER);
      assert_int_equal(out.action, used ? GS_BOOT_STUB : GS_BOOT_TRY);
      if (used) { /* the unit was replaced, as it were: the same package goes on */
        gs_flash_model_fault(d.flash, GS_AREA_SLOT_A, unit * 1024, GS_FAULT_NONE);
        assert_int_equal(fake_deliver(&d, &p), GS_OK);
      }
      assert_clean(&d);
      fake_device_free(&d);
    }
  }
  fake_package_free(&p);
}

/* A program that fails spoils what else its erase unit held. */
static void failed_program_drops_its_whole_unit(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  new_device(&d, FAKE_MIDDLE);
  make_package(&p, FAKE_MIDDLE, 1, 1, 0);
  open_flow(&d, &p);
  send_block(&d, &p, 0);
  send_block(&d, &p, 1);
  gs_flash_model_fault(d.flash, GS_AREA_SLOT_A, 0, GS_FAULT_PROGRAM_FAILS);
  assert_int_equal(gs_engine_block(&d.engine, 2, block_at(&p, 2), 1024), GS_E_FLASH_PROGRAM);
  gs_flash_model_fault(d.flash, GS_AREA_SLOT_A, 0, GS_FAULT_NONE);
  assert_int_equal(gs_engine_progress(&d.engine)->blocks_needed, p.blocks);
  assert_true(gs_engine_block_erases(&d.engine, 0));
  assert_int_equal(fake_transfer(&d, &p), GS_OK);
  assert_clean(&d);
  fake_package_free(&p);
  fake_device_free(&d);
}

/* E27: refusals wear nothing, however many. */
static void refusals_wear_nothing(void **unused) {
  (void)unused;
  struct fake_device d;
  struct fake_package p;
  new_device(&d, FAKE_SMALL);
  make_package(&p, FAKE_SMALL, 1, 1, 0);
  uint32_t ops = gs_flash_model_ops(d.flash);
  for (unsigned i = 0; i < 100000; i++) {
    gs_engine_count_refusal(&d.engine);
  }
  assert_untouched(&d, ops);
  assert_int_equal(state_of(&d).refused_unauthenticated, 100000);
  assert_int_equal(fake_begin(&d, &p), GS_OK);
  assert_int_equal(logged(&d, GS_LOG_REFUSALS), 1);
  assert_int_equal(state_of(&d).refused_unauthenticated, 100000);
  fake_package_free(&p);
  fake_device_free(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forged_manifest_writes_nothing),
      cmocka_unit_test(refused_packages_write_nothing),
      cmocka_unit_test(damaged_blocks_and_pages_are_not_written),
      cmocka_unit_test(blocks_may_come_in_any_order_and_again),
      cmocka_unit_test(erases_are_announced_before_they_happen),
      cmocka_unit_test(interrupted_transfer_goes_on),
      cmocka_unit_test(begin_again_in_one_session_keeps_its_place),
      cmocka_unit_test(torn_page_renews_the_trailer),
      cmocka_unit_test(page_is_hashed_again_when_it_is_read),
      cmocka_unit_test(image_with_several_pages_installs),
      cmocka_unit_test(smallest_images_install),
      cmocka_unit_test(largest_image_reaches_the_trailer),
      cmocka_unit_test(identical_blocks_are_copied_from_the_running_slot),
      cmocka_unit_test(images_linked_to_a_slot_are_not_copied),
      cmocka_unit_test(cancelled_blocks_are_kept),
      cmocka_unit_test(longer_image_before_leaves_no_tail),
      cmocka_unit_test(image_that_changed_in_flash_fails_the_final_check),
      cmocka_unit_test(worn_slot_is_noticed),
      cmocka_unit_test(failed_program_drops_its_whole_unit),
      cmocka_unit_test(refusals_wear_nothing),
  };
  return cmocka_run_group_tests(tests, make_maker, NULL);
}
