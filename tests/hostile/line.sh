#!/bin/sh
# Devices that say other things than a session, or break it off: tests/hostile/README.md.
. "$(dirname "$0")/../lib.sh"
. "$TOOLS/stage.inc"
make_stage
HOSTILE_SCRIPT=$0
export HOSTILE_SCRIPT
table "$TOP/tests/hostile/hostile.py" "$T/stage" line
finish
