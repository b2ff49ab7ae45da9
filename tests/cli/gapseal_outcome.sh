#!/bin/sh
# gapseal: how an install ends. Exit codes 0, 30, 32, 33, 40 and 50; receipts, events, quiet.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 80000 one
image fw2.bin 80000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 1 fw2.bin
start_sim dev1

# 0
expect_exit 0 gapseal install v1.gsp "$dev1"
first_err "installing v1.gsp"
last_err "done: sn sn-dev1 now runs ctrl 1.0.0 (release 1), proven by its receipt"
receipt=$(cat out)
check "its path on standard output is a receipt's" test -s "$receipt"
expect_exit 0 gapseal receipt show "$receipt"
out_has "outcome of install: done"
expect_exit 0 gapseal receipt verify "$receipt" --json
expect_json 'd["content"]["kind"] == "outcome"' 'd["content"]["maker_trusted"] is True'
changed "$receipt" spoilt.gsr 300
run gapseal receipt verify spoilt.gsr
expect_number "exit code of a spoilt receipt" "$CODE" -ne 0
last_err "do:"
expect_exit 0 gapseal install v1.gsp "$dev1" --json
last_err "already installed"
expect_json 'd["already"] is True' 'd["written"] is False' 'd["receipt"] is not None' \
  'd["transfer"]["sent_bytes"] == 0'
expect_exit 0 gapseal install v1.gsp "$dev1" --reinstall --quiet
err_empty
expect_exit 0 gapseal log "$dev1" --save dev1.gsl
expect_exit 0 gapseal log "$dev1" --save dev1.gsl
cp release.pem release.before
expect_exit 2 gapseal log "$dev1" --save release.pem --json
expect_json 'd["code"] == "usage"' 'd["decided_by"] == "computer"' 'd["entries"] == []' 'd["saved"] is None'
err_has "release.pem is there already, a private key, and is not written over"
LAST=
check "a key is as it was" cmp release.pem release.before
must gapseal-verify log dev1.gsl --maker maker.pub.pem
expect_exit 0 gapseal receipt fetch "$dev1" --json
expect_json 'd["receipt"] is not None'

# Events as JSON lines: every line an object, the result last.
expect_exit 0 gapseal install v2.gsp "$dev1" --json-lines
LAST=
check "each line is an object and the last is the result" python3 -c '
import json
lines = [json.loads(l) for l in open("out")]
assert [l["event"] for l in lines].count("result") == 1 and lines[-1]["event"] == "result"
assert lines[-1]["exit"] == 0
assert {"step", "progress"} <= {l["event"] for l in lines}'

# 30: it crashes; it hangs; it never reports healthy.
n=3
for how in crash hang never-healthy; do
  cp fw1.bin "$how.bin"
  trailer "$how.bin" "gapseal-sim:$how"
  package "$how.gsp" "$n.0.0" "$n" 1 "$how.bin"
  expect_exit 30 gapseal install "$how.gsp" "$dev1" --timeout 4 --json
  first_err "installing $how.gsp"
  last_err "do: the last good image runs"
  expect_json 'd["exit"] == 30' 'd["written"] is True' 'd["receipt"] is not None' \
    'd["devices"][0]["running"]["version"] == "2.0.0"'
  must gapseal-verify receipt "$(json 'd["receipt"]')" --maker maker.pub.pem
  n=$((n + 1))
done

# 20: how the last update ended is evidence, and is not cleared while its receipt does not come.
package v9.gsp 9.0.0 9 1 fw1.bin
stop_sim dev1
start_sim dev1 --drop-receipts 100
expect_exit 20 gapseal install v9.gsp "$dev1" --json
expect_json 'd["state"] == "rejected"' 'd["code"] == "link-timeout"' 'd["written"] is False'
err_has "receipt of the update before this one does not come"

# 32, and the same command mends it.
stop_sim dev1
start_sim dev1
expect_exit 0 gapseal install v2.gsp "$dev1" --reinstall
stop_sim dev1
start_sim dev1 --drop-receipts 100
expect_exit 32 gapseal install v9.gsp "$dev1" --json
first_err "installing v9.gsp"
last_err "do: run the same command to fetch it"
expect_json 'd["exit"] == 32' 'd["code"] == "no-receipt"' 'd["state"] == "ready"' \
  'd["devices"][0]["running"]["version"] is None or d["devices"][0]["running"]["release"] == 9'
stop_sim dev1
start_sim dev1
expect_exit 0 gapseal install v9.gsp "$dev1" --json
expect_json 'd["already"] is True' 'd["receipt"] is not None'

# 40: a person decides; confirm and reject.
package v10.gsp 10.0.0 10 1 fw2.bin
expect_exit 40 gapseal install v10.gsp "$dev1" --stop-before confirm --json
first_err "installing v10.gsp"
last_err "do: run: gapseal confirm"
expect_json 'd["exit"] == 40' 'd["code"] == "waiting"' 'd["state"] == "trial"'
expect_exit 0 gapseal reject "$dev1" --json
expect_json 'd["devices"][0]["running"]["release"] == 9' 'd["receipt"] is not None'
expect_exit 40 gapseal install v10.gsp "$dev1" --stop-before confirm
expect_exit 0 gapseal confirm "$dev1" --json
expect_json 'd["devices"][0]["running"]["release"] == 10'
expect_exit 0 gapseal wait "$dev1" --timeout 10

# 33: the last good image in flash is damaged when it is asked for.
stop_sim dev1
LAST=
check "the image that does not run is damaged" python3 - fw1.bin <<'PY'
import sys
image = open(sys.argv[1], "rb").read()
flash = bytearray(open("dev1/flash", "rb").read())
at = flash.find(image[:4096])
assert at >= 0
flash[at + 5000] ^= 0xFF
open("dev1/flash", "wb").write(flash)
PY
start_sim dev1
expect_exit 33 gapseal rollback "$dev1" --json
first_err "going back to the last good image"
last_err "do:"
expect_json 'd["exit"] == 33' 'd["code"] == "rollback-corrupt"' 'd["written"] is False' \
  'd["decided_by"] == "device"'

# 50: two devices, one of them of an unknown maker; the other is served all the same.
start_sim dev2
start_sim fake --maker-key stranger.pem --provision acme.gsk
expect_exit 50 gapseal install v10.gsp "port:unix:fake.sock" "$dev2" --json
first_err "installing v10.gsp"
last_err "do: see each device"
expect_json 'd["exit"] == 50' 'd["code"] == "some-failed"' 'len(d["devices"]) == 2' \
  'sorted(x["exit"] for x in d["devices"]) == [0, 18]'
expect_exit 0 gapseal install v10.gsp "$dev1" "$dev2" --json
expect_json 'all(x["exit"] == 0 for x in d["devices"])'
last_err "2 devices run ctrl 10.0.0"
finish
