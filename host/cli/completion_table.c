/* SPDX-License-Identifier: Apache-2.0
 * The table of the completion scripts, one row a line, fields parted by "|":
 *
 *   word|PATH|WORD|TEXT             WORD may follow PATH ("gapseal", "gapseal receipt")
 *   operand|PATH|NUMBER|KINDS       the NUMBER-th further word, from 0; "1+": and all after it
 *   option|PATH|NAMES|KINDS|TEXT    NAMES with commas between, the long one first
 *   link|PROGRAM|SCHEME|TEXT
 *
 * KINDS, with commas between: "=word", "file", "file.gsp", "dir", "dev", "link", "id", "command";
 * "?" where nothing is known about it, "-" for an option without a value. They are read from what
 * commands.def and options.def call the argument: capitals stand for something, the rest is meant
 * literally.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "completion_table.h"
#include "ui.h"

#define ROW_MAX 512u
#define KINDS_MAX 128u

static void print_row(const char *row, const struct gsc_quoting *quoting) {
  char quoted[4 * ROW_MAX];
  size_t n = 0;
  for (; *row != '\0'; row++) {
    const char *as = *row == '\'' ? quoting->quote : *row == '\\' ? quoting->backslash : NULL;
    size_t len = as != NULL ? strlen(as) : 1;
    memcpy(quoted + n, as != NULL ? as : row, len);
    n += len;
  }
  quoted[n++] = '\n';
  quoted[n] = '\0';
  gsc_ui_print(quoted);
}

/* What one name of an argument ("FILE.gsp", "DEV", "confirm") stands for. */
static void kind_of(const char *name, size_t len, char *out, size_t cap) {
  static const struct {
    const char *name, *kind;
  } known[] = {{"FILE", "file"}, {"DIR", "dir"}, {"DIRECTORY", "dir"},  {"DEV", "dev"},
               {"LINK", "link"}, {"ID", "id"},   {"COMMAND", "command"}};
  const char *dot = memchr(name, '.', len);
  if (islower((unsigned char)name[0])) {
    (void)snprintf(out, cap, "=%.*s", (int)len, name);
    return;
  }
  if (dot != NULL) {
    (void)snprintf(out, cap, "file%.*s", (int)(len - (size_t)(dot - name)), dot);
    return;
  }
  (void)snprintf(out, cap, "?");
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0) {
      (void)snprintf(out, cap, "%s", known[i].kind);
    }
  }
}

/* "[FILE.gsp|DIR...]" becomes "file.gsp,dir". */
static void kinds_of(const char *argument, char out[KINDS_MAX]) {
  size_t used = 0;
  out[0] = '\0';
  argument += *argument == '[';
  for (;;) {
    size_t whole = strcspn(argument, "|");
    size_t len = strcspn(argument, "|[]");
    const char *dots = strstr(argument, "...");
    if (dots != NULL && (size_t)(dots - argument) < len) {
      len = (size_t)(dots - argument);
    }
    if (used > 0 && used + 1 < KINDS_MAX) {
      out[used++] = ',';
    }
    kind_of(argument, len, out + used, KINDS_MAX - used);
    used += strlen(out + used);
    if (argument[whole] == '\0') {
      return;
    }
    argument += whole + 1;
  }
}

static void print_word(const char *path, const char *word, const char *text,
                       const struct gsc_quoting *quoting) {
  char row[ROW_MAX];
  (void)snprintf(row, sizeof row, "word|%s|%s|%s", path, word, text);
  print_row(row, quoting);
}

/* The words of one form of a command from number on: "FILE.gsp [DEV...]". */
static void print_operands(const char *path, const char *form, size_t len,
                           const struct gsc_quoting *quoting) {
  char row[ROW_MAX];
  char kinds[KINDS_MAX];
  for (unsigned number = 0; len > 0; number++) {
    char argument[64];
    size_t n = strcspn(form, " ");
    n = n < len ? n : len;
    (void)snprintf(argument, sizeof argument, "%.*s", (int)n, form);
    kinds_of(argument, kinds);
    if (strcmp(kinds, "?") != 0) {
      (void)snprintf(row, sizeof row, "operand|%s|%u%s|%s", path, number,
                     strstr(argument, "...") != NULL ? "+" : "", kinds);
      print_row(row, quoting);
    }
    n += n < len && form[n] == ' ';
    form += n;
    len -= n;
  }
}

/* One form: "show|verify FILE.gsr" begins with words that are meant literally, "FILE" does not. */
static void print_form(const char *path, const char *form, size_t len,
                       const struct gsc_quoting *quoting) {
  size_t head = strcspn(form, " ");
  head = head < len ? head : len;
  if (!islower((unsigned char)form[0])) {
    print_operands(path, form, len, quoting);
    return;
  }
  const char *rest = form + head + (head < len);
  size_t rest_len = len - (size_t)(rest - form);
  for (size_t at = 0; at < head;) {
    char word[32];
    char below[GSC_TABLE_PATH + sizeof word];
    size_t n = strcspn(form + at, "| ");
    n = n < head - at ? n : head - at;
    (void)snprintf(word, sizeof word, "%.*s", (int)n, form + at);
    (void)snprintf(below, sizeof below, "%s %s", path, word);
    print_word(path, word, "", quoting);
    print_operands(below, rest, rest_len, quoting);
    at += n + 1;
  }
}

/* "show|verify FILE.gsr | fetch [DEV]": forms with " | " between. */
static void print_arguments(const char *path, const char *arguments,
                            const struct gsc_quoting *quoting) {
  while (*arguments != '\0') {
    const char *end = strstr(arguments, " | ");
    size_t len = end != NULL ? (size_t)(end - arguments) : strlen(arguments);
    print_form(path, arguments, len, quoting);
    arguments += len + (end != NULL ? 3 : 0);
  }
}

void gsc_table_option(const char *path, const struct gsc_table_option *o,
                      const struct gsc_quoting *quoting) {
  char row[ROW_MAX];
  char kinds[KINDS_MAX] = "-";
  char letter[4] = "";
  if (o->argument != NULL) {
    kinds_of(o->argument, kinds);
  }
  if (o->letter != 0) {
    (void)snprintf(letter, sizeof letter, ",-%c", o->letter);
  }
  (void)snprintf(row, sizeof row, "option|%s|--%s%s|%s|%s", path, o->name, letter, kinds, o->text);
  print_row(row, quoting);
}

void gsc_table_command(const char *program, const char *name, const char *arguments,
                       const char *text, char path[GSC_TABLE_PATH],
                       const struct gsc_quoting *quoting) {
  char first[32];
  const char *blank = strchr(name, ' ');
  (void)snprintf(path, GSC_TABLE_PATH, "%s %s", program, name);
  if (blank == NULL) {
    print_word(program, name, text, quoting);
  } else { /* "keyring new": the second word follows the first */
    (void)snprintf(first, sizeof first, "%.*s", (int)(blank - name), name);
    char above[GSC_TABLE_PATH];
    (void)snprintf(above, sizeof above, "%s %s", program, first);
    print_word(program, first, "", quoting);
    print_word(above, blank + 1, text, quoting);
  }
  print_arguments(path, arguments, quoting);
}

void gsc_table_link(const char *program, const char *scheme, const char *text,
                    const struct gsc_quoting *quoting) {
  char row[ROW_MAX];
  (void)snprintf(row, sizeof row, "link|%s|%s|%s", program, scheme, text);
  print_row(row, quoting);
}
