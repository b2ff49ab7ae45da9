/* SPDX-License-Identifier: Apache-2.0
 * The parts of the suite. Each reports its checks through gs_check_*.
 */
#ifndef GAPSEAL_CONFORMANCE_INTERNAL_H
#define GAPSEAL_CONFORMANCE_INTERNAL_H

#include "conformance.h"

/* Report a check: met, or not and why. Returns met. */
bool gs_check_that(struct gs_conformance *c, bool met, const char *what, const char *why);
void gs_check_not_done(struct gs_conformance *c, const char *what, const char *why);

/* What the device says of itself, its clock, randomness and key. False: the rest cannot run. */
bool gs_check_facts(struct gs_conformance *c);
void gs_check_services(struct gs_conformance *c);
/* Areas. before: leaves a pattern in all of them; after: is it there? */
bool gs_check_geometry(struct gs_conformance *c);
void gs_check_flash(struct gs_conformance *c);
bool gs_check_kept(struct gs_conformance *c);
void gs_check_counter(struct gs_conformance *c);
/* Provision, install, confirm, reject, each over the engine. */
void gs_check_job(struct gs_conformance *c);

#endif
