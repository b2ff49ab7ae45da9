/* SPDX-License-Identifier: Apache-2.0 */
#include "near.h"

#include <string.h>

#define WORD_MAX 32u
#define COST_MAX 6u

/* Edits (insert, remove, replace) that turn a into b; both at most WORD_MAX. */
static size_t distance(const char *a, const char *b) {
  size_t row[WORD_MAX + 1];
  size_t n = strlen(b);
  for (size_t k = 0; k <= n; k++) {
    row[k] = k;
  }
  for (size_t i = 1; a[i - 1] != '\0'; i++) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t k = 1; k <= n; k++) {
      size_t above = row[k];
      size_t best = above < row[k - 1] ? above + 1 : row[k - 1] + 1;
      size_t replaced = corner + (a[i - 1] != b[k - 1]);
      row[k] = replaced < best ? replaced : best;
      corner = above;
    }
  }
  return row[n];
}

struct gsw_near gsw_near(const char *word) {
  return (struct gsw_near){.word = word, .cost = COST_MAX};
}

void gsw_near_try(struct gsw_near *n, const char *name) {
  size_t len = strlen(n->word);
  if (len > WORD_MAX || strlen(name) > WORD_MAX) {
    return;
  }
  /* A word that is only not written to its end comes before one with another letter in it. */
  size_t cost = 2 * distance(n->word, name);
  cost -= cost > 0 && strncmp(n->word, name, len) == 0;
  if (cost < n->cost && cost < 2 * len) { /* a letter or two are near to everything short */
    n->best = name;
    n->cost = cost;
  }
}
