#!/bin/sh
# A whole firmware with the stub, without hardware, linked for Cortex-M0 and M3: how large it is, by
# module, and that docs/sizes.md says so. Needs the sources of mbedTLS 3.6 and nanopb, unpacked:
# GAPSEAL_MBEDTLS_SOURCE and GAPSEAL_NANOPB_SOURCE. "--table" prints the table of docs/sizes.md.
. "$(dirname "$0")/../lib.sh"
cd "$TOP" || exit 1
command -v arm-none-eabi-gcc >/dev/null 2>&1 || skip_all "arm-none-eabi-gcc is not installed"
[ -f "${GAPSEAL_MBEDTLS_SOURCE:-}/library/sha256.c" ] || skip_all "GAPSEAL_MBEDTLS_SOURCE names no source of mbedTLS"
[ -f "${GAPSEAL_NANOPB_SOURCE:-}/pb_common.c" ] || skip_all "GAPSEAL_NANOPB_SOURCE names no source of nanopb"
arm-none-eabi-gcc --specs=picolibc.specs -E - </dev/null >/dev/null 2>&1 || skip_all "picolibc is not installed"
build=$(dirname "$GAPSEAL_BIN")
python3 tests/tools/firmware_size.py --build "$build" --mbedtls "$GAPSEAL_MBEDTLS_SOURCE" \
  --nanopb "$GAPSEAL_NANOPB_SOURCE" --work "$T" "${1:---check}"
