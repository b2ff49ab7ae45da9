/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <getopt.h>
#include <string.h>

#include "near.h"
#include "row.h"

#define COLUMN 28u
#define CODE_COLUMN 7u

enum {
#define GSV_COMMAND(function, name, operands, needed, example, text) NUMBER_##function,
#include "options.def"
  COMMANDS
};
#define GSV_FOR(function) (1u << NUMBER_##function)
#define GSV_FOR_ALL ((1u << COMMANDS) - 1u)
#define GSV_ALONE 0u

static const struct gsv_command commands[COMMANDS] = {
#define GSV_COMMAND(function, name_, operands_, needed_, example_, text_) \
  {.name = (name_),                                                       \
   .operands = (operands_),                                               \
   .example = (example_),                                                 \
   .text = (text_),                                                       \
   .bit = GSV_FOR(function),                                              \
   .needed = GSV_OPT_##needed_,                                           \
   .run = gsv_##function},
#include "options.def"
};

static const struct {
  const char *name, *value, *text;
  unsigned of;
  char letter;
} options[GSV_OPTION_COUNT] = {
#define GSV_OPTION(NAME, name_, value_, commands_, text_) \
  [GSV_OPT_##NAME] = {.name = (name_), .value = (value_), .text = (text_), .of = (commands_)},
#define GSV_LETTER(NAME, letter_) [GSV_OPT_##NAME].letter = (letter_),
#include "options.def"
};

static const struct {
  int code;
  const char *meaning;
} exits[] = {
#define GSV_EXIT(code, meaning) {(code), (meaning)},
#include "options.def"
};

/* -- help ----------------------------------------------------------------------------------------
 */

static void print_rows(struct gsw_row *row) {
  char line[GSW_LINE];
  while (gsw_row_next(row, line)) {
    (void)printf("%s\n", line);
  }
}

static void print_row(const char *left, size_t column, const char *text) {
  print_rows(&(struct gsw_row){.left = left, .text = text, .column = column});
}

/* of: the commands whose options are shown; GSV_ALONE: the program's. */
static void print_options(unsigned of) {
  (void)printf("\noptions:\n");
  for (int i = 0; i < GSV_OPTION_COUNT; i++) {
    char left[64];
    char letter[8] = "    ";
    bool shown = of == GSV_ALONE ? options[i].of == GSV_FOR_ALL || options[i].of == GSV_ALONE
                                 : (options[i].of & of) != 0;
    if (options[i].letter != 0) {
      (void)snprintf(letter, sizeof letter, "-%c, ", options[i].letter);
    }
    (void)snprintf(left, sizeof left, "  %s--%s %s", letter, options[i].name,
                   options[i].value != NULL ? options[i].value : "");
    if (shown) {
      print_row(left, COLUMN, options[i].text);
    }
  }
}

static void print_usage(const char *before, const struct gsv_command *c) {
  (void)printf("%s gapseal-verify %s %s --%s %s [OPTIONS]\n", before, c->name, c->operands,
               options[c->needed].name, options[c->needed].value);
}

static void print_command(const struct gsv_command *c) {
  print_usage("usage:", c);
  (void)printf("\n%s\n", c->text);
  print_options(c->bit);
  (void)printf("\nexample:\n");
  print_rows(&(struct gsw_row){.left = "", .text = c->example, .column = 2, .join = " \\"});
}

void gsv_help(const struct gsv_command *command) {
  if (command != NULL) {
    print_command(command);
    return;
  }
  (void)printf("gapseal-verify: an independent reader of packages, receipts and logs\n\n");
  for (size_t i = 0; i < COMMANDS; i++) {
    print_usage(i == 0 ? "usage:" : "      ", &commands[i]);
  }
  (void)printf("\ncommands:\n");
  for (size_t i = 0; i < COMMANDS; i++) {
    char left[32];
    (void)snprintf(left, sizeof left, "  %s", commands[i].name);
    print_row(left, COLUMN, commands[i].text);
  }
  print_options(GSV_ALONE);
  (void)printf("\nexit codes:\n");
  for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
    char left[16];
    (void)snprintf(left, sizeof left, "  %3d", exits[i].code);
    print_row(left, CODE_COLUMN, exits[i].meaning);
  }
}

/* -- reading -------------------------------------------------------------------------------------
 */

static void suggest(const struct gsw_near *near, struct gsv_error *e, const char *before) {
  if (near->best != NULL) {
    (void)snprintf(e->hint, sizeof e->hint, "did you mean %s%s?", before, near->best);
    e->next_step = e->hint;
  }
}

static enum gs_status unknown_option(const char *word, struct gsv_error *e) {
  char shown[GSV_TEXT_MAX / 2];
  struct gsw_near near = gsw_near(word + strspn(word, "-"));
  for (size_t i = 0; i < GSV_OPTION_COUNT; i++) {
    gsw_near_try(&near, options[i].name);
  }
  (void)gsv_fail(e, GS_E_USAGE, "no such option: %s", gsv_escape(word, shown, sizeof shown));
  suggest(&near, e, "--");
  return GS_E_USAGE;
}

static enum gs_status unknown_command(const char *word, struct gsv_error *e) {
  char shown[GSV_TEXT_MAX / 2];
  struct gsw_near near = gsw_near(word);
  for (size_t i = 0; i < COMMANDS; i++) {
    gsw_near_try(&near, commands[i].name);
  }
  (void)gsv_fail(e, GS_E_USAGE, "no such command: %s", gsv_escape(word, shown, sizeof shown));
  suggest(&near, e, "gapseal-verify ");
  return GS_E_USAGE;
}

/* getopt's tables from ours: a long option's key is its number and 256. */
static void build_tables(struct option longs[GSV_OPTION_COUNT + 1], char *letters) {
  *letters++ = ':'; /* tell a missing value from an unknown option */
  for (int i = 0; i < GSV_OPTION_COUNT; i++) {
    longs[i] =
        (struct option){.name = options[i].name,
                        .has_arg = options[i].value != NULL ? required_argument : no_argument,
                        .val = 256 + i};
    if (options[i].letter != 0) {
      *letters++ = options[i].letter;
    }
  }
  longs[GSV_OPTION_COUNT] = (struct option){.name = NULL};
  *letters = '\0';
}

static int number_of(int key) {
  for (int i = 0; key < 256 && i < GSV_OPTION_COUNT; i++) {
    if (options[i].letter == key) {
      return i;
    }
  }
  return key - 256;
}

static enum gs_status read_all(int argc, char **argv, struct gsv_request *q, struct gsv_error *e) {
  struct option longs[GSV_OPTION_COUNT + 1];
  char letters[GSV_OPTION_COUNT + 2];
  char shown[GSV_TEXT_MAX / 2];
  int key;
  build_tables(longs, letters);
  opterr = 0;
  while ((key = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
    if (key == ':') {
      return gsv_fail(e, GS_E_USAGE, "%s needs a value",
                      gsv_escape(argv[optind - 1], shown, sizeof shown));
    }
    if (key == '?') {
      return unknown_option(argv[optind - 1], e);
    }
    q->value[number_of(key)] = optarg != NULL ? optarg : "";
  }
  return GS_OK;
}

/* All is checked before anything is opened. */
static enum gs_status check(int argc, char **argv, struct gsv_request *q, struct gsv_error *e) {
  const struct gsv_command *c = q->command;
  if (optind >= argc) {
    return gsv_fail(e, GS_E_USAGE, "no command was given");
  }
  if (c == NULL) {
    return unknown_command(argv[optind], e);
  }
  if (argc - optind != 2) {
    return gsv_fail(e, GS_E_USAGE, "%s takes one file", c->name);
  }
  q->path = argv[optind + 1];
  if (q->value[c->needed] == NULL) {
    return gsv_fail(e, GS_E_USAGE, "%s needs --%s", c->name, options[c->needed].name);
  }
  for (size_t i = 0; i < GSV_OPTION_COUNT; i++) {
    if (q->value[i] != NULL && (options[i].of & c->bit) == 0) {
      return gsv_fail(e, GS_E_USAGE, "%s takes no --%s", c->name, options[i].name);
    }
  }
  return GS_OK;
}

enum gs_status gsv_options_read(int argc, char **argv, struct gsv_request *q, struct gsv_error *e) {
  enum gs_status status = read_all(argc, argv, q, e);
  for (size_t i = 0; optind < argc && i < COMMANDS; i++) {
    if (strcmp(commands[i].name, argv[optind]) == 0) {
      q->command = &commands[i];
    }
  }
  if (status != GS_OK || q->value[GSV_OPT_HELP] != NULL || q->value[GSV_OPT_VERSION] != NULL) {
    return status;
  }
  return check(argc, argv, q, e);
}
