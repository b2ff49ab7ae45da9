/* SPDX-License-Identifier: Apache-2.0
 * What devices are to get: one package file, or of a directory the newest that each would take.
 */
#ifndef GSC_SOURCE_H
#define GSC_SOURCE_H

#include "cli.h"

struct gsc_source {
  const char *path;
  struct gsh_offers *offers;    /* NULL: a file */
  struct gsh_package *file;     /* of a file; closed with the source */
  struct gsh_package_info info; /* of the package at hand: the file's, or the one chosen last */
};

/* Open and judge. Not 0: *ending says why; closed all the same with gsc_source_close. */
unsigned gsc_source_open(struct gsc_cli *cli, const char *path, struct gsc_source *s,
                         struct gsc_ending *ending);
void gsc_source_close(struct gsc_source *s);

/*
 * The package for one device, into *out; belongs to the source until the next call. Tells what was
 * chosen and what was passed over. Not 0: *why says which reason came nearest.
 *
 * candidates  NULL for a file, otherwise a JSON array of all files; the caller's.
 */
unsigned gsc_source_choose(struct gsc_cli *cli, struct gsc_source *s, const struct gsh_device *d,
                           struct gsh_package **out, cJSON **candidates, struct gsh_why *why);

/* Where no trusted keyring vouches for the package at hand, say so. */
void gsc_source_say_trust(struct gsc_cli *cli, const struct gsc_source *s);

/* Verify every byte of every file of a directory, without a device; the command's exit code. */
int gsc_source_verify(struct gsc_cli *cli, struct gsc_source *s, struct gsc_ending *ending);

#endif
