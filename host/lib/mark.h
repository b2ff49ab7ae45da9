/* SPDX-License-Identifier: Apache-2.0
 * How far a run of install got, kept in the state directory so that the run which finishes it can
 * say how many bytes it sent again. A host that is killed leaves it behind; nothing depends on
 * it but that count, so a mark that cannot be kept is no error.
 */
#ifndef GSH_MARK_H
#define GSH_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "host_internal.h"

struct gsh_mark {
  int fd; /* -1: not kept */
  char path[GSH_PATH_MAX];
  uint64_t given[2]; /* as kept: the places up to which pages and blocks were given out */
};

/* Open the mark of this package on this device; given: what an earlier run left, or zeros. */
void gsh_mark_open(struct gsh_mark *m, const struct gsh_device *d, const struct gsh_package *p);
/* Keep new places. They outlive a kill, not a power cut. */
void gsh_mark_put(struct gsh_mark *m, const uint64_t given[2]);
/* finished: everything was sent, and the mark goes. */
void gsh_mark_close(struct gsh_mark *m, bool finished);
/* The device starts from nothing: what an earlier run sent does not count. */
void gsh_mark_forget(const struct gsh_device *d, const struct gsh_package *p);

#endif
