/* SPDX-License-Identifier: Apache-2.0
 * What the doctor's files share.
 */
#ifndef GSH_DOCTOR_H
#define GSH_DOCTOR_H

#include "host_internal.h"

struct gsh_doctor {
  struct gsh *h;
  gsh_finding_fn fn;
  void *ctx;
  struct gsh_error first; /* of what is wrong; status 0: nothing */
};

void gsh_doctor_fine(struct gsh_doctor *x, const char *check, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
/* next_step "": nothing to do about it. */
void gsh_doctor_note(struct gsh_doctor *x, const char *check, const char *next_step,
                     const char *what, ...) __attribute__((format(printf, 4, 5)));
void gsh_doctor_wrong(struct gsh_doctor *x, const char *check, const struct gsh_error *err);

/* Serial ports, who may open them and who else looks at them. */
void gsh_doctor_ports(struct gsh_doctor *x);

#endif
