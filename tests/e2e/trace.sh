#!/bin/sh
# --trace records every byte both ways, and what is recorded can be played again.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 200000 one
image small.bin 3000 small
package v1.gsp 1.0.0 1 1 fw.bin
package small.gsp 1.0.0 1 1 small.bin
# For programs with a sanitizer, which wants to be loaded first otherwise.
ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
same="env LD_PRELOAD=$GAPSEAL_BIN/tests/same_random.so"
replay="python3 $TOOLS/replay.py"

# streams TRACE: the bytes of each connection and direction, in hex, and that each line is whole.
streams() {
  python3 - "$1" "$TOOLS" <<'PY'
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[2])
import frames
text = open(sys.argv[1], encoding="utf-8").read()
assert text.endswith("\n"), "the last line is not whole"
lines = [json.loads(line) for line in text.splitlines()]
assert lines[0]["schema"] == "gapseal.trace.1" and lines[0]["wire_version"] == 1, lines[0]
sides, before = {}, 0
for line in lines[1:]:
    assert line["ms"] >= before
    before = line["ms"]
    if "hex" in line:
        data = bytes.fromhex(line["hex"])
        assert len(data) == line["len"]
        raw = data if line["type"] == "bytes" else frames.encode(data)
        sides.setdefault((line["conn"], line["to"]), bytearray()).extend(raw)
for (conn, to), data in sorted(sides.items()):
    print(conn, to, bytes(data).hex())
PY
}

# Somebody in between writes down what really went by.
cat >between.py <<'PY'
import os, select, socket, sys
device = socket.socket(socket.AF_UNIX)
device.connect(sys.argv[1])
logs = {0: open(sys.argv[2] + ".device", "ab"), device.fileno(): open(sys.argv[2] + ".host", "ab")}
while True:
    for fd in select.select([0, device], [], [])[0]:
        fd = fd if fd == 0 else fd.fileno()
        data = os.read(fd, 65536)
        if not data:
            sys.exit()
        logs[fd].write(data)
        logs[fd].flush()
        device.sendall(data) if fd == 0 else os.write(1, data)
PY
start_sim dev1
expect_exit 0 gapseal install v1.gsp "port:exec:python3 between.py dev1.sock heard" --trace all.jsonl
LAST=
check "each line is an object, in order" streams all.jsonl
streams all.jsonl >found
check "bytes to the device, all connections" sh -c \
  'sed -n "s/.* device //p" found | tr -d "\n" >a; od -An -v -tx1 heard.device | tr -d " \n" >b; cmp a b'
check "bytes to the host, all connections" sh -c \
  'sed -n "s/.* host //p" found | tr -d "\n" >a; od -An -v -tx1 heard.host | tr -d " \n" >b; cmp a b'
expect_number "bytes in it" "$(size_of b)" -gt 1000
check "readable for this user alone" test "$(stat -c %a all.jsonl)" = 600
# who TRACE EXPRESSION: true of lines, the list of its objects.
holds() {
  what=$1 trace=$2
  LAST="$3"
  check "$what" python3 -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
sys.exit(not eval(sys.argv[2]))' "$trace" "$3"
}
holds "requests and replies have their names" all.jsonl \
  '{l.get("name") for l in lines if l.get("type") == "request"} >= {"hello", "ident", "load", "check", "begin", "needs", "finish", "install", "reboot", "confirm", "receipt"}'
holds "replies say how it went" all.jsonl \
  'all(l["status"] == "ok" for l in lines if l.get("type") == "reply")'
holds "blocks say which they are" all.jsonl \
  '{l["index"] for l in lines if l.get("type") == "block" and l["name"] == "block"} == set(range(49))'
holds "connections and the end are in it" all.jsonl \
  '[l["conn"] for l in lines if l.get("event") == "opened"][:2] == [1, 2] and lines[-1]["event"] == "end"'

# What is no frame is in it as it was; a link that broke, one that was never there.
printf 'boot loader\r\n\0noise\0' >noise
run gapseal list --port "exec:cat noise; cat >sink" --port exec:true --port unix:nobody.sock --trace noise.jsonl
expect_number "exit code of list" "$CODE" -ne 0
holds "noise" noise.jsonl \
  'bytes.fromhex("".join(l["hex"] for l in lines if l.get("to") == "host")) == b"boot loader\r\n\0noise\0"'
holds "a link that broke" noise.jsonl 'any(l.get("event") == "lost" and "why" in l for l in lines)'
holds "a link that was not there" noise.jsonl \
  'any(l.get("event") == "not-opened" and "nobody is there" in l["why"] for l in lines)'
# What comes without end does not grow it without end: bytes that are no frame, and tries of a link that is not there.
run gapseal list --port "exec:head -c 30000 /dev/zero; cat >sink" --trace zeros.jsonl
holds "30,000 times 0x00 are all in it, in few lines" zeros.jsonl \
  'b"".join(bytes.fromhex(l["hex"]) for l in lines if l.get("to") == "host") == bytes(30000) and len(lines) < 60'
expect_exit 3 gapseal wait port:unix:nobody.sock --timeout 2 --trace missing.jsonl
holds "a link that is missing is two lines" missing.jsonl \
  '[l.get("times", 1) > 2 for l in lines if l.get("event") == "not-opened"] == [False, True] and lines[-1]["event"] == "end"'
check "in order" streams missing.jsonl
esc=$(printf '\033')
expect_exit 3 gapseal list --port "unix:a${esc}[2J\"b\\c.sock" --trace names.jsonl
holds "names made to mislead" names.jsonl \
  'any("a\\x1b[2J\"b\\c.sock" in l.get("why", "") for l in lines)'

# Never over something that is there.
cp all.jsonl kept.jsonl
expect_exit 2 gapseal list --port unix:dev1.sock --trace all.jsonl --json
err_has "all.jsonl is there already, and is not written over"
last_err "do: name a file that is not there yet"
LAST=
check "which stays as it was" cmp all.jsonl kept.jsonl
mkfifo pipe
expect_exit 2 gapseal list --port unix:dev1.sock --trace pipe
expect_exit 1 gapseal list --port unix:dev1.sock --trace absent/t.jsonl

# A full disk ends the trace and nothing else.
if [ -c /dev/full ]; then
  expect_exit 0 gapseal install v1.gsp "$dev1" --reinstall --trace /dev/full
  err_has "the trace /dev/full ends here: cannot be written: No space left on device"
  LAST=
  expect_number "notes about it" "$(grep -c "ends here" err)" -eq 1
else
  skip "a full disk ends the trace and nothing else" "no /dev/full here"
fi

# A host that dies leaves whole lines.
spoil="python3 $TOOLS/spoil_link.py"
start_sim dev2
gapseal install v1.gsp "port:exec:$spoil dev2.sock slow" --trace killed.jsonl >killed.out 2>killed.err </dev/null &
victim=$!
check "it gets going" wait_for 60 grep -q " %" killed.err
kill -9 "$victim"
wait "$victim" 2>/dev/null
check "whole lines are left" streams killed.jsonl
holds "and not the end" killed.jsonl 'lines[-1].get("event") != "end"'

# Played again: the same command says the same, and ends the same.
# again TRACE CODE COMMAND...: recorded at a device, then played to the same command.
again() {
  trace=$1 want=$2
  shift 2
  rm -rf "$XDG_STATE_HOME"
  run $same "$@" --trace "$trace"
  plain_session err >said
  plain_session out >>said
  expect_number "recorded: exit code of $*" "$CODE" -eq "$want"
  stop_sim dev3
  rm -rf "$XDG_STATE_HOME"
  : >player.out
  $replay device "$trace" dev3.sock >player.out 2>player.err &
  player=$!
  pids="$pids $player"
  wait_for 20 grep -q ready player.out || bail "the player listens"
  run $same "$@" --trace "again-$trace"
  expect_number "played: exit code of $*" "$CODE" -eq "$want"
  plain_session err >said.again
  plain_session out >>said.again
  LAST="$*"
  if cmp -s said said.again; then ok "played: it says the same"; else
    not_ok "played: it says the same"
    diff said said.again | sed 's/^/#   /'
  fi
  wait "$player"
  CODE=$?
  sed 's/^/# /' player.err
  expect_number "played: the host sent what was recorded" "$CODE" -eq 0
  start_sim dev3
}
start_sim dev3
again refused.jsonl 18 env XDG_CONFIG_HOME=nobody gapseal status "$dev3"
again install.jsonl 0 gapseal install small.gsp "$dev3"
again already.jsonl 0 gapseal install small.gsp "$dev3"
again log.jsonl 0 gapseal log "$dev3"
facts below.json 0.9.0 1 0
must gapseal-sign pack below.json --image small.bin -o below.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk below.gsp
again below.jsonl 13 gapseal install below.gsp "$dev3"
again check.jsonl 0 gapseal check small.gsp "$dev3"

# And it is a test that can fail: another question, and other numbers.
stop_sim dev3
for how in "gapseal status" "$same gapseal log"; do
  : >player.out
  $replay device check.jsonl dev3.sock >player.out 2>player.err &
  player=$!
  pids="$pids $player"
  wait_for 20 grep -q ready player.out || bail "the player listens"
  run $how "$dev3"
  expect_number "exit code of $how" "$CODE" -ne 0
  wait "$player"
  CODE=$?
  expect_number "the player noticed" "$CODE" -eq 1
  check "and says where" grep -q "recorded was" player.err
done
finish
