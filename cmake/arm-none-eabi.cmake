# Toolchain file of the firmware builds: Debian's gcc-arm-none-eabi and picolibc-arm-none-eabi.
# GAPSEAL_BOARD chooses the processor.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GAPSEAL_BOARD)

set(GAPSEAL_BOARD mps2 CACHE STRING "Board of a firmware build: a directory of stub/ports")
set(board_cpu_mps2 cortex-m3)
set(board_cpu_microbit cortex-m0)
if(NOT DEFINED board_cpu_${GAPSEAL_BOARD})
  message(FATAL_ERROR "GAPSEAL_BOARD=${GAPSEAL_BOARD}: there are mps2 and microbit")
endif()
set(CMAKE_C_FLAGS_INIT
  "-mcpu=${board_cpu_${GAPSEAL_BOARD}} -mthumb --specs=picolibc.specs -ffunction-sections -fdata-sections -fno-common")
set(CMAKE_C_FLAGS_MINSIZEREL_INIT "-g")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles -Wl,--gc-sections")
