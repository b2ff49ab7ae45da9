#!/bin/sh
# gapseal: finding the right device. Exit codes 3, 4, 5, 6 and 18, selectors, and list.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 50000 one
image fw2.bin 50000 two
package v1.gsp 1.0.0 1 1 fw.bin
package v2.gsp 2.0.0 2 2 fw2.bin

# ends CODE NAME COMMAND...
ends() {
  want=$1 name=$2
  shift 2
  expect_exit "$want" "$@" --json
  expect_json "d['exit'] == $want" "d['code'] == '$name'" "d['written'] is False" "d['do'] is not None"
  last_err "do:"
  err_has "[$want $name]"
}

# 3
ends 3 no-device gapseal list
first_err "looking for devices"
ends 3 no-device gapseal status
ends 3 no-device gapseal status port:unix:nobody.sock
first_err "asking the device what it is doing"
ends 3 no-device gapseal status sn:0000 --port unix:nobody.sock
ends 3 no-device gapseal list --port "exec:cat"
ends 3 no-device gapseal wait port:unix:nobody.sock --timeout 1
err_has "failed: "

# Selectors.
start_sim dev1
start_sim dev2
expect_exit 0 gapseal list --port unix:dev1.sock --port unix:dev2.sock --json
last_err "2 devices found"
expect_json 'len(d["devices"]) == 2' 'all(x["genuine"] for x in d["devices"])'
GAPSEAL_PORTS="unix:dev1.sock unix:dev2.sock"
export GAPSEAL_PORTS
expect_exit 0 gapseal list
out_has "sn sn-dev1"
out_has "sn sn-dev2"
for word in sn:sn-dev2 sn-dev2 "$dev2" unix:dev2.sock; do
  expect_exit 0 gapseal status "$word" --json
  expect_json 'd["devices"][0]["serial"] == "sn-dev2"'
done
echo "sn-dev1 press-7" >"$XDG_CONFIG_HOME/gapseal/names"
expect_exit 0 gapseal status name:press-7 --json
expect_json 'd["devices"][0]["serial"] == "sn-dev1"' 'd["devices"][0]["name"] == "press-7"'
last_err "press-7, sn sn-dev1"

# 4
ends 4 several gapseal status
err_has "matches: "
expect_json 'len(d["devices"]) == 2'
ends 4 several gapseal install v1.gsp sn-
ends 3 no-device gapseal status sn:sn-dev
unset GAPSEAL_PORTS

# 5: a socket this user may not open. Root may open all, unless it gives that right away.
chmod 000 dev1.sock
without=
if [ "$(id -u)" -eq 0 ]; then
  without="setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search"
fi
if [ -z "$without" ] || $without true 2>/dev/null; then
  expect_exit 5 $without gapseal status "$dev1" --json
  expect_json 'd["exit"] == 5' 'd["code"] == "permission"' 'd["written"] is False'
  first_err "asking the device what it is doing"
  last_err "do: ask for the right to use it"
else
  skip "permission refused" "setpriv cannot drop capabilities here"
fi
chmod 755 dev1.sock

# 6: not in this state, said by this computer or by the device.
ends 6 wrong-state gapseal confirm "$dev1"
first_err "confirming the image on trial"
ends 6 rollback-none gapseal rollback "$dev1"
expect_exit 40 gapseal install v1.gsp "$dev1" --stop-before confirm
ends 6 in-trial gapseal install v2.gsp "$dev1"
expect_json 'd["decided_by"] == "device"' 'd["state"] == "trial"'
first_err "installing v2.gsp"
expect_exit 0 gapseal confirm "$dev1"

# 18: before any byte of the package, and only hello and ident were said.
start_sim fake --maker-key stranger.pem --provision acme.gsk
spoil="python3 $TOOLS/spoil_link.py"
ends 18 not-genuine gapseal install v1.gsp "port:exec:$spoil fake.sock requests asked"
first_err "installing v1.gsp"
err_has "maker's key"
LAST=
check "a device of an unknown maker hears hello and ident only" \
  test "$(sort -u asked | tr '\n' ' ')" = "hello ident "
expect_json 'd["devices"] == [] or not d["devices"][0]["genuine"]'
ends 18 not-genuine gapseal list --port unix:fake.sock
out_has '"genuine":	false'
ends 18 not-genuine gapseal install v1.gsp "port:exec:$spoil dev2.sock alter-hello"
err_has "altered on the way"
XDG_CONFIG_HOME=$T/nobody ends 18 not-genuine gapseal install v1.gsp "$dev2"
last_err "trust add"
finish
