#!/bin/sh
# A device whose application does not answer: what takes it out of its stub must not keep it there.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 60000 one
image fw2.bin 60000 two
package v1.gsp 1.0.0 1 1 fw1.bin
facts v2.json 2.0.0 2 1
must gapseal-sign pack v2.json --image fw2.bin -o v2.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk v2.gsp

# The image on trial reports healthy and asks for the stub, which answers.
on_trial() {
  start_sim "$1"
  must gapseal install v1.gsp "$2"
  run gapseal install v2.gsp "$2" --stop-before confirm
  stop_sim "$1"
  start_sim "$1" --app-silent --verbose
  check "$1: its stub answers" wait_for 20 grep -q "reset (requested): stub answers$" "$1.log"
}
starts() {
  LAST=
  check "$1: its application starts" wait_for 20 awk \
    '/reset \(|asked to stay/ { runs = 0 } /application starts$/ { runs = 1 } END { exit !runs }' "$1.log"
}

on_trial rejected port:unix:rejected.sock
expect_exit 0 gapseal reject port:unix:rejected.sock --timeout 2 --json
expect_json 'd["written"] is True' 'd["state"] == "rejected"'
err_has "its application may not answer here"
last_err "rejected: sn sn-rejected, starts release 1 (1.0.0), floor 1, state rejected"
must gapseal-verify receipt "$(json 'd["receipt"]')" --maker maker.pub.pem
starts rejected

on_trial booted port:unix:booted.sock
expect_exit 0 gapseal confirm port:unix:booted.sock
expect_exit 0 gapseal reboot port:unix:booted.sock --timeout 2
err_has "its application may not answer here"
last_err "rebooted: sn sn-booted, in a state not known now; before, it ran nothing but its stub"
starts booted

# A rollback is proven by the device alone, which must be caught once more.
back_job() {
  on_trial "$1" "port:unix:$1.sock"
  expect_exit 0 gapseal confirm "port:unix:$1.sock"
  gapseal rollback "port:unix:$1.sock" --timeout 120 --json >"$1.out" 2>"$1.err" </dev/null &
  job=$!
  pids="$pids $job"
}
# caught NAME: somebody waits for it, and it is switched off and on until somebody has.
caught() {
  check "$1: a person is told what to do" wait_for 40 grep -q "switch the machine off and on now" "$1.err"
  starts "$1"
  for try in 1 2 3 4 5 6 7 8; do
    stop_sim "$1"
    start_sim "$1" --app-silent --verbose
    wait_for 2 grep -q "asked to stay" "$1.log" && break
  done
  note "$1: caught at start $try"
}
proven_back() {
  wait "$2"
  CODE=$?
  cp "$1.out" out
  cp "$1.err" err
  LAST="gapseal rollback"
  expect_number "exit code of rollback" "$CODE" -eq 0
  must gapseal-verify receipt "$(json 'd["receipt"]')" --maker maker.pub.pem
  cp "$1.err" err
}
back_job back
back_pid=$job
back_job kept
kept_pid=$job
caught back
proven_back back "$back_pid"
cp back.out out
expect_json 'd["state"] == "ready"'
last_err "rolled back: sn sn-back, starts release 1 (1.0.0), floor 1"
starts back
# Ctrl-C while it is to be let go: what was proven is, and that it stays in its stub is said.
(
  wait_for 60 awk '/letting the device start/ { now = 1 } now && /only after 10 s/ { found = 1 } END { exit !found }' kept.err
  kill -INT "$kept_pid"
) &
pids="$pids $!"
caught kept
proven_back kept "$kept_pid"
err_has "in its stub until it is started again: stopped"
last_err "rolled back: sn sn-kept, "
err_lacks "sn-kept, starts"

# Nobody switches it off and on in time: what is advised then brings the proof, and lets it go again.
on_trial late port:unix:late.sock
must gapseal confirm port:unix:late.sock
expect_exit 31 gapseal rollback port:unix:late.sock --timeout 2
last_err "do: run: gapseal receipt fetch --port unix:late.sock --timeout 60, and switch the machine off and on"
expect_exit 2 gapseal receipt fetch --timeout 60
last_err "do: write: gapseal receipt fetch --port LINK --timeout SECONDS"
gapseal receipt fetch --port unix:late.sock --timeout 60 >late.out 2>late.err </dev/null &
late_pid=$!
pids="$pids $late_pid"
caught late
wait "$late_pid"
expect_number "exit code of receipt fetch" $? -eq 0
expect_exit 0 gapseal receipt show "$(cat late.out)"
out_has "of rollback"
starts late

# Ctrl-C while the device starts asks it nothing that would keep it in its stub. All three at once:
# each waits until its stub takes a reboot.
stopping() {
  name=$1
  shift
  gapseal "$@" "port:unix:$name.sock" --json >"$name.out" 2>"$name.err" </dev/null &
  eval "${name}_job=$!"
  pids="$pids $!"
  (
    wait_for 60 grep -q "reset (requested): stub answers for" "$name.log"
    eval "kill -INT \$${name}_job"
  ) &
  eval "${name}_stopper=$!"
  pids="$pids $!"
}
stopped() {
  eval "wait \$${1}_stopper"
  eval "wait \$${1}_job"
  CODE=$?
  cp "$1.out" out
  cp "$1.err" err
  LAST="gapseal, stopped as $1 starts"
  expect_number "$1: exit code" "$CODE" -eq 130
  last_err "do: run$2"
  check "$1: its image starts" wait_for 20 awk \
    '/stub answers for/ { runs = 0 } /application starts$/ { runs = 1 } END { exit !runs }' "$1.log"
  check "$1: nothing asked its stub to stay" sh -c "! grep -q 'asked to stay' $1.log"
}
package v3.gsp 3.0.0 3 1 fw1.bin
for name in reboot rollback install; do
  on_trial "$name" "port:unix:$name.sock"
  must gapseal confirm "port:unix:$name.sock"
done
stopping reboot reboot
stopping rollback rollback
stopping install install v3.gsp
stopped reboot ": gapseal status"
stopped rollback ": gapseal receipt fetch --port unix:rollback.sock --timeout 60"
stopped install " the same command to continue; where nothing answers, run gapseal recover"
finish
