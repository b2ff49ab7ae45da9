#!/bin/sh
# The port conformance suite: both profiles of the simulator pass it, and the null port, which has
# no hardware, is told so.
. "$(dirname "$0")/../lib.sh"
make_keys

for profile in linux mcu; do
  name=dev$profile
  start_sim "$name" --profile "$profile"
  stop_sim "$name"
  expect_exit 0 "$GAPSEAL_BIN/tests/conform_sim" "$name"
  expect_number "checks passed on $profile" "$(grep -c '^ok' out)" -ge 35
  expect_number "checks failed on $profile" "$(grep -c '^not ok' out)" -eq 0
done

expect_exit 1 "$GAPSEAL_BIN/tests/conform_null"
for what in "product and hardware have ids" "the clock goes on" "fits its public key" "reads 0xFF"; do
  check "the null port is told: $what" grep -q "^not ok.*$what" out
done
finish
