#!/bin/sh
# Devices whose answers are no answers: tests/hostile/README.md.
. "$(dirname "$0")/../lib.sh"
. "$TOOLS/stage.inc"
make_stage
HOSTILE_SCRIPT=$0
export HOSTILE_SCRIPT
table "$TOP/tests/hostile/hostile.py" "$T/stage" flow
finish
