/* SPDX-License-Identifier: Apache-2.0
 * An over-the-air client, to copy: it takes a package (.gsp) from a stream and hands it to the
 * engine. It decides nothing. Each verdict is the engine's, so that a package which comes through
 * the air is judged as the one that a technician brings on a cable.
 *
 * The stream is read once, from front to back, and never past what fits one block of memory. What
 * is read and what is handed over are two things: the engine says which table pages and blocks it
 * needs, and all others are passed over. So an update that broke off is continued by giving the
 * same package again, from its beginning; a product whose server can seek skips ahead instead.
 *
 * On the device: link ota_client.c with gs_engine and what is below it. It knows no operating
 * system. ota_main.c shows it on a simulated device; docs/porting.md tells where it belongs.
 */
#ifndef GAPSEAL_OTA_CLIENT_H
#define GAPSEAL_OTA_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gapseal/engine.h"

/* Where the package comes from: the product's download, a file, a test. */
struct ota_source {
  void *ctx;
  /*
   * Give up to cap bytes, 1 at least, or say that the stream ended: *got is 0 then. May block for
   * as long as the product likes. Any other status than GS_OK ends the update with that status.
   */
  enum gs_status (*read)(void *ctx, uint8_t *buf, size_t cap, size_t *got);
};

/* The caller's for as long as ota_update runs. Sizes as in the engine's own memory. */
struct ota_memory {
  uint8_t *manifest; /* the manifest's envelope */
  size_t manifest_cap;
  uint8_t *keyring;   /* a newer keyring, while it is read */
  size_t keyring_cap; /* GS_KEYRING_PEEK_BYTES at least */
  uint8_t *block;     /* one table page or block */
  size_t block_max;
};

struct ota_client {
  struct gs_engine *engine; /* started, and its boot decision made */
  const struct ota_source *source;
  struct ota_memory memory;

  /* What came of it; written by ota_update. */
  struct gs_verdict verdict; /* of the manifest, as far as the engine got */
  bool begun;                /* it was accepted: from then on the device was written to */
  uint64_t read_bytes;       /* of the stream */
  uint64_t taken_bytes;      /* of these, of the image, and needed */

  struct gs_manifest manifest; /* of the package under way; points into memory.manifest */
};

/*
 * Read a package, and install it: afterwards it is STAGED, and the next start of the device tries
 * it. The rest is the application's own: gs_engine_healthy once it works, and gs_engine_confirm
 * where the manifest leaves that to somebody else.
 *
 * older, reinstall  as in gs_begin_options: what the product's server has the authority to ask for.
 *
 * GS_E_ALREADY: it runs already; nothing was written. GS_E_MORE_NEEDED: the stream ended too early.
 * GS_E_FILE_MALFORMED: it is no package. Any other: the engine's verdict, or the source's fault.
 * gs_engine_progress tells how far it came; what is in flash stays there for the next call.
 */
GS_MUST_USE enum gs_status ota_update(struct ota_client *c, bool older, bool reinstall);

#endif
