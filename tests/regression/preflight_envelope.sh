#!/bin/sh
# Pre-flight once judged policy alone: a manifest longer than the device takes, and one that a
# published test key had signed, passed it for a production device, and only the device refused
# them. The vectors of both, at the host's reader and over the wire.
. "$(dirname "$0")/../lib.sh"

for vector in a22-too-big b17-test-key; do
  for door in run_host run_wire; do
    check "$vector is refused by $door" "$GAPSEAL_BIN/tests/$door" "$TOP/proto/vectors" "$vector"
  done
done
finish
