#!/bin/sh
# Broken in the middle and finished by the same command: device pulled off, power cut, host killed.
# What is sent again is at most max(block, erase unit) and one window.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 500000 resume
package v1.gsp 1.0.0 1 1 fw.bin
image a.bin 200000 resume-a
image b.bin 200000 resume-b
package small.gsp 1.0.0 1 1 a.bin --image b.bin --block-size 1024

# Figures of the last install, JSON on stdout.
transfer() {
  json "d['transfer']['$1']"
}

# The most that may be sent again: max(block, erase unit) and one window.
bound() {
  gapseal info "$1" --json 2>/dev/null | python3 -c 'import json, sys
d = json.load(sys.stdin)["devices"][0]
print(max(int(sys.argv[1]), d["erase_size"]) + d["window_bytes"])' "$2"
}

# broken WHAT NAME PROFILE [simulator options]: a new device NAME breaks an install off as the options
# say; then the same command ends with 0. What both sent, less what there was to send, was sent again.
broken() {
  story=$1 name=$2 profile=$3
  shift 3
  if [ "$profile" = mcu ]; then
    pack=small.gsp image=200000 block=1024
  else
    pack=v1.gsp image=500000 block=4096
  fi
  table=$(((image + block - 1) / block * 32))
  start_sim "$name" --profile "$profile" "$@"
  eval "port=\$$name"
  expect_exit 20 gapseal install "$pack" "$port" --timeout 1 --json
  expect_json 'd["code"] == "link-lost"'
  last_err "do:"
  sent=$(transfer sent_bytes)
  check "$story: the device lost its power" sim_cut "$name"
  start_sim "$name" --profile "$profile"
  most=$(bound "$port" "$block")
  expect_exit 0 gapseal install "$pack" "$port" --json
  rest=$(transfer sent_bytes)
  expect_number "$story: $sent bytes sent, then $rest, $((image + table)) needed; sent again" \
    $((sent + rest - image - table)) -le "$most"
  # The second run says so itself; what waited in the first one's queue it counts as sent.
  again=$(transfer resent_bytes)
  expect_number "$story: it counts as sent again" "$again" -ge $((sent + rest - image - table))
  expect_number "$story: and no more than the window and that queue" "$again" -le $((most + 65536))
  err_has "sent again"
  stop_sim "$name"
}

for bytes in 5000 100000 300000 490000; do
  broken "pulled off after $bytes bytes" "linux$bytes" linux --die-after-bytes "$bytes"
done
for bytes in 5000 50000 190000; do
  broken "small device pulled off after $bytes bytes" "mcu$bytes" mcu --die-after-bytes "$bytes"
done
# In the middle of a flash operation, whole and torn.
for cut in 20 60 150 250; do
  broken "power cut at operation $cut" "cut$cut" linux --power-cut-at "$cut" --torn "wrong-bits:$cut"
  broken "small device, power cut at operation $cut" "mcucut$cut" mcu --power-cut-at "$cut" --torn prefix
done

# The host is killed. A slow line keeps it busy long enough to be caught in the act.
python3 "$TOOLS/serial_line.py" --baud 921600 --link-a host.tty --link-b dev.tty >line.json 2>line.err &
pids="$pids $!"
check "the line comes up" wait_for 10 test -e dev.tty
gapseal-sim --dir killed --profile mcu --serial sn-killed --provision acme.gsk --maker-key maker.pem \
  --listen pty:dev.tty >killed.log 2>&1 </dev/null &
pids="$pids $!"
killed=port:pty:host.tty
for percent in 20 60; do
  gapseal install small.gsp "$killed" >killed.out 2>killed.err </dev/null &
  victim=$!
  check "the install gets to $percent %" wait_for 60 grep -q "$percent *%" killed.err
  kill -9 "$victim" 2>/dev/null
  wait "$victim" 2>/dev/null
done
most=$(bound "$killed" 1024)
expect_exit 0 gapseal install small.gsp "$killed" --json
found=$(transfer found_bytes)
expect_number "what the device held by then is told" "$found" -ge $((206272 * 4 / 10))
# 206,272 bytes to send; 20 % went first, and then 60 % of what was left.
expect_number "host killed twice; the third run sends" "$(transfer sent_bytes)" -le $((206272 * 8 / 10 * 4 / 10 + 2 * most))
expect_exit 0 gapseal status "$killed"
finish
