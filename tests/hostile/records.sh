#!/bin/sh
# What this computer keeps - journal and receipts - after somebody had it in his hands (M09), and what is not in them (M10).
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 30000 one
image fw2.bin 30000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 1 fw2.bin
start_sim dev1 --slot-bytes 65536
must gapseal install v1.gsp "$dev1" --json
first=$(json 'd["receipt"]')
must gapseal install v2.gsp "$dev1" --json
second=$(json 'd["receipt"]')
journal=$XDG_STATE_HOME/gapseal/journal.jsonl
cp "$journal" good.jsonl
lines=$(wc -l <good.jsonl)
expect_number "lines of the journal" "$lines" -ge 6

# Opaque numbers of devices and packages, and no word on who sat at the keyboard, or where (M10).
LAST=
check "no person, computer or place is in it" python3 -c 'import json
for line in open("good.jsonl", encoding="utf-8"):
    assert set(json.loads(line)) == {"seq", "time", "event", "device", "serial", "package", "status", "receipt", "prev"}'

# -- the journal -------------------------------------------------------------------------------

# altered WHAT WHERE command...: the command makes a journal of the good one; line WHERE breaks its chain.
altered() {
  what=$1 where=$2
  shift 2
  "$@" <good.jsonl >"$journal"
  expect_exit 1 gapseal journal verify --json
  expect_json 'd["code"] == "journal-bad"'
  err_has "journal, line $where: "
  last_err "do: "
  expect_exit 1 gapseal journal show
  expect_exit 1 gapseal install v2.gsp "$dev1" --reinstall --json
  expect_json 'd["code"] == "journal-bad"' 'd["written"] is False' 'd["decided_by"] == "computer"'
  LAST=
  check "$what: it was not written to" sh -c '"$@" <good.jsonl | cmp - "$0"' "$journal" "$@"
}
altered "a line taken out" 3 sed 3d
altered "the first line taken out" 1 sed 1d
altered "two lines exchanged" 2 sed -n '2{h;d};3{p;g};p'
altered "a line twice" 4 sed 3p
altered "a line put in" 3 sed '2a {"seq":3,"time":"2026-01-01T00:00:00Z","event":"outcome","device":"","serial":"x","package":"","status":0,"receipt":"","prev":"00"}'
altered "another outcome" 4 sed '3s/"status":0/"status":160/'
altered "another device" 3 sed '2s/"serial":"sn-dev1"/"serial":"sn-dev2"/'
altered "another time" 3 sed '2s/"time":"20/"time":"19/'
altered "another receipt" 5 sed '4s/"receipt":"[0-9a-f]/"receipt":"g/'
altered "a line of another program" 3 sed '3s/.*/sudo: a line of another program/'
altered "zeros in the middle" 3 python3 -c 'import sys
lines = sys.stdin.buffer.read().split(b"\n")
lines[2] = bytes(len(lines[2]))
sys.stdout.buffer.write(b"\n".join(lines))'
# Cut in the middle of its last line, as a crash leaves it: told, and dropped by the next that writes.
head -c $(($(size_of good.jsonl) - 20)) good.jsonl >"$journal"
expect_exit 1 gapseal journal verify --json
expect_json "d[\"count\"] == $((lines - 1))" 'd["what"] == "journal: the last line is cut short"'
expect_exit 0 gapseal install v2.gsp "$dev1" --reinstall
expect_exit 0 gapseal journal verify
# Whole lines taken from its end leave a chain that holds, which no chain can tell. Receipts stand for themselves.
head -n 2 good.jsonl >"$journal"
expect_exit 0 gapseal journal verify --json
expect_json 'd["count"] == 2'
expect_exit 0 gapseal receipt verify "$second"
# No file at all, a directory, a pipe in its place.
rm "$journal"
expect_exit 10 gapseal journal verify
mkdir "$journal"
expect_exit 1 gapseal install v2.gsp "$dev1" --reinstall --json
expect_json 'd["code"] == "disk"' 'd["written"] is False'
rmdir "$journal"
mkfifo "$journal"
expect_exit 1 gapseal install v2.gsp "$dev1" --reinstall --json
expect_json 'd["code"] == "disk"' 'd["written"] is False'
rm "$journal"
echo text >elsewhere
ln -s "$T/elsewhere" "$journal"
expect_exit 1 gapseal install v2.gsp "$dev1" --reinstall --json
expect_json 'd["code"] == "disk"' 'd["written"] is False'
rm "$journal"
check "a link leads nobody's hand" grep -qx text elsewhere
cp good.jsonl "$journal"

# -- receipts ----------------------------------------------------------------------------------

cp "$first" first.gsr
cp "$second" second.gsr
size=$(size_of first.gsr)
for at in 0 9 40 $((size / 2)) $((size - 1)); do
  changed first.gsr altered.gsr "$at"
  run gapseal receipt verify altered.gsr
  case $CODE in
    10 | 11 | 18) ok "a byte changed at $at: exit $CODE" ;;
    *) not_ok "a byte changed at $at is refused" ;;
  esac
done
for bytes in 0 8 12 $((size - 1)); do
  head -c "$bytes" first.gsr >cut.gsr
  expect_exit 10 gapseal receipt verify cut.gsr
done
cat first.gsr second.gsr >both.gsr
expect_exit 10 gapseal receipt verify both.gsr
# The statement of one device with the receipt of another.
start_sim dev2 --slot-bytes 65536
must gapseal install v1.gsp "$dev2" --json
python3 - first.gsr "$(json 'd["receipt"]')" <<'PY'
import sys
def parts(path):
    data = open(path, "rb").read()
    end = 12 + int.from_bytes(data[8:12], "little")
    return data[:end], data[end:]
a, b = (parts(p) for p in sys.argv[1:])
open("mixed.gsr", "wb").write(a[0] + b[1])
PY
run gapseal receipt verify mixed.gsr
case $CODE in
  11 | 18) ok "another device's receipt under this one's name: exit $CODE" ;;
  *) not_ok "another device's receipt under this one's name is refused" ;;
esac
# A genuine receipt in the place of another one says itself what it is about; the journal's line has the
# SHA-256 of the one that was there.
cp second.gsr "$first"
expect_exit 0 gapseal receipt show "$first" --json
expect_json 'd["content"]["release"] == 2'
other=$(json 'd["content"]["file_sha256"]')
expect_exit 0 gapseal journal show --json
named=$(json '" ".join(l["receipt"] for l in d["lines"] if l["receipt"])')
for file in first.gsr second.gsr; do
  sum=$(sha256sum <$file | cut -c1-64)
  LAST=
  case $named in
    *"$sum"*) ok "the journal names $file" ;;
    *) not_ok "the journal names $file" ;;
  esac
done
check "and tells them apart" test "$other" = "$(sha256sum <second.gsr | cut -c1-64)"
cp first.gsr "$first"

finish
