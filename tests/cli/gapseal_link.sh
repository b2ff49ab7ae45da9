#!/bin/sh
# gapseal: what happens to the line. Exit codes 20, 21, 31 and 130.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 300000 one
image fw2.bin 300000 two
package v1.gsp 1.0.0 1 1 fw.bin
package v2.gsp 2.0.0 2 1 fw2.bin
spoil="python3 $TOOLS/spoil_link.py"

# 20, and the same command finishes it.
start_sim dev1 --die-after-bytes 100000
expect_exit 20 gapseal install v1.gsp "$dev1" --timeout 1 --json
first_err "installing v1.gsp"
last_err "do: connect it again and run the same command"
expect_json 'd["exit"] == 20' 'd["code"] == "link-lost"' 'd["written"] is True' 'd["decided_by"] is None'
err_has "what the device took so far is kept"
start_sim dev1
expect_exit 0 gapseal install v1.gsp "$dev1" --json
expect_json 'd["transfer"]["found_bytes"] > 60000' \
  '0 < d["transfer"]["resent_bytes"] <= d["transfer"]["sent_bytes"]'

# The link comes back while it waits: nothing to do for a person.
start_sim dev2 --die-after-bytes 100000
gapseal install v1.gsp "$dev2" --json >back.out 2>back.err </dev/null &
victim=$!
check "the device lost its power" sim_cut dev2
start_sim dev2
wait "$victim"
CODE=$?
LAST="gapseal install while the device comes back"
cp back.out out
cp back.err err
expect_number "exit code" "$CODE" -eq 0
# What this run itself had brought was not found on the device.
expect_json 'd["transfer"]["reconnects"] == 1' 'd["transfer"]["found_bytes"] == 0'
err_has "of the image already"

# 21: a line that fools its CRC three times in a row.
expect_exit 21 gapseal install v2.gsp "port:exec:$spoil dev1.sock alter-blocks" --json
first_err "installing v2.gsp"
last_err "do: "
expect_json 'd["exit"] == 21' 'd["code"] == "block-bad"' 'd["state"] == "writing"'
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["running"]["version"] == "1.0.0"'
# 21: answers of another kind than the questions.
expect_exit 21 gapseal install v2.gsp "port:exec:$spoil dev1.sock lie" --json
expect_json 'd["code"] == "protocol"'

# 130: stopped at a safe point, the state printed, and continued by the same command.
gapseal install v2.gsp "port:exec:$spoil dev1.sock slow" --json >stopped.out 2>stopped.err </dev/null &
victim=$!
wait_for 20 grep -q " %" stopped.err || { cat stopped.err; bail "the install gets going"; }
kill -INT "$victim"
wait "$victim"
CODE=$?
LAST="gapseal install, then Ctrl-C"
cp stopped.out out
cp stopped.err err
expect_number "exit code" "$CODE" -eq 130
first_err "installing v2.gsp"
last_err "do: run the same command to continue"
expect_json 'd["exit"] == 130' 'd["code"] == "interrupted"' 'd["state"] == "writing"' 'd["decided_by"] == "person"'
expect_exit 6 gapseal install v1.gsp "$dev1" --reinstall --json
expect_json 'd["code"] == "busy-other"'
expect_exit 0 gapseal cancel "$dev1" --json
expect_json 'd["state"] == "ready"'

# 31: it was sent into its reboot and does not come back.
expect_exit 31 gapseal install v2.gsp "port:exec:$spoil dev1.sock gone flag" --timeout 2 --json
first_err "installing v2.gsp"
last_err "do: check cable and power, then run the same command"
expect_json 'd["exit"] == 31' 'd["code"] == "no-return"' 'd["written"] is True'
expect_exit 0 gapseal install v2.gsp "$dev1" --json
expect_json 'd["devices"][0]["running"]["version"] == "2.0.0"'

# Somebody who says hello and nothing more is not nobody: a device answered, and proved nothing.
python3 "$TOOLS/keyless_device.py" silent.sock silent >silent.log 2>&1 </dev/null &
pids="$pids $!"
wait_for 10 grep -q ready silent.log || bail "the fake device starts"
expect_exit 20 gapseal info port:unix:silent.sock --json
expect_json 'd["code"] == "link-timeout"' 'not any(x["genuine"] for x in d["devices"])'
err_has "a device on unix:silent.sock answered hello (sn keyless, it says) and did not prove who made it"
expect_exit 20 gapseal list --port unix:silent.sock
err_has "did not prove who made it"

# 20: another program has the device, and whoever comes second is turned away before a word.
start_sim dev3
python3 -c 'import signal, socket
s = socket.socket(socket.AF_UNIX)
s.connect("dev3.sock")
print("holding", flush=True)
signal.pause()' >held 2>&1 </dev/null &
holder=$!
pids="$pids $holder"
wait_for 10 grep -q holding held || bail "somebody has the device"
expect_exit 20 gapseal status "$dev3"
err_has "the link was closed"
last_err "do: another program may have the device: end that one, or connect it again, and run the same command"
kill "$holder"
wait "$holder" 2>/dev/null
check "it answers again" wait_for 20 gapseal status "$dev3" --quiet
finish
