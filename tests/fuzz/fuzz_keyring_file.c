/* SPDX-License-Identifier: Apache-2.0
 * Keyring files, at the host library's reader and at gapseal-verify's: they take the same files and
 * the same newest keyring out of them. The mutator signs again.
 */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "fuzz.h"
#include "fuzz_sign.h"
#include "keyring_file.h"
#include "package_layout.h"
#include "verify.h"

#define MAGIC "gapkeys\x01"
#define MAGIC_BYTES 8u

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

void fuzz_start(void) {
  fuzz_sign_start();
}

void fuzz_one(const uint8_t *data, size_t len) {
  static struct gsv_keyring newest;
  struct gsh_keyring_file file;
  struct gsh_error err = {.status = GS_OK};
  struct gsv_error e = {.status = GS_OK};
  size_t newest_len = 0;
  const char *path = fuzz_file(0, data, len);
  enum gs_status host = gsh_keyring_file_open(path, &file, &err);
  enum gs_status verifier = gsv_keyring_file(path, &newest, &newest_len, &e);
  if ((host == GS_OK) != (verifier == GS_OK)) {
    (void)fprintf(stderr, "host: %s; gapseal-verify: %s\n", gs_status_info(host)->name,
                  gs_status_info(verifier)->name);
  }
  FUZZ_MUST((host == GS_OK) == (verifier == GS_OK));
  if (host != GS_OK) {
    FUZZ_MUST(err.what[0] != '\0' && fuzz_text_safe(err.what) && fuzz_text_safe(err.next_step));
    FUZZ_MUST(e.what[0] != '\0' && fuzz_text_safe(e.what));
    FUZZ_MUST(file.data == NULL && file.chain.count == 0);
    return;
  }
  size_t last = file.chain.count - 1;
  FUZZ_MUST(file.len == len && memcmp(file.data, data, len) == 0);
  FUZZ_MUST(file.chain.lens[last] == newest_len &&
            memcmp(file.chain.items[last], newest.envelope, newest_len) == 0);
  gsh_keyring_file_close(&file);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max);
  if (seed % 3u == 0 || size < MAGIC_BYTES) {
    return size;
  }
  struct gs_reader r = gs_reader_init(data + MAGIC_BYTES, size - MAGIC_BYTES);
  const uint8_t *item;
  size_t len;
  while (r.left > 0 && gs_keyring_item_read(&r, &item, &len) == GS_OK) {
    (void)fuzz_sign_again(GS_OBJECT_KEYRING, data + (item - data), len);
  }
  return size;
}

void fuzz_seeds(void) {
  static uint8_t file[8192];
  static uint8_t envelope[4096];
  struct gs_writer w = gs_writer_init(file, sizeof file);
  gs_write_bytes(&w, MAGIC, MAGIC_BYTES);
  for (uint32_t version = 1; version <= 2; version++) {
    size_t len = fixture_keyring_envelope(version, envelope, sizeof envelope);
    gs_write_u32(&w, (uint32_t)len);
    gs_write_bytes(&w, envelope, len);
    fuzz_seed(version == 1 ? "one" : "two", file, w.used);
  }
  fuzz_seed("empty", file, MAGIC_BYTES);
}
