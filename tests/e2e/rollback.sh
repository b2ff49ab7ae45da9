#!/bin/sh
# Trials that fail, the automatic return, and the commanded way back.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 60000 one
image fw2.bin 60000 two

runs() {
  must gapseal status "$dev1" --json
  expect_json "d['devices'][0]['running']['release'] == $1"
}

start_sim dev1
package v1.gsp 1.0.0 1 1 fw1.bin
expect_exit 0 gapseal install v1.gsp "$dev1"

# A firmware that crashes, one that hangs, one that never reports: each gives way to last-good.
release=2
for kind in crash hang never-healthy; do
  cp fw2.bin "$kind.bin"
  trailer "$kind.bin" "gapseal-sim:$kind"
  package "$kind.gsp" "$release.0.0" "$release" 2 "$kind.bin"
  expect_exit 30 gapseal install "$kind.gsp" "$dev1" --timeout 3 --json
  expect_json 'd["exit"] == 30' 'd["decided_by"] == "device"'
  receipt=$(json 'd["receipt"]')
  expect_exit 0 gapseal-verify receipt "$receipt" --maker maker.pub.pem
  runs 1
  release=$((release + 1))
done

# Floor and release are untouched by what failed: release 2 still goes in.
facts v2.json 2.0.0 2 1
must gapseal-sign pack v2.json --image fw2.bin -o v2.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk v2.gsp
expect_exit 0 gapseal install v2.gsp "$dev1"
runs 2

# Both share security version 1, so the way back is promised; and then used up.
expect_exit 0 gapseal rollback "$dev1" --json
receipt=$(json 'd["receipt"]')
expect_exit 0 gapseal-verify receipt "$receipt" --maker maker.pub.pem
runs 1
expect_exit 0 gapseal install v2.gsp "$dev1" --json
expect_number "going forward again sends nothing" "$(json 'd["transfer"]["sent_bytes"]')" -le 4096
runs 2

# A confirmed package that raises the floor ends the promise.
package v5.gsp 5.0.0 5 5 fw1.bin
expect_exit 0 gapseal install v5.gsp "$dev1"
expect_exit 13 gapseal rollback "$dev1" --json
expect_json 'd["code"] == "rollback-floor"'
runs 5

# A person decides.
package v6.gsp 6.0.0 6 6 fw2.bin
expect_exit 40 gapseal install v6.gsp "$dev1" --stop-before confirm
expect_exit 0 gapseal confirm "$dev1"
runs 6
package v7.gsp 7.0.0 7 7 fw1.bin
expect_exit 40 gapseal install v7.gsp "$dev1" --stop-before confirm
expect_exit 0 gapseal reject "$dev1"
runs 6
finish
