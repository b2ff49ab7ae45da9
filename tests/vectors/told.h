/* SPDX-License-Identifier: Apache-2.0
 * What a device tells of itself, asked over the wire and proven as an install has it proven.
 */
#ifndef GAPSEAL_TOLD_H
#define GAPSEAL_TOLD_H

#include "host_internal.h"
#include "wire_client.h"

/* The maker of the test devices, as a trust store holds it. */
void told_maker(struct gsh_maker *maker);
/* Fills hello, identity and ident. Aborts where the device is not genuine. */
void told_ask(struct wire_client *c, struct gsh_device *out);

#endif
