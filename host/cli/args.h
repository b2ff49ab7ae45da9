/* SPDX-License-Identifier: Apache-2.0
 * The command line, read once. What may stand on it: commands.def, options.def.
 */
#ifndef GSC_ARGS_H
#define GSC_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GSC_ARGUMENTS_MAX 32u
#define GSC_PORTS_MAX 64u

enum gsc_option {
#define GSC_OPTION(NAME, name, argument, text) GSC_OPT_##NAME,
#include "options.def"
#undef GSC_OPTION
  GSC_OPTION_COUNT
};
#define GSC_BIT(NAME) (1u << GSC_OPT_##NAME)
#define GSC_DEVICE (GSC_BIT(PORT) | GSC_BIT(PROBE) | GSC_BIT(TRACE) | GSC_BIT(TCP_ANYWHERE))
#define GSC_EVERYWHERE \
  (GSC_BIT(STATE) | GSC_BIT(JSON) | GSC_BIT(JSON_LINES) | GSC_BIT(QUIET) | GSC_BIT(HELP))
/* In place of options: a command that needs nothing of this computer and takes --help alone. */
#define GSC_ALONE (1u << 31)

struct gsc_cli;
typedef int (*gsc_command_fn)(struct gsc_cli *cli);

struct gsc_command {
  gsc_command_fn run;
  const char *name, *arguments, *text;
  size_t min, max; /* arguments */
  uint32_t options;
};
/* In the order of commands.def; *count of them. */
const struct gsc_command *gsc_commands(size_t *count);

struct gsc_option_info {
  const char *name, *argument, *text;
  char letter; /* 0: none */
};
const struct gsc_option_info *gsc_option_info(enum gsc_option option);

struct gsc_args {
  const struct gsc_command *command; /* NULL: --help or --version alone */
  const char *arguments[GSC_ARGUMENTS_MAX];
  size_t count;
  const char *ports[GSC_PORTS_MAX];
  size_t port_count;
  uint32_t given; /* GSC_BIT of each option that is there */
  const char *values[GSC_OPTION_COUNT];
  uint32_t timeout_s; /* 0: not given */
};

/* What is wrong with a command line: one sentence and what to do. */
struct gsc_complaint {
  char what[256];
  char next_step[256];
};

/* The command of this name; NULL: *complaint says what is near. */
const struct gsc_command *gsc_find_command(const char *word, struct gsc_complaint *c);

/* The first word that is a command's name, or NULL: for naming it where the rest was not
 * understood. */
const char *gsc_command_word(int argc, char **argv);

/* False: *complaint says why. args points into argv. */
bool gsc_args_read(struct gsc_args *args, int argc, char **argv, struct gsc_complaint *complaint);

static inline bool gsc_has(const struct gsc_args *args, uint32_t bit) {
  return (args->given & bit) != 0;
}

#endif
