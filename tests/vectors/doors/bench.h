/* SPDX-License-Identifier: Apache-2.0
 * A device twice: two copies with one history, but that what one has from the wire the other has
 * from over the air. A package is then given to the first through its session and to the second
 * through the OTA client, and what is left in their flash must be the same, door for door.
 */
#ifndef GAPSEAL_DOORS_BENCH_H
#define GAPSEAL_DOORS_BENCH_H

#include "told.h"
#include "vector_device.h"

struct bench_state;

/* One copy. */
struct bench {
  struct vector_device d;
  const struct bench_state *state;
  struct gs_flash_model *base; /* flash as it is before each start */
  enum gs_door own, other;     /* the door that a package comes through, and the other one */
  struct gs_boot_output boot;  /* of the newest start */
};

/* What a device went through. */
struct bench_state {
  const char *name;
  /* Changes to fixture_device; NULL: none. */
  void (*facts)(struct gs_policy_device *f);
  uint32_t keyring; /* version that it was provisioned with */
  /* From provisioned to the flash that each start finds; NULL: nothing. */
  void (*prepare)(struct bench *b);
  enum gs_reset_cause cause; /* of each start */
  bool stay;                 /* and whether its stub is asked to stay */
  /* After each start: what is in RAM only; NULL: nothing. */
  void (*arrive)(struct bench *b);
};
extern const struct bench_state bench_states[];
extern const size_t bench_state_count;

/* Packages that histories are made of. */
#define BENCH_RUNNING_RELEASE 7u
#define BENCH_UPDATE_RELEASE 8u
#define BENCH_IMAGE_BYTES 9000u /* three erase units, the last in part */
/* What runs where something runs, and what is being written where something is. */
void bench_running_manifest(struct fixture_manifest *f);
void bench_update_manifest(struct fixture_manifest *f);
/* Any other: image seed 8. */
void bench_manifest(struct fixture_manifest *f, uint32_t release, uint32_t security_version,
                    uint32_t raises_floor_to);

/* Both copies of a device, and what it tells a host. */
struct bench_pair {
  struct bench wire, ota;
  struct gsh_device told; /* hello and ident, proven; trust holds the maker's keyrings */
};
/* Make them, and prove that they differ in doors alone. To be released with bench_free. */
void bench_make(struct bench_pair *p, const struct bench_state *state);
/* The same for the device that a vector meets. */
void bench_make_for(struct bench_pair *p, const struct vector *v);
void bench_free(struct bench_pair *p);

/* Start a copy from its base. */
void bench_start(struct bench *b);
/* After an install: the reset; and where the image starts, it works, and is confirmed. */
void bench_finish(struct bench *b, const uint8_t package[GS_DIGEST_BYTES]);

/*
 * Do two copies hold and say the same, once WIRE and OTA change places in one of them?
 *
 * Every byte of every area is compared, the counter, the number of operations since the start, each
 * log entry as it is read out, and the device's state. What names a door legitimately is a byte of
 * the state record and one of a log entry. Where it does, the record or entry is written anew with
 * the other door, and with the chain and the CRC that follow from that: those must then be equal as
 * well. Nothing is left out.
 *
 * why  at least 160 bytes: what differs, and where.
 */
bool bench_same(struct bench *wire, struct bench *ota, char *why, size_t why_cap);

/* Trade doors in a flash: what bench_same does to one of the two. */
void bench_trade_doors(struct gs_flash_model *flash, const struct gs_geometry *geometry,
                       const uint8_t device_id[GS_DIGEST_BYTES]);

#endif
