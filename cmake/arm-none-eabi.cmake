# Toolchain file of the firmware builds: Debian's gcc-arm-none-eabi and picolibc-arm-none-eabi.
# GAPSEAL_BOARD chooses the processor.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GAPSEAL_BOARD)

set(GAPSEAL_BOARD mps2 CACHE STRING "Board of a firmware build: a directory of stub/ports")
set(board_cpu_mps2 cortex-m3)
if(NOT DEFINED board_cpu_${GAPSEAL_BOARD})
  message(FATAL_ERROR "GAPSEAL_BOARD=${GAPSEAL_BOARD}: there is mps2")
endif()
# What gcc does at -Os and what makes this code longer, found by trying each. One line per processor;
# tests/tools/firmware_size.py reads them too.
set(shorter_cortex-m0 "-fno-tree-loop-im -fno-move-loop-invariants -fno-tree-forwprop -fno-tree-tail-merge -fno-ipa-cp -fno-ipa-sra -fno-jump-tables -fno-inline-small-functions -frename-registers -fno-tree-coalesce-vars")
set(shorter_cortex-m3 "-fno-tree-loop-im -fno-move-loop-invariants -fno-tree-forwprop -fno-tree-tail-merge -fno-ipa-cp -fno-ipa-sra")
set(board_cpu ${board_cpu_${GAPSEAL_BOARD}})
set(CMAKE_C_FLAGS_INIT
  "-mcpu=${board_cpu} -mthumb ${shorter_${board_cpu}} --specs=picolibc.specs -ffunction-sections -fdata-sections -fno-common")
set(CMAKE_C_FLAGS_MINSIZEREL_INIT "-g")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles -Wl,--gc-sections")
