/* SPDX-License-Identifier: Apache-2.0
 * What every fuzzer is made of. A fuzzer is one file that defines three functions:
 *
 *   fuzz_start   once, before the first input
 *   fuzz_seeds   gives good inputs to fuzz_seed, for the corpus to start from
 *   fuzz_one     one input; a property that does not hold ends the program (FUZZ_MUST)
 *
 * With GAPSEAL_FUZZ_SEEDS=DIR in the environment the program writes its seeds there and ends.
 */
#ifndef GAPSEAL_FUZZ_H
#define GAPSEAL_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void fuzz_start(void);
void fuzz_seeds(void);
void fuzz_one(const uint8_t *data, size_t len);

/* One good input; name: of its file. */
void fuzz_seed(const char *name, const void *data, size_t len);

/* The program ends here where ok is false; libFuzzer keeps the input. */
void fuzz_must(bool ok, const char *what, const char *file, int line);
#define FUZZ_MUST(condition) fuzz_must((condition), #condition, __FILE__, __LINE__)

/* An input read as a script: numbers that are 0 and bytes that are none once it has ended. */
struct fuzz_script {
  const uint8_t *at;
  size_t left;
};
uint8_t fuzz_u8(struct fuzz_script *s);
uint16_t fuzz_u16(struct fuzz_script *s);
uint32_t fuzz_u32(struct fuzz_script *s);
/* The next bytes, at most want; *len: how many. */
const uint8_t *fuzz_bytes(struct fuzz_script *s, size_t want, size_t *len);

/* A file in memory that holds these bytes, and its path: until the next call with this slot. */
#define FUZZ_FILES 4u
const char *fuzz_file(unsigned slot, const void *data, size_t len);
/* A directory of this process alone, removed at its end. */
const char *fuzz_dir(void);

/* Text that no terminal, log or JSON string can be misled by: what gsh_text_escape promises. */
bool fuzz_text_safe(const char *text);

#endif
