/* SPDX-License-Identifier: Apache-2.0
 * What the host says of evidence: the part of run_host that reads no packages.
 */
#ifndef GAPSEAL_HOST_EVIDENCE_H
#define GAPSEAL_HOST_EVIDENCE_H

#include "error.h"
#include "vector_run.h"

/* Of an identity, an ident, a receipt or a log. *err says why. */
enum gs_status host_evidence_judge(const struct vector *v, struct gsh_error *err,
                                   struct vector_result *r);

#endif
