/* SPDX-License-Identifier: Apache-2.0
 * The host's journal: what holds is a chain of lines, each with the digest of the one before, and
 * a line appended to it makes one more; what does not hold is never written to. The mutator can
 * mend the chain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "gapseal/crypto.h"
#include "journal.h"
#include "text.h"

#define FILE_MAX 65536u

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

static char state_dir[128];
static char journal_path[160];

void fuzz_start(void) {
  struct gsh_error err;
  FUZZ_MUST(gs_crypto_init() == GS_OK);
  (void)snprintf(state_dir, sizeof state_dir, "%s/state", fuzz_dir());
  (void)snprintf(journal_path, sizeof journal_path, "%s/journal.jsonl", state_dir);
  FUZZ_MUST(gsh_journal_ready(state_dir, &err) == GS_OK);
}

static void put_file(const uint8_t *data, size_t len) {
  FILE *f = fopen(journal_path, "wb");
  FUZZ_MUST(f != NULL && fwrite(data, 1, len, f) == len && fclose(f) == 0);
}

static size_t get_file(uint8_t *out, size_t cap) {
  FILE *f = fopen(journal_path, "rb");
  FUZZ_MUST(f != NULL);
  size_t n = fread(out, 1, cap, f);
  FUZZ_MUST(fclose(f) == 0);
  return n;
}

static uint64_t next_seq;

static void take_line(void *ctx, const struct gsh_journal_line *line) {
  (void)ctx;
  FUZZ_MUST(line->seq == ++next_seq);
  const char *const texts[] = {line->time,   line->event,   line->device,
                               line->serial, line->package, line->receipt};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    FUZZ_MUST(fuzz_text_safe(texts[i]));
  }
}

/* Each line but the first names the digest of the one before it. */
static void check_chain(const uint8_t *data, size_t len) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  uint8_t digest[GS_DIGEST_BYTES];
  memset(hex, '0', sizeof hex - 1);
  hex[sizeof hex - 1] = '\0';
  while (len > 0) {
    const uint8_t *end = memchr(data, '\n', len);
    FUZZ_MUST(end != NULL);
    size_t n = (size_t)(end - data);
    /* The reader takes any JSON; the digits stand there as they are, unless escaped. */
    FUZZ_MUST(memmem(data, n, hex, sizeof hex - 1) != NULL || memchr(data, '\\', n) != NULL);
    FUZZ_MUST(gs_sha256(data, n, digest) == GS_OK);
    (void)gsh_hex(digest, sizeof digest, hex);
    data = end + 1;
    len -= n + 1;
  }
}

/* How a whole journal, or one whose last line is torn, goes on. */
static void append(const uint8_t *data, size_t len, uint64_t lines) {
  static uint8_t after[FILE_MAX + 2048u];
  const struct gsh_journal_entry entry = {.event = "intent", .serial = "\x1b[2J\"\\\n"};
  struct gsh_error err = {.status = GS_OK};
  bool there = false;
  bool dropped = false;
  uint64_t now = 0;
  FUZZ_MUST(gsh_journal_append(state_dir, &entry, &dropped, &err) == GS_OK);
  FUZZ_MUST(dropped == (len > 0 && data[len - 1] != '\n'));
  next_seq = 0;
  FUZZ_MUST(gsh_journal_read(state_dir, take_line, NULL, &there, &now, &err) == GS_OK);
  FUZZ_MUST(there && now == lines + 1);
  size_t whole = len;
  while (whole > 0 && data[whole - 1] != '\n') {
    whole--;
  }
  size_t n = get_file(after, sizeof after);
  FUZZ_MUST(n > whole && memcmp(after, data, whole) == 0);
}

void fuzz_one(const uint8_t *data, size_t len) {
  static uint8_t after[FILE_MAX + 1u];
  struct gsh_error err = {.status = GS_OK};
  bool there = false;
  uint64_t lines = 0;
  if (len > FILE_MAX) {
    return;
  }
  put_file(data, len);
  next_seq = 0;
  enum gs_status status = gsh_journal_read(state_dir, take_line, NULL, &there, &lines, &err);
  bool torn = len > 0 && data[len - 1] != '\n';
  FUZZ_MUST(there && (status != GS_OK || !torn));
  if (status == GS_OK) {
    check_chain(data, len);
    append(data, len, lines);
    return;
  }
  FUZZ_MUST(status == GS_E_JOURNAL);
  FUZZ_MUST(err.what[0] != '\0' && fuzz_text_safe(err.what) && fuzz_text_safe(err.next_step));
  if (torn && strstr(err.what, "cut short") != NULL) {
    append(data, len, lines);
    return;
  }
  const struct gsh_journal_entry entry = {.event = "intent"};
  bool dropped = false;
  FUZZ_MUST(gsh_journal_append(state_dir, &entry, &dropped, &err) == GS_E_JOURNAL && !dropped);
  FUZZ_MUST(get_file(after, sizeof after) == len && memcmp(after, data, len) == 0);
}

/* Put right what follows "prev":" in each line. */
static void mend(uint8_t *data, size_t len) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  uint8_t digest[GS_DIGEST_BYTES];
  memset(hex, '0', sizeof hex - 1);
  for (;;) {
    const uint8_t *end = memchr(data, '\n', len);
    if (end == NULL) {
      return;
    }
    size_t n = (size_t)(end - data);
    uint8_t *prev = memmem(data, n, "\"prev\":\"", 8);
    if (prev != NULL && (size_t)(end - prev) >= 8 + sizeof hex - 1) {
      memcpy(prev + 8, hex, sizeof hex - 1);
    }
    FUZZ_MUST(gs_sha256(data, n, digest) == GS_OK);
    (void)gsh_hex(digest, sizeof digest, hex);
    data += n + 1;
    len -= n + 1;
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max);
  if (seed % 4u != 0) {
    mend(data, size);
  }
  return size;
}

void fuzz_seeds(void) {
  static uint8_t text[FILE_MAX];
  struct gsh_error err;
  (void)unlink(journal_path);
  for (uint32_t i = 0; i < 3; i++) {
    const struct gsh_journal_entry entry = {
        .event = i == 0 ? "intent" : "outcome", .device = "aa", .serial = "0042", .status = i};
    bool dropped = false;
    FUZZ_MUST(gsh_journal_append(state_dir, &entry, &dropped, &err) == GS_OK);
    fuzz_seed(i == 0 ? "one" : i == 1 ? "two" : "three", text, get_file(text, sizeof text));
  }
  fuzz_seed("torn", text, get_file(text, sizeof text) - 20u);
  fuzz_seed("empty", text, 0);
}
