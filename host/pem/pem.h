/* SPDX-License-Identifier: Apache-2.0
 * P-256 keys in PEM files. The only file that uses mbedTLS beyond PSA; shared by the host
 * tools and by the simulator.
 */
#ifndef GSH_PEM_H
#define GSH_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "gapseal/crypto.h"
#include "status.h"

/*
 * Read a private key (PKCS#8 or SEC 1) or a public key (SPKI). Not P-256, encrypted or
 * malformed: GS_E_KEY_FILE; unreadable: GS_E_FILE_READ; no memory to tell: GS_E_NO_MEMORY. why: at
 * least 128 bytes, a sentence for people on failure.
 */
GS_MUST_USE enum gs_status gsh_pem_read_private(const char *path,
                                                uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                                                char *why, size_t why_cap);
GS_MUST_USE enum gs_status gsh_pem_read_public(const char *path,
                                               uint8_t public_key[GS_PUBLIC_KEY_BYTES], char *why,
                                               size_t why_cap);

/*
 * Write a key file that must not exist yet. The private one gets mode 0600. A failed write
 * leaves no file. GS_E_DISK, GS_E_NO_MEMORY, GS_E_KEY_FILE (it exists).
 */
GS_MUST_USE enum gs_status gsh_pem_write_private(const char *path,
                                                 const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                                                 char *why, size_t why_cap);
GS_MUST_USE enum gs_status gsh_pem_write_public(const char *path,
                                                const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                                                char *why, size_t why_cap);

#endif
