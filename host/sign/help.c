/* SPDX-License-Identifier: Apache-2.0
 * The commands as commands.def and options.def tell them, and their help.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "row.h"

#define OPTION_COLUMN 32u
#define COMMAND_COLUMN 16u
#define CODE_COLUMN 7u

/* clang-format off */
#define GSS_OPTIONS(section) static const struct gss_option section##_options[] = {
#define GSS_OPTION(name, letter, value, help) {(name), (letter), (value), (help)},
#define GSS_OPTIONS_END {NULL, 0, NULL, NULL}};
#include "options.def"
/* clang-format on */

#define GSS_COMMAND(function, options_, name_, operands_, min, max, example_, summary_, details_) \
  const struct gss_command gss_##function = {.name = (name_),                                     \
                                             .operands = (operands_),                             \
                                             .summary = (summary_),                               \
                                             .details = (details_),                               \
                                             .example = (example_),                               \
                                             .options = options_##_options,                       \
                                             .operands_min = (min),                               \
                                             .operands_max = (max),                               \
                                             .run = gss_run_##function};
#define GSS_EXIT(code, meaning)
#include "commands.def"
#undef GSS_COMMAND
#undef GSS_EXIT

const struct gss_command *const gss_commands[] = {
#define GSS_COMMAND(function, options, name, operands, min, max, example, summary, details) \
  &gss_##function,
#define GSS_EXIT(code, meaning)
#include "commands.def"
#undef GSS_COMMAND
#undef GSS_EXIT
};
const size_t gss_command_count = sizeof gss_commands / sizeof gss_commands[0];

static const struct {
  int code;
  const char *meaning;
} exits[] = {
#define GSS_COMMAND(function, options, name, operands, min, max, example, summary, details)
#define GSS_EXIT(code, meaning) {(code), (meaning)},
#include "commands.def"
#undef GSS_COMMAND
#undef GSS_EXIT
};

static void print_rows(struct gsw_row *row) {
  char line[GSW_LINE];
  while (gsw_row_next(row, line)) {
    (void)printf("%s\n", line);
  }
}

static void print_row(const char *left, size_t column, const char *text) {
  print_rows(&(struct gsw_row){.left = left, .text = text, .column = column});
}

static void print_option(const struct gss_option *o) {
  char left[64];
  char letter[8] = "    ";
  if (o->letter != 0) {
    (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
  }
  (void)snprintf(left, sizeof left, "  %s--%s%s%s", letter, o->name, o->value ? " " : "",
                 o->value ? o->value : "");
  print_row(left, OPTION_COLUMN, o->help);
}

void gss_print_help(const struct gss_command *command) {
  (void)printf("usage: gapseal-sign %s%s%s%s\n\n", command->name,
               command->operands[0] != '\0' ? " " : "", command->operands,
               command->options[0].name != NULL ? " [OPTIONS]" : "");
  print_row("", 0, command->summary);
  if (command->details[0] != '\0') {
    (void)printf("\n");
    print_row("", 0, command->details);
  }
  (void)printf("\noptions:\n");
  for (const struct gss_option *o = command->options; o->name != NULL; o++) {
    print_option(o);
  }
  print_option(&program_options[0]);
  if (command->example != NULL) {
    (void)printf("\nexample:\n");
    print_rows(&(struct gsw_row){.left = "", .text = command->example, .column = 2, .join = " \\"});
  }
}

void gss_print_overview(void) {
  (void)printf(
      "gapseal-sign: keys, keyrings and packages, on the maker's side\n\n"
      "usage: gapseal-sign COMMAND [OPERANDS] [OPTIONS]\n\ncommands:\n");
  for (size_t i = 0; i < gss_command_count; i++) {
    char left[64];
    (void)snprintf(left, sizeof left, "  %s", gss_commands[i]->name);
    print_row(left, COMMAND_COLUMN, gss_commands[i]->summary);
  }
  (void)printf("\noptions:\n");
  for (const struct gss_option *o = program_options; o->name != NULL; o++) {
    print_option(o);
  }
  (void)printf("\nexit codes:\n");
  for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
    char left[16];
    (void)snprintf(left, sizeof left, "  %3d", exits[i].code);
    print_row(left, CODE_COLUMN, exits[i].meaning);
  }
}
