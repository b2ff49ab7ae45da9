/* SPDX-License-Identifier: Apache-2.0
 * The layout of flash: slots, areas, and what the factory writes. The firmware and the factory's
 * tool share it.
 */
#include "board.h"

#define UNIT 4096u
#define FLASH 0x21000000u
#define SLOT_BYTES 0x80000u
#define SMALL (FLASH + 2u * SLOT_BYTES) /* the areas after the slots */

const struct gs_board_map gs_board = {
    .flash = FLASH,
    .flash_bytes = 16u << 20,
    .geometry =
        {
            [GS_AREA_SLOT_A] = {.size = SLOT_BYTES, .erase_size = UNIT, .write_size = 4},
            [GS_AREA_SLOT_B] = {.size = SLOT_BYTES, .erase_size = UNIT, .write_size = 4},
            [GS_AREA_STATE] = {.size = 4u * UNIT, .erase_size = UNIT, .write_size = 4},
            [GS_AREA_LOG] = {.size = 4u * UNIT, .erase_size = UNIT, .write_size = 4},
            [GS_AREA_KEYRING] = {.size = 2u * UNIT, .erase_size = UNIT, .write_size = 4},
        },
    .address =
        {
            [GS_AREA_SLOT_A] = FLASH,
            [GS_AREA_SLOT_B] = FLASH + SLOT_BYTES,
            [GS_AREA_STATE] = SMALL,
            [GS_AREA_LOG] = SMALL + 4u * UNIT,
            [GS_AREA_KEYRING] = SMALL + 8u * UNIT,
        },
    .factory = SMALL + 10u * UNIT,
    .erase_ms_max = 50, /* an emulator on a loaded computer */
    .program_ms_max = 50,
    .signature_ms_max = 4000,
    .reset_ms_max = 500,
    .erase_stops_reception = false,
};
