/* SPDX-License-Identifier: Apache-2.0
 * The programs that completion scripts know: each from the .def files that it is built from itself.
 */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "completion_table.h"
#include "ui.h"

/* -- gapseal -------------------------------------------------------------------------------------
 */

static void print_set(const char *path, uint32_t options, const struct gsc_quoting *quoting) {
  for (int i = 0; i < GSC_OPTION_COUNT; i++) {
    const struct gsc_option_info *o = gsc_option_info((enum gsc_option)i);
    if ((options >> i & 1u) != 0) {
      gsc_table_option(
          path,
          &(struct gsc_table_option){
              .name = o->name, .letter = o->letter, .argument = o->argument, .text = o->text},
          quoting);
    }
  }
}

static void print_gapseal(const struct gsc_quoting *quoting) {
  static const char program[] = "gapseal";
  char path[GSC_TABLE_PATH];
  size_t count = 0;
  const struct gsc_command *commands = gsc_commands(&count);
  print_set(program, GSC_BIT(HELP) | GSC_BIT(VERSION), quoting);
  for (size_t i = 0; i < count; i++) {
    gsc_table_command(program, commands[i].name, commands[i].arguments, commands[i].text, path,
                      quoting);
    print_set(path, commands[i].options, quoting);
  }
#define GSC_LINK(scheme, rest, text) gsc_table_link(program, (scheme), (text), quoting);
#include "links.def"
#undef GSC_LINK
}

/* -- gapseal-sign --------------------------------------------------------------------------------
 */

/* clang-format off */
#define GSS_OPTIONS(section) static const struct gsc_table_option sign_##section[] = {
#define GSS_OPTION(name, letter, value, text) {(name), (letter), (value), (text)},
#define GSS_OPTIONS_END {NULL, 0, NULL, NULL}};
#include "../sign/options.def"
/* clang-format on */

static void print_list(const char *path, const struct gsc_table_option *list,
                       const struct gsc_quoting *quoting) {
  for (; list->name != NULL; list++) {
    gsc_table_option(path, list, quoting);
  }
}

static void print_sign(const struct gsc_quoting *quoting) {
  static const char program[] = "gapseal-sign";
  char path[GSC_TABLE_PATH];
  print_list(program, sign_program, quoting);
#define GSS_EXIT(code, meaning)
#define GSS_COMMAND(function, options, name, operands, min, max, example, text, more) \
  gsc_table_command(program, (name), (operands), (text), path, quoting);              \
  print_list(path, sign_##options, quoting);                                          \
  gsc_table_option(path, &sign_program[0], quoting); /* --help */
#include "../sign/commands.def"
#undef GSS_EXIT
#undef GSS_COMMAND
}

/* -- gapseal-verify ------------------------------------------------------------------------------
 */

enum {
#define GSV_COMMAND(function, name, operands, needed, example, text) VERIFY_##function,
#include "../verify/options.def"
  VERIFY_COMMANDS
};
#define GSV_FOR(function) (1u << VERIFY_##function)
#define GSV_FOR_ALL ((1u << VERIFY_COMMANDS) - 1u)
#define GSV_ALONE (1u << VERIFY_COMMANDS)

static const struct {
  struct gsc_table_option option;
  unsigned of;
} verify_options[] = {
#define GSV_OPTION(NAME, name_, value_, commands_, text_) \
  {{.name = (name_), .argument = (value_), .text = (text_)}, (commands_)},
#include "../verify/options.def"
};

/* of: a command, or GSV_ALONE. */
static void print_verify_options(const char *path, unsigned of, const struct gsc_quoting *quoting) {
  for (size_t i = 0; i < sizeof verify_options / sizeof verify_options[0]; i++) {
    bool program = of == GSV_ALONE && verify_options[i].of == GSV_FOR_ALL;
    if ((verify_options[i].of & of) != 0 || program) {
      gsc_table_option(path, &verify_options[i].option, quoting);
    }
  }
}

static void print_verify(const struct gsc_quoting *quoting) {
  static const char program[] = "gapseal-verify";
  char path[GSC_TABLE_PATH];
  print_verify_options(program, GSV_ALONE, quoting);
#define GSV_COMMAND(function, name, operands, needed, example, text)     \
  gsc_table_command(program, (name), (operands), (text), path, quoting); \
  print_verify_options(path, GSV_FOR(function), quoting);
#include "../verify/options.def"
}

/* -- gapseal-sim ---------------------------------------------------------------------------------
 */

static void print_sim(const struct gsc_quoting *quoting) {
  static const char program[] = "gapseal-sim";
#define SIM_OPTION(NAME, name, value, text) \
  gsc_table_option(program, &(struct gsc_table_option){(name), 0, (value), (text)}, quoting);
#define SIM_TEST_OPTION(NAME, name, value, text) SIM_OPTION(NAME, name, value, text)
#define SIM_LINK(scheme, rest, text) gsc_table_link(program, (scheme), (text), quoting);
#include "../../stub/ports/sim/options.def"
}

void gsc_completion_table(const struct gsc_quoting *quoting) {
  print_gapseal(quoting);
  print_sign(quoting);
  print_verify(quoting);
  print_sim(quoting);
}

void gsc_completion_programs(void) {
  gsc_ui_print("gapseal gapseal-sign gapseal-verify gapseal-sim");
}
