/* SPDX-License-Identifier: Apache-2.0
 * Does a receipt prove that a person's decision was carried out?
 */
#ifndef GSH_DECIDE_H
#define GSH_DECIDE_H

#include "host_internal.h"

/*
 * Judge a valid receipt against a decision. Pure.
 *
 * package  the one the decision was about; for a rollback the one to leave. Not read for a cancel.
 * before   the device's state when it was asked.
 *
 * GS_OK: it is done. The receipt's own status: the device accepted the decision and failed to carry
 * it out; *failed is then true. GS_E_RECEIPT_BAD: the receipt is about something else, or does not
 * say so.
 */
enum gs_status gsh_decision_judge(enum gsh_decision what, const uint8_t package[GS_DIGEST_BYTES],
                                  const gapseal_v1_DeviceState *before,
                                  const gapseal_v1_Receipt *receipt, bool *failed,
                                  struct gsh_error *err);

/* Is the device where confirm, reject or rollback was to bring it? Of cancel and reboot a state
 * tells too little: false. */
bool gsh_decision_stands(enum gsh_decision what, const uint8_t package[GS_DIGEST_BYTES],
                         const gapseal_v1_DeviceState *before, const gapseal_v1_DeviceState *now);

#endif
