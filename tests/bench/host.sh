#!/bin/sh
# What the host costs: packing and verifying against hashing the same bytes twice, memory against
# the size of the package, processor time for sixteen devices at once.
#
#   sh tests/bench/host.sh
#
# Each bound of the three is checked. GAPSEAL_LONG=1: packages up to 1 GiB instead of 64 MiB, 1 MiB
# a device instead of 512 KiB.
. "$(dirname "$0")/../lib.sh"

mib=64
device_bytes=524288
if [ -n "${GAPSEAL_LONG:-}" ]; then
  mib=1024
  device_bytes=1048576
fi
TESTS=$GAPSEAL_BIN/tests
BLOCK=65536
make_keys
trust_acme
facts facts.json 1.0.0 1 1

# measured FILE EXPRESSION: a number of what measure.py wrote.
measured() {
  json_of "$1" "$2"
}

# -- packing and verifying -----------------------------------------------------------------------

head -c 67108864 /dev/urandom >fw.bin
must gapseal-sign pack facts.json --image fw.bin --block-size $BLOCK -o v.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk v.gsp
must python3 "$TOOLS/measure.py" best 5 speed.json -- \
  "$TESTS/hash_twice" fw.bin $BLOCK -- \
  gapseal-sign pack facts.json --image fw.bin --block-size $BLOCK -o p.gsp -- rm p.gsp -- \
  gapseal show v.gsp -- \
  gapseal-verify package v.gsp --keyring acme.gsk
note "64 MiB, best of 5 runs in turns, wall clock; hashing the same bytes twice takes" \
  "$(measured speed.json '"%.3f s" % d[0]["wall"]')"
row() {
  ratio=$(measured speed.json "int(1000 * d[0]['wall'] / d[$2]['wall'])")
  note "$(measured speed.json "'%-24s %.3f s   %.3f of hashing twice' % ('$1', d[$2]['wall'], d[0]['wall'] / d[$2]['wall'])")"
  expect_number "$1 against hashing twice, thousandths" "$ratio" -ge 800
}
row "gapseal-sign pack" 1
row "gapseal show" 2
row "gapseal-verify package" 3
rm -f v.gsp

# -- memory ----------------------------------------------------------------------------------------

# peak NAME COMMAND...: its most memory, in KiB, is added to the line in memory.
peak() {
  name=$1
  shift
  must "$TESTS/peak" kib "$@"
  echo "$name $(cat kib)" >>memory
}
# For a package of $1 MiB; a device takes it as well.
memory() {
  : >memory
  head -c $(($1 * 1048576)) /dev/urandom >fw.bin
  peak pack gapseal-sign pack facts.json --image fw.bin --block-size $BLOCK -o m.gsp
  rm -f fw.bin
  peak sign gapseal-sign sign --key release.pem --keyring acme.gsk m.gsp
  peak show gapseal show m.gsp
  peak verify gapseal-verify package m.gsp --keyring acme.gsk
  start_sim "mem$1" --slot-bytes $(($1 * 1048576 + 2097152))
  peak install gapseal install m.gsp "port:unix:mem$1.sock" --timeout 300
  stop_sim "mem$1"
  rm -rf m.gsp "mem$1"
  mv memory "memory.$1"
  note "$1 MiB, most memory in KiB: $(echo $(cat "memory.$1"))"
}
memory 1
memory "$mib"
growth=$(paste memory.1 "memory.$mib" | awk '$4 - $2 > most { most = $4 - $2 } END { print most + 0 }')
expect_number "KiB more for $mib MiB than for 1 MiB" "$growth" -le 2048

# -- sixteen devices -------------------------------------------------------------------------------

image fw.bin "$device_bytes" sixteen
package v16.gsp 1.0.0 1 1 fw.bin
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  start_sim "dev$i"
done
"$TESTS/paced_lines" 921600 16 >lines.log 2>&1 </dev/null &
pids="$pids $!"
wait_for 10 test -e line15 || bail "sixteen lines come up: $(cat lines.log)"
must python3 "$TOOLS/measure.py" together sixteen.json 16 -- \
  gapseal install v16.gsp "port:pty:line{}@921600"
note "16 devices at 921,600 baud at once, $device_bytes bytes each:" \
  "$(measured sixteen.json '"%.1f s, %.1f s of processor time, %.2f cores" % (d["wall"], d["cpu"], d["cpu"] / d["wall"])')"
expect_number "processor time of sixteen hosts, thousandths of a core" \
  "$(measured sixteen.json 'int(1000 * d["cpu"] / d["wall"])')" -lt 1000
line_seconds=$(python3 -c "print(int($device_bytes / 92160 * 1000))")
expect_number "the line was the line's speed: milliseconds" \
  "$(measured sixteen.json 'int(1000 * d["wall"])')" -ge "$line_seconds"
finish
