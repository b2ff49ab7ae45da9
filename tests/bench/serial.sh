#!/bin/sh
# One run over one emulated line: gapseal and ZMODEM (sz), the same bytes.
#
#   sh tests/bench/serial.sh [BYTES [BAUD [TIMER_MS [OPTIONS OF serial_line.py]]]]
#
# Goodput is a fraction of baud/10: image bytes over the time from the first block byte to the last
# acknowledgement; for sz, from the first bytes that rz wrote to the last, which leaves its start out.
# Below 0.90, or below sz, it fails.
. "$(dirname "$0")/../lib.sh"

bytes=${1:-1048576}
baud=${2:-921600}
timer=${3:-16}
[ $# -lt 3 ] || shift 3
harm=$*

command -v sz >/dev/null 2>&1 || skip_all "lrzsz is not installed"
make_keys
trust_acme
image fw.bin "$bytes" bench
package v1.gsp 1.0.0 1 1 fw.bin

# line NAME: an emulated line NAME.host - NAME.dev.
line() {
  python3 "$TOOLS/serial_line.py" --baud "$baud" --timer-ms "$timer" \
    $harm --link-a "$1.host" --link-b "$1.dev" --stats "$1.json" >"$1.up" 2>&1 &
  line_pid=$!
  pids="$pids $line_pid"
  wait_for 10 test -e "$1.dev" || bail "the line comes up"
}

line gapseal
gapseal-sim --dir dev1 --profile linux --serial sn-1 --provision acme.gsk --maker-key maker.pem \
  --listen pty:gapseal.dev >dev1.log 2>&1 </dev/null &
pids="$pids $!"
expect_exit 0 gapseal install v1.gsp port:pty:gapseal.host --json
seconds=$(json 'd["transfer"]["seconds"]')
cp out gapseal.result
kill "$line_pid" 2>/dev/null
wait "$line_pid" 2>/dev/null

line zmodem
mkdir received
must python3 "$TOOLS/zmodem.py" zmodem.host zmodem.dev fw.bin received
zmodem=$(json 'd["seconds"]')

python3 - "$bytes" "$baud" "$seconds" "$zmodem" "$timer" "$harm" >figures <<'PY'
import sys
size, baud, ours, theirs = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
ours, theirs = size / ours / (baud / 10), size / theirs / (baud / 10)
print("# %d bytes, %d baud, %s ms adapter %s" % (size, baud, sys.argv[5], sys.argv[6]))
print("# gapseal %.3f   sz %.3f   ratio %.3f" % (ours, theirs, ours / theirs))
print(int(ours * 1000), int(theirs * 1000))
PY
sed -n '/^#/p' figures
tail -n 1 figures >numbers
read -r ours theirs <numbers
LAST=
expect_number "goodput of gapseal, thousandths of the line" "$ours" -ge 900
expect_number "goodput of gapseal against that of sz" "$ours" -ge "$theirs"
finish
