/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "gs_app.h"

/* Its self-test fails. */
_Noreturn void app_run(void) {
  gs_app_reject();
}
