/* SPDX-License-Identifier: Apache-2.0
 * The worked examples of docs/spec/flash.md and docs/spec/log.md are what the code writes and
 * reads. Run from the top of the source tree.
 */
#include <ctype.h>
#include <stdio.h>

#include "engine_internal.h"
#include "engine_test.h"

/* Two hex digits at text make a byte. */
static bool byte_at(const char *text, uint8_t *out) {
  unsigned value;
  if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
      (text[2] != ' ' && text[2] != '\n') || sscanf(text, "%2x", &value) != 1) {
    return false;
  }
  *out = (uint8_t)value;
  return true;
}

/* A line's bytes: hex pairs with one or two blanks between, up to three blanks or a text. */
static size_t line_bytes(const char *line, uint8_t *out, size_t cap) {
  size_t n = 0;
  line += strspn(line, " ");
  while (n < cap && byte_at(line, &out[n])) {
    n++;
    line += 2;
    size_t blanks = strspn(line, " ");
    if (blanks > 2) {
      break;
    }
    line += blanks;
  }
  return n;
}

static size_t example(const char *path, const char *name, uint8_t *out, size_t cap) {
  char line[256];
  char mark[64];
  bool found = false;
  bool inside = false;
  size_t n = 0;
  (void)snprintf(mark, sizeof(mark), "<!-- bytes: %s -->\n", name);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(line, sizeof(line), f) != NULL) {
    bool fence = strncmp(line, "```", 3) == 0;
    if (inside && fence) {
      break;
    }
    if (inside) {
      n += line_bytes(line, out + n, cap - n);
    }
    inside = inside || (found && fence);
    found = found || strcmp(line, mark) == 0;
  }
  (void)fclose(f);
  return n;
}

static void state_record_is_as_written_down(void **unused) {
  (void)unused;
  uint8_t device_id[GS_DIGEST_BYTES];
  uint8_t want[GS_STATE_RECORD_BYTES + 1];
  uint8_t got[GS_STATE_RECORD_BYTES];
  for (unsigned i = 0; i < sizeof(device_id); i++) {
    device_id[i] = (uint8_t)i;
  }
  struct gs_state s = {.floor = 7,
                       .keyring_version = 2,
                       .boot_count = 17,
                       .log_sequence = 33,
                       .state = gapseal_v1_State_STATE_TRIAL,
                       .slot = 1,
                       .door = GS_DOOR_WIRE,
                       .started = true,
                       .has_running = true,
                       .promised = true,
                       .attempts_left = 2,
                       .power_losses = 3,
                       .subject = GS_SUBJECT_UPDATE,
                       .event = GS_LOG_TRIAL,
                       .event_extra = 3,
                       .operation = gapseal_v1_Operation_OPERATION_INSTALL,
                       .update_floor = 8,
                       .update_id = 35,
                       .update = {.release = 12, .security_version = 8},
                       .running = {.release = 11, .security_version = 7}};
  memset(s.log_chain, 0xC0, sizeof(s.log_chain));
  memset(s.update.digest, 0xD1, sizeof(s.update.digest));
  memset(s.running.digest, 0xD2, sizeof(s.running.digest));
  s.outcome_package = s.running;
  struct gs_record_place place = {.sequence = 42, .erases = 5};
  gs_record_encode(&s, &place, device_id, got);
  assert_int_equal(example("docs/spec/flash.md", "state-record", want, sizeof(want)), sizeof(got));
  assert_memory_equal(got, want, sizeof(got));
  struct gs_state back;
  assert_true(gs_record_decode(want, device_id, &back, &place));
  assert_int_equal(back.update.release, 12);
}

static void log_entry_is_as_written_down(void **unused) {
  (void)unused;
  static const char context[] = "gapseal:log:v1";
  uint8_t want[GS_LOG_ENTRY_BYTES + 1];
  uint8_t got[GS_LOG_ENTRY_BYTES];
  uint8_t all[sizeof(context) + GS_DIGEST_BYTES + GS_LOG_CHAINED_BYTES];
  struct gs_log_entry entry = {.sequence = 9,
                               .boot_count = 17,
                               .event = GS_LOG_TRIAL,
                               .release = 12,
                               .security_version = 8,
                               .floor = 7,
                               .extra = 3,
                               .door = GS_DOOR_WIRE,
                               .slot = 1};
  memset(entry.package, 0xD1, sizeof(entry.package));
  gs_log_entry_encode(&entry, got);
  memcpy(all, context, sizeof(context));
  memset(all + sizeof(context), 0xC0, GS_DIGEST_BYTES);
  memcpy(all + sizeof(context) + GS_DIGEST_BYTES, got, GS_LOG_CHAINED_BYTES);
  assert_int_equal(gs_sha256(all, sizeof(all), entry.chain), GS_OK);
  gs_log_entry_encode(&entry, got);
  assert_int_equal(example("docs/spec/log.md", "log-entry", want, sizeof(want)), sizeof(got));
  assert_memory_equal(got, want, sizeof(got));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(state_record_is_as_written_down),
      cmocka_unit_test(log_entry_is_as_written_down),
  };
  return cmocka_run_group_tests(tests, make_maker, NULL);
}
