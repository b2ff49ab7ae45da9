/* SPDX-License-Identifier: Apache-2.0
 * The command line of gapseal-verify, as options.def tells it.
 */
#ifndef GSV_OPTIONS_H
#define GSV_OPTIONS_H

#include "verify.h"

enum gsv_option {
#define GSV_OPTION(NAME, name, value, commands, text) GSV_OPT_##NAME,
#include "options.def"
  GSV_OPTION_COUNT
};

struct gsv_command {
  const char *name, *operands, *example, *text;
  unsigned bit;           /* GSV_FOR of it */
  enum gsv_option needed; /* what it cannot do without */
  enum gs_status (*run)(const char *path, const struct gsv_options *o, struct gsv_report *r,
                        struct gsv_error *e);
};

/* What the command line asked for. */
struct gsv_request {
  const char *value[GSV_OPTION_COUNT]; /* "" for a switch; NULL: not given */
  const struct gsv_command *command;   /* NULL: none, or an unknown one */
  const char *path;
};

/* Read argv. Unless --help or --version is there, all that a command needs is. */
enum gs_status gsv_options_read(int argc, char **argv, struct gsv_request *q, struct gsv_error *e);

/* Help of a command, or of all (NULL), on standard output. */
void gsv_help(const struct gsv_command *command);

#endif
