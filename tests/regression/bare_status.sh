#!/bin/sh
# A reply's status is not signed. Three statuses mean success ("already-installed", "rolled-back",
# "cancelled"); a device without any key once made every command end with 0 by answering with one.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 20000 bare
package v1.gsp 1.0.0 1 1 fw.bin

for status in 126 162 163 0; do
  rm -f keyless.sock
  python3 "$TOOLS/keyless_device.py" keyless.sock "$status" >keyless.log 2>&1 </dev/null &
  device=$!
  pids="$pids $device"
  wait_for 10 grep -q ready keyless.log || bail "the fake device starts"
  for command in "install v1.gsp" "check v1.gsp" info status log confirm reject rollback cancel reboot \
    "receipt fetch"; do
    # shellcheck disable=SC2086 # words on purpose
    timeout 60 gapseal $command port:unix:keyless.sock >out 2>err </dev/null
    CODE=$?
    LAST="gapseal $command port:unix:keyless.sock"
    expect_number "status $status: $command ends with" "$CODE" -gt 0
    expect_number "status $status: and not of a time limit" "$CODE" -lt 124
  done
  kill "$device"
  wait "$device" 2>/dev/null
done
finish
