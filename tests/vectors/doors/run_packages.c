/* SPDX-License-Identifier: Apache-2.0
 * One package file, three readers: the host's, gapseal-verify, and the OTA client on a device. Each
 * byte is changed, the file is cut at each place, continued, and its sections are given other
 * lengths and places. Host and verifier must refuse every one of these files. The OTA client may
 * take one only where the change lies in what no device looks at: the about document, and the other
 * slot's image; and then the device must hold what the good file gives it.
 *
 * usage: run_packages
 */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bytes.h"
#include "fixture.h"
#include "gapseal/crypto.h"
#include "generate.h"
#include "ota_client.h"
#include "package.h"
#include "package_layout.h"
#include "vector_package.h"
#include "verify.h"

#define FILE_MAX 65536u
#define OWN_VARIANT 1u /* the device runs in A: B is staging */

struct range {
  size_t from, to;
};

static struct {
  struct bench_pair pair;
  struct gs_flash_model *expected; /* flash after the good file */
  uint8_t good[FILE_MAX];
  size_t len;
  struct range unseen[4];             /* by a device */
  size_t header[GS_PACKAGE_SECTIONS]; /* where each section's header stands */
  uint8_t keyrings[2][DEVICE_OBJECT_MAX];
  size_t keyring_lens[2];
  char directory[256], package[300], keyring[300];
  unsigned tried, failed, taken;
} t;

static void wrong(const char *what, const char *damage, size_t at) {
  t.failed++;
  if (t.failed < 20) {
    printf("not ok - %s: %s at byte %zu\n", what, damage, at);
  }
}

/* -- the good file ----------------------------------------------------------------------------- */

static void make_manifest(struct fixture_manifest *f) {
  bench_manifest(f, BENCH_UPDATE_RELEASE, 4, 4);
  f->m.fields.variants_count = 2;
  f->m.fields.variants[1] = f->m.fields.variants[0];
  f->m.fields.variants[0].slots = 1;
  f->m.fields.variants[1].slots = 2;
  fixture_describe_image(f, 0, 8, 2100, 512);
  fixture_describe_image(f, 1, 1008, 1700, 256);
}

static void find_sections(const struct fixture_manifest *f) {
  size_t at = GS_PACKAGE_MAGIC_BYTES;
  for (int i = 0; i < GS_PACKAGE_SECTIONS; i++) {
    uint64_t len = 0;
    t.header[i] = at;
    fixture_must(gs_package_header_read(t.good + at, (enum gs_package_section)i, &len), "section");
    at += GS_PACKAGE_HEADER_BYTES + (size_t)len;
  }
  fixture_must(at == t.len, "sections fill the file");
  size_t about = t.header[GS_PACKAGE_ABOUT] + GS_PACKAGE_HEADER_BYTES;
  size_t pages = t.header[GS_PACKAGE_PAGES] + GS_PACKAGE_HEADER_BYTES;
  size_t data = t.header[GS_PACKAGE_DATA] + GS_PACKAGE_HEADER_BYTES;
  size_t first_keyring = t.header[GS_PACKAGE_KEYRINGS] + GS_PACKAGE_HEADER_BYTES + 4u;
  struct gs_table_shape other = gs_manifest_table(&f->m, 0);
  t.unseen[0] = (struct range){about, t.header[GS_PACKAGE_ATTACHMENTS]};
  t.unseen[1] = (struct range){pages, pages + (size_t)other.blocks * GS_DIGEST_BYTES};
  t.unseen[2] = (struct range){data, data + f->m.fields.variants[0].size};
  /* The device holds the first keyring: it is passed over, but for the head that says so. */
  t.unseen[3] = (struct range){first_keyring, first_keyring + t.keyring_lens[0]};
}

static void make_good(void) {
  static const enum test_key release = TEST_KEY_RELEASE_1;
  static struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX], envelope[FIXTURE_BODY_MAX];
  struct package_keys keys = {.count = 2};
  struct vector_package file;
  for (uint32_t i = 0; i < 2; i++) {
    t.keyring_lens[i] = generate_keyring(i + 1u, t.keyrings[i]);
    keys.items[i] = t.keyrings[i];
    keys.lens[i] = t.keyring_lens[i];
  }
  make_manifest(&f);
  size_t len = fixture_manifest_body(&f, body);
  len = fixture_sign(GS_OBJECT_MANIFEST, body, len, &release, 1, envelope, sizeof envelope);
  fixture_must(vector_package_build(&file, envelope, len, &keys) && file.len <= FILE_MAX,
               "package");
  memcpy(t.good, file.bytes, file.len);
  t.len = file.len;
  free(file.bytes);
  find_sections(&f);
}

/* -- three readers ----------------------------------------------------------------------------- */

static void write_file(const uint8_t *data, size_t len) {
  FILE *f = fopen(t.package, "wb");
  fixture_must(f != NULL && fwrite(data, 1, len, f) == len && fclose(f) == 0, "write a file");
}

static bool host_takes(void) {
  struct gsh_package *p = NULL;
  struct gsh_error err = {0};
  struct gsh_judgement judgement;
  const uint8_t *trusted = t.keyrings[0];
  enum gs_status status = gsh_package_open(t.package, &p, &err);
  if (status == GS_OK) {
    status = gsh_package_judge(p, &trusted, &t.keyring_lens[0], 1, &judgement, &err);
  }
  if (status == GS_OK) {
    status = gsh_package_verify(p, NULL, NULL, &err);
  }
  gsh_package_close(p);
  return status == GS_OK;
}

static bool verifier_takes(void) {
  const struct gsv_options options = {.keyring = t.keyring};
  struct gsv_report report = {.json = cJSON_CreateObject()};
  struct gsv_error e = {.status = GS_OK};
  bool taken = gsv_package(t.package, &options, &report, &e) == GS_OK;
  cJSON_Delete(report.json);
  return taken;
}

struct stream {
  const uint8_t *at;
  size_t left;
};

static enum gs_status read_stream(void *ctx, uint8_t *buf, size_t cap, size_t *got) {
  struct stream *s = ctx;
  *got = s->left < cap ? s->left : cap;
  memcpy(buf, s->at, *got);
  s->at += *got;
  s->left -= *got;
  return GS_OK;
}

static enum gs_status give_to_device(const uint8_t *data, size_t len, bool *begun) {
  static uint8_t manifest[DEVICE_OBJECT_MAX], block[FIXTURE_BLOCK_BYTES];
  static uint8_t keyring[DEVICE_OBJECT_MAX];
  struct bench *b = &t.pair.ota;
  struct stream stream = {.at = data, .left = len};
  const struct ota_source source = {.ctx = &stream, .read = read_stream};
  struct ota_client client = {.engine = &b->d.engine, .source = &source};
  client.memory = (struct ota_memory){.manifest = manifest,
                                      .manifest_cap = b->d.engine_memory.manifest_cap,
                                      .keyring = keyring,
                                      .keyring_cap = b->d.engine_memory.keyring_cap,
                                      .block = block,
                                      .block_max = sizeof block};
  bench_start(b);
  enum gs_status status = ota_update(&client, false, false);
  *begun = client.begun;
  return status;
}

static bool same_flash(const struct gs_flash_model *model) {
  struct gs_flash_model *other = t.pair.wire.base; /* scratch from here on */
  gs_flash_model_copy(other, model);
  for (int area = 0; area < GS_AREA_COUNT; area++) {
    if (memcmp(gs_flash_model_bytes(other, (enum gs_area)area),
               gs_flash_model_bytes(t.pair.ota.d.flash, (enum gs_area)area),
               t.pair.ota.d.geometry[area].size) != 0) {
      return false;
    }
  }
  return true;
}

static bool running_slot_is_untouched(void) {
  return memcmp(gs_flash_model_bytes(t.pair.ota.base, GS_AREA_SLOT_A),
                gs_flash_model_bytes(t.pair.ota.d.flash, GS_AREA_SLOT_A),
                t.pair.ota.d.geometry[GS_AREA_SLOT_A].size) == 0;
}

static bool is_unseen(size_t from, size_t to) {
  for (size_t i = 0; i < sizeof t.unseen / sizeof t.unseen[0]; i++) {
    if (from >= t.unseen[i].from && to <= t.unseen[i].to) {
      return true;
    }
  }
  return false;
}

/* A file that is not the good one; the change lies in [from, to). */
static void offer(const uint8_t *data, size_t len, const char *damage, size_t from, size_t to) {
  gapseal_v1_DeviceState state;
  bool begun = false;
  t.tried++;
  write_file(data, len);
  if (host_takes()) {
    wrong("the host's reader takes a damaged file", damage, from);
  }
  if (verifier_takes()) {
    wrong("gapseal-verify takes a damaged file", damage, from);
  }
  enum gs_status status = give_to_device(data, len, &begun);
  gs_engine_state(&t.pair.ota.d.engine, &state);
  if (status == GS_OK) {
    t.taken++;
    if (!is_unseen(from, to) || !same_flash(t.expected)) {
      wrong("the OTA client takes what it must not", damage, from);
    }
  } else if (state.state == gapseal_v1_State_STATE_STAGED ||
             state.state == gapseal_v1_State_STATE_CANDIDATE) {
    wrong("the OTA client stages what it refuses", damage, from);
  }
  if (!begun && !vector_device_unchanged(&t.pair.ota.d)) {
    wrong("flash was written before begin", damage, from);
  }
  if (!running_slot_is_untouched()) {
    wrong("the running slot was written", damage, from);
  }
}

/* -- damage ------------------------------------------------------------------------------------ */

static void each_byte(void) {
  static uint8_t file[FILE_MAX];
  for (size_t i = 0; i < t.len; i++) {
    memcpy(file, t.good, t.len);
    file[i] ^= (uint8_t)(1u << (i * 5u % 8u));
    offer(file, t.len, "a bit", i, i + 1);
  }
}

static void each_length(void) {
  static uint8_t file[FILE_MAX];
  for (size_t len = 0; len < t.len; len++) {
    offer(t.good, len, "the end", len, t.len);
  }
  memcpy(file, t.good, t.len);
  memset(file + t.len, 0, 4096);
  offer(file, t.len + 1, "one byte more", t.len, t.len + 1);
  offer(file, t.len + 4096, "a page more", t.len, t.len + 4096);
}

static void each_section_length(void) {
  static uint8_t file[FILE_MAX];
  static const uint64_t lengths[] = {0,
                                     1,
                                     UINT64_C(0x7FFFFFFF),
                                     UINT64_C(0x80000000),
                                     UINT64_C(0xFFFFFFFF),
                                     UINT64_C(0x100000000),
                                     UINT64_C(0x7FFFFFFFFFFFFFFF),
                                     UINT64_C(0xFFFFFFFFFFFFFFFF)};
  for (int i = 0; i < GS_PACKAGE_SECTIONS; i++) {
    uint64_t right = 0;
    (void)gs_package_header_read(t.good + t.header[i], (enum gs_package_section)i, &right);
    for (size_t n = 0; n < sizeof lengths / sizeof lengths[0] + 2u; n++) {
      bool near = n >= sizeof lengths / sizeof lengths[0];
      uint64_t len = !near ? lengths[n] : n % 2 == 0 ? right - 1u : right + 1u;
      if (len == right) {
        continue;
      }
      memcpy(file, t.good, t.len);
      struct gs_writer w = gs_writer_init(file + t.header[i], GS_PACKAGE_HEADER_BYTES);
      gs_package_header_write(&w, (enum gs_package_section)i, len);
      offer(file, t.len, "another length of the section", t.header[i],
            t.header[i] + GS_PACKAGE_HEADER_BYTES);
    }
  }
}

/* Each section left out, twice, and in the place of the next. */
static void each_section_place(void) {
  static uint8_t file[FILE_MAX];
  for (int i = 0; i < GS_PACKAGE_SECTIONS; i++) {
    size_t from = t.header[i];
    size_t to = i + 1 < GS_PACKAGE_SECTIONS ? t.header[i + 1] : t.len;
    memcpy(file, t.good, from);
    memcpy(file + from, t.good + to, t.len - to);
    offer(file, t.len - (to - from), "a section is missing", from, t.len);
    memcpy(file, t.good, to);
    memcpy(file + to, t.good + from, t.len - from);
    offer(file, t.len + (to - from), "a section stands twice", to, t.len + (to - from));
    if (i + 1 < GS_PACKAGE_SECTIONS) {
      size_t end = i + 2 < GS_PACKAGE_SECTIONS ? t.header[i + 2] : t.len;
      memcpy(file, t.good, t.len);
      memcpy(file + from, t.good + to, end - to);
      memcpy(file + from + (end - to), t.good + from, to - from);
      offer(file, t.len, "two sections have changed places", from, end);
    }
  }
}

/* What another good package holds from its pages on, or from its image on: as long, and signed. */
static void each_payload_of_another(void) {
  static const enum test_key release = TEST_KEY_RELEASE_1;
  static struct fixture_manifest f;
  static uint8_t file[FILE_MAX];
  uint8_t body[FIXTURE_BODY_MAX], envelope[FIXTURE_BODY_MAX];
  const struct package_keys none = {.count = 0};
  struct vector_package other;
  make_manifest(&f);
  fixture_describe_image(&f, 0, 1008, 2100, 512);
  fixture_describe_image(&f, 1, 8, 1700, 256);
  size_t len = fixture_manifest_body(&f, body);
  len = fixture_sign(GS_OBJECT_MANIFEST, body, len, &release, 1, envelope, sizeof envelope);
  fixture_must(vector_package_build(&other, envelope, len, &none), "package");
  for (int i = GS_PACKAGE_PAGES; i <= GS_PACKAGE_DATA; i++) {
    size_t rest = t.len - t.header[i];
    memcpy(file, t.good, t.len);
    memcpy(file + t.header[i], other.bytes + other.len - rest, rest);
    offer(file, t.len, "the payload of another package", t.header[i], t.len);
  }
  free(other.bytes);
}

static void report(const char *what, void (*damage)(void)) {
  unsigned tried = t.tried;
  unsigned failed = t.failed;
  unsigned taken = t.taken;
  damage();
  printf("%s - %s: %u files; a device takes %u of them, changed where it does not look\n",
         t.failed == failed ? "ok" : "not ok", what, t.tried - tried, t.taken - taken);
}

static bool make_directory(void) {
  const char *base = getenv("TMPDIR");
  int n = snprintf(t.directory, sizeof t.directory, "%s/gapseal-packages.XXXXXX",
                   base == NULL || base[0] == '\0' ? "/tmp" : base);
  if (n <= 0 || (size_t)n >= sizeof t.directory || mkdtemp(t.directory) == NULL) {
    return false;
  }
  (void)snprintf(t.package, sizeof t.package, "%s/package.gsp", t.directory);
  (void)snprintf(t.keyring, sizeof t.keyring, "%s/trusted.gsk", t.directory);
  return true;
}

static const struct bench_state *runs_in_a(void) {
  for (size_t i = 0; i < bench_state_count; i++) {
    if (strcmp(bench_states[i].name, "runs in A") == 0) {
      return &bench_states[i];
    }
  }
  fixture_must(false, "a device that runs in A");
  return NULL;
}

int main(void) {
  bool begun = false;
  fixture_must(gs_crypto_init() == GS_OK && make_directory(), "start");
  make_good();
  const struct package_keys one = {
      .count = 1, .items = {t.keyrings[0]}, .lens = {t.keyring_lens[0]}};
  vector_keyring_file_write(t.keyring, &one);
  bench_make(&t.pair, runs_in_a());
  t.expected = gs_flash_model_new(t.pair.ota.d.geometry);
  write_file(t.good, t.len);
  bool good = host_takes() && verifier_takes() && give_to_device(t.good, t.len, &begun) == GS_OK;
  printf("%s - all three take the good file of %zu bytes\n", good ? "ok" : "not ok", t.len);
  gs_flash_model_copy(t.expected, t.pair.ota.d.flash);
  report("each byte changed", each_byte);
  report("cut at each byte, and continued", each_length);
  report("sections of other lengths", each_section_length);
  report("sections missing, twice, and out of order", each_section_place);
  report("pages and images of another package", each_payload_of_another);
  (void)remove(t.package);
  (void)remove(t.keyring);
  (void)rmdir(t.directory);
  gs_flash_model_free(t.expected);
  bench_free(&t.pair);
  return good && t.failed == 0 && t.taken > 0 ? 0 : 1;
}
