/* SPDX-License-Identifier: Apache-2.0
 * Did you mean: the known name that is nearest to a word nobody knows.
 */
#ifndef GSW_NEAR_H
#define GSW_NEAR_H

#include <stddef.h>

struct gsw_near {
  const char *word;
  const char *best; /* NULL: none is near enough */
  size_t cost;      /* of turning word into best */
};

/* Start with no name tried. word is kept, not copied. */
struct gsw_near gsw_near(const char *word);
/* Try a name; the first of several that are as near stays. */
void gsw_near_try(struct gsw_near *n, const char *name);

#endif
