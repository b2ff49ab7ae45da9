/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

_Noreturn void app_run(void) {
  for (;;) {
    __asm__ volatile("udf #0");
  }
}
