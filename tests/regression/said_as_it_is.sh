#!/bin/sh
# Lines that once said something else than what was the case.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 30000 one
image fw2.bin 30000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 2 fw2.bin
start_sim dev1
expect_exit 0 gapseal install v1.gsp "$dev1"

# An install that stops before the confirm does not say that it confirms.
expect_exit 40 gapseal install v2.gsp "$dev1" --stop-before confirm
err_lacks "confirming the new image"
err_has "with the confirm the floor rises to 2"
last_err "do: run: gapseal confirm $dev1, or: gapseal reject $dev1"
expect_exit 40 gapseal wait "$dev1" --timeout 1
last_err "do: run: gapseal confirm $dev1, or: gapseal reject $dev1"
expect_exit 0 gapseal confirm "$dev1"

# An entry of the log says what happened, not what the field can mean.
expect_exit 0 gapseal log "$dev1"
out_has "confirmed by the host"
check "no entry explains its own format" sh -c '! grep -q "extra" out'
cp fw1.bin self.bin
facts self.json 3.0.0 3 3
python3 - <<'PY'
import json
with open("self.json") as f:
    facts = json.load(f)
facts["confirm"] = "device"
with open("self.json", "w") as f:
    json.dump(facts, f)
PY
must gapseal-sign pack self.json --image self.bin -o self.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk self.gsp
expect_exit 0 gapseal install self.gsp "$dev1"
expect_exit 0 gapseal log "$dev1" --json
expect_json '[x["text"] for x in d["entries"] if x["log_event"] == "confirm"] == ["confirmed by the host"] * 2 + ["confirmed by the device itself"]'

# Refusals are not all unauthenticated.
run gapseal rollback "$dev1"
expect_exit 0 gapseal status "$dev1"
check "one refusal is one request" sh -c '! grep -q "^refused.*unauthenticated" out'
finish
