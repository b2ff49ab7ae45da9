/* SPDX-License-Identifier: Apache-2.0 */
#include "no_dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

bool gss_no_dump(void) {
  const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  /* The limit holds for files alone: a program behind a pipe in core_pattern gets a dump without
   * regard to it, but for a process that is not dumpable. core(5) */
  return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0;
}
