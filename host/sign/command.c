/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "platform.h"
#include "text.h"

#define OPTIONS_MAX 32u
#define LETTERS_MAX (2u * OPTIONS_MAX + 4u)
#define HELP_KEY 0x1000

static bool same(const char *a, const char *b) {
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

size_t gss_count(const struct gss_args *args, const char *name) {
  size_t n = 0;
  for (size_t i = 0; i < args->count; i++) {
    n += same(args->given[i].name, name);
  }
  return n;
}

const char *gss_nth(const struct gss_args *args, const char *name, size_t i) {
  for (size_t k = 0; k < args->count; k++) {
    if (same(args->given[k].name, name) && i-- == 0) {
      return args->given[k].value;
    }
  }
  return NULL;
}

const char *gss_option(const struct gss_args *args, const char *name) {
  size_t n = gss_count(args, name);
  return n > 0 ? gss_nth(args, name, n - 1) : NULL;
}

bool gss_has(const struct gss_args *args, const char *name) {
  return gss_count(args, name) > 0;
}

enum gs_status gss_usage(struct gsh_error *err, const char *what, ...) {
  char text[GSH_ERROR_TEXT_MAX];
  va_list list;
  va_start(list, what);
  (void)vsnprintf(text, sizeof text, what, list);
  va_end(list);
  return gsh_fail(err, GS_E_USAGE, "%s", text);
}

const char *gss_shown(const char *text, char out[GSS_SHOWN]) {
  return gsh_text_escape(text, strlen(text), 0, out, GSS_SHOWN);
}

enum gs_status gss_refuse_existing(const char *path, const char *what, struct gsh_error *err) {
  char shown[GSS_SHOWN];
  if (!gsh_file_exists(path)) {
    return GS_OK;
  }
  (void)gsh_fail(err, GS_E_KEY_FILE, "%s is there already", gss_shown(path, shown));
  gsh_next_step(err, "choose another name; a %s that is written over is lost", what);
  return GS_E_KEY_FILE;
}

static enum gs_status take(struct gss_args *out, const char *name, const char *value,
                           struct gsh_error *err) {
  if (out->count == GSS_GIVEN_MAX) {
    return gss_usage(err, "more than %u arguments", GSS_GIVEN_MAX);
  }
  out->given[out->count].name = name;
  out->given[out->count].value = value;
  out->count++;
  return GS_OK;
}

/* getopt's tables from ours. An option's key is its index plus one. */
static void build_tables(const struct gss_command *command, struct option *longs, char *letters) {
  size_t n = 0;
  letters[n++] = ':'; /* tell a missing value from an unknown option */
  size_t i = 0;
  for (; command->options[i].name != NULL; i++) {
    const struct gss_option *o = &command->options[i];
    longs[i] = (struct option){.name = o->name,
                               .has_arg = o->value != NULL ? required_argument : no_argument,
                               .val = (int)i + 1};
    if (o->letter != 0) {
      letters[n++] = o->letter;
      if (o->value != NULL) {
        letters[n++] = ':';
      }
    }
  }
  longs[i++] = (struct option){.name = "help", .has_arg = no_argument, .val = HELP_KEY};
  letters[n++] = 'h';
  letters[n] = '\0';
  longs[i] = (struct option){.name = NULL};
}

static const struct gss_option *find_option(const struct gss_command *command, int key) {
  for (size_t i = 0; command->options[i].name != NULL; i++) {
    if (key == (int)i + 1 || (key == command->options[i].letter && key != 0)) {
      return &command->options[i];
    }
  }
  return NULL;
}

static enum gs_status unknown_option(const struct gss_command *command, const char *word,
                                     struct gsh_error *err) {
  char shown[GSS_SHOWN];
  char name[64];
  (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word + strspn(word, "-"), "="),
                 word + strspn(word, "-"));
  struct gsw_near near = gsw_near(name);
  for (const struct gss_option *o = command->options; o->name != NULL; o++) {
    gsw_near_try(&near, o->name);
  }
  (void)gss_usage(err, "%s does not know the option %s", command->name, gss_shown(word, shown));
  if (near.best != NULL) {
    gsh_next_step(err, "did you mean --%s?", near.best);
  }
  return GS_E_USAGE;
}

static enum gs_status check_operands(const struct gss_command *command, const struct gss_args *args,
                                     struct gsh_error *err) {
  if (gss_count(args, NULL) < command->operands_min) {
    return gss_usage(err, "%s needs %s", command->name, command->operands);
  }
  const char *further = gss_nth(args, NULL, command->operands_max);
  if (further != NULL) {
    char shown[GSS_SHOWN];
    return gss_usage(err, "%s takes no further \"%s\"", command->name, gss_shown(further, shown));
  }
  return GS_OK;
}

enum gs_status gss_parse(const struct gss_command *command, int argc, char **argv,
                         struct gss_args *out, bool *help, struct gsh_error *err) {
  struct option longs[OPTIONS_MAX + 2];
  char letters[LETTERS_MAX];
  char shown[GSS_SHOWN];
  build_tables(command, longs, letters);
  memset(out, 0, sizeof *out);
  *help = false;
  opterr = 0;
  optind = 1;
  int key;
  while ((key = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
    if (key == HELP_KEY || key == 'h') {
      *help = true;
      return GS_OK;
    }
    if (key == ':') {
      return gss_usage(err, "%s needs a value", gss_shown(argv[optind - 1], shown));
    }
    const struct gss_option *o = key == '?' ? NULL : find_option(command, key);
    if (o == NULL) {
      return unknown_option(command, argv[optind > 1 ? optind - 1 : 1], err);
    }
    enum gs_status status = take(out, o->name, optarg, err);
    if (status != GS_OK) {
      return status;
    }
  }
  for (int i = optind; i < argc; i++) {
    enum gs_status status = take(out, NULL, argv[i], err);
    if (status != GS_OK) {
      return status;
    }
  }
  return check_operands(command, out, err);
}

/* The digits of a number, in either case; which of them count is the base's to say. */
static const char digits[] = "00112233445566778899aAbBcCdDeEfF";

/* Value of a digit; base or more: it is none of that base. */
static unsigned digit_of(char c) {
  const char *at = c != '\0' ? strchr(digits, c) : NULL;
  return at != NULL ? (unsigned)(at - digits) / 2u : 16u;
}

/* What k or M at the end stands for. */
static unsigned shift_of(char c) {
  const char *at = c != '\0' ? strchr("kKmM", c) : NULL;
  return at == NULL ? 0 : *at == 'k' || *at == 'K' ? 10 : 20;
}

bool gss_number(const char *text, bool scale, uint64_t max, uint64_t *out) {
  unsigned base = 10;
  if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text += 2;
  }
  uint64_t value = 0;
  const char *start = text;
  for (; digit_of(*text) < base; text++) {
    uint64_t digit = digit_of(*text);
    if (digit > max || value > (max - digit) / base) {
      return false;
    }
    value = value * base + digit;
  }
  bool empty = text == start;
  unsigned shift = scale ? shift_of(*text) : 0;
  text += shift != 0;
  if (empty || *text != '\0' || value > max >> shift) {
    return false;
  }
  *out = value << shift;
  return true;
}
