/* SPDX-License-Identifier: Apache-2.0
 * The facts file: what is taken is in range and may be shown, and what a refusal says as well.
 */
#include <string.h>

#include "facts.h"
#include "fuzz.h"
#include "gapseal/crypto.h"

void fuzz_start(void) {
  FUZZ_MUST(gs_crypto_init() == GS_OK);
}

static void check_list(const cJSON *list) {
  const cJSON *item = NULL;
  FUZZ_MUST(list == NULL || (cJSON_IsArray(list) && cJSON_GetArraySize(list) <= 64));
  cJSON_ArrayForEach(item, list) {
    FUZZ_MUST(cJSON_IsString(item) && fuzz_text_safe(item->valuestring));
    FUZZ_MUST(strlen(item->valuestring) >= 1 && strlen(item->valuestring) <= 200);
  }
}

static void check(const struct facts *f) {
  const char *const texts[] = {f->name, f->version, f->product, f->severity, f->support_until};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    FUZZ_MUST((i >= 3 && texts[i] == NULL) || fuzz_text_safe(texts[i]));
  }
  FUZZ_MUST(strlen(f->name) <= FACTS_TEXT_MAX && strlen(f->version) <= FACTS_TEXT_MAX);
  FUZZ_MUST(f->hardware_count >= 1 && f->hardware_count <= FACTS_HARDWARE_MAX);
  for (size_t i = 0; i < f->hardware_count; i++) {
    uint8_t id[GS_ID_BYTES];
    FUZZ_MUST(f->hardware[i].first_revision <= f->hardware[i].last_revision);
    FUZZ_MUST(gs_id_from_name(f->hardware[i].name, id) == GS_OK &&
              memcmp(id, f->hardware[i].id, sizeof id) == 0);
  }
  FUZZ_MUST(f->release >= 1 && f->raises_floor_to <= f->security_version);
  FUZZ_MUST(f->confirm == 1 || f->confirm == 2);
  check_list(f->fixes);
  check_list(f->advisories);
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct facts f;
  struct gsh_error err = {.status = GS_OK};
  enum gs_status status = facts_open(fuzz_file(0, data, len), &f, &err);
  if (status == GS_OK) {
    check(&f);
  } else {
    FUZZ_MUST(err.status == status && err.what[0] != '\0' && fuzz_text_safe(err.what) &&
              fuzz_text_safe(err.next_step));
  }
  facts_close(&f);
}

void fuzz_seeds(void) {
  static const char full[] =
      "{\"name\": \"ctrl\", \"version\": \"1.0.0\", \"product\": \"com.acme.ctrl\","
      " \"hardware\": [{\"id\": \"com.acme.ctrl.board-a\", \"revisions\": [1, 4]}, \"b\"],"
      " \"release\": 1, \"security_version\": 1, \"raises_floor_to\": 1, \"min_stub\": 1,"
      " \"requires_release\": 0, \"confirm\": \"device\","
      " \"severity\": \"high\", \"fixes\": [\"CVE-2026-0001\"], \"advisories\": [],"
      " \"support_until\": \"2031-12-31\"}";
  static const char small[] =
      "{\"name\": \"c\", \"version\": \"1\", \"product\": \"p\", \"hardware\": [\"b\"],"
      "\"release\": 1, \"security_version\": 0}";
  fuzz_seed("full", full, sizeof full - 1);
  fuzz_seed("small", small, sizeof small - 1);
}
