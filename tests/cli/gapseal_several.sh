#!/bin/sh
# gapseal install and check with several devices (J22): one that fails keeps nobody from being served, a
# table says how each ended, and the exit code is 50.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 30000 one
image fw2.bin 300000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 1 fw2.bin
start_sim dev1
start_sim dev2
start_sim fake --maker-key stranger.pem
start_sim panel --product com.acme.panel --hardware com.acme.panel.board-a
ports="--port unix:dev1.sock --port unix:dev2.sock"

# A stranger, another product, nobody: the two that fit are served all the same.
expect_exit 50 gapseal install v1.gsp "$dev1" "$fake" "$panel" port:unix:gone.sock "$dev2"
first_err "installing v1.gsp"
err_has "device 3 of 5: unix:panel.sock"
err_has "3 of 5 devices failed"
last_err "do: see each device's line, then run the same command for unix:fake.sock [18], unix:gone.sock [3]; it cannot help sn sn-panel [12]"
LAST=
expect_number "lines of the table" "$(wc -l <out)" -eq 5
check "how each ended" test "$(awk '{ print $1, $2, $3 }' out | tr '\n' ',')" = \
  "sn-dev1 0 ok,- 18 not-genuine,sn-panel 12 wrong-product,- 3 no-device,sn-dev2 0 ok,"
check "those that run it have receipts" sh -c 'awk "\$2 == 0 { print \$4 }" out | while read -r r; do
  gapseal-verify receipt "$r" --maker maker.pub.pem >/dev/null || exit 1; done'
# What the same command cannot help is not asked for again.
start_sim panel2 --product com.acme.panel --hardware com.acme.panel.board-a
expect_exit 50 gapseal install v1.gsp "$panel" "$panel2"
last_err "do: get the package for this product"
err_lacks "run the same command"
expect_exit 50 gapseal check v1.gsp "$dev1" "$panel" --json
expect_json '[x["exit"] for x in d["devices"]] == [0, 12]'
expect_exit 0 gapseal install v1.gsp "$dev1" "$dev2" --json
expect_json 'd["exit"] == 0' 'all(x["already"] for x in d["devices"])'

# A word that nothing answers to is one that fails; a word that several answer to stops before anything.
expect_exit 50 gapseal install v1.gsp sn:sn-dev1 sn:absent sn:sn-dev2 $ports --json
expect_json '[x["exit"] for x in d["devices"]] == [0, 3, 0]' 'd["devices"][1]["link"] == "sn:absent"'
err_has "no device sn:absent answers; those that do: sn:sn-dev1, sn:sn-dev2"
expect_exit 50 gapseal check v1.gsp sn:sn-dev1 sn:absent $ports --json
expect_json '[x["exit"] for x in d["devices"]] == [0, 3]'
expect_exit 4 gapseal install v1.gsp sn:sn-dev1 sn- $ports
expect_exit 3 gapseal install v1.gsp sn:absent name:absent $ports
# all is also the links that were named and stay silent.
expect_exit 50 gapseal install v1.gsp all $ports --port unix:gone.sock --json
expect_json '[x["exit"] for x in d["devices"]] == [0, 0, 3]' 'd["devices"][2]["link"] == "unix:gone.sock"'
last_err "run the same command for unix:gone.sock [3]"
expect_exit 0 gapseal install v1.gsp all $ports
last_err "done: 2 devices run ctrl 1.0.0, each proven by its receipt"
expect_exit 3 gapseal install v1.gsp all --port unix:gone.sock

# Stopped: those it did not come to are in the table.
spoil="python3 $TOOLS/spoil_link.py"
gapseal install v2.gsp "port:exec:$spoil dev1.sock slow" "$dev2" --json >stopped.out 2>stopped.err </dev/null &
victim=$!
check "it gets going" wait_for 60 grep -q " %" stopped.err
kill -INT "$victim"
wait "$victim"
CODE=$?
cp stopped.out out
cp stopped.err err
LAST="gapseal install of two devices, then Ctrl-C"
expect_number "exit code" "$CODE" -eq 130
expect_json '[x["exit"] for x in d["devices"]] == [130, 130]' 'd["written"] is True' \
  'd["devices"][1]["link"] == "unix:dev2.sock"'
expect_exit 0 gapseal status "$dev2" --json
expect_json 'd["state"] == "ready"' 'd["devices"][0]["running"]["release"] == 1'
expect_exit 0 gapseal install v2.gsp "$dev1" "$dev2"
finish
