/* SPDX-License-Identifier: Apache-2.0
 * What a port gives to the engine: memory areas, a counter, time, entropy, and facts. A port
 * owns hardware and moves bytes. It decides nothing: it never sees a manifest, a key of the
 * maker, a version or a state. stub/ports/null is the one to copy; docs/porting.md tells the
 * story.
 *
 * Every function may block for as long as its docstring says, is called from one thread, and
 * never from an interrupt. ctx is the port's own, handed back unchanged.
 */
#ifndef GAPSEAL_PORT_H
#define GAPSEAL_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signed.h"
#include "status.h"

#define GS_STUB_WINDOW_MS_MAX 10000u

enum gs_area {
  GS_AREA_SLOT_A = 0,
  GS_AREA_SLOT_B = 1,
  GS_AREA_STATE = 2,   /* record store: a ring of units */
  GS_AREA_LOG = 3,     /* log: a ring of units */
  GS_AREA_KEYRING = 4, /* two copies, half of the units each */
  GS_AREA_COUNT = 5,
};

#define GS_AREA_UNITS_MIN 2u /* of each area */

/* Sizes in bytes. */
struct gs_geometry {
  uint32_t size;       /* whole erase units, GS_AREA_UNITS_MIN at least */
  uint32_t erase_size; /* one erase unit: a power of two, 256 to 1 MiB */
  uint32_t write_size; /* one program unit: a power of two, 1 to 512 */
};

enum gs_reset_cause {
  GS_RESET_UNKNOWN = 0,   /* the port cannot tell */
  GS_RESET_POWER = 1,     /* power came on */
  GS_RESET_REQUESTED = 2, /* asked for through this port's reset */
  GS_RESET_CRASH = 3,     /* fault */
  GS_RESET_WATCHDOG = 4,
};

enum gs_slot_model { GS_SLOTS_SAME_ADDRESS = 1, GS_SLOTS_TWO_LINK = 2 };
enum gs_lifecycle { GS_DEVELOPMENT = 1, GS_PRODUCTION = 2 };
enum gs_key_protection { GS_KEY_IN_FLASH = 1, GS_KEY_ISOLATED = 2, GS_KEY_IN_ELEMENT = 3 };

/* Constant while the stub runs; owned by the port. */
struct gs_device_facts {
  uint8_t device_key[GS_PUBLIC_KEY_BYTES];
  char serial[33]; /* zero terminated, text as gs_text_ok */
  uint8_t product[16];
  uint8_t hardware[16];
  uint32_t revision;
  uint32_t slot_address[2]; /* where images of A and B are linked; both 0 where not mapped */
  enum gs_slot_model slot_model;
  enum gs_lifecycle lifecycle;
  enum gs_key_protection key_protection;
  const uint8_t *statement; /* signed object "identity"; the maker's word on device_key */
  size_t statement_len;     /* 0: not provisioned */
  uint32_t erase_ms_max;    /* longest erase of one unit */
  uint32_t program_ms_max;  /* longest program of one block */
  uint32_t signature_ms_max;
  bool erase_stops_reception; /* the CPU cannot take bytes from the link while it erases */
  /* Where a hello within a while after a reset keeps the stub from starting an image: from the
   * last byte of the reply to a reboot to the end of that while, at the longest. A host says
   * nothing for so long, GS_STUB_WINDOW_MS_MAX at most. 0: the stub never listens for that. */
  uint32_t stub_window_ms;
};

struct gs_port {
  void *ctx;
  struct gs_geometry geometry[GS_AREA_COUNT]; /* both slots equal */
  const struct gs_device_facts *facts;

  /*
   * Read len bytes at off. GS_E_FLASH_READ: the hardware found the bytes unreadable (ECC);
   * dst then holds anything.
   */
  enum gs_status (*read)(void *ctx, enum gs_area area, uint32_t off, void *dst, uint32_t len);

  /*
   * Program len bytes at off; both multiples of write_size. Each program unit is programmed
   * at most once between two erases of it. When it returns GS_OK the bytes are stored for
   * good. GS_E_FLASH_PROGRAM: any prefix may have been programmed, its last unit with any
   * content; nothing outside [off, off + len) changed.
   */
  enum gs_status (*program)(void *ctx, enum gs_area area, uint32_t off, const void *src,
                            uint32_t len);

  /*
   * Erase one unit; off is a multiple of erase_size. GS_OK: it reads 0xFF everywhere.
   * GS_E_FLASH_ERASE: its content is undefined; nothing outside it changed.
   */
  enum gs_status (*erase)(void *ctx, enum gs_area area, uint32_t off);

  /*
   * The counter that nothing can turn back, where there is one; NULL in both places
   * otherwise. counter_max is what it can reach. raise is called only with more than it
   * holds, and may be cut by a power loss: it then holds the old value or the new one.
   */
  enum gs_status (*counter_read)(void *ctx, uint32_t *value);
  enum gs_status (*counter_raise)(void *ctx, uint32_t value);
  uint32_t counter_max;

  /* Milliseconds since any start, wrapping. Never used to judge an image. */
  uint32_t (*now_ms)(void *ctx);

  /* Up to len bytes of whatever randomness there is. GS_E_NO_RANDOM: none. */
  enum gs_status (*entropy)(void *ctx, void *out, size_t len);

  /* Sign with the device key. The key never leaves the port. */
  enum gs_status (*sign)(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                         uint8_t sig[GS_SIGNATURE_BYTES]);
};

#endif
