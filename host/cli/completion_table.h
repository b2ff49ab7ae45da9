/* SPDX-License-Identifier: Apache-2.0
 * Rows of the table in completion scripts; what they look like stands in completion_table.c.
 */
#ifndef GSC_COMPLETION_TABLE_H
#define GSC_COMPLETION_TABLE_H

#include "completion.h"

#define GSC_TABLE_PATH 160u

struct gsc_table_option {
  const char *name;
  char letter;          /* 0: none */
  const char *argument; /* as in a .def file; NULL: a switch */
  const char *text;
};

/* An option of the command at path, or of a program. */
void gsc_table_option(const char *path, const struct gsc_table_option *option,
                      const struct gsc_quoting *quoting);
/* A command of one word or two, and what may follow it. path: where its options go. */
void gsc_table_command(const char *program, const char *name, const char *arguments,
                       const char *text, char path[GSC_TABLE_PATH],
                       const struct gsc_quoting *quoting);
void gsc_table_link(const char *program, const char *scheme, const char *text,
                    const struct gsc_quoting *quoting);

#endif
