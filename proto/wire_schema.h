/* SPDX-License-Identifier: Apache-2.0
 * Which protocol description this build was made from, as hello tells it: the CRC-32 of
 * gapseal/v1/order.proto, record.proto and wire.proto, one after the other. A unit test keeps the
 * number right, and says the new one when a file has changed. For diagnosis only: ends that differ
 * may still speak.
 */
#ifndef GAPSEAL_WIRE_SCHEMA_H
#define GAPSEAL_WIRE_SCHEMA_H

#define GS_WIRE_SCHEMA 0xd7f9f0d1u

#endif
