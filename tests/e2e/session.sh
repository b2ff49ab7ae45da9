#!/bin/sh
# The session of a technician: pack, sign, trust, check, install, status, log, receipt, verify.
. "$(dirname "$0")/../lib.sh"

make_keys
image fw.bin 120000 one
echo "# 1.0.0" >CHANGES.md
echo '{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}' >sbom.cdx.json
facts facts-1.json 1.0.0 1 1
must gapseal-sign pack facts-1.json --image fw.bin --changelog CHANGES.md --sbom sbom.cdx.json -o ctrl-1.0.0.gsp
must gapseal-sign pack facts-1.json --image fw.bin --changelog CHANGES.md --sbom sbom.cdx.json -o again.gsp
check "packing is reproducible" cmp ctrl-1.0.0.gsp again.gsp
expect_exit 0 gapseal-sign sign --key release.pem --keyring acme.gsk ctrl-1.0.0.gsp
expect_exit 0 gapseal-sign inspect ctrl-1.0.0.gsp

start_sim dev1 --serial 0042-1187 --profile linux
expect_exit 0 gapseal trust add maker.pub.pem
expect_exit 0 gapseal trust add acme.gsk

expect_exit 0 gapseal list --port unix:dev1.sock --json
out_has 0042-1187

expect_exit 0 gapseal check ctrl-1.0.0.gsp "$dev1" --json
expect_json 'd["exit"] == 0' 'd["written"] is False'

expect_exit 0 gapseal install ctrl-1.0.0.gsp "$dev1" --json
expect_json 'd["exit"] == 0' 'd["code"] == "ok"' 'd["written"] is True'
receipt=$(json 'd["receipt"]')
check "the receipt is where install says" test -s "$receipt"

expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["state"] == "ready"'
expect_exit 0 gapseal log "$dev1"
expect_exit 0 gapseal receipt show "$receipt"
expect_exit 0 gapseal receipt verify "$receipt"
expect_exit 0 gapseal-verify package ctrl-1.0.0.gsp --keyring acme.gsk
expect_exit 0 gapseal-verify receipt "$receipt" --maker maker.pub.pem
expect_exit 18 gapseal-verify receipt "$receipt" --maker stranger.pub.pem

# The same package again changes nothing and says so.
expect_exit 0 gapseal install ctrl-1.0.0.gsp "$dev1" --json
expect_json 'd["already"] is True' 'd["written"] is False'

# Without a terminal there are no escapes, and --json leaves nothing else on stdout.
image fw2.bin 120000 two
package ctrl-2.0.0.gsp 2.0.0 2 2 fw2.bin
expect_exit 0 gapseal install ctrl-2.0.0.gsp "$dev1"
first_err "ctrl-2.0.0.gsp"
check "no escapes off a terminal" sh -c '! grep -q "$(printf "\033")" err'
out_has .gsr

# A reboot outlives it all.
stop_sim dev1
start_sim dev1 --profile linux
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["state"] == "ready"'
out_has 2.0.0
finish
