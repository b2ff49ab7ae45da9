#!/bin/sh
# How long an image takes to a board, against the same bytes through a bare echo loop over the same
# UART driver, in the same run.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mcu/board.inc"
SLOT_A=0x21000000 SLOT_B=0x21080000
firmware mps2
make_keys
trust_acme
make_board dev1

# echo_seconds BYTES
echo_seconds() {
  python3 - dev1.sock "$1" <<'PY'
import os, select, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.setblocking(False)
left = back = int(sys.argv[2])
begin = time.monotonic()
chunk = os.urandom(4096)
while back > 0:
    r, w, _ = select.select([s], [s] if left > 0 else [], [], 30)
    if not r and not w:
        sys.exit("the echo stopped with %d bytes to come" % back)
    if w:
        try:
            left -= s.send(chunk[:min(left, len(chunk))])
        except BlockingIOError:
            pass
    if r:
        back -= len(s.recv(65536))
print("%.3f" % (time.monotonic() - begin))
PY
}

for slot in a b; do
  image pad.bin 76000 "speed$slot"
  cat "$FW/bin/app_1_$slot.bin" pad.bin >"big.$slot"
done
facts big.json 1.0.0 1 1
must gapseal-sign pack big.json --image "big.a@$SLOT_A" --image "big.b@$SLOT_B" --block-size 1024 -o big.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk big.gsp

# A loaded computer slows each of them by chance: the shortest of three tells, or of six where three
# do not reach the bound.
shorter() {
  printf '%s\n%s\n' "$1" "$2" | grep . | sort -n | head -n 1
}
echo_best=
job_best=
again=0
for try in 1 2 3 4 5 6; do
  power_on dev1 echo_mps2
  echo_time=$(echo_seconds 80000)
  power_off dev1
  rm -rf dev1
  make_board dev1
  power_on dev1
  must gapseal install big.gsp "$dev1" --json
  job_time=$(json '"%.3f" % (d["transfer"]["seconds"] / d["transfer"]["wire_bytes"] * 80000)')
  again=$((again + $(json 'd["transfer"]["resent_bytes"]')))
  power_off dev1
  note "try $try: 80,000 bytes: echo $echo_time s, transfer $job_time s"
  echo_best=$(shorter "$echo_time" "$echo_best")
  job_best=$(shorter "$job_time" "$job_best")
  percent=$(python3 -c "print(round($job_best * 100 / $echo_best))")
  [ "$try" -ge 3 ] && [ "$percent" -le 115 ] && break
done
LAST=
expect_number "bytes sent again" "$again" -eq 0
expect_number "time of a transfer, in percent of the echo's" "$percent" -le 115
finish
