#!/bin/sh
# Devices that are genuine and lie in what they sign: tests/hostile/README.md.
. "$(dirname "$0")/../lib.sh"
. "$TOOLS/stage.inc"
make_stage
HOSTILE_SCRIPT=$0
export HOSTILE_SCRIPT
table "$TOP/tests/hostile/hostile.py" "$T/stage" evidence
finish
