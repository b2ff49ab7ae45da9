#!/bin/sh
# No receipt, no success: dropped on the way it is 32, and the same command later makes it 0.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 60000 one
package v1.gsp 1.0.0 1 1 fw.bin

start_sim dev1 --drop-receipts 100
expect_exit 32 gapseal install v1.gsp "$dev1" --timeout 5 --json
expect_json 'd["exit"] == 32' 'd["code"] == "no-receipt"'
last_err "do:"
stop_sim dev1
start_sim dev1
expect_exit 0 gapseal install v1.gsp "$dev1" --json
receipt=$(json 'd["receipt"]')
expect_exit 0 gapseal-verify receipt "$receipt" --maker maker.pub.pem
expect_exit 0 gapseal receipt show "$receipt"

# A receipt altered in one byte is none.
size=$(size_of "$receipt")
wrong=
at=0
while [ "$at" -lt "$size" ]; do
  changed "$receipt" altered.gsr "$at"
  run gapseal-verify receipt altered.gsr --maker maker.pub.pem
  [ "$CODE" -ne 0 ] || wrong="$wrong $at"
  at=$((at + 17))
done
LAST=
if [ -z "$wrong" ]; then ok "a receipt altered anywhere is refused"; else not_ok "altered receipts accepted at$wrong"; fi

# The log names the head that the device signed.
expect_exit 0 gapseal log "$dev1" --save dev1.gsl
expect_exit 0 gapseal-verify log dev1.gsl --maker maker.pub.pem
changed dev1.gsl altered.gsl $(($(size_of dev1.gsl) - 50))
run gapseal-verify log altered.gsl --maker maker.pub.pem
expect_number "a log altered in one entry ends with" "$CODE" -ne 0

# The journal is a chain too.
check "the journal's lines are chained" python3 -c 'import hashlib, json, sys
prev = "0" * 64
lines = open(sys.argv[1], "rb").read().split(b"\n")
assert lines.pop() == b"" and len(lines) >= 3, lines
for line in lines:
    assert json.loads(line)["prev"] == prev
    prev = hashlib.sha256(line).hexdigest()' state/gapseal/journal.jsonl
finish
