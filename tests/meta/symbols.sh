#!/bin/sh
# What the freestanding archives need from outside. Uses the release build.
cd "$(dirname "$0")/../.." || exit 1
bin=${GAPSEAL_BIN:-build/release/bin}
exec python3 tests/meta/symbols.py "$(dirname "$bin")"
