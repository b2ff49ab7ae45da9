/* SPDX-License-Identifier: Apache-2.0
 * A device in memory and a maker to sign for it, for tests of the engine. Everything here
 * asserts on its own mistakes; nothing here decides.
 */
#ifndef GAPSEAL_FAKE_DEVICE_H
#define GAPSEAL_FAKE_DEVICE_H

#include "flash_model.h"
#include "gapseal/engine_types.h"

#define FAKE_MANIFEST_CAP 1024u
#define FAKE_KEYRING_CAP 2048u
#define FAKE_BLOCK_MAX 65536u

/* Keys of a maker, and its keyring. */
struct fake_maker {
  uint8_t root[GS_PRIVATE_KEY_BYTES];
  uint8_t release[GS_PRIVATE_KEY_BYTES];
  uint8_t recovery[GS_PRIVATE_KEY_BYTES];
  uint8_t product[GS_ID_BYTES];
  uint8_t hardware[GS_ID_BYTES];
  uint8_t keyring[FAKE_KEYRING_CAP];
  size_t keyring_len;
};
void fake_maker_init(struct fake_maker *maker);

/* What a keyring says besides its keys. */
struct fake_keyring {
  uint32_t version;
  bool revoke_release;            /* the release key */
  const uint8_t *revoked_package; /* NULL: none */
  uint32_t minimum;               /* 0: none */
};
/* Writes a keyring signed by the maker's root; returns its length. */
size_t fake_keyring_make(const struct fake_maker *maker, const struct fake_keyring *wanted,
                         uint8_t *out, size_t cap);

/* What a package is to be. Zeros are replaced by something valid where zero is not. */
struct fake_wish {
  uint32_t release, security_version, raises_floor_to, requires_release;
  uint32_t size, block_size;
  uint32_t seed;  /* of the image's bytes */
  uint32_t share; /* the first bytes are those of seed 0: identical in all packages */
  bool confirm_by_device;
  bool by_recovery_key;
  bool other_product;
  uint32_t slots; /* 0: both */
};
struct fake_package {
  uint8_t envelope[FAKE_MANIFEST_CAP];
  size_t envelope_len;
  uint8_t digest[GS_DIGEST_BYTES];
  uint32_t size, block_size, blocks, pages, page_bytes;
  uint8_t *image;
  uint8_t *table; /* all pages end to end */
  uint32_t release;
};
void fake_package_make(struct fake_package *p, const struct fake_maker *maker,
                       const struct fake_wish *wish);
void fake_package_free(struct fake_package *p);

enum fake_geometry { FAKE_SMALL, FAKE_MIDDLE, FAKE_LARGE, FAKE_GEOMETRIES };
/* Sizes that go with a geometry: of a block, and of an image of some blocks and a bit. */
uint32_t fake_block_size(enum fake_geometry geometry);
uint32_t fake_image_size(enum fake_geometry geometry);

struct fake_device {
  struct gs_flash_model *flash; /* first: the port's ctx points here */
  struct gs_port port;
  struct gs_device_facts facts;
  uint8_t key[GS_PRIVATE_KEY_BYTES];
  struct gs_engine engine;
  struct gs_engine_memory memory;
  uint8_t manifest[FAKE_MANIFEST_CAP];
  uint8_t keyring[FAKE_KEYRING_CAP], candidate[FAKE_KEYRING_CAP];
  uint8_t *block, *page, *bitmap;
  struct gs_keyring ring[2];
};
void fake_device_init(struct fake_device *d, enum fake_geometry geometry,
                      const struct fake_maker *maker, bool counter);
void fake_device_free(struct fake_device *d);

/* RAM is lost, power comes back: init and start. */
enum gs_status fake_device_start(struct fake_device *d);
/* The same, and the boot decision. */
enum gs_status fake_device_boot(struct fake_device *d, enum gs_reset_cause cause,
                                struct gs_boot_output *out);
/* The same without power coming back first: a cut that is set stays set. */
enum gs_status fake_device_restart(struct fake_device *d, enum gs_reset_cause cause,
                                   struct gs_boot_output *out);
/* Start and provision. */
void fake_device_provision(struct fake_device *d, const struct fake_maker *maker, uint32_t floor);

/* Begin on the wire with default options. */
enum gs_status fake_begin(struct fake_device *d, const struct fake_package *p);
/* Pages, scan, blocks, final check, from an accepted begin. */
enum gs_status fake_transfer(struct fake_device *d, const struct fake_package *p);
/* Begin, transfer, install. */
enum gs_status fake_deliver(struct fake_device *d, const struct fake_package *p);
/* All of it, with reset, healthy and confirm. Asserts that it works. */
void fake_install(struct fake_device *d, const struct fake_package *p);

#endif
