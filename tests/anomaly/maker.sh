#!/bin/sh
# Commands of the maker and of the auditor, while this computer fails them: tests/anomaly/README.md.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/anomaly/stage.inc"
make_stage
FAULTS_SCRIPT=$0
export FAULTS_SCRIPT
campaign maker
finish
