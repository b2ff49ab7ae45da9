#!/bin/sh
# The same job over every kind of link: unix, tcp, pty through a serial line, exec.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 60000 one
package v1.gsp 1.0.0 1 1 fw.bin
new="--profile linux --provision acme.gsk --maker-key maker.pem"

job() {
  expect_exit 0 gapseal check v1.gsp "$1"
  expect_exit 0 gapseal install v1.gsp "$1"
  expect_exit 0 gapseal status "$1"
}

start_sim dev1
job "$dev1"

# Port 0: the simulator chooses and says which.
gapseal-sim --dir dev2 --serial sn-2 $new --listen tcp:127.0.0.1:0 >dev2.log 2>&1 </dev/null &
pids="$pids $!"
check "the simulator names its port" wait_for 10 grep -qE '127\.0\.0\.1:[1-9]' dev2.log
tcp=$(grep -oE '127\.0\.0\.1:[0-9]+' dev2.log | head -n 1)
job "port:tcp:$tcp"
# Other computers only when asked for by name.
expect_exit 2 gapseal status port:tcp:192.0.2.1:5000

python3 "$TOOLS/serial_line.py" --baud 921600 --timer-ms 16 --link-a host.tty --link-b dev.tty >line.json 2>line.err &
pids="$pids $!"
check "the line comes up" wait_for 10 test -e dev.tty
gapseal-sim --dir dev3 --serial sn-3 $new --listen pty:dev.tty >dev3.log 2>&1 </dev/null &
pids="$pids $!"
job port:pty:host.tty

job "port:exec:gapseal-sim --dir dev4 --serial sn-4 $new --listen stdio"
finish
