/* SPDX-License-Identifier: Apache-2.0
 * How a command of gapseal-sign describes itself: commands.def and options.def feed the parser, the
 * help, the completion and the manual.
 */
#ifndef GSS_COMMAND_H
#define GSS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define GSS_GIVEN_MAX 64u

struct gss_option {
  const char *name;  /* long, without the dashes */
  char letter;       /* 0: none */
  const char *value; /* its name in the help, or NULL where the option takes none */
  const char *help;
};

/* What the command line holds, in its order. The texts are those of argv. */
struct gss_args {
  struct gss_given {
    const char *name; /* of the option; NULL: an operand */
    const char *value;
  } given[GSS_GIVEN_MAX];
  size_t count;
};

struct gss_command {
  const char *name; /* "pack", "keyring new" */
  const char *operands;
  const char *summary;
  const char *details;              /* further sentences of the help; "" for none */
  const char *example;              /* NULL: none */
  const struct gss_option *options; /* ends with a NULL name */
  size_t operands_min, operands_max;
  /* Runs the command, after gs_crypto_init. Data goes to stdout, words for people to stderr. */
  enum gs_status (*run)(const struct gss_args *args, struct gsh_error *err);
};

/* Of commands.def: gss_<name> and what runs it. */
#define GSS_COMMAND(function, options, name, operands, min, max, example, summary, details) \
  extern const struct gss_command gss_##function;                                           \
  enum gs_status gss_run_##function(const struct gss_args *args, struct gsh_error *err);
#define GSS_EXIT(code, meaning)
#include "commands.def"
#undef GSS_COMMAND
#undef GSS_EXIT

/* The last value given for an option, or NULL. */
const char *gss_option(const struct gss_args *args, const char *name);
bool gss_has(const struct gss_args *args, const char *name);
/* How often an option was given; its i-th value. name NULL: operands. */
size_t gss_count(const struct gss_args *args, const char *name);
const char *gss_nth(const struct gss_args *args, const char *name, size_t i);

/*
 * Parse argv after the command's words. GS_E_USAGE with err filled. --help and --version are
 * main's business and reported through *help, *version.
 */
enum gs_status gss_parse(const struct gss_command *command, int argc, char **argv,
                         struct gss_args *out, bool *help, struct gsh_error *err);
/* The help of one command; of all. */
void gss_print_help(const struct gss_command *command);
void gss_print_overview(void);

/* In the order of commands.def. */
extern const struct gss_command *const gss_commands[];
extern const size_t gss_command_count;

/* A usage error. */
enum gs_status gss_usage(struct gsh_error *err, const char *what, ...)
    __attribute__((format(printf, 2, 3)));

/* Decimal or 0x hexadecimal with nothing after it but k or m (times 1024) where scale is true.
 * False when it is no such number or above max. */
bool gss_number(const char *text, bool scale, uint64_t max, uint64_t *out);

/* A text of the command line or of a file, made safe to show. out: GSS_SHOWN bytes. */
#define GSS_SHOWN 200u
const char *gss_shown(const char *text, char out[GSS_SHOWN]);

/* GS_E_KEY_FILE where path is there already, with what (a key, a keyring) would be lost. */
enum gs_status gss_refuse_existing(const char *path, const char *what, struct gsh_error *err);

/* "refused: ..." with its do: line on stderr, or one JSON object on stdout. Returns the exit
 * code. */
int gss_report(const struct gsh_error *err, bool json);

#endif
