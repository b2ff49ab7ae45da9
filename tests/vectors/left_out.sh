#!/bin/sh
# A vector that is left out of one of the doors is noticed: asked of three, run_doors fails.
. "$(dirname "$0")/../lib.sh"
run_doors=$GAPSEAL_BIN/tests/run_doors

for vector in d01-below-floor golden-manifest-1 k03-gap; do
  expect_exit 0 at_top "$run_doors" proto/vectors "$vector"
  for door in wire "OTA client" pre-flight verifier; do
    expect_exit 1 at_top "$run_doors" proto/vectors --leave-out "$door" "$vector"
    out_has "it was left out of the $door"
  done
done
finish
