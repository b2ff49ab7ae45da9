/* SPDX-License-Identifier: Apache-2.0
 * The device that a vector meets, for real: engine and session over flash in memory, with the
 * facts and the state that the vector states. What runs on it was installed: begin, blocks,
 * reset, confirm.
 */
#ifndef GAPSEAL_VECTOR_DEVICE_H
#define GAPSEAL_VECTOR_DEVICE_H

#include "fixture.h"
#include "flash_model.h"
#include "gapseal/session_types.h"
#include "vector_file.h"

#define DEVICE_OBJECT_MAX 4096u /* of a manifest or a keyring */
#define DEVICE_FRAME_MAX 512u
#define DEVICE_RX 2048u
#define DEVICE_REPLY 2048u
#define DEVICE_IMAGE_MAX 65536u

struct vector_device {
  struct gs_flash_model *flash; /* first: the port's ctx points here */
  struct gs_flash_model *before;
  uint32_t before_ops;
  struct gs_port port;
  struct gs_device_facts facts;
  struct gs_engine engine;
  struct gs_session session;
  struct gs_engine_memory engine_memory;
  struct gs_session_memory session_memory;
  struct gs_geometry geometry[GS_AREA_COUNT];
  uint32_t now_ms;
  uint8_t entropy;
  uint8_t statement[GS_SIGNED_BODY_OFFSET_MAX + gapseal_v1_Identity_size + 128u];
  uint8_t manifest[DEVICE_OBJECT_MAX], keyring[DEVICE_OBJECT_MAX];
  struct gs_keyring ring[2];
  uint8_t block[FIXTURE_BLOCK_BYTES], page[FIXTURE_BLOCK_BYTES], bitmap[FIXTURE_BLOCK_BYTES / 8u];
  uint8_t rx[DEVICE_RX], frame[DEVICE_FRAME_MAX + 4u], reply[DEVICE_REPLY], tx[GS_TX_MIN];
  uint8_t object[DEVICE_OBJECT_MAX], candidate[DEVICE_OBJECT_MAX], assembly[FIXTURE_BLOCK_BYTES];
};

/*
 * Make the device of a vector and start it: provisioned, its image running, a new session.
 *
 * v     one without device facts gets fixture_device; one without a keyring, or a keyring itself,
 *       meets a device that holds golden-keyring-v1.
 * door  that its image came through.
 *
 * Aborts where the state cannot be reached: a vector about such a device says nothing. To be
 * released with vector_device_free.
 */
void vector_device_make(struct vector_device *d, const struct vector *v, enum gs_door door);
/* A device of these facts without records: as it comes from the board's test. */
void vector_device_blank(struct vector_device *d, const struct gs_policy_device *facts);
void vector_device_free(struct vector_device *d);

/* How far an installation goes. */
enum vector_device_until {
  DEVICE_BEGUN,     /* WRITING, nothing taken yet */
  DEVICE_HALF,      /* and every table page, and half of the blocks */
  DEVICE_WHOLE,     /* and every block */
  DEVICE_CANDIDATE, /* and the final check */
  DEVICE_STAGED,
  DEVICE_CONFIRMED, /* started, healthy, confirmed */
};
/*
 * Install a package through a door of the engine's own.
 *
 * f       of variant 0; raises, release and so on as the test wants them.
 * seed    of its image.
 */
void vector_device_install(struct vector_device *d, const struct fixture_manifest *f, uint32_t seed,
                           enum gs_door door, enum vector_device_until until);

/* RAM is lost: start, boot decision, a new session. */
void vector_device_restart(struct vector_device *d);
/* The same for a device that may have lost its records. Returns what the start said; *boot is
 * written. */
enum gs_status vector_device_power(struct vector_device *d, enum gs_reset_cause cause, bool stay,
                                   struct gs_boot_output *boot);

/* Remember the flash as it is now. */
void vector_device_mark(struct vector_device *d);
/* Is every byte of every area as it was then, and was no program or erase tried? */
bool vector_device_unchanged(const struct vector_device *d);

#endif
