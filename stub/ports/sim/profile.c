/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <stdlib.h>

#include "profile_mcu.h"

#define KIB 1024u

/* An embedded Linux: 64 KiB blocks, and memory is plenty. The window holds four of the
 * largest frames, so that a fast link never waits for an acknowledgement. */
#define BLOCK_MAX (64u * KIB)
#define FRAME_MAX (GS_BLOCK_HEADER_BYTES + BLOCK_MAX)
#define OBJECT_MAX (8u * KIB)
/* Frames are that long on a line where some get lost. */
#define REORDER_DATA (2u * KIB)
struct linux_memory {
  uint8_t manifest[4u * KIB];
  uint8_t keyring[OBJECT_MAX];
  uint8_t block[BLOCK_MAX];
  uint8_t page[BLOCK_MAX];
  struct gs_keyring ring[2];
  uint8_t bitmap[BLOCK_MAX / 8u];
  uint8_t rx[4u * GS_FRAME_ENCODED_MAX(FRAME_MAX) + GS_RX_RESERVE];
  uint8_t frame[FRAME_MAX + 4u];
  uint8_t reply[8u * KIB];
  uint8_t tx[KIB];
  uint8_t object[OBJECT_MAX];
  uint8_t candidate[OBJECT_MAX];
  uint8_t assembly[BLOCK_MAX];
  uint8_t reorder[GS_ACK_HELD_MAX * (GS_REORDER_OVERHEAD + REORDER_DATA)];
};

static void *linux_memory(struct gs_engine_memory *engine, struct gs_session_memory *session) {
  struct linux_memory *m = calloc(1, sizeof *m);
  if (m == NULL) {
    return NULL;
  }
  *engine = (struct gs_engine_memory){
      .manifest = m->manifest,
      .manifest_cap = sizeof m->manifest,
      .keyring = m->keyring,
      .keyring_cap = sizeof m->keyring,
      .candidate = m->candidate,
      .block = m->block,
      .page = m->page,
      .ring = &m->ring[0],
      .successor = &m->ring[1],
      .block_max = sizeof m->block,
      .bitmap = m->bitmap,
  };
  *session = (struct gs_session_memory){
      .rx = m->rx,
      .rx_cap = sizeof m->rx,
      .frame = m->frame,
      .frame_cap = sizeof m->frame,
      .reply = m->reply,
      .reply_cap = sizeof m->reply,
      .tx = m->tx,
      .tx_cap = sizeof m->tx,
      .object = m->object,
      .object_cap = sizeof m->object,
      .assembly = m->assembly,
      .assembly_cap = sizeof m->assembly,
      .reorder = m->reorder,
      .reorder_cap = sizeof m->reorder,
  };
  return m;
}

static void *mcu_memory(struct gs_engine_memory *engine, struct gs_session_memory *session) {
  struct gs_mcu_memory *m = calloc(1, sizeof *m);
  if (m != NULL) {
    *engine = gs_mcu_engine_memory(m);
    *session = gs_mcu_session_memory(m);
  }
  return m;
}

void *sim_profile_memory(const struct sim_identity *id, struct gs_engine_memory *engine,
                         struct gs_session_memory *session) {
  return id->profile == SIM_PROFILE_MCU ? mcu_memory(engine, session)
                                        : linux_memory(engine, session);
}

void sim_profile_geometry(const struct sim_identity *id, struct gs_geometry out[GS_AREA_COUNT]) {
  bool mcu = id->profile == SIM_PROFILE_MCU;
  uint32_t unit = mcu ? KIB : 4u * KIB;
  uint32_t write = mcu ? 4u : 16u;
  const uint32_t sizes[GS_AREA_COUNT] = {
      [GS_AREA_SLOT_A] = id->slot_bytes,
      [GS_AREA_SLOT_B] = id->slot_bytes,
      [GS_AREA_STATE] = 8u * unit,
      [GS_AREA_LOG] = 16u * unit,
      [GS_AREA_KEYRING] = mcu ? 2u * unit : 6u * unit,
  };
  for (int i = 0; i < GS_AREA_COUNT; i++) {
    out[i] = (struct gs_geometry){.size = sizes[i], .erase_size = unit, .write_size = write};
  }
}
