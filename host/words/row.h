/* SPDX-License-Identifier: Apache-2.0
 * A row of a help text: something on the left, and words from a column on that go on in further
 * lines below, so that no line is wider than a terminal.
 */
#ifndef GSW_ROW_H
#define GSW_ROW_H

#include <stdbool.h>
#include <stddef.h>

#define GSW_WIDTH 80u
#define GSW_LINE (GSW_WIDTH + 1u)

struct gsw_row {
  const char *left; /* where it reaches the column, text begins in the next line */
  const char *text; /* what was not given out yet */
  size_t column;    /* below GSW_WIDTH / 2 */
  const char *join; /* NULL, or what ends a line that goes on: " \\" where a shell is to read it */
};

/*
 * Give out the next line, without its end.
 *
 * line  GSW_LINE bytes. A single word that is wider than the room is cut into pieces.
 *
 * False: there is none left.
 */
bool gsw_row_next(struct gsw_row *row, char line[GSW_LINE]);

#endif
