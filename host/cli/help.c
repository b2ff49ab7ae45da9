/* SPDX-License-Identifier: Apache-2.0
 * --help: of the program, and of one command. All of it comes from the .def files beside this one.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "row.h"

#define LEFT_MAX 64u
#define EXITS_MAX 24u
#define COMMAND_COLUMN 14u
#define OPTION_COLUMN 29u
#define CODE_COLUMN 7u

static const struct {
  const char *command, *example;
  int exits[EXITS_MAX]; /* 0 ends them */
} more[] = {
#define GSC_HELP(command, example, ...) {(command), (example), {__VA_ARGS__}},
#include "help.def"
#undef GSC_HELP
};
#define MORE (sizeof more / sizeof more[0])

static const struct {
  int code;
  const char *meaning;
} exits[] = {
#define GSC_EXIT(code, meaning) {(code), (meaning)},
#include "exit_codes.def"
#undef GSC_EXIT
};
#define EXITS (sizeof exits / sizeof exits[0])

static void print_rows(struct gsw_row *row) {
  char line[GSW_LINE];
  while (gsw_row_next(row, line)) {
    gsc_ui_print(line);
    gsc_ui_print("\n");
  }
}

static void print_row(const char *left, size_t column, const char *text) {
  print_rows(&(struct gsw_row){.left = left, .text = text, .column = column});
}

/* A line a form: "show|verify FILE.gsr | fetch [DEV]". */
static void print_usage(const struct gsc_command *command) {
  const char *form = command->arguments;
  const char *before = "usage:";
  const char *options = command->options == (GSC_ALONE | GSC_BIT(HELP)) ? "" : " [OPTIONS]";
  char line[256];
  do {
    const char *end = strstr(form, " | ");
    int len = end != NULL ? (int)(end - form) : (int)strlen(form);
    (void)snprintf(line, sizeof line, "%s gapseal %s%s%.*s%s\n", before, command->name,
                   len > 0 ? " " : "", len, form, options);
    gsc_ui_print(line);
    form += len + (end != NULL ? 3 : 0);
    before = "      ";
  } while (*form != '\0');
}

static void print_options(const char *title, uint32_t set) {
  gsc_ui_print(title);
  for (int i = 0; i < GSC_OPTION_COUNT; i++) {
    const struct gsc_option_info *o = gsc_option_info((enum gsc_option)i);
    char left[LEFT_MAX];
    char letter[8] = "    ";
    if ((set >> i & 1u) == 0) {
      continue;
    }
    if (o->letter != 0) {
      (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
    }
    (void)snprintf(left, sizeof left, "  %s--%s %s", letter, o->name,
                   o->argument != NULL ? o->argument : "");
    print_row(left, OPTION_COLUMN, o->text);
  }
}

static void print_places(const struct gsc_command *command) {
  bool device = strstr(command->arguments, "DEV") != NULL;
  bool link = (command->options & GSC_BIT(PORT)) != 0;
  if (device || link) {
    gsc_ui_print("\n");
  }
  if (device) {
    print_row("DEV", 6,
              "port:LINK, sn:SERIAL, name:NAME, all, or the unique beginning of a serial number; "
              "without one, the only device that answers on --port, in GAPSEAL_PORTS and on "
              "serial ports known to lead to devices");
  }
  if (link) {
    char text[512] = "";
    size_t n = 0;
#define GSC_LINK(scheme, rest, about) \
  n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? ", " : "", scheme rest);
#include "links.def"
#undef GSC_LINK
    print_row("LINK", 6, text);
  }
}

static void print_exit(int code) {
  char left[16];
  (void)snprintf(left, sizeof left, "  %3d", code);
  for (size_t i = 0; i < EXITS; i++) {
    if (exits[i].code == code) {
      print_row(left, CODE_COLUMN, exits[i].meaning);
    }
  }
}

static void print_more(const struct gsc_command *command) {
  for (size_t i = 0; i < MORE; i++) {
    if (strcmp(more[i].command, command->name) != 0) {
      continue;
    }
    gsc_ui_print("\nexample:\n");
    print_rows(&(struct gsw_row){.left = "", .text = more[i].example, .column = 2, .join = " \\"});
    gsc_ui_print("\nexit codes to know; gapseal --help has them all:\n");
    for (size_t k = 0; k < EXITS_MAX && more[i].exits[k] != 0; k++) {
      print_exit(more[i].exits[k]);
    }
  }
}

static void print_overview(void) {
  size_t count = 0;
  const struct gsc_command *commands = gsc_commands(&count);
  gsc_ui_print(
      "gapseal: signed firmware packages to devices, and the device's proof back\n\n"
      "usage: gapseal COMMAND [ARGUMENTS] [OPTIONS]\n\ncommands:\n");
  for (size_t i = 0; i < count; i++) {
    char left[LEFT_MAX];
    (void)snprintf(left, sizeof left, "  %s", commands[i].name);
    print_row(left, COMMAND_COLUMN, commands[i].text);
  }
  print_options("\noptions of every command; its own: gapseal help COMMAND\n",
                GSC_EVERYWHERE | GSC_BIT(VERSION));
  gsc_ui_print("\nexit codes:\n");
  for (size_t i = 0; i < EXITS; i++) {
    print_exit(exits[i].code);
  }
}

void gsc_help_print(const struct gsc_command *command) {
  if (command == NULL) {
    print_overview();
    return;
  }
  print_usage(command);
  gsc_ui_print("\n");
  print_row("", 0, command->text);
  print_options("\noptions:\n", command->options);
  print_places(command);
  print_more(command);
}

int gsc_help(struct gsc_cli *cli) {
  const struct gsc_command *command = NULL;
  struct gsc_complaint complaint;
  if (cli->args.count == 0) {
    print_overview();
    return 0;
  }
  command = gsc_find_command(cli->args.arguments[0], &complaint);
  if (command == NULL) {
    struct gsc_ending e;
    gsc_ending_start(&e);
    (void)gsc_usage(&e, complaint.what, complaint.next_step);
    return gsc_ui_end(&cli->ui, &e);
  }
  gsc_help_print(command);
  return 0;
}
