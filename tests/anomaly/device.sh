#!/bin/sh
# Commands that talk to a device, while this computer fails them: tests/anomaly/README.md.
. "$(dirname "$0")/../lib.sh"
. "$TOOLS/stage.inc"
[ -e "$FAULTS_LIBRARY" ] || bail "the library of faults is built: $FAULTS_LIBRARY"
make_stage
FAULTS_SCRIPT=$0
export FAULTS_SCRIPT
table "$TOP/tests/anomaly/campaign.py" "$T/stage" "$FAULTS_LIBRARY" device
finish
