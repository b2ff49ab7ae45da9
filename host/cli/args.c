/* SPDX-License-Identifier: Apache-2.0 */
#include "args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "near.h"

static const struct gsc_command commands[] = {
#define GSC_COMMAND(function, name_, arguments_, min_, max_, options_, text_) \
  {.run = (function),                                                         \
   .name = (name_),                                                           \
   .arguments = (arguments_),                                                 \
   .text = (text_),                                                           \
   .min = (min_),                                                             \
   .max = (max_),                                                             \
   .options = (options_) == GSC_ALONE ? GSC_ALONE | GSC_BIT(HELP) : (options_) | GSC_EVERYWHERE},
#include "commands.def"
#undef GSC_COMMAND
};
#define COMMANDS (sizeof commands / sizeof commands[0])
_Static_assert((int)GSC_OPTION_COUNT <= 31, "one bit an option, and one for GSC_ALONE");

static const struct gsc_option_info options[GSC_OPTION_COUNT] = {
#define GSC_OPTION(NAME, name_, argument_, text_) \
  [GSC_OPT_##NAME] = {.name = (name_), .argument = (argument_), .text = (text_)},
#define GSC_LETTER(NAME, letter_) [GSC_OPT_##NAME].letter = (letter_),
#include "options.def"
#undef GSC_OPTION
};

/* Commands of later versions, so that a reader of the design is not told they do not exist. */
static const char *const later[] = {"doctor",  "identify", "provision",
                                    "station", "catalog",  "order"};

const struct gsc_command *gsc_commands(size_t *count) {
  *count = COMMANDS;
  return commands;
}

const struct gsc_option_info *gsc_option_info(enum gsc_option option) {
  return &options[option];
}

static void complain(struct gsc_complaint *c, const char *what, const char *word) {
  /* The word is of this user's own command line; ui.c makes it safe to print. */
  (void)snprintf(c->what, sizeof c->what, "%s: %s", what, word);
  (void)snprintf(c->next_step, sizeof c->next_step, "run: gapseal --help");
}

const struct gsc_command *gsc_find_command(const char *word, struct gsc_complaint *c) {
  struct gsw_near near = gsw_near(word);
  for (size_t i = 0; i < COMMANDS; i++) {
    if (strcmp(commands[i].name, word) == 0) {
      return &commands[i];
    }
    gsw_near_try(&near, commands[i].name);
  }
  complain(c, "there is no such command", word);
  for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
    if (strcmp(later[i], word) == 0) {
      complain(c, "this command is not in this version", word);
      return NULL;
    }
  }
  if (near.best != NULL) {
    (void)snprintf(c->next_step, sizeof c->next_step, "did you mean: gapseal %s", near.best);
  }
  return NULL;
}

const char *gsc_command_word(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    for (size_t k = 0; argv[i][0] != '-' && k < COMMANDS; k++) {
      if (strcmp(commands[k].name, argv[i]) == 0) {
        return commands[k].name;
      }
    }
  }
  return NULL;
}

static void unknown_option(const char *word, struct gsc_complaint *c) {
  char name[64];
  const char *start = word + strspn(word, "-");
  (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(start, "="), start);
  struct gsw_near near = gsw_near(name);
  complain(c, "there is no such option", word);
  for (size_t i = 0; i < GSC_OPTION_COUNT; i++) {
    gsw_near_try(&near, options[i].name);
  }
  if (near.best != NULL) {
    (void)snprintf(c->next_step, sizeof c->next_step, "did you mean: --%s", near.best);
  }
}

static bool take_option(struct gsc_args *args, enum gsc_option option, const char *value,
                        struct gsc_complaint *c) {
  args->given |= 1u << option;
  args->values[option] = value;
  if (option == GSC_OPT_PORT) {
    if (args->port_count == GSC_PORTS_MAX) {
      complain(c, "too many links", value);
      return false;
    }
    args->ports[args->port_count++] = value;
  }
  if (option == GSC_OPT_TIMEOUT) {
    char *end = NULL;
    unsigned long n = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || n == 0 || n > 86400) {
      complain(c, "--timeout wants seconds, 1 to 86400", value);
      return false;
    }
    args->timeout_s = (uint32_t)n;
  }
  if (option == GSC_OPT_STOP_BEFORE && strcmp(value, "confirm") != 0) {
    complain(c, "--stop-before knows one step, confirm", value);
    return false;
  }
  return true;
}

/* getopt's tables from ours. A long option's key is 256 more than its number. */
static void build_tables(struct option longs[GSC_OPTION_COUNT + 1], char *letters) {
  *letters++ = ':'; /* tell a missing value from an unknown option */
  for (int i = 0; i < GSC_OPTION_COUNT; i++) {
    longs[i] =
        (struct option){.name = options[i].name,
                        .has_arg = options[i].argument != NULL ? required_argument : no_argument,
                        .val = 256 + i};
    if (options[i].letter != 0) {
      *letters++ = options[i].letter;
    }
  }
  *letters = '\0';
}

static int option_of_letter(int letter) {
  for (int i = 0; i < GSC_OPTION_COUNT; i++) {
    if (options[i].letter == letter) {
      return i;
    }
  }
  return -1;
}

static bool read_options(struct gsc_args *args, int argc, char **argv, struct gsc_complaint *c) {
  struct option longs[GSC_OPTION_COUNT + 1] = {0};
  char letters[GSC_OPTION_COUNT + 2];
  build_tables(longs, letters);
  opterr = 0;
  for (;;) {
    int at = optind;
    int found = getopt_long(argc, argv, letters, longs, NULL);
    if (found == -1) {
      return true;
    }
    if (found == ':' || found == '?') {
      /* With arguments before it, getopt has moved on: the word just passed is the culprit. */
      const char *word = optind > at ? argv[optind - 1] : argv[at];
      if (found == ':') {
        complain(c, "a value is missing after", word);
      } else {
        unknown_option(word, c);
      }
      return false;
    }
    int option = found < 256 ? option_of_letter(found) : found - 256;
    if (!take_option(args, (enum gsc_option)option, optarg, c)) {
      return false;
    }
  }
}

static bool fits_command(const struct gsc_args *args, struct gsc_complaint *c) {
  const struct gsc_command *command = args->command;
  uint32_t stray = args->given & ~(command->options | GSC_BIT(VERSION));
  for (int i = 0; i < GSC_OPTION_COUNT; i++) {
    if ((stray >> i & 1u) != 0) {
      (void)snprintf(c->what, sizeof c->what, "%s does not take --%s", command->name,
                     options[i].name);
      (void)snprintf(c->next_step, sizeof c->next_step, "run: gapseal %s --help", command->name);
      return false;
    }
  }
  if (gsc_has(args, GSC_BIT(HELP) | GSC_BIT(VERSION))) {
    return true;
  }
  if (args->count < command->min || args->count > command->max) {
    (void)snprintf(c->what, sizeof c->what, "%s has too %s arguments", command->name,
                   args->count < command->min ? "few" : "many");
    (void)snprintf(c->next_step, sizeof c->next_step, "write: gapseal %s%s%s", command->name,
                   command->arguments[0] != '\0' ? " " : "", command->arguments);
    return false;
  }
  if (gsc_has(args, GSC_BIT(JSON)) && gsc_has(args, GSC_BIT(JSON_LINES))) {
    complain(c, "one of these is enough", "--json and --json-lines");
    return false;
  }
  return true;
}

bool gsc_args_read(struct gsc_args *args, int argc, char **argv, struct gsc_complaint *complaint) {
  memset(args, 0, sizeof *args);
  if (!read_options(args, argc, argv, complaint)) {
    return false;
  }
  if (optind >= argc) {
    if (gsc_has(args, GSC_BIT(HELP) | GSC_BIT(VERSION))) {
      return true;
    }
    complain(complaint, "nothing to do", "no command was given");
    return false;
  }
  args->command = gsc_find_command(argv[optind], complaint);
  if (args->command == NULL) {
    return false;
  }
  for (int i = optind + 1; i < argc; i++) {
    if (args->count == GSC_ARGUMENTS_MAX) {
      complain(complaint, "too many arguments", argv[i]);
      return false;
    }
    args->arguments[args->count++] = argv[i];
  }
  return fits_command(args, complaint);
}
