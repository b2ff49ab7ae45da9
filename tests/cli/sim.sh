#!/bin/sh
# The simulator's command line: first start, later starts, links, ends.
. "$(dirname "$0")/../lib.sh"

make_keys
new="--provision acme.gsk --maker-key maker.pem"

expect_exit 0 gapseal-sim --version
out_has "gapseal-sim "
expect_exit 0 gapseal-sim --help
out_has "--power-cut-at"
for kind in crash hang never-healthy; do
  out_has "gapseal-sim:$kind"
done
for wrong in "--dir" "--dir d" "--listen unix:s" "--dir d --listen carrier-pigeon:1" \
  "--dir d --listen unix:s --profile phone" "--dir d --listen unix:s --serial $(printf '%033d' 0)" \
  "--dir d --listen unix:s --slot-bytes 4k" "--dir d --listen unix:s --torn worse" \
  "--dir d --listen unix:s --nonsense" "--dir d --listen unix:s stray"; do
  # shellcheck disable=SC2086
  expect_exit 2 gapseal-sim $wrong $new
  check "no device was made for it" test ! -e d
done
expect_exit 2 gapseal-sim --dir d --listen tcp:0.0.0.0:0 $new
rm -rf d

expect_exit 1 gapseal-sim --dir d --listen unix:s
err_has "--provision"
expect_exit 1 gapseal-sim --dir d --listen unix:s --provision maker.pem --maker-key maker.pem
err_has "keyrings"
expect_exit 1 gapseal-sim --dir d --listen unix:s --provision acme.gsk --maker-key acme.gsk
expect_exit 1 gapseal-sim --dir d --listen unix:s --slot-bytes 1000 $new
rm -rf d

mkfifo pipe
expect_exit 1 timeout 10 gapseal-sim --dir d --listen unix:s --provision pipe --maker-key maker.pem
err_has "not a regular file"
expect_exit 1 timeout 10 gapseal-sim --dir d --listen unix:s --provision acme.gsk --maker-key pipe
rm -rf d

start_sim dev1
check "it says that it is ready" grep -q "gapseal-sim: sn-dev1 listening on unix:dev1.sock, stub answers" dev1.log
check "the device's key is its owner's alone" test "$(stat -c %a dev1/device.key)" = 600
expect_exit 6 gapseal-sim --dir dev1 --listen unix:other.sock
first_err "dev1 is in use by another program"
check "it opened no link" test ! -e other.sock
expect_exit 6 gapseal-sim --dir dev1 --listen stdio $new
expect_exit 1 gapseal-sim --dir d --listen unix:dev1.sock $new
err_has "in use"
rm -rf d
kill "$pid_dev1"
check "SIGTERM ends it with 0" wait "$pid_dev1"
check "its socket is gone" test ! -e dev1.sock

# A killed one leaves a socket behind that the next start replaces.
start_sim dev1
kill -9 "$pid_dev1"
wait "$pid_dev1" 2>/dev/null
check "a killed one leaves its socket" test -S dev1.sock
key=$(cat dev1/device.key)
gapseal-sim --dir dev1 --listen unix:dev1.sock $new >again.log 2>&1 &
again=$!
pids="$pids $again"
check "the next start replaces it" wait_for 10 grep -q "listening" again.log
check "and stays the same device" test "$key" = "$(cat dev1/device.key)"
check "and says what it ignores" grep -q "ignored" again.log
kill "$again"
check "it ends" wait "$again"
expect_exit 1 gapseal-sim --dir dev1 --listen unix:dev1.sock --serial other
err_has "--serial"
expect_exit 1 gapseal-sim --dir dev1 --listen unix:dev1.sock --profile mcu
err_has "--profile"

# Each start writes a record, so the first operation is in it.
expect_exit 9 gapseal-sim --dir dev1 --listen unix:dev1.sock --power-cut-at 1
err_has "power cut at flash operation 1"
for mode in none complete prefix:1 wrong-bits:2 unstable:3; do
  expect_exit 9 gapseal-sim --dir dev1 --listen unix:dev1.sock --power-cut-at 1 --torn "$mode"
done
expect_exit 0 gapseal-sim --dir dev1 --listen stdio
err_has "listening on stdio"
head -c 100 /dev/zero >zeros
LAST="gapseal-sim --die-after-bytes 50 <zeros"
CODE=0
gapseal-sim --dir dev1 --listen stdio: --die-after-bytes 50 <zeros >out 2>err || CODE=$?
check "the power is cut after 50 bytes" test "$CODE" -eq 9
err_has "power cut after 50 bytes"

# An image made as --help says, and receipts that never come, told apart from a device that fails.
trust_acme
image fw.bin 30000 one
printf gapseal-sim:crash | dd bs=64 conv=sync >>fw.bin 2>/dev/null
package crash.gsp 1.0.0 1 1 fw.bin
image fw.bin 30000 one
package good.gsp 1.0.0 1 1 fw.bin
start_sim dev3
expect_exit 30 gapseal install crash.gsp "$dev3"
stop_sim dev3
start_sim dev4 --drop-receipts all
expect_exit 32 gapseal install good.gsp "$dev4"
stop_sim dev4
start_sim dev4
expect_exit 0 gapseal install good.gsp "$dev4"

# Idle, it sleeps: under a tenth of a second of computing in two.
start_sim dev2 --profile mcu
before=$(awk '{print $14 + $15}' "/proc/$pid_dev2/stat")
sleep 2
after=$(awk '{print $14 + $15}' "/proc/$pid_dev2/stat")
expect_number "clock ticks of an idle device in 2 s" "$((after - before))" -le 10
finish
