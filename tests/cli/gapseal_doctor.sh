#!/bin/sh
# gapseal doctor: what it finds wrong with this computer, the command that mends it, and the exit code
# of the first thing.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/serial_ports.sh"

make_keys

# found CHECK VERDICT TEXT [DO]: the object of that check says so.
found() {
  expect_json "any(c['check'] == '$1' and c['verdict'] == '$2' and '''$3''' in c['what'] and '''${4:-}'''\
 in (c['do'] or '') for c in d['checks'])"
}

# A new computer: nothing is trusted, so nothing can be done.
expect_exit 18 shown gapseal doctor --json
expect_json 'd["code"] == "not-genuine"' 'd["exit"] == 18' 'd["devices"] == []' \
  '[c["check"] for c in d["checks"] if c["verdict"] == "wrong"] == ["trust"]'
found version fine "gapseal 0."
found state fine "can be made"
found journal fine "there is none yet"
found port fine "there is no serial port"
first_err "looking this computer over; no port is opened"
err_lacks "nothing was written"
last_err "do: run: gapseal trust add FILE.pub.pem, with the maker's key"
check "nothing was made" test ! -e state

must gapseal trust add maker.pub.pem
expect_exit 0 shown gapseal doctor --json
found trust note "1 maker's key, and no keyring" "gapseal trust add FILE.gsk"
must gapseal trust add acme.gsk
expect_exit 0 shown gapseal doctor
out_has "fine   trust         1 maker's key, 1 keyring"
last_err "nothing is wrong ("
expect_exit 0 shown gapseal doctor --json-lines
check "each check is a line, and the result the last" sh -c \
  '[ "$(grep -c "\"event\":\"check\"" out)" -gt 8 ] && tail -n 1 out | grep -q "\"event\":\"result\""'

# Ports that cannot be listed are not "no port".
mv "$PORTS/sys/class/tty" "$PORTS/sys/class/aside"
: >"$PORTS/sys/class/tty"
expect_exit 1 shown gapseal doctor --json
found port wrong "this computer's serial ports cannot be listed: /sys/class/tty: Not a directory" "--port serial:PATH"
expect_exit 1 shown gapseal list --json
expect_json 'd["code"] == "internal"' '"/sys/class/tty: Not a directory" in d["what"]'
last_err "do: see whether this user may read /sys/class/tty"
expect_exit 1 shown gapseal status
err_has "cannot be listed: /sys/class/tty"
last_err ", or name the port: --port serial:PATH"
# A link that was named needs no list: what is there answers, and what is not is told of as ever.
image fw.bin 3000 one
package c1.gsp 1.0.0 1 1 fw.bin
start_sim named --serial S1
expect_exit 0 shown gapseal list --port unix:named.sock --json
expect_json 'd["devices"][0]["serial"] == "S1"' 'd["ports"] == []' 'd["do"] is None'
err_has "cannot be listed: /sys/class/tty: Not a directory; only what was named is asked"
expect_exit 0 shown env GAPSEAL_PORTS=unix:named.sock gapseal status S1
expect_exit 0 shown gapseal install c1.gsp sn:S1 --port unix:named.sock --state elsewhere
err_has "cannot be listed: /sys/class/tty: Not a directory; only what was named is asked"
expect_exit 3 shown gapseal status sn:S2 --port unix:named.sock --port unix:nobody.sock
err_has "no device sn:S2 answers; those that do: sn:S1"
expect_exit 3 shown gapseal list --port unix:nobody.sock
err_lacks "--port serial:PATH"
expect_exit 1 shown gapseal status sn:S1 --port unix:nobody.sock --port unix:nobody2.sock
err_has "no device sn:S1 answers, and this computer's serial ports cannot be listed"
last_err "do: check cable and power of what was named, then run: gapseal doctor"
rm "$PORTS/sys/class/tty"
mv "$PORTS/sys/class/aside" "$PORTS/sys/class/tty"

# Ports: whether they may be used, without being opened.
add_port ttyUSB0 0403 6001 FTDI "FT232R USB UART" A5XK3RJT
add_port ttyACM0 16c0 0483 Acme "press\033[2J" 0042
python3 "$TOOLS/hold_port.py" nobody nothing >held 2>&1 &
pids="$pids $!"
wait_for 10 grep -q holding held || bail "there is a port"
read -r _ _ pts <held
ln -s "$pts" "$PORTS/dev/ttyUSB0"
python3 "$TOOLS/hold_port.py" minicom lock >held2 2>&1 &
pids="$pids $!"
wait_for 10 grep -q holding held2 || bail "a port is held"
read -r _ holder busy <held2
ln -s "$busy" "$PORTS/dev/ttyACM0"
expect_exit 0 shown gapseal doctor --json
found port fine "/dev/ttyUSB0 (0403:6001 FT232R USB UART) may be opened; it is asked only by name or --probe"
# A port of which nobody said that it leads to a device may be somebody else's.
found port note '/dev/ttyACM0 (16c0:0483 press\\x1b[2J): the program minicom' "end it"
mkdir -p config/gapseal
echo "16c0:0483 press" >config/gapseal/usb-ids
expect_exit 6 shown gapseal doctor --json
expect_json 'd["code"] == "port-busy"'
found usb-ids fine "1 id is named"
found port wrong "the program minicom (process $holder) uses it" "kill $holder"
last_err "do: end it, or run: kill $holder"
check "no port was opened" test ! -e ports.log
rm "$PORTS/dev/ttyACM0"
echo 1209:0001 >config/gapseal/usb-ids
expect_exit 0 shown gapseal doctor --json
found usb-ids note "1209:0001, an id for tests"
echo 1209 >config/gapseal/usb-ids
expect_exit 10 shown gapseal doctor --json
found usb-ids wrong "usb-ids, line 1" "one id a line"
rm config/gapseal/usb-ids

# A HOME that names nothing keeps nothing else from being looked at.
for home in "HOME=:is empty" "HOME=here:does not begin with /" "-u HOME:is not set"; do
  # shellcheck disable=SC2086
  expect_exit 1 shown env -u XDG_CONFIG_HOME -u XDG_STATE_HOME ${home%%:*} gapseal doctor --json
  expect_json 'd["code"] == "disk"' '[c["check"] for c in d["checks"] if c["verdict"] == "wrong"] == ["home"]' \
    '{"version", "user", "clock", "group", "udev", "port"} <= {c["check"] for c in d["checks"]}'
  found home wrong "HOME ${home#*:}" "set HOME to your directory"
done
expect_exit 1 shown env -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME= gapseal doctor --state state2 --json
found state fine "state2 can be made"
found journal fine "there is none yet"

# Several things at once: all are told, the first one counts.
cp config/gapseal/trust/*.pem key.pem
head -c 40 key.pem >"$(ls config/gapseal/trust/*.pem)"
mkdir -p state
: >state/gapseal
expect_exit 10 shown gapseal doctor --json
expect_json '[c["check"] for c in d["checks"] if c["verdict"] == "wrong"][:2] == ["trust", "state"]' \
  'd["what"] in [c["what"] for c in d["checks"] if c["check"] == "trust"]'
err_has "things are wrong; the first one:"
cp key.pem "$(ls config/gapseal/trust/*.pem)"
expect_exit 1 shown gapseal doctor --json
found state wrong "Not a directory" "choose another --state directory"
LAST=
check "a place has no dot behind it" sh -c '! grep -q "/\." out'
# Also where the administrator may write, and nothing can be made.
run shown gapseal doctor --json --state /proc/x
found state wrong "cannot write into" "choose another --state directory"
rm state/gapseal

# The journal: its chain, and whether the clock goes on from it.
start_sim dev1
image fw.bin 4000 doctor
package v1.gsp 1.0.0 1 1 fw.bin
must gapseal install v1.gsp "$dev1"
journal=state/gapseal/journal.jsonl
expect_exit 0 shown gapseal doctor --json
found journal fine "lines, and the chain holds"
found state fine "state/gapseal can be written"
found clock fine "the clock says 2"
cp "$journal" journal.good
python3 - "$journal" <<'PY'
import hashlib, json, sys
lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
last = json.loads(lines[-1])
last.update(seq=last["seq"] + 1, time="2099-01-01T00:00:00Z", prev=hashlib.sha256(lines[-1].encode()).hexdigest())
with open(sys.argv[1], "a", encoding="utf-8") as f:
    f.write(json.dumps(last, separators=(",", ":")) + "\n")
PY
expect_exit 0 shown gapseal doctor --json
found clock note "the journal has a line of 2099-01-01T00:00:00Z: one of them is wrong" "timedatectl"
sed '2s/"serial":"/"serial":"x/' journal.good >"$journal"
expect_exit 1 shown gapseal doctor --json
expect_json 'd["code"] == "journal-bad"'
found journal wrong ""
cp journal.good "$journal"
expect_exit 0 shown gapseal doctor

# What a user may not: the port is not his, and a journal is left over from root.
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null 2>&1; then
  chmod 000 "$pts"
  if [ -w "$pts" ]; then
    skip "a port that may not be opened" "this is root's shell, and setpriv is not installed"
  else
    expect_exit 5 shown gapseal doctor --json
    found port wrong "keeps its owner out" "chmod u+rw /dev/ttyUSB0"
  fi
  finish
fi
chown root:dialout "$pts"
chmod 660 "$pts"
mkdir -p nobody/bin/tests nobody/state
cp -R config nobody/
cp -R state/gapseal nobody/state/
cp "$GAPSEAL_BIN/gapseal" nobody/bin/
cp "$SHIM" nobody/bin/tests/
chmod 755 "$T" "$PORTS"
chown -R nobody nobody
chmod 644 nobody/state/gapseal/journal.jsonl
chown root nobody/state/gapseal/journal.jsonl
as_nobody() {
  setpriv --reuid nobody --regid nogroup --groups "$1" env HOME="$T/nobody" \
    XDG_CONFIG_HOME="$T/nobody/config" XDG_STATE_HOME="$T/nobody/state" \
    LD_PRELOAD="$T/nobody/bin/tests/serial_shim.so" GAPSEAL_SHIM_ROOT="$PORTS" \
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" "$T/nobody/bin/gapseal" doctor --json
}
run as_nobody nogroup
expect_json 'd["exit"] == 1'
found user fine "it runs as nobody"
found state wrong "this user may not write " "sudo chown -R"
found group note "nobody is not in group dialout" "sudo usermod -aG dialout nobody, then log in again"
found port wrong "it is for group dialout, and nobody is not in it" "sudo usermod -aG dialout nobody"
chown nobody nobody/state/gapseal/journal.jsonl
run as_nobody nogroup
expect_json 'd["exit"] == 5' 'd["code"] == "permission"'
run as_nobody dialout
expect_json 'd["exit"] == 0'
found group fine "nobody may open serial ports"
finish
