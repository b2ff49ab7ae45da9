#!/bin/sh
# Power cuts of a board, for real: QEMU is killed at random moments of an update, and by a debugger at
# exact calls of the flash driver. Whatever was cut, the board starts something that verifies, and the
# same command finishes.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mcu/board.inc"
SLOT_A=0x21000000 SLOT_B=0x21080000
KILLS=${KILLS:-6}
[ -z "${GAPSEAL_LONG:-}" ] || KILLS=100
SEED=${SEED:-$$}
note "seed $SEED: SEED=$SEED runs it again"
firmware mps2
make_keys
trust_acme
make_board dev1
power_on dev1

# Long enough to be cut in the middle.
long_package() {
  for slot in a b; do
    image pad.bin 24000 "$1$slot"
    cat "$FW/bin/$5_$slot.bin" pad.bin >"$1.$slot"
  done
  facts "$1.json" "$2" "$3" "$4"
  must gapseal-sign pack "$1.json" --image "$1.a@$SLOT_A" --image "$1.b@$SLOT_B" --block-size 1024 -o "$1"
  must gapseal-sign sign --key release.pem --keyring acme.gsk "$1"
}
long_package v1.gsp 1.0.0 1 1 app_1
expect_exit 0 gapseal install v1.gsp "$dev1"

random() {
  python3 -c 'import random, sys
print(random.Random(sys.argv[1]).randrange(int(sys.argv[2]), int(sys.argv[3])))' "$SEED-$1" "$2" "$3"
}

# finish_it PACKAGE RELEASE WHAT: after a cut.
finish_it() {
  power_on dev1
  run gapseal install "$1" "$dev1" --json
  if [ "$CODE" -eq 0 ] && run gapseal status "$dev1" --json &&
    [ "$(json "max(s[\"release\"] for s in (d[\"devices\"][0][k] for k in (\"slot_a\", \"slot_b\")) if s)")" = "$2" ] &&
    [ "$(json 'd["devices"][0]["state"]')" = ready ]; then
    ok "$3: the same command finishes"
  else
    not_ok "$3: the same command finishes"
  fi
}

release=2
i=0
cut=0
while [ "$i" -lt "$KILLS" ]; do
  i=$((i + 1))
  long_package next.gsp "$release.0.0" "$release" 1 app_2
  after=$(random "kill$i" 50 2500)
  gapseal install next.gsp "$dev1" >cut.out 2>cut.err </dev/null &
  host=$!
  pids="$pids $host"
  python3 -c 'import sys, time; time.sleep(int(sys.argv[1]) / 1000)' "$after"
  gone "$host" || cut=$((cut + 1))
  power_off dev1
  kill -INT "$host" 2>/dev/null
  wait "$host" 2>/dev/null
  finish_it next.gsp "$release" "kill after $after ms"
  release=$((release + 1))
done
expect_number "kills that came while the host was at work" "$cut" -gt 0

if command -v gdb-multiarch >/dev/null 2>&1; then
  points="3 9 20 33 41 45"
  [ -z "${GAPSEAL_LONG:-}" ] || points=$(seq 1 60)
  cut=0
  for point in $points; do
    long_package next.gsp "$release.0.0" "$release" 1 app_2
    power_off dev1
    power_on dev1 stub_mps2 -chardev "socket,path=dev1.gdb,server=on,wait=off,id=gdb" -gdb chardev:gdb
    wait_for 20 gapseal info "$dev1"
    gdb-multiarch -nx -batch "$FW/bin/stub_mps2" -ex 'target remote dev1.gdb' \
      -ex 'break gs_board_program' -ex 'break gs_board_erase' -ex 'set $calls = 0' \
      -ex "commands 1-2
silent
set \$calls = \$calls + 1
if \$calls < $point
continue
end
end" -ex continue -ex kill >gdb.out 2>&1 </dev/null &
    gdb=$!
    pids="$pids $gdb"
    wait_for 20 grep -q 'Breakpoint 2' gdb.out
    gapseal install next.gsp "$dev1" >cut.out 2>cut.err </dev/null &
    host=$!
    pids="$pids $host"
    eval "board_pid=\$pid_dev1"
    wait_for 60 gone "$board_pid" && cut=$((cut + 1))
    kill "$gdb" 2>/dev/null
    wait "$gdb" 2>/dev/null
    power_off dev1
    kill -INT "$host" 2>/dev/null
    wait "$host" 2>/dev/null
    finish_it next.gsp "$release" "cut at call $point of the flash driver"
    release=$((release + 1))
  done
  expect_number "cuts at a call of the driver" "$cut" -gt 3
else
  skip "cuts at exact calls of the flash driver" "gdb-multiarch is not installed"
fi

expect_exit 0 gapseal log "$dev1" --save dev1.gsl
expect_exit 0 gapseal-verify log dev1.gsl --maker maker.pub.pem
finish
