#!/bin/sh
# Broken in the middle and finished by the same command: device pulled off, power cut, host killed.
# What is sent again is at most max(block, erase unit) and one window.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 500000 resume
package v1.gsp 1.0.0 1 1 fw.bin
BLOCK=4096
ERASE=4096

# Figures of the last install, JSON on stdout.
transfer() {
  json "d['transfer']['$1']"
}
# bound NAME: the most that may be sent again.
bound() {
  gapseal info "$1" --json 2>/dev/null | python3 -c 'import json, sys
d = json.load(sys.stdin)["devices"][0]
print(max(int(sys.argv[1]), d["erase_size"]) + d["window_bytes"])' "$BLOCK"
}
# finished WHAT NAME: the same command now ends with 0, and re-sent little.
finished() {
  what=$1 name=$2
  eval "port=\$$name"
  expect_exit 0 gapseal install v1.gsp "$port" --json
  most=$(bound "$port")
  expect_number "$what: bytes sent again" "$(transfer resent_bytes)" -le "$most"
}

# The simulator dies after so many bytes from the host.
for bytes in 5000 100000 300000 490000; do
  name=die$bytes
  start_sim "$name" --die-after-bytes "$bytes"
  eval "port=\$$name"
  expect_exit 20 gapseal install v1.gsp "$port" --timeout 2 --json
  check "the device was pulled off after $bytes bytes" sim_cut "$name"
  last_err "do:"
  start_sim "$name"
  finished "pulled off after $bytes bytes" "$name"
  if [ "$bytes" -ge 100000 ]; then
    expect_number "what was there is found" "$(transfer found_bytes)" -ge $((bytes - 100000 + 1))
  fi
  stop_sim "$name"
done

# The power goes in the middle of a flash operation.
for cut in 20 60 150 250; do
  name=cut$cut
  start_sim "$name" --power-cut-at "$cut"
  eval "port=\$$name"
  run gapseal install v1.gsp "$port" --timeout 2 --json
  check "the power was cut at operation $cut" sim_cut "$name"
  expect_number "an install with the power cut at $cut ends with" "$CODE" -eq 20
  start_sim "$name"
  finished "power cut at operation $cut" "$name"
  stop_sim "$name"
done

# The host is killed. A slow line keeps it busy long enough to be caught in the act.
python3 "$TOOLS/serial_line.py" --baud 921600 --link-a host.tty --link-b dev.tty >line.json 2>line.err &
pids="$pids $!"
check "the line comes up" wait_for 10 test -e dev.tty
gapseal-sim --dir killed --profile linux --serial sn-killed --provision acme.gsk --maker-key maker.pem \
  --listen pty:dev.tty >killed.log 2>&1 </dev/null &
pids="$pids $!"
for percent in 20 60; do
  gapseal install v1.gsp port:pty:host.tty >killed.out 2>killed.err </dev/null &
  victim=$!
  check "the install gets to $percent %" wait_for 60 grep -q "$percent *%" killed.err
  kill -9 "$victim" 2>/dev/null
  wait "$victim" 2>/dev/null
done
killed=port:pty:host.tty
finished "host killed twice" killed
expect_exit 0 gapseal status port:pty:host.tty
finish
