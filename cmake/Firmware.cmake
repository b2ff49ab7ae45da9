# What a firmware build needs instead of the host's libraries: MbedTLS::crypto and Nanopb::nanopb,
# compiled from Debian's source packages. tests/sources.sh brings them.
# All archives seen at once are smaller. Without it the sizes of modules are exact.
option(GAPSEAL_LTO "Link-time optimisation of firmware" ON)
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${GAPSEAL_LTO})

set(GAPSEAL_SOURCES "${PROJECT_SOURCE_DIR}/build/sources" CACHE PATH
  "Directory with the unpacked source packages of mbedtls (3.6) and nanopb")
file(GLOB mbedtls_dir LIST_DIRECTORIES true "${GAPSEAL_SOURCES}/mbedtls-3*")
file(GLOB nanopb_dir LIST_DIRECTORIES true "${GAPSEAL_SOURCES}/nanopb-0*")
if(NOT IS_DIRECTORY "${mbedtls_dir}" OR NOT IS_DIRECTORY "${nanopb_dir}")
  message(FATAL_ERROR "${GAPSEAL_SOURCES}: no sources there; sh tests/sources.sh brings them")
endif()

find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_GEN_NANOPB protoc-gen-nanopb REQUIRED)

# All of it is generated code or somebody else's: no warnings of ours.
add_library(nanopb_mcu STATIC
  ${nanopb_dir}/pb_common.c ${nanopb_dir}/pb_decode.c ${nanopb_dir}/pb_encode.c)
target_include_directories(nanopb_mcu SYSTEM PUBLIC "${nanopb_dir}")
target_compile_definitions(nanopb_mcu PUBLIC PB_NO_ERRMSG)
add_library(Nanopb::nanopb ALIAS nanopb_mcu)

set(p256m "${mbedtls_dir}/3rdparty/p256-m/p256-m")
add_library(mbedcrypto_mcu STATIC "${mbedtls_dir}/library/sha256.c"
  "${mbedtls_dir}/library/platform_util.c" "${p256m}/p256-m.c")
target_include_directories(mbedcrypto_mcu SYSTEM PUBLIC "${mbedtls_dir}/include" "${p256m}"
  "${PROJECT_SOURCE_DIR}/stub/ports/mcu/crypto")
target_include_directories(mbedcrypto_mcu PRIVATE "${mbedtls_dir}/library")
target_compile_definitions(mbedcrypto_mcu PUBLIC MBEDTLS_CONFIG_FILE="gs_mcu_mbedtls.h")
target_compile_options(mbedcrypto_mcu PRIVATE -std=c99 -w)
add_library(MbedTLS::crypto ALIAS mbedcrypto_mcu)

# Room for what these libraries and these boards need, and no more (stub/include/gapseal). Frames are
# shorter than a block: what that saves of RAM, and costs of the line, stands in docs/sizes.md.
add_compile_definitions(GS_SHA256_STATE_BYTES=112u GS_CELL_MAX=256u GS_MCU_FRAME_DATA=384u)

