#!/bin/sh
# Devices that are not who they say, and texts made to mislead: tests/hostile/README.md.
. "$(dirname "$0")/../lib.sh"
[ -n "${GAPSEAL_LONG:-}" ] || skip_all "a campaign: GAPSEAL_LONG=1"
. "$TOOLS/stage.inc"
make_stage
HOSTILE_SCRIPT=$0
export HOSTILE_SCRIPT
table "$TOP/tests/hostile/hostile.py" "$T/stage" hello
finish
