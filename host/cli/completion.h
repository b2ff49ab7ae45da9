/* SPDX-License-Identifier: Apache-2.0
 * Completion scripts: an engine per shell (completion/gapseal.SHELL) around one table, which is
 * made of the same rows that parser and help are fed from.
 */
#ifndef GSC_COMPLETION_H
#define GSC_COMPLETION_H

#include <stdbool.h>

/* Print the script for a shell by name on standard output. False: there is none. */
bool gsc_completion_print(const char *shell);

/* -- completion_programs.c ------------------------------------------------------------------------
 */

/* How a shell writes, between single quotes, a quote and a backslash. */
struct gsc_quoting {
  const char *quote, *backslash;
};
/* Print the table; each line ends with a line end, and nothing closes the quotes. */
void gsc_completion_table(const struct gsc_quoting *quoting);
/* Print the programs that the table is about, with blanks between. */
void gsc_completion_programs(void);

/* -- made from the files in completion/ when the build is configured --------------------------- */

/* Lines without their ends; NULL ends them. */
extern const char *const gsc_completion_bash[], *const gsc_completion_zsh[],
                                                    *const gsc_completion_fish[];

#endif
