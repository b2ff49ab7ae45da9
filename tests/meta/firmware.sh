#!/bin/sh
# A whole firmware with the stub, without hardware, linked for Cortex-M0 and M3: how large it is, by
# module, and that docs/sizes.md says so. "--table" prints the table of docs/sizes.md.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/sources.inc"
cd "$TOP" || exit 1
command -v arm-none-eabi-gcc >/dev/null 2>&1 || skip_all "arm-none-eabi-gcc is not installed"
arm-none-eabi-gcc --specs=picolibc.specs -E - </dev/null >/dev/null 2>&1 || skip_all "picolibc is not installed"
firmware_sources
build=$(dirname "$GAPSEAL_BIN")
python3 tests/tools/firmware_size.py --build "$build" --mbedtls "$MBEDTLS_SOURCE" \
  --nanopb "$NANOPB_SOURCE" --work "$T" "${1:---check}"
