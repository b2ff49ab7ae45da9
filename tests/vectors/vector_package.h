/* SPDX-License-Identifier: Apache-2.0
 * Files around a vector's object, as a maker would ship them: everything in them is right but
 * the object itself, so that it alone decides what the host's reader says.
 */
#ifndef GAPSEAL_VECTOR_PACKAGE_H
#define GAPSEAL_VECTOR_PACKAGE_H

#include "vector_file.h"

#define PACKAGE_KEYS_MAX 4u

/* Keyrings for a file, oldest first. */
struct package_keys {
  size_t count;
  const uint8_t *items[PACKAGE_KEYS_MAX];
  size_t lens[PACKAGE_KEYS_MAX];
};

/* A package in memory. */
struct vector_package {
  uint8_t *bytes; /* the caller's to free */
  size_t len;
  size_t pages_at, data_at; /* where the content of PAGE and DATA begins, or would begin */
  bool fits; /* about document and pages, of all variants, are those that the manifest names */
};

/*
 * Make a package as vector_package_write does.
 *
 * False: no fixture's image has the digest that the manifest names, and the package ends behind the
 * header of PAGE.
 */
bool vector_package_build(struct vector_package *out, const uint8_t *envelope, size_t len,
                          const struct package_keys *keys);

/*
 * Write a package: this envelope, this chain, and about document, table pages and images that
 * fit what the envelope says. Where nobody can tell what it says they are those of
 * golden-manifest-1. Aborts where the file cannot be written.
 */
void vector_package_write(const char *path, const uint8_t *envelope, size_t len,
                          const struct package_keys *keys);

/* Write a keyring file (.gsk). */
void vector_keyring_file_write(const char *path, const struct package_keys *keys);

#endif
