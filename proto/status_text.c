/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "status.h"

static const struct gs_status_info rows[] = {
#define GS_STATUS(number, NAME, name, class_, exit_, sentence, next_step) \
  {(enum gs_status)(number), name, GS_CLASS_##class_, exit_, sentence, next_step},
#include "status.def"
#undef GS_STATUS
};

static const struct gs_status_info unknown = {
    GS_E_INTERNAL,
    "status-<unknown>",
    GS_CLASS_UNSUPPORTED,
    1,
    "the device says something this tool does not know",
    "update this tool",
};

const struct gs_status_info *gs_status_info(uint32_t number) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if ((uint32_t)rows[i].number == number) {
      return &rows[i];
    }
  }
  return &unknown;
}
