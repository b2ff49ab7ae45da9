/* SPDX-License-Identifier: Apache-2.0
 * Memory of the small profile: 1 KiB blocks, 1 KiB manifests, one frame read ahead. Made for
 * microcontrollers with 16 KiB of RAM; the simulator runs it too, so that what fits is tested
 * on a computer.
 *
 * object and assembly share memory: opening a flow ends what was loaded, and loading ends the
 * flow, so that they never hold something at the same time.
 */
#ifndef GAPSEAL_PROFILE_MCU_H
#define GAPSEAL_PROFILE_MCU_H

#include "gapseal/session_types.h"

#define GS_MCU_BLOCK_MAX 1024u
#define GS_MCU_MANIFEST_MAX 1024u
#define GS_MCU_KEYRING_MAX 768u
/* Of a block, what one frame carries: short frames save twice what they are shorter in RAM, and
 * cost 24 bytes of the line each. */
#ifndef GS_MCU_FRAME_DATA
#define GS_MCU_FRAME_DATA GS_MCU_BLOCK_MAX
#endif
#define GS_MCU_FRAME_MAX (GS_BLOCK_HEADER_BYTES + GS_MCU_FRAME_DATA)
#define GS_MCU_STATEMENT_MAX 272u
#define GS_MCU_STACK_BYTES 2560u
#define GS_MCU_RAM_BYTES 12288u

struct gs_mcu_memory {
  uint8_t manifest[GS_MCU_MANIFEST_MAX];
  uint8_t keyring[GS_MCU_KEYRING_MAX];
  uint8_t candidate[GS_MCU_KEYRING_MAX];
  union {
    uint8_t block[GS_MCU_BLOCK_MAX];
    struct gs_keyring successor;
  };
  union {
    uint8_t page[GS_MCU_BLOCK_MAX];
    struct gs_keyring ring;
  };
  uint8_t bitmap[GS_MCU_BLOCK_MAX / 8u];
  uint8_t rx[GS_FRAME_ENCODED_MAX(GS_MCU_FRAME_MAX) + GS_RX_RESERVE];
  uint8_t frame[GS_MCU_FRAME_MAX + 4u];
  uint8_t reply[GS_REPLY_MIN(GS_MCU_STATEMENT_MAX)];
  uint8_t tx[GS_TX_MIN];
  uint8_t object[GS_MCU_MANIFEST_MAX]; /* and assembly */
};

_Static_assert(GS_MCU_MANIFEST_MAX >= GS_MCU_BLOCK_MAX, "assembly lies in object");
_Static_assert(sizeof(struct gs_session) + sizeof(struct gs_mcu_memory) + GS_MCU_STACK_BYTES <=
                   GS_MCU_RAM_BYTES,
               "session, buffers and stack stay within 12 KiB; struct gs_engine comes on top");

static inline struct gs_engine_memory gs_mcu_engine_memory(struct gs_mcu_memory *m) {
  return (struct gs_engine_memory){
      .manifest = m->manifest,
      .manifest_cap = sizeof m->manifest,
      .keyring = m->keyring,
      .keyring_cap = sizeof m->keyring,
      .candidate = m->candidate,
      .block = m->block,
      .page = m->page,
      .ring = &m->ring,
      .successor = &m->successor,
      .block_max = sizeof m->block,
      .bitmap = m->bitmap,
  };
}

static inline struct gs_session_memory gs_mcu_session_memory(struct gs_mcu_memory *m) {
  return (struct gs_session_memory){
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
      .assembly = m->object,
      .assembly_cap = sizeof m->object,
  };
}

#endif
