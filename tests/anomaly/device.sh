#!/bin/sh
# Commands that talk to a device, while this computer fails them: tests/anomaly/README.md.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/anomaly/stage.inc"
make_stage
FAULTS_SCRIPT=$0
export FAULTS_SCRIPT
campaign device
finish
