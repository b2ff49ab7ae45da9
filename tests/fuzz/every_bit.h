/* SPDX-License-Identifier: Apache-2.0
 * Every bit and every length of a signed object, at every door that reads it.
 */
#ifndef GAPSEAL_EVERY_BIT_H
#define GAPSEAL_EVERY_BIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIT_DOORS_MAX 4u
#define BIT_SPARED_MAX 4u

/* A reader. True: it takes the object as the right one. */
struct bit_door {
  const char *name;
  bool (*takes)(const uint8_t *data, size_t len);
};

struct bit_object {
  const char *name;
  const uint8_t *bytes;
  size_t len;
  struct bit_door doors[BIT_DOORS_MAX]; /* up to the first without a name */
  /* Parts of a file that are objects of their own, whose bits are flipped there: off, len. */
  struct {
    size_t off, len;
  } spared[BIT_SPARED_MAX];
  size_t whole_at; /* cut to this it is another whole file; 0: never */
};

/*
 * Flip each bit, cut to each length, put bytes behind; no door may take any of them, and each takes
 * the object itself before and afterwards. Prints what was tried, and "ok - ..." or "not ok - ...".
 *
 * Returns false where a door took what it must not, or refused what it must take.
 */
bool every_bit(const struct bit_object *object);

/* A file in memory with these bytes; its path until the next call with this slot (below 4). */
const char *bit_file(unsigned slot, const uint8_t *data, size_t len);

#endif
