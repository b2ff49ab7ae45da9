/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

void fuzz_must(bool ok, const char *what, const char *file, int line) {
  if (!ok) {
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
  }
}

static const char *seeds_dir;

void fuzz_seed(const char *name, const void *data, size_t len) {
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/%s", seeds_dir, name);
  FILE *f = fopen(path, "wb");
  FUZZ_MUST(f != NULL);
  FUZZ_MUST(fwrite(data, 1, len, f) == len);
  FUZZ_MUST(fclose(f) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  fuzz_start();
  seeds_dir = getenv("GAPSEAL_FUZZ_SEEDS");
  if (seeds_dir != NULL) {
    (void)mkdir(seeds_dir, 0777);
    fuzz_seeds();
    exit(0);
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  fuzz_one(data, len);
  return 0;
}

const uint8_t *fuzz_bytes(struct fuzz_script *s, size_t want, size_t *len) {
  const uint8_t *at = s->at;
  *len = want < s->left ? want : s->left;
  s->at += *len;
  s->left -= *len;
  return at;
}

uint8_t fuzz_u8(struct fuzz_script *s) {
  size_t len;
  const uint8_t *at = fuzz_bytes(s, 1, &len);
  return len == 1 ? at[0] : 0;
}

uint16_t fuzz_u16(struct fuzz_script *s) {
  uint16_t low = fuzz_u8(s);
  return (uint16_t)(low | (uint16_t)(fuzz_u8(s) << 8));
}

uint32_t fuzz_u32(struct fuzz_script *s) {
  uint32_t low = fuzz_u16(s);
  return low | (uint32_t)fuzz_u16(s) << 16;
}

const char *fuzz_file(unsigned slot, const void *data, size_t len) {
  static int fds[FUZZ_FILES];
  static char paths[FUZZ_FILES][32];
  FUZZ_MUST(slot < FUZZ_FILES);
  if (paths[slot][0] == '\0') {
    fds[slot] = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_MUST(fds[slot] >= 0);
    (void)snprintf(paths[slot], sizeof paths[slot], "/proc/self/fd/%d", fds[slot]);
  }
  FUZZ_MUST(ftruncate(fds[slot], 0) == 0);
  FUZZ_MUST(len == 0 || pwrite(fds[slot], data, len, 0) == (ssize_t)len);
  return paths[slot];
}

static char dir[64];

static void remove_dir(void) {
  char command[128];
  (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
  (void)!system(command);
}

const char *fuzz_dir(void) {
  if (dir[0] == '\0') {
    bool shm = access("/dev/shm", W_OK) == 0;
    (void)snprintf(dir, sizeof dir, "%s/gapseal-fuzz.XXXXXX", shm ? "/dev/shm" : "/tmp");
    FUZZ_MUST(mkdtemp(dir) != NULL);
    (void)atexit(remove_dir);
  }
  return dir;
}

/* One code point of UTF-8 at *at, which moves past it; -1 where there is none. Written apart from
 * the product's readers, which are what is tested. */
static long next_code(const unsigned char **at) {
  unsigned char first = *(*at)++;
  size_t more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  long code = more == 0 ? first : first & (0x3F >> more);
  if ((first >= 0x80 && first < 0xC2) || first > 0xF4) {
    return -1;
  }
  for (; more > 0; more--) {
    if ((**at & 0xC0) != 0x80) {
      return -1;
    }
    code = code << 6 | (*(*at)++ & 0x3F);
  }
  bool shortest = first < 0xE0 || (first < 0xF0 ? code >= 0x800 : code >= 0x10000);
  bool scalar = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return shortest && scalar ? code : -1;
}

bool fuzz_text_safe(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  while (*at != 0) {
    long c = next_code(&at);
    bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
    bool turns = c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
                 (c >= 0x2066 && c <= 0x2069);
    bool none = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
    if (control || turns || none) {
      return false;
    }
  }
  return true;
}
