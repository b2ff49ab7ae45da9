#!/bin/sh
# A line that damages bytes, goes dead for a while, or whose adapter is pulled and comes back: the
# same install ends with 0, and says what the line cost.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 300000 line
package v1.gsp 1.0.0 1 1 fw.bin
image a.bin 120000 line-a
image b.bin 120000 line-b
package small.gsp 1.0.0 1 1 a.bin --image b.bin --block-size 1024
profile=linux
pack=v1.gsp

# over NAME [options of serial_line.py]: a new device behind a new line takes the package.
over() {
  name=$1
  shift
  python3 "$TOOLS/serial_line.py" --baud 921600 --timer-ms 16 "$@" --link-a "$name.tty" --link-b "$name.dev" \
    --stats "$name.json" >"$name.up" 2>&1 &
  line=$!
  pids="$pids $line"
  wait_for 10 test -e "$name.dev" || bail "the line comes up"
  gapseal-sim --dir "$name" --profile "$profile" --serial "sn-$name" --provision acme.gsk --maker-key maker.pem \
    --listen "pty:$name.dev" >"$name.log" 2>&1 </dev/null &
  pids="$pids $!"
  expect_exit 0 gapseal install "$pack" "port:pty:$name.tty" --json
  kill "$line"
  wait "$line" 2>/dev/null
  resent=$(json 'd["transfer"]["resent_bytes"]')
  note "$name: $(json 'd["transfer"]["seconds"]') s, $resent bytes sent again"
}

over clean
expect_json 'd["transfer"]["lost_frames"] == 0' 'd["transfer"]["resent_bytes"] == 0'
clean=$(json 'int(d["transfer"]["seconds"] * 1000)')

# Three bits in 100,000 flip, both ways: a frame with one is mended, and one in ten has more. No byte may be
# believed that was damaged.
over noise --ber 3e-5 --seed noise
expect_json 'd["transfer"]["resent_bytes"] > 0'
check "the line did flip bits" python3 -c 'import json, sys
d = json.load(open("noise.json")); sys.exit(0 if d["ab"]["flipped_bits"] > 3 else 1)'
over drops --drop 1e-5 --seed drops

# A device that keeps no frames: what came after a loss is dropped, and goes again.
profile=mcu pack=small.gsp
over small-noise --ber 1e-4 --seed noise
expect_json 'd["transfer"]["lost_frames"] > 0' 'd["transfer"]["resent_bytes"] > 0'
over small-drops --drop 5e-5 --seed drops
expect_json 'd["transfer"]["lost_frames"] > 0' 'd["transfer"]["resent_bytes"] > 0'
profile=linux pack=v1.gsp

# Dead for half a second: nothing is given up, and no more is waited for than the line was dead and
# what finding out takes.
over dead --unplug 131072B:500
check "the line was dead once" python3 -c 'import json, sys
sys.exit(0 if json.load(open("dead.json"))["unplugs"] == 1 else 1)'
expect_number "milliseconds, against $clean on a clean line" "$(json 'int(d["transfer"]["seconds"] * 1000)')" -le $((clean + 2500))

# The adapter is pulled and comes back as a new terminal.
over pulled --unplug 131072B:800:close
expect_json 'd["transfer"]["reconnects"] >= 1'
finish
