#!/bin/sh
# A disk without room (J06), really full where a file system may be mounted, and as a limit on the size of
# files everywhere. Each program says which file it was, nothing is half written, what was there stays, and a
# device was told nothing, or stays what its flash says.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 30000 one
image fw2.bin 30000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 1 fw2.bin
start_sim dev1 --slot-bytes 65536
must gapseal install v1.gsp "$dev1" --json
receipt=$(json 'd["receipt"]')
cp "$receipt" receipt.gsr

# limited BYTES command...: no file it writes may get longer than that; what it says goes through pipes.
# limited_out: standard output is a file as well.
limited() {
  python3 -c 'import resource, signal, subprocess, sys
def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
done = subprocess.run(sys.argv[3:], preexec_fn=limit, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                      stdout=subprocess.PIPE if sys.argv[1] == "pipe" else open("cut", "wb"))
sys.stdout.buffer.write(done.stdout or b"")
sys.stderr.buffer.write(done.stderr)
sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)' "${limited_out:-pipe}" "$@"
}
untouched() {
  expect_exit 0 gapseal status "$dev1" --json
  expect_json 'd["state"] == "ready"' 'd["devices"][0]["running"]["release"] == 1'
}
# what_is PLACE: every name below it and every byte, as one line.
what_is() {
  (cd "$1" && find . -type f -exec sha256sum {} + | sort | sha256sum)
}

# -- a limit -----------------------------------------------------------------------------------

# The maker's tool: packages and keyrings are whole or as they were.
cp v1.gsp kept.gsp
mkdir made
for command in "gapseal-sign pack v1.gsp.json --image fw2.bin -o made/new.gsp" \
  "gapseal-sign pack v1.gsp.json --image fw2.bin -o kept.gsp" \
  "gapseal-sign sign --key release.pem --keyring acme.gsk kept.gsp" \
  "gapseal-sign keyring new --root root.pem --release release.pem -o made/new.gsk" \
  "gapseal-sign keygen made/new.pem"; do
  case $command in
    *sign\ sign*)
      must gapseal-sign pack v1.gsp.json --image fw1.bin -o kept.gsp
      bytes=4096
      ;;
    *pack*) bytes=4096 ;;
    *) bytes=100 ;;
  esac
  cp kept.gsp kept.copy
  expect_exit 1 limited "$bytes" $command
  err_has "cannot be written: File too large"
  last_err "do: "
  LAST=
  check "nothing half written is left" test -z "$(ls made)" -a -z "$(ls ./*.part 2>/dev/null)"
  check "what was there is as it was" cmp kept.gsp kept.copy
done
# Output behind a ">".
for command in "gapseal-verify package v1.gsp --keyring acme.gsk --json" "gapseal-sign inspect v1.gsp --json" \
  "gapseal show v1.gsp --json"; do
  limited_out=file
  expect_exit 1 limited 10 $command
  limited_out=
  err_has "output"
  last_err "do: "
done

# gapseal: the journal is asked first, so that the device was told nothing.
journal=state/gapseal/journal.jsonl
lines=$(wc -l <"$journal")
expect_exit 1 limited 512 gapseal install v2.gsp "$dev1" --json
expect_json 'd["code"] == "disk"' 'd["decided_by"] == "computer"' 'd["written"] is False' 'd["state"] == "ready"'
err_has "the journal: File too large"
last_err "do: "
expect_exit 0 gapseal journal verify
LAST=
expect_number "lines of the journal" "$(wc -l <"$journal")" -eq "$lines"
untouched
expect_exit 1 limited 512 gapseal log "$dev1" --save made/new.gsl --json
expect_json 'd["code"] == "disk"'
err_has "new.gsl"
expect_exit 1 limited 10 gapseal trust add stranger.pub.pem
err_has "File too large"
expect_exit 0 gapseal trust list --json
expect_json 'len(d["items"]) == 2'
LAST=
check "nothing half written is left" test -z "$(ls made)" -a -z "$(find config state -name '*.part')"
# A trace that may not grow ends, and the command goes on.
expect_exit 0 limited 1024 gapseal check v1.gsp "$dev1" --trace cut.jsonl
err_has "the trace cut.jsonl ends here: cannot be written: File too large"
check "the trace is whole lines" python3 -c 'import json
for line in open("cut.jsonl", encoding="utf-8"):
    assert line.endswith("\n") and json.loads(line)'

# The simulator: no room for its flash, no device; its log may be full, and it goes on.
expect_exit 1 limited 50000 gapseal-sim --dir dev2 --listen unix:dev2.sock --provision acme.gsk --maker-key maker.pem
err_has "File too large"
LAST=
check "no flash of a part is left" test ! -e dev2/flash -a ! -e dev2/device.conf
rm -r dev2
start_sim dev2 --slot-bytes 65536
stop_sim dev2
(
  ulimit -f 0
  exec gapseal-sim --dir dev2 --listen unix:dev2.sock >dev2.log 2>&1 </dev/null
) &
pids="$pids $!"
check "a log that may not grow stops no device" wait_for 20 gapseal list --port unix:dev2.sock --quiet

# -- a file system without room ----------------------------------------------------------------

mkdir disk
if ! mount -t tmpfs -o size=96k none disk 2>/dev/null; then
  skip "a file system without room" "nothing can be mounted here"
  finish
fi
trap 'cd "$T"; umount -l disk; cleanup' EXIT
fill() {
  dd if=/dev/zero of=disk/filler bs=4096 2>/dev/null || :
}

# No room for a receipt: found before the device is told anything.
mkdir disk/state
fill
expect_exit 1 gapseal install v2.gsp "$dev1" --state disk/state --json
expect_json 'd["code"] == "disk"' 'd["written"] is False' 'd["state"] == "ready"'
err_has "disk/state"
untouched
# Some is free, and too little: how much of both is said, the same by the doctor.
umount disk
mount -t tmpfs -o size=248k none disk
mkdir disk/state
expect_exit 1 gapseal install v2.gsp "$dev1" --state disk/state --json
err_has "too little room in disk/state/receipts: it needs 256 KiB, 248 are free"
last_err "choose another --state directory"
expect_exit 1 gapseal doctor --state disk/state
out_has "too little room in disk/state: it needs 256 KiB, 248 are free"
untouched
umount disk
mount -t tmpfs -o size=96k none disk
mkdir disk/state
fill
# The maker's files, where what was there is kept.
rm disk/filler
cp v1.gsp disk/kept.gsp
before=$(what_is disk)
dd if=/dev/zero of=disk/filler bs=4096 count=11 2>/dev/null
expect_exit 1 gapseal-sign pack v1.gsp.json --image fw2.bin -o disk/kept.gsp
err_has "No space left on device"
err_has "kept.gsp"
must gapseal-sign keyring next --from acme.gsk --root root.pem --minimum com.acme.ctrl=1 -o next.gsk
expect_exit 1 gapseal-sign sign --drop-signatures --key release.pem --keyring next.gsk disk/kept.gsp
rm disk/filler
LAST=
check "what was there is as it was" test "$(what_is disk)" = "$before"
# It fills up while blocks are sent: the outcome is proven and cannot be kept. 32 says so, and the same
# command elsewhere finds it installed.
rm -r disk/kept.gsp disk/state
umount disk
mount -t tmpfs -o size=400k none disk
mkdir disk/state
start_sim slow --slot-bytes 262144
image fw3.bin 150000 three
package v3.gsp 3.0.0 3 1 fw3.bin
spoil="python3 $TOOLS/spoil_link.py"
must true # what the command before said does not count
gapseal install v3.gsp "port:exec:$spoil slow.sock slow" --state disk/state --json >out 2>err </dev/null &
victim=$!
check "it gets going" wait_for 60 grep -q ' %' err
fill
wait "$victim"
CODE=$?
LAST="gapseal install, and the disk fills up"
expect_number "exit code" "$CODE" -eq 32
expect_json 'd["code"] == "no-receipt"' 'd["written"] is True' 'd["receipt"] == d["delivered_receipt"]'
err_has "No space left on device"
last_err "do: "
expect_exit 0 gapseal status "$slow" --json
expect_json 'd["devices"][0]["running"]["release"] == 3'
rm disk/filler
expect_exit 0 gapseal install v3.gsp "$slow" --state disk/state --json
expect_json 'd["already"] is True' 'd["receipt"] is not None'
expect_exit 0 gapseal journal verify --state disk/state
LAST=
check "nothing half written is left" test -z "$(find disk -name '*.part')"

# The simulator: a new device needs its room at once, a device that has it needs no more.
rm -r disk/state
expect_exit 1 gapseal-sim --dir disk/dev --listen unix:dev3.sock --provision acme.gsk --maker-key maker.pem
err_has "disk/dev"
err_has "No space left on device"
LAST=
check "no flash of a part is left" test ! -e disk/dev/flash -a ! -e disk/dev/device.conf
rm -rf disk/dev
umount disk
mount -t tmpfs -o size=600k none disk
start_sim dev3 --slot-bytes 65536
stop_sim dev3
cp -R dev3 disk/dev3
fill
rm -rf dev3
mv disk/dev3 disk/dev4
gapseal-sim --dir disk/dev4 --listen unix:dev4.sock >dev4.log 2>&1 </dev/null &
pids="$pids $!"
wait_for 20 grep -q "listening on" dev4.log || bail "a device on a full disk starts"
expect_exit 0 gapseal install v1.gsp port:unix:dev4.sock
expect_exit 0 gapseal install v2.gsp port:unix:dev4.sock
finish
