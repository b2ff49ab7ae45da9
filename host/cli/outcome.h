/* SPDX-License-Identifier: Apache-2.0
 * One device's install, from a connected device to what is told of it; for install and recover.
 */
#ifndef GSC_OUTCOME_H
#define GSC_OUTCOME_H

#include "cli.h"
#include "source.h"

struct gsc_outcome {
  struct gsc_ending e;
  struct gsh_device_info device;
  struct gsh_install install;
  cJSON *candidates; /* NULL: a file was named */
};

/* Nothing known of a device yet. */
void gsc_outcome_start(struct gsc_outcome *o, const struct gsc_source *s);
/* Choose the package for this device and install it. */
void gsc_outcome_install(struct gsc_cli *cli, struct gsc_source *s, struct gsh_device *d,
                         struct gsc_outcome *o);
/* The last lines and the JSON object. Returns the exit code. */
int gsc_outcome_end(struct gsc_cli *cli, struct gsc_outcome *o);
/* What is known, as members of a JSON object. */
void gsc_outcome_members(cJSON *to, struct gsc_outcome *o);
/* The line that says which package it is. */
void gsc_outcome_say_package(struct gsc_cli *cli, const struct gsc_source *s);

#endif
