#!/bin/sh
# A package file that changed while its blocks were sent was once told as the device's refusal, with
# the receipt of some refusal before it: after any answered request the device counted as the one
# who had spoken last.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 50000 one
image fw2.bin 200000 two
facts panel.json 1.0.0 9 9 com.acme.panel com.acme.panel.board-a
must gapseal-sign pack panel.json --image fw1.bin -o panel.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk panel.gsp
package v2.gsp 2.0.0 2 2 fw2.bin
size=$(size_of v2.gsp)

python3 "$TOOLS/serial_line.py" --baud 921600 --link-a host.tty --link-b dev.tty >line.json 2>line.err &
pids="$pids $!"
check "the line comes up" wait_for 10 test -e dev.tty
gapseal-sim --dir dev1 --serial sn-1 --profile linux --provision acme.gsk --maker-key maker.pem \
  --listen pty:dev.tty >dev1.log 2>&1 </dev/null &
pids="$pids $!"
wait_for 10 grep -q listening dev1.log || bail "the simulator starts"
dev=port:pty:host.tty
expect_exit 12 gapseal check panel.gsp "$dev"

# changes HOW: the file is spoilt at 10 % of a slow send.
changes() {
  cp v2.gsp sent.gsp
  : >sent.err # of the row before
  gapseal install sent.gsp "$dev" --json >sent.out 2>sent.err </dev/null &
  sender=$!
  wait_for 20 grep -q '10 %' sent.err || bail "the install gets going"
  "$@"
  wait "$sender"
  CODE=$?
  cp sent.out out
  cp sent.err err
  LAST="gapseal install sent.gsp, and meanwhile: $*"
  expect_number "exit code" "$CODE" -eq 10
  expect_json 'd["code"] == "file-changed"' 'd["decided_by"] == "computer"' 'd["receipt"] is None' \
    'd["written"] is True' 'd["state"] == "writing"'
  err_lacks "device refused"
}
changes truncate -s 60000 sent.gsp
scramble() {
  python3 -c 'import sys
with open("sent.gsp", "r+b") as f:
    f.seek(int(sys.argv[1]) // 2)
    f.write(b"\xa5" * (int(sys.argv[1]) // 2))' "$size"
}
changes scramble
cp v2.gsp sent.gsp
expect_exit 0 gapseal install sent.gsp "$dev" --json
finish
