#!/bin/sh
# gapseal: what a package file or a device's rules refuse. Exit codes 10, 11, 12, 13 and 17, and 0 of
# check and show.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 50000 one
image fw2.bin 50000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 2 fw2.bin
start_sim dev1

# refused CODE NAME DECIDER COMMAND...
refused() {
  want=$1 name=$2 decider=$3
  shift 3
  expect_exit "$want" "$@" --json
  expect_json "d['exit'] == $want" "d['code'] == '$name'" "d['decided_by'] == '$decider'" \
    "d['written'] is False" "d['do'] is not None" "d['what'] is not None"
  last_err "do:"
  err_has "[$want $name]"
  err_has "refused: "
}

# 0: the file alone, and said so; then the device.
expect_exit 0 gapseal show v2.gsp --json
first_err "reading and verifying v2.gsp"
last_err "every byte verified"
expect_json 'd["package"]["version"] == "2.0.0"' 'd["package"]["by_trusted_keyring"] is True'
digest=$(json 'd["package"]["digest"]')
expect_exit 0 gapseal show v2.gsp --expect "$(echo "$digest" | cut -c1-8)"
out_has "$digest"
expect_exit 0 gapseal check v2.gsp --json
first_err "without a device"
last_err "only the device can say"
expect_exit 0 gapseal check v2.gsp "$dev1" --json
last_err "would take ctrl 2.0.0"
expect_json 'd["written"] is False' 'd["devices"][0]["state"] == "ready"'

# 10
refused 10 file-read computer gapseal show missing.gsp
refused 10 file-read computer gapseal install missing.gsp "$dev1"
first_err "installing missing.gsp"
echo text >text.gsp
refused 10 file-malformed computer gapseal check text.gsp "$dev1"
refused 10 not-expected computer gapseal install v1.gsp "$dev1" --expect "$digest"
expect_json "d['expected'] == '$digest'" "d['got'] != d['expected']"
expect_exit 2 gapseal show v1.gsp --expect nonsense
# A digest of digits alone is no number.
for digits in 12345678 00000001; do
  refused 10 not-expected computer gapseal install v1.gsp "$dev1" --expect $digits
  err_has "expected $digits, got "
  refused 10 not-expected computer gapseal show v1.gsp --expect $digits
  err_has "expected $digits, got "
done

# 11
must gapseal-sign pack v2.gsp.json --image fw2.bin -o unsigned.gsp
refused 11 not-signed computer gapseal install unsigned.gsp "$dev1"
last_err "ask the maker for a signed one"
cp unsigned.gsp foreign.gsp
must gapseal-sign sign --key other-release.pem --keyring other.gsk foreign.gsp
refused 11 key-unknown computer gapseal check foreign.gsp "$dev1"

# With no keyring trusted here the file's own chain is asked, which is said; the device knows better.
XDG_CONFIG_HOME=$T/bare expect_exit 0 gapseal trust add maker.pub.pem
XDG_CONFIG_HOME=$T/bare refused 11 key-unknown device gapseal check foreign.gsp "$dev1"
err_has "package's own keyring"
expect_json 'd["receipt"] is not None'

# 12
facts panel.json 1.0.0 9 9 com.acme.panel com.acme.panel.board-a
must gapseal-sign pack panel.json --image fw1.bin -o panel.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk panel.gsp
refused 12 wrong-product device gapseal install panel.gsp "$dev1"
err_has "another product, com.acme.panel"
must gapseal-verify receipt "$(json 'd["receipt"]')" --maker maker.pub.pem

# 13, with the numbers behind it
expect_exit 0 gapseal install v2.gsp "$dev1"
refused 13 below-floor device gapseal install v1.gsp "$dev1"
expect_json 'd["expected"] == "2"' 'd["got"] == "1"'
err_has "refused: this device will not go back to 1.0.0"
err_has "device   sn sn-dev1, runs release 2 (2.0.0), floor 2"
err_has "offered  1.0.0, security version 1, v1.gsp ("
err_has "decided by the device; nothing was written"
last_err "  do: use a newer release, or ask for 1.0.0 re-issued at security version 2"
facts same.json 1.5.0 1 2
must gapseal-sign pack same.json --image fw1.bin -o same.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk same.gsp
refused 13 older device gapseal check same.gsp "$dev1"
last_err "--older"
expect_exit 0 gapseal install same.gsp "$dev1" --older --json
expect_json 'd["devices"][0]["running"]["version"] == "1.5.0"'

# 17: the maker's newer keyring, carried by a newer package, revokes an older package.
run gapseal show v2.gsp --json
revoked=$(json 'd["package"]["digest"]')
must gapseal-sign keyring next --from acme.gsk --root root.pem --revoke-package "$revoked" -o acme2.gsk
package v3.gsp 3.0.0 3 3 fw2.bin
must gapseal-sign sign --key release.pem --keyring acme2.gsk v3.gsp
expect_exit 0 gapseal install v3.gsp "$dev1" --json
expect_json 'd["devices"][0]["keyring_version"] == 2'
XDG_CONFIG_HOME=$T/bare refused 17 revoked device gapseal check v2.gsp "$dev1"
expect_exit 0 gapseal trust add acme2.gsk
refused 17 revoked computer gapseal install v2.gsp "$dev1"
finish
