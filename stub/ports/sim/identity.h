/* SPDX-License-Identifier: Apache-2.0
 * What a simulated device keeps beside its flash: who it is. Made at the first start, in its
 * directory:
 *
 *   device.key   its private key, PEM, mode 0600
 *   identity     signed object "identity": the maker's word on that key
 *   device.conf  what it is, one "name=value" a line; written last, so that a directory
 *                without it is no device yet
 *   flash        all areas of flash
 */
#ifndef GAPSEAL_SIM_IDENTITY_H
#define GAPSEAL_SIM_IDENTITY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "gapseal/crypto.h"
#include "options.h"

#define SIM_STATEMENT_MAX 512u
#define SIM_PATH_MAX 4096u

struct sim_keys {
  uint8_t private_key[GS_PRIVATE_KEY_BYTES];
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  uint8_t statement[SIM_STATEMENT_MAX];
  size_t statement_len;
};

/* Writes dir/name into out; false (and a message) when it is too long. */
bool sim_path(const struct sim_options *o, const char *name, char out[SIM_PATH_MAX]);

/*
 * Is there a device in the directory? *exists says so. Then *identity is what it is, and what
 * the command line says must be the same.
 *
 * False: a message was printed.
 */
bool sim_identity_load(const struct sim_options *o, struct sim_identity *identity, bool *exists);
/* Make the file that says there is one. */
bool sim_identity_store(const struct sim_options *o);

/* Keys of a device that exists; or make them, the statement signed by the maker's key. */
bool sim_keys_load(const struct sim_options *o, struct sim_keys *out);
bool sim_keys_make(const struct sim_options *o, struct sim_keys *out);

/* Reads a whole file of at most cap bytes. */
bool sim_read_file(const char *path, uint8_t *out, size_t cap, size_t *len);

#endif
