#!/bin/sh
# The freestanding archives on a Cortex-M0: they compile, hold no writable data, and so large are
# they. "--table" prints the tables of docs/sizes.md. Uses the release build's list of files.
. "$(dirname "$0")/../lib.sh"
cd "$TOP" || exit 1
command -v arm-none-eabi-gcc >/dev/null 2>&1 || skip_all "arm-none-eabi-gcc is not installed"
build=$(dirname "$GAPSEAL_BIN")
python3 tests/meta/cortex_m0.py "$build" "$T" "$@"
