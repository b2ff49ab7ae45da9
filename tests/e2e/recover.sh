#!/bin/sh
# A device that does not answer, or that starts nothing any more, and recover brings it back.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 60000 one
image fw2.bin 60000 two
image fw3.bin 60000 three
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 2 fw2.bin
mkdir stick
package stick/v3.gsp 3.0.0 3 3 fw3.bin
cp v1.gsp v2.gsp stick

# spoil NAME IMAGE...: the images in its flash do not match their packages any more.
spoil() {
  LAST="damage $*"
  python3 - "$@" <<'PY'
import sys
path = sys.argv[1] + "/flash"
flash = bytearray(open(path, "rb").read())
for name in sys.argv[2:]:
    image = open(name, "rb").read()
    at = flash.find(image[:4096])
    assert at >= 0, name
    flash[at + 5000] ^= 0xFF
open(path, "wb").write(flash)
PY
}

# recovering NAME ARGUMENT...: in the background; its output in NAME.out and NAME.err.
recovering() {
  job=$1
  shift
  gapseal recover "$@" >"$job.out" 2>"$job.err" </dev/null &
  job_pid=$!
  pids="$pids $job_pid"
  job_said="gapseal recover $*"
}
# ended NAME CODE: it did, with that exit code.
ended() {
  wait "$job_pid"
  CODE=$?
  cp "$1.out" out
  cp "$1.err" err
  LAST=$job_said
  expect_number "exit code of $job_said" "$CODE" -eq "$2"
}
# Switched off and on until somebody has caught it. A start that is missed runs its application.
switch_on_and_off() {
  caught=
  for try in 1 2 3 4 5 6 7 8; do
    stop_sim "$1"
    start_sim "$1" --app-silent --verbose
    if wait_for 2 grep -q "asked to stay" "$1.log"; then
      caught=$try
      break
    fi
  done
  note "caught at start ${caught:-none}"
}

# Both slots damaged: nothing starts, the stub answers, and takes what it runs for new.
start_sim dev1
must gapseal install v1.gsp "$dev1"
must gapseal install v2.gsp "$dev1"
stop_sim dev1
spoil dev1 fw1.bin fw2.bin
start_sim dev1
expect_exit 0 gapseal recover v2.gsp --port unix:dev1.sock --json
first_err "recovering with v2.gsp"
err_has "found    in recovery: it starts no image (the image read back does not match the signed package)"
err_has "takes any package at or above its floor, 2"
last_err "done: sn sn-dev1 now runs ctrl 2.0.0 (release 2), proven by its receipt"
expect_json 'd["devices"][0]["running"]["release"] == 2' 'd["receipt"] is not None' 'd["written"] is True'
must gapseal-verify receipt "$(json 'd["receipt"]')" --maker maker.pub.pem

# No rule is weaker for it: below the floor, another product, a stranger's signature, a device of a
# maker that nobody trusts.
stop_sim dev1
spoil dev1 fw2.bin
start_sim dev1
expect_exit 13 gapseal recover v1.gsp --port unix:dev1.sock --json
expect_json 'd["code"] == "below-floor"' 'd["decided_by"] == "device"' 'd["written"] is False'
facts panel.json 9.0.0 9 9 com.acme.panel com.acme.panel.board-a
must gapseal-sign pack panel.json --image fw1.bin -o panel.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk panel.gsp
expect_exit 12 gapseal recover panel.gsp --port unix:dev1.sock
cp v2.gsp.json v4.json
must gapseal-sign pack v4.json --image fw1.bin -o foreign.gsp
must gapseal-sign sign --key other-release.pem --keyring other.gsk foreign.gsp
expect_exit 11 gapseal recover foreign.gsp --port unix:dev1.sock
start_sim fake --maker-key stranger.pem
expect_exit 18 gapseal recover v2.gsp --port unix:fake.sock
# The newest of a directory, also in recovery; the link may stand alone.
expect_exit 0 gapseal recover stick unix:dev1.sock --json
err_has "chosen   v3.gsp: newest of 2 that fit"
err_has "passed   v1.gsp: this device will not go back to 1.0.0"
last_err "now runs ctrl 3.0.0"
# One that runs needs no recovery, and is told so.
expect_exit 0 gapseal recover stick port:unix:dev1.sock
err_has "found    its application runs and answers: nothing to recover"
last_err "already installed"

# A device that is new has nothing to start.
start_sim fresh
expect_exit 0 gapseal recover v1.gsp --port unix:fresh.sock
err_has "found    it holds no image that it could start; its floor is 0"

# As on a chip: while the application runs nobody answers, and list sees nobody.
start_sim chip
must gapseal install v1.gsp "$chip"
stop_sim chip
start_sim chip --app-silent --verbose
check "its application starts" wait_for 10 grep -q "application starts" chip.log
expect_exit 3 gapseal status "$chip"
expect_exit 3 gapseal recover v2.gsp --port unix:chip.sock --timeout 1 --json
expect_json 'd["code"] == "no-device"' 'd["written"] is False'
err_has "failed: nothing answered in the time that was given"
last_err "do: check cable and port"
recovering chip v2.gsp --port unix:chip.sock --json
check "a person is told what to do" wait_for 20 grep -q "switch the machine off and on now" chip.err
switch_on_and_off chip
ended chip 0
err_has "found    caught at its start: its image would have started"
err_has "letting the device start its image"
last_err "done: sn sn-chip now runs ctrl 2.0.0 (release 2), proven by its receipt"
expect_json 'd["written"] is True' 'd["receipt"] is not None' 'd["devices"][0]["held_in_stub"] is True' \
  'd["devices"][0]["runs_application"] is False'
LAST=
check "and then its application runs again" wait_for 20 sh -c 'tail -n 1 chip.log | grep -q "application starts"'
# What is refused leaves it as it was, and running.
recovering chip v1.gsp --port unix:chip.sock --json
check "it is waited for" wait_for 20 grep -q "switch the machine" chip.err
switch_on_and_off chip
ended chip 13
expect_json 'd["code"] == "below-floor"' 'd["written"] is False'
LAST=
check "and its application runs again" wait_for 20 sh -c 'tail -n 1 chip.log | grep -q "application starts"'

# A link that is not there yet.
stop_sim dev1
recovering late v1.gsp --port unix:late.sock --json
check "what is not there is said" wait_for 20 grep -q "unix:late.sock: nobody is there.*; waiting for it" late.err
start_sim late
ended late 0
last_err "done: sn sn-late now runs ctrl 1.0.0"

# Nobody ever.
before=$(date +%s)
expect_exit 3 gapseal recover v1.gsp --port unix:nobody.sock --timeout 2 --json
expect_json 'd["code"] == "no-device"'
err_has "nobody is there"
expect_number "seconds it took" $(($(date +%s) - before)) -le 20
expect_exit 3 gapseal recover v1.gsp --port "exec:sleep 30" --timeout 1
# A line that only echoes is nobody, too; other data is counted.
expect_exit 3 gapseal recover v1.gsp --port exec:cat --timeout 1
expect_exit 3 gapseal recover v1.gsp --port "exec:yes" --timeout 1
err_has "bytes of other data seen"

# Until something answers, hello is all that is sent; and little of it.
python3 - >heard.log <<'PY' &
import socket
s = socket.socket(socket.AF_UNIX)
s.bind("listen.sock")
s.listen(1)
c, _ = s.accept()
data = b""
while True:
    more = c.recv(65536)
    if not more:
        break
    data += more
frames = [f for f in data.split(b"\0") if f]
print(len(set(frames)), len(frames), sum(b"gapseal " in f for f in frames))
PY
pids="$pids $!"
check "somebody listens" wait_for 10 test -S listen.sock
expect_exit 3 gapseal recover v1.gsp --port unix:listen.sock --timeout 2
check "what was heard is counted" wait_for 10 test -s heard.log
read -r kinds frames hellos <heard.log
expect_number "frames sent in 2 s" "$frames" -ge 10
expect_number "and no more than one in 50 ms" "$frames" -le 45
expect_number "all of them hello" "$hellos" -eq "$frames"
expect_number "one for each second" "$kinds" -le 4

# The file and the command line are judged before anybody is waited for.
expect_exit 10 gapseal recover missing.gsp --port unix:nobody.sock
expect_exit 2 gapseal recover v1.gsp
last_err "do: write: gapseal recover FILE --port LINK"
expect_exit 2 gapseal recover v1.gsp --port unix:a.sock --port unix:b.sock
expect_exit 2 gapseal recover v1.gsp sn:0042
expect_exit 2 gapseal recover v1.gsp --port nonsense:x
# Ctrl-C ends the wait.
recovering stopped v1.gsp --port unix:nobody.sock
check "it waits" wait_for 20 grep -q "waiting for it" stopped.err
kill -INT "$job_pid"
ended stopped 130

# Nothing held this one in its stub, so nothing is said of that, also where it cannot be asked any more.
start_sim busy
recovering busy v1.gsp --port "exec:python3 $TOOLS/spoil_link.py busy.sock slow"
check "it sends" wait_for 60 grep -q " %" busy.err
kill -INT "$job_pid"
ended busy 130
err_lacks "in its stub until"
# An image on trial is named as one.
expect_exit 0 gapseal recover v1.gsp --port unix:busy.sock
expect_exit 40 gapseal install v2.gsp "$busy" --stop-before confirm
expect_exit 6 gapseal recover stick/v3.gsp --port unix:busy.sock
err_has "found    an image on trial runs and answers: nothing to recover; it is to be confirmed or rejected"
finish
