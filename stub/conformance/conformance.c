/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance.h"

#include <stddef.h>

#include "conformance_internal.h"

bool gs_check_that(struct gs_conformance *c, bool met, const char *what, const char *why) {
  c->failed += !met;
  c->report(c->ctx, met ? GS_CHECK_OK : GS_CHECK_FAILED, what, met ? NULL : why);
  return met;
}

void gs_check_not_done(struct gs_conformance *c, const char *what, const char *why) {
  c->report(c->ctx, GS_CHECK_NOT_DONE, what, why);
}

uint32_t gs_conformance_before_reset(struct gs_conformance *c) {
  uint32_t failed = c->failed;
  bool facts = gs_check_facts(c);
  if (gs_check_geometry(c) && facts) {
    gs_check_services(c);
    gs_check_flash(c);
  }
  return c->failed - failed;
}

uint32_t gs_conformance_after_reset(struct gs_conformance *c) {
  uint32_t failed = c->failed;
  if (gs_check_kept(c)) {
    gs_check_counter(c);
    gs_check_job(c);
  }
  return c->failed - failed;
}
