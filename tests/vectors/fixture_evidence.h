/* SPDX-License-Identifier: Apache-2.0
 * What the test device says of itself where all is well: release 7 runs in slot A, its log has five
 * entries. To be changed, and signed.
 */
#ifndef GAPSEAL_FIXTURE_EVIDENCE_H
#define GAPSEAL_FIXTURE_EVIDENCE_H

#include "objects.h"

#define FIXTURE_LOG_ENTRIES 5u

/* The host asked with this. */
extern const uint8_t fixture_host_nonce[GS_HOST_NONCE_BYTES];

gapseal_v1_Ident fixture_ident(void);
/* An outcome: release 7 was installed. */
gapseal_v1_Receipt fixture_receipt(void);

#endif
