#!/bin/sh
# What a run that was broken off leaves behind, on the device and on this computer, and what the next
# one makes of it.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 120000 one
image fw2.bin 120000 two
package v1.gsp 1.0.0 1 1 fw1.bin
facts panel.json 1.0.0 9 9 com.acme.panel com.acme.panel.board-a
must gapseal-sign pack panel.json --image fw1.bin -o panel.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk panel.gsp
start_sim dev1
strike="python3 $TOOLS/on_reply.py"
last_event() {
  must gapseal journal show --json
  expect_json "d['lines'][-1]['journal_event'] == '$1'" "d['lines'][-1]['code'] == '$2'"
}

# A line that never carries a byte of the image is given up, however often it comes back.
expect_exit 20 gapseal install v1.gsp "port:exec:$strike --before dev1.sock needs flag.\$\$ true" --json
expect_json 'd["transfer"]["reconnects"] == 5' 'd["code"] == "link-lost"'
err_has "5 times in a row"
last_event ended link-lost

# The computer died: its intent has no end, which the next run says.
gapseal install v1.gsp "port:exec:python3 $TOOLS/spoil_link.py dev1.sock slow" >killed.out 2>killed.err </dev/null &
victim=$!
wait_for 20 grep -q '10 %' killed.err || bail "the install gets going"
kill -9 "$victim"
wait "$victim" 2>/dev/null
wait_for 10 gapseal status "$dev1"
expect_exit 0 gapseal install v1.gsp "$dev1"
err_has "on this device was broken off on 20"
expect_exit 0 gapseal install v1.gsp "$dev1" --reinstall
err_lacks "broken off"
last_event outcome ok

# A refusal that a check brought home is in the journal as well.
expect_exit 12 gapseal check panel.gsp "$dev1"
last_event refused wrong-product

# The host died between reject and reboot: the rejected image executes until a reset, and its slot is
# not written before.
package v2.gsp 2.0.0 2 1 fw2.bin
package v3.gsp 3.0.0 3 1 fw1.bin
expect_exit 40 gapseal install v2.gsp "$dev1" --stop-before confirm
last_event ended waiting
run gapseal reject "port:exec:$strike --before dev1.sock reboot rejected true" --timeout 1
must gapseal status "$dev1" --json
expect_json 'd["state"] == "rejected"' 'd["devices"][0]["running"]["release"] == 2'
expect_exit 0 gapseal install v3.gsp "$dev1" --json
expect_json 'd["devices"][0]["running"]["release"] == 3'

# A failure does not carry the receipt of the update before it.
cp fw2.bin crash.bin
trailer crash.bin gapseal-sim:crash
package crash.gsp 4.0.0 4 1 crash.bin
package v5.gsp 5.0.0 5 1 fw2.bin
expect_exit 30 gapseal install crash.gsp "$dev1"
expect_exit 20 gapseal install v5.gsp \
  "port:exec:$strike --before dev1.sock begin begun 'kill -9 $pid_dev1; rm -f dev1.sock'" --timeout 1 --json
expect_json 'd["receipt"] is None'
start_sim dev1

# A reinstall that failed leaves the same package running and rejected: no reboot helps, none is needed.
expect_exit 0 gapseal install v5.gsp "$dev1"
expect_exit 40 gapseal install v5.gsp "$dev1" --reinstall --stop-before confirm
expect_exit 0 gapseal reject "$dev1"
package v6.gsp 6.0.0 6 1 fw1.bin
expect_exit 0 gapseal install v6.gsp "$dev1"
finish
