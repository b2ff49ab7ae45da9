/* SPDX-License-Identifier: Apache-2.0
 * The statuses of the product: one number space for device, wire, logs and host.
 */
#ifndef GAPSEAL_STATUS_H
#define GAPSEAL_STATUS_H

#include <stdint.h>

#define GS_MUST_USE __attribute__((warn_unused_result))

/* GS_OK and GS_E_<NAME>; the rows are in status.def. */
enum gs_status {
#define GS_STATUS(number, NAME, name, class_, exit_, sentence, next_step) GS_E_##NAME = (number),
#include "status.def"
#undef GS_STATUS
};
#define GS_OK GS_E_OK

/* Who must act. */
enum gs_class {
  GS_CLASS_NONE,
  GS_CLASS_CALLER,
  GS_CLASS_REFUSED,
  GS_CLASS_DAMAGED,
  GS_CLASS_DEVICE,
  GS_CLASS_LINK,
  GS_CLASS_BUSY,
  GS_CLASS_UNSUPPORTED,
  GS_CLASS_HOST,
};

/* One row of status.def. The texts are constant and need no freeing. */
struct gs_status_info {
  enum gs_status number;
  const char *name;
  enum gs_class class_;
  uint8_t exit_code;
  const char *sentence;
  const char *next_step;
};

/*
 * Look up a status by number. Host side only: device builds carry no texts.
 *
 * number  any; a device newer than this tool may say numbers unknown here.
 *
 * Returns the row, or the row of GS_E_INTERNAL's shape named "status-<unknown>" for a number
 * that has none; never NULL.
 */
const struct gs_status_info *gs_status_info(uint32_t number);

#endif
