/* SPDX-License-Identifier: Apache-2.0
 * Which protocol description this build was made from: the CRC-32 of gapseal/v1/wire.proto, as
 * hello tells it. A unit test keeps the number right, and says the new one when the file has
 * changed. For diagnosis only: ends that differ may still speak.
 */
#ifndef GAPSEAL_WIRE_SCHEMA_H
#define GAPSEAL_WIRE_SCHEMA_H

#define GS_WIRE_SCHEMA 0x2cb18506u

#endif
