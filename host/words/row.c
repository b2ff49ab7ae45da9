/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"

#include <string.h>

/* How many bytes of text go into a line: whole words, where there is one that fits. */
static size_t fitting(const char *text, size_t room) {
  size_t len = strlen(text);
  if (len <= room) {
    return len;
  }
  size_t n = room;
  while (n > 0 && text[n] != ' ') {
    n--;
  }
  return n > 0 ? n : room;
}

bool gsw_row_next(struct gsw_row *row, char line[GSW_LINE]) {
  size_t left = strlen(row->left);
  if (left == 0 && *row->text == '\0') {
    return false;
  }
  if (left > 0 && left >= row->column) {
    left = left < GSW_WIDTH ? left : GSW_WIDTH;
    memcpy(line, row->left, left);
    line[left] = '\0';
    row->left = "";
    return true;
  }
  size_t room = GSW_WIDTH - row->column;
  const char *join = row->join != NULL && strlen(row->text) > room ? row->join : "";
  size_t n = fitting(row->text, room - strlen(join));
  memset(line, ' ', row->column);
  memcpy(line, row->left, left);
  memcpy(line + row->column, row->text, n);
  memcpy(line + row->column + n, join, strlen(join) + 1);
  row->left = "";
  row->text += n;
  row->text += strspn(row->text, " ");
  return true;
}
